"""What the modules of this folder exchange: readings of schemas, and types of parts."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from runware_codegen.model import Type
from runware_codegen.parse.assertions.lowering import Lowering
from runware_codegen.parse.schema.schemas import Schema
from runware_codegen.problems import Path


class Reading(NamedTuple):
    """A schema as a type.

    Attributes:
        type: The type; None if no value satisfies the schema.
        handled: The paths of the keywords that the type expresses. The others are lowered.
        contradiction: Why no value satisfies the schema, if that is a mistake.
    """

    type: Type | None
    handled: Collection[Path] = ()
    contradiction: str = ""


class PartTypes(Protocol):
    """Makes the types of the parts of a value; `TypeBuilder` implements it."""

    lowering: Lowering

    def type_of(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema; None if no value satisfies it."""
        ...

    def type_of_alternative(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema that applies to some values only."""
        ...

    def alternative_lines(self, schema: Schema) -> tuple[str, ...]:
        """Describe the alternatives of a schema whose type exists."""
        ...
