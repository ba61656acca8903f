"""Splits predicates of an object into rules, one for each possible error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations

from runware_codegen.model import Rule, Size, SizeRule
from runware_codegen.model import predicates as p
from runware_codegen.model.logic import (
    all_of,
    any_of,
    flat,
    has,
    lacks,
    not_,
    optional_property,
    required_property,
)
from runware_codegen.model.predicates import FALSE, TRUE, Predicate
from runware_codegen.parse.rules.forms import (
    TOO_LONG,
    absent_paths,
    cases,
    flatten,
    is_short_enough,
    is_type_with_tests,
    present_path,
    present_paths,
)
from runware_codegen.parse.rules.sentences import clause, demand
from runware_codegen.wording import joined


def rules_of(
    parts: Sequence[Predicate], required: AbstractSet[str]
) -> tuple[Rule | SizeRule, ...]:
    """Turn predicates of an object into rules, in the same order.

    Args:
        parts: The predicates.
        required: The names of the required members.
    """
    pairs = [names for part in parts if (names := _codependent_properties(part))]
    paired = any(names >= {"width", "height"} for names in pairs)
    found = dict.fromkeys(
        rule for part in parts for rule in _split(TRUE, part, paired=paired)
    )
    return tuple(
        rule
        for rule in found
        if not _repeats_codependency(rule, pairs)
        and not _repeats_required(rule, required)
    )


def _repeats_required(rule: Rule | SizeRule, required: AbstractSet[str]) -> bool:
    """Return whether a rule only repeats that some members are required."""
    needed = present_paths(rule.must) if isinstance(rule, Rule) else []
    return bool(needed) and required >= set(needed)


def _repeats_codependency(rule: Rule | SizeRule, pairs: Sequence[set[str]]) -> bool:
    """Return whether a rule only repeats that some members require each other."""
    if isinstance(rule, SizeRule):
        return False
    needed = {present_path(part) for part in flatten([rule.must], p.AllOf)}
    given = {present_path(part) for part in flatten([rule.when], p.AnyOf)}
    return any(needed | given <= names for names in pairs)


def _split(
    when: Predicate, must: Predicate, *, paired: bool
) -> Iterator[Rule | SizeRule]:
    names = _codependent_properties(must)
    if names and when == TRUE:
        yield _codependency_rule(names)
        return
    if when == FALSE:
        return
    match must:
        case p.Always(value=False) if when != TRUE:
            yield from _split(TRUE, not_(when), paired=paired)
        case p.AllOf(parts) if len(groups := _grouped(parts)) > 1:
            sure = paired or {has("width"), has("height")} <= set(parts)
            for part in groups:
                yield from _split(when, part, paired=sure)
        case p.IfThenElse():
            for condition, part in cases(must):
                yield from _split(all_of([when, condition]), part, paired=paired)
        case p.RequiredProperty(name, p.AllOf(parts)) | p.OptionalProperty(
            name, p.AllOf(parts)
        ) if (len(groups := _grouped(parts)) > 1):
            for part in groups:
                yield from _split(when, type(must)(name, part), paired=paired)
        case p.OptionalProperty(name, p.IfThenElse() as inner):
            for condition, part in cases(inner):
                given = all_of([when, required_property(name, condition)])
                rest = optional_property(name, part)
                yield from _split(given, rest, paired=paired)
        case p.ExactlyOne() | p.AnyOf() if sizes := _sizes(must, paired=paired):
            if _needs_both(must) and not (paired and _implies_one(when)):
                yield from _split(
                    when, all_of([has("width"), has("height")]), paired=True
                )
            yield SizeRule(when, sizes, _beside_sizes(when))
        case p.AnyOf(parts) if implied := _implied(parts):
            condition, consequence = all_of([when, implied[0]]), implied[1]
            yield Rule(consequence, _sentence(condition, consequence), condition)
        case p.OptionalProperty(name, _) if when == has(name):
            yield Rule(must, _sentence(TRUE, must))
        case _:
            yield Rule(must, _sentence(when, must), when)


def _grouped(parts: Sequence[Predicate]) -> list[Predicate]:
    """Group the parts that only require members, and those that only forbid members."""
    if is_type_with_tests(all_of(parts)):
        return [all_of(parts)]
    given = [part for part in parts if present_paths(part)]
    absent = [part for part in parts if absent_paths(part)]
    others = [part for part in parts if part not in given and part not in absent]
    groups = [all_of(group) for group in (given, absent) if group]
    return [*groups, *others]


def _codependent_properties(part: Predicate) -> set[str]:
    """Return the members that all require each other; an empty set for other parts."""
    demands = {
        (each.condition.name, need.name)
        for each in (part.parts if isinstance(part, p.AllOf) else ())
        if isinstance(each, p.IfThenElse)
        and isinstance(each.condition, p.RequiredProperty)
        and each.otherwise == TRUE
        for need in flat([each.then], p.AllOf)
        if isinstance(need, p.RequiredProperty) and need == has(need.name)
    }
    names = {name for pair in demands for name in pair}
    whole = isinstance(part, p.AllOf) and len(part.parts) == len(names)
    return names if whole and demands == {*permutations(names, 2)} else set()


def _codependency_rule(names: set[str]) -> Rule:
    ordered = sorted(names, key=lambda name: (name != "width", name))
    must = any_of([all_of(map(has, ordered)), all_of(map(lacks, ordered))])
    choice = "both or neither" if len(names) == 2 else "all or none"
    return Rule(must, f"{joined(ordered, 'and')} go together: give {choice}")


def _sizes(must: p.ExactlyOne | p.AnyOf, *, paired: bool) -> tuple[Size, ...] | None:
    """Read alternatives that each set one width and one height; None for others."""
    titles = must.titles if isinstance(must, p.ExactlyOne) else ()
    listed = zip(must.parts, titles or ("",) * len(must.parts), strict=True)
    sizes = [size for part, title in listed if (size := _size(part, title))]
    required = [*map(_requires_both, must.parts)]
    if len(sizes) < len(required) or not (paired or all(required)):
        return None
    if isinstance(must, p.AnyOf):
        return (
            tuple(dict.fromkeys(sizes)) if all(required) or not any(required) else None
        )
    if required.count(False) == 1:
        return None  # width and height may be absent
    pairs = Counter((size.width, size.height) for size in sizes)
    # "Exactly one" refuses a pair that the document lists twice.
    return tuple(s for s in sizes if pairs[s.width, s.height] == 1)


def _needs_both(must: p.ExactlyOne | p.AnyOf) -> bool:
    """Return whether alternatives are all false, or all true, without width and height."""
    return isinstance(must, p.ExactlyOne) or all(map(_requires_both, must.parts))


def _implies_one(when: Predicate) -> bool:
    """Return whether a condition implies that width or height is present."""
    one = {has("width"), has("height")}
    conditions = flatten([when], p.AllOf)
    return any(one.issuperset(flatten([each], p.AnyOf)) for each in conditions)


def _requires_both(part: Predicate) -> bool:
    parts = flat([part], p.AllOf)
    return all(isinstance(each, p.RequiredProperty) for each in parts)


def _beside_sizes(when: Predicate) -> str:
    """Write the condition of a list of sizes; "" if it only needs width and height."""
    given = {present_path(part) for part in flatten([when], p.AnyOf)}
    both = {present_path(part) for part in flatten([when], p.AllOf)}
    plain = when == TRUE or {"width", "height"} in (given, both)
    return "" if plain else clause(when)


def _size(part: Predicate, title: str) -> Size | None:
    if not isinstance(part, p.AllOf) or len(part.parts) != 2:
        return None
    found: dict[str, int] = {}
    for each in part.parts:
        match each:
            case p.RequiredProperty(name, p.IsIn((only,))) | p.OptionalProperty(
                name, p.IsIn((only,))
            ) if (type(only.value) is int):
                found[name] = only.value
            case _:
                return None
    if found.keys() != {"width", "height"}:
        return None
    return Size(found["width"], found["height"], title)


def _implied(parts: tuple[Predicate, ...]) -> tuple[Predicate, Predicate] | None:
    """Read "not a, or b" as "b when a"."""
    flat = flatten(parts, p.AnyOf)
    if all(map(absent_paths, flat)):
        return None  # "a and b cannot be combined" is the better sentence
    if any(isinstance(part, p.AllOf) for part in flat):
        return None
    denied = [part for part in flat if isinstance(part, p.OptionalProperty)]
    wanted: list[Predicate] = [part for part in flat if part not in denied]
    if not wanted:
        wanted.append(denied.pop())
    return (all_of(map(not_, denied)), any_of(wanted)) if denied else None


def _sentence(when: Predicate, must: Predicate) -> str:
    if not is_short_enough(when, must):
        return TOO_LONG
    if when == TRUE:
        return demand(must)
    wanted, unwanted = present_paths(must), absent_paths(must)
    given = _given_only(when)
    if unwanted and given:
        return f"{joined(unwanted, 'and')} cannot be combined with {given}"
    needed = _given_only(must)
    if needed and (single := present_path(when)):
        return f"{single} requires {needed}"
    if wanted and (missing := absent_paths(when)):
        return f"{demand(must)} unless {joined(missing, 'or')} is given"
    return f"{demand(must)} when {clause(when)}"


def _given_only(when: Predicate) -> str:
    """Write a condition that only tests what is given; "" for any other."""
    for kind, word in ((p.AnyOf, "or"), (p.AllOf, "and")):
        names = [present_path(part) for part in flatten([when], kind)]
        if all(names):
            return joined(names, word)
    return ""
