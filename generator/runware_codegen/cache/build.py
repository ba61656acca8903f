"""Builds the modules of all documents of a package, or takes them from the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from runware_codegen.documents.load import not_openapi
from runware_codegen.documents.sources import find_sources, read_text
from runware_codegen.parse.assembly import conflicts
from runware_codegen.parse.own_models import without_documents
from runware_codegen.problems import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runware_codegen.cache.store import Store
    from runware_codegen.documents.sources import Source
    from runware_codegen.parse.assembly import DocumentFilter


@dataclass(slots=True)
class BuildResult:
    """The modules of all documents, and the problems of inputs.

    Attributes:
        modules: The module of each document, by its file as the user named it.
        passed_over: A line for each file in a folder that is not a document.
        problems: Problems of inputs and documents.
    """

    modules: dict[str, Module] = field(default_factory=dict[str, Module])
    passed_over: list[str] = field(default_factory=list[str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def selected(self, document_filter: DocumentFilter) -> dict[str, Module]:
        """Return the modules of the selected documents.

        Raises:
            InvalidInputError: With all problems of all documents, selected or not, and
                with conflicts between selected documents.
        """
        modules = self.modules.items()
        selected = {
            name: each
            for name, each in modules
            if document_filter.matches(each.document)
        }
        documents = {name: module.document for name, module in selected.items()}
        if problems := [*self.problems, *conflicts(documents)]:
            raise InvalidInputError(problems)
        return selected


@dataclass(frozen=True, slots=True)
class BuildContext:
    """The resources of a run.

    Attributes:
        store: The cache, if there is one.
        jobs: The maximum number of processes.
        report: Called with the name of each file when its module is built.
    """

    store: Store | None
    jobs: int
    report: Callable[[str], None]


def build_modules(
    inputs: Sequence[str], options: BuildOptions, context: BuildContext
) -> BuildResult:
    """Make the modules of all documents of some inputs.

    Args:
        inputs: Files, folders, and `-` for standard input.
        options: The options of making modules.
        context: The cache, the processes and the progress report to use.
    """
    found = find_sources(inputs)
    result = BuildResult(passed_over=found.passed_over, problems=found.problems)
    texts = _texts(found.sources, result)
    outcomes: dict[str, ModuleResult] = {**_cached(texts, options, context.store)}
    jobs = [Job(s, text, options) for s, text in texts if s.name not in outcomes]
    if jobs:
        preload()
    for job, made in zip(
        jobs, parallel_map(make_module, jobs, context.jobs), strict=True
    ):
        context.report(job.source.base_name)
        outcomes[job.source.name] = made
        if context.store:
            _cache(context.store, job, made)
    _collect([(source, outcomes[source.name]) for source, _ in texts], result)
    known = [module.document for module in result.modules.values()]
    result.problems += without_documents(options.own_models, known)
    return result


def _texts(sources: Sequence[Source], result: BuildResult) -> list[tuple[Source, str]]:
    texts: list[tuple[Source, str]] = []
    for source in sources:
        try:
            texts.append((source, read_text(source)))
        except InvalidInputError as invalid:
            result.problems += invalid.problems
    return texts


def _cached(
    texts: Sequence[tuple[Source, str]],
    options: BuildOptions,
    store: Store | None,
) -> dict[str, Module]:
    modules: dict[str, Module] = {}
    if store is None:
        return modules
    for source, text in texts:
        entry = store.get(_key(store, Job(source, text, options)))
        module = load(entry) if entry is not None else None
        if module and (
            module.text is not None
            or not options.document_filter.matches(module.document)
        ):
            modules[source.name] = module
    return modules


def _cache(store: Store, job: Job, made: ModuleResult) -> None:
    """Cache a module, unless it has warnings, which contain the name of the file."""
    if isinstance(made, Module) and not made.document.unenforced:
        store.put(_key(store, job), dump(made))


def _key(store: Store, job: Job) -> str:
    source, options = job.source, job.options
    own = [repr(options.own_models.lines)] if options.own_models.lines else []
    paged = [options.pages_of] if options.pages_of else []  # a page names the package
    parts = ("module", source.base_name, source.suffix, job.text)
    return store.key(*parts, *own, *paged)


def _collect(
    outcomes: Sequence[tuple[Source, ModuleResult]], result: BuildResult
) -> None:
    not_documents: list[Problem] = []
    for source, made in outcomes:
        if isinstance(made, Module):
            result.modules[source.name] = made
        elif made is None:
            line = f"{source.name}: not an OpenAPI document"
            result.passed_over.append(line)
            not_documents += [] if source.discovered else [not_openapi(source)]
        else:
            result.problems += made
    if not result.modules:
        result.problems += not_documents
