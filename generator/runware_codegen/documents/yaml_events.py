"""Parses YAML 1.2 into events, with ruamel.yaml.

Only this module uses the library. Its results are typed events with what JSON needs, and
one kind of exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from runware_codegen.documents.values import MalformedError, place_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# In YAML 1.2, these are ordinary characters; the library sometimes reads them as line
# breaks. It also reads "?a" in [?a] as a key, where YAML has a string.
_SEPARATOR = re.compile("[\N{NEXT LINE}\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")

# The library's messages may repeat any part of the text.
_MAX_REASON = 100


class Place(NamedTuple):
    """The position of the start of an event, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"(line {self.line}, column {self.column})"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar, with its text after escapes and folding."""

    place: Place
    anchor: str | None
    tag: str | None
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a mapping or of a sequence."""

    place: Place
    anchor: str | None
    tag: str | None
    mapping: bool


@dataclass(frozen=True, slots=True)
class End:
    """The end of the mapping or sequence that was started last."""

    place: Place


@dataclass(frozen=True, slots=True)
class Alias:
    """A reference to the node with an anchor."""

    place: Place
    anchor: str


Event: TypeAlias = Scalar | Start | End | Alias


def read_events(text: str) -> Iterator[Event]:
    """Parse a YAML text that holds one document.

    Args:
        text: The whole text, without a byte order mark.

    Yields:
        The document's events, each as soon as it is read.

    Raises:
        MalformedError: If the text is not YAML 1.2, or holds more than one document.
    """
    _refuse_separators(text)
    # `pure`, because the parser in C reads YAML 1.1.
    parser: Any = YAML(typ="safe", pure=True)
    started = False
    try:
        for event in parser.parse(text):
            kind: type = event.__class__
            if kind is DocumentStartEvent:
                _check_start(event, started=started)
                started = True
            elif kind in _CONVERTERS:
                converted = _CONVERTERS[kind](event)
                if isinstance(converted, Scalar | Start):
                    _refuse_question_mark(text, event)
                yield converted
    except YAMLError as error:
        raise _malformed(text, error) from None
    except (AssertionError, OverflowError, ValueError):
        # An escape such as \U00110000, or a directive such as %YAML 1.3.
        raise MalformedError(
            "not YAML: an escape or a directive has a number that is out of range",
            "write the character itself, and no directive",
        ) from None


def _check_start(event: Any, *, started: bool) -> None:
    if started:
        raise MalformedError(
            f"more than one YAML document {_place(event.start_mark)}",
            "keep one document in one file",
        )
    if event.version not in {None, (1, 2)}:
        raise MalformedError("the text is not YAML 1.2", "take the %YAML directive out")


def _refuse_separators(text: str) -> None:
    found = _SEPARATOR.search(text)
    if found is not None:
        raise _unprintable(text, found.start())


def _refuse_question_mark(text: str, event: Any) -> None:
    start = event.start_mark.index
    # An event without length is a null, which may be anywhere.
    if text[start - 1 : start] == "?" and event.end_mark.index > start:
        raise MalformedError(
            f"a question mark is followed by no space {place_in(text, start)}",
            "write the text that begins with it in quotes",
        )


def _unprintable(text: str, position: int) -> MalformedError:
    return MalformedError(
        f"not YAML: the character U+{ord(text[position]):04X} may not stand there as it"
        f" is {place_in(text, position)}",
        "write it as an escape, in a text in double quotes",
    )


def _malformed(text: str, error: Any) -> MalformedError:
    if hasattr(error, "position"):
        return _unprintable(text, error.position)
    mark = error.problem_mark or error.context_mark
    where = "" if mark is None else f" {_place(mark)}"
    reason = str(error.problem)[:_MAX_REASON]
    return MalformedError(f"not YAML: {reason}{where}", "correct the text there")


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _scalar(event: Any) -> Scalar:
    return Scalar(
        place=_place(event.start_mark),
        anchor=event.anchor,
        tag=event.tag,
        text=event.value,
        plain=event.style is None,
    )


def _start(event: Any) -> Start:
    return Start(
        place=_place(event.start_mark),
        anchor=event.anchor,
        tag=event.tag,
        mapping=type(event) is MappingStartEvent,
    )


def _end(event: Any) -> End:
    return End(_place(event.start_mark))


def _alias(event: Any) -> Alias:
    return Alias(_place(event.start_mark), event.anchor)


_CONVERTERS: dict[type, Callable[[Any], Event]] = {
    ScalarEvent: _scalar,
    SequenceStartEvent: _start,
    MappingStartEvent: _start,
    SequenceEndEvent: _end,
    MappingEndEvent: _end,
    AliasEvent: _alias,
}
