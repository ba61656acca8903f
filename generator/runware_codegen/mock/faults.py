"""Faults: which exchange fails, and how."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING

from runware_codegen.mock.items import RefusalError, error_item

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

HEADER = "x-mock-fault"
"""The header of a request that names the fault for its exchange."""

NONE = "none"
"""What that header says for an exchange without a fault."""


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

    ITEM_ERROR = "item-error"
    """The tasks are accepted; of several results one fails, first of all."""

    LATE_ACCEPTANCE = "late-acceptance"
    """The connection is closed, and the tasks are accepted some time after that."""

    LATE_ANSWER = "late-answer"
    """The answer is made in time and sent late; meanwhile more may have happened."""

    REPEATED = "repeated"
    """A gateway delivers the request twice; the second answer reaches the client."""

    REDIRECT_AWAY = "redirect-away"
    """The tasks are accepted; the answer is a redirect to a port where nobody is."""

    REDIRECT_BACK = "redirect-back"
    """The tasks are accepted; the answer is a redirect to the same address."""

    ODD_ERROR = "odd-error"
    """500, 502, 503 or 504 with an unusual body; the tasks were accepted or not."""

    TOO_MANY = "too-many"
    """413 for a request of two elements or more; nothing was accepted."""

    POLL_EMPTY = "poll-empty"
    """getResponse gets no items, whatever the tasks' state."""

    POLL_NOT_FOUND = "poll-not-found"
    """getResponse gets taskFailedOrNotFound for each task, whatever its state."""

    POLL_REFUSED = "poll-refused"
    """getResponse itself is refused, with HTTP 200 or 400; names may be missing."""

    POLL_POISONED = "poll-poisoned"
    """One of several getResponse is refused by name, and the others with it."""

    POLL_STATUS = "poll-status"
    """Running tasks have items with status processing."""

    POLL_PROGRESS = "poll-progress"
    """Running tasks have items with the UUID of a result and progress, no status."""

    OTHER_STATUS = "other-status"
    """Every item has a status that is in no document, and other members with it."""

    MORE_MEMBERS = "more-members"
    """Acknowledgements have a cost and an estimated time."""

    ODD_MEMBER = "odd-member"
    """One member of each result has a value that it should not have."""

    SIGNED_ANEW = "signed-anew"
    """Every URL has another signature in its query."""

    COST_LATER = "cost-later"
    """Results come without their cost, which the next answer has."""

    PARTS = "parts"
    """Only the first half of the items is in the answer."""


OVER_HTTP = frozenset(Fault) - {Fault.WS_DROP}
"""The faults that a POST can have."""

AT_HANDSHAKE = frozenset({Fault.REFUSE})
"""The fault that the opening of a WebSocket can have."""

OVER_SOCKET = frozenset(Fault) - {
    Fault.REFUSE,
    Fault.DROP_DURING,
    Fault.BAD_GATEWAY,
    Fault.TRUNCATED,
    Fault.REPEATED,
    Fault.REDIRECT_AWAY,
    Fault.REDIRECT_BACK,
    Fault.ODD_ERROR,
}
"""The faults that a message of a WebSocket can have."""

MAYBE_ACCEPTED = frozenset({Fault.ERROR_500, Fault.BAD_GATEWAY, Fault.ODD_ERROR})
"""The faults before or after which the tasks are accepted, by chance."""

OF_POLLS = frozenset(
    {
        Fault.POLL_EMPTY,
        Fault.POLL_NOT_FOUND,
        Fault.POLL_REFUSED,
        Fault.POLL_POISONED,
    }
)
"""The faults of a request that is nothing but getResponse."""

LASTING = frozenset({Fault.NEVER, Fault.FAIL, Fault.ITEM_ERROR})
"""The faults that decide about a task itself; a mix of all kinds leaves them out."""


class Faults:
    """Draws the faults of exchanges, the same in the same order for the same seed.

    Attributes:
        random: The source of all that faults leave to chance.
    """

    def __init__(self, shares: Mapping[Fault, float], mixed: float, seed: int) -> None:
        """Take the shares.

        Args:
            shares: The share of exchanges that have a fault, from 0 to 1, by kind.
            mixed: The share of exchanges that have any fault but a lasting one.
            seed: Where random numbers begin.
        """
        self._shares = dict(shares)
        self._mixed = mixed
        self.random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def draw(
        self, possible: Collection[Fault], headers: Mapping[str, str]
    ) -> Fault | None:
        """Choose the fault of an exchange; None for an exchange without one.

        Args:
            possible: The faults that the exchange can have.
            headers: Those of the request, by their names in lower case.

        Raises:
            RefusalError: A header names a fault that there is not.
        """
        if HEADER in headers:
            return _named(headers[HEADER], possible)
        point = self.random.random()
        for fault, share in self._shares.items():
            if point < share:
                return fault if fault in possible else None
            point -= share
        if point < self._mixed:
            mix = sorted(frozenset(possible) - LASTING)
            return self.random.choice(mix) if mix else None
        return None

    def coin(self) -> bool:
        """Decide by chance."""
        return self.random.random() < 0.5


def _named(name: str, possible: Collection[Fault]) -> Fault | None:
    if name == NONE:
        return None
    if name not in set(Fault):
        message = f"{HEADER} has to be {NONE} or one of {', '.join(Fault)}."
        raise RefusalError(400, error_item("invalidFault", message))
    return Fault(name) if Fault(name) in possible else None
