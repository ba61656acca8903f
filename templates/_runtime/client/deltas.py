"""The pieces of a streamed text, and the result that they add up to."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..json_values import is_array, is_object, is_unicode
from ..transport.envelope import ENVELOPE, Item
from ..transport.items import costs

TEXT = "text"
REASONING = "reasoningContent"


class Delta(NamedTuple):
    """The next piece of a streamed text.

    Attributes:
        text: The new text since the previous piece; may be empty.
        reasoning: The new reasoning since the previous piece; may be empty.
        finish_reason: Why the text ended; None until then.
        usage: The numbers of input and output tokens; None if not in this event.
        cost: The cost of the task in US dollars; None if not in this event.
        item: The event as received; empty for a last character that was held back.
    """

    text: str
    reasoning: str
    finish_reason: str | None
    usage: dict[str, Any] | None
    cost: float | None
    item: Item


class Transcript:
    """The result of a stream so far, and whether an event, or a finish reason, has come."""

    def __init__(self, scope: Item) -> None:
        """Create an empty transcript of a task with this `taskType` and `taskUUID`."""
        self.is_begun = False
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
        """The result as an item of a response without a stream."""
        shown = {REASONING: self.reasoning} if self.reasoning else {}
        return {**self._scope, **self._members, TEXT: self.text, **shown}

    def add(self, event: Item) -> Delta:
        """Add an event: it has pieces in `delta`, or the whole text so far in `text`."""
        pieces = pieces if is_object(pieces := event.get("delta")) else {}
        members = {**pieces, **event}
        delta = Delta(
            text=self._piece(event, TEXT),
            reasoning=self._piece(event, REASONING),
            finish_reason=_text(members.get("finishReason")) or None,
            usage=usage if is_object(usage := members.get("usage")) else None,
            cost=next(iter(costs([members])), None),
            item=event,
        )
        for name, value in members.items():
            if self._is_kept(name, value):
                self._keep(name, value, is_piece=name not in event)
        self.is_begun = True
        self.has_finish_reason |= delta.finish_reason is not None
        return delta

    def finish(self) -> Delta | None:
        """Return the text that was held back until the last event; None without any."""
        text, reasoning = (self._texts[name].finish() for name in (TEXT, REASONING))
        if not text and not reasoning:
            return None
        return Delta(text, reasoning, None, None, None, {})

    def _keep(self, name: str, value: Any, *, is_piece: bool) -> None:
        """Keep a member. A piece of an array, such as calls of tools, extends it."""
        whole = self._members.get(name)
        if not is_array(value):
            self._members[name] = value
        elif is_piece and is_array(whole) and value[: len(whole)] != whole:
            whole.extend(value)
        else:
            self._members[name] = value.copy()

    def _is_kept(self, name: str, value: Any) -> bool:
        if name in self._scope or name in ("delta", *ENVELOPE):
            return False
        if name in self._texts and isinstance(value, str):
            return False
        if value is None and name in self._members:
            return False
        if name == "status":  # other statuses are outdated at the end of the stream
            return bool(value == "success")
        from ..schema.depth import is_too_deep  # slow to import

        return name == _mended(name) and not is_too_deep(value)

    def _piece(self, event: Item, name: str) -> str:
        """Return the new part of a text in an event."""
        text, delta = self._texts[name], event.get("delta")
        if is_object(delta):
            return text.add(_text(delta.get(name)) or "")
        return text.extend(_text(event.get(name)) or "")


class _Text:
    """A text that grows piece by piece.

    A piece may end within a surrogate pair. Then the high surrogate is held back until
    the next piece. A surrogate without its counterpart becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._half = ""
        self._joined = (0, "")

    @property
    def so_far(self) -> str:
        """The text so far; joined only after it has grown."""
        count, text = self._joined
        if new := self._pieces[count:]:
            text += "".join(new)
            self._joined = (count + len(new), text)
        return text

    def add(self, piece: str) -> str:
        """Add a piece; return its complete characters."""
        whole, self._half = _without_half(self._half + piece)
        if whole:
            self._pieces.append(whole)
            self._length += len(whole)
        return whole

    def extend(self, text: str) -> str:
        """Add the rest of a text that starts with the text so far; else add all of it."""
        if len(text) >= max(self._length, 1):
            whole, half = _without_half(text)
            if whole.startswith(self.so_far):
                self._half = ""
                return self.add(whole[self._length :] + half)
        return self.add(text)

    def finish(self) -> str:
        """Add the surrogate that was held back, as U+FFFD."""
        half, self._half = self._half, ""
        return self.add("\N{REPLACEMENT CHARACTER}" if half else "")


def _without_half(text: str) -> tuple[str, str]:
    """Split a text into its complete characters and a high surrogate at its end."""
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    return _mended(text.removesuffix(half)), half


def _mended(text: str) -> str:
    """Join surrogate pairs into characters; replace single surrogates by U+FFFD."""
    if is_unicode(text):
        return text
    halves = text.encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
