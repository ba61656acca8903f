"""Sends several POSTs of one call in parallel, each in its own thread."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Any

from ..aside import started
from ..exceptions import RunwareError
from ..transport.sync_exchange import Cancellation

if TYPE_CHECKING:
    from ..delivery.batches import Batch, Reply


class PostThreads:
    """The batches of one call that are in flight.

    One thread starts them and receives their outcomes. The thread of a batch only does
    the I/O, and ends with it.
    """

    def __init__(self, exchange: Callable[[Batch[Any]], Reply], limit: int) -> None:
        """Create it without batches; at most `limit` are in flight."""
        self._exchange = exchange
        self._limit = limit
        self._under_way = 0
        # A queue of the standard library would be slower to import.
        self._ended: deque[tuple[Batch[Any], Reply | BaseException]] = deque()
        self._arrived = Semaphore(0)
        self._cancellation = Cancellation()
        self._process = os.getpid()

    @property
    def is_idle(self) -> bool:
        """Whether no batch is in flight."""
        return self._under_way == 0

    @property
    def is_full(self) -> bool:
        """Whether the limit of batches in flight is reached."""
        return self._under_way >= self._limit

    def start(self, batch: Batch[Any]) -> None:
        """Send a batch without waiting for the response."""
        self._under_way += 1
        # The thread gets the context variables of the caller, such as a trace.
        run_in_context = copy_context().run
        thread = Thread(target=run_in_context, args=(self._send, batch), daemon=True)
        if not started(thread):
            self._send(batch)

    def wait(
        self, seconds: float | None
    ) -> tuple[Batch[Any], Reply | RunwareError] | None:
        """Wait for the response or the `RunwareError` of a batch; None if none has ended.

        Raises:
            BaseException: Another exception of the exchange.
            RuntimeError: The process was forked while batches were in flight.
        """
        if self.is_idle:
            time.sleep(seconds or 0.0)
            return None
        if self._process != os.getpid():
            message = "this call was started before the fork, in the parent process"
            raise RuntimeError(message)
        if not self._arrived.acquire(timeout=seconds):
            return None
        batch, outcome = self._ended.popleft()
        self._under_way -= 1
        if isinstance(outcome, BaseException) and not isinstance(outcome, RunwareError):
            raise outcome
        return batch, outcome

    def cancel(self) -> None:
        """Cancel the batches in flight, without their outcomes."""
        if not self.is_idle and self._process == os.getpid():
            self._cancellation.cancel()

    def _send(self, batch: Batch[Any]) -> None:
        outcome: Reply | BaseException
        try:
            with self._cancellation:
                outcome = self._exchange(batch)
        except BaseException as error:  # noqa: BLE001 - `wait` raises it
            outcome = error
        self._ended.append((batch, outcome))
        self._arrived.release()
