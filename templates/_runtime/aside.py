"""Runs a function in another thread that is abandoned on a timeout.

It is for code without timeouts: locks of libraries, transports and hooks of the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from socket import SHUT_RDWR, socket
from threading import TIMEOUT_MAX, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

if TYPE_CHECKING:
    from concurrent.futures import Future

WorkT = TypeVar("WorkT")


class LateError(Exception):
    """The function did not end in time."""


def run_aside(
    work: Callable[[], WorkT], seconds: float, leave: Callable[[], object]
) -> WorkT:
    """Run a function in another thread, and wait for its end.

    Args:
        work: The function. If it returns a response after the timeout, that is closed.
        seconds: The timeout. Without another thread, the function has no timeout.
        leave: Called on a timeout. It should make the function end soon, for example by
            `shut_down`.

    Raises:
        LateError: The function did not end in time.
    """
    from concurrent.futures import Future, wait  # slow to import

    outcome = Future[WorkT]()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    run_in_context = copy_context().run
    if not started(
        Thread(target=run_in_context, args=(run,), name="runware", daemon=True)
    ):
        run()
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
            del outcome  # breaks a reference cycle: its exception refers to this frame


def started(thread: Thread) -> bool:
    """Start a thread; return False if there are too many, or the interpreter ends."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def shut_down(stream: Any) -> None:
    """Shut down a connection of httpx2, so that the thread that waits for it goes on."""
    wire = stream.get_extra_info("socket")
    if wire is not None:
        with suppress(OSError):  # already closed
            # `shutdown` of a TLS socket would continue in plain text.
            socket.shutdown(wire, SHUT_RDWR)


def _discard(outcome: Future[WorkT]) -> None:
    result = None if outcome.exception() else outcome.result()
    if isinstance(result, httpx2.Response):
        result.close()
