"""What the client costs beside a bare POST of the same bytes to the same server.

Prints ratios of medians, measured side by side against the mock on this machine:

    python benchmarks/client_overhead.py
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx2

TOP = Path(__file__).parent.parent
sys.path.insert(0, str(TOP / "generated"))

from runware_client import AsyncRunware, Runware, parse_request  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

KEY = "key"
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
TASK = {
    "taskType": "imageInference",
    "taskUUID": "00000000-0000-4000-8000-000000000000",
    "model": "runware:101@1",
    "positivePrompt": "a chair",
}
ROUNDS, WARM_UP = 500, 50
TOGETHER, BURSTS = 200, 15


@contextmanager
def mock() -> Iterator[str]:
    """Run the mock, which takes the same task again and again."""
    command = [sys.executable, "-m", "runware_codegen", "mock", "--port", "0"]
    command += ["--repeated-task", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [url] = re.findall(r"http://\S+/v1", process.stdout.readline())
            yield url
        finally:
            process.terminate()


def one_at_a_time(url: str) -> float:
    """Compare a sync run with a bare POST; give the ratio of their medians."""
    request, body = parse_request(TASK), json.dumps([TASK]).encode()
    with httpx2.Client() as bare, Runware(KEY, base_url=url) as client:

        def post() -> object:
            answer = bare.post(url, content=body, headers=HEADERS)
            return answer.raise_for_status().json()

        return _ratio(post, lambda: client.run(request))


def _ratio(bare: Callable[[], object], ours: Callable[[], object]) -> float:
    times: dict[Any, list[float]] = {bare: [], ours: []}
    for round_number in range(WARM_UP + ROUNDS):
        for work, taken in times.items():
            began = time.perf_counter()
            work()
            if round_number >= WARM_UP:
                taken.append(time.perf_counter() - began)
    return median(times[ours]) / median(times[bare])


async def many_at_once(url: str) -> float:
    """Compare concurrent async runs with bare POSTs; give the ratio of their medians."""
    request, body = parse_request(TASK), json.dumps([TASK]).encode()
    async with httpx2.AsyncClient() as bare, AsyncRunware(KEY, base_url=url) as client:

        async def post() -> object:
            answer = await bare.post(url, content=body, headers=HEADERS, timeout=60)
            return answer.raise_for_status().json()

        async def burst(work: Callable[[], Awaitable[object]]) -> float:
            began = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(TOGETHER)))
            return time.perf_counter() - began

        times = [
            (await burst(post), await burst(lambda: client.run(request)))
            for _ in range(BURSTS)
        ]
    plain, ours = zip(*times[2:], strict=True)
    return median(ours) / median(plain)


def main() -> None:
    """Print the ratios."""
    with mock() as url:
        print(f"one task at a time, sync: {one_at_a_time(url):.2f} of a bare POST")
        ratio = asyncio.run(many_at_once(url))
        print(f"{TOGETHER} tasks at once, async: {ratio:.2f} of bare POSTs")


if __name__ == "__main__":
    main()
