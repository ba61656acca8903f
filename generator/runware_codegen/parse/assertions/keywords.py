"""Lowers each keyword of JSON Schema to a predicate.

In JSON Schema, a keyword for one type accepts all values of other types. A predicate
is false for them. `for_type` adds what accepts the other types.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import cast

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.formats import FORMATS
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import Constant
from runware_codegen.model.logic import (
    additional_properties,
    all_of,
    any_of,
    contains,
    exactly_one,
    has,
    if_then_else,
    is_in,
    items,
    not_,
    optional_property,
    prefix_item,
    property_names,
    unevaluated_items,
)
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.model.type_predicates import has_type
from runware_codegen.parse.assertions.subschemas import Subschemas
from runware_codegen.parse.assertions.unevaluated import (
    evaluated_items,
    evaluated_properties,
)
from runware_codegen.parse.patterns import translate
from runware_codegen.parse.schema.constraints import subject_of
from runware_codegen.parse.schema.keyword_values import (
    bound,
    count,
    length,
    member_patterns,
    members,
    names,
    step,
    types,
)
from runware_codegen.parse.schema.merged import branches_of, merge, properties_of
from runware_codegen.parse.schema.schemas import Schema


def for_type(json_type: p.JsonType, test: Predicate) -> Predicate:
    """Return a test of values of one type that accepts the values of other types."""
    return any_of([not_(has_type(json_type)), test])


def _type(_: Subschemas, schema: Schema) -> Predicate:
    return p.IsType(types(schema.keywords["type"]))


def _const(_: Subschemas, schema: Schema) -> Predicate:
    return p.IsIn((Constant(schema.keywords["const"]),))


def _enum(_: Subschemas, schema: Schema) -> Predicate:
    values = cast("list[JsonValue]", schema.keywords["enum"])
    return is_in(dict.fromkeys(map(Constant, values)))


def _range(_: Subschemas, schema: Schema) -> Predicate:
    keywords = schema.keywords
    return p.InRange(
        ge=bound(keywords, "minimum"),
        gt=bound(keywords, "exclusiveMinimum"),
        le=bound(keywords, "maximum"),
        lt=bound(keywords, "exclusiveMaximum"),
    )


def _multiple_of(_: Subschemas, schema: Schema) -> Predicate:
    return p.MultipleOf(step(schema.keywords["multipleOf"]))


def _length(_: Subschemas, schema: Schema) -> Predicate:
    return p.LengthIn(*_bounds(schema, "Length"))


def _item_count(_: Subschemas, schema: Schema) -> Predicate:
    return p.ItemCount(*_bounds(schema, "Items"))


def _property_count(_: Subschemas, schema: Schema) -> Predicate:
    return p.PropertyCount(*_bounds(schema, "Properties"))


def _bounds(schema: Schema, what: str) -> tuple[int, int | None]:
    return _count(schema, f"min{what}") or 0, _count(schema, f"max{what}")


def _count(schema: Schema, keyword: str) -> int | None:
    value = schema.keywords.get(keyword)
    return None if value is None else count(value)


def _pattern(_: Subschemas, schema: Schema) -> Predicate:
    return translate(str(schema.keywords["pattern"]))


def _format(_: Subschemas, schema: Schema) -> Predicate:
    name = str(schema.keywords["format"])
    return p.HasFormat(name) if name in FORMATS else TRUE


def _items(subschemas: Subschemas, schema: Schema) -> Predicate:
    start = length(schema.keywords, "prefixItems")
    return items(subschemas.lower_child(schema.child("items")), start)


def _prefix_items(subschemas: Subschemas, schema: Schema) -> Predicate:
    parts = [*map(subschemas.lower_child, branches_of(schema, "prefixItems"))]
    return all_of(starmap(prefix_item, enumerate(parts)))


def _contains(subschemas: Subschemas, schema: Schema) -> Predicate:
    least, most = _count(schema, "minContains"), _count(schema, "maxContains")
    if least == 0 and most is None:
        return TRUE
    part = subschemas.lower_child(schema.child("contains"))
    return contains(part, 1 if least is None else least, most)


def _unique_items(_: Subschemas, schema: Schema) -> Predicate:
    return p.UniqueItems() if schema.keywords["uniqueItems"] else TRUE


def _unevaluated_items(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("unevaluatedItems"))
    return unevaluated_items(part, evaluated_items(subschemas, schema))


def _required(_: Subschemas, schema: Schema) -> Predicate:
    return all_of(map(has, names(schema.keywords["required"])))


def _properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    return all_of(
        optional_property(name, subschemas.lower_child(member))
        for name, member in properties_of([schema])
    )


def _additional_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("additionalProperties"))
    declared = members(schema.keywords, "properties")
    evaluated = p.EvaluatedProperties(TRUE, declared, member_patterns(schema))
    return additional_properties(part, [evaluated])


def _pattern_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    tests: list[Predicate] = []
    for source in members(schema.keywords, "patternProperties"):
        part = subschemas.lower_child(schema.child("patternProperties", source))
        if part != TRUE:
            test = p.PatternProperties(translate(source), part)
            tests.append(for_type("object", test))
    return all_of(tests)


def _property_names(subschemas: Subschemas, schema: Schema) -> Predicate:
    return property_names(subschemas.lower_child(schema.child("propertyNames")))


def _unevaluated_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("unevaluatedProperties"))
    return additional_properties(part, evaluated_properties(subschemas, schema))


def _all_of(subschemas: Subschemas, schema: Schema) -> Predicate:
    return all_of(map(subschemas.lower, branches_of(schema, "allOf")))


def _any_of(subschemas: Subschemas, schema: Schema) -> Predicate:
    return any_of([*map(subschemas.lower, branches_of(schema, "anyOf"))])


def _one_of(subschemas: Subschemas, schema: Schema) -> Predicate:
    branches = [*branches_of(schema, "oneOf")]
    titles = tuple(merge(subschemas.schemas, b).text("title") for b in branches)
    return exactly_one([*map(subschemas.lower, branches)], titles)


def _not(subschemas: Subschemas, schema: Schema) -> Predicate:
    return not_(subschemas.lower(schema.child("not")))


def _if(subschemas: Subschemas, schema: Schema) -> Predicate:
    condition = subschemas.lower(schema.child("if"))
    then, otherwise = (
        subschemas.lower(schema.child(keyword)) if keyword in schema.keywords else TRUE
        for keyword in ("then", "else")
    )
    return if_then_else(condition, then, otherwise)


def _dependent_required(_: Subschemas, schema: Schema) -> Predicate:
    dependents = cast("JsonObject", schema.keywords["dependentRequired"])
    return all_of(
        if_then_else(has(name), all_of(map(has, names(others))), TRUE)
        for name, others in dependents.items()
    )


def _dependent_schemas(subschemas: Subschemas, schema: Schema) -> Predicate:
    return all_of(
        if_then_else(
            has(name), subschemas.lower(schema.child("dependentSchemas", name)), TRUE
        )
        for name in members(schema.keywords, "dependentSchemas")
    )


def _constraints(_: Subschemas, schema: Schema) -> Predicate:
    listed = cast("list[JsonObject]", schema.keywords["x-constraints"])
    return all_of(map(lower_constraint, listed))


def lower_constraint(constraint: JsonObject) -> Predicate:
    """Lower an item of `x-constraints`; one about media files asserts nothing."""
    if subject_of(constraint) != "numbers":
        return TRUE
    bounds = bound(constraint, "minimum"), bound(constraint, "maximum")
    paths = [each.split(".") for each in names(constraint["parameters"])]
    operation, (*objects, first), (*_, second) = str(constraint["operation"]), *paths
    lowered: Predicate = p.FigureIn(operation, first, second, *bounds)
    for name in reversed(objects):
        lowered = optional_property(name, for_type("object", lowered))
    return lowered


KEYWORDS: dict[str, tuple[p.JsonType, Callable[[Subschemas, Schema], Predicate]]] = {
    "$ref": ("", lambda subschemas, schema: subschemas.lower_reference(schema)),
    "additionalProperties": ("object", _additional_properties),
    "allOf": ("", _all_of),
    "anyOf": ("", _any_of),
    "const": ("", _const),
    "contains": ("array", _contains),
    "dependentRequired": ("", _dependent_required),
    "dependentSchemas": ("", _dependent_schemas),
    "enum": ("", _enum),
    "exclusiveMaximum": ("number", _range),
    "exclusiveMinimum": ("number", _range),
    "format": ("string", _format),
    "if": ("", _if),
    "items": ("array", _items),
    "maxItems": ("array", _item_count),
    "maxLength": ("string", _length),
    "maxProperties": ("object", _property_count),
    "maximum": ("number", _range),
    "minItems": ("array", _item_count),
    "minLength": ("string", _length),
    "minProperties": ("object", _property_count),
    "minimum": ("number", _range),
    "multipleOf": ("number", _multiple_of),
    "not": ("", _not),
    "oneOf": ("", _one_of),
    "pattern": ("string", _pattern),
    "patternProperties": ("", _pattern_properties),
    "prefixItems": ("array", _prefix_items),
    "properties": ("", _properties),
    "propertyNames": ("object", _property_names),
    "required": ("object", _required),
    "type": ("", _type),
    "unevaluatedItems": ("array", _unevaluated_items),
    "unevaluatedProperties": ("object", _unevaluated_properties),
    "uniqueItems": ("array", _unique_items),
    "x-constraints": ("object", _constraints),
}
"""The keywords that assert something.

Each has the JSON type of the values that it is about, or an empty string for all values;
and the function that lowers it to a test of these values.
"""
