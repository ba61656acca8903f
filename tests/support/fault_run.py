"""The fault run: runs many tasks under many faults, and checks the bills and results.

A mock of Runware injects faults into a share of its exchanges. Worker programs use the
client to run tasks of mixed types and deliveries, from threads and from asyncio. Some
workers are killed and started again. At the end, the tasks that they abandoned are
collected without faults, only by their handles. Then the mock's ledger is compared with
the workers' journals: no task ran twice, and all billed results were collected
unchanged.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fault_journal import entries
from forks import CLIENT, Forked
from mocking import mocking

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

TOP = Path(__file__).parents[2]
WORKER = Path(__file__).parent / "fault_worker.py"
LONGEST = 600.0

TIMEOUT = 2.0
"""Seconds that a program waits for a task. It waits twice, then abandons the task."""

PLAIN = (
    *("refuse", "drop-before", "drop-after", "drop-during", "delay", "rate-limit"),
    *("unavailable", "error-500", "bad-gateway", "truncated", "duplicate-items"),
    "reorder-items",
)
"""Faults of networks. The faults of a platform have equal parts of the share."""

LEARNED = (
    *("late-acceptance", "late-answer", "redirect-away", "redirect-back", "odd-error"),
    *("too-many", "poll-empty", "poll-not-found", "poll-refused", "poll-poisoned"),
    *("poll-status", "poll-progress", "other-status", "more-members", "odd-member"),
    *("new-signature", "cost-later", "parts", "ws-drop"),
)
"""Faults of platforms and gateways. They have equal parts of the share too."""

LASTING = ("fail", "item-error")
"""Faults that make a task fail for good. Each has a small share of its own."""

SHARE_OF_LASTING = 0.01

VERDICTS = ("lost", "twice", "altered", "never accepted")
"""What may be wrong with a task. The last one costs nothing."""


class Platform(NamedTuple):
    """The settings of a mock, and of the programs that use it.

    Attributes:
        options: Options of the mock.
        faults: The faults that it injects.
        client: Options of the programs' clients.
        lasting: The faults that make tasks fail for good.
        clients: The kind of client of each program.
        shapes: Whether there are 3D tasks, whose results have no UUID at the top level.
    """

    options: tuple[str, ...]
    faults: tuple[str, ...]
    client: dict[str, Any]
    lasting: tuple[str, ...] = LASTING
    clients: tuple[str, ...] = ("threads", "asyncio", "threads", "websocket")
    shapes: bool = True


def _platform(
    repeated_task: str, resend: str, unknown_task: str, running_task: str, *more: str
) -> Platform:
    """Make a platform with the faults `PLAIN`, `LEARNED` and `more`."""
    options = (
        *("--max-tasks", "20", "--repeated-task", repeated_task),
        *("--unknown-task", unknown_task, "--running-task", running_task),
    )
    client = {"timeout": TIMEOUT, "resend": resend}
    return Platform(options, (*PLAIN, *LEARNED, *more), client=client)


PLATFORMS = {
    "plain": Platform(
        (
            *("--repeated-task", "refuse-async", "--unknown-task", "not-found"),
            *("--running-task", "status"),
        ),
        PLAIN,
        lasting=(),
        clients=("threads", "asyncio", "threads", "asyncio"),
        client={"timeout": TIMEOUT},
        shapes=False,
    ),
    "refuse": _platform("refuse", "eager", "empty", "unknown", "repeated"),
    "refuse-safe": _platform("refuse", "safe", "empty", "partial", "repeated"),
    "refuse-async": _platform("refuse-async", "safe", "failed-or-not-found", "unknown"),
    "run": _platform("run", "never", "failed-or-not-found", "progress"),
}
"""Platforms by how they treat a known taskUUID, and by `resend` of the clients.

They also differ in what getResponse returns. The fault `repeated` is used only where a
repeated request is not billed twice.
"""


class Figures(NamedTuple):
    """The totals of a run."""

    tasks: int
    results: int
    exchanges: int
    faults: int
    kills: int
    seconds: float
    verdicts: Counter[str]

    def __str__(self) -> str:
        share = self.faults / self.exchanges
        lost, twice, altered, never = (self.verdicts[name] for name in VERDICTS)
        return (
            f"{self.tasks:,} tasks with {self.results:,} results in {self.seconds:.0f} s\n"
            f"{self.exchanges:,} exchanges, {self.faults:,} of them with a fault "
            f"({share:.0%}); {self.kills} processes killed\n"
            f"{lost} lost, {twice} paid for twice, {altered} altered"
            + (f"; {never} never accepted, and left" if never else "")
        )

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost or paid for twice, and most tasks were accepted."""
        bad = sum(self.verdicts[name] for name in VERDICTS[:3])
        return not bad and self.verdicts["never accepted"] <= self.tasks / 2


def mixed_tasks(
    number: int, rng: random.Random, *, shapes: bool
) -> Iterator[dict[str, Any]]:
    """Yield tasks of mixed types and deliveries."""
    for _ in range(number):
        task: dict[str, Any] = {
            "taskUUID": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "includeCost": rng.random() < 0.9,
        }
        kind = rng.random()
        if kind < 0.6:
            task |= {"taskType": "imageInference", "model": "runware:101@1"}
            task |= {"positivePrompt": "a chair", "width": 512, "height": 512}
            task["deliveryMethod"] = rng.choice(["sync", "async"])
        elif kind < 0.7 and shapes:
            task |= {"taskType": "3dInference", "model": "test:shape@1"}
            task |= {"positivePrompt": "a chair", "deliveryMethod": "async"}
        else:
            messages = [{"role": "user", "content": "Say something."}]
            task |= {"taskType": "textInference", "model": "test:text@1"}
            task |= {"messages": messages}
            task["deliveryMethod"] = rng.choice(["sync", "async", "stream"])
        if task["taskType"] != "textInference" and rng.random() < 0.5:
            task["numberResults"] = rng.randint(2, 4)
        yield task


def fault_run(
    number: int,
    seed: int,
    *,
    platform: Platform,
    share: float = 0.3,
    kills: int = 6,
    naive: bool = False,
) -> Figures:
    """Run tasks under faults, and compare the ledger with the journals.

    Args:
        number: The number of tasks.
        seed: The seed of the random tasks, faults and kills.
        platform: The settings of the mock and of the programs.
        share: The share of exchanges that have a fault.
        kills: The number of times that a process is killed.
        naive: Use programs that send a task again as a new task after an error.
    """
    rng = random.Random(seed)
    began = time.monotonic()
    options = [
        *("--seed", str(seed), "--latency", "0.1", "--retry-after", "0"),
        *("--delay", "0.3", *platform.options),
        *(f"--fault={kind}={share / len(platform.faults)}" for kind in platform.faults),
        *(f"--fault={kind}={SHARE_OF_LASTING}" for kind in platform.lasting),
    ]
    with tempfile.TemporaryDirectory() as folder, mocking(*options) as mock:
        kinds = ["threads"] * 4 if naive else platform.clients
        workers = [
            _Worker(Path(folder), place, kind, mock.url, platform, naive=naive)
            for place, kind in enumerate(kinds)
        ]
        tasks = [*mixed_tasks(number, rng, shapes=platform.shapes)]
        for place, worker in enumerate(workers):
            worker.give(tasks[place :: len(workers)])
        _see_through(workers, rng, kills)
        accepted = mock.ledger()["tasks"]
        for worker in workers:
            worker.collect_what_was_left(accepted)
        _see_through(workers, rng, 0)
        journals = dict(pair for worker in workers for pair in worker.journal())
        ledger = mock.ledger()
    entries = ledger["tasks"]
    has_all_costs = "cost-later" not in platform.faults
    verdicts = Counter[str]()
    for task in tasks:
        name = task["taskUUID"]
        entry, journal = entries.get(name), journals.get(name, {})
        found = verdict(task, entry, journal, has_all_costs=has_all_costs)
        verdicts[found] += 1
        if found in VERDICTS[:3] and not naive:
            sys.stderr.write(
                f"{found}: {task}\n  ledger: {entry}\n  journal: {journal}\n"
            )
    verdicts["twice"] += len(entries.keys() - {task["taskUUID"] for task in tasks})
    return Figures(
        len(tasks),
        sum(len(journal.get("results", [])) for journal in journals.values()),
        ledger["exchanges"],
        sum(ledger["faults"].values()),
        kills,
        time.monotonic() - began,
        verdicts,
    )


def verdict(
    task: dict[str, Any],
    entry: dict[str, Any] | None,
    journal: dict[str, Any],
    *,
    has_all_costs: bool,
) -> str:
    """Compare the entries of a task in the ledger and in a journal.

    Args:
        task: The task.
        entry: The ledger's entry; None if the task was never accepted.
        journal: The last entry of the journal; empty if it has none.
        has_all_costs: Whether every result has its cost, if the task requests it.

    Returns:
        The problem, one of `VERDICTS`, or `right`. A task that failed in part may be
        abandoned with its handle, if all billed results were collected.
    """
    if entry is None:
        is_left = "left" in journal
        return "never accepted" if is_left else "lost"
    if entry["run"] != 1:
        return "twice"
    items = journal.get("results")
    has_failed = len(entry["results"]) < task.get("numberResults", 1)
    if items is None or has_failed != ("failed" in journal or "left" in journal):
        return "lost"
    if len(items) < len(entry["results"]):
        return "lost"
    has_costs = not task["includeCost"] or _has_costs(items, entry, all_=has_all_costs)
    return "right" if has_costs and _are_those(items, entry) else "altered"


def _are_those(items: list[Any], entry: dict[str, Any]) -> bool:
    """Return whether the results of a client are those in the ledger."""
    names = [name for name in map(_name, items) if name]
    has_number = len(items) == len(entry["results"])
    return has_number and (not names or sorted(names) == sorted(entry["results"]))


def _has_costs(items: list[Any], entry: dict[str, Any], *, all_: bool) -> bool:
    """Return whether the costs of results match the ledger."""
    price = entry["cost"] / max(1, len(items))
    costs = [item["cost"] for item in items if "cost" in item]
    is_whole = len(costs) == len(items) or not all_
    return is_whole and all(abs(cost - price) < 1e-9 for cost in costs)


def _name(item: dict[str, Any]) -> str | None:
    """Return the UUID of an item; None if it has none."""
    if files := item.get("outputs", {}).get("files"):
        return str(files[0]["uuid"])
    return item.get("imageUUID")


class _Worker:
    """A process that runs a share of the tasks."""

    def __init__(
        self,
        folder: Path,
        place: int,
        kind: str,
        url: str,
        platform: Platform,
        *,
        naive: bool,
    ) -> None:
        self._tasks = folder / f"tasks-{place}.json"
        self._journal = folder / f"journal-{place}.jsonl"
        self._log = folder / f"log-{place}.txt"
        self._command: list[str | Path] = [WORKER, "--url", url]
        self._command += ["--tasks", self._tasks, "--journal", self._journal]
        options = platform.client | ({"max_retries": 0} if naive else {})
        self._command += ["--client", kind, "--options", json.dumps(options)]
        self._command += ["--naive"] if naive else []

    def give(self, tasks: list[dict[str, Any]]) -> None:
        """Write the tasks to a file, and start the process."""
        self._tasks.write_text(json.dumps(tasks), encoding="utf-8")
        self.start()

    def start(self) -> None:
        """Start the process, which continues from its journal if it has one."""
        with self._log.open("a") as log, Path(os.devnull).open("r+") as nothing:
            streams = [nothing.fileno(), nothing.fileno(), log.fileno()]
            self._process = Forked(
                self._command, streams, cwd=TOP, env=os.environ, imported=CLIENT
            )

    def is_done(self) -> bool:
        """Return whether the process has ended without an error.

        Raises:
            RuntimeError: It ended with an error.
        """
        code = self._process.poll()
        if code:
            raise RuntimeError(self._log.read_text()[-2000:])
        return code == 0

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        self._process.kill()

    def journal(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the done tasks with their entries. The last entry of a task counts."""
        for entry in entries(self._journal):
            if "handle" not in entry:
                yield entry["task"], entry

    def collect_what_was_left(self, accepted: Container[str]) -> None:
        """Start to collect the accepted tasks that were abandoned, by their handles."""
        left = [
            {"taskUUID": task}
            for task, entry in dict(self.journal()).items()
            if entry.get("has_handle") and task in accepted
        ]
        if left:
            self._command += ["--last", "--client", "threads"]
            self.give(left)


def _see_through(workers: list[_Worker], rng: random.Random, kills: int) -> None:
    """Wait for the workers; kill some of them, and start these again."""
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


def main() -> None:
    """Run as a command: print the totals; exit with 1 if the run is not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.3)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--platform", choices=list(PLATFORMS), default="plain")
    parser.add_argument("--naive", action="store_true")
    given = parser.parse_args()
    figures = fault_run(
        given.tasks,
        given.seed,
        platform=PLATFORMS[given.platform],
        share=given.faults,
        kills=given.kills,
        naive=given.naive,
    )
    sys.stdout.write(f"{figures}\n")
    sys.exit(0 if figures.is_right else 1)


if __name__ == "__main__":
    main()
