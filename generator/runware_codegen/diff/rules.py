"""Differences of rules: constraints on whole objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runware_codegen.diff.canonical import canonical, property_names
from runware_codegen.diff.constraints import (
    UNCONSTRAINED,
    Change,
    Constraint,
    changed,
    narrowed,
    widened,
)
from runware_codegen.diff.entries import Direction, Finding, Place
from runware_codegen.model import Rule, Size, SizeRule
from runware_codegen.model.class_predicates import of_rule, of_size
from runware_codegen.model.logic import all_of, not_
from runware_codegen.model.predicates import TRUE, Predicate

AnyRule = Rule | SizeRule


def compare_rules(
    old: Sequence[AnyRule],
    new: Sequence[AnyRule],
    place: Place,
    held: Callable[[Predicate], bool],
) -> Iterator[Finding]:
    """Find the differences of the rules of one class.

    Args:
        old: The old rules.
        new: The new rules.
        place: The place of the object.
        held: Returns whether a predicate provably holds for all old objects, such as a
            rule about a member that they cannot have. A new rule that does is no finding.
    """
    before = {canonical(of_rule(rule)): rule for rule in old}
    after = {canonical(of_rule(rule)): rule for rule in new}
    removed = [rule for key, rule in before.items() if key not in after]
    added = [rule for key, rule in after.items() if key not in before]
    for was in list(removed):
        now = _counterpart(was, added)
        if now is not None:
            removed.remove(was)
            added.remove(now)
            yield from _changed(was, now, place, held=held(of_rule(now)))
    for was in removed:
        yield changed("rule", (_constraint(was), UNCONSTRAINED), place)
    for now in added:
        if not held(of_rule(now)):
            yield changed("rule", (UNCONSTRAINED, _constraint(now)), place)


def _constraint(rule: AnyRule) -> Constraint:
    return Constraint(of_rule(rule), sentence(rule))


def sentence(rule: AnyRule) -> str:
    """Write a rule as an English sentence."""
    if not isinstance(rule, SizeRule):
        return rule.sentence
    sizes = ", ".join(f"{size.width} × {size.height}" for size in rule.sizes[:12])
    more = f" and {len(rule.sizes) - 12} more" if len(rule.sizes) > 12 else ""
    when = f" when {rule.condition}" if rule.condition else ""
    return f"width and height must be one of {sizes}{more}{when}"


def _counterpart(was: AnyRule, added: Sequence[AnyRule]) -> AnyRule | None:
    """Find the new rule that is most similar to an old one; None if none is similar."""
    best = max(added, key=lambda now: _similarity(was, now), default=None)
    return best if best and _similarity(was, best) else None


def _similarity(was: AnyRule, now: AnyRule) -> int:
    one, other = of_rule(was), of_rule(now)
    same_names = set(property_names(one)) == set(property_names(other))
    same_condition = was.when != TRUE and canonical(was.when) == canonical(now.when)
    same_kind = 0
    if isinstance(was, SizeRule):
        same_kind = 4 * isinstance(now, SizeRule)
    elif not isinstance(now, SizeRule):
        same_kind = 3 * (canonical(was.must) == canonical(now.must))
    return same_kind + 2 * same_condition + same_names


def _changed(
    was: AnyRule, now: AnyRule, place: Place, *, held: bool
) -> Iterator[Finding]:
    same_condition = canonical(was.when) == canonical(now.when)
    if isinstance(was, SizeRule) and isinstance(now, SizeRule) and same_condition:
        yield from _sizes(was, now, place)
        return
    change = _constraint(was), _constraint(now)
    found = changed("rule", change, place)
    if not held:
        yield found
    elif found.direction is not Direction.NARROWED:
        yield widened("rule-widened", change, place)


def _sizes(was: SizeRule, now: SizeRule, place: Place) -> Iterator[Finding]:
    before = {(size.width, size.height): size for size in was.sizes}
    after = {(size.width, size.height): size for size in now.sizes}
    for pair in before.keys() - after.keys():
        yield narrowed("size-removed", _size(was.when, before[pair]), place)
    for pair in after.keys() - before.keys():
        given, absent = _size(was.when, after[pair])
        yield widened("size-added", (absent, given), place)
    for pair in before.keys() & after.keys():
        one, other = before[pair], after[pair]
        if one.title.split() != other.title.split():
            yield Finding("words-changed", place, _words_of(one), _words_of(other))


def _size(when: Predicate, size: Size) -> Change:
    """Return the constraints that an object has this size, and that it does not."""
    test = all_of([when, of_size(size.width, size.height)])
    return Constraint(test, _words_of(size)), Constraint(not_(test), "")


def _words_of(size: Size) -> str:
    title = f" ({size.title})" if size.title else ""
    return f"{size.width} × {size.height}{title}"
