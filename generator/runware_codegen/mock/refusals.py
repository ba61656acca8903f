"""The errors with which the mock refuses requests."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from runware_codegen.documents.members import text_of
from runware_codegen.mock.faults import Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    GET_RESPONSE,
    Item,
    RefusalError,
    error_item,
)

SHAPES = ("envelope", "wrapped", "flat", "array", "problem")
"""The shapes of a response body with one error; see `replies`."""

_POLL_CODES = ("rateLimitExceeded", "serviceUnavailable", "internalServerError")
"""Codes of errors about getResponse itself, and not about its task."""

_NAMES = ((), ("taskType",), ("taskUUID",), ("taskType", "taskUUID"))
"""The members by which such an error may name the task."""


OVERLOADED: dict[Fault | None, tuple[int, str]] = {
    Fault.RATE_LIMIT: (429, "rateLimitExceeded"),
    Fault.UNAVAILABLE: (503, "serviceUnavailable"),
}
"""The status and the code of faults by which the server is too busy to accept tasks."""


def overloaded(
    fault: Fault | None, retry_after: int, tasks: Iterable[object] = (None,)
) -> RefusalError:
    """429 or 503: the server is too busy, and nothing was accepted."""
    status, code = OVERLOADED[fault]
    message = "The server is busy. Try again later."
    errors = (error_item(code, message, task) for task in tasks)
    return RefusalError(status, *errors, retry_after=retry_after)


def internal_error(status: int = 500, shape: str = "envelope") -> RefusalError:
    """500 and above: the tasks were accepted or not."""
    error = error_item("internalServerError", "Something went wrong.")
    return RefusalError(status, error, shape=shape)


def odd_error(rng: random.Random) -> RefusalError:
    """500 and above, with a random shape of servers and gateways."""
    return internal_error(rng.choice((500, 502, 503, 504)), rng.choice(SHAPES))


def too_many(number: int, most: int) -> RefusalError:
    """413: the array has too many elements."""
    message = f"The request has {number} tasks. The limit is {most}."
    return RefusalError(413, error_item("tooManyTasks", message))


def conflict(task: Item) -> RefusalError:
    """400: a task with this taskUUID was accepted before."""
    message = (
        "A task with this taskUUID exists already. Use a new taskUUID for each task."
    )
    return RefusalError(400, error_item("conflictTaskUUID", message, task, "taskUUID"))


def not_found(poll: Item, code: str = "taskFailedOrNotFound") -> RefusalError:
    """400: the task does not exist, or it failed."""
    message = "There is no task with this taskUUID, or it failed."
    return RefusalError(400, error_item(code, message, poll, "taskUUID"))


def failed_poll(
    tasks: list[Any], fault: Fault | None, rng: random.Random
) -> RefusalError:
    """Return the refusal of getResponse that a fault selects."""
    polls = [t for t in tasks if text_of(t, "taskType") != AUTHENTICATION]
    if fault is Fault.POLL_NOT_FOUND:
        return RefusalError(400, *(not_found(q).errors[0] for q in polls))
    if fault is Fault.POLL_POISONED:
        message = "The taskUUID is invalid."
        one = rng.choice(polls)
        return RefusalError(
            400, error_item("invalidTaskUUID", message, one, "taskUUID")
        )
    names = rng.choice(_NAMES)
    about = polls if "taskUUID" in names else [{"taskType": GET_RESPONSE}]
    code, message = rng.choice(_POLL_CODES), "The request cannot be answered now."
    errors = [error_item(code, message, {n: q[n] for n in names}) for q in about]
    status = rng.choice((200, 400))
    is_plain = status == 200 or len(errors) > 1
    return RefusalError(
        status, *errors, shape="envelope" if is_plain else rng.choice(SHAPES)
    )
