"""Filters for models: by capability, creator, words and status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runware_codegen.catalog.index import CatalogEntry
from runware_codegen.model import Document
from runware_codegen.option_types import FilterOptions
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import counted
from runware_codegen.wording import none_selected


def passes(model: CatalogEntry | Document, filters: FilterOptions) -> bool:
    """Return whether a model passes all filters, without regard to case."""
    return (
        _is_in(filters["capability"], model.capabilities)
        and _is_in(filters["status"], [model.status])
        and _is_by_creator(model, filters["creator"])
        and has_words(model, filters["text"])
    )


def none_passes(
    filters: FilterOptions, source: str, models: Sequence[CatalogEntry | Document]
) -> InvalidInputError:
    """Return the error for filters that no model passes."""
    values: Mapping[str, object] = filters
    given = [f"--{name}" for name in FilterOptions.__annotations__ if values[name]]
    message = none_selected(given, counted(len(models), "model"))
    capabilities = sorted({c for model in models for c in model.capabilities})
    remedy = "Remove filters to see all models."
    if not _is_in(filters["capability"], capabilities):
        remedy = f"Known capabilities: {', '.join(capabilities) or 'none'}."
    elif not any(_is_by_creator(model, filters["creator"]) for model in models):
        names = sorted(model.creator or model.id.partition("-")[0] for model in models)
        creators = {_letters(name): name for name in names}
        remedy = (
            f"Known creators: {', '.join(creators[key] for key in sorted(creators))}."
        )
    return InvalidInputError.of(source, message, remedy)


def has_words(model: CatalogEntry | Document, text: str) -> bool:
    """Return whether the texts of a model contain all words of a text."""
    whole = "\n".join(model.words).casefold()
    return all(word in whole for word in text.casefold().split())


def _is_by_creator(model: CatalogEntry | Document, creator: str) -> bool:
    names = (model.creator, model.creator_id, model.id.partition("-")[0])
    return not creator or _letters(creator) in map(_letters, names)


def _is_in(wanted: str, values: Iterable[str]) -> bool:
    return not wanted or wanted.casefold() in (each.casefold() for each in values)


def _letters(name: str) -> str:
    """Return the letters and digits of a name: `Kling AI` and `klingai` are equal."""
    return "".join(filter(str.isalnum, name.casefold()))
