"""The pieces of a streamed text, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..json_values import is_object

if TYPE_CHECKING:
    from ..transport.envelope import Item

TEXT = "text"
REASONING = "reasoningContent"

ENVELOPE = ("data", "errors", "error")
"""The members of an answer that is no stream."""


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of a streamed text.

    Attributes:
        text: What the model has written since the piece before; may be empty.
        reasoning: What it has thought since then; may be empty.
        finish_reason: Why the text ends; None as long as it goes on.
        usage: How many tokens were read and written; None where this piece is silent.
        cost: What the task cost, in US dollars; None where this piece is silent.
        item: The event as it came; empty for what was held back to the end.
    """

    text: str
    reasoning: str
    finish_reason: str | None
    usage: dict[str, Any] | None
    cost: float | None
    item: Item


class Transcript:
    """What the events of a stream have said so far.

    Attributes:
        has_finish_reason: Whether one of them said why the text ends.
    """

    def __init__(self, scope: Item) -> None:
        """Begin without a text.

        Args:
            scope: The `taskType` and `taskUUID` of the task whose text is streamed.
        """
        self.has_finish_reason = False
        self._scope = scope
        self._members: Item = {}
        self._texts = {TEXT: _Text(), REASONING: _Text()}

    @property
    def text(self) -> str:
        """The text so far."""
        return self._texts[TEXT].so_far

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return self._texts[REASONING].so_far

    @property
    def item(self) -> Item:
        """The item that an answer without a stream would have held."""
        shown = {REASONING: self.reasoning} if self.reasoning else {}
        return {**self._scope, **self._members, TEXT: self.text, **shown}

    def take(self, event: Item) -> Delta:
        """Add what an event says.

        Args:
            event: Its object: pieces in `delta`, or whole texts beside other members.
        """
        delta = Delta(
            text=self._piece(event, TEXT),
            reasoning=self._piece(event, REASONING),
            finish_reason=_text(event.get("finishReason")) or None,
            usage=usage if is_object(usage := event.get("usage")) else None,
            cost=_number(event.get("cost")),
            item=event,
        )
        for name, value in event.items():
            if self._is_kept(name, value):
                self._members[name] = value
        self.has_finish_reason |= delta.finish_reason is not None
        return delta

    def finish(self) -> Delta | None:
        """Give what was held back, after the last event; None where nothing was."""
        text, reasoning = (self._texts[name].finish() for name in (TEXT, REASONING))
        if not text and not reasoning:
            return None
        return Delta(text, reasoning, None, None, None, {})

    def _is_kept(self, name: str, value: Any) -> bool:
        if name in self._scope or name in ("delta", *ENVELOPE):
            return False
        if value is None and name in self._members:
            return False
        if name == "status":  # news of a task that is over by the end of its stream
            return bool(value == "success")
        from ..schema.depth import is_too_deep  # takes its time

        return name == _mended(name) and not is_too_deep(value)

    def _piece(self, event: Item, name: str) -> str:
        """The piece of a text that an event adds to what is there."""
        text, delta = self._texts[name], event.get("delta")
        if is_object(delta):
            return text.add(_text(delta.get(name)) or "")
        return text.extend(_text(event.get(name)) or "")


class _Text:
    """A text that grows by pieces.

    A character may be cut into the two halves of a surrogate pair. A high half at the end
    of a piece is held back until the next piece. A half without the other becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._half = ""
        self._joined = (0, "")

    @property
    def so_far(self) -> str:
        """The text so far; joined once for each time that it has grown."""
        count, text = self._joined
        if new := self._pieces[count:]:
            text += "".join(new)
            self._joined = (count + len(new), text)
        return text

    def add(self, piece: str) -> str:
        """Add a piece and return what can be shown of it."""
        whole, self._half = _without_half(self._half + piece)
        if whole:
            self._pieces.append(whole)
            self._length += len(whole)
        return whole

    def extend(self, text: str) -> str:
        """Add what a text has beyond the one that is there; if it is another, all of it."""
        if len(text) >= max(self._length, 1):
            whole, half = _without_half(text)
            if whole.startswith(self.so_far):
                self._half = ""
                return self.add(whole[self._length :] + half)
        return self.add(text)

    def finish(self) -> str:
        """Add the half that was held back."""
        half, self._half = self._half, ""
        return self.add("\N{REPLACEMENT CHARACTER}" if half else "")


def _without_half(text: str) -> tuple[str, str]:
    """A text without the high surrogate at its end, and that surrogate."""
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    return _mended(text.removesuffix(half)), half


def _mended(text: str) -> str:
    """A text whose surrogate pairs are characters, and single surrogates U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        halves = text.encode("utf-16-le", "surrogatepass")
        return halves.decode("utf-16-le", "replace")
    return text


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None
    return number if isfinite(number) else None
