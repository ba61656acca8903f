"""Faults: which exchange fails, and how."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING

from runware_codegen.mock.items import Refusal, error_item

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

HEADER = "x-mock-fault"
"""The header of a request that names the fault for its exchange."""


class Fault(StrEnum):
    """What goes wrong in one exchange."""

    REFUSE = "refuse"
    """The connection is reset before the body is read."""

    DROP_BEFORE = "drop-before"
    """The body is read; the connection is closed, and nothing was accepted."""

    DROP_AFTER = "drop-after"
    """The tasks are accepted, and the connection is closed without an answer."""

    DROP_DURING = "drop-during"
    """The tasks are accepted, and the connection is closed amid the answer."""

    DELAY = "delay"
    """The answer is late."""

    RATE_LIMIT = "rate-limit"
    """429 with Retry-After; nothing was accepted."""

    UNAVAILABLE = "unavailable"
    """503 with Retry-After; nothing was accepted."""

    ERROR_500 = "error-500"
    """500; the tasks were accepted or not."""

    BAD_GATEWAY = "bad-gateway"
    """502 with a page of a proxy; the tasks were accepted or not."""

    TRUNCATED = "truncated"
    """200 with JSON that breaks off."""

    DUPLICATE_ITEMS = "duplicate-items"
    """Every item stands in the answer twice."""

    REORDER_ITEMS = "reorder-items"
    """The items stand in the opposite order."""

    WS_DROP = "ws-drop"
    """The WebSocket is closed between two items."""

    NEVER = "never"
    """The tasks are accepted, and never finish."""

    FAIL = "fail"
    """The tasks are accepted, and fail in the end."""


OVER_HTTP = frozenset(Fault) - {Fault.WS_DROP}
"""The faults that a POST can have."""

AT_HANDSHAKE = frozenset({Fault.REFUSE})
"""The fault that the opening of a WebSocket can have."""

OVER_SOCKET = frozenset(
    {
        Fault.DROP_BEFORE,
        Fault.DROP_AFTER,
        Fault.DELAY,
        Fault.DUPLICATE_ITEMS,
        Fault.REORDER_ITEMS,
        Fault.WS_DROP,
        Fault.NEVER,
        Fault.FAIL,
    }
)
"""The faults that a frame of a WebSocket can have."""

LASTING = frozenset({Fault.NEVER, Fault.FAIL})
"""The faults that decide about a task itself; a mix of all kinds leaves them out."""


class Faults:
    """Draws the faults of exchanges, the same in the same order for the same seed."""

    def __init__(self, shares: Mapping[Fault, float], mixed: float, seed: int) -> None:
        """Take the shares.

        Args:
            shares: The share of exchanges that have a fault, from 0 to 1, by kind.
            mixed: The share of exchanges that have any fault but a lasting one.
            seed: Where random numbers begin.
        """
        self._shares = dict(shares)
        self._mixed = mixed
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def draw(
        self, possible: Collection[Fault], headers: Mapping[str, str]
    ) -> Fault | None:
        """Choose the fault of an exchange; None for an exchange without one.

        Args:
            possible: The faults that the exchange can have.
            headers: Those of the request, by their names in lower case.

        Raises:
            Refusal: A header names a fault that there is not.
        """
        if HEADER in headers:
            return _named(headers[HEADER], possible)
        point = self._random.random()
        for fault, share in self._shares.items():
            if point < share:
                return fault if fault in possible else None
            point -= share
        if point < self._mixed:
            mix = sorted(frozenset(possible) - LASTING)
            return self._random.choice(mix) if mix else None
        return None

    def coin(self) -> bool:
        """Decide by chance."""
        return self._random.random() < 0.5


def _named(name: str, possible: Collection[Fault]) -> Fault | None:
    if name not in set(Fault):
        message = f"{HEADER} has to be one of {', '.join(Fault)}."
        raise Refusal(400, error_item("invalidFault", message))
    return Fault(name) if Fault(name) in possible else None
