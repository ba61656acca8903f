"""Runs the stages: documents, parse, render, output."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runware_codegen import cache
from runware_codegen.documents import load
from runware_codegen.output import compare, publish
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import table, unified_diff
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import BinaryIO

    from runware_codegen.cache import Module
    from runware_codegen.model import DocumentInfo, Package
    from runware_codegen.options import (
        DocsOptions,
        DocumentOptions,
        GenerateOptions,
        ListOptions,
    )
    from runware_codegen.output import Change
    from runware_codegen.report import Terminal


@dataclass(frozen=True, slots=True)
class WrittenFolder:
    """A folder that was written, the number of its files, and which of them changed."""

    target: Path
    files: int
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Generated:
    """The folders that were written, and the model that they were made from."""

    package: Package[DocumentInfo]
    folders: Sequence[WrittenFolder]


class _Made(NamedTuple):
    """The files of a package and of its pages by their paths; no pages if not wanted."""

    package: Package[DocumentInfo]
    files: Mapping[str, str]
    pages: Mapping[str, str]


def generate(options: GenerateOptions, target: Path, terminal: Terminal) -> Generated:
    """Make a package from documents, and their pages if these are wanted.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder, which then
            is as it was.
    """
    made = _make(options, options["package"], terminal, pages=bool(options["docs"]))
    written = [(target, made.files)]
    written += [(Path(options["docs"]), made.pages)] if options["docs"] else []
    return Generated(made.package, _publish(written, options, terminal))


def write_docs(options: DocsOptions, target: Path, terminal: Terminal) -> Generated:
    """Write the pages of documents.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder, which then
            is as it was.
    """
    made = _make(options, options["package"], terminal, pages=True)
    return Generated(made.package, _publish([(target, made.pages)], options, terminal))


def _publish(
    written: Iterable[tuple[Path, Mapping[str, str]]],
    options: GenerateOptions | DocsOptions,
    terminal: Terminal,
) -> Sequence[WrittenFolder]:
    folders: list[WrittenFolder] = []
    for target, files in written:
        terminal.progress(f"Writing {target}")
        changes = publish(files, target, force=options["force"])
        folders.append(WrittenFolder(target, len(files), changes))
    return folders


def summarize(made: Generated, terminal: Terminal) -> None:
    """Tell in two lines for each folder what was made, and each change if verbose."""
    for each in made.folders:
        for change in each.changes:
            terminal.detail(f"{change.kind}: {each.target / change.path}")
        terminal.summary(f"Generated {each.target} from {_contents(made.package)}.")
        terminal.summary(f"Files: {each.files}. {_counted(each.changes)}.")


def check(options: GenerateOptions, target: Path, terminal: Terminal) -> bool:
    """Tell how a package differs from what would be made; write nothing.

    Returns:
        Whether it differs.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder.
    """
    made = _make(options, options["package"], terminal, pages=bool(options["docs"]))
    differs = _compare(made.files, target, options, terminal)
    if options["docs"]:
        differs |= _compare(made.pages, Path(options["docs"]), options, terminal)
    return differs


def check_docs(options: DocsOptions, target: Path, terminal: Terminal) -> bool:
    """Tell how pages differ from what would be written; write nothing.

    Returns:
        Whether they differ.

    Raises:
        InvalidInputError: Something is wrong with a document or with the folder.
    """
    made = _make(options, options["package"], terminal, pages=True)
    return _compare(made.pages, target, options, terminal)


def _compare(
    files: Mapping[str, str],
    target: Path,
    options: GenerateOptions | DocsOptions,
    terminal: Terminal,
) -> bool:
    changes = compare(files, target, force=options["force"])
    if options["diff"]:
        for line in (line for c in changes for line in unified_diff(c, target.name)):
            terminal.result(line)
        terminal.note(_verdict(changes, target))
    else:
        for change in changes:
            terminal.summary(f"would be {change.kind}: {target / change.path}")
        terminal.summary(_verdict(changes, target))
    return bool(changes)


def list_documents(options: ListOptions, terminal: Terminal) -> None:
    """Show which documents a package would be made from.

    Raises:
        InvalidInputError: Something is wrong with a document.
    """
    package = _read(options, "client", terminal)
    if options["as_json"]:
        rows = [_row(document) for document in package.documents]
        terminal.result(json.dumps(rows, indent=2))
        return
    head = ("ID", "AIR", "TASK TYPE", "STATUS", "FIELDS", "RULES")
    cells = [tuple(_row(document).values()) for document in package.documents]
    for line in table(head, cells):
        terminal.result(line)


def _make(
    options: GenerateOptions | DocsOptions,
    name: str,
    terminal: Terminal,
    *,
    pages: bool,
) -> _Made:
    """Make the files of a package, as far as they are not kept from an earlier run."""
    terminal.progress("Reading documents")
    inputs = _inputs(options)
    document_filter = cache.DocumentFilter(options["only"], options["include_status"])
    store = cache.open_store() if options["cache"] else None
    catalogue = cache.build_modules(
        inputs,
        _stdin(),
        cache.BuildOptions(document_filter, options["allow_unenforced"], name, pages),
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
    return _Made(package, files, cache.page_files(package, modules) if pages else {})


def _read(
    selection: DocumentOptions, name: str, terminal: Terminal
) -> Package[DocumentInfo]:
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
    )
    if not package.documents:
        raise _none_left(len(loaded.documents), inputs)
    terminal.warnings(package.unenforced)
    return package


def _inputs(selection: DocumentOptions) -> Sequence[str]:
    return selection["documents"] or [str(folder("specs"))]


def _stdin() -> BinaryIO:
    return sys.stdin.buffer if sys.stdin else io.BytesIO()


def _note(passed_over: Iterable[str], terminal: Terminal) -> None:
    for passed in sorted(set(passed_over)):
        terminal.note(f"Passed over {passed}.")


def _row(document: DocumentInfo) -> dict[str, str | int]:
    return {
        "id": document.id,
        "air": document.air,
        "taskType": document.task_type,
        "status": document.status,
        "fields": document.field_count,
        "rules": document.rule_count,
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
