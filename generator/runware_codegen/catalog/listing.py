"""Lists the models of the catalogue, and which of them are fetched."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from runware_codegen.catalog.fetching import read_catalog
from runware_codegen.catalog.index import CatalogEntry
from runware_codegen.catalog.lock import LockedDocument, lock_of
from runware_codegen.catalog.query import matches
from runware_codegen.catalog.search import none_passes, passes
from runware_codegen.option_types import ListOptions
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, counted, table
from runware_codegen.wording import joined, none_selected


def list_catalog(
    options: ListOptions,
    folders: Sequence[Path],
    statuses: Collection[str],
    terminal: Terminal,
) -> None:
    """Show the models of the catalogue.

    Args:
        options: The options of the command.
        folders: The folders of the documents.
        statuses: The statuses of the models to show; empty for all.
        terminal: The terminal.

    Raises:
        InvalidInputError: If the index cannot be read, or no model is selected.
    """
    listed = read_catalog(options["index_url"], terminal)
    locked = {
        identifier: entry
        for folder in reversed(folders)
        for identifier, entry in lock_of(folder).within(folder).items()
    }
    statuses = () if options["status"] else statuses
    chosen = [
        entry
        for entry in listed.entries
        if _is_chosen(entry, locked, options["only"], statuses)
    ]
    rows = [_row(entry, folders, locked) for entry in chosen if passes(entry, options)]
    if chosen and not rows:
        raise none_passes(options, listed.url, chosen)
    if not rows:
        given = {"--only": options["only"], "--include-status": statuses}
        used = [option for option, values in given.items() if values]
        message = none_selected(used, counted(len(listed.entries), "model"))
        remedy = f"Change {joined(used, 'or')}."
        raise InvalidInputError.of(listed.url, message, remedy)
    if options["as_json"]:
        terminal.result(json.dumps(rows, indent=2))
        return
    head = ("ID", "AIR", "TASK TYPE", "STATUS", "HERE")
    for line in table(head, [_cells(row) for row in rows]):
        terminal.result(line)


def _is_chosen(
    entry: CatalogEntry,
    locked: dict[str, LockedDocument],
    only: Collection[str],
    statuses: Collection[str],
) -> bool:
    if statuses and entry.status and entry.status not in statuses:
        return False
    known = locked.get(entry.id)
    return not only or any(
        matches(entry, pattern) or (known is not None and known.task_type == pattern)
        for pattern in only
    )


def _row(
    entry: CatalogEntry, folders: Sequence[Path], locked: dict[str, LockedDocument]
) -> dict[str, Any]:
    """Return a row about a model, as in JSON."""
    known = locked.get(entry.id)
    return {
        "id": entry.id,
        "air": entry.air,
        "taskType": known.task_type if known else "",
        "status": entry.status,
        "name": entry.name,
        "creator": entry.creator,
        "capabilities": list(entry.capabilities),
        "architecture": entry.architecture,
        "installed": any((each / f"{entry.id}.json").is_file() for each in folders),
        "locked": known is not None,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if row["locked"]:
        here = "locked" if row["installed"] else "locked, but missing"
    else:
        here = "not locked" if row["installed"] else ""
    return (row["id"], row["air"], row["taskType"], row["status"], here)
