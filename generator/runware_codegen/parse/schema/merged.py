"""A schema merged with the target of its `$ref` and the parts of its `allOf`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from runware_codegen.documents import JsonValue
from runware_codegen.model import including_integers
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.problems import Path


class MergedSchema(NamedTuple):
    """A schema with the schemas that it includes by `$ref` and `allOf`.

    Attributes:
        schemas: The schemas; the one that includes the others is first.
        is_circular: Whether the schema includes itself.
    """

    schemas: tuple[Schema, ...]
    is_circular: bool = False

    @property
    def schema(self) -> Schema:
        """The schema itself, without what it includes."""
        return self.schemas[0]

    @property
    def is_false(self) -> bool:
        """Whether one of the schemas is `false`."""
        return any(schema.node is False for schema in self.schemas)

    def schemas_with(self, *keywords: str) -> Iterator[Schema]:
        """Yield the schemas that have one of the keywords."""
        for schema in self.schemas:
            if not schema.keywords.keys().isdisjoint(keywords):
                yield schema

    def values(self, keyword: str) -> list[JsonValue]:
        """Return the value of a keyword in each schema that has it."""
        schemas = self.schemas
        return [found[keyword] for s in schemas if keyword in (found := s.keywords)]

    def text(self, keyword: str) -> str:
        """Return the first text of a keyword such as `title`, or an empty text."""
        texts = (value for value in self.values(keyword) if isinstance(value, str))
        return next(texts, "")

    def types(self) -> frozenset[str] | None:
        """Return the JSON types that all schemas allow; None if no schema has `type`."""
        found = map(keyword_values.types, self.values("type"))
        each = [including_integers(types) for types in found]
        if not each:
            return None
        allowed = each[0].intersection(*each)
        return allowed - {"integer"} if "number" in allowed else allowed

    def count_bounds(self, noun: str, *most: int) -> tuple[int, int | None]:
        """Return the minimum and the maximum count that all schemas allow.

        Args:
            noun: The end of the keywords: "Length" or "Items".
            most: Other upper bounds of the count.
        """
        least = map(keyword_values.count, self.values(f"min{noun}"))
        greatest = map(keyword_values.count, self.values(f"max{noun}"))
        return max(least, default=0), min([*greatest, *most], default=None)

    def required(self) -> set[str]:
        """Return the names of the properties that the schemas require."""
        lists = map(keyword_values.names, self.values("required"))
        return {name for names in lists for name in names}

    def keyword_paths(self, *keywords: str) -> set[Path]:
        """Return the path of each of the keywords in each schema that has it."""
        return {(*s.path, k) for k in keywords for s in self.schemas_with(k)}


def merge(schemas: Schemas, schema: Schema) -> MergedSchema:
    """Collect a schema and the schemas that it includes, at all levels.

    Raises:
        InvalidInputError: If a reference has no target.
    """
    found: dict[Path, Schema] = {}
    circular = False
    stack = [schema]
    while stack:
        each = stack.pop()
        if each.path in found:
            continue
        found[each.path] = each
        parts = [schemas.target(each)] if "$ref" in each.keywords else []
        parts += branches_of(each, "allOf")
        circular = circular or schema in parts
        stack.extend(reversed(parts))
    return MergedSchema(tuple(found.values()), circular)


def branches_of(schema: Schema, keyword: str) -> Iterator[Schema]:
    """Yield the schemas in a list of schemas."""
    for index in range(keyword_values.length(schema.keywords, keyword)):
        yield schema.child(keyword, index)


def properties_of(schemas: Iterable[Schema]) -> Iterator[tuple[str, Schema]]:
    """Yield the name and the schema of each property that the schemas declare."""
    for schema in schemas:
        for name in keyword_values.members(schema.keywords, "properties"):
            yield name, schema.child("properties", name)
