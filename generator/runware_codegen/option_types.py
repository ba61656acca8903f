"""The types of the options that each command receives."""

from __future__ import annotations

from typing import Literal, TypedDict

from runware_codegen.settings import OwnModels


class VerbosityOptions(TypedDict):
    """Options that every command has."""

    quiet: bool
    verbose: bool


class DocumentOptions(VerbosityOptions):
    """Options that select documents."""

    documents: tuple[str, ...]
    only: tuple[str, ...]
    include_status: tuple[str, ...]
    allow_unenforced: bool
    own_models: OwnModels


class DocsOptions(DocumentOptions):
    """The options of `docs`."""

    output: str
    package: str
    check: bool
    diff: bool
    force: bool
    cache: bool
    jobs: int | None


class GenerateOptions(DocsOptions):
    """The options of `generate`."""

    as_hook: bool
    docs: str | None


class FilterOptions(TypedDict):
    """Options that select models; an empty string selects all.

    Attributes:
        capability: A capability of the model.
        creator: The creator's name or identifier, or the first word of identifiers.
        text: Words that the texts of the model all contain.
        status: Its status.
    """

    capability: str
    creator: str
    text: str
    status: str


class ListOptions(DocumentOptions, FilterOptions):
    """The options of `list`."""

    package: str
    as_json: bool
    catalog: bool
    index_url: str


class FetchOptions(VerbosityOptions):
    """The options of `fetch`."""

    models: tuple[str, ...]
    like: str
    everything: bool
    task_type: tuple[str, ...]
    include_status: tuple[str, ...]
    locked: bool
    update: bool
    check: Literal["breaking"] | None
    remove: bool
    output: str
    index_url: str
    concurrency: int
    timeout: float


class InitOptions(VerbosityOptions):
    """The options of `init`. The command asks for those that are None."""

    model: tuple[str, ...]
    task_type: tuple[str, ...]
    documents: str | None
    output: str | None
    package: str | None
    index_url: str
