"""Calls a function for many values, in several processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from multiprocessing.process import BaseProcess
    from multiprocessing.synchronize import Event

Value = TypeVar("Value")
Result = TypeVar("Result")

_FEWEST = 8
"""For fewer documents, starting a process takes longer than it saves."""

_TURNS = 4
"""Chunks per process. Neighbours are similar, so a chunk has less to format."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def available_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parallel_map(
    function: Callable[[Value], Result],
    values: Sequence[Value],
    jobs: int,
    *,
    fewest: int = _FEWEST,
) -> Iterator[Result]:
    """Call a function for each value, in several processes.

    Args:
        function: The function.
        values: The values.
        jobs: The maximum number of processes.
        fewest: The number of values that justify a process.

    Yields:
        The results in the order of the values.
    """
    processes = min(jobs, len(values) // fewest)
    done = 0
    if processes > 1:
        try:
            for result in _in_processes(function, values, processes):
                done += 1
                yield result
        except (BrokenProcessPool, OSError, ImportError):
            pass  # A process was not started, or was killed: do the rest in this process.
    yield from map(function, values[done:])


def _in_processes(
    function: Callable[[Value], Result], values: Sequence[Value], processes: int
) -> Iterator[Result]:
    size = -(-len(values) // (processes * _TURNS))
    chunks = [slice(start, start + size) for start in range(0, len(values), size)]
    stopping = multiprocessing.Event()
    # A forked process has the values already: they are not sent to it.
    forked = multiprocessing.get_start_method() == "fork"
    state = (stopping, values if forked else ())
    others = multiprocessing.active_children()
    workers: list[BaseProcess] = []
    pool = ProcessPoolExecutor(processes, initializer=_begin, initargs=state)
    try:
        with _signals_blocked():
            futures = [
                pool.submit(_all, function, each, () if forked else values[each])
                for each in chunks
            ]
            children = multiprocessing.active_children()
            workers = [each for each in children if each not in others]
        for chunk in futures:
            yield from chunk.result()
    except BrokenProcessPool:
        # From Python 3.12, the pool waits for the others, which ignore SIGTERM.
        for process in workers:
            process.kill()
        raise
    except BaseException:
        # No signal: a process that is killed while it sends a result leaves a part of it in
        # the pipe, and this process would wait for the rest.
        stopping.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _all(
    function: Callable[[Any], Result], chunk: slice, sent: Sequence[Any]
) -> list[Result]:
    found: list[Result] = []
    for value in sent or _Worker.values[chunk]:
        if _Worker.stopping.is_set():
            break  # the results are not needed any more
        found.append(function(value))
    return found


class _Worker:
    """The state of a worker process.

    Attributes:
        stopping: Set when its results are not needed any more.
        values: The values of all processes, if it was forked.
    """

    stopping: Event
    values: Sequence[Any]


@contextmanager
def _signals_blocked() -> Generator[None]:
    """Block SIGINT and SIGTERM while worker processes start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(stopping: Event, values: Sequence[Any]) -> None:
    """Ignore signals, which the parent process handles, and exit when it exits."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    _Worker.stopping, _Worker.values = stopping, values
    gc.freeze()  # what it has from its parent is never garbage
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
