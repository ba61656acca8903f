"""Reads server-sent events, without any I/O.

Source: WHATWG HTML, sections 9.2.5 and 9.2.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

DONE = "[DONE]"
"""The data of the event after the last one."""

MAX_EVENT = 2**20
"""Bytes of one event, as long as it is not complete."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?$)')
"""A JSON string, or the start of one that is cut off."""


class EventTooLargeError(ValueError):
    """An event is larger than `MAX_EVENT`."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event.

    Attributes:
        name: Its type; empty for a plain message.
        data: Its data, which is never blank.
    """

    name: str
    data: str


class EventReader:
    """Makes events of the pieces of a body.

    By the specification, an empty line ends an event. Some servers leave it out and send
    one line of data for each event. Therefore data is an event of its own as soon as its
    brackets are balanced: it is whole JSON, or can never become JSON.
    """

    def __init__(self) -> None:
        """Begin at the start of a body."""
        self._line: list[bytes] = []
        self._line_size = 0
        self._is_first_line = True
        self._is_after_cr = False
        self._name = ""
        self._data: list[str] = []
        self._data_size = 0
        self._depth = 0

    def feed(self, chunk: bytes) -> Generator[ServerSentEvent]:
        """Take the next piece of the body and give the events that it completes.

        Raises:
            EventTooLargeError: An event does not come to an end.
        """
        if chunk and self._is_after_cr:
            chunk = chunk.removeprefix(b"\n")
            self._is_after_cr = False
        for part in chunk.splitlines(keepends=True):  # of bytes: at CR and LF alone
            self._line.append(part)
            self._line_size += len(part)
            if self._line_size + self._data_size > MAX_EVENT:
                message = f"an event that is too long: more than {MAX_EVENT:,} bytes"
                raise EventTooLargeError(message)
            self._is_after_cr = part.endswith(b"\r")
            if part.endswith((b"\n", b"\r")):
                yield from self._end_line()

    def finish(self) -> Generator[ServerSentEvent]:
        """Give the event in the last line, where its line end is missing.

        An event that is cut off is dropped.
        """
        yield from self._end_line()

    def _end_line(self) -> Generator[ServerSentEvent]:
        line = b"".join(self._line).rstrip(b"\r\n")
        if self._is_first_line:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        field, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        self._is_first_line = False
        self._line.clear()
        self._line_size = 0
        if not line:
            yield from self._end_event()
        elif field == "event":
            self._name = value
        elif field == "data":
            if value.strip() == DONE:  # never a part of JSON
                yield from self._end_event()
            self._data.append(value)
            self._data_size += len(line)
            self._depth += _depth(value)
            if value.strip() and self._depth <= 0:
                yield from self._end_event()

    def _end_event(self) -> Generator[ServerSentEvent]:
        event = ServerSentEvent(self._name, "\n".join(self._data))
        self._name = ""
        self._data.clear()
        self._data_size = self._depth = 0
        if event.data.strip():
            yield event


def _depth(line: str) -> int:
    """Return how many brackets a line of JSON opens, less those that it closes."""
    rest = _STRING.sub("", line)
    return sum(map(rest.count, "[{")) - sum(map(rest.count, "]}"))
