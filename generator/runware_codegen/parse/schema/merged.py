"""The schemas that together describe one value: a schema, its `$ref`, its `allOf`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.parse.schema import keyword_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runware_codegen.documents import JsonValue
    from runware_codegen.parse.assertions.lowering import Lowering
    from runware_codegen.parse.schema.schemas import Schema, Schemas
    from runware_codegen.problems import Path

Said = tuple["Path", str]
"""A keyword of a schema: the schema's path and the keyword."""


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Schemas of which all describe the same value, the nearest first.

    Attributes:
        schemas: The schemas.
        circular: Whether the nearest is one of those that it is made of.
    """

    schemas: tuple[Schema, ...]
    circular: bool = False

    @property
    def impossible(self) -> bool:
        """Whether one of them is `false`."""
        return any(schema.node is False for schema in self.schemas)

    def having(self, *keywords: str) -> Iterator[Schema]:
        """Yield the schemas that have one of the keywords."""
        for schema in self.schemas:
            if any(keyword in schema.keywords for keyword in keywords):
                yield schema

    def values(self, keyword: str) -> list[JsonValue]:
        """Return what each schema says with a keyword."""
        return [schema.keywords[keyword] for schema in self.having(keyword)]

    def text(self, keyword: str) -> str:
        """Return the nearest text, such as the title; empty where there is none."""
        texts = (value for value in self.values(keyword) if isinstance(value, str))
        return next(texts, "")

    def types(self) -> frozenset[str] | None:
        """Return the JSON types that all of them allow; None when none says."""
        allowed: frozenset[str] | None = None
        for schema in self.having("type"):
            here = _expanded(keyword_values.types(schema.keywords) or frozenset())
            allowed = here if allowed is None else allowed & here
        if allowed is None:
            return None
        return allowed - {"integer"} if "number" in allowed else allowed

    def said(self, keywords: Iterable[str]) -> set[Said]:
        """Return which of the keywords are said, and where."""
        return {(s.path, k) for k in keywords for s in self.having(k)}

    def rest(self, lowering: Lowering, settled: set[Said]) -> list[Predicate]:
        """Lower every keyword that is not settled, in the order of the document."""
        found = [
            lowering.keyword(schema, keyword)
            for schema in self.schemas
            for keyword in schema.keywords
            if keyword not in ("$ref", "allOf")
            and (schema.path, keyword) not in settled
        ]
        return [predicate for predicate in dict.fromkeys(found) if predicate != TRUE]


def _expanded(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def conjunction(schemas: Schemas, schema: Schema) -> Conjunction:
    """Collect a schema, what it refers to and its `allOf`, in place and without end.

    Raises:
        InvalidInput: When a reference leads nowhere.
    """
    found: dict[Path, Schema] = {}
    circular = False
    stack = [schema]
    while stack:
        each = stack.pop()
        if each.path in found:
            continue
        found[each.path] = each
        parts = [
            each.child("allOf", index)
            for index in range(keyword_values.length(each.keywords, "allOf"))
        ]
        if "$ref" in each.keywords:
            parts.insert(0, schemas.target(each))
        circular = circular or schema in parts
        stack.extend(reversed(parts))
    return Conjunction(tuple(found.values()), circular)


def branches_of(schema: Schema, keyword: str) -> Iterator[Schema]:
    """Yield the schemas in a list of schemas."""
    for index in range(keyword_values.length(schema.keywords, keyword)):
        yield schema.child(keyword, index)
