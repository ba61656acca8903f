"""Fetches documents into a folder and locks them, or removes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from runware_codegen.catalog import index
from runware_codegen.catalog.fetch_run import FetchOutcome, FetchRun, UpdateReport
from runware_codegen.catalog.index import CatalogEntry, Index
from runware_codegen.catalog.lock import LockedDocument, exclusive_lock_of
from runware_codegen.catalog.query import (
    from_index,
    from_lock,
    like,
    names_models,
    not_a_task_type,
)
from runware_codegen.catalog.versions import has_version
from runware_codegen.catalog.web import NotFoundError, Response, Web
from runware_codegen.catalog.writing import process_response
from runware_codegen.option_types import FetchOptions
from runware_codegen.output.files import check_writable
from runware_codegen.output.os_errors import os_errors_as_problems
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal

_SHOWN = 20  # invalid entries of an index; the rest is counted


def fetch(
    options: FetchOptions, terminal: Terminal, new_report: Callable[[], UpdateReport]
) -> bool:
    """Fetch documents into a folder.

    Each document is written and locked as soon as it is fetched and validated, so that an
    interrupted run can be continued.

    Args:
        options: The options of the command.
        terminal: The terminal.
        new_report: Creates the report of what changed for callers.

    Returns:
        Whether a document was not updated, because its new version breaks callers.

    Raises:
        InvalidInputError: If documents could not be fetched. The others are written.
    """
    folder = Path(options["output"])
    state = "No file was left half-written."
    with os_errors_as_problems(folder, state), exclusive_lock_of(folder) as lock:
        run = FetchRun(options, folder, lock, terminal, new_report)
        _run(run)
    if run.outcomes or not run.problems:
        run.summarize()
    if run.refused:
        terminal.problems(run.refused)
    if run.problems:
        raise InvalidInputError(run.problems)
    return bool(run.refused)


def remove(options: FetchOptions, terminal: Terminal) -> None:
    """Remove documents that the user names, without the network.

    A document is removed before its entry: an interrupted run can be repeated.

    Raises:
        InvalidInputError: If a name matches no locked document, or a file cannot be
            removed.
    """
    folder = Path(options["output"])
    state = "Files may have been removed."
    with os_errors_as_problems(folder, state), exclusive_lock_of(folder) as lock:
        for locked in from_lock(lock.within(folder), options):
            path = lock.path.parent / locked.file
            check_writable(lock.path)
            path.unlink(missing_ok=True)
            lock.remove(locked)
            terminal.summary(f"removed: {path}")


def find_like(options: FetchOptions, terminal: Terminal) -> str:
    """Return the identifier of the model that `--like` names in the catalogue.

    Raises:
        InvalidInputError: If the catalogue cannot be read, or has no model of this name.
    """
    listed = read_catalog(options["index_url"], terminal, timeout=options["timeout"])
    return like(listed, options["like"], options["include_status"]).id


def read_catalog(index_url: str, terminal: Terminal, *, timeout: float = 30.0) -> Index:
    """Read the index of the catalogue, and print its invalid entries.

    Args:
        index_url: The URL of the index; empty for Runware's index.
        terminal: The terminal.
        timeout: The timeout of a request in seconds.

    Raises:
        InvalidInputError: If there is no valid index at this URL.
    """
    with Web(timeout=timeout, connections=1) as web:
        return _read_catalog(web, index_url, terminal)


def _read_catalog(web: Web, index_url: str, terminal: Terminal) -> Index:
    url = index_url or index.URL
    terminal.progress(f"Fetching {url}")
    try:
        content = web.get(url).content or b""
    except NotFoundError:
        message = "This URL has no index of a catalogue."
        remedy = f"Check --index-url and index-url. Runware's index is {index.URL}."
        raise InvalidInputError.of(url, message, remedy) from None
    listed = index.read_index(content, url)
    terminal.notes([f"Skipped {line}." for line in listed.invalid_entries], _SHOWN)
    return listed


# -- fetching documents -----------------------------------------------------------


def _run(run: FetchRun) -> None:
    timeout, concurrency = run.options["timeout"], run.options["concurrency"]
    with Web(timeout=timeout, connections=concurrency) as web:
        wanted = _choose(run, web)
        locked = run.lock.within(run.folder)
        present = {
            one.id
            for one in wanted
            if one.id in locked and has_version(run.path(one.id), locked[one.id].sha256)
        }
        current = set[str]() if run.options["update"] else present
        run.outcomes |= dict.fromkeys(current, FetchOutcome.UNCHANGED)
        jobs = [one for one in wanted if one.id not in current]

        def get(one: CatalogEntry) -> Response:
            known = locked.get(one.id)
            comparable = (
                known is not None and known.url == one.url and one.id in present
            )
            return web.get(one.url, known.etag if known and comparable else "")

        waiting = [one.id for one in jobs]
        run.show_progress(waiting, len(jobs))
        for one, answer in _answers(jobs, get, concurrency):
            process_response(run, one, answer, locked.get(one.id))
            waiting.remove(one.id)
            run.show_progress(waiting, len(jobs))
    if run.listed and not run.problems:
        have = {each.task_type for each in run.lock.within(run.folder).values()}
        run.problems += [
            not_a_task_type(name, run.listed.url)
            for name in run.options["task_type"]
            if name not in have
        ]


def _answers(
    jobs: list[CatalogEntry], get: Callable[[CatalogEntry], Response], limit: int
) -> Iterator[tuple[CatalogEntry, Response | Exception]]:
    """Yield the response for each document, or the error, in the order of completion.

    The threads are daemons, so that an interrupted program ends without waiting for a
    server.
    """
    waiting: SimpleQueue[CatalogEntry] = SimpleQueue()
    done: SimpleQueue[tuple[CatalogEntry, Response | Exception]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def keep_working() -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put((job, get(job)))
            except Exception as error:  # noqa: BLE001  # the caller handles it
                done.put((job, error))

    for _ in range(min(limit, len(jobs))):
        Thread(target=keep_working, daemon=True).start()
    for _ in jobs:
        yield done.get()


def _choose(run: FetchRun, web: Web) -> list[CatalogEntry]:
    """Select the documents to fetch. The index is read only if the lock is not enough."""
    options = run.options
    locked = run.lock.within(run.folder)
    if options["locked"] or not names_models(options):
        if not locked:
            raise InvalidInputError.of(
                run.lock.path,
                f"No document of {run.folder} is locked, so there is nothing to fetch.",
                "Name models, such as `runware-codegen fetch runware:101@1`, or use"
                " --all.",
            )
        return [
            CatalogEntry(
                each.id,
                each.air,
                status="",
                url=_url(run, each),
                architecture=each.architecture,
            )
            for each in from_lock(locked, options)
        ]
    run.listed = _read_catalog(web, options["index_url"], run.terminal)
    _lock_facts(run, run.listed)
    return from_index(run.listed, locked, options)


def _lock_facts(run: FetchRun, listed: Index) -> None:
    """Lock the facts about models that the catalogue has, and the documents do not."""
    known = {entry.id: entry for entry in listed.entries}
    for locked in run.lock.within(run.folder).values():
        entry = known.get(locked.id)
        if entry and (current := _as_listed(locked, entry)) != locked:
            run.lock.add(current)


def _as_listed(locked: LockedDocument, entry: CatalogEntry) -> LockedDocument:
    """Return an entry of the lock with the facts of the catalogue.

    The URL stays if the catalogue is on another server, such as a mirror.
    """
    current = replace(
        locked,
        air=entry.air or locked.air,
        architecture=entry.architecture or locked.architecture,
    )
    if entry.url == locked.url or not index.same_server(entry.url, locked.url):
        return current
    return replace(current, url=entry.url, etag="")


def _url(run: FetchRun, locked: LockedDocument) -> str:
    """Return the URL of a locked document, on the mirror if `--index-url` is set."""
    mirror = run.options["index_url"]
    return index.mirror_url(locked.url, locked.id, mirror) if mirror else locked.url
