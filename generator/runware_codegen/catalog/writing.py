"""Writes and locks documents that were fetched."""

from __future__ import annotations

import datetime as dt
import shlex
from dataclasses import replace
from pathlib import Path

from runware_codegen.catalog import index
from runware_codegen.catalog.fetch_run import FetchOutcome, FetchRun
from runware_codegen.catalog.index import CatalogEntry
from runware_codegen.catalog.lock import LockedDocument
from runware_codegen.catalog.query import has_wanted_type, not_listed
from runware_codegen.catalog.validation import facts_of
from runware_codegen.catalog.versions import has_version, sha256
from runware_codegen.catalog.web import NotFoundError, Response
from runware_codegen.output import files
from runware_codegen.output.os_errors import os_errors_as_problems
from runware_codegen.problems import InvalidInputError, Problem


def process_response(
    run: FetchRun,
    one: CatalogEntry,
    answer: Response | Exception,
    known: LockedDocument | None,
) -> None:
    """Process the response for a document: write the document, or record a problem."""
    if isinstance(answer, NotFoundError):
        run.problems.append(_no_document(run, one, known))
    elif isinstance(answer, InvalidInputError):
        run.problems += answer.problems
    elif isinstance(answer, Exception):
        raise answer
    elif answer.content is None:
        run.outcomes[one.id] = FetchOutcome.UNCHANGED
    else:
        try:
            with os_errors_as_problems(run.folder, "No file was left half-written."):
                _write(run, one, answer.content, answer.etag, known)
        except InvalidInputError as invalid:
            run.problems += invalid.problems


def _write(
    run: FetchRun,
    one: CatalogEntry,
    content: bytes,
    etag: str,
    known: LockedDocument | None,
) -> None:
    """Validate a document, write it, and lock it.

    Raises:
        InvalidInputError: If it is not a document, or not the locked version.
    """
    path, new_hash = run.path(one.id), sha256(content)
    is_locked = known is not None and known.sha256 == new_hash
    if run.options["locked"] and known and not is_locked:
        raise _other_version(path, one.url, known.sha256, new_hash)
    task_type, air = facts_of(content, one.url)
    if run.listed and not has_wanted_type(one, task_type, run.options):
        return
    existed, differs = path.exists(), not has_version(path, new_hash)
    if existed and differs and not is_locked and _is_refused(run, path, content):
        return
    if not is_locked:
        files.check_writable(run.lock.path)
    if differs:
        if existed and known is None:
            _check_replaceable(path)
        files.replace(path, content)
    if is_locked:
        run.outcomes[one.id] = (
            FetchOutcome.RESTORED if differs else FetchOutcome.UNCHANGED
        )
        return
    locked = _locked(run, replace(one, air=air or one.air), new_hash, etag, task_type)
    run.lock.add(_with_changes(run, locked, known))
    is_new = known is None and not (existed and differs)
    run.outcomes[one.id] = FetchOutcome.NEW if is_new else FetchOutcome.CHANGED


def _other_version(
    path: Path, url: str, expected: str, found: str
) -> InvalidInputError:
    return InvalidInputError.of(
        path,
        f"Checksum mismatch for {url}: expected SHA-256 {expected}, got {found}.",
        "Run `runware-codegen fetch --update` to accept the new version, or restore"
        " the file from version control.",
    )


def _is_refused(run: FetchRun, path: Path, content: bytes) -> bool:
    """Compare a new version for `--update`; return whether `--check` keeps the old one."""
    if not run.options["update"]:
        return False
    breaks = _compare(run, path, content)
    if not (breaks and run.options["check"]):
        return False
    run.refused.append(_breaking(path, quiet=run.options["quiet"]))
    return True


def _check_replaceable(path: Path) -> None:
    """Check that a file which no lock names may be replaced: that it is a document.

    Raises:
        InvalidInputError: If it is another file, such as a package.json.
    """
    try:
        facts_of(path.read_bytes() if path.is_file() else b"", str(path))
    except InvalidInputError:
        message = "This file is not a document of Runware, so it was not replaced."
        remedy = "Move it to another folder, or choose another --output."
        raise InvalidInputError.of(path, message, remedy) from None


def _compare(run: FetchRun, path: Path, content: bytes) -> bool:
    """Compare a document with its new version, and add the changes to the report.

    Returns:
        Whether the new version breaks callers.

    Raises:
        InvalidInputError: If the versions cannot be compared, and `--check` requires it.
    """
    run.updates = run.updates or run.new_report()
    try:
        return run.updates.add(path, content)
    except InvalidInputError as invalid:
        if run.options["check"]:
            raise
        for problem in invalid.problems:
            run.terminal.note(f"{path} cannot be compared: {problem.message}")
        return False


def _locked(
    run: FetchRun, one: CatalogEntry, sha256: str, etag: str, task_type: str
) -> LockedDocument:
    return LockedDocument(
        id=one.id,
        air=one.air,
        task_type=task_type,
        file=run.lock.file_for(one.id, run.folder),
        url=one.url,
        sha256=sha256,
        etag=etag,
        fetched=dt.datetime.now(dt.UTC).date(),
        architecture=one.architecture,
    )


def _with_changes(
    run: FetchRun, locked: LockedDocument, known: LockedDocument | None
) -> LockedDocument:
    """Add the differences from the previous version, or keep those of that version."""
    changes = run.updates.changes(run.path(locked.id)) if run.updates else ()
    if changes:
        return replace(locked, changed=locked.fetched, changes=changes)
    if known:
        return replace(locked, changed=known.changed, changes=known.changes)
    return locked


def _no_document(
    run: FetchRun, one: CatalogEntry, known: LockedDocument | None
) -> Problem:
    if run.listed and one not in run.listed.entries:
        return not_listed(one.id, run.listed.entries, run.listed.url)
    message = f"There is no document of {one.id} at this URL."
    listing = index.list_command(run.options["index_url"] or index.URL)
    remedy = (
        "The model may be announced or withdrawn, or have another identifier. See its"
        f" status and identifier with `{listing} --only {shlex.quote(one.air or one.id)}`,"
        " or use the general document of its task type."
    )
    if known:
        remedy += (
            f" To remove its document, run `runware-codegen fetch --remove {one.id}`."
        )
    return Problem(one.url, "", message, remedy)


def _breaking(path: Path, *, quiet: bool) -> Problem:
    message = "Its new version breaks callers, and was not written."
    remedy = "See the report. To accept the new version, run without --check."
    if quiet:
        remedy = (
            "Run without --quiet to see the report, or without --check to accept the new"
            " version."
        )
    return Problem(str(path), "", message, remedy)
