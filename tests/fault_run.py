"""The fault run: many tasks, many faults, and at the end the books have to agree.

A local Runware fails at a share of its exchanges; programs that use the client run
tasks of mixed types and deliveries, from threads and from asyncio; some are killed and
started again. Then its ledger and their journals are compared: each task has run once,
was billed once, and all its results were collected.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fault_journal import entries
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mocking import Mock

TOP = Path(__file__).parent.parent
WORKER = Path(__file__).parent / "fault_worker.py"
WORKERS = ("threads", "asyncio", "threads", "asyncio")
LONGEST = 600.0


class Figures(NamedTuple):
    """What a run came to."""

    tasks: int
    results: int
    exchanges: int
    faults: int
    kills: int
    lost: int
    twice: int
    altered: int
    seconds: float

    def __str__(self) -> str:
        share = self.faults / self.exchanges
        return (
            f"{self.tasks:,} tasks with {self.results:,} results in {self.seconds:.0f} s\n"
            f"{self.exchanges:,} exchanges, {self.faults:,} of them with a fault "
            f"({share:.0%}); {self.kills} processes killed\n"
            f"{self.lost} lost, {self.twice} paid for twice, {self.altered} altered"
        )

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost, and nothing paid for twice."""
        return not (self.lost or self.twice or self.altered)


def mixed_tasks(number: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield tasks of mixed types and deliveries."""
    for _ in range(number):
        task: dict[str, Any] = {
            "taskUUID": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "includeCost": True,
        }
        if rng.random() < 0.7:
            task |= {"taskType": "imageInference", "model": "runware:101@1"}
            task |= {"positivePrompt": "a chair", "width": 512, "height": 512}
            task["deliveryMethod"] = rng.choice(["sync", "async"])
        else:
            messages = [{"role": "user", "content": "Say something."}]
            task |= {"taskType": "textInference", "model": "test:text@1"}
            task |= {"messages": messages}
            task["deliveryMethod"] = rng.choice(["sync", "async", "stream"])
        if task["taskType"] == "imageInference" and rng.random() < 0.5:
            task["numberResults"] = rng.randint(2, 4)
        yield task


def fault_run(
    number: int, seed: int, *, share: float = 0.3, kills: int = 6, naive: bool = False
) -> Figures:
    """Run tasks under faults and compare the books.

    Args:
        number: How many tasks.
        seed: Where random numbers begin: those of the tasks, the faults and the kills.
        share: The share of exchanges that have a fault.
        kills: How many processes are killed.
        naive: Use a client that sends again what may have been accepted.
    """
    rng = random.Random(seed)
    began = time.monotonic()
    options = [
        *("--faults", str(share), "--seed", str(seed), "--latency", "0.1"),
        *("--repeated-task", "run", "--retry-after", "0", "--delay", "0.3"),
    ]
    with tempfile.TemporaryDirectory() as name, mocking(*options) as mock:
        workers = [
            _Worker(Path(name), place, kind, mock.url, naive=naive)
            for place, kind in enumerate(WORKERS)
        ]
        tasks = [*mixed_tasks(number, rng)]
        for place, worker in enumerate(workers):
            worker.give(tasks[place :: len(workers)])
        _see_through(workers, rng, kills)
        collected = {
            task: items for worker in workers for task, items in worker.collected()
        }
        return _figures(mock, tasks, collected, kills, time.monotonic() - began)


class _Worker:
    """A process with its share of the tasks."""

    def __init__(
        self, folder: Path, place: int, kind: str, url: str, *, naive: bool
    ) -> None:
        self._tasks = folder / f"tasks-{place}.json"
        self._journal = folder / f"journal-{place}.jsonl"
        self._log = folder / f"log-{place}.txt"
        self._command = [sys.executable, WORKER, "--url", url, "--client", kind]
        self._command += ["--tasks", self._tasks, "--journal", self._journal]
        self._command += ["--naive"] if naive else []

    def give(self, tasks: list[dict[str, Any]]) -> None:
        """Hand the tasks over and begin."""
        self._tasks.write_text(json.dumps(tasks), encoding="utf-8")
        self.start()

    def start(self) -> None:
        """Begin, or go on with what the journal says."""
        path = os.pathsep.join([str(TOP / "generated"), str(WORKER.parent)])
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command, stderr=log, env={**os.environ, "PYTHONPATH": path}
            )

    def is_done(self) -> bool:
        """Whether it has ended well.

        Raises:
            RuntimeError: It has ended with an error.
        """
        code = self._process.poll()
        if code:
            raise RuntimeError(self._log.read_text()[-2000:])
        return code == 0

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()
        self._process.wait()

    def collected(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield the tasks that it has collected, with their results."""
        for entry in entries(self._journal):
            if "results" in entry:
                yield entry["task"], entry["results"]


def _see_through(workers: list[_Worker], rng: random.Random, kills: int) -> None:
    """Wait for the workers; kill some of them, and let them begin again."""
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.6, 1.2))
            running = [worker for worker in workers if not worker.is_done()]
            if running:
                victim = rng.choice(running)
                victim.kill()
                victim.start()
        deadline = time.monotonic() + LONGEST
        while not all(worker.is_done() for worker in workers):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the workers were not done after {LONGEST:g} s")
            time.sleep(0.05)
    finally:
        for worker in workers:
            worker.kill()


def _figures(
    mock: Mock,
    tasks: list[dict[str, Any]],
    collected: dict[str, list[Any]],
    kills: int,
    seconds: float,
) -> Figures:
    ledger = mock.ledger()
    entries = ledger["tasks"]
    lost = twice = altered = 0
    for task in tasks:
        entry, items = entries.get(task["taskUUID"]), collected.get(task["taskUUID"])
        wanted = task.get("numberResults", 1)
        if entry is None or items is None or len(items) < wanted:
            lost += 1
        elif entry["run"] != 1 or entry["billed"] != 1:
            twice += 1
        elif len(items) != wanted or not _are_those(items, entry):
            altered += 1
    return Figures(
        len(tasks),
        sum(map(len, collected.values())),
        ledger["exchanges"],
        sum(ledger["faults"].values()),
        kills,
        lost,
        twice,
        altered,
        seconds,
    )


def _are_those(items: list[Any], entry: dict[str, Any]) -> bool:
    """Whether the results of a client are those that the ledger knows, and cost that."""
    names = [item["imageUUID"] for item in items if "imageUUID" in item]
    cost = sum(item["cost"] for item in items)
    return abs(cost - entry["cost"]) < 1e-9 and (
        not names or sorted(names) == sorted(entry["results"])
    )


def main() -> None:
    """Run as a command: print the figures; exit 1 when the books do not agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.3)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--naive", action="store_true")
    given = parser.parse_args()
    figures = fault_run(
        given.tasks,
        given.seed,
        share=given.faults,
        kills=given.kills,
        naive=given.naive,
    )
    sys.stdout.write(f"{figures}\n")
    sys.exit(0 if figures.is_right else 1)


if __name__ == "__main__":
    main()
