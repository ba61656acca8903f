"""A cache of the types that need no class, for the documents of a catalogue.

The documents of a catalogue repeat each other's schemas. The type of a schema without
references and properties depends only on its keywords and its name, so it is built once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from runware_codegen.documents import JsonValue
from runware_codegen.model import Type
from runware_codegen.parse.assertions.lowering import Lowering
from runware_codegen.parse.schema.encoding import encode
from runware_codegen.parse.schema.schemas import Schema

_MAX_CACHED: Final = 2**14
_PROPERTIES: Final = encode("properties")


class Leaf(NamedTuple):
    """The type of a schema without references and properties.

    Attributes:
        type: The type; None if no value satisfies the schema.
        lines: The description of its alternatives; see `TypeBuilder.alternative_lines`.
        test_count: The number of its tests.
        depth: The depth of its nested objects and lists.
    """

    type: Type | None
    lines: tuple[str, ...]
    test_count: int
    depth: int


_LEAVES: Final[dict[tuple[str, bytes], Leaf | None]] = {}


def cached_leaf(
    lowering: Lowering, schema: Schema, name: str, make: Callable[[], Leaf | None]
) -> Leaf | None:
    """Return the type of a schema from the cache, or make it.

    Args:
        lowering: The lowering of the document.
        schema: The schema.
        name: The name of the value.
        make: Makes the type independently of the rest of the document; None if the
            schema has problems.

    Returns:
        The type; None if it depends on the document, or if the schema has problems.
    """
    if not schema.keywords.keys().isdisjoint(("properties", "$ref")):
        return None
    code = lowering.cache_key(schema)
    if not code or _PROPERTIES in code:
        return None
    key = name, code
    if key not in _LEAVES:
        if len(_LEAVES) >= _MAX_CACHED:
            _LEAVES.clear()
        _LEAVES[key] = make()
    return _LEAVES[key]


def depth(schema: JsonValue) -> int:
    """Return the depth of the nested objects and lists of a schema."""
    if not isinstance(schema, (dict, list)):
        return 0
    children = schema.values() if isinstance(schema, dict) else schema
    return 1 + max(map(depth, children), default=0)
