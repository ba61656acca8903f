"""Faults: which exchanges fail, and how."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from enum import StrEnum

from runware_codegen.mock.items import RefusalError, error_item

HEADER = "x-mock-fault"
"""The request header that selects the fault of its exchange."""

NONE = "none"
"""The value of that header for an exchange without a fault."""


class Fault(StrEnum):
    """The kinds of faults."""

    REFUSE = "refuse"
    """The connection is reset before the body is read, so the task is in doubt."""

    DROP_BEFORE = "drop-before"
    """The body is read, and the connection is closed; nothing was accepted."""

    DROP_AFTER = "drop-after"
    """The tasks are accepted, and the connection is closed without a response."""

    DROP_DURING = "drop-during"
    """The tasks are accepted, and the connection is closed during the response."""

    DELAY = "delay"
    """The response is late."""

    RATE_LIMIT = "rate-limit"
    """429 with Retry-After; nothing was accepted."""

    UNAVAILABLE = "unavailable"
    """503 with Retry-After; nothing was accepted."""

    ERROR_500 = "error-500"
    """500; the tasks were accepted or not."""

    BAD_GATEWAY = "bad-gateway"
    """502 with a page of a proxy; the tasks were accepted or not."""

    TRUNCATED = "truncated"
    """200 with truncated JSON."""

    DUPLICATE_ITEMS = "duplicate-items"
    """Every item is in the response twice."""

    REORDER_ITEMS = "reorder-items"
    """The items are in the opposite order."""

    WS_DROP = "ws-drop"
    """The WebSocket is closed between two items."""

    NEVER = "never"
    """The tasks are accepted, and never finish."""

    FAIL = "fail"
    """The tasks are accepted, and fail later."""

    ITEM_ERROR = "item-error"
    """The tasks are accepted; one of several results fails, before the others."""

    LATE_ACCEPTANCE = "late-acceptance"
    """The connection is closed, and the tasks are accepted after a delay."""

    LATE_ANSWER = "late-answer"
    """The response is sent after a delay, so it may be outdated."""

    REPEATED = "repeated"
    """A gateway delivers the request twice; the client gets the second response."""

    REDIRECT_AWAY = "redirect-away"
    """The tasks are accepted; the response is a redirect to a closed port."""

    REDIRECT_BACK = "redirect-back"
    """The tasks are accepted; the response is a redirect to the same URL."""

    ODD_ERROR = "odd-error"
    """500, 502, 503 or 504 with an unusual body; the tasks were accepted or not."""

    TOO_MANY = "too-many"
    """413 for a request of two or more elements; nothing was accepted."""

    POLL_EMPTY = "poll-empty"
    """getResponse gets no items, for tasks in any state."""

    POLL_NOT_FOUND = "poll-not-found"
    """getResponse gets taskFailedOrNotFound for each task, in any state."""

    POLL_REFUSED = "poll-refused"
    """getResponse itself is refused, with HTTP 200 or 400, perhaps without names."""

    POLL_POISONED = "poll-poisoned"
    """One of several getResponse tasks is refused by name, and so are the others."""

    POLL_STATUS = "poll-status"
    """Running tasks have items with status processing."""

    POLL_PROGRESS = "poll-progress"
    """Running tasks have items with the UUID of a result and progress, without status."""

    OTHER_STATUS = "other-status"
    """Every item has a status that no document has, and more such members."""

    MORE_MEMBERS = "more-members"
    """Acknowledgements have a cost and an estimated time."""

    ODD_MEMBER = "odd-member"
    """One member of each result has an invalid value."""

    NEW_SIGNATURE = "new-signature"
    """Every URL has a new signature in its query."""

    COST_LATER = "cost-later"
    """Results come without their cost; the next response has it."""

    PARTS = "parts"
    """Only the first half of the items is in the response."""


OVER_HTTP = frozenset(Fault) - {Fault.WS_DROP}
"""The faults that a POST can have."""

AT_HANDSHAKE = frozenset({Fault.REFUSE})
"""The fault that the handshake of a WebSocket can have."""

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
"""The faults with which the tasks are accepted or not, at random."""

OF_POLLS = frozenset(
    {Fault.POLL_EMPTY, Fault.POLL_NOT_FOUND, Fault.POLL_REFUSED, Fault.POLL_POISONED}
)
"""The faults of a request with getResponse tasks only."""

LASTING = frozenset({Fault.NEVER, Fault.FAIL, Fault.ITEM_ERROR})
"""The faults that determine the outcome of a task; a mix of faults excludes them."""


class Faults:
    """Draws the faults of exchanges; equal seeds give equal sequences.

    Attributes:
        random: The source of randomness.
    """

    def __init__(self, shares: Mapping[Fault, float], mixed: float, seed: int) -> None:
        """Create a source of faults.

        Args:
            shares: The share of exchanges that have a fault, from 0 to 1, by kind.
            mixed: The share of exchanges with any fault except lasting ones.
            seed: The seed of random numbers.
        """
        self._shares = dict(shares)
        self._mixed = mixed
        self.random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def draw(
        self, possible: Collection[Fault], headers: Mapping[str, str]
    ) -> Fault | None:
        """Draw the fault of an exchange; None for an exchange without a fault.

        Args:
            possible: The faults that the exchange can have.
            headers: The headers of the request, by lower-case name.

        Raises:
            RefusalError: If the header names an unknown fault.
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
        """Return true or false at random."""
        return self.random.random() < 0.5


def _named(name: str, possible: Collection[Fault]) -> Fault | None:
    if name == NONE:
        return None
    if name not in set(Fault):
        message = f"{HEADER} must be {NONE} or one of {', '.join(Fault)}."
        raise RefusalError(400, error_item("invalidFault", message))
    return Fault(name) if Fault(name) in possible else None
