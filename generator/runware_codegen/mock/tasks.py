"""The life of a task: accepted once, run, and finished item by item as time passes.

Nothing ticks: a task knows when it began, and what is there follows from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.mock.alterations import RUNNING
from runware_codegen.mock.items import error_item, text_of
from runware_codegen.mock.results import ItemSpec, item_id, make_result, own_uuids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runware_codegen.mock.catalog import ModelSchema
    from runware_codegen.mock.items import Item


class Plan(NamedTuple):
    """What becomes of a task.

    Attributes:
        seconds: How long it takes; infinite for a task that never finishes.
        fails: Whether it fails in the end.
        loses_one: Whether one of several results fails, before the others are there.
    """

    seconds: float
    fails: bool = False
    loses_one: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """One item of a task.

    Attributes:
        id: Its name in the ledger.
        item: The item, as it is sent.
        at: When it is finished, on the monotonic clock.
        cost: US dollars.
    """

    id: str
    item: Item
    at: float
    cost: float


@dataclass(slots=True)
class Run:
    """One time that a task is worked on.

    Attributes:
        began: When, on the monotonic clock.
        plan: What becomes of it.
        made: Its items, in the order in which they are finished; none if it fails.
        failed_at: When it or one of its items fails, on the same clock.
    """

    began: float
    plan: Plan
    made: list[Made]
    failed_at: float

    @property
    def ends(self) -> float:
        """When it is over, on the monotonic clock."""
        return self.began + self.plan.seconds

    @property
    def is_over(self) -> bool:
        """Whether it is over."""
        return monotonic() >= self.ends

    @property
    def is_billed(self) -> bool:
        """Whether it costs something: it gave results."""
        return self.is_over and not self.plan.fails

    def ready(self) -> list[Made]:
        """The items that are finished."""
        now = monotonic()
        return [made for made in self.made if made.at <= now]

    def progress(self) -> int:
        """How much of it is done, from 0 to 99 as long as it is not over."""
        share = (
            (monotonic() - self.began) / self.plan.seconds if self.plan.seconds else 1
        )
        return min(99, int(100 * share))


@dataclass(slots=True)
class Task:
    """A task that was accepted.

    Attributes:
        wire: The task object as it was sent.
        schema: Its document.
        delivery: How it is delivered: sync, async or stream.
        runs: Each time that it was worked on; more than one only where a repeated task
            is run again.
        collected: The names of items that were written whole to a client.
    """

    wire: Item
    schema: ModelSchema
    delivery: str
    runs: list[Run] = field(default_factory=list[Run])
    collected: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def uuid(self) -> str:
        """Its taskUUID, as it was sent."""
        return text_of(self.wire, "taskUUID")

    @property
    def webhook_url(self) -> str:
        """Where finished items are sent; empty for nowhere."""
        return text_of(self.wire, "webhookURL")

    @property
    def run(self) -> Run:
        """The last time that it was worked on."""
        return self.runs[-1]

    @property
    def status(self) -> str:
        """How far it is."""
        if not self.run.is_over:
            return "processing"
        return "error" if self.run.plan.fails else "success"

    @property
    def scope(self) -> Item:
        """The members by which everything about it is matched to it."""
        return {"taskType": self.schema.task_type, "taskUUID": self.uuid}

    def begin(self, plan: Plan, seed: int, base_url: str) -> Run:
        """Start to work on it.

        Args:
            plan: What becomes of it.
            seed: Where random numbers begin.
            base_url: Where the mock's files are.
        """
        began, count = monotonic(), self.count
        times = [began + plan.seconds * (n + 1) / count for n in range(count)]
        failed = range(0)
        if plan.fails:
            failed = range(count)
        elif plan.loses_one and count > 1:
            failed = range(1)
        made: list[Made] = []
        for index in range(len(failed), count):
            spec = ItemSpec(
                self.wire, self.schema, index, len(self.runs), seed, base_url
            )
            item = make_result(spec)
            name = item_id(item, self.uuid, index)
            made.append(Made(name, item, times[index], self.schema.price))
        failed_at = times[failed[-1]] if failed else inf
        self.runs.append(Run(began, plan, made, failed_at))
        return self.run

    @property
    def count(self) -> int:
        """How many items were ordered."""
        count = self.wire.get("numberResults", 1)
        return count if isinstance(count, int) else 1

    def note_collected(self, item: Item) -> None:
        """Note that an item was written whole to a client."""
        for run in self.runs:
            for made in run.made:
                if made.item.items() <= item.items():
                    self.collected[made.id] = None

    def failure(self) -> Item:
        """The error object of a task, or of one of its items, that failed."""
        code = "taskFailed" if self.run.plan.fails else "contentPolicyViolation"
        message = "This failed on purpose, as the mock was told."
        return error_item(code, message, self.scope) | {"status": "error"}

    def failures(self) -> list[Item]:
        """The error objects that there are so far."""
        return [self.failure()] if monotonic() >= self.run.failed_at else []

    def news(self, reading: str) -> list[Item]:
        """What getResponse tells in `data`.

        Args:
            reading: How the items in flight are told of: `status`, `progress` or
                `other-status` as members; else there is no word of them.
        """
        ready = self.run.ready()
        data = [made.item | {"status": "success"} for made in ready]
        if self.run.is_over:
            return data
        in_flight: Sequence[Made | None] = self.run.made[len(ready) :] or [None]
        return data + [
            self.scope | told
            for made in in_flight
            for told in self._told(made, reading)
        ]

    def _told(self, made: Made | None, reading: str) -> list[Item]:
        """The members that an item in flight has beside its names; none if no word."""
        progress = self.run.progress()
        match reading:
            case "status":
                return [{"status": "processing", "progress": progress}]
            case "progress":
                names = own_uuids(made.item) if made else {}
                return [{**names, "progress": progress}]
            case "other-status":
                return [RUNNING[progress % len(RUNNING)]]
            case _:
                return []
