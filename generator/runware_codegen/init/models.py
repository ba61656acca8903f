"""Asks for models, and searches the catalogue for them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from runware_codegen.catalog.fetching import read_catalog
from runware_codegen.catalog.index import CatalogEntry
from runware_codegen.catalog.names import is_pattern
from runware_codegen.catalog.query import matches, similar
from runware_codegen.catalog.search import has_words
from runware_codegen.option_checks import url_fault
from runware_codegen.problems import InvalidInputError
from runware_codegen.report import Terminal, plain, table

_SHOWN = 10  # models of a search
_LIVE = {"", "live"}

_CONTINUE = (
    "Answer again to retry, type the URL of another index, or press Enter to continue"
    " without the catalogue."
)

HINT = """\
The document of a model gives exact types. Type ids, AIRs, patterns or words to
search for, separated by commas: bfl-flux-1-dev, runware:101@1, google:*, flux dev
? lists the catalogue. Press Enter for no model."""


@dataclass(slots=True)
class ModelQuestion:
    """The question for models.

    The catalogue is not requested before there is an answer.

    Attributes:
        index_url: The URL of the index; empty for Runware's index.
        terminal: The terminal.
        chosen: The identifiers and patterns that are chosen.
        listed: The models of the catalogue, after they were requested.
        shown: The models of the last search, which can be chosen by number.
    """

    index_url: str
    terminal: Terminal
    chosen: list[str]
    listed: tuple[CatalogEntry, ...] | None = None
    shown: Sequence[CatalogEntry] = field(default_factory=list["CatalogEntry"])

    def ask(self) -> tuple[str, ...]:
        """Ask until the answer is empty, and return the chosen models."""
        while text := self._prompt():
            try:
                for item in text.split(","):
                    self._take(item.strip())
            except InvalidInputError as failure:
                self.terminal.problems(failure.problems)
                self._say(_CONTINUE)
        return tuple(self.chosen)

    def _prompt(self) -> str:
        question = "Models"
        if self.chosen:
            self._say(f"Chosen: {', '.join(self.chosen)}")
            question = "More models (Enter: no more; -ID: remove one)"
        text: str = click.prompt(question, default="", show_default=False)
        return text.strip()

    def _take(self, item: str) -> None:
        """Choose or remove the models that an item of the answer names, or search for it."""
        if item.startswith(("http://", "https://")):
            self._use_index(item)
        elif item.startswith("-"):
            self._remove(item[1:].strip())
        elif found := self._named(item):
            self._choose(found)
        elif (words := item.split()) and all(map(self._named, words)):
            for word in words:
                self._choose(self._named(word))
        elif item:
            self._search(item)

    def _use_index(self, url: str) -> None:
        if fault := url_fault(url):
            raise InvalidInputError.of("The URL of the index", *fault)
        self.index_url, self.listed, self.shown = url, None, []
        self._entries()

    def _remove(self, name: str) -> None:
        named = {name, self._named(name)} if self.listed else {name}
        if named.isdisjoint(self.chosen):
            self._say(f"{name!r} is not chosen.")
        self.chosen = [one for one in self.chosen if one not in named]

    def _choose(self, name: str) -> None:
        if name not in self.chosen:
            self.chosen.append(name)

    def _named(self, item: str) -> str:
        """Return the identifier or the pattern that an item means; empty for none."""
        if item.isdecimal() and 0 < int(item) <= len(self.shown):
            return self.shown[int(item) - 1].id
        if item == "?":
            return ""
        found = [entry for entry in self._entries() if matches(entry, item)]
        if is_pattern(item) and len(found) > 1:
            return item
        return found[0].id if found else ""

    def _search(self, text: str) -> None:
        entries = self._entries()
        found = [e for e in entries if text == "?" or has_words(e, text)]
        if not found:
            hint = similar(text, entries) or "? lists all models."
            self._say(f"The catalogue has no model {text!r}. {hint}")
            return
        found.sort(key=lambda entry: (entry.status not in _LIVE, entry.id))
        self.shown = found[:_SHOWN]
        width = shutil.get_terminal_size().columns
        rows = [
            (number, e.id, e.air, e.name, "" if e.status in _LIVE else e.status)
            for number, e in enumerate(self.shown, start=1)
        ]
        for line in table(("", "ID", "AIR", "NAME", "STATUS"), rows):
            self.terminal.result(line[:width])
        if len(found) > _SHOWN:
            self._say(
                f"{len(found) - _SHOWN} more: search with more words to see them."
            )
        self._say("Type the numbers of the models that you want, or search again.")

    def _say(self, text: str) -> None:
        self.terminal.result(plain(text))

    def _entries(self) -> tuple[CatalogEntry, ...]:
        """Return the models of the catalogue; request them the first time."""
        if self.listed is None:
            self.listed = read_catalog(self.index_url, self.terminal).entries
            self.terminal.progress("")
        return self.listed
