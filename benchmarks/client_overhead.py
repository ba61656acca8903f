"""What the client costs beside a bare POST of the same bytes to the same server.

python benchmarks/client_overhead.py [--quick]

The server is the local Runware; each pair of figures is measured in turns.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx2
import script
from measuring import in_turns
from peers import TOP
from results import Row, at_most

sys.path.insert(0, str(TOP / "generated"))

from runware_client import AsyncRunware, Runware, parse_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator

    from catalogue import Work

KEY = "key"
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
TASK = {
    "taskType": "imageInference",
    "taskUUID": "00000000-0000-4000-8000-000000000000",
    "model": "runware:101@1",
    "positivePrompt": "a chair",
}
BODY = json.dumps([TASK]).encode()
TOGETHER = 200
CALLS = 100
"""Parallel calls, each over a connection of its own that both keep."""


def measured(work: Work) -> Iterator[Row]:
    """Measure."""
    with _mock() as url:
        yield _row(
            "`client.run`, one task at a time",
            *one_at_a_time(url, 50 if work.quick else 500),
            limit=1.3,
        )
        yield _row(
            f"{TOGETHER} tasks at once on `AsyncRunware`",
            *asyncio.run(many_at_once(url, work.rounds(13))),
            limit=1.5,
        )


@contextmanager
def _mock() -> Generator[str]:
    """Run the mock, which takes the same task again and again."""
    command = [sys.executable, "-m", "runware_codegen", "mock", "--port", "0"]
    command += ["--repeated-task", "run"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=quiet, text=True
    ) as process:
        try:
            assert process.stdout is not None
            [url] = re.findall(r"http://\S+/v1", process.stdout.readline())
            yield url
        finally:
            process.terminate()


def one_at_a_time(url: str, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a sync run, and of a bare POST."""
    request = parse_request(TASK)
    with httpx2.Client() as bare, Runware(KEY, base_url=url) as client:

        def post() -> object:
            answer = bare.post(url, content=BODY, headers=HEADERS)
            return answer.raise_for_status().json()

        works = {
            "ours": lambda: _seconds(lambda: client.run(request)),
            "bare": lambda: _seconds(post),
        }
        in_turns(works, rounds // 10 + 1)  # warms them up
        found = in_turns(works, rounds)
    return median(found["ours"]), median(found["bare"])


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def many_at_once(url: str, rounds: int) -> tuple[float, float]:
    """Return the median seconds of concurrent async runs, and of bare POSTs."""
    limits = httpx2.Limits(max_connections=CALLS, max_keepalive_connections=CALLS)
    async with (
        httpx2.AsyncClient(limits=limits) as bare,
        AsyncRunware(KEY, base_url=url, concurrency=CALLS) as client,
    ):

        async def post(task: dict[str, str]) -> object:
            body = json.dumps([task]).encode()
            answer = await bare.post(url, content=body, headers=HEADERS, timeout=60)
            return answer.raise_for_status().json()

        async def burst(works: Iterable[Awaitable[object]]) -> float:
            began = time.perf_counter()
            await asyncio.gather(*works)
            return time.perf_counter() - began

        times: list[tuple[float, float]] = []
        for _ in range(rounds + 2):
            tasks = [{**TASK, "taskUUID": str(uuid4())} for _ in range(TOGETHER)]
            ours = await burst([client.run(parse_request(task)) for task in tasks])
            times.append((ours, await burst(map(post, tasks))))
    ours, plain = zip(*times[2:], strict=True)
    return median(ours), median(plain)


def _row(what: str, ours: float, bare: float, *, limit: float) -> Row:
    return at_most(
        f"{what}, beside bare POSTs of the same bytes",
        ours / bare,
        limit,
        "{:.2f}×",
        figures=f"{1000 * ours:.2f} ms against {1000 * bare:.2f} ms",
        headline=True,
    )


if __name__ == "__main__":
    script.main(__doc__, measured)
