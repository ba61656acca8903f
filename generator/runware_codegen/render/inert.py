"""Makes the text of a document inert in docstrings.

Tools execute or interpret docstrings: doctest runs examples, Sphinx and MkDocs follow
directives and keep raw HTML. So a space is inserted into every marker in the text of a
document. The text stays readable. A code span is not changed if every Markdown parser
recognizes it.
"""

from __future__ import annotations

import re
from typing import Final

_MARKERS: Final = (
    # doctest: a prompt, also inside of a line: wrapping may move it to the start.
    (re.compile(r">(?=>>)"), "> "),
    # reStructuredText: explicit markup, such as a directive or a link target.
    (re.compile(r"\.\.(?<![\w./]\.\.)(?!\S)"), "…"),
    # reStructuredText: the target of an anonymous link.
    (re.compile(r"__(?<!\S__)(?!\S)"), "_ _"),
    # reStructuredText: a role before or after its text, and a link.
    (re.compile(r":(?=`)"), ": "),
    (re.compile(r"`(?=:\w|__?(?!\w))"), "` "),
    # mkdocstrings and MyST: a block. pymdownx: a file to include.
    (re.compile(r":(?=::)"), ": "),
    (re.compile(r"-8<(?=-)"), "- 8< "),
    # A URL scheme that runs code in a browser.
    (re.compile(r":(?:(?<=\bjavascript:)|(?<=\bvbscript:))", re.IGNORECASE), " :"),
    # Markdown: a link, or its definition, whose target is not a plain address.
    (re.compile(r"\](?=\()(?!\(\s*(?:https?://|mailto:|[#/.\w-]*\)))"), "] "),
    (re.compile(r"(\[(?<!\S\[)[^\[\]]*\]):(?!\s*https?://)"), r"\1 :"),
)

_FENCE: Final = re.compile(
    r"^((?:[ \t]|[-*+>]|\d+[.)])*(?:`{3,}|~{3,}))[ \t]*((?:[A-Za-z][\w+#-]*)?)[^\n]*"
    r"|`{3,}|~{3,}",
    re.MULTILINE,
)
"""A code fence and the first word beside it, or its marker within a line.

Extensions of Markdown run the code of fences with more than one word beside them.
"""

_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])(?!https?://[^\s<>`\"']*>)")
_ROLE: Final = re.compile(r"(\{[\w:.+-]+\})(?=`)")
_ROLE_BEFORE_SPAN: Final = re.compile(r"(\{[\w:.+-]+\})\Z")
_CODE_SPAN: Final = re.compile(r"(?<!`)(`[^`\n]+`)(?!`)")
_BLOCK: Final = re.compile(r"\s(?:[<>#*+=~|:-]|\d+[.)])|>>>")
"""What begins a block, and so ends a code span, if wrapping moves it to a new line."""

_BLANK_LINE: Final = re.compile(r"(\n[ \t]*\n)")


def inert(text: str) -> str:
    """Return Markdown without anything that a documentation tool acts on."""
    text = _FENCE.sub(_plain_fence, text)
    text = "".join(map(_without_tags_and_roles, _BLANK_LINE.split(text)))
    for marker, harmless in _MARKERS:
        text = marker.sub(harmless, text)
    return text


def _plain_fence(fence: re.Match[str]) -> str:
    return " ".join(fence[0]) if fence[1] is None else f"{fence[1]}{fence[2]}"


def _without_tags_and_roles(paragraph: str) -> str:
    """Insert a space into each HTML tag, and each role of MyST, outside of code spans."""
    parts = _CODE_SPAN.split(paragraph)
    is_certain = "`" not in "".join(parts[::2]) and "\\`" not in paragraph
    if not is_certain or any(map(_BLOCK.search, parts[1::2])):
        return _ROLE.sub(r"\1 ", _TAG.sub("< ", paragraph))
    parts[::2] = [_TAG.sub("< ", part) for part in parts[::2]]
    parts[:-1:2] = [_ROLE_BEFORE_SPAN.sub(r"\1 ", part) for part in parts[:-1:2]]
    return "".join(parts)
