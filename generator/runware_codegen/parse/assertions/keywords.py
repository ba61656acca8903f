"""Lowers each keyword of JSON Schema to a predicate.

In JSON Schema, a keyword for one type accepts all values of other types. A predicate
is false for them. `_for_type` adds what accepts the other types.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import starmap
from typing import TYPE_CHECKING, cast

from runware_codegen.formats import FORMATS
from runware_codegen.model import predicates as p
from runware_codegen.model.constants import constant
from runware_codegen.model.logic import (
    all_of,
    any_of,
    exactly_one,
    has,
    if_then_else,
    not_,
    optional_property,
)
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.model.quantifiers import (
    additional_properties,
    contains,
    items,
    prefix_item,
    property_names,
    unevaluated_items,
)
from runware_codegen.model.type_predicates import has_type
from runware_codegen.parse.assertions.unevaluated import (
    evaluated_items,
    evaluated_properties,
)
from runware_codegen.parse.metadata.media_limits import is_about_numbers
from runware_codegen.parse.patterns import translate
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
from runware_codegen.parse.schema.merged import branches_of, merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.documents import JsonObject, JsonValue
    from runware_codegen.parse.assertions.subschemas import Subschemas
    from runware_codegen.parse.schema.schemas import Schema


def _for_type(json_type: str, test: Predicate) -> Predicate:
    return any_of([not_(has_type(json_type)), test])


def _type(_: Subschemas, schema: Schema) -> Predicate:
    return p.IsType(types(schema.keywords) or frozenset())


def _const(_: Subschemas, schema: Schema) -> Predicate:
    return p.IsIn((constant(schema.keywords["const"]),))


def _enum(_: Subschemas, schema: Schema) -> Predicate:
    values = cast("list[JsonValue]", schema.keywords["enum"])
    constants = tuple(dict.fromkeys(map(constant, values)))
    return p.IsIn(constants) if constants else FALSE


def _range(_: Subschemas, schema: Schema) -> Predicate:
    keywords = schema.keywords
    bounds = p.InRange(
        ge=bound(keywords, "minimum"),
        gt=bound(keywords, "exclusiveMinimum"),
        le=bound(keywords, "maximum"),
        lt=bound(keywords, "exclusiveMaximum"),
    )
    return _for_type("number", bounds)


def _multiple_of(_: Subschemas, schema: Schema) -> Predicate:
    return _for_type("number", p.MultipleOf(step(schema.keywords) or Decimal(1)))


def _length(_: Subschemas, schema: Schema) -> Predicate:
    return _for_type("string", p.LengthIn(*_bounds(schema, "Length")))


def _item_count(_: Subschemas, schema: Schema) -> Predicate:
    return _for_type("array", p.ItemCount(*_bounds(schema, "Items")))


def _property_count(_: Subschemas, schema: Schema) -> Predicate:
    return _for_type("object", p.PropertyCount(*_bounds(schema, "Properties")))


def _bounds(schema: Schema, what: str) -> tuple[int, int | None]:
    keywords = schema.keywords
    return count(keywords, f"min{what}") or 0, count(keywords, f"max{what}")


def _pattern(_: Subschemas, schema: Schema) -> Predicate:
    return _for_type("string", translate(str(schema.keywords["pattern"])))


def _format(_: Subschemas, schema: Schema) -> Predicate:
    name = str(schema.keywords["format"])
    if name not in FORMATS:
        return TRUE
    return _for_type("string", p.HasFormat(name))


def _items(subschemas: Subschemas, schema: Schema) -> Predicate:
    start = length(schema.keywords, "prefixItems")
    part = subschemas.lower_child(schema.child("items"))
    return _for_type("array", items(part, start))


def _prefix_items(subschemas: Subschemas, schema: Schema) -> Predicate:
    indexes = range(length(schema.keywords, "prefixItems"))
    parts = [subschemas.lower_child(schema.child("prefixItems", i)) for i in indexes]
    return _for_type("array", all_of(starmap(prefix_item, enumerate(parts))))


def _contains(subschemas: Subschemas, schema: Schema) -> Predicate:
    least = count(schema.keywords, "minContains")
    most = count(schema.keywords, "maxContains")
    if least == 0 and most is None:
        return TRUE
    part = subschemas.lower_child(schema.child("contains"))
    return _for_type("array", contains(part, 1 if least is None else least, most))


def _unique_items(_: Subschemas, schema: Schema) -> Predicate:
    unique = bool(schema.keywords["uniqueItems"])
    return _for_type("array", p.UniqueItems()) if unique else TRUE


def _unevaluated_items(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("unevaluatedItems"))
    evaluated = evaluated_items(subschemas, schema)
    return _for_type("array", unevaluated_items(part, evaluated))


def _required(_: Subschemas, schema: Schema) -> Predicate:
    required = names(schema.keywords["required"])
    return _for_type("object", all_of(map(has, required)))


def _properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    return all_of(
        optional_property(
            name, subschemas.lower_child(schema.child("properties", name))
        )
        for name in members(schema.keywords, "properties")
    )


def _additional_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("additionalProperties"))
    declared = members(schema.keywords, "properties")
    evaluated = p.EvaluatedProperties(TRUE, declared, member_patterns(schema))
    return _for_type("object", additional_properties(part, [evaluated]))


def _pattern_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    tests: list[Predicate] = []
    for source in members(schema.keywords, "patternProperties"):
        part = subschemas.lower_child(schema.child("patternProperties", source))
        if part != TRUE:
            test = p.PatternProperties(translate(source), part)
            tests.append(_for_type("object", test))
    return all_of(tests)


def _property_names(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("propertyNames"))
    return _for_type("object", property_names(part))


def _unevaluated_properties(subschemas: Subschemas, schema: Schema) -> Predicate:
    part = subschemas.lower_child(schema.child("unevaluatedProperties"))
    evaluated = evaluated_properties(subschemas, schema)
    return _for_type("object", additional_properties(part, evaluated))


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
    if not is_about_numbers(constraint):
        return TRUE
    bounds = bound(constraint, "minimum"), bound(constraint, "maximum")
    first, second = names(constraint["parameters"])
    return p.FigureIn(str(constraint["operation"]), first, second, *bounds)


KEYWORDS: dict[str, Callable[[Subschemas, Schema], Predicate]] = {
    "$ref": lambda subschemas, schema: subschemas.lower_reference(schema),
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "anyOf": _any_of,
    "const": _const,
    "contains": _contains,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "enum": _enum,
    "exclusiveMaximum": _range,
    "exclusiveMinimum": _range,
    "format": _format,
    "if": _if,
    "items": _items,
    "maxItems": _item_count,
    "maxLength": _length,
    "maxProperties": _property_count,
    "maximum": _range,
    "minItems": _item_count,
    "minLength": _length,
    "minProperties": _property_count,
    "minimum": _range,
    "multipleOf": _multiple_of,
    "not": _not,
    "oneOf": _one_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "type": _type,
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
    "uniqueItems": _unique_items,
    "x-constraints": _constraints,
}
"""The function that lowers each keyword that asserts something."""
