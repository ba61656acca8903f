"""Runs the stages: documents, parse, render, output."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runware_codegen import __version__, settings
from runware_codegen.cache.build import build_modules
from runware_codegen.cache.modules import BuildOptions, Module
from runware_codegen.cache.package_files import package_files, page_files
from runware_codegen.cache.parallel import available_processors
from runware_codegen.cache.store import Store, open_store
from runware_codegen.catalog import lock
from runware_codegen.catalog.lock import LockedDocument
from runware_codegen.documents import load
from runware_codegen.documents.members import object_of, text_of
from runware_codegen.git_command import output_of_git
from runware_codegen.model import Document, DocumentInfo, Package
from runware_codegen.naming.names import module_name
from runware_codegen.option_types import DocsOptions, DocumentOptions
from runware_codegen.output import Change, compare, publish
from runware_codegen.pages import LastChange
from runware_codegen.parse import parse
from runware_codegen.parse.assembly import DocumentFilter, assemble
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, counted
from runware_codegen.resources import BUILTIN
from runware_codegen.settings import OwnModels
from runware_codegen.wording import joined, none_selected

_MAX_NAMED = 3

_VERSION_FILE = "_runtime/version.py"
_VERSION = re.compile(r'^VERSION: Final = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WrittenFolder:
    """A generated folder, the number of its files, and its changed files."""

    target: Path
    files: int
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Generated:
    """The generated folders, and the model of the package."""

    package: Package[DocumentInfo]
    folders: Sequence[WrittenFolder]


@dataclass(frozen=True, slots=True)
class Targets:
    """The folders that a command writes.

    Attributes:
        name: The import name of the package.
        package: The folder of the package; None if only pages are written.
        pages: The folder of the pages; None for no pages.
    """

    name: str
    package: Path | None = None
    pages: Path | None = None


def generate(options: DocsOptions, targets: Targets, terminal: Terminal) -> Generated:
    """Generate a package from documents, or its pages, or both.

    Raises:
        InvalidInputError: If a document is invalid, or a folder cannot be written. That
            folder is then unchanged.
    """
    package, planned = _make(options, targets, terminal)
    folders: list[WrittenFolder] = []
    for target, files in planned:
        terminal.progress(f"Writing {target}")
        changes = publish(files, target, force=options["force"])
        folders.append(WrittenFolder(target, len(files), changes))
    return Generated(package, folders)


def summarize(made: Generated, terminal: Terminal) -> None:
    """Print two lines for each folder, and with --verbose each change."""
    documents = counted(len(made.package.documents), "document")
    task_types = counted(len(made.package.task_types), "task type")
    for each in made.folders:
        for change in each.changes:
            terminal.detail(f"{change.kind}: {each.target / change.path}")
        terminal.summary(f"Generated {each.target} from {documents} of {task_types}.")
        terminal.summary(f"Files: {each.files}. {_changes_in_words(each.changes)}.")


def check(options: DocsOptions, targets: Targets, terminal: Terminal) -> bool:
    """Print how the folders differ from the generated ones; write nothing.

    Returns:
        Whether a folder differs.

    Raises:
        InvalidInputError: If a document is invalid, or a folder cannot be read.
    """
    _, planned = _make(options, targets, terminal)
    compared = [_compare(files, target, options, terminal) for target, files in planned]
    return any(compared)


def _compare(
    files: Mapping[str, str],
    target: Path,
    options: DocsOptions,
    terminal: Terminal,
) -> bool:
    changes = compare(files, target, force=options["force"])
    if options["diff"]:
        folder = _in_patch(target)
        for change in changes:
            terminal.patch(change, folder)
        terminal.note(_verdict(changes, target))
    else:
        for change in changes:
            terminal.summary(f"would be {change.kind}: {target / change.path}")
        terminal.summary(_verdict(changes, target))
        if changes:
            terminal.summary("To update it, run the command without --check.")
    return bool(changes)


def import_line(package: Package[DocumentInfo], name: str) -> str:
    """Return a line of Python that imports a request class.

    Args:
        package: The package. A document of image inference is preferred.
        name: The import name of the package.
    """
    by_type = {document.task_type: document for document in package.documents}
    document = by_type.get("imageInference", package.documents[0])
    module = f"{name}.{module_of(document)}"
    return f"from {module} import {document.request_name}"


def _in_patch(target: Path) -> str:
    """Return the package's folder as a patch names it, for `git apply` in the project.

    In a repository, git reads it relative to the top, else relative to the project.
    """
    top = output_of_git(("rev-parse", "--show-toplevel")).rstrip("\n")
    file = settings.find()
    root = Path(top) if top else file.parent if file else Path()
    path = Path(os.path.relpath(target.resolve(), root.resolve()))
    return target.name if ".." in path.parts or path.is_absolute() else path.as_posix()


def _make(
    options: DocsOptions, targets: Targets, terminal: Terminal
) -> tuple[Package[DocumentInfo], list[tuple[Path, Mapping[str, str]]]]:
    """Make the model and the files of each target, or take them from the cache."""
    store = open_store() if options["cache"] else None
    modules = _modules(options, targets, store, terminal)
    name = targets.package.name if targets.package else targets.name
    package = assemble(name, [module.document for module in modules])
    terminal.warnings(package.unenforced)
    folders: list[tuple[Path, Mapping[str, str]]] = []
    if targets.package:
        folders += [(targets.package, package_files(package, modules, store))]
    if store:
        store.save()
    if targets.pages:
        paged = replace(package, name=targets.name)
        pages = page_files(paged, modules, _changes(options))
        folders += [(targets.pages, pages)]
    return package, folders


def _modules(
    options: DocsOptions, targets: Targets, store: Store | None, terminal: Terminal
) -> list[Module]:
    """Make the modules of the selected documents, or take them from the cache."""
    terminal.progress("Reading documents")
    inputs, document_filter = inputs_of(options), _filter_of(options)
    built = build_modules(
        inputs,
        BuildOptions(
            document_filter,
            options["allow_unenforced"],
            _own_models(options),
            targets.name if targets.pages else "",
        ),
        store=store,
        processes=options["jobs"] or available_processors(),
        report=lambda source: terminal.progress(f"Made the module of {source}"),
    )
    _note_passed_over(built.passed_over, terminal)
    chosen = built.selected(document_filter)
    modules = list(chosen.values())
    documents = {name: module.document for name, module in built.modules.items()}
    if not modules:
        statuses = [each.status for each in documents.values()]
        raise _none_left(statuses, inputs, options["only"])
    _note_left_out(documents, document_filter, terminal)
    if unlisted := lock.unlisted(chosen, inputs):
        named = _first(unlisted)
        terminal.note(f"fetch does not update what {lock.NAME} does not list: {named}.")
    modules.sort(key=lambda module: (module.document.task_type, module.document.id))
    for module in modules:
        terminal.detail(f"{module.document.file_name}: {_described(module.document)}")
    return modules


def _filter_of(options: DocumentOptions) -> DocumentFilter:
    return DocumentFilter(options["only"], options["include_status"])


def _changes(options: DocumentOptions) -> dict[str, LastChange]:
    """Return the last changes of documents, by the names of their files."""
    return {
        f"{locked.id}.json": LastChange(locked.changed, locked.changes)
        for locked in _locked(options)
        if locked.changed
    }


def read_package(
    selection: DocumentOptions,
    name: str,
    terminal: Terminal,
    *,
    status_option: str = "--include-status",
) -> Package[Document]:
    """Read documents as the model of a package.

    Args:
        selection: The options that select the documents.
        name: The import name of the package.
        terminal: The terminal.
        status_option: The option that names the statuses.

    Raises:
        InvalidInputError: If a document is invalid, or none is selected.
    """
    terminal.progress("Reading documents")
    inputs = inputs_of(selection)
    loaded = load(inputs)
    _note_passed_over(loaded.passed_over, terminal)
    terminal.progress("Parsing documents")
    package = parse(
        loaded.documents,
        package=name,
        allow_unenforced=selection["allow_unenforced"],
        document_filter=_filter_of(selection),
        own_models=_own_models(selection),
    )
    if not package.documents:
        infos = [object_of(each.tree, "info") for each in loaded.documents]
        statuses = [text_of(info, "x-status") for info in infos]
        raise _none_left(statuses, inputs, selection["only"], status_option)
    terminal.warnings(package.unenforced)
    return package


def _own_models(selection: DocumentOptions) -> OwnModels:
    """Return the user's own models, with identifiers instead of architectures.

    The lock maps an architecture to documents; the first of them by identifier is used.
    """
    own = selection["own_models"]
    if not own.lines:
        return own
    locked = _locked(selection)
    ids = {"", *(name for each in locked for name in (each.id, each.air))}
    of_architecture: dict[str, str] = {}
    for document in sorted(locked, key=lambda each: each.id):
        if document.architecture not in ids:
            of_architecture.setdefault(document.architecture, document.id)
    lines = ((name, of_architecture.get(each, each)) for name, each in own.lines)
    return replace(own, lines=tuple(lines))


def _locked(selection: DocumentOptions) -> list[LockedDocument]:
    """Return the locked documents of the folders among the inputs."""
    return [
        document
        for path in lock.input_paths(inputs_of(selection))
        if path.is_dir()
        for document in lock.lock_of(path).within(path).values()
    ]


def inputs_of(selection: DocumentOptions) -> Sequence[str]:
    """Return the inputs of a command; by default, the built-in documents."""
    return selection["documents"] or [f"{BUILTIN}*"]


def _note_passed_over(passed_over: Iterable[str], terminal: Terminal) -> None:
    for passed in sorted(set(passed_over)):
        terminal.note(f"Skipped {passed}.")


def module_of(document: DocumentInfo) -> str:
    """Return the module from which the classes of a document are imported."""
    return f"tasks.{module_name(document.task_type)}"


def _described(document: DocumentInfo) -> str:
    return (
        f"{document.id}, {document.task_type},"
        f" {document.field_count} fields, {document.rule_count} rules"
    )


def _note_left_out(
    documents: Mapping[str, DocumentInfo], chosen: DocumentFilter, terminal: Terminal
) -> None:
    """Print which documents are left out for their status alone."""
    named = [
        f"{name} ({document.status})"
        for name, document in sorted(documents.items())
        if chosen._replace(statuses=(document.status,)).matches(document)
        and not chosen.matches(document)
    ]
    if named:
        terminal.note(f"Left out by --include-status: {_first(named)}.")


def _first(names: Sequence[str]) -> str:
    """Write the first names, and the number of the others."""
    more = len(names) - _MAX_NAMED
    others = [f"{more} more"] if more > 0 else []
    return joined([*names[:_MAX_NAMED], *others], "and")


def _none_left(
    statuses: Sequence[str],
    inputs: Sequence[str],
    only: Sequence[str],
    status_option: str = "--include-status",
) -> InvalidInputError:
    """Return the error that no document is selected; each document has a status."""
    if not statuses:
        message = "There are no documents here."
        remedy = "Name files or folders with OpenAPI documents of Runware."
    else:
        filters = ["--only", status_option] if only else [status_option]
        message = none_selected(filters, counted(len(statuses), "document"))
        named = sorted({status for status in statuses if status})
        known = f" Known statuses: {', '.join(named)}." if named else ""
        remedy = f"Change {joined(filters, 'or')}.{known}"
    return InvalidInputError.of(", ".join(inputs), message, remedy)


def _changes_in_words(changes: Collection[Change]) -> str:
    kinds = Counter(change.kind for change in changes)
    added, changed, removed = kinds["added"], kinds["changed"], kinds["removed"]
    return f"{added} added, {changed} changed, {removed} removed"


def _verdict(changes: Collection[Change], target: Path) -> str:
    if not changes:
        return f"{target} is as it would be generated."
    difference = (
        f"{target} is not as it would be generated: {_changes_in_words(changes)}."
    )
    if not (other := _other_version(changes)):
        return difference
    return (
        f"{difference} runware-codegen {other} wrote it, and this is {__version__}. Use the"
        " same version on each machine."
    )


def _other_version(changes: Iterable[Change]) -> str:
    """Return the version of the generator that wrote a package, if it is another one."""
    texts = [each.before or "" for each in changes if each.path == _VERSION_FILE]
    found = _VERSION.search("".join(texts))
    return found[1] if found and found[1] != __version__ else ""
