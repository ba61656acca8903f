"""Reads YAML 1.2 as a JSON value.

The value is built from events. The values that ruamel.yaml builds have no size limit, and
include values that JSON does not have, such as dates, sets, merged mappings and objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runware_codegen.documents.values import (
    MAX_DEPTH,
    TOO_DEEP,
    Fault,
    FaultyObject,
    MalformedError,
    RawValue,
    duplicate_key,
    no_json_value,
    read_float,
    read_integer,
    shown,
)
from runware_codegen.documents.yaml_events import (
    Alias,
    End,
    Scalar,
    Start,
    read_events,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# The parser takes up to 40 microseconds for a value, and 2 for a character.
MAX_VALUES = 100_000
MAX_CHARACTERS = 2 * 2**20

# The core schema: YAML 1.2.2, section 10.3.2.
_PLAIN_SCALARS: dict[re.Pattern[str], Callable[[str], RawValue]] = {
    re.compile("null|Null|NULL|~|"): lambda _: None,
    re.compile("true|True|TRUE"): lambda _: True,
    re.compile("false|False|FALSE"): lambda _: False,
    re.compile("[-+]?[0-9]+"): read_integer,
    re.compile("0o[0-7]+"): lambda text: read_integer(text[2:], base=8),
    re.compile("0x[0-9a-fA-F]+"): lambda text: read_integer(text[2:], base=16),
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"): read_float,
    re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"): no_json_value,
}
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def read_yaml(text: str) -> RawValue:
    """Read a YAML text that holds one document.

    Args:
        text: The whole text, without a byte order mark.

    Returns:
        The JSON value of the document, with a `Fault` or a `FaultyObject` in place of an
        invalid value. Aliases are expanded: no part of the value is shared.

    Raises:
        MalformedError: If the text is not YAML 1.2, has more than one document, or is too
            large or too deep with its aliases expanded.
    """
    if len(text) > MAX_CHARACTERS:
        raise _too_large("")
    builder = _Builder()
    for event in read_events(text):
        if isinstance(event, Alias):
            builder.repeat(event)
        else:
            builder.add(event)
    return builder.value


@dataclass(slots=True)
class _Collection:
    """A mapping or a sequence that has not ended yet.

    Attributes:
        start: Its first event.
        position: The index of that event.
        members: The members so far, if it is a mapping.
        items: The items so far, if it is a sequence.
        key: The key of the next value.
        faults: The faults of its keys.
    """

    start: Start
    position: int
    members: dict[str, RawValue] = field(default_factory=dict[str, RawValue])
    items: list[RawValue] = field(default_factory=list[RawValue])
    key: str | None = None
    faults: list[Fault] = field(default_factory=list[Fault])

    @property
    def awaits_key(self) -> bool:
        """Whether the next scalar is a key."""
        return self.start.mapping and self.key is None

    def begin_member(self, scalar: Scalar) -> None:
        """Set the key of the next value."""
        value = _read_scalar(scalar)
        self.key = value if isinstance(value, str) else scalar.text
        if isinstance(value, Fault):
            self.faults.append(value)
        elif not isinstance(value, str):
            self.faults.append(_key_without_quotes(scalar))
        elif scalar.plain and value == "<<":
            self.faults.append(_merge_key(scalar))
        elif self.key in self.members:
            self.faults.append(duplicate_key(self.key, f" {scalar.place}"))

    def put(self, value: RawValue) -> None:
        """Add the next item, or the value of the last key."""
        if self.key is None:
            self.items.append(value)
        else:
            self.members[self.key] = value
            self.key = None

    def finished(self) -> RawValue:
        """Return the complete value."""
        if self.start.tag is not None:
            return _tagged(self.start)
        if not self.start.mapping:
            return self.items
        return FaultyObject(self.members, self.faults) if self.faults else self.members


class _Builder:
    """Builds a value from events.

    All events are stored. An alias repeats the events of its node, so every limit holds
    for aliases too.

    Attributes:
        value: The value, after the last event.
    """

    def __init__(self) -> None:
        self.value: RawValue = None
        self._events: list[Scalar | Start | End] = []
        self._open: list[_Collection] = []
        self._anchors: dict[str, slice] = {}
        self._values = 0
        self._characters = 0

    def repeat(self, alias: Alias) -> None:
        """Repeat the events of the node of an alias."""
        if alias.anchor not in self._anchors:
            raise MalformedError(
                f"the alias {shown(alias.anchor)} refers to no node that ends before it"
                f" {alias.place}",
                "give a value before it that anchor",
            )
        for event in self._events[self._anchors[alias.anchor]]:
            self._build(event)

    def add(self, event: Scalar | Start | End) -> None:
        """Add the next event."""
        start: Scalar | Start
        if isinstance(event, End):
            start, position = self._open[-1].start, self._open[-1].position
        else:
            start, position = event, len(self._events)
            self._anchors.pop(start.anchor or "", None)
        self._build(event)
        if start.anchor is not None and not isinstance(event, Start):
            self._anchors[start.anchor] = slice(position, len(self._events))

    def _build(self, event: Scalar | Start | End) -> None:
        self._events.append(event)
        if isinstance(event, End):
            self._put(self._open.pop().finished())
            return
        self._check_size(event)
        if isinstance(event, Start):
            self._begin(event)
        elif self._open and self._open[-1].awaits_key:
            self._open[-1].begin_member(event)
        else:
            self._put(_read_scalar(event))

    def _begin(self, start: Start) -> None:
        if self._open and self._open[-1].awaits_key:
            raise MalformedError(
                f"a key is a collection, not a string {start.place}",
                "write every key as text",
            )
        if len(self._open) >= MAX_DEPTH:
            raise MalformedError(f"{TOO_DEEP.message} {start.place}", TOO_DEEP.remedy)
        self._open.append(_Collection(start, len(self._events) - 1))

    def _put(self, value: RawValue) -> None:
        if self._open:
            self._open[-1].put(value)
        else:
            self.value = value

    def _check_size(self, event: Scalar | Start) -> None:
        self._values += 1
        self._characters += len(event.text) if isinstance(event, Scalar) else 0
        if self._values > MAX_VALUES or self._characters > MAX_CHARACTERS:
            raise _too_large(f" {event.place}")


def _too_large(where: str) -> MalformedError:
    return MalformedError(
        f"too large for YAML: more than {MAX_CHARACTERS:,} characters or"
        f" {MAX_VALUES:,} values{where}",
        "write the document as JSON, and without anchors that multiply it",
    )


def _key_without_quotes(scalar: Scalar) -> Fault:
    return Fault(
        f"the key {shown(scalar.text)} is not a string without quotes {scalar.place}",
        "write the key in quotes",
    )


def _merge_key(scalar: Scalar) -> Fault:
    return Fault(
        f"YAML 1.2 has no merge keys {scalar.place}",
        'write the members out, or the key in quotes if it is meant as text: "<<"',
    )


def _tagged(event: Scalar | Start) -> Fault:
    return Fault(
        f"the tag {shown(event.tag)} has no meaning in JSON {event.place}",
        "take the tag out, and write text in quotes",
    )


def _read_scalar(scalar: Scalar) -> RawValue:
    if scalar.tag is not None:
        return _tagged(scalar)
    if not scalar.plain:
        return _SURROGATE_PAIR.sub(_join_pair, scalar.text)
    value = _read_plain(scalar.text)
    if isinstance(value, Fault):
        return Fault(f"{value.message} {scalar.place}", value.remedy)
    return value


def _read_plain(text: str) -> RawValue:
    for pattern, read in _PLAIN_SCALARS.items():
        if pattern.fullmatch(text):
            return read(text)
    return text


def _join_pair(pair: re.Match[str]) -> str:
    # JSON writes a character beyond U+FFFF as two escapes, which YAML does not combine.
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
