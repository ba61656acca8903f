"""Filters for models: by capability, creator, words and status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from runware_codegen.catalog.index import CatalogEntry
from runware_codegen.model import Document
from runware_codegen.option_types import FilterOptions
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import counted
from runware_codegen.wording import none_selected


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters for models, without regard to case. An empty filter lets all pass.

    Attributes:
        capability: A capability of the model.
        creator: The creator's name or identifier, or the first word of identifiers.
        text: Words that the texts of the model all contain.
        status: Its status.
    """

    capability: str = ""
    creator: str = ""
    text: str = ""
    status: str = ""

    @classmethod
    def of(cls, options: FilterOptions) -> Filters:
        """Create the filters from the options of a command."""
        return cls(
            options["capability"],
            options["creator"],
            options["text"],
            options["status"],
        )

    def matches(self, model: CatalogEntry | Document) -> bool:
        """Return whether a model passes all filters."""
        return (
            _is_in(self.capability, model.capabilities)
            and _is_in(self.status, [model.status])
            and self._is_by_creator(model)
            and self._has_words(model)
        )

    def none_left(
        self, source: str, known: Iterable[CatalogEntry | Document]
    ) -> InvalidInputError:
        """Return the error for filters that no model passes."""
        models = list(known)
        given = [f"--{name}" for name, value in asdict(self).items() if value]
        message = none_selected(given, counted(len(models), "model"))
        capabilities = sorted({c for model in models for c in model.capabilities})
        remedy = "Remove filters to see all models."
        if self.capability and not _is_in(self.capability, capabilities):
            listed = ", ".join(capabilities) or "none"
            remedy = f"Known capabilities: {listed}."
        return InvalidInputError.of(source, message, remedy)

    def _is_by_creator(self, model: CatalogEntry | Document) -> bool:
        names = (model.creator, model.creator_id, model.id.partition("-")[0])
        return not self.creator or _letters(self.creator) in map(_letters, names)

    def _has_words(self, model: CatalogEntry | Document) -> bool:
        whole = "\n".join(model.words).casefold()
        return all(word in whole for word in self.text.casefold().split())


def _is_in(wanted: str, values: Iterable[str]) -> bool:
    return not wanted or wanted.casefold() in (each.casefold() for each in values)


def _letters(name: str) -> str:
    """Return the letters and digits of a name: `Kling AI` and `klingai` are equal."""
    return "".join(filter(str.isalnum, name.casefold()))
