"""The ledger: the tasks that were accepted, run, billed and collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from runware_codegen.documents.members import array_of, text_of
from runware_codegen.mock.faults import Fault
from runware_codegen.mock.items import Item
from runware_codegen.mock.tasks import Task


class Ledger:
    """The accepted tasks by their taskUUID, and counts of exchanges and faults.

    Attributes:
        exchanges: The number of POST requests and WebSocket messages.
        dry_runs: The number of tasks that were priced and not run.
        faults: The number of faults of each kind.
    """

    def __init__(self) -> None:
        self.exchanges = 0
        self.dry_runs = 0
        self.faults: Counter[str] = Counter()
        self._tasks: dict[str, Task] = {}

    def find(self, uuid: str) -> Task | None:
        """Return the task of a taskUUID; None if it was never accepted."""
        return self._tasks.get(uuid.casefold())

    def add(self, task: Task) -> None:
        """Add a task that was accepted."""
        self._tasks[task.uuid.casefold()] = task

    def collect(self, items: Iterable[Item]) -> None:
        """Record items that were completely written to a client."""
        for item in items:
            if task := self.find(text_of(item, "taskUUID")):
                task.note_collected(item)
            self.collect(array_of(item.get("response"), "data"))

    def note_fault(self, fault: Fault | None) -> None:
        """Count a fault."""
        if fault is not None:
            self.faults[fault] += 1

    def clear(self) -> None:
        """Remove all tasks and counts."""
        self.exchanges = self.dry_runs = 0
        self.faults.clear()
        self._tasks.clear()

    def to_json(self) -> Item:
        """Return the ledger as JSON."""
        entries = {task.uuid: _entry(task) for task in self._tasks.values()}
        counts = ("accepted", "run", "billed", "cost")
        totals = {name: sum(e[name] for e in entries.values()) for name in counts}
        lists = ("results", "collected")
        totals |= {name: sum(len(e[name]) for e in entries.values()) for name in lists}
        return {
            "tasks": entries,
            "totals": {
                "tasks": len(entries),
                **totals,
                "cost": round(totals["cost"], 6),
                "statuses": Counter(entry["status"] for entry in entries.values()),
            },
            "exchanges": self.exchanges,
            "dryRuns": self.dry_runs,
            "faults": dict(self.faults),
        }


def _entry(task: Task) -> Item:
    billed = [run for run in task.runs if run.is_billed]
    prices = [task.schema.price for run in billed for _ in run.results]
    return {
        "taskType": task.schema.task_type,
        "model": task.wire.get("model"),
        "delivery": task.delivery,
        "accepted": len(task.runs),
        "run": len(task.runs),
        "billed": len(billed),
        "cost": round(sum(prices), 6),
        "results": [result.id for run in task.runs for result in run.ready()],
        "collected": list(task.collected),
        "status": task.status,
    }
