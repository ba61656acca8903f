"""The project's pages are in plain technical English. `make check` also runs this."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from environments import TOP
from page_blocks import PAGES, page_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WORDS = {
    r"\bsimply\b|\bjust\b|\beasily\b|\bobviously\b": "leave the word out",
    r"\butiliz\w+": "use",
    r"\bin order to\b": "to",
    r"\bplease\b": "leave the word out",
    r"\bwill be able to\b": "can",
    r"\bwhitelist\w*|\bblacklist\w*": "allowlist, denylist",
    r"\be\.g\.|\bi\.e\.|\betc\.": "for example, that is, and so on",
    r"\bupon\b|\bwhilst\b|\bnought\b|\bhitherto\b|\bthereof\b": "a plain word",
}
"""Words that pages avoid, and alternatives, after Google's and Microsoft's guides."""

MAX_WORDS = 32

SPECS = TOP / "specs"


CONFIG: Any = {
    **DEFAULT,
    "checks": DEFAULT["checks"] | {"typography": False, "lexical_illusions": False},
}
"""The configuration of proselint, without the checks that tables and headings fail."""


def prose(page: Path) -> str:
    """Return the text of a page without its code."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"```.*?```|`[^`]*`", "X", text, flags=re.DOTALL)


def findings(source: str, text: str) -> list[str]:
    """Return the findings of proselint in a text."""
    if not CheckRegistry().checks:
        CheckRegistry().register_many(__register__)
    found = LintFile(source, text).lint(CONFIG)
    return [f"{each.pos}: {each.check_result.message}" for each in found]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_proselint_finds_nothing(page: Path) -> None:
    assert findings(page.name, prose(page)) == []


def test_proselint_finds_what_is_wrong() -> None:
    assert len(findings("a page", "It is very unique.\n")) == 2


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_words_are_plain(page: Path) -> None:
    text = prose(page)
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#"))]
    assert [*other_words(text), *long_sentences(lines)] == []


@pytest.mark.parametrize("document", sorted(SPECS.glob("*.json")), ids=page_id)
def test_descriptions_are_plain(document: Path) -> None:
    """They are the docstrings of the emitted package."""
    text = re.sub(r"`[^`]*`", "X", document.read_text(encoding="utf-8"))
    lines = re.findall(r'"(?:description|summary)": "(.+)",?\n', text)
    assert len(lines) > 20
    assert [*other_words("\n".join(lines)), *long_sentences(lines)] == []


def other_words(text: str) -> Iterator[str]:
    """Yield the words that a text should not have, and what to write instead."""
    for pattern, instead in WORDS.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield f"{match[0]!r}: {instead}"


def long_sentences(lines: Iterable[str]) -> Iterator[str]:
    """Yield the sentences that have too many words."""
    for line in lines:
        for sentence in re.split(r"(?<=[.:;?!])\s", line):
            if len(sentence.split()) > MAX_WORDS:
                yield f"{len(sentence.split())} words: {sentence}"
