"""Sends several POSTs of one call at once, each from a thread of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

from ..exceptions import RunwareError
from ..transport.sync_exchange import Cancellation

if TYPE_CHECKING:
    from ..delivery.batches import Batch, Reply

    Outcome: TypeAlias = Reply | RunwareError
    Exchange: TypeAlias = Callable[[Batch[Any]], Reply]


class PostThreads:
    """The batches of one call that are under way.

    One thread starts them and takes their outcomes. The thread of a batch does nothing
    but the I/O and ends with it, so that none is left when all outcomes are taken.
    """

    def __init__(self, exchange: Exchange, limit: int) -> None:
        """Begin with nothing under way.

        Args:
            exchange: Sends a batch and gives the answer.
            limit: How many may be under way at once.
        """
        self._exchange = exchange
        self._limit = limit
        self._under_way = 0
        self._ended: SimpleQueue[tuple[Batch[Any], Reply | BaseException]]
        self._ended = SimpleQueue()
        self._cancellation = Cancellation()
        self._process = os.getpid()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self._under_way == 0

    @property
    def is_full(self) -> bool:
        """Whether as much is under way as may be."""
        return self._under_way >= self._limit

    def start(self, batch: Batch[Any]) -> None:
        """Send a batch, and do not wait for the answer."""
        self._under_way += 1
        # What the caller has set for its context, such as a trace, counts here too.
        carry = copy_context().run
        thread = Thread(target=carry, args=(self._carry, batch), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # there are too many, or the interpreter is about to end
            self._carry(batch)

    def wait(self, seconds: float | None) -> tuple[Batch[Any], Outcome] | None:
        """Wait for the outcome of a batch.

        Args:
            seconds: How long to wait; None for as long as something is under way.

        Returns:
            The batch, with the answer or the error of ours; None if no batch has ended.

        Raises:
            RuntimeError: The process was forked while batches were under way.
        """
        if self.is_idle:
            time.sleep(seconds or 0.0)
            return None
        if self._process != os.getpid():
            message = (
                "this call is under way in the process that this one was forked of"
            )
            raise RuntimeError(message)
        try:
            batch, outcome = self._ended.get(timeout=seconds)
        except Empty:
            return None
        self._under_way -= 1
        if isinstance(outcome, BaseException) and not isinstance(outcome, RunwareError):
            raise outcome
        return batch, outcome

    def cancel(self) -> None:
        """End what is under way: nobody takes its outcome any more."""
        if not self.is_idle and self._process == os.getpid():
            self._cancellation.cancel()

    def _carry(self, batch: Batch[Any]) -> None:
        outcome: Reply | BaseException
        try:
            with self._cancellation:
                outcome = self._exchange(batch)
        except BaseException as error:  # noqa: BLE001 - `wait` raises it
            outcome = error
        self._ended.put((batch, outcome))
