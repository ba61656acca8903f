"""Runs work in a thread that can be left, where the work may wait for too long.

A lock that a library holds, a transport or a hook of the caller knows no deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import TIMEOUT_MAX, Thread
from typing import TypeVar

import httpx2

WorkT = TypeVar("WorkT")


class LateError(Exception):
    """The time ran out."""


def run_aside(
    work: Callable[[], WorkT], seconds: float, leave: Callable[[], object]
) -> WorkT:
    """Run some work in another thread, and wait for its end.

    Args:
        work: The work. A response that it returns too late is closed.
        seconds: How long to wait.
        leave: Is called if the work has not ended by then; it should make it end soon.

    Raises:
        LateError: The work did not end in time.
    """
    outcome = Future[WorkT]()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    context = copy_context()
    Thread(target=context.run, args=(run,), name="runware", daemon=True).start()
    is_waiting = True
    try:
        wait([outcome], min(seconds, TIMEOUT_MAX))
        is_waiting = not outcome.done()
        if is_waiting:
            raise LateError
        return outcome.result()
    finally:
        if is_waiting:
            leave()
            outcome.add_done_callback(_discard)
        else:
            del outcome  # its exception leads to this frame


def _discard(outcome: Future[WorkT]) -> None:
    result = None if outcome.exception() else outcome.result()
    if isinstance(result, httpx2.Response):
        result.close()
