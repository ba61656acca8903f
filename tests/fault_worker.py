"""A program that uses the client as a careful company would, and may be killed.

Before a task is sent, its request and its handle's JSON are written to a journal; when
its results are there, they are written too. Started again with the same journal, it
takes up what it had begun. The fault run starts many of these and kills some.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from runware_client import AsyncRunware, Runware, RunwareError, Waits, parse_request
from runware_client._delivery import Delivery
from runware_client._task import Phase

from fault_journal import Journal

THREADS = 16
OPTIONS: dict[str, Any] = {"api_key": "key", "timeout": 20.0, "max_retries": 8}
POLLING = Waits(first=0.05, factor=1.5, longest=0.3)
RETRYING = Waits(first=0.02, factor=2.0, longest=0.2)


def main() -> None:
    """Run the tasks of a file, all that are not collected yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--tasks", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--client", choices=["threads", "asyncio"], required=True)
    parser.add_argument("--naive", action="store_true", help="send again, ask nothing")
    given = parser.parse_args()
    if given.naive:
        make_naive()
    journal = Journal(given.journal)
    tasks = json.loads(given.tasks.read_text("utf-8"))
    left = [task for task in tasks if task["taskUUID"] not in journal.collected]
    if given.client == "threads":
        with_threads(given.url, journal, left)
    else:
        asyncio.run(with_asyncio(given.url, journal, left))


def make_naive() -> None:
    """Send again what may have been accepted, as careless clients do."""
    ask_again = Delivery._ask_again

    def send_again(self: Any, slot: Any, error: Any, wait: float | None = None) -> None:
        if slot.task.phase is Phase.UNSURE and slot.task.request is not None:
            self._send_again(slot, error, wait)
        else:
            ask_again(self, slot, error, wait)

    Delivery._ask_again = send_again  # type: ignore[method-assign,assignment]


def with_threads(url: str, journal: Journal, tasks: list[Any]) -> None:
    """Run tasks from many threads with one client."""

    def work(task: Any) -> None:
        request = parse_request(task)
        handle = _handle(client, journal, request)
        while True:
            try:
                results = handle.wait()
            except RunwareError as error:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            else:
                break
        _collect(journal, handle, results)

    with Runware(base_url=url, **OPTIONS) as client:
        client.polling, client.retrying = POLLING, RETRYING
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(work, tasks):
                pass


async def with_asyncio(url: str, journal: Journal, tasks: list[Any]) -> None:
    """Run tasks in an event loop with one client."""
    places = asyncio.Semaphore(64)

    async def work(task: Any) -> None:
        request = parse_request(task)
        async with places:
            handle = _handle(client, journal, request)
            while True:
                try:
                    results = await handle.wait()
                except RunwareError as error:
                    sys.stderr.write(f"{type(error).__name__}: {error}\n")
                else:
                    break
        _collect(journal, handle, results)

    async with AsyncRunware(base_url=url, **OPTIONS) as client:
        client.polling, client.retrying = POLLING, RETRYING
        await asyncio.gather(*map(work, tasks))


def _handle(client: Any, journal: Journal, request: Any) -> Any:
    """A handle of a task: a new one, or one that was begun before."""
    if request.task_uuid in journal.begun:
        return client.resume(journal.begun[request.task_uuid], request)
    handle = client.handle(request)
    journal.write(task=request.task_uuid, handle=handle.to_json())
    return handle


def _collect(journal: Journal, handle: Any, results: list[Any]) -> None:
    items = [result.to_wire() for result in results]
    journal.write(task=handle.task_uuid, results=items)


if __name__ == "__main__":
    main()
