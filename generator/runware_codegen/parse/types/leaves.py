"""Types without classes: what they are depends on no other schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from runware_codegen.parse.schema.cache import Memory, mentions
from runware_codegen.problems import InvalidInput

if TYPE_CHECKING:
    from runware_codegen.documents import JsonValue
    from runware_codegen.model import Type
    from runware_codegen.parse.schema.schemas import Schema
    from runware_codegen.parse.types.types import Types


class Leaf(NamedTuple):
    """What a schema became.

    Attributes:
        type: Its type; None when no value satisfies it.
        lines: What its alternatives are.
        tests: How many tests it came to.
        levels: How many objects and lists of it stand in one another.
    """

    type: Type | None
    lines: tuple[str, ...]
    tests: int
    levels: int


_LEAVES: Final = Memory[Leaf | None]()
"""By name and code; None where the type has to be made in its place."""


def leaf(types: Types, schema: Schema, name: str) -> Leaf | None:
    """Return what a schema becomes wherever it stands, if that is certain.

    Args:
        types: Makes the types of the document.
        schema: The schema.
        name: What the value is called.
    """
    if not schema.keywords.keys().isdisjoint(("properties", "$ref")):
        return None
    code = types.lowering.code_alone(schema)
    if not code or mentions(code, "properties"):
        return None
    key = name, code
    if key not in _LEAVES:
        # Apart, so that what it comes to does not depend on what has been met before.
        _LEAVES[key] = _made(types.apart(), schema, name)
    return _LEAVES[key]


def _made(apart: Types, schema: Schema, name: str) -> Leaf | None:
    try:
        a_type = apart.make(schema, name)
    except InvalidInput:
        return None  # to be refused in its place
    if apart.problems:
        return None
    lines = apart.alternative_lines(schema)
    return Leaf(a_type, lines, apart.lowering.total, _levels(schema.node))


def _levels(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_levels, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_levels, value), default=0)
    return 0
