"""Random pairs of task schemas, of which the second is an edit of the first."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hypothesis import strategies as st

from schema_strategies import keywords_of, members, schemas, tasks, values

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

_MAPS: Final = {"properties", "patternProperties", "dependentSchemas"}
_LISTS: Final = {"allOf", "anyOf", "oneOf", "prefixItems"}
_SINGLE: Final = {
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then",
    "else", "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
_KEYWORDS: Final = keywords_of(schemas)


class Pair(NamedTuple):
    """Two versions of a task schema, and objects that either may allow."""

    old: Schema
    new: Schema
    objects: list[dict[str, Any]]


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Draw a schema, one or two edits of it, and objects."""
    old = draw(tasks())
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        _edit(draw, draw(st.sampled_from(list(_schemas(new)))))
    return Pair(old, new, draw(st.lists(members(values), min_size=20, max_size=40)))


def _edit(draw: st.DrawFn, schema: Schema) -> None:
    """Remove a keyword of a schema, change one, or add one."""
    if schema and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(schema)))
        if draw(st.booleans()):
            del schema[name]
        elif name in _KEYWORDS:
            schema[name] = copy.deepcopy(draw(_KEYWORDS[name]))
    else:
        name = draw(st.sampled_from(sorted(_KEYWORDS)))
        schema[name] = copy.deepcopy(draw(_KEYWORDS[name]))


def _schemas(node: Any) -> Iterator[Schema]:
    """Give all schemas in a schema that are objects, itself among them."""
    if not isinstance(node, dict):
        return
    yield node
    for name, value in node.items():
        if name in _MAPS:
            for each in value.values():
                yield from _schemas(each)
        elif name in _LISTS:
            for each in value:
                yield from _schemas(each)
        elif name in _SINGLE:
            yield from _schemas(value)
