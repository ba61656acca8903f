"""What a client tells of its work: events and a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .. import PACKAGE

LOGGER = logging.getLogger(PACKAGE)
"""The package's own logger: no body and no key ever reaches it."""

EventKind = Literal["sent", "retried", "polled", "finished"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one task.

    Attributes:
        kind: `sent` and `polled` when an answer came or failed to come, `retried` when
            the task will be sent or polled again, `finished` when it is over or given
            up.
        task_type: The wire name of the task's type.
        task_uuid: Its `taskUUID`; None where its type has none.
        seconds: How long the exchange took; for `retried` the wait that follows; for
            `finished` the time since the task was first sent.
        cost: What its results say that they cost, in US dollars; only for `finished`.
        error: The exception because of which the task is retried, or that ended it.
    """

    kind: EventKind
    task_type: str
    task_uuid: str | None
    seconds: float
    cost: float | None = None
    error: Exception | None = None

    def __str__(self) -> str:
        task = f"{self.task_type} {self.task_uuid or ''}".rstrip()
        if self.kind == "retried":
            return f"{task} is tried again in {self.seconds:.1f} s: {self._error}"
        ended = f" with {self._error}" if self.error else ""
        cost = "" if self.cost is None else f", cost ${self.cost:g}"
        return f"{task} {self.kind} after {self.seconds:.1f} s{ended}{cost}"

    @property
    def _error(self) -> str:
        return type(self.error).__name__


class Observer:
    """Logs events and hands them on."""

    def __init__(self, on_event: Callable[[Event], object] | None) -> None:
        self._on_event = on_event

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        level = logging.DEBUG if event.kind == "polled" else logging.INFO
        if LOGGER.isEnabledFor(level):
            LOGGER.log(level, "%s", event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                LOGGER.exception("on_event raised; the task goes on")
