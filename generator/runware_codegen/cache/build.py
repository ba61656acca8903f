"""Builds the modules of all documents of a package, or takes them from the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runware_codegen.cache.modules import (
    BuildOptions,
    Job,
    Module,
    ModuleResult,
    dump,
    load,
    make_module,
    preload,
)
from runware_codegen.cache.parallel import parallel_map
from runware_codegen.cache.store import Store
from runware_codegen.documents.sources import find_sources, read_text
from runware_codegen.parse.assembly import DocumentFilter, conflicts
from runware_codegen.parse.own_models import without_documents
from runware_codegen.problems import InvalidInputError, Problem


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The modules of all documents, and the problems of inputs.

    Attributes:
        modules: The module of each document, by its file as the user named it.
        passed_over: A line for each file in a folder that is not a document.
        problems: Problems of inputs and documents.
    """

    modules: dict[str, Module]
    passed_over: list[str]
    problems: list[Problem]

    def selected(self, document_filter: DocumentFilter) -> dict[str, Module]:
        """Return the modules of the selected documents.

        Raises:
            InvalidInputError: With all problems of all documents, selected or not, and
                with conflicts between selected documents.
        """
        matches = document_filter.matches
        selected = {n: m for n, m in self.modules.items() if matches(m.document)}
        documents = {name: module.document for name, module in selected.items()}
        if problems := [*self.problems, *conflicts(documents)]:
            raise InvalidInputError(problems)
        return selected


def build_modules(
    inputs: Sequence[str],
    options: BuildOptions,
    *,
    store: Store | None,
    processes: int,
    report: Callable[[str], None],
) -> BuildResult:
    """Make the modules of all documents of some inputs.

    Args:
        inputs: Files, folders, and `-` for standard input.
        options: The options of making modules.
        store: The cache, if there is one.
        processes: The maximum number of processes.
        report: Called with the name of each file when its module is built.
    """
    found = find_sources(inputs)
    outcomes: dict[str, ModuleResult] = {}
    missing: list[tuple[Job, str]] = []
    for source in found.sources:
        try:
            job = Job(source, read_text(source), options)
        except InvalidInputError as invalid:
            outcomes[source.name] = invalid.problems
            continue
        key = _key(store, job) if store else ""
        if store and (module := _cached(store, key, options)):
            outcomes[source.name] = module
        else:
            missing.append((job, key))
    if missing:
        preload()
    made = parallel_map(make_module, [job for job, _ in missing], processes)
    for (job, key), outcome in zip(missing, made, strict=True):
        report(job.source.base_name)
        outcomes[job.source.name] = outcome
        if store:
            _cache(store, key, outcome)
    modules = found.made((each, outcomes[each.name]) for each in found.sources)
    known = [module.document for module in modules.values()]
    problems = [*found.problems, *without_documents(options.own_models, known)]
    return BuildResult(modules, found.passed_over, problems)


def _cached(store: Store, key: str, options: BuildOptions) -> Module | None:
    """Return a module from the cache; None without it, or if its text is needed too."""
    entry = store.get(key)
    if entry is None:
        return None
    module = load(entry)
    is_selected = options.document_filter.matches(module.document)
    return None if is_selected and module.text is None else module


def _cache(store: Store, key: str, made: ModuleResult) -> None:
    """Cache a module, unless it has warnings, which contain the name of the file."""
    if isinstance(made, Module) and not made.document.unenforced:
        store.put(key, dump(made))


def _key(store: Store, job: Job) -> str:
    source, options = job.source, job.options
    own = repr(options.own_models.lines)
    paged = options.pages_of  # a page names the package
    return store.key("module", source.base_name, source.suffix, job.text, own, paged)
