"""Lists the documents of a package."""

from __future__ import annotations

import json
from collections.abc import Sequence

from runware_codegen.catalog.search import none_passes, passes
from runware_codegen.model import Document, Package
from runware_codegen.option_types import ListOptions
from runware_codegen.pipeline import inputs_of, module_of, read_package
from runware_codegen.report import Terminal, table


def list_documents(
    clients: Sequence[tuple[ListOptions, str]], terminal: Terminal
) -> None:
    """Print the documents of packages.

    Args:
        clients: The options of each client, and the import name of its package.
        terminal: The terminal.

    Raises:
        InvalidInputError: If a document is invalid.
    """
    (options, _), *_ = clients
    packages = [_read(each, name, terminal) for each, name in clients]
    chosen = [
        (document, package)
        for package in packages
        for document in package.documents
        if passes(document, options)
    ]
    if not chosen:
        inputs = dict.fromkeys(name for each, _ in clients for name in inputs_of(each))
        known = [document for package in packages for document in package.documents]
        raise none_passes(options, ", ".join(inputs), known)
    rows = [_row(*each) for each in chosen]
    own = [
        {**_row(document, package), "air": name}
        for document, package in chosen
        for name in (*document.models, *document.patterns)
        if document.models and name != (document.air or document.models[0])
    ]
    if options["as_json"]:
        terminal.result(json.dumps(rows, indent=2))
        return
    head = ("ID", "AIR", "TASK TYPE", "STATUS", "FIELDS", "RULES", "CLASS", "MODULE")
    cells = [
        [cell if isinstance(cell, int) else str(cell) for cell in row.values()]
        for row in sorted([*rows, *own], key=lambda row: (row["taskType"], row["id"]))
    ]
    for line in table(head, [row[: len(head)] for row in cells]):
        terminal.result(line)


def _read(options: ListOptions, name: str, terminal: Terminal) -> Package[Document]:
    """Read the documents of a package; --status selects more than --include-status."""
    status = options["status"]
    statuses = (status.casefold(),) if status else options["include_status"]
    selection: ListOptions = {**options, "include_status": statuses}
    option = "--status" if status else "--include-status"
    return read_package(selection, name, terminal, status_option=option)


def _row(
    document: Document, package: Package[Document]
) -> dict[str, str | int | float | list[str] | None]:
    """Return a row about a document; the table shows the first eight cells."""
    return {
        "id": document.id,
        "air": document.air,
        "taskType": document.task_type,
        "status": document.status,
        "fields": document.field_count,
        "rules": document.rule_count,
        "class": document.request_name,
        "module": f"{package.name}.{module_of(document)}",
        "title": document.title,
        "creator": document.creator,
        "capabilities": list(document.capabilities),
        "modes": list(document.modes),
        "released": document.released,
        "price": document.price,
        "documentation": document.documentation_url,
        "models": [*document.models, *document.patterns],
    }
