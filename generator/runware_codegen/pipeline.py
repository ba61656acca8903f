"""Runs the stages: documents, parse, render, output."""

from __future__ import annotations

import io
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runware_codegen import cache, settings
from runware_codegen.catalog import lock
from runware_codegen.catalog.search import Filters
from runware_codegen.documents import load
from runware_codegen.output import compare, publish
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import table
from runware_codegen.resources import BUILTIN
from runware_codegen.settings import OwnModels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import BinaryIO

    from runware_codegen.cache import Module
    from runware_codegen.model import Document, DocumentInfo, Package
    from runware_codegen.options import DocumentOptions, GenerateOptions, ListOptions
    from runware_codegen.output import Change
    from runware_codegen.report import Terminal


@dataclass(frozen=True, slots=True)
class Generated:
    """A package that was made, the number of its files, and which of them changed."""

    package: Package[DocumentInfo]
    files: int
    changes: Sequence[Change]


def generate(options: GenerateOptions, target: Path, terminal: Terminal) -> Generated:
    """Make a package from documents.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder, which then
            is as it was.
    """
    package, files = _make(options, target.name, terminal)
    terminal.progress(f"Writing {target}")
    changes = publish(files, target, force=options["force"])
    return Generated(package, len(files), changes)


def summarize(made: Generated, target: Path, terminal: Terminal) -> None:
    """Tell in two lines what was made; tell each change to those who want to know."""
    for change in made.changes:
        terminal.detail(f"{change.kind}: {target / change.path}")
    terminal.summary(f"Generated {target} from {_contents(made.package)}.")
    terminal.summary(f"Files: {made.files}. {_counted(made.changes)}.")


def check(options: GenerateOptions, target: Path, terminal: Terminal) -> bool:
    """Tell how a package differs from what would be made; write nothing.

    Returns:
        Whether it differs.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder.
    """
    _, files = _make(options, target.name, terminal)
    changes = compare(files, target, force=options["force"])
    if options["diff"]:
        for change in changes:
            terminal.patch(change, _in_project(target))
        terminal.note(_verdict(changes, target))
    else:
        for change in changes:
            terminal.summary(f"would be {change.kind}: {target / change.path}")
        terminal.summary(_verdict(changes, target))
    return bool(changes)


def import_line(package: Package[DocumentInfo], name: str) -> str:
    """Give a line of Python that imports the class of a request.

    Args:
        package: The package; of its documents, one for images is preferred.
        name: The name that the package is imported by.
    """
    by_type = {document.task_type: document for document in package.documents}
    document = by_type.get("imageInference", package.documents[0])
    module = f"{name}.{_module(document, package)}"
    return f"from {module} import {document.request_name}"


def list_documents(options: ListOptions, name: str, terminal: Terminal) -> None:
    """Show which documents a package would be made from.

    Args:
        options: What the command was told.
        name: The name that the package is imported by.
        terminal: Where to show them.

    Raises:
        InvalidInputError: Something is wrong with a document.
    """
    filters = Filters.of(options)
    status = (filters.status.casefold(),) if filters.status else ()
    selection: ListOptions = {
        **options,
        "include_status": status or options["include_status"],
    }
    package = _read(selection, name, terminal)
    chosen = [each for each in package.documents if filters.matches(each)]
    if not chosen:
        raise filters.none_left(", ".join(_inputs(options)), package.documents)
    rows = [_row(document, package) for document in chosen]
    own = [
        {**_row(document, package), "air": name}
        for document in chosen
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


def _in_project(target: Path) -> str:
    """Name the package's folder relative to the folder of pyproject.toml, if it is in it."""
    file = settings.find()
    root = file.parent if file else Path()
    path = Path(os.path.relpath(target, root))
    return target.name if ".." in path.parts or path.is_absolute() else path.as_posix()


def _make(
    options: GenerateOptions, name: str, terminal: Terminal
) -> tuple[Package[DocumentInfo], dict[str, str]]:
    """Make the files of a package, as far as they are not kept from an earlier run."""
    terminal.progress("Reading documents")
    inputs = _inputs(options)
    document_filter = cache.DocumentFilter(options["only"], options["include_status"])
    store = cache.open_store() if options["cache"] else None
    catalogue = cache.build_modules(
        inputs,
        _stdin(),
        cache.BuildOptions(
            document_filter, options["allow_unenforced"], _own_models(options)
        ),
        cache.BuildContext(
            store,
            options["jobs"] or cache.available_processors(),
            lambda source: terminal.progress(f"Made the module of {source}"),
        ),
    )
    _note(catalogue.passed_over, terminal)
    modules = list(catalogue.wanted(document_filter).values())
    if not modules:
        raise _none_left(len(catalogue.modules), inputs)
    modules.sort(key=lambda module: (module.document.task_type, module.document.id))
    for module in modules:
        terminal.detail(f"{module.document.file_name}: {_described(module)}")
    package = cache.assemble(name, [module.document for module in modules])
    terminal.warnings(package.unenforced)
    files = cache.package_files(package, modules, store)
    if store:
        store.save()
    return package, files


def _read(
    selection: DocumentOptions, name: str, terminal: Terminal
) -> Package[Document]:
    terminal.progress("Reading documents")
    inputs = _inputs(selection)
    loaded = load(inputs, _stdin())
    _note(loaded.passed_over, terminal)
    terminal.progress("Understanding documents")
    package = parse(
        loaded.documents,
        package=name,
        allow_unenforced=selection["allow_unenforced"],
        only=selection["only"],
        include_status=selection["include_status"],
        own_models=_own_models(selection),
    )
    if not package.documents:
        raise _none_left(len(loaded.documents), inputs)
    terminal.warnings(package.unenforced)
    return package


def _own_models(selection: DocumentOptions) -> OwnModels:
    """Give models of one's own, with identifiers in place of architectures.

    The lock knows architectures. Of several documents the first by identifier counts.
    """
    own = selection.get("own_models") or OwnModels()
    if not own.lines:
        return own
    locked = [
        document
        for path in lock.input_paths(_inputs(selection))
        if path.is_dir()
        for document in lock.lock_of(path).within(path).values()
    ]
    ids = {name for document in locked for name in (document.id, document.air)}
    of_architecture: dict[str, str] = {}
    for document in sorted(locked, key=lambda each: each.id):
        if document.architecture not in ids:
            of_architecture.setdefault(document.architecture, document.id)
    lines = ((name, of_architecture.get(each, each)) for name, each in own.lines)
    return replace(own, lines=tuple(lines))


def _inputs(selection: DocumentOptions) -> Sequence[str]:
    return selection["documents"] or [f"{BUILTIN}*"]


def _stdin() -> BinaryIO:
    return sys.stdin.buffer if sys.stdin else io.BytesIO()


def _note(passed_over: Iterable[str], terminal: Terminal) -> None:
    for passed in sorted(set(passed_over)):
        terminal.note(f"Passed over {passed}.")


def _module(document: DocumentInfo, package: Package[DocumentInfo]) -> str:
    """Name the module that the classes of a document are imported from."""
    [task_type] = [t for t in package.task_types if t.name == document.task_type]
    return f"tasks.{task_type.module}"


def _row(
    document: Document, package: Package[Document]
) -> dict[str, str | int | float | list[str] | None]:
    """Give what is shown of a document; the table shows the first eight."""
    return {
        "id": document.id,
        "air": document.air,
        "taskType": document.task_type,
        "status": document.status,
        "fields": document.field_count,
        "rules": document.rule_count,
        "class": document.request_name,
        "module": f"{package.name}.{_module(document, package)}",
        "title": document.title,
        "creator": document.creator,
        "capabilities": list(document.capabilities),
        "modes": list(document.modes),
        "released": document.released,
        "price": document.price,
        "documentation": document.documentation_url,
        "models": [*document.models, *document.patterns],
    }


def _described(module: Module) -> str:
    return (
        f"{module.document.id}, {module.document.task_type},"
        f" {module.document.field_count} fields, {module.document.rule_count} rules"
    )


def _none_left(count: int, inputs: Sequence[str]) -> InvalidInputError:
    if not count:
        message = "There is no document here."
        remedy = "Name files or folders that hold OpenAPI documents of Runware."
    else:
        message = (
            f"None of the {count} documents is chosen by --only and --include-status."
        )
        remedy = "Look at what there is: `runware-codegen list` without --only."
    return InvalidInputError.of(", ".join(inputs), message, remedy)


def _contents(package: Package[DocumentInfo]) -> str:
    documents, task_types = len(package.documents), len(package.task_types)
    return (
        f"{documents} document{'s' * (documents != 1)}"
        f" of {task_types} task type{'s' * (task_types != 1)}"
    )


def _counted(changes: Collection[Change]) -> str:
    kinds = Counter(change.kind for change in changes)
    added, changed, removed = kinds["added"], kinds["changed"], kinds["removed"]
    return f"{added} added, {changed} changed, {removed} removed"


def _verdict(changes: Collection[Change], target: Path) -> str:
    if not changes:
        return f"{target} is as it would be generated."
    return f"{target} is not as it would be generated: {_counted(changes)}."
