"""Selects the documents to fetch, from the lock or from the index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runware_codegen.catalog import index
from runware_codegen.catalog.names import is_identifier, is_pattern, matches, similar
from runware_codegen.problems import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from runware_codegen.catalog.index import Entry, Index
    from runware_codegen.catalog.lock import LockedDocument


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """A document that is to be in the folder.

    Attributes:
        id: Its identifier.
        air: The AIR of its model; empty if there is none.
        url: Where it is.
        task_types: If not empty, it is wanted only if its task type is one of these.
        guessed: Whether it was named, and no index lists it.
        architecture: The architecture of its model; empty if there is none.
    """

    id: str
    air: str
    url: str
    task_types: frozenset[str] = frozenset()
    guessed: bool = False
    architecture: str = ""


@dataclass(frozen=True, slots=True)
class FetchQuery:
    """What somebody asks for.

    Attributes:
        names: Identifiers and AIRs, or patterns of them.
        task_types: Task types of which all models are wanted.
        everything: Whether all models are wanted.
        statuses: The statuses of models that were not named one by one.
    """

    names: Sequence[str]
    task_types: Collection[str]
    everything: bool
    statuses: Collection[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        return not (self.names or self.task_types or self.everything)


def from_lock(
    locked: Mapping[str, LockedDocument], selection: FetchQuery
) -> list[LockedDocument]:
    """Choose documents of a lock; all of them, if nothing was asked for.

    Raises:
        InvalidInputError: A name means none of them.
    """
    known = list(locked.values())
    if selection.is_empty or selection.everything:
        return known
    names = selection.names
    if problems := [_not_locked(name, known) for name in _unmet(names, known)]:
        raise InvalidInputError(problems)
    return [
        one
        for one in known
        if one.task_type in selection.task_types
        or any(matches(one, name) for name in names)
    ]


def from_index(
    listed: Index,
    locked: Mapping[str, LockedDocument],
    selection: FetchQuery,
) -> list[WantedDocument]:
    """Choose documents of the catalogue.

    Args:
        listed: The models that there are.
        locked: What is known of them already, by identifier.
        selection: What was asked for. An identifier that is not listed may be that of a
            utility.

    Raises:
        InvalidInputError: A name means nothing.
    """
    guessed: list[Entry] = []
    problems: list[Problem] = []
    for name in _unmet(selection.names, listed.entries):
        if is_identifier(name) and not is_pattern(name):
            guessed.append(index.utility(name, listed.url))
        else:
            problems.append(not_listed(name, listed.entries, listed.url))
    if problems:
        raise InvalidInputError(problems)
    task_types = frozenset(selection.task_types)
    wanted = [
        WantedDocument(entry.id, entry.air, entry.url, guessed=True)
        for entry in guessed
    ]
    for entry in listed.entries:
        current = not entry.status or entry.status in selection.statuses
        if _is_named(entry, selection, current=current):
            wanted.append(_wanted(entry, frozenset()))
        elif current and _may_be(locked.get(entry.id), task_types):
            wanted.append(_wanted(entry, task_types))
    return wanted


def not_listed(name: str, known: Iterable[Entry], source: str) -> Problem:
    """Say that a name means nothing in a catalogue."""
    near = similar(name, known)
    remedy = f"Did you mean {near}? " if near else ""
    return Problem(
        source,
        "",
        f"The catalogue has nothing that is called {name!r}.",
        f"{remedy}See what there is: `runware-codegen list --catalog`.",
    )


def like(listed: Index, name: str, statuses: Collection[str]) -> Entry:
    """Find the model whose document describes other models too.

    Args:
        listed: The models that there are.
        name: An identifier, an AIR or an architecture. Of several models of an
            architecture, the first by identifier is taken that has a wanted status.
        statuses: The statuses wanted.

    Raises:
        InvalidInputError: If there is no such model.
    """
    for entry in listed.entries:
        if name in (entry.id, entry.air):
            return entry
    wanted = name.casefold()
    same = [e for e in listed.entries if e.architecture.casefold() == wanted]
    same.sort(key=lambda entry: bool(entry.status) and entry.status not in statuses)
    if wanted and same:
        return same[0]
    known = sorted({e.architecture for e in listed.entries if e.architecture})
    problem = not_listed(name, listed.entries, listed.url)
    architectures = f" Architectures that it knows: {', '.join(known) or 'none'}."
    raise InvalidInputError([replace(problem, remedy=problem.remedy + architectures)])


def _wanted(entry: Entry, task_types: frozenset[str]) -> WantedDocument:
    return WantedDocument(
        entry.id,
        entry.air,
        entry.url,
        task_types,
        architecture=entry.architecture,
    )


def _is_named(entry: Entry, selection: FetchQuery, *, current: bool) -> bool:
    return (selection.everything and current) or any(
        matches(entry, name)
        for name in selection.names
        if current or not is_pattern(name)
    )


def _may_be(known: LockedDocument | None, task_types: frozenset[str]) -> bool:
    """Tell whether a model may be of some task types; the index does not say."""
    if known is None or not known.task_type:
        return bool(task_types)
    return known.task_type in task_types


def _unmet(names: Sequence[str], known: Sequence[Entry | LockedDocument]) -> list[str]:
    return [name for name in names if not any(matches(one, name) for one in known)]


def _not_locked(name: str, known: Sequence[LockedDocument]) -> Problem:
    near = similar(name, known)
    remedy = f"Did you mean {near}? " if near else ""
    return Problem(
        "runware.lock",
        "",
        f"Nothing that is called {name!r} is locked.",
        f"{remedy}To lock it: `runware-codegen fetch {name}`.",
    )
