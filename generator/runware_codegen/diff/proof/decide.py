"""Proves the findings of a request or a result, or drops them.

A finding that a request is narrowed needs a witness: a task that was accepted and is
refused now. If none is found, `covers` may prove that none exists. Otherwise the finding is
"not proven".

A finding that a result is widened needs a result that was not described and is described
now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from runware_codegen.diff.entries import Direction, Finding, Proof
from runware_codegen.diff.proof.witness import (
    FEW,
    MANY,
    Search,
    Version,
    is_beyond_schemas,
)
from runware_codegen.model.predicates import TRUE

_NAME_REMOVED: Final = "member-removed"
"""The aspect of a finding that removes a name, even if the same tasks are accepted."""


class Decided(NamedTuple):
    """A finding that was not dropped, with its proof."""

    finding: Finding
    proof: Proof | None
    witness: dict[str, Any] | None


def decide(
    findings: Iterable[Finding], old: Version, new: Version
) -> Iterator[Decided]:
    """Prove the findings of a request, and drop those that are proven to be no change."""
    search = Search(old.tasks, new.tasks)
    for finding in findings:
        if finding.direction is None:
            yield Decided(finding, None, None)
        elif finding.direction is Direction.WIDENED:
            yield from _widened(finding, search)
        else:
            yield from _narrowed(finding, search)


def decide_results(
    findings: Iterable[Finding], old: Version, new: Version
) -> Iterator[Decided]:
    """Prove the findings of a result by a result that only one version describes.

    A finding that results are narrowed breaks no reader, so it needs no proof.
    """
    search = Search(old.results, new.results)
    for finding in findings:
        if finding.direction is None:
            yield Decided(finding, None, None)
            continue
        narrowed = finding.direction is Direction.NARROWED
        direction = Direction.NARROWED if narrowed else Direction.WIDENED
        attempts = range(FEW if narrowed else MANY)
        witness = search.witness(finding, direction, attempts)
        if witness is not None:
            yield Decided(finding, Proof.WITNESS, witness)
        else:
            yield Decided(finding, None if narrowed else Proof.NOT_PROVEN, None)


def _widened(finding: Finding, search: Search) -> Iterator[Decided]:
    witness = search.witness(finding, Direction.WIDENED, range(FEW))
    if witness is not None:
        yield Decided(finding, Proof.WITNESS, witness)
    elif (
        finding.typed
        or _is_beyond(finding)
        or not (search.nothing_refused and search.nothing_gained)
    ):
        yield Decided(finding, None, None)


def _narrowed(finding: Finding, search: Search) -> Iterator[Decided]:
    witness = search.witness(finding, Direction.NARROWED, range(FEW))
    if witness is None and (_is_beyond(finding) or not search.nothing_refused):
        witness = search.witness(finding, Direction.NARROWED, range(FEW, MANY))
    if witness is not None:
        yield Decided(_as(finding, Direction.NARROWED), Proof.WITNESS, witness)
    elif finding.aspect == _NAME_REMOVED:
        yield Decided(finding, None, None)
    elif _is_beyond(finding) or not search.nothing_refused:
        yield Decided(finding, Proof.NOT_PROVEN, None)
    elif finding.direction is Direction.CHANGED and not search.nothing_gained:
        yield Decided(_as(finding, Direction.WIDENED), Proof.CONTAINMENT, None)
    elif finding.typed:
        typed = replace(finding, aspect="annotation-changed")
        yield Decided(typed, Proof.CONTAINMENT, None)


def _is_beyond(finding: Finding) -> bool:
    return is_beyond_schemas(finding.was or TRUE, finding.now or TRUE)


def _as(finding: Finding, direction: Direction) -> Finding:
    """Set the direction of a finding if it was not known."""
    if finding.direction is not Direction.CHANGED:
        return finding
    aspect = f"{finding.aspect.removesuffix('-changed')}-{direction}"
    return replace(finding, aspect=aspect, direction=direction)
