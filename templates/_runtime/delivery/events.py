"""Events of a client, for `on_event` and for logging."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any, Literal, NamedTuple

from .. import PACKAGE

LOGGER = logging.getLogger(PACKAGE)
"""The logger of the package. Bodies and keys are never logged."""

EventKind = Literal["sent", "retried", "polled", "finished"]


class Event(NamedTuple):
    """An event in the life of one task.

    Attributes:
        kind: `sent` or `polled` after an exchange, with or without a response; `retried`
            before the task is sent or polled again after an error; `finished` when the
            task is done or given up.
        task_type: The wire name of the task's type.
        task_uuid: Its `taskUUID`; None if its type has none.
        seconds: The duration of the exchange. For `retried`, the wait before the next
            attempt. For `finished`, the time since the task was first sent, or resumed.
        cost: For `finished`: the sum of the costs in its results, in US dollars.
        error: The exception that caused the retry or ended the task.
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
            return f"{task} is retried in {self.seconds:.1f} s: {self._error}"
        ended = f" with {self._error}" if self.error else ""
        cost = "" if self.cost is None else f", cost ${self.cost:g}"
        return f"{task} {self.kind} after {self.seconds:.1f} s{ended}{cost}"

    @property
    def _error(self) -> str:
        return type(self.error).__name__


def check_callback(name: str, callback: object) -> None:
    """Refuse an async function as a callback, because nothing would await it.

    Raises:
        TypeError: It is one, or cannot be called.
    """
    if callback is None:
        return
    if not callable(callback):
        raise TypeError(f"{name} must be a function, not {type(callback).__name__}")
    if iscoroutinefunction(callback):
        raise TypeError(f"{name} must be a plain function, not an async function")


class Observer:
    """Logs events, and calls `on_event` with them."""

    def __init__(self, on_event: Callable[[Event], object] | None) -> None:
        check_callback("on_event", on_event)
        self._on_event = on_event

    def __call__(self, event: Event) -> None:
        """Log an event and pass it to `on_event`."""
        log(logging.DEBUG if event.kind == "polled" else logging.INFO, event)
        if self._on_event is not None:
            call_back("on_event", self._on_event, event)


def call_back(name: str, callback: Callable[[Any], object], value: object) -> None:
    """Call a function of the caller. What it raises is logged: the tasks are paid for."""
    try:
        callback(value)
    except Exception as error:  # noqa: BLE001 - it is logged
        log(logging.ERROR, f"{name} raised an exception; the tasks continue", error)


def log(level: int, line: object, error: Exception | None = None) -> None:
    """Log a line, and an exception of a caller's own code.

    An exception of a caller's handler or filter of logging is ignored: the task is paid
    for, and nothing else can report it.
    """
    if LOGGER.isEnabledFor(level):
        with suppress(Exception):
            LOGGER.log(level, "%s", line, exc_info=error)
