"""Schemas to predicates: the whole meaning of a schema, keyword by keyword.

JSON Schema lets a keyword pass every value of a type it does not speak of; predicates
are false there. `_spoken_of` is the bridge between the two.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from runware_codegen.parse.constants import constant
from runware_codegen.parse.evaluated import evaluated_items, evaluated_members
from runware_codegen.parse.names import definition_name
from runware_codegen.parse.reading import (
    bound,
    count,
    length,
    member_patterns,
    members,
    names,
    pattern,
    step,
    types,
)
from runware_codegen.predicates import (
    FALSE,
    TRUE,
    AllDifferent,
    AllItems,
    AllMembers,
    AllNames,
    AreaIn,
    AtIndex,
    Exempt,
    HasFormat,
    InRange,
    IsIn,
    IsType,
    ItemCount,
    LengthIn,
    MatchingMembers,
    MultipleOf,
    OtherItems,
    Predicate,
    PropertyCount,
    RatioIn,
    Satisfies,
    SomeItems,
    all_of,
    any_of,
    exactly_one,
    has,
    if_given,
    not_,
    when,
)
from runware_codegen.problems import InvalidInput, Problem, json_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runware_codegen.documents import JsonObject, JsonValue
    from runware_codegen.parse.schemas import Schema, Schemas
    from runware_codegen.problems import Path

INLINE_LIMIT = 40
"""A referenced schema with more tests than this becomes a definition of its own."""

TOTAL_LIMIT = 200_000
"""How many tests one document may come to: a bound on what it can make of us."""


class Lowering:
    """Lowers the schemas of one document; remembers what it has lowered.

    Attributes:
        definitions: Predicates that `Satisfies` names.
    """

    def __init__(
        self, schemas: Schemas, formats: frozenset[str], skipped: frozenset[Path]
    ) -> None:
        """Prepare to lower.

        Args:
            schemas: The document's schemas.
            formats: The names of formats that are asserted.
            skipped: Keywords, by their places, that assert nothing.
        """
        self.schemas = schemas
        self.formats = formats
        self._skipped = skipped
        self.definitions: dict[str, Predicate] = {}
        self._names: dict[Path, str] = {}
        self._lowered: dict[Path, Predicate] = {}
        self._entered: dict[Path, int] = {}
        self._depth = 0
        self._total = 0

    def lower(self, schema: Schema) -> Predicate:
        """Return what a schema asserts.

        Raises:
            InvalidInput: When it refers to itself without end, or grows too large.
        """
        if isinstance(schema.node, bool):
            return TRUE if schema.node else FALSE
        if schema.path in self._lowered:
            return self._lowered[schema.path]
        if schema.path in self._entered:
            return self._reenter(schema)
        self._entered[schema.path] = self._depth
        try:
            predicate = all_of(
                self.keyword(schema, keyword) for keyword in schema.keywords
            )
        finally:
            del self._entered[schema.path]
        if schema.path in self._names:
            predicate = self._define(schema, predicate)
        self._lowered[schema.path] = predicate
        return predicate

    def keyword(self, schema: Schema, keyword: str) -> Predicate:
        """Return what one keyword of a schema asserts, its siblings given."""
        lower = _KEYWORDS.get(keyword)
        if lower is None or (*schema.path, keyword) in self._skipped:
            return TRUE
        self._total += 1
        if self._total > TOTAL_LIMIT:
            raise self._problem(
                schema,
                f"The document comes to more than {TOTAL_LIMIT} assertions.",
                "Split it, or say repeated parts once with $ref.",
            )
        return lower(self, schema)

    def below(self, schema: Schema) -> Predicate:
        """Lower a schema that speaks of a part of the value."""
        self._depth += 1
        try:
            return self.lower(schema)
        finally:
            self._depth -= 1

    def reference(self, schema: Schema) -> Predicate:
        """Lower what a `$ref` leads to: in place, or as a definition when large."""
        target = self.schemas.target(schema)
        predicate = self.lower(target)
        if size(predicate, INLINE_LIMIT) < INLINE_LIMIT:
            return predicate
        self._name(target)
        return self._define(target, predicate)

    def _reenter(self, schema: Schema) -> Predicate:
        if self._entered[schema.path] == self._depth:
            raise self._problem(
                schema,
                "The schema refers to itself without looking at a part of the value.",
                "A recursive reference stands below properties, items or the like.",
            )
        return Satisfies(self._name(schema))

    def _name(self, schema: Schema) -> str:
        if schema.path not in self._names:
            taken = frozenset(self._names.values())
            self._names[schema.path] = definition_name(schema.path, taken)
        return self._names[schema.path]

    def _define(self, schema: Schema, predicate: Predicate) -> Predicate:
        name = self._names[schema.path]
        if predicate != Satisfies(name):
            self.definitions[name] = predicate
        self._lowered[schema.path] = Satisfies(name)
        return Satisfies(name)

    def _problem(self, schema: Schema, message: str, remedy: str) -> InvalidInput:
        pointer = json_pointer(schema.path)
        return InvalidInput([Problem(self.schemas.source, pointer, message, remedy)])


def size(predicate: Predicate, limit: int) -> int:
    """Count the nodes of a predicate, up to a limit."""
    count = 0
    stack: list[object] = [predicate]
    while stack and count < limit:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(cast("tuple[object, ...]", node))
        elif is_dataclass(node):
            count += 1
            stack.extend(getattr(node, each.name) for each in fields(node))
    return count


# -- one function for each keyword --------------------------------------------


def _spoken_of(json_type: str, test: Predicate) -> Predicate:
    return any_of([not_(IsType(frozenset({json_type}))), test])


def _type(_: Lowering, schema: Schema) -> Predicate:
    return IsType(types(schema.keywords) or frozenset())


def _const(_: Lowering, schema: Schema) -> Predicate:
    return IsIn((constant(schema.keywords["const"]),))


def _enum(_: Lowering, schema: Schema) -> Predicate:
    values = cast("list[JsonValue]", schema.keywords["enum"])
    constants = tuple(dict.fromkeys(map(constant, values)))
    return IsIn(constants) if constants else FALSE


def _range(_: Lowering, schema: Schema) -> Predicate:
    keywords = schema.keywords
    bounds = InRange(
        ge=bound(keywords, "minimum"),
        gt=bound(keywords, "exclusiveMinimum"),
        le=bound(keywords, "maximum"),
        lt=bound(keywords, "exclusiveMaximum"),
    )
    return _spoken_of("number", bounds)


def _multiple_of(_: Lowering, schema: Schema) -> Predicate:
    return _spoken_of("number", MultipleOf(step(schema.keywords) or Decimal(1)))


def _length(_: Lowering, schema: Schema) -> Predicate:
    return _spoken_of("string", LengthIn(*_bounds(schema, "Length")))


def _item_count(_: Lowering, schema: Schema) -> Predicate:
    return _spoken_of("array", ItemCount(*_bounds(schema, "Items")))


def _property_count(_: Lowering, schema: Schema) -> Predicate:
    return _spoken_of("object", PropertyCount(*_bounds(schema, "Properties")))


def _bounds(schema: Schema, what: str) -> tuple[int, int | None]:
    keywords = schema.keywords
    return count(keywords, f"min{what}") or 0, count(keywords, f"max{what}")


def _pattern(_: Lowering, schema: Schema) -> Predicate:
    return _spoken_of("string", pattern(str(schema.keywords["pattern"])))


def _format(lowering: Lowering, schema: Schema) -> Predicate:
    name = str(schema.keywords["format"])
    if name not in lowering.formats:
        return TRUE
    return _spoken_of("string", HasFormat(name))


def _items(lowering: Lowering, schema: Schema) -> Predicate:
    start = length(schema.keywords, "prefixItems")
    part = lowering.below(schema.child("items"))
    if part == FALSE:
        return _spoken_of("array", ItemCount(0, start))
    return TRUE if part == TRUE else _spoken_of("array", AllItems(part, start))


def _prefix_items(lowering: Lowering, schema: Schema) -> Predicate:
    indexes = range(length(schema.keywords, "prefixItems"))
    parts = [lowering.below(schema.child("prefixItems", i)) for i in indexes]
    placed = [AtIndex(i, part) for i, part in enumerate(parts) if part != TRUE]
    return TRUE if not placed else _spoken_of("array", all_of(placed))


def _contains(lowering: Lowering, schema: Schema) -> Predicate:
    least = count(schema.keywords, "minContains")
    most = count(schema.keywords, "maxContains")
    if least == 0 and most is None:
        return TRUE
    part = lowering.below(schema.child("contains"))
    return _spoken_of("array", SomeItems(part, 1 if least is None else least, most))


def _unique_items(_: Lowering, schema: Schema) -> Predicate:
    unique = bool(schema.keywords["uniqueItems"])
    return _spoken_of("array", AllDifferent()) if unique else TRUE


def _unevaluated_items(lowering: Lowering, schema: Schema) -> Predicate:
    part = lowering.below(schema.child("unevaluatedItems"))
    exempt = evaluated_items(lowering, schema)
    return TRUE if part == TRUE else _spoken_of("array", OtherItems(part, exempt))


def _required(_: Lowering, schema: Schema) -> Predicate:
    required = names(schema.keywords["required"])
    return _spoken_of("object", all_of(map(has, required)))


def _properties(lowering: Lowering, schema: Schema) -> Predicate:
    return all_of(
        if_given(name, lowering.below(schema.child("properties", name)))
        for name in members(schema.keywords, "properties")
    )


def _additional_properties(lowering: Lowering, schema: Schema) -> Predicate:
    part = lowering.below(schema.child("additionalProperties"))
    if part == TRUE:
        return TRUE
    declared = members(schema.keywords, "properties")
    exempt = Exempt(TRUE, declared, member_patterns(schema))
    return _spoken_of("object", AllMembers(part, (exempt,)))


def _pattern_properties(lowering: Lowering, schema: Schema) -> Predicate:
    parts = [
        (pattern(source), lowering.below(schema.child("patternProperties", source)))
        for source in members(schema.keywords, "patternProperties")
    ]
    return all_of(
        _spoken_of("object", MatchingMembers(matches, part))
        for matches, part in parts
        if part != TRUE
    )


def _property_names(lowering: Lowering, schema: Schema) -> Predicate:
    part = lowering.below(schema.child("propertyNames"))
    return TRUE if part == TRUE else _spoken_of("object", AllNames(part))


def _unevaluated_properties(lowering: Lowering, schema: Schema) -> Predicate:
    part = lowering.below(schema.child("unevaluatedProperties"))
    exempt = evaluated_members(lowering, schema)
    return TRUE if part == TRUE else _spoken_of("object", AllMembers(part, exempt))


def _branches(lowering: Lowering, schema: Schema, keyword: str) -> Iterator[Predicate]:
    for index in range(length(schema.keywords, keyword)):
        yield lowering.lower(schema.child(keyword, index))


def _all_of(lowering: Lowering, schema: Schema) -> Predicate:
    return all_of(_branches(lowering, schema, "allOf"))


def _any_of(lowering: Lowering, schema: Schema) -> Predicate:
    return any_of(list(_branches(lowering, schema, "anyOf")))


def _one_of(lowering: Lowering, schema: Schema) -> Predicate:
    branches = cast("list[JsonValue]", schema.keywords["oneOf"])
    titles = tuple(
        str(branch.get("title", "")) if isinstance(branch, dict) else ""
        for branch in branches
    )
    return exactly_one(list(_branches(lowering, schema, "oneOf")), titles)


def _not(lowering: Lowering, schema: Schema) -> Predicate:
    return not_(lowering.lower(schema.child("not")))


def _if(lowering: Lowering, schema: Schema) -> Predicate:
    condition = lowering.lower(schema.child("if"))
    then, otherwise = (
        lowering.lower(schema.child(keyword)) if keyword in schema.keywords else TRUE
        for keyword in ("then", "else")
    )
    return when(condition, then, otherwise)


def _dependent_required(_: Lowering, schema: Schema) -> Predicate:
    dependents = cast("JsonObject", schema.keywords["dependentRequired"])
    return all_of(
        when(has(name), all_of(map(has, names(others))), TRUE)
        for name, others in dependents.items()
    )


def _dependent_schemas(lowering: Lowering, schema: Schema) -> Predicate:
    return all_of(
        when(has(name), lowering.lower(schema.child("dependentSchemas", name)), TRUE)
        for name in members(schema.keywords, "dependentSchemas")
    )


def _constraints(_: Lowering, schema: Schema) -> Predicate:
    listed = cast("list[JsonObject]", schema.keywords["x-constraints"])
    return all_of(map(_constraint, listed))


_FIGURES: dict[str, type[AreaIn | RatioIn]] = {"area": AreaIn, "ratio": RatioIn}


def _constraint(constraint: JsonObject) -> Predicate:
    parameters = names(constraint["parameters"])
    operation = _FIGURES.get(str(constraint["operation"]))
    if operation is None or len(parameters) != 2 or "." in "".join(parameters):
        return TRUE  # about media: see metadata.media_limits
    least, most = bound(constraint, "minimum"), bound(constraint, "maximum")
    first, second = parameters
    return operation(first, second, least, most)


_KEYWORDS: dict[str, Callable[[Lowering, Schema], Predicate]] = {
    "$ref": Lowering.reference,
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
