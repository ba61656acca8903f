"""Random pairs of task schemas. The second one is an edit of the first."""

from __future__ import annotations

import copy
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hypothesis import strategies as st

from schema_strategies import NAMES, keywords_of, names, schemas, tasks, values

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]
Keywords = dict[str, st.SearchStrategy[Any]]

_MAPS: Final = {"properties", "patternProperties", "dependentSchemas"}
_LISTS: Final = {"allOf", "anyOf", "oneOf", "prefixItems"}
_SINGLE: Final = {
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then",
    "else", "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
_ABOUT_VALUES: Final = (
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "multipleOf",
    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems",
    "items", "required", "properties",
)  # fmt: skip
_KEYWORDS: Final = keywords_of(schemas)


def _values_schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    keywords = _keywords_of_values(inner)
    return st.fixed_dictionaries({}, optional=keywords)


def _keywords_of_values(inner: st.SearchStrategy[Any]) -> Keywords:
    """Return the keywords about values and members, without conditions of objects."""
    keywords = keywords_of(inner)
    return {name: keywords[name] for name in _ABOUT_VALUES} | {
        "additionalProperties": st.booleans()
    }


_OF_VALUES: Final = _keywords_of_values(_values_schemas(st.just({})))
_SOME_MEMBERS: Final = st.dictionaries(
    names, _values_schemas(_values_schemas(st.just({}))), min_size=1, max_size=3
)


def _objects(pool: list[Any], random: Random) -> list[dict[str, Any]]:
    """Make objects that share values, because drawing values is slow."""
    chosen = [random.sample(NAMES, random.randint(0, 3)) for _ in range(40)]
    return [{name: random.choice(pool) for name in names} for names in chosen]


_OBJECTS: Final = st.builds(
    lambda pool, seed: _objects(pool, Random(seed)),
    st.lists(values, min_size=12, max_size=16),
    st.integers(0, 2**32),
)


class Pair(NamedTuple):
    """Two versions of a task schema, and objects that either version may accept."""

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
    return Pair(old, new, draw(_OBJECTS))


@st.composite
def result_pairs(draw: st.DrawFn) -> Pair:
    """Draw a schema of a result with members, one or two edits of it, and objects.

    The schema has keywords about values and members. It has no conditions, because
    clients ignore the conditions of a result.
    """
    old = {"type": "object", "properties": draw(_SOME_MEMBERS)}
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        _edit(draw, draw(st.sampled_from(list(_schemas(new)))), _OF_VALUES)
    for each in (old, new):
        each["type"] = "object"
        each["properties"] = each.get("properties") or {"a": True}
    return Pair(old, new, draw(_OBJECTS))


def _edit(draw: st.DrawFn, schema: Schema, keywords: Keywords = _KEYWORDS) -> None:
    """Remove, change or add a keyword of a schema."""
    if schema and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(schema)))
        if draw(st.booleans()):
            del schema[name]
        elif name in keywords:
            schema[name] = copy.deepcopy(draw(keywords[name]))
    else:
        name = draw(st.sampled_from(sorted(keywords)))
        schema[name] = copy.deepcopy(draw(keywords[name]))


def _schemas(node: Any) -> Iterator[Schema]:
    """Yield the schema itself and all schemas in it that are objects."""
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
