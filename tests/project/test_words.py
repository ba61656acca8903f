"""The pages of the project are in plain technical English: `make check` runs this too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from page_blocks import PAGES, page_id

if TYPE_CHECKING:
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
"""What pages do not say, and what they say instead: after Google's and Microsoft's guides."""

MAX_WORDS = 32


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_words_are_plain(page: Path) -> None:
    text = re.sub(
        r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    found = [
        f"{match[0]!r}: {instead}"
        for pattern, instead in WORDS.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    prose = [line for line in text.splitlines() if not line.startswith(("|", "#"))]
    found += [
        f"{len(sentence.split())} words: {sentence}"
        for line in prose
        for sentence in re.split(r"(?<=[.:;?!])\s", line)
        if len(sentence.split()) > MAX_WORDS
    ]
    assert not found
