"""The life of a task: what each event makes of its state, and what to do next.

This table decides what is sent, polled, returned and given up. It needs no I/O.

Invariants:
    1. A task is UNSENT only while the server certainly does not have it: nothing of it
       was sent, or every sending so far was rejected.
    2. Once one sending may have been accepted, no later sending makes a task UNSENT.
       Only its own result, its own failure or a conflict tells where it stands.
    3. Only FINISHED, FAILED and, on a first sending, REFUSED end a task. No event of a
       poll that is about the poll itself ends one.
    4. An ACCEPTED task is never sent again.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Phase(Enum):
    """What the client knows of a task."""

    UNSENT = "unsent"
    """The server certainly does not have it."""

    SENDING = "sending"
    """A sending is under way; every earlier one was rejected."""

    IN_DOUBT = "in doubt"
    """The server may have it."""

    RESENDING = "resending"
    """Another sending is under way; the server may have the task from an earlier one."""

    ACCEPTED = "accepted"
    """The server has it."""

    DONE = "done"
    """All its results are there, or the failure that ended it."""


class TaskEvent(Enum):
    """What an exchange with the server says about one task."""

    SENT = "sent"
    """It is being sent."""

    NOT_SENT = "not sent"
    """Nothing of the request left this machine."""

    REJECTED = "rejected"
    """The server turned the call away, for now: 429, 503 with Retry-After, 413."""

    REFUSED = "refused"
    """The server refused the task, for good: 4xx."""

    CONFLICT = "conflict"
    """The server knows the taskUUID already: it has the task."""

    UNCLEAR = "unclear"
    """There is no answer to a sending, or none that speaks of the task."""

    PROGRESS = "progress"
    """An acknowledgement, a status, or some of the results."""

    FINISHED = "finished"
    """All results are there."""

    FAILED = "failed"
    """The task's own failure."""

    SILENCE = "silence"
    """A poll was answered without a word of the task."""

    NOT_FOUND = "not found"
    """A poll was answered: there is no such task, or none yet, or it failed."""

    POLL_FAILED = "poll failed"
    """A poll has no answer, or was turned away for now."""

    POLL_REFUSED = "poll refused"
    """The server refused the poll, for good."""


class Action(Enum):
    """What is done next about a task."""

    NOTHING = "wait for the answer"
    RETRY = "send again after a pause"
    POLL = "poll; in doubt, send again as the policy `resend` allows"
    END = "return the results or raise the failure"
    LEAVE = "raise the error; it has the task's handle"


_P, _E, _A = Phase, TaskEvent, Action

TRANSITIONS: Final = {
    (_P.UNSENT, _E.SENT): (_P.SENDING, _A.NOTHING),
    (_P.SENDING, _E.NOT_SENT): (_P.UNSENT, _A.RETRY),
    (_P.SENDING, _E.REJECTED): (_P.UNSENT, _A.RETRY),
    (_P.SENDING, _E.REFUSED): (_P.DONE, _A.END),
    (_P.SENDING, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),
    (_P.SENDING, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL),
    (_P.SENDING, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.SENDING, _E.FINISHED): (_P.DONE, _A.END),
    (_P.SENDING, _E.FAILED): (_P.DONE, _A.END),
    (_P.IN_DOUBT, _E.SENT): (_P.RESENDING, _A.NOTHING),
    (_P.IN_DOUBT, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.IN_DOUBT, _E.FINISHED): (_P.DONE, _A.END),
    (_P.IN_DOUBT, _E.FAILED): (_P.DONE, _A.END),
    (_P.IN_DOUBT, _E.SILENCE): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.NOT_FOUND): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.POLL_FAILED): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.POLL_REFUSED): (_P.IN_DOUBT, _A.LEAVE),
    (_P.RESENDING, _E.NOT_SENT): (_P.IN_DOUBT, _A.POLL),
    (_P.RESENDING, _E.REJECTED): (_P.IN_DOUBT, _A.POLL),
    (_P.RESENDING, _E.REFUSED): (_P.IN_DOUBT, _A.POLL),
    (_P.RESENDING, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),
    (_P.RESENDING, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL),
    (_P.RESENDING, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.RESENDING, _E.FINISHED): (_P.DONE, _A.END),
    (_P.RESENDING, _E.FAILED): (_P.DONE, _A.END),
    (_P.RESENDING, _E.SILENCE): (_P.RESENDING, _A.POLL),
    (_P.RESENDING, _E.NOT_FOUND): (_P.RESENDING, _A.POLL),
    (_P.RESENDING, _E.POLL_FAILED): (_P.RESENDING, _A.POLL),
    (_P.RESENDING, _E.POLL_REFUSED): (_P.RESENDING, _A.LEAVE),
    (_P.ACCEPTED, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.FINISHED): (_P.DONE, _A.END),
    (_P.ACCEPTED, _E.FAILED): (_P.DONE, _A.END),
    (_P.ACCEPTED, _E.SILENCE): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.NOT_FOUND): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.POLL_FAILED): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.NOT_SENT): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.REJECTED): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.REFUSED): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.UNCLEAR): (_P.ACCEPTED, _A.POLL),
    (_P.ACCEPTED, _E.POLL_REFUSED): (_P.ACCEPTED, _A.LEAVE),
}
"""State and event, to the next state and what is done next.

Two calls may go on with one task, so that an answer may come when the other call has
learned more: one to a poll while a task is RESENDING, and one to a sending when it is
ACCEPTED.

A pair that is not here cannot happen: it is a KeyError, and a fault of this package.
"""
