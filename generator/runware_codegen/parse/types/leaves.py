"""A cache of the types that need no class, for the documents of a catalogue.

The documents of a catalogue repeat each other's schemas. The type of a schema without
references and properties depends on its keywords and its name alone, so that it is made
once for all documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from runware_codegen.parse.schema.encoding import may_contain

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.documents import JsonValue
    from runware_codegen.model import Type
    from runware_codegen.parse.assertions.lowering import Lowering
    from runware_codegen.parse.schema.schemas import Schema

_MAX_CACHED: Final = 2**14


class Leaf(NamedTuple):
    """The type of a schema without references and properties.

    Attributes:
        type: The type; None if no value satisfies the schema.
        lines: The description of its alternatives; see `TypeBuilder.alternative_lines`.
        test_count: The number of tests that it takes.
        depth: How deep its objects and lists are nested.
    """

    type: Type | None
    lines: tuple[str, ...]
    test_count: int
    depth: int


_LEAVES: Final[dict[tuple[str, bytes], Leaf | None]] = {}


def cached_leaf(
    lowering: Lowering, schema: Schema, name: str, make: Callable[[], Leaf | None]
) -> Leaf | None:
    """Return the type of a schema that is the same in every document.

    Args:
        lowering: The lowering of the document.
        schema: The schema.
        name: The name of the value.
        make: Makes the type, independently of what else the document has; None if the
            type has to be made in its place.
    """
    if not schema.keywords.keys().isdisjoint(("properties", "$ref")):
        return None
    code = lowering.cache_key(schema)
    if not code or may_contain(schema.node, "properties"):
        return None
    key = name, code
    if key not in _LEAVES:
        if len(_LEAVES) >= _MAX_CACHED:
            _LEAVES.clear()
        _LEAVES[key] = make()
    return _LEAVES[key]


def depth(schema: JsonValue) -> int:
    """Return how deep the objects and lists of a schema are nested."""
    if isinstance(schema, dict):
        return 1 + max(map(depth, schema.values()), default=0)
    if isinstance(schema, list):
        return 1 + max(map(depth, schema), default=0)
    return 0
