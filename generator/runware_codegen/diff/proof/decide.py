"""Proves the findings about requests and results, or drops them.

A finding that a request is narrowed needs a witness: a task that was accepted and is
refused now. If none is found, `covers` may prove that none exists. Otherwise the finding is
"not proven".

A finding that a result is widened needs a result that was not described and is described
now. A finding that a result is narrowed breaks no reader, so it needs no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from runware_codegen.diff.entries import Direction, Finding, Proof, Side
from runware_codegen.diff.proof.validators import Version
from runware_codegen.diff.proof.witness import FEW, MANY, Search, is_beyond_schemas

_NAME_REMOVED: Final = "member-removed"
"""The aspect of a finding that removes a name, even if the same tasks are accepted."""


class Decided(NamedTuple):
    """A finding that was not dropped, with its proof."""

    finding: Finding
    proof: Proof | None = None
    witness: dict[str, Any] | None = None


def decide(
    findings: Iterable[Finding], old: Version, new: Version
) -> Iterator[Decided]:
    """Prove findings, and drop those that are proven to be no change of a request."""
    tasks = Search(old.tasks, new.tasks)
    results = Search(old.results, new.results)
    for finding in findings:
        if finding.direction is None:
            yield Decided(finding)
        elif finding.place.side is Side.RESULT:
            yield _of_result(finding, results)
        elif finding.direction is Direction.WIDENED:
            yield from _widened(finding, tasks)
        else:
            yield from _narrowed(finding, tasks)


def _of_result(finding: Finding, search: Search) -> Decided:
    harmless = finding.direction is Direction.NARROWED
    direction = Direction.NARROWED if harmless else Direction.WIDENED
    witness = search.witness(finding, direction, range(FEW if harmless else MANY))
    unproven = None if harmless else Proof.NOT_PROVEN
    return Decided(finding, unproven if witness is None else Proof.WITNESS, witness)


def _widened(finding: Finding, search: Search) -> Iterator[Decided]:
    witness = search.witness(finding, Direction.WIDENED, range(FEW))
    if witness is not None:
        yield Decided(finding, Proof.WITNESS, witness)
    elif (
        finding.typed
        or _is_beyond(finding)
        or not (search.nothing_refused and search.nothing_gained)
    ):
        yield Decided(finding)


def _narrowed(finding: Finding, search: Search) -> Iterator[Decided]:
    witness = search.witness(finding, Direction.NARROWED, range(FEW))
    if witness is None and (_is_beyond(finding) or not search.nothing_refused):
        witness = search.witness(finding, Direction.NARROWED, range(FEW, MANY))
    if witness is not None:
        yield Decided(_as(finding, Direction.NARROWED), Proof.WITNESS, witness)
    elif finding.aspect == _NAME_REMOVED:
        yield Decided(finding)
    elif _is_beyond(finding) or not search.nothing_refused:
        yield Decided(finding, Proof.NOT_PROVEN)
    elif finding.direction is Direction.CHANGED and not search.nothing_gained:
        yield Decided(_as(finding, Direction.WIDENED), Proof.CONTAINMENT)
    elif finding.typed:
        typed = replace(finding, aspect="annotation-changed")
        yield Decided(typed, Proof.CONTAINMENT)


def _is_beyond(finding: Finding) -> bool:
    return is_beyond_schemas(finding.was, finding.now)


def _as(finding: Finding, direction: Direction) -> Finding:
    """Set the direction of a finding if it was not known."""
    if finding.direction is not Direction.CHANGED:
        return finding
    aspect = f"{finding.aspect.removesuffix('-changed')}-{direction}"
    return replace(finding, aspect=aspect, direction=direction)
