"""The life of a task: accepted once, run, and finished item by item as time passes.

Nothing ticks: a task knows when it began, and what is there follows from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from runware_codegen.mock.items import error_item, text_of
from runware_codegen.mock.results import Order, item_id, make_result

if TYPE_CHECKING:
    from runware_codegen.mock.catalog import Offer
    from runware_codegen.mock.items import Item


class Fate(NamedTuple):
    """What becomes of a task.

    Attributes:
        seconds: How long it takes; infinite for a task that never finishes.
        fails: Whether it fails in the end.
    """

    seconds: float
    fails: bool = False


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
        fate: What becomes of it.
        made: Its items, in the order in which they are finished; none if it fails.
    """

    began: float
    fate: Fate
    made: list[Made]

    @property
    def ends(self) -> float:
        """When it is over, on the monotonic clock."""
        return self.began + self.fate.seconds

    @property
    def is_over(self) -> bool:
        """Whether it is over."""
        return monotonic() >= self.ends

    @property
    def is_billed(self) -> bool:
        """Whether it costs something: it gave results."""
        return self.is_over and not self.fate.fails

    def ready(self) -> list[Made]:
        """The items that are finished."""
        now = monotonic()
        return [made for made in self.made if made.at <= now]

    def progress(self) -> int:
        """How much of it is done, from 0 to 99 as long as it is not over."""
        share = (
            (monotonic() - self.began) / self.fate.seconds if self.fate.seconds else 1
        )
        return min(99, int(100 * share))


@dataclass(slots=True)
class Task:
    """A task that was accepted.

    Attributes:
        wire: The task object as it was sent.
        offer: Its document.
        delivery: How it is delivered: sync, async or stream.
        runs: Each time that it was worked on; more than one only where a repeated task
            is run again.
        collected: The names of items that were written whole to a client.
    """

    wire: Item
    offer: Offer
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
        return "error" if self.run.fate.fails else "success"

    @property
    def scope(self) -> Item:
        """The members by which everything about it is matched to it."""
        return {"taskType": self.offer.task_type, "taskUUID": self.uuid}

    def begin(self, fate: Fate, seed: int, base_url: str) -> Run:
        """Start to work on it.

        Args:
            fate: What becomes of it.
            seed: Where random numbers begin.
            base_url: Where the mock's files are.
        """
        count = 0 if fate.fails else self.count
        began = monotonic()
        made: list[Made] = []
        for index in range(count):
            order = Order(self.wire, self.offer, index, len(self.runs), seed, base_url)
            item = make_result(order)
            at = began + (
                fate.seconds * (index + 1) / count if fate.seconds < inf else inf
            )
            name = item_id(item, self.uuid, index)
            made.append(Made(name, item, at, self.offer.price))
        self.runs.append(Run(began, fate, made))
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
        """The error object of a task that failed."""
        message = "The task failed on purpose, as the mock was told."
        return error_item("taskFailed", message, self.scope) | {"status": "error"}

    def news(self) -> tuple[list[Item], list[Item]]:
        """What getResponse tells: items of `data`, and those of `errors`."""
        if self.status == "error":
            return [], [self.failure()]
        ready = self.run.ready()
        data = [made.item | {"status": "success"} for made in ready]
        if not self.run.is_over:
            waiting = {"status": "processing", "progress": self.run.progress()}
            unfinished = max(1, self.count - len(ready))
            data += [self.scope | waiting for _ in range(unfinished)]
        return data, []
