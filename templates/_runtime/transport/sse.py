"""Parses server-sent events, without I/O.

Source: WHATWG HTML, sections 9.2.5 and 9.2.6.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import NamedTuple

DONE = "[DONE]"
"""The data of the event after the last one."""

MAX_EVENT = 2**20
"""Maximum number of bytes of one event."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?$)')
"""A JSON string, or the start of one that is cut off."""


class EventTooLargeError(ValueError):
    """An event is larger than `MAX_EVENT`."""


class ServerSentEvent(NamedTuple):
    """One event. Its name is empty for a plain message; its data is never blank."""

    name: str
    data: str


class EventReader:
    """Parses the chunks of a body into events.

    By the specification, an empty line ends an event. Some servers omit it and send one
    line of data for each event. Therefore an event also ends as soon as the brackets of
    its data are balanced: then it is complete JSON, or can never become JSON.
    """

    def __init__(self) -> None:
        """Create a reader for a new body."""
        self._line: list[bytes] = []
        self._line_size = 0
        self._is_first_line = True
        self._is_after_cr = False
        self._name = ""
        self._data: list[str] = []
        self._data_size = 0
        self._depth = 0

    def feed(self, chunk: bytes) -> Generator[ServerSentEvent]:
        """Parse the next chunk of the body, and yield the events that it completes.

        Raises:
            EventTooLargeError: An event is larger than `MAX_EVENT`.
        """
        if chunk and self._is_after_cr:
            chunk = chunk.removeprefix(b"\n")
            self._is_after_cr = False
        for part in chunk.splitlines(keepends=True):  # bytes: splits at CR and LF only
            self._line.append(part)
            self._line_size += len(part)
            if self._line_size + self._data_size > MAX_EVENT:
                message = f"an event that is too long: more than {MAX_EVENT:,} bytes"
                raise EventTooLargeError(message)
            self._is_after_cr = part.endswith(b"\r")
            if part.endswith((b"\n", b"\r")):
                yield from self._end_line()

    def finish(self) -> Generator[ServerSentEvent]:
        """Yield the event in a last line without a line end.

        An incomplete event is dropped.
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
    """Return the number of opening minus closing brackets in a line of JSON."""
    rest = _STRING.sub("", line)
    return sum(map(rest.count, "[{")) - sum(map(rest.count, "]}"))
