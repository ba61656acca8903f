"""Classifies responses: the event that a response is for one task.

A response is about a task only if it names the task, or if the POST had no other task.
Everything else in it is about the call, and ends no task. Neither does an error without
a name in a successful response, if a gateway may have sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..api_errors import APIError, TaskError
from ..error_codes import (
    OF_THE_TASK,
    ErrorCategory,
    category_of,
    is_task_conflict,
    is_task_not_found,
    is_too_large,
)
from ..exceptions import ClosedError, ConnectionError, ResponseError, RunwareError
from ..http_clients import is_tls_error
from ..old_names import is_same_type
from ..transport.envelope import Answer, Envelope, Item, code_of, has_failed
from .lifecycle import Phase, TaskEvent
from .verdict import TaskResponse, Verdict, unmentioned_error

if TYPE_CHECKING:
    from .task import Task

TRANSIENT = (ErrorCategory.RATE_LIMIT, ErrorCategory.SERVER, ErrorCategory.CONNECTION)
"""Categories of transient errors."""

OF_THE_ACCOUNT = (ErrorCategory.AUTH, ErrorCategory.QUOTA)
"""Categories of errors about the account, and so about every task of a call."""

OF_A_GATEWAY = (*TRANSIENT, ErrorCategory.TIMEOUT, ErrorCategory.UNKNOWN)
"""Categories of errors that a gateway in front of the server may return."""

UNCLEAR_STATUSES = frozenset({408, 409, 425, 499})
"""HTTP statuses below 500 that do not tell whether the server has the request.

A gateway returns 499 if the connection to the server behind it was closed early.
"""

UNSUPPORTED_STATUSES = frozenset({501, 505})
"""HTTP statuses of a server that does not support the request, and so is not the API."""


# -- sendings ---------------------------------------------------------------------


def submission_verdict(response: TaskResponse) -> Verdict:
    """Return the verdict on a task for the response to its sending."""
    own = [error for error in response.own_errors if not _is_of_poll(error)]
    failures = [error for error in own if _may_be_failure(response, error)]
    if response.counted_items:
        is_complete = _is_complete(response) and failures == own
        return _received(response, failures, is_complete=is_complete)
    errors = own or response.nameless
    is_conflict = any(is_task_conflict(code_of(error)) for error in errors)
    if is_conflict and own:
        return response.verdict(TaskEvent.CONFLICT, errors)
    if is_conflict or response.envelope.is_cut:
        return _unclear(response, errors)
    if is_rejection(response.envelope.answer):
        return _rejected(response, errors)
    if any(_is_failure(response, error) for error in failures):
        return _received(response, failures, is_complete=False)
    if _leaves_doubt(response.status):
        return _unclear(response, errors)
    if not errors:  # a status of failure is then about other tasks of the call
        return _unclear(response, errors)._replace(is_refused=response.status >= 400)
    return _refusal_verdict(response, own, errors)


def _refusal_verdict(
    response: TaskResponse, own: list[Item], errors: list[Item]
) -> Verdict:
    """Return the verdict on a task for errors that refuse it, or that are its failure."""
    if answers_too_large(response.envelope) and (response.is_only or not own):
        event = TaskEvent.REFUSED if response.is_only else TaskEvent.REJECTED
        return response.verdict(event, errors)
    if own and all(map(_is_rate_limit, own)):
        return _rejected(response, errors)
    if _may_be_of_others(response, own, errors):
        return _unclear(response, errors)._replace(is_refused=True)
    if response.status >= 400 or (own and response.task.is_resent):
        return response.verdict(TaskEvent.REFUSED, errors)._replace(is_refused=True)
    return _received(response, errors, is_complete=_is_complete(response))


def _may_be_of_others(
    response: TaskResponse, own: list[Item], errors: list[Item]
) -> bool:
    """Return whether errors may be about another task, or come from a gateway."""
    if not own:
        return not _is_of_the_account(response, errors)
    has_no_code = response.status in (400, 422) and not any(map(code_of, errors))
    return has_no_code or any(_may_be_of_a_gateway(e, response.status) for e in own)


def _is_complete(response: TaskResponse) -> bool:
    """Return whether no response after this one will have more results."""
    return not (response.task.is_async or response.envelope.is_partial)


def _leaves_doubt(status: int) -> bool:
    """Return whether an HTTP status does not tell if the server has the request."""
    return status >= 500 or status in UNCLEAR_STATUSES


def _may_be_failure(response: TaskResponse, error: Item) -> bool:
    """Return whether an error of a sending may be the failure of the task.

    An error in the response to a second sending may be the refusal of that sending, also
    beside results of the first one. An error without a name may be about the connection.
    If the task has failed, the polls say so.
    """
    is_of_gateway = _may_be_of_a_gateway(error, response.status)
    is_conflict = is_task_conflict(code_of(error))
    return not (response.task.is_resent or is_conflict or is_of_gateway)


def _is_failure(response: TaskResponse, error: Item) -> bool:
    """Return whether an error may be the failure of one of several results."""
    refusals = (ErrorCategory.VALIDATION, ErrorCategory.RATE_LIMIT, *OF_THE_ACCOUNT)
    is_refusal = category_of(code_of(error), response.status) in refusals
    return has_failed(error) and (response.status < 400 or not is_refusal)


def _is_rate_limit(error: Item) -> bool:
    """Return whether an error is about the rate limit, not a failure of the task."""
    category = category_of(code_of(error), None)
    return category is ErrorCategory.RATE_LIMIT and not has_failed(error)


def _is_of_the_account(response: TaskResponse, errors: list[Item]) -> bool:
    return any(
        category_of(code_of(error), response.status) in OF_THE_ACCOUNT
        for error in errors
    )


def _rejected(response: TaskResponse, errors: list[Item]) -> Verdict:
    """Return the verdict on a rejected task; in doubt if the response has items of it."""
    if response.items:
        return _unclear(response, errors)
    return response.verdict(TaskEvent.REJECTED, errors)


def _unclear(response: TaskResponse, errors: list[Item]) -> Verdict:
    """Return the verdict on a task that the server may have; retries send it alone."""
    if response.task.lets_repeat:
        return response.verdict(TaskEvent.REJECTED, errors)
    return response.verdict(TaskEvent.UNCLEAR, errors)._replace(
        is_alone=not response.is_only
    )


# -- polls ------------------------------------------------------------------------


def poll_verdict(response: TaskResponse) -> Verdict:
    """Return the verdict on a task for the response to its poll."""
    errors = response.own_errors
    failures = [error for error in errors if _is_own_failure(response, error)]
    if response.counted_items or failures:
        return _received(response, failures, is_complete=False)
    if errors and all(_says_not_found(response, error) for error in errors):
        return response.verdict(TaskEvent.NOT_FOUND, errors)
    errors = errors or response.nameless
    if response.status < 400 and not errors:
        if response.envelope.is_cut:
            return Verdict(TaskEvent.POLL_FAILED, unmentioned_error(response.envelope))
        return Verdict(TaskEvent.SILENCE)
    if _is_transient(response, errors):
        return response.verdict(TaskEvent.POLL_FAILED, errors)
    return _poll_refused(response, errors)


def _poll_refused(response: TaskResponse, errors: list[Item]) -> Verdict:
    """Return the verdict on a refused poll: final if the account is refused.

    After a second sending, an error with the task's type may be about that sending.
    """
    is_of_sending = response.task.is_resent and any(
        _is_of_type(error, response.task.task_type) for error in errors
    )
    if _is_of_the_account(response, errors) and not is_of_sending:
        return response.verdict(TaskEvent.POLL_REFUSED, errors)
    failed = response.verdict(TaskEvent.POLL_FAILED, errors)
    return failed._replace(is_alone=True, is_refused=response.is_only)


def _is_own_failure(response: TaskResponse, error: Item) -> bool:
    """Return whether an error in the response to a poll is the failure of the task.

    If that is not certain, it is not, and the task is polled again.
    """
    if _says_not_found(response, error) or is_task_conflict(code_of(error)):
        return False
    category = category_of(code_of(error), response.status)
    if category in OF_THE_TASK:
        return True
    if _is_of_poll(error):
        return False
    if has_failed(error):
        return True
    if response.task.is_resent:  # over a WebSocket, it may refuse the second sending
        return False
    is_named = bool(response.errors) and response.status <= 400
    is_of_task = _is_of_type(error, response.task.task_type)
    # Also an error that names the task may be about its poll, such as "server busy".
    can_be_of_poll = (*TRANSIENT, *OF_THE_ACCOUNT, ErrorCategory.TIMEOUT)
    is_doubtful = category in can_be_of_poll or _is_about_uuid(error)
    return is_named and is_of_task and not is_doubtful


def _is_of_poll(error: Item) -> bool:
    return _is_of_type(error, "getResponse")


def _is_of_type(error: Item, task_type: str) -> bool:
    return is_same_type(error.get("taskType"), task_type)


def _says_not_found(response: TaskResponse, error: Item) -> bool:
    is_missing = response.status == 404 or is_task_not_found(code_of(error))
    return is_missing and not has_failed(error)


def _is_about_uuid(error: Item) -> bool:
    """Return whether an error is about the `taskUUID` of the poll."""
    return error.get("parameter") == "taskUUID" or "taskuuid" in code_of(error).lower()


def _is_transient(response: TaskResponse, errors: list[Item]) -> bool:
    if response.status in UNSUPPORTED_STATUSES:
        return False
    if response.status == 429 or _leaves_doubt(response.status):
        return True
    return bool(errors) and all(
        category_of(code_of(error), response.status) in TRANSIENT for error in errors
    )


# -- both -------------------------------------------------------------------------


def failure_verdict(error: RunwareError, *, is_poll: bool, task: Task[Any]) -> Verdict:
    """Return the verdict on a task for an exchange without a response."""
    if is_poll:
        is_closed = isinstance(error, ClosedError)
        event = TaskEvent.POLL_REFUSED if is_closed else TaskEvent.POLL_FAILED
        is_unknown = task.phase is Phase.IN_DOUBT and not task.silences
        is_elsewhere = _is_redirection(error) or _is_of_tls(error)
        return Verdict(event, error, is_refused=is_unknown and is_elsewhere)
    if isinstance(error, APIError):
        return _stream_error_verdict(error, is_first=not task.is_resent)
    if not error.may_have_run:
        return Verdict(TaskEvent.NOT_SENT, error)
    if task.lets_repeat:
        return Verdict(TaskEvent.REJECTED, error)
    return Verdict(_break_event(error), error)


def _is_redirection(error: RunwareError) -> bool:
    """Return whether the API may be at another address, unless it responded here."""
    return isinstance(error, ResponseError) and 300 <= error.http_status < 400


def _is_of_tls(error: RunwareError) -> bool:
    """Return whether the TLS handshake failed, as at the address of another server."""
    return isinstance(error, ConnectionError) and is_tls_error(error.message)


def _stream_error_verdict(error: APIError, *, is_first: bool) -> Verdict:
    """Return the verdict on a streamed task for an error object."""
    status, is_begun = error.http_status, bool(error.results)
    if is_task_conflict(error.code):
        return Verdict(TaskEvent.CONFLICT, error)
    if _is_of_poll(error.item) or _may_be_of_a_gateway(error.item, status):
        return Verdict(_break_event(error), error)
    is_unclear = _leaves_doubt(status)
    is_busy = status == 503 and error.retry_after is not None
    is_busy |= status == 429 or (_is_rate_limit(error.item) and not is_unclear)
    if is_busy and not is_begun:
        return Verdict(TaskEvent.REJECTED, error, error.retry_after)
    if isinstance(error, TaskError) and is_first:
        return Verdict(TaskEvent.FAILED, error)
    return Verdict(TaskEvent.UNCLEAR if is_unclear else TaskEvent.REFUSED, error)


def _may_be_of_a_gateway(error: Item, status: int) -> bool:
    """Return whether an error may be about the connection, not about the task.

    Once a response has started with a status of success, a gateway can only report in an
    error object that it lost the connection to the server.
    """
    is_named = error.get("taskUUID") or error.get("taskType")
    is_of_task = is_named or has_failed(error)
    category = category_of(code_of(error), None)
    return status < 300 and not is_of_task and category in OF_A_GATEWAY


def _break_event(error: RunwareError) -> TaskEvent:
    """Return the event of a broken exchange: with a partial text, the task is accepted."""
    return TaskEvent.PROGRESS if error.results else TaskEvent.UNCLEAR


def is_rejection(answer: Answer) -> bool:
    """Return whether a response is 429, or 503 with Retry-After: the call is rejected."""
    is_busy = answer.http_status == 503 and answer.retry_after is not None
    return answer.http_status == 429 or is_busy


def answers_too_large(envelope: Envelope) -> bool:
    """Return whether a response says that the call is too large."""
    return (
        envelope.http_status == 413
        or envelope.http_status < 500
        and any(
            is_too_large(code_of(error)) and not error.get("taskUUID")
            for error in envelope.errors
        )
    )


def _received(
    response: TaskResponse, errors: list[Item], *, is_complete: bool
) -> Verdict:
    failures = response.exceptions(errors)
    event = response.task.receive(
        response.counted_items, failures, is_complete=is_complete
    )
    return Verdict(event, response.task.error)
