"""A schema as a value that refers to nothing outside of itself: for jsonschema-rs.

jsonschema-rs reads files and URLs that a schema refers to, and refuses keywords that are
malformed. So only keywords that it has to assert are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.parse.schema.keyword_values import count, members
from runware_codegen.parse.schema.merged import branches_of
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.vocabulary import (
    ANNOTATIONS,
    COUNTS,
    DEFINITIONS,
    SCHEMA,
    SCHEMA_LIST,
    SCHEMA_MAP,
    SHAPES,
)
from runware_codegen.problems import Path

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_KEPT: Final = SHAPES.keys() - ANNOTATIONS - DEFINITIONS - {"x-constraints"} | {
    "default"
}
"""The keywords that are kept; the mock also makes values of `default`."""


def standalone(schemas: Schemas, schema: Schema) -> JsonObject:
    """Return a valid schema, with the schemas that it refers to in `$defs`.

    Raises:
        InvalidInputError: If a reference has no target.
    """
    writer = _Writer(schemas)
    whole = writer.written(schema)
    definitions = writer.definitions()
    return {**(whole if isinstance(whole, dict) else {"allOf": [whole]}), **definitions}


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema; its errors do not contain values."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415  # slow to import

    return Draft202012Validator(schema, validate_formats=True, mask="the value")


class _Writer:
    """Writes schemas, and collects the targets of their references."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._targets: list[Schema] = []
        self._numbers: dict[Path, int] = {}

    def definitions(self) -> JsonObject:
        """Write the targets, and the targets of their references."""
        targets = enumerate(self._targets)  # it grows while they are written
        found: JsonObject = {
            str(number): self.written(each) for number, each in targets
        }
        return {"$defs": found} if found else {}

    def written(self, schema: Schema) -> JsonValue:
        """Write a schema."""
        if isinstance(schema.node, bool):
            return schema.node
        return {
            keyword: self._value(schema, keyword)
            for keyword in schema.keywords
            if keyword in _KEPT
        }

    def _value(self, schema: Schema, keyword: str) -> JsonValue:
        value = schema.keywords[keyword]
        if keyword == "$ref":
            return self._reference(self._schemas.target(schema))
        if keyword in SCHEMA:
            return self.written(schema.child(keyword))
        if keyword in SCHEMA_LIST:
            return [self.written(each) for each in branches_of(schema, keyword)]
        if keyword in SCHEMA_MAP:
            names = members(schema.keywords, keyword)
            return {name: self.written(schema.child(keyword, name)) for name in names}
        if keyword in COUNTS:
            return count(value)
        if keyword == "dependentRequired":
            lists = cast("JsonObject", value).items()
            return {name: _different(names) for name, names in lists}
        return _different(value) if keyword in {"required", "type"} else value

    def _reference(self, target: Schema) -> str:
        number = self._numbers.setdefault(target.path, len(self._targets))
        if number == len(self._targets):
            self._targets.append(target)
        return f"#/$defs/{number}"


def _different(names: JsonValue) -> JsonValue:
    """Return a list without the names that it repeats."""
    return list(dict.fromkeys(names)) if isinstance(names, list) else names
