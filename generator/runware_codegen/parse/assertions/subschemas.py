"""The protocol by which functions of keywords lower the schemas inside a keyword."""

from __future__ import annotations

from typing import Protocol

from runware_codegen.model.predicates import Predicate
from runware_codegen.parse.schema.schemas import Schema, Schemas


class Subschemas(Protocol):
    """Lowers the schemas inside a keyword; `lowering.Lowering` implements it."""

    schemas: Schemas

    def lower(self, schema: Schema) -> Predicate:
        """Lower a schema that applies to the same value."""
        ...

    def lower_child(self, schema: Schema) -> Predicate:
        """Lower a schema that applies to a part of the value."""
        ...

    def lower_reference(self, schema: Schema) -> Predicate:
        """Lower the target of the `$ref` of a schema."""
        ...
