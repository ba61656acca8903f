"""The state machine of a task: its phases, its events and its transitions.

The table decides what is sent, polled, returned and given up, without I/O.

Invariants:
    1. A task is UNSENT only while the server certainly does not have it: it was never
       sent, or every sending was rejected.
    2. Once a sending may have been accepted, no later sending makes the task UNSENT.
       Only its own results, its own failure or a conflict end the doubt.
    3. Only FINISHED, FAILED and, on a first sending, REFUSED end a task. An error of a
       poll itself never ends a task.
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
    """It is being sent; every earlier sending was rejected."""

    IN_DOUBT = "in doubt"
    """The server may have it."""

    RESENDING = "resending"
    """It is being sent again; the server may have it from an earlier sending."""

    ACCEPTED = "accepted"
    """The server has it."""

    DONE = "done"
    """It has all its results, or the failure that ended it."""


SENDINGS: Final = (Phase.SENDING, Phase.RESENDING)
"""The phases in which a call waits for the response to a sending."""


class TaskEvent(Enum):
    """The event of an exchange with the server for one task."""

    SENT = "sent"
    """It is being sent."""

    NOT_SENT = "not sent"
    """No byte of the request left this machine."""

    REJECTED = "rejected"
    """The server rejected the call for now: 429, 503 with Retry-After, 413."""

    REFUSED = "refused"
    """The server refused the task permanently: 4xx."""

    CONFLICT = "conflict"
    """The server already has a task with this taskUUID."""

    UNCLEAR = "unclear"
    """A sending has no response, or none that mentions the task."""

    PROGRESS = "progress"
    """The response has an acknowledgement, a status update, or some of the results."""

    FINISHED = "finished"
    """All results have arrived."""

    FAILED = "failed"
    """The task has failed."""

    SILENCE = "silence"
    """The response to a poll does not mention the task."""

    NOT_FOUND = "not found"
    """A poll was answered "not found": the task may be unknown, too new, or failed."""

    POLL_FAILED = "poll failed"
    """A poll has no response, or was rejected for now."""

    POLL_REFUSED = "poll refused"
    """The server refused the poll permanently."""


class Action(Enum):
    """The next step for a task."""

    NOTHING = "wait for the response"
    RETRY = "send again after a delay"
    POLL = "poll; if in doubt, send again if `resend` allows"
    END = "return the results or raise the failure"
    GIVE_UP = "raise the error with the task's handle"


_P, _E, _A = Phase, TaskEvent, Action

TRANSITIONS: Final = {
    (_P.UNSENT, _E.SENT): (_P.SENDING, _A.NOTHING),
    (_P.UNSENT, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.UNSENT, _E.FINISHED): (_P.DONE, _A.END),
    (_P.UNSENT, _E.FAILED): (_P.DONE, _A.END),
    (_P.UNSENT, _E.SILENCE): (_P.UNSENT, _A.POLL),
    (_P.UNSENT, _E.NOT_FOUND): (_P.UNSENT, _A.POLL),
    (_P.UNSENT, _E.POLL_FAILED): (_P.UNSENT, _A.POLL),
    (_P.UNSENT, _E.POLL_REFUSED): (_P.UNSENT, _A.GIVE_UP),
    (_P.SENDING, _E.NOT_SENT): (_P.UNSENT, _A.RETRY),
    (_P.SENDING, _E.REJECTED): (_P.UNSENT, _A.RETRY),
    (_P.SENDING, _E.REFUSED): (_P.DONE, _A.END),
    (_P.SENDING, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),
    (_P.SENDING, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL),
    (_P.SENDING, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.SENDING, _E.FINISHED): (_P.DONE, _A.END),
    (_P.SENDING, _E.FAILED): (_P.DONE, _A.END),
    (_P.SENDING, _E.SILENCE): (_P.SENDING, _A.POLL),
    (_P.SENDING, _E.NOT_FOUND): (_P.SENDING, _A.POLL),
    (_P.SENDING, _E.POLL_FAILED): (_P.SENDING, _A.POLL),
    (_P.SENDING, _E.POLL_REFUSED): (_P.SENDING, _A.GIVE_UP),
    (_P.IN_DOUBT, _E.SENT): (_P.RESENDING, _A.NOTHING),
    (_P.IN_DOUBT, _E.PROGRESS): (_P.ACCEPTED, _A.POLL),
    (_P.IN_DOUBT, _E.FINISHED): (_P.DONE, _A.END),
    (_P.IN_DOUBT, _E.FAILED): (_P.DONE, _A.END),
    (_P.IN_DOUBT, _E.SILENCE): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.NOT_FOUND): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.POLL_FAILED): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.NOT_SENT): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.REJECTED): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.REFUSED): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),
    (_P.IN_DOUBT, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL),
    (_P.IN_DOUBT, _E.POLL_REFUSED): (_P.IN_DOUBT, _A.GIVE_UP),
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
    (_P.RESENDING, _E.POLL_REFUSED): (_P.RESENDING, _A.GIVE_UP),
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
    (_P.ACCEPTED, _E.POLL_REFUSED): (_P.ACCEPTED, _A.GIVE_UP),
}
"""The next phase and action, by phase and event.

Several calls may share a task, so a response may arrive after another call has sent it
or learned more: the response to a poll while the task is SENDING, RESENDING or, after a
rejection, UNSENT, and the response to a sending when the task is ACCEPTED or, after an
interruption of another call, IN_DOUBT.

Other pairs cannot occur. A KeyError is a bug of this package.
"""
