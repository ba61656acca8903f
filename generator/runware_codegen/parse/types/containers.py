"""The types of arrays and mappings."""

from __future__ import annotations

from collections.abc import Callable

from runware_codegen.model import Anything, Array, Map
from runware_codegen.model.predicates import ItemCount
from runware_codegen.naming.names import singular
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.merged import MergedSchema, branches_of
from runware_codegen.parse.schema.schemas import Schema
from runware_codegen.parse.types.alternatives import union_of
from runware_codegen.parse.types.readings import PartTypes, Reading
from runware_codegen.problems import Path

_ARRAY = ("minItems", "maxItems", "uniqueItems")


def array(
    types: PartTypes,
    merged: MergedSchema,
    name: str,
    item_name: Callable[[Schema, str], str],
) -> Reading:
    """Return the type of an array.

    Args:
        types: Makes the types of items.
        merged: The schemas that describe it.
        name: The name of the array.
        item_name: Returns the name of an item, for its schema and its usual name.
    """
    closed = {
        (*each.path, "items"): keyword_values.length(each.keywords, "prefixItems")
        for each in merged.schemas_with("items")
        if each.keywords["items"] is False
    }
    handled = merged.keyword_paths(*_ARRAY) | closed.keys()
    least, most = merged.count_bounds("Items", *closed.values())
    if most is not None and least > most:
        message = "its minItems is greater than the number of items that it allows"
        return Reading(None, handled, message)
    described = next(merged.schemas_with("items"), None)
    item = Reading(None)
    if described is not None:
        item = _item(types, described, singular(name), item_name)
    unique = True in merged.values("uniqueItems")
    made = Array(item.type or Anything(), ItemCount(least, most), unique)
    return Reading(made, handled | {*item.handled})


def _item(
    types: PartTypes, each: Schema, name: str, item_name: Callable[[Schema, str], str]
) -> Reading:
    """Return the type that items have at every index; None for any type."""
    first = [*branches_of(each, "prefixItems")]
    others = each.child("items")
    if not first:
        item = types.type_of(others, item_name(others, name))
        return Reading(item, [] if item is None else [(*each.path, "items")])
    handled: list[Path] = []
    made = [types.type_of_alternative(one, name) for one in (*first, others)]
    if made[-1] is None:
        made.pop()  # there are no other items
    elif made[-1] == union_of(filter(None, made)):
        handled.append((*each.path, "items"))
    possible = [one for one in made if one is not None]
    if len({*made}) == 1 and possible:
        handled.append((*each.path, "prefixItems"))
    anything = not possible or Anything() in possible
    item = None if anything else union_of(possible)
    return Reading(item, handled)


def mapping(types: PartTypes, merged: MergedSchema, name: str) -> Reading:
    """Return the type of an object without declared properties.

    Args:
        types: Makes the types of its values.
        merged: The schemas that describe it.
        name: The name of the object.
    """
    for each in merged.schemas_with("additionalProperties"):
        others = types.type_of_alternative(each.child("additionalProperties"), name)
        patterns = [
            types.type_of_alternative(each.child("patternProperties", like), name)
            for like in keyword_values.members(each.keywords, "patternProperties")
        ]
        possible = [a_type for a_type in (*patterns, others) if a_type is not None]
        value = union_of(possible) if possible else Anything()
        alone = not patterns and others is not None
        return Reading(Map(value), [(*each.path, "additionalProperties")] * alone)
    return Reading(Map(Anything()))
