"""The state of tasks: accepted, running, and finished item by item.

There are no timers. A task stores its start time, and its state follows from the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import NamedTuple

from runware_codegen.documents.members import text_of
from runware_codegen.mock.alterations import RUNNING
from runware_codegen.mock.catalog import ModelSchema
from runware_codegen.mock.items import Item, error_item, shortened
from runware_codegen.mock.results import ItemSpec, item_id, make_result, own_uuids


class Plan(NamedTuple):
    """The planned outcome of a task.

    Attributes:
        seconds: Its duration; infinite for a task that never finishes.
        fails: Whether it fails.
        loses_one: Whether one of several results fails, before the others are finished.
    """

    seconds: float
    fails: bool = False
    loses_one: bool = False


@dataclass(frozen=True, slots=True)
class ResultItem:
    """One item of a task.

    Attributes:
        id: Its identifier in the ledger.
        item: The item as it is sent.
        finished_at: The time when it is finished, on the monotonic clock.
    """

    id: str
    item: Item
    finished_at: float


@dataclass(slots=True)
class Run:
    """One run of a task.

    Attributes:
        began: The start time, on the monotonic clock.
        plan: The planned outcome.
        results: Its items, in the order in which they are finished; none if it fails.
        failed_at: The time when it or one of its items fails, on the same clock.
    """

    began: float
    plan: Plan
    results: list[ResultItem]
    failed_at: float

    @property
    def ends(self) -> float:
        """The time when it ends, on the monotonic clock."""
        return self.began + self.plan.seconds

    @property
    def is_finished(self) -> bool:
        """Whether it has ended."""
        return monotonic() >= self.ends

    @property
    def is_billed(self) -> bool:
        """Whether it is billed: it has results."""
        return self.is_finished and not self.plan.fails

    def ready(self) -> list[ResultItem]:
        """The finished items."""
        now = monotonic()
        return [result for result in self.results if result.finished_at <= now]

    def progress(self) -> int:
        """The progress in percent, at most 99 while it runs."""
        seconds = self.plan.seconds
        return (
            min(99, int(100 * (monotonic() - self.began) / seconds)) if seconds else 99
        )


@dataclass(slots=True)
class Task:
    """A task that was accepted.

    Attributes:
        wire: The task object as it was sent; once it has begun, without long texts.
        schema: Its document.
        delivery: Its delivery method: sync, async or stream.
        runs: Its runs; more than one only if a repeated task runs again.
        collected: The identifiers of items that were completely written to a client.
    """

    wire: Item
    schema: ModelSchema
    delivery: str
    runs: list[Run] = field(default_factory=list[Run])
    collected: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def uuid(self) -> str:
        """Its taskUUID."""
        return text_of(self.wire, "taskUUID")

    @property
    def webhook_url(self) -> str:
        """The URL to which finished items are sent, or empty."""
        return text_of(self.wire, "webhookURL")

    @property
    def run(self) -> Run:
        """The last run."""
        return self.runs[-1]

    @property
    def status(self) -> str:
        """Its status."""
        if not self.run.is_finished:
            return "processing"
        return "error" if self.run.plan.fails else "success"

    @property
    def scope(self) -> Item:
        """The members that identify the task in a response."""
        return {"taskType": self.schema.task_type, "taskUUID": self.uuid}

    def begin(self, plan: Plan, seed: int, base_url: str) -> None:
        """Start a run.

        Args:
            plan: The planned outcome.
            seed: The seed of random numbers.
            base_url: The URL of the mock's files.
        """
        began, count = monotonic(), self.count
        times = [began + plan.seconds * (n + 1) / count for n in range(count)]
        lost = 1 if plan.loses_one and count > 1 else 0
        failed = range(count if plan.fails else lost)
        results: list[ResultItem] = []
        for index in range(len(failed), count):
            spec = ItemSpec(
                self.wire, self.schema, index, len(self.runs), seed, base_url
            )
            item = make_result(spec)
            name = item_id(item, self.uuid, index)
            results.append(ResultItem(name, item, times[index]))
        failed_at = times[failed[-1]] if failed else inf
        self.runs.append(Run(began, plan, results, failed_at))
        self.wire = shortened(self.wire)

    @property
    def count(self) -> int:
        """The number of items that the task requests."""
        count = self.wire.get("numberResults", 1)
        # In JSON, 2.0 is an integer.
        is_whole = isinstance(count, int | float) and count % 1 == 0
        return int(count) if is_whole else 1

    def note_collected(self, item: Item) -> None:
        """Record an item that was completely written to a client."""
        for run in self.runs:
            for result in run.results:
                if result.item.items() <= item.items():
                    self.collected[result.id] = None

    def failure(self) -> Item:
        """The error object of the task, or of one of its items."""
        code = "taskFailed" if self.run.plan.fails else "contentPolicyViolation"
        message = "A fault of the mock makes this task fail."
        return error_item(code, message, self.scope) | {"status": "error"}

    def failures(self) -> list[Item]:
        """The error objects so far."""
        return [self.failure()] if monotonic() >= self.run.failed_at else []

    def poll_items(self, running_form: str) -> list[Item]:
        """Return the items that getResponse has in `data`.

        Args:
            running_form: The form of unfinished items: with `status`, `progress` or
                `other-status` as members; else they are omitted.
        """
        ready = self.run.ready()
        data = [result.item | {"status": "success"} for result in ready]
        if self.run.is_finished:
            return data
        progress = self.run.progress()
        unfinished: Sequence[ResultItem | None] = self.run.results[len(ready) :]
        for result in unfinished or [None]:
            match running_form:
                case "status":
                    more: Item = {"status": "processing", "progress": progress}
                case "progress":
                    uuids = own_uuids(result.item) if result else {}
                    more = {**uuids, "progress": progress}
                case "other-status":
                    more = dict(RUNNING[progress % len(RUNNING)])
                case _:
                    break
            data.append(self.scope | more)
        return data
