"""Composes YAML 1.2 into nodes, with ruamel.yaml, within limits.

The library accepts some texts that are not YAML 1.2, and has no limits. This module checks
both, and raises only `MalformedError`.
"""

from __future__ import annotations

import re
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import Node

from runware_codegen.documents.values import TOO_DEEP, MalformedError, place_in, shown

# The parser takes up to 40 microseconds for a value, and 2 for a character.
MAX_VALUES = 100_000
MAX_CHARACTERS = 2 * 2**20

# In YAML 1.2, these are ordinary characters; the library sometimes reads them as line
# breaks. It also reads "?a" in [?a] as a key, where YAML has a string.
_SEPARATOR = re.compile("[\N{NEXT LINE}\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")

# The library's messages may repeat any part of the text.
_MAX_REASON = 100


def compose(text: str) -> Node | None:
    """Compose a YAML text that holds one document.

    Args:
        text: The whole text, without a byte order mark.

    Returns:
        The root node, whose tags are those of the text; None if the text is empty. An
        alias is the node of its anchor, so a node may have several parents, but no node
        contains itself.

    Raises:
        MalformedError: If the text is not YAML 1.2, has more than one document, or is too
            large or too deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise too_large()
    if separator := _SEPARATOR.search(text):
        raise _unprintable(text, separator.start())
    # `pure`, because the parser in C reads YAML 1.1.
    reader: Any = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    reader.composer.text, reader.composer.warn_double_anchors = text, False
    try:
        return next(iter([*reader.compose_all(text)]), None)
    except YAMLError as error:
        raise _malformed(text, error) from None
    except RecursionError:
        raise MalformedError(TOO_DEEP.message, TOO_DEEP.remedy) from None
    except (AssertionError, OverflowError, ValueError):
        # An escape such as \U00110000, or a directive such as %YAML 1.3.
        raise MalformedError(
            "not YAML: an escape or a directive has a number that is out of range",
            "write the character itself, without a directive",
        ) from None


class _Composer(Composer):
    """Composes nodes, and raises if a text is not YAML 1.2 or is too large.

    Attributes:
        text: The whole text.
    """

    text = ""
    _documents = _values = 0

    def compose_document(self) -> Any:
        library = cast("Any", super())
        start = library.parser.peek_event()
        self._documents += 1
        if self._documents > 1:
            raise MalformedError(
                f"more than one YAML document {place(start.start_mark)}",
                "write one document in each file",
            )
        if start.version not in {None, (1, 2)}:
            message = "the text is not YAML 1.2"
            raise MalformedError(message, "remove the %YAML directive")
        return library.compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        library = cast("Any", super())
        event = library.parser.peek_event()
        kind: type = event.__class__
        if kind is AliasEvent:
            self._check_alias(event)
            return library.compose_node(parent, index)
        self._check(event)
        node = library.compose_node(parent, index)
        node.ctag = event.ctag  # the tag of the text replaces the resolved one
        return node

    def _check_alias(self, event: Any) -> None:
        anchors = cast("Any", self).anchors
        if event.anchor not in anchors or anchors[event.anchor].end_mark is None:
            raise MalformedError(
                f"the alias {shown(event.anchor)} refers to no complete node before it"
                f" {place(event.start_mark)}",
                "define the anchor before the alias",
            )

    def _check(self, event: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise too_large(f" {place(event.start_mark)}")
        start = event.start_mark.index
        # An event without length is a null, which may be at any place.
        if self.text[start - 1 : start] == "?" and event.end_mark.index > start:
            raise MalformedError(
                f"a space is missing after the question mark {place_in(self.text, start)}",
                "write the string that begins with it in quotes",
            )


def place(mark: Any) -> str:
    """Write the line and the column of a mark, counted from 1."""
    return f"(line {mark.line + 1}, column {mark.column + 1})"


def too_large(where: str = "") -> MalformedError:
    """Create the error that a text is too large, with its aliases expanded."""
    return MalformedError(
        f"too large for YAML: more than {MAX_CHARACTERS:,} characters or"
        f" {MAX_VALUES:,} values{where}",
        "write the document as JSON, without anchors that multiply it",
    )


def _unprintable(text: str, position: int) -> MalformedError:
    return MalformedError(
        f"not YAML: the character U+{ord(text[position]):04X} must be escaped"
        f" {place_in(text, position)}",
        "write it as an escape in a double-quoted string",
    )


def _malformed(text: str, error: Any) -> MalformedError:
    if hasattr(error, "position"):
        return _unprintable(text, error.position)
    mark = error.problem_mark or error.context_mark
    where = "" if mark is None else f" {place(mark)}"
    reason = str(error.problem)[:_MAX_REASON]
    return MalformedError(f"not YAML: {reason}{where}", "correct the YAML there")
