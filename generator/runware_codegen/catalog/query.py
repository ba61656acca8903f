"""Selects the documents to fetch, from the lock or from the index."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from runware_codegen.catalog import index
from runware_codegen.catalog.index import CatalogEntry, Index
from runware_codegen.catalog.lock import LockedDocument
from runware_codegen.catalog.names import is_identifier, is_pattern
from runware_codegen.option_types import FetchOptions
from runware_codegen.problems import InvalidInputError, Problem, did_you_mean
from runware_codegen.resources import builtin_documents, builtin_task_type
from runware_codegen.wording import one_of


def matches(one: CatalogEntry | LockedDocument, pattern: str) -> bool:
    """Return whether a pattern matches the identifier or the AIR of a document."""
    return fnmatchcase(one.id, pattern) or fnmatchcase(one.air, pattern)


def similar(name: str, known: Iterable[CatalogEntry | LockedDocument]) -> str:
    """Ask whether the most similar identifier or AIR is meant; see `did_you_mean`."""
    return did_you_mean(name, (t for one in known for t in (one.id, one.air) if t))


def names_models(options: FetchOptions) -> bool:
    """Return whether the user requests models, and not just those of the lock."""
    return bool(options["models"] or options["task_type"] or options["everything"])


def from_lock(
    locked: Mapping[str, LockedDocument], options: FetchOptions
) -> list[LockedDocument]:
    """Select documents of a lock; all of them if the user names none.

    Raises:
        InvalidInputError: If a name matches none of them.
    """
    known = list(locked.values())
    if options["everything"] or not names_models(options):
        return known
    names = options["models"]
    unknown = _without_match(names, known)
    if problems := [_not_locked(name, known, options) for name in unknown]:
        raise InvalidInputError(problems)
    return [
        one
        for one in known
        if one.task_type in options["task_type"]
        or any(matches(one, name) for name in names)
    ]


def from_index(
    listed: Index, locked: Mapping[str, LockedDocument], options: FetchOptions
) -> list[CatalogEntry]:
    """Select documents of the catalogue.

    The index has no task types. So a selected model may turn out to have another one; see
    `has_wanted_type`.

    Args:
        listed: The index of the catalogue.
        locked: The locked documents, by identifier.
        options: The options of the command. An identifier that is not in the index may
            be that of a utility.

    Raises:
        InvalidInputError: If a name matches nothing, or no model is selected.
    """
    wanted: list[CatalogEntry] = []
    problems: list[Problem] = []
    for name in _without_match(options["models"], listed.entries):
        if is_identifier(name) and not is_pattern(name):
            wanted.append(index.utility(name, listed.url))
        else:
            problems.append(not_listed(name, listed.entries, listed.url))
    if problems:
        raise InvalidInputError(problems)
    wanted += [
        entry
        for entry in listed.entries
        if _is_named(entry, options) or _may_have_type(entry, locked, options)
    ]
    # A task type that no model has is found after fetching.
    if not wanted and not options["task_type"]:
        raise InvalidInputError([_none_current(listed, options)])
    return wanted


def not_listed(name: str, known: Iterable[CatalogEntry], source: str) -> Problem:
    """Return the problem that a name matches nothing in a catalogue."""
    message = f"The catalogue has no model {name!r}."
    listing = f"To see all models, run `{index.list_command(source)}`."
    return Problem(source, "", message, f"{similar(name, known)} {listing}".lstrip())


def not_a_task_type(name: str, source: str) -> Problem:
    """Return the problem that no model of a catalogue has a task type."""
    known = [builtin_task_type(path) for path in builtin_documents("*")]
    message = f"No model of the catalogue has the task type {name!r}."
    remedy = did_you_mean(name, known) or f"Task types: {', '.join(known)}."
    return Problem(source, "", message, remedy)


def like(listed: Index, name: str, statuses: Collection[str]) -> CatalogEntry:
    """Find the model whose document also describes models of the user.

    Args:
        listed: The index of the catalogue.
        name: An identifier, an AIR or an architecture. Among several models of an
            architecture, the first identifier with one of the statuses is selected.
        statuses: The preferred statuses.

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
    architectures = f" Known architectures: {', '.join(known) or 'none'}."
    raise InvalidInputError([replace(problem, remedy=problem.remedy + architectures)])


def _none_current(listed: Index, options: FetchOptions) -> Problem:
    """Return the problem that no selected model has one of the wanted statuses."""
    message = f"No selected model has the status {one_of(options['include_status'])}."
    remedy = "Set --include-status, or name a model by its identifier."
    return Problem(listed.url, "", message, remedy)


def has_wanted_type(entry: CatalogEntry, task_type: str, options: FetchOptions) -> bool:
    """Return whether a selected document is wanted, now that its task type is known."""
    types = options["task_type"]
    return not types or task_type in types or _is_named(entry, options)


def _is_named(entry: CatalogEntry, options: FetchOptions) -> bool:
    current = _is_current(entry, options)
    return (options["everything"] and current) or any(
        matches(entry, name)
        for name in options["models"]
        if current or not is_pattern(name)
    )


def _may_have_type(
    entry: CatalogEntry, locked: Mapping[str, LockedDocument], options: FetchOptions
) -> bool:
    """Return whether a model may have a wanted task type, which the index lacks."""
    known = locked.get(entry.id)
    types = options["task_type"]
    possible = known.task_type in types if known and known.task_type else bool(types)
    return possible and _is_current(entry, options)


def _is_current(entry: CatalogEntry, options: FetchOptions) -> bool:
    return not entry.status or entry.status in options["include_status"]


def _without_match(
    names: Sequence[str], known: Sequence[CatalogEntry | LockedDocument]
) -> list[str]:
    return [name for name in names if not any(matches(one, name) for one in known)]


def _not_locked(
    name: str, known: Sequence[LockedDocument], options: FetchOptions
) -> Problem:
    remedy = f"To lock it, run `runware-codegen fetch {name}`."
    if options["remove"]:
        remedy = "--output DIR selects another folder."
    message = f"No locked document of {options['output']} matches {name!r}."
    remedy = f"{similar(name, known)} {remedy}".lstrip()
    return Problem("runware.lock", "", message, remedy)
