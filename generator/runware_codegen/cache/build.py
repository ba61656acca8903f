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
from runware_codegen.problems import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO, TextIO

    from runware_codegen.cache.store import Store
    from runware_codegen.documents.sources import Source
    from runware_codegen.parse.assembly import DocumentFilter


@dataclass(slots=True)
class BuildResult:
    """What inputs gave.

    Attributes:
        modules: What each document came to, by its file as the user named it.
        passed_over: A line for each thing in a folder that is no document.
        problems: What is wrong with inputs and documents.
    """

    modules: dict[str, Module] = field(default_factory=dict[str, Module])
    passed_over: list[str] = field(default_factory=list[str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def chosen(self, choice: DocumentFilter) -> dict[str, Module]:
        """Return the modules of the documents that are wanted.

        Raises:
            InvalidInputError: With all that is wrong in all documents, wanted or not, and
                where wanted ones do not go together.
        """
        modules = self.modules.items()
        wanted = {name: each for name, each in modules if choice.matches(each.document)}
        documents = {name: module.document for name, module in wanted.items()}
        if problems := [*self.problems, *conflicts(documents)]:
            raise InvalidInputError(problems)
        return wanted


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What a run may use.

    Attributes:
        store: Where modules are kept between runs, if they are.
        jobs: How many processes.
        report: Called with the name of each file when its module is made.
    """

    store: Store | None
    jobs: int
    report: Callable[[str], None]


def build_modules(
    inputs: Sequence[str],
    stdin: BinaryIO | TextIO,
    order: BuildOptions,
    means: BuildContext,
) -> BuildResult:
    """Make the modules of the documents that inputs lead to.

    Args:
        inputs: Files, folders, and `-` for standard input.
        stdin: Standard input, of bytes or of text; read only if it is named.
        order: What is to be made.
        means: What may be used for it.
    """
    found = find_sources(inputs)
    catalogue = BuildResult(passed_over=found.passed_over, problems=found.problems)
    texts = _texts(found.sources, stdin, catalogue)
    outcomes: dict[str, ModuleResult] = {**_kept(texts, order.choice, means.store)}
    jobs = [Job(s, text, order) for s, text in texts if s.name not in outcomes]
    if jobs:
        preload()
    for job, outcome in zip(
        jobs, parallel_map(make_module, jobs, means.jobs), strict=True
    ):
        means.report(job.source.name)
        outcomes[job.source.name] = outcome
        if means.store:
            _keep(means.store, job, outcome)
    _sort_out([(source, outcomes[source.name]) for source, _ in texts], catalogue)
    return catalogue


def _texts(
    sources: Sequence[Source], stdin: BinaryIO | TextIO, catalogue: BuildResult
) -> list[tuple[Source, str]]:
    texts: list[tuple[Source, str]] = []
    for source in sources:
        try:
            texts.append((source, read_text(source, stdin)))
        except InvalidInputError as invalid:
            catalogue.problems += invalid.problems
    return texts


def _kept(
    texts: Sequence[tuple[Source, str]], choice: DocumentFilter, store: Store | None
) -> dict[str, Module]:
    """Find the modules that were made before."""
    kept: dict[str, Module] = {}
    if store is None:
        return kept
    for source, text in texts:
        entry = store.get(_key(store, source, text))
        module = load(entry) if entry is not None else None
        if module and (module.text is not None or not choice.matches(module.document)):
            kept[source.name] = module
    return kept


def _keep(store: Store, job: Job, outcome: ModuleResult) -> None:
    """Keep a module, unless it comes with warnings, which name the file."""
    if isinstance(outcome, Module) and not outcome.document.unenforced:
        store.put(_key(store, job.source, job.text), dump(outcome))


def _key(store: Store, source: Source, text: str) -> str:
    return store.key("module", source.base_name, source.suffix, text)


def _sort_out(
    outcomes: Sequence[tuple[Source, ModuleResult]], catalogue: BuildResult
) -> None:
    strays: list[Problem] = []
    for source, outcome in outcomes:
        if isinstance(outcome, Module):
            catalogue.modules[source.name] = outcome
        elif outcome is None:
            line = f"{source.name}: not an OpenAPI document"
            catalogue.passed_over.append(line)
            strays += [] if source.discovered else [not_openapi(source)]
        else:
            catalogue.problems += outcome
    if not catalogue.modules:
        catalogue.problems += strays
