"""Classes and their rules as predicates."""

from __future__ import annotations

from collections.abc import Iterable

from runware_codegen.model import predicates as p
from runware_codegen.model.classes import Class, Rule, SizeRule
from runware_codegen.model.constants import Constant
from runware_codegen.model.logic import all_of, any_of
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.model.type_predicates import class_definition, has_type, of_type


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
        kind = p.RequiredProperty if field.required else p.OptionalProperty
        parts.append(kind(field.json_name, of_type(field.type)))
    if not a_class.allows_extra:
        parts.append(only_known(a_class))
    return p.AllOf((*parts, *map(of_rule, a_class.rules)))


def only_known(a_class: Class) -> Predicate:
    """Return the predicate that an object has only properties of a class."""
    names = tuple(field.json_name for field in a_class.fields)
    return p.AdditionalProperties(FALSE, (p.EvaluatedProperties(TRUE, names),))


def of_rule(rule: Rule | SizeRule) -> Predicate:
    """Return a rule as one predicate."""
    if isinstance(rule, Rule):
        must = rule.must
    else:
        must = any_of(of_size(size.width, size.height) for size in rule.sizes)
    return must if rule.when == TRUE else p.IfThenElse(rule.when, must, TRUE)


def of_size(width: int, height: int) -> Predicate:
    """Return the predicate of one pair of width and height."""
    pairs = (("width", width), ("height", height))
    return all_of(p.RequiredProperty(n, p.IsIn((Constant(v),))) for n, v in pairs)
