"""Brings documents of the catalogue into a folder, and locks them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from runware_codegen.catalog import files, index
from runware_codegen.catalog.checking import task_type_of
from runware_codegen.catalog.choosing import (
    Selection,
    Wanted,
    from_index,
    from_lock,
    not_listed,
)
from runware_codegen.catalog.lock import Lock, Locked, hash_of, lock_of, sha256
from runware_codegen.catalog.parallel import each_done
from runware_codegen.catalog.web import NotFound, Web
from runware_codegen.output.replacement import alone_in
from runware_codegen.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Generator

    from runware_codegen.catalog.index import Index
    from runware_codegen.catalog.web import Answer
    from runware_codegen.diff.updates import Updates
    from runware_codegen.options import FetchOptions
    from runware_codegen.report import Terminal

_BAR = 24  # characters


class Outcome(StrEnum):
    """What became of a document that was wanted."""

    NEW = "new"
    CHANGED = "changed"
    RESTORED = "restored"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class _Fetch:
    """A run of the command.

    Attributes:
        options: What the command was told.
        folder: Where the documents are.
        lock: What is locked.
        terminal: Where the run is told of.
        listed: The catalogue's index, if it was read.
        outcomes: What became of documents, by identifier.
        problems: What went wrong so far.
        refused: Documents that are as they were, since their new versions break callers.
        updates: What changed for callers.
    """

    options: FetchOptions
    folder: Path
    lock: Lock
    terminal: Terminal
    listed: Index | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    problems: list[Problem] = field(default_factory=list[Problem])
    refused: list[Problem] = field(default_factory=list[Problem])
    updates: Updates | None = None


def fetch(options: FetchOptions, terminal: Terminal) -> bool:
    """Bring documents into a folder.

    Each is put in place and locked as soon as it is there and found to be one, so that
    a run that was interrupted goes on where it ended.

    Returns:
        Whether a document was left as it was, since its new version breaks callers.

    Raises:
        InvalidInput: Something cannot be had, or must not be had; the rest is there.
    """
    folder = Path(options["output"])
    with _failures_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            run = _Fetch(options, folder, lock_of(folder), terminal)
            _run(run)
    if run.outcomes or not run.problems:
        _summarize(run)
    if run.refused:
        terminal.problems(run.refused)
    if run.problems:
        raise InvalidInput(run.problems)
    return bool(run.refused)


def read_listed(web: Web, url: str, terminal: Terminal) -> Index:
    """Read the index of the catalogue, and tell what in it is of no use.

    Raises:
        InvalidInput: There is none.
    """
    terminal.step(f"Asking {url}")
    listed = index.read_index(web.get(url).content or b"", url)
    for line in listed.unfit:
        terminal.note(f"Passed over {line}.")
    return listed


# -- the way of a document ------------------------------------------------------


def _run(run: _Fetch) -> None:
    timeout, concurrency = run.options["timeout"], run.options["concurrency"]
    with Web(timeout=timeout, connections=concurrency) as web:
        wanted = _choose(run, web)
        locked = run.lock.within(run.folder)
        present = {
            one.id: hash_of(_path(run, one.id)) for one in wanted if one.id in locked
        }
        jobs: list[Wanted] = []
        for one in wanted:
            if _is_settled(run, one, locked, present):
                run.outcomes[one.id] = Outcome.UNCHANGED
            else:
                jobs.append(one)

        def get(one: Wanted) -> Answer:
            known = locked.get(one.id)
            whole = known is not None and present[one.id] == known.sha256
            return web.get(one.url, known.etag if known and whole else "")

        _show_progress(run, 0, len(jobs))
        done = each_done(jobs, get, limit=concurrency)
        for number, (one, answer) in enumerate(done, start=1):
            _take(run, one, answer, locked.get(one.id))
            _show_progress(run, number, len(jobs))


def _choose(run: _Fetch, web: Web) -> list[Wanted]:
    """Decide what is wanted; the index is asked only for what the lock cannot say."""
    options = run.options
    locked = run.lock.within(run.folder)
    selection = Selection(
        names=options["models"],
        task_types=options["task_type"],
        everything=options["everything"],
        statuses=options["include_status"],
    )
    if options["locked"] or selection.is_empty:
        if not locked:
            raise InvalidInput([_nothing_locked(run.lock.path, run.folder)])
        chosen = from_lock(locked, selection)
        return [Wanted(one.id, one.air, _place(run, one)) for one in chosen]
    run.listed = read_listed(web, options["index_url"] or index.URL, run.terminal)
    return from_index(run.listed, locked, selection)


def _is_settled(
    run: _Fetch, one: Wanted, locked: dict[str, Locked], present: dict[str, str]
) -> bool:
    """Tell whether a document is there as it is locked, and needs no question."""
    known = locked.get(one.id)
    if run.options["update"] or known is None:
        return False
    return present[one.id] == known.sha256


def _take(
    run: _Fetch, one: Wanted, answer: Answer | Exception, known: Locked | None
) -> None:
    """Make of an answer what it should be: a document in its place, or a problem."""
    if isinstance(answer, NotFound) and one.guessed and run.listed:
        listed = run.listed
        run.problems.append(not_listed(one.id, listed.entries, listed.url))
    elif isinstance(answer, InvalidInput):
        run.problems += answer.problems
    elif isinstance(answer, Exception):
        raise answer
    elif answer.content is None:
        run.outcomes[one.id] = Outcome.UNCHANGED
    else:
        try:
            _put(run, one, answer.content, answer.etag, known)
        except InvalidInput as invalid:
            run.problems += invalid.problems


def _put(
    run: _Fetch, one: Wanted, content: bytes, etag: str, known: Locked | None
) -> None:
    """Check a document, put it in place, and lock it.

    Raises:
        InvalidInput: It is no document, or not the one that is locked.
    """
    path = _path(run, one.id)
    fresh = sha256(content)
    if run.options["locked"] and known and fresh != known.sha256:
        raise InvalidInput([_not_as_locked(path, one.url, fresh, known)])
    task_type = task_type_of(content, one.url)
    if one.task_types and task_type not in one.task_types:
        return
    differs = hash_of(path) != fresh
    if differs and run.options["update"] and path.exists():
        breaks = _compare(run, path, content)
        if breaks and run.options["check"]:
            run.refused.append(_breaking(path))
            return
    if differs:
        files.replace(path, content)
    if known and known.sha256 == fresh:
        run.outcomes[one.id] = Outcome.RESTORED if differs else Outcome.UNCHANGED
        return
    run.lock.add(_locked(run, one, fresh, etag, task_type))
    run.outcomes[one.id] = Outcome.CHANGED if known else Outcome.NEW


def _compare(run: _Fetch, path: Path, content: bytes) -> bool:
    """Find what a new version changes for callers.

    Returns:
        Whether it breaks them.

    Raises:
        InvalidInput: It cannot be told, and would have to be.
    """
    from runware_codegen.diff.updates import Updates  # noqa: PLC0415  # it is slow

    run.updates = run.updates or Updates()
    try:
        return run.updates.add(path, content)
    except InvalidInput as invalid:
        if run.options["check"]:
            raise
        for problem in invalid.problems:
            run.terminal.note(f"{path} cannot be compared: {problem.message}")
        return False


def _locked(run: _Fetch, one: Wanted, sha256: str, etag: str, task_type: str) -> Locked:
    return Locked(
        id=one.id,
        air=one.air,
        task_type=task_type,
        file=run.lock.file_for(one.id, run.folder),
        url=one.url,
        sha256=sha256,
        etag=etag,
        fetched=dt.datetime.now(dt.UTC).date(),
    )


def _place(run: _Fetch, locked: Locked) -> str:
    """Give the place of a locked document, in another catalogue if one is named."""
    index_url = run.options["index_url"]
    return index.moved(locked.url, locked.id, index_url) if index_url else locked.url


def _path(run: _Fetch, identifier: str) -> Path:
    return run.folder / f"{identifier}.json"


# -- what is said -----------------------------------------------------------------


def _summarize(run: _Fetch) -> None:
    for identifier, outcome in sorted(run.outcomes.items()):
        line = f"{outcome}: {_path(run, identifier)}"
        if outcome is not Outcome.UNCHANGED or run.options["update"]:
            run.terminal.summary(line)
        else:
            run.terminal.detail(line)
    count = Counter(run.outcomes.values())
    counts = ", ".join(f"{count[outcome]} {outcome}" for outcome in Outcome)
    run.terminal.summary(f"Fetched {run.folder}: {counts}.")
    if run.updates and not run.options["quiet"]:
        for line in run.updates.lines():
            run.terminal.result(line)


def _show_progress(run: _Fetch, done: int, total: int) -> None:
    filled = _BAR * done // max(total, 1)
    bar = "█" * filled + "░" * (_BAR - filled)
    run.terminal.step(f"Fetching {bar} {done} of {total}")


def _breaking(path: Path) -> Problem:
    return Problem(
        str(path),
        "",
        "Its new version breaks callers, and was not written.",
        "Read the report. To take the version over, run without --check.",
    )


def _nothing_locked(lock: Path, folder: Path) -> Problem:
    return Problem(
        str(lock),
        "",
        f"No document of {folder} is locked, so there is nothing to fetch.",
        "Name models, such as `runware-codegen fetch runware:101@1`, or take --all.",
    )


def _not_as_locked(path: Path, url: str, fresh: str, known: Locked) -> Problem:
    return Problem(
        str(path),
        "",
        f"{url} has not the version that is locked: SHA-256 {fresh} in place of"
        f" {known.sha256}.",
        "Take it over with `runware-codegen fetch --update`, or restore the file from"
        " version control.",
    )


@contextlib.contextmanager
def _failures_told(folder: Path) -> Generator[None]:
    """Turn what the system refuses into a problem."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        place = f" ({error.filename})" if error.filename else ""
        remedy = "Put that right and run again; each file is whole."
        problem = Problem(str(folder), "", f"{reason}{place}", remedy)
        raise InvalidInput([problem]) from error
