"""The parts of a response that are about one task, and the verdict on them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..api_errors import APIError, api_error
from ..exceptions import ResponseError, RunwareError, joined
from ..transport.envelope import Envelope, Item, task_keys
from ..transport.items import AUTHENTICATION
from .lifecycle import TaskEvent

if TYPE_CHECKING:
    from ..error_enum import ErrorEnum
    from ..schema.generics import ResultT
    from .batches import Batch, Reply, ScheduledTask
    from .task import Task

    ErrorEnums: TypeAlias = Callable[[str], type[ErrorEnum] | None]

Groups: TypeAlias = dict[str | None, list[Item]]
"""Items of a response by the keys of their tasks; None is the key of the others."""


class Verdict(NamedTuple):
    """The event that a response is for one task.

    Attributes:
        event: The event.
        error: The error of the event; None if there is none.
        wait: The seconds in the server's Retry-After; None without it.
        is_alone: Whether the task must be sent and polled alone from now on.
        is_refused: Whether the server refused the task or its poll with a reason. The
            error may be about another task of the call.
    """

    event: TaskEvent
    error: RunwareError | None = None
    wait: float | None = None
    is_alone: bool = False
    is_refused: bool = False


class TaskResponse(NamedTuple):
    """The parts of a response that are about one task.

    Attributes:
        task: The task.
        items: The items of `data` that are about it.
        errors: The error objects that name it.
        nameless: The error objects that name no task.
        envelope: The whole response.
        is_only: Whether the POST had no other task.
        error_enum: The error enum of the task type; None if there is none.
    """

    task: Task[Any]
    items: list[Item]
    errors: list[Item]
    nameless: list[Item]
    envelope: Envelope
    is_only: bool
    error_enum: type[ErrorEnum] | None

    @property
    def own_errors(self) -> list[Item]:
        """The error objects that can only be about this task."""
        return self.errors or (self.nameless if self.is_only else [])

    @property
    def counted_items(self) -> list[Item]:
        """The items that count.

        If the server refused the call, only results do: other items may be copies of the
        task. A call counts as refused if its HTTP status is an error, and an error object
        names this task or no task.
        """
        is_refused = self.status >= 400 and bool(self.own_errors or self.nameless)
        is_result = self.task.is_result
        return [i for i in self.items if is_result(i)] if is_refused else self.items

    @property
    def status(self) -> int:
        """The HTTP status of the response."""
        return self.envelope.http_status

    def exceptions(self, errors: list[Item]) -> list[APIError]:
        """Return an exception for each of some error objects."""
        scope = {"taskType": self.task.task_type, "taskUUID": self.task.task_uuid}
        enum = self.error_enum
        return [api_error({**each, **scope}, self.envelope, enum) for each in errors]

    def verdict(self, event: TaskEvent, errors: list[Item]) -> Verdict:
        """Return a verdict with one exception for some error objects, or for none."""
        error: RunwareError | None = joined(self.exceptions(errors))
        if error is None:
            error = unmentioned_error(self.envelope)
            if self.task.task_type in ("getResponse", "getTaskDetails"):
                error.advice = "The server has no results of a task with this taskUUID."
        return Verdict(event, error, self.envelope.retry_after)


def responses(
    reply: Reply,
    batch: Batch[ResultT],
    known: Container[str],
    error_enums: ErrorEnums,
) -> Iterator[tuple[ScheduledTask[ResultT], TaskResponse]]:
    """Yield the tasks of a batch, each with its parts of the response.

    The keys of `known` are those of all tasks that may be in the response.
    """
    items, errors = _grouped(reply, batch, known)
    for each in batch.scheduled:
        key = each.task.key
        enum = error_enums(each.task.task_type) if errors else None
        response = TaskResponse(
            task=each.task,
            items=items.get(key, []),
            errors=errors.get(key, []),
            nameless=errors.get(None, []),
            envelope=reply.envelope,
            is_only=reply.elements == 1,
            error_enum=enum,
        )
        yield each, response


def unmentioned_error(envelope: Envelope) -> ResponseError:
    """Return the exception for a response that does not mention a task."""
    return ResponseError(
        f"HTTP {envelope.http_status} with a response that does not mention this task",
        http_status=envelope.http_status,
        request_id=envelope.request_id,
    )


def _grouped(
    reply: Reply, batch: Batch[Any], known: Container[str]
) -> tuple[Groups, Groups]:
    """Group the items of `data` and the errors of a response by task.

    Errors that name an unknown task are dropped. An item that names no task belongs to
    the only element of the POST, if there is only one.
    """
    only = batch.scheduled[0].task.key if reply.elements == 1 else None
    items: Groups = {}
    for item in reply.envelope.data:
        items.setdefault(_key_of(item, known, only), []).append(item)
    errors: Groups = {}
    for error in reply.envelope.errors:
        key = _key_of(error, known, None)
        if key is not None or not error.get("taskUUID"):
            errors.setdefault(key, []).append(error)
    return items, errors


def _key_of(item: Item, known: Container[str], only: str | None) -> str | None:
    found = next((key for key in task_keys(item) if key in known), None)
    is_nameless = not item.get("taskUUID") and item.get("taskType") != AUTHENTICATION
    return only if found is None and is_nameless else found
