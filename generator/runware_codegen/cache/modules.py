"""The module of one document, and its form in the cache."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

import platformdirs
from pydantic import TypeAdapter

from runware_codegen.documents.load import load_text
from runware_codegen.documents.sources import Source
from runware_codegen.model import DocumentInfo
from runware_codegen.pages import model_page
from runware_codegen.parse.assembly import DocumentFilter
from runware_codegen.parse.document import parse_document
from runware_codegen.parse.own_models import with_own_models
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.render import rendered_about, rendered_module
from runware_codegen.settings import OwnModels


@dataclass(frozen=True, slots=True)
class Module:
    """The module of a document.

    Attributes:
        document: The document.
        text: The module's text; None for a document that the filter excludes.
        about: The metadata of the model as Python; empty if there is no text.
        page: The page's text; None without pages.
    """

    document: DocumentInfo
    text: str | None
    about: str
    page: str | None = None


_MODULE = TypeAdapter(Module)


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of making modules.

    Attributes:
        document_filter: Selects documents; other documents get no text.
        allow_unenforced: Whether keywords that are not supported are allowed.
        own_models: The user's own models, which classes accept too.
        pages_of: The import name of the package in pages; empty for no pages.
    """

    document_filter: DocumentFilter
    allow_unenforced: bool
    own_models: OwnModels
    pages_of: str


@dataclass(frozen=True, slots=True)
class Job:
    """The text of a document, its source, and the options."""

    source: Source
    text: str
    options: BuildOptions


ModuleResult: TypeAlias = Module | tuple[Problem, ...] | None
"""A module, or the problems of a document, or None for another file."""


def preload() -> None:
    """Import what `make_module` needs, before processes are forked."""
    _import_black()
    for name in ("jinja2", "pluralizer", "runware_codegen.documents.outline"):
        import_module(name)


def _import_black() -> None:
    """Import black, which then determines its cache folder, but does not use it here."""
    try:
        platformdirs.user_cache_path()
    except RuntimeError:  # the user has no home folder
        os.environ["XDG_CACHE_HOME"] = os.devnull
        import_module("black")
        del os.environ["XDG_CACHE_HOME"]
    import_module("black")


def make_module(job: Job) -> ModuleResult:
    """Make the module of a document."""
    try:
        loaded = load_text(job.source, job.text)
        if loaded is None:
            return None
        parsed = parse_document(loaded, allow_unenforced=job.options.allow_unenforced)
        parsed = with_own_models(parsed, job.options.own_models)
        if not job.options.document_filter.matches(parsed):
            return Module(parsed.info, None, "")
        text = rendered_module(parsed, job.source.name)
        about = rendered_about(parsed)
        name = job.options.pages_of
        page = model_page(parsed, name) if name else None
    except InvalidInputError as invalid:
        return invalid.problems
    return Module(parsed.info, text, about, page)


def dump(module: Module) -> str:
    """Write a module as JSON; its document must have no unenforced keywords."""
    return _MODULE.dump_json(module).decode()


def load(text: str) -> Module:
    """Read the output of `dump`."""
    return _MODULE.validate_json(text, strict=True)
