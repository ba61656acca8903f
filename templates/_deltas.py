"""The pieces of a streamed text, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._json import is_object

if TYPE_CHECKING:
    from ._envelope import Item

TEXT = "text"
REASONING = "reasoningContent"


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of a streamed text.

    Attributes:
        text: What the model has written since the piece before; may be empty.
        reasoning: What it has thought since then; may be empty.
        finish_reason: Why the text ends; None as long as it goes on.
        usage: How many tokens were read and written; None where this piece is silent.
        cost: What the task cost, in US dollars; None where this piece is silent.
        item: The event as it came.
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

    def __init__(self, task: Item) -> None:
        """Begin without a text.

        Args:
            task: The task whose text is streamed.
        """
        self.has_finish_reason = False
        self._members = {name: task[name] for name in ("taskType", "taskUUID")}
        self._pieces: dict[str, list[str]] = {TEXT: [], REASONING: []}

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces[TEXT])

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(self._pieces[REASONING])

    @property
    def item(self) -> Item:
        """The item that an answer without a stream would have held."""
        shown = {REASONING: self.reasoning} if self.reasoning else {}
        return {**self._members, TEXT: self.text, **shown}

    def take(self, event: Item) -> Delta:
        """Add what an event says.

        Args:
            event: Its object: pieces in `delta`, or whole texts beside other members.
        """
        delta = Delta(
            text=self._piece(event, TEXT),
            reasoning=self._piece(event, REASONING),
            finish_reason=_text(event.get("finishReason")),
            usage=usage if is_object(usage := event.get("usage")) else None,
            cost=_number(event.get("cost")),
            item=event,
        )
        for name, value in event.items():
            if name != "delta" and (value is not None or name not in self._members):
                self._members[name] = value
        self.has_finish_reason |= delta.finish_reason is not None
        return delta

    def _piece(self, event: Item, name: str) -> str:
        """The piece of a text that an event adds to what is there."""
        delta = event.get("delta")
        pieces = self._pieces[name]
        if is_object(delta):
            piece = _text(delta.get(name)) or ""
        else:
            piece = (_text(event.get(name)) or "").removeprefix("".join(pieces))
        pieces.append(piece)
        return piece


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None
