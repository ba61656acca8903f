"""Classes and rules as predicates, and types in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model import (
    Anything,
    Array,
    Boolean,
    ClassRef,
    Constrained,
    Literals,
    Map,
    Media,
    Null,
    Number,
    Rule,
    String,
    Union,
)
from runware_codegen.model.constants import constant, plain
from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import (
    FALSE,
    TRUE,
    AdditionalProperties,
    AllOf,
    EvaluatedProperties,
    IfThenElse,
    IsIn,
    OptionalProperty,
    Predicate,
    RequiredProperty,
)
from runware_codegen.model.type_predicates import class_definition, has_type, of_type
from runware_codegen.wording import (
    format_words,
    joined,
    media_words,
    one_of,
    type_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runware_codegen.model import Class, SizeRule, Type


def definitions_of(
    named: Iterable[tuple[str, Predicate]], classes: Iterable[Class]
) -> dict[str, Predicate]:
    """Return the predicates that each `DefinitionRef` names: named ones and classes."""
    by_class = {class_definition(each.name): of_class(each) for each in classes}
    return {**dict(named), **by_class}


def of_class(a_class: Class) -> Predicate:
    """Return the predicate that holds for exactly the objects of a class."""
    parts: list[Predicate] = [has_type("object")]
    for field in a_class.fields:
        kind = RequiredProperty if field.required else OptionalProperty
        parts.append(kind(field.json_name, of_type(field.type)))
    if not a_class.allows_extra:
        parts.append(only_known(a_class))
    return AllOf((*parts, *map(of_rule, a_class.rules)))


def only_known(a_class: Class) -> Predicate:
    """Return the predicate that an object has only properties of a class."""
    names = tuple(field.json_name for field in a_class.fields)
    return AdditionalProperties(FALSE, (EvaluatedProperties(TRUE, names),))


def of_rule(rule: Rule | SizeRule) -> Predicate:
    """Return a rule as one predicate."""
    if isinstance(rule, Rule):
        must = rule.must
    else:
        must = any_of(of_size(size.width, size.height) for size in rule.sizes)
    return must if rule.when == TRUE else IfThenElse(rule.when, must, TRUE)


def of_size(width: int, height: int) -> Predicate:
    """Return the predicate of one pair of width and height."""
    pairs = (("width", width), ("height", height))
    return all_of(RequiredProperty(n, IsIn((constant(v),))) for n, v in pairs)


def words(a_type: Type) -> str:
    """Describe a type in a few words, without its limits."""
    match a_type:
        case String(format=name):
            return format_words(name) if name else type_words("string")
        case Number(integer):
            return type_words("integer" if integer else "number")
        case Boolean():
            return type_words("boolean")
        case Null():
            return type_words("null")
        case Literals(values):
            return one_of([plain(value.constant.value) for value in values])
        case Array(item):
            return f"a list of: {words(item)}"
        case Map(value):
            return f"an object with any names, and values: {words(value)}"
        case ClassRef(name):
            return f"an object ({name})"
        case Union(alternatives):
            return joined(list(dict.fromkeys(map(words, alternatives))), "or")
        case Anything(types):
            return joined(sorted(types), "or") if types else "any value"
        case Constrained(inner):
            return words(inner)
        case Media(kind):
            return media_words(kind)
