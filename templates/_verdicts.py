"""What the server's answers mean for a task, so that none is ever paid for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._exceptions import APIError, ResponseError, error_class

if TYPE_CHECKING:
    from ._envelope import Answer, Envelope, Item
    from ._error_enum import ErrorEnum
    from ._task import Task

UNKNOWN_CODES = frozenset(
    {"notfound", "resultnotfound", "tasknotfound", "taskuuidnotfound", "unknowntask"}
)
"""Codes, in lower case, with which the server says that it does not know a task."""

REPEATED_CODES = frozenset({"duplicatetaskuuid", "taskuuidalreadyexists"})
"""Codes, in lower case, with which it says that it has a task already."""


def says_not_accepted(envelope: Envelope) -> bool:
    """Whether the server turned the call away before it took anything of it."""
    return refuses(envelope.answer)


def refuses(answer: Answer) -> bool:
    """Whether an answer turns its call away, whatever its body says."""
    is_busy = answer.http_status == 503 and answer.retry_after is not None
    return answer.http_status == 429 or is_busy


def says_not_yet(envelope: Envelope) -> bool:
    """Whether something failed on the way, so that nobody knows what was taken."""
    return envelope.http_status >= 500


def is_too_large(envelope: Envelope) -> bool:
    """Whether the call has more in it than the server takes at once."""
    return envelope.http_status == 413


def is_unknown(errors: list[Item], envelope: Envelope) -> bool:
    """Whether errors that answer a question say that the server knows no such task."""
    return any(_is_unknown(error, envelope.http_status) for error in errors)


def _is_unknown(error: Item, http_status: int) -> bool:
    if error.get("status") == "error":
        return False  # the task is known, and failed
    is_about_a_task = "taskUUID" in error
    is_missing = http_status == 404 and is_about_a_task
    return is_missing or _code(error) in UNKNOWN_CODES


def tells_apart(error: Item) -> bool:
    """Whether an error that answers many questions says which task is unknown, if any."""
    return "taskUUID" in error or _code(error) not in UNKNOWN_CODES


def is_repeated(errors: list[Item]) -> bool:
    """Whether the server says that it has taken the task before."""
    return any(_code(error) in REPEATED_CODES for error in errors)


def is_own_failure(errors: list[Item], task: Task[Any], envelope: Envelope) -> bool:
    """Whether errors that answer a question are the task's own failure."""
    is_plain = envelope.http_status <= 400  # others are about the question
    return any(
        str(error.get("taskUUID")).casefold() == str(task.task_uuid).casefold()
        and (is_plain or error.get("status") == "error")
        for error in errors
    )


def _code(error: Item) -> str:
    return str(error.get("code")).casefold()


def api_error(
    item: Item, envelope: Envelope, errors: type[ErrorEnum] | None
) -> APIError:
    """The exception for an error object."""
    error = error_class(envelope.http_status)(item, envelope, errors)
    if says_not_accepted(envelope):
        error.may_have_run = False
    return error


def joined(errors: list[APIError]) -> APIError | None:
    """The first error, with the others as notes; None where there is none."""
    if not errors:
        return None
    first, *others = errors
    for other in others:
        first.add_note(f"Also: {other}")
    return first


def unanswered(envelope: Envelope) -> ResponseError:
    """The exception for an answer that leaves out what was asked about."""
    return ResponseError(
        f"HTTP {envelope.http_status} with an answer that says nothing of this task",
        http_status=envelope.http_status,
        request_id=envelope.answer.request_id,
        body="",
    )
