"""Changes of items by faults, before the items are sent."""

from __future__ import annotations

import random
from typing import Any, TypeVar

from runware_codegen.documents.members import text_of, with_texts
from runware_codegen.mock.faults import Fault
from runware_codegen.mock.items import UTILITIES, Item

T = TypeVar("T")

ACKNOWLEDGED = frozenset({"taskType", "taskUUID"})
"""The names of the members of an acknowledgement."""

RUNNING = (
    {"status": "queued", "position": 3},
    {"status": "running", "message": "warming up"},
    {"status": "PROCESSING", "eta": 9},
    {"status": "in_progress", "estimatedTime": 30},
)
"""Members of an unfinished item, with statuses that no document has."""

_UNFINISHED = frozenset(members["status"] for members in RUNNING)

_INVALID: tuple[tuple[str, Any], ...] = (
    ("status", {}),
    ("progress", "soon"),
    ("cost", 10**400),
    ("resultIndex", None),
)
"""Members with invalid values. The cost of a result is not replaced."""


def selected(items: list[T], fault: Fault | None) -> list[T]:
    """Return the items to send, in order: all, each twice, or some of them."""
    if fault is Fault.DUPLICATE_ITEMS:
        return [item for item in items for _ in range(2)]
    if fault is Fault.REORDER_ITEMS:
        return items[::-1]
    if fault is Fault.PARTS:
        return items[: (len(items) + 1) // 2]
    return items


def altered(item: Item, fault: Fault | None, rng: random.Random) -> Item:
    """Return an item as it is sent."""
    if not text_of(item, "taskUUID") or item["taskType"] in UTILITIES:
        return item
    if item.keys() <= ACKNOWLEDGED:
        if fault is Fault.MORE_MEMBERS:
            return item | {"cost": 0.5, "estimatedTime": 30}
        return item | rng.choice(RUNNING) if fault is Fault.OTHER_STATUS else item
    if "progress" in item or item.get("status") in _UNFINISHED:
        is_other = fault is Fault.OTHER_STATUS
        return _without(item, "progress") | rng.choice(RUNNING) if is_other else item
    match fault:
        case Fault.OTHER_STATUS:
            return item | {"status": "COMPLETED", "finishedBy": "worker-3"}
        case Fault.ODD_MEMBER:
            unpaid = [odd for odd in _INVALID if odd[0] != "cost" or "cost" not in item]
            return item | dict([rng.choice(unpaid)])
        case Fault.NEW_SIGNATURE:
            return {n: _signed(v, f"{rng.getrandbits(32):x}") for n, v in item.items()}
        case Fault.COST_LATER:
            return _without(item, "cost")
        case _:
            return item


def _without(item: Item, name: str) -> Item:
    return {member: value for member, value in item.items() if member != name}


def _signed(value: Any, signature: str) -> Any:
    """Return a JSON value with a signature in each of its URLs."""

    def changed(text: str) -> str:
        is_url = text.startswith(("http://", "https://"))
        return f"{text}?signature={signature}" if is_url else text

    return with_texts(value, changed)
