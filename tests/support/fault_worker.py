"""A program that uses the client as a careful company would, and may be killed.

Before it sends a task, it writes the JSON of the task's handle to a journal. When the
results arrive, it writes them too. If it is started again with the same journal, it
resumes the tasks that it began. The fault run starts several of these programs and
kills some.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from runware_client import AsyncRunware, Runware, RunwareError, Waits, parse_request

from fault_journal import Journal

THREADS = 16

WAITS = 2
"""The number of times that the program waits for a task before it abandons it."""

OPTIONS: dict[str, Any] = {"api_key": "key", "max_retries": 8}
POLLING = Waits(first=0.05, factor=1.5, longest=0.3)
RETRYING = Waits(first=0.02, factor=2.0, longest=0.2)
LAST = {"timeout": 30.0, "extra_headers": {"x-mock-fault": "none"}}


def main() -> None:
    """Run the tasks of a file that are not done yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--tasks", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--client", choices=list(CLIENTS), required=True)
    parser.add_argument("--options", type=json.loads, default={}, help="of the client")
    parser.add_argument("--last", action="store_true", help="collect what was left")
    parser.add_argument("--naive", action="store_true", help="send again, ask nothing")
    given = parser.parse_args()
    journal = Journal(given.journal)
    tasks = json.loads(given.tasks.read_text("utf-8"))
    work = Work(journal, is_last=given.last, is_naive=given.naive)
    options = OPTIONS | given.options
    CLIENTS[given.client](given.url, options, work, work.of(tasks))


class Work:
    """What the program does with each task, for every kind of client."""

    def __init__(self, journal: Journal, *, is_last: bool, is_naive: bool) -> None:
        self.journal = journal
        self.is_naive = is_naive
        self._is_last = is_last

    def of(self, tasks: list[Any]) -> list[Any]:
        """Return the tasks that are not done yet."""
        if self._is_last:
            return tasks
        return [task for task in tasks if task["taskUUID"] not in self.journal.done]

    def handle(self, client: Any, task: Any) -> Any:
        """Return a handle of a task: a new one, or the one in the journal."""
        begun = self.journal.begun
        if self._is_last:
            return client.resume(begun[task["taskUUID"]])
        request = parse_request(task)
        if request.task_uuid in begun:
            return client.resume(begun[request.task_uuid], request)
        handle = client.handle(request)
        self.journal.write(task=request.task_uuid, handle=handle.to_json())
        return handle

    @property
    def how(self) -> dict[str, Any]:
        """The options of a wait: in the last run, a long timeout and no faults."""
        return LAST if self._is_last else {}

    def collect(self, uuid: str, results: list[Any]) -> None:
        """Write results to the journal."""
        items = [result.to_wire() for result in results]
        self.journal.write(task=uuid, results=items)

    def is_done(self, handle: Any, error: RunwareError, times: int) -> bool:
        """Record an error, and return whether to stop waiting for the task."""
        uuid, message = handle.task_uuid, f"{type(error).__name__}: {error}"
        sys.stderr.write(f"{message}\n")
        items = [result.to_wire() for result in error.results]
        if handle.is_over:
            self.journal.write(task=uuid, results=items, failed=message)
            return True
        if times == WAITS:
            has_handle = error.handle is not None
            self.journal.write(
                task=uuid, results=items, left=message, has_handle=has_handle
            )
            return True
        return False


def with_threads(url: str, options: Any, work: Work, tasks: list[Any]) -> None:
    """Run tasks from many threads with one client."""

    def do(task: Any) -> None:
        if work.is_naive:
            work.collect(task["taskUUID"], naive(client, task))
            return
        handle, times = work.handle(client, task), 0
        while True:
            try:
                results = handle.wait(**work.how)
            except RunwareError as error:
                times += 1
                if work.is_done(handle, error, times):
                    return
            else:
                work.collect(handle.task_uuid, results)
                return

    with Runware(base_url=url, **options) as client:
        client.polling, client.retrying = POLLING, RETRYING
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(do, tasks):
                pass


def naive(client: Runware, task: Any) -> list[Any]:
    """Run a task as careless programs do: after an error, send it as a new task."""
    while True:
        try:
            return client.run(parse_request(task))
        except RunwareError:
            task = task | {"taskUUID": str(uuid4())}


def with_asyncio(url: str, options: Any, work: Work, tasks: list[Any]) -> None:
    """Run tasks in an event loop with one client."""
    asyncio.run(_run_all(url, options, work, tasks))


def with_websocket(url: str, options: Any, work: Work, tasks: list[Any]) -> None:
    """Run tasks in an event loop with one client, over a WebSocket."""
    socket_url = url.replace("http", "ws", 1)
    options = options | {"transport": "websocket"}
    asyncio.run(_run_all(socket_url, options, work, tasks))


async def _run_all(url: str, options: Any, work: Work, tasks: list[Any]) -> None:
    places = asyncio.Semaphore(64)

    async def do(task: Any) -> None:
        async with places:
            handle, times = work.handle(client, task), 0
            while True:
                try:
                    results = await handle.wait()
                except RunwareError as error:
                    times += 1
                    if work.is_done(handle, error, times):
                        return
                else:
                    work.collect(handle.task_uuid, results)
                    return

    async with AsyncRunware(base_url=url, **options) as client:
        client.polling, client.retrying = POLLING, RETRYING
        await asyncio.gather(*map(do, tasks))


CLIENTS = {
    "threads": with_threads,
    "asyncio": with_asyncio,
    "websocket": with_websocket,
}


if __name__ == "__main__":
    main()
