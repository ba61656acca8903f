"""Parses webhooks: Runware posts each finished item to the `webhookURL` of its task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from typing import Any, Generic, Protocol, TypeGuard, overload

from .. import PACKAGE
from ..api_errors import TaskError
from ..client.document import Document
from ..client.documents import documents
from ..delivery.identity import identity_of
from ..error_enum import ErrorEnum
from ..exceptions import RunwareError
from ..json_values import is_array, is_object
from ..old_names import is_same_type, present_name
from ..schema.depth import is_too_deep
from ..schema.generics import ResultT, ResultT_co
from ..schema.results import TaskResult
from ..transport.envelope import SCOPE, Answer, Envelope, Item, has_failed, parsed
from ..transport.items import is_result, is_unfinished


class Seen(Protocol):
    """A collection of the keys of items: a `set`, or a store of your own."""

    def __contains__(self, key: object, /) -> bool:
        """Return whether a key was added."""
        ...

    def add(self, key: str, /) -> object:
        """Add a key."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook(Generic[ResultT_co]):
    """One finished item of a task, or the error of the task.

    Attributes:
        item: The item as received.
        outcome: The result, or the error.
        key: A digest that identifies the item of the task.
            It is the same if the item is posted again.
        is_repeat: Whether `seen` had the key before.
    """

    item: Mapping[str, Any]
    outcome: ResultT_co | TaskError
    key: str
    is_repeat: bool

    @property
    def error(self) -> TaskError | None:
        """The error of the task; None if it did not fail."""
        return self.outcome if isinstance(self.outcome, TaskError) else None

    @property
    def result(self) -> ResultT_co:
        """The result.

        Raises:
            TaskError: The task failed.
        """
        if isinstance(self.outcome, TaskError):
            raise self.outcome
        return self.outcome

    @property
    def is_unfinished(self) -> bool:
        """Whether the item has only the status or the progress of an unfinished task."""
        return self.error is None and is_unfinished(dict(self.item))

    @property
    def task_uuid(self) -> str:
        """The task's `taskUUID`."""
        return str(self.item["taskUUID"])

    @property
    def task_type(self) -> str | None:
        """The wire name of the task's type; None if the item does not have it.

        An old name is replaced by the present one.
        """
        task_type = self.item.get("taskType")
        return present_name(task_type) if isinstance(task_type, str) else None


@overload
def parse_webhook(
    body: bytes | str | Mapping[str, Any], *, seen: Seen | None = None
) -> Webhook[TaskResult]: ...


@overload
def parse_webhook(
    body: bytes | str | Mapping[str, Any],
    result_class: type[ResultT],
    *,
    seen: Seen | None = None,
) -> Webhook[ResultT]: ...


def parse_webhook(
    body: bytes | str | Mapping[str, Any],
    result_class: type[TaskResult] | None = None,
    *,
    seen: Seen | None = None,
) -> Webhook[Any]:
    """Parse the body of a webhook.

    Runware posts an item until it gets a 2xx status, so the same item may arrive more
    than once.

    Args:
        body: The body of the POST, or the object that was parsed from it.
        result_class: The class of the result.
            Default: the class of the model's document if the item names the model, or
            if its task type has only one document; else `TaskResult`.
        seen: Detects repeated items; the key of the item is added to it.
            If your handling of an item may fail, omit it and add `key` yourself after
            the handling.

    Raises:
        RunwareError: The body is not an item of a task.
    """
    item, is_error = _item(_content(body))
    failure = _failure(item, is_error=is_error)
    outcome = _result(item, result_class) if failure is None else _error(failure)
    key = _key(item)
    is_repeat = seen is not None and key in seen
    if seen is not None and not is_repeat:
        seen.add(key)
    return Webhook(item, outcome, key, is_repeat)


def _content(body: bytes | str | Mapping[str, Any]) -> Item:
    content: object = None
    if isinstance(body, Mapping):
        content = dict(body)
    else:
        with suppress(TypeError):
            content = parsed(body)
    if not is_object(content):
        raise RunwareError("the body of a webhook must be a JSON object")
    if is_too_deep(content):
        raise RunwareError("the body of the webhook is nested too deeply")
    return content


def _item(content: Item) -> tuple[Item, bool]:
    """Return the item, also from an envelope, and whether the envelope has it as an error."""
    lists = () if "taskUUID" in content else ("data", "errors")
    found = [
        (item, name == "errors") for name in lists for item in _objects(content, name)
    ]
    if len(found) > 1:
        raise RunwareError(
            f"the body of the webhook must be one item, and has {len(found)} items"
        )
    [(item, is_error)] = found or [(content, False)]
    if not isinstance(item.get("taskUUID"), str):
        raise RunwareError("the body of the webhook has no taskUUID")
    return item, is_error


def _objects(content: Item, name: str) -> list[Item]:
    items = content.get(name)
    return [each for each in items if is_object(each)] if is_array(items) else []


def _failure(item: Item, *, is_error: bool) -> Item | None:
    """Return the error object that an item is or contains; None for a result.

    An item with an output is a result also if it has an error, as in a response.
    """
    if not is_error and is_result(item) and not has_failed(item):
        return None
    errors = item.get("errors")
    error = item.get("error") or (errors[0] if is_array(errors) and errors else None)
    if error:
        scope = {name: item[name] for name in SCOPE if name in item}
        return (error if is_object(error) else {"message": error}) | scope
    has_code = item.keys() >= {"code", "message"}
    return item if is_error or has_code or has_failed(item) else None


def _error(failure: Item) -> TaskError:
    envelope = Envelope(Answer(http_status=200), [], [failure])
    return TaskError(failure, envelope, _error_enum(failure.get("taskType")))


def _result(item: Item, result_class: type[TaskResult] | None) -> TaskResult:
    found = result_class or _result_class(item.get("taskType"), item.get("model"))
    return found.model_validate(item, by_alias=True, by_name=False)


def _result_class(task_type: object, model: object) -> type[TaskResult]:
    """Return the result class of the model, or the only one of the task type."""
    of_type = _documents_of(task_type)
    found = [each for each in of_type if each.takes(model)] or of_type
    return found[0].request.result if len(found) == 1 else TaskResult


def _error_enum(task_type: object) -> type[ErrorEnum] | None:
    of_type = _documents_of(task_type)
    if not of_type:
        return None
    package = of_type[0].module.rpartition(".")[0]
    module = import_module(f".{package}.errors", PACKAGE)
    return next(filter(_is_error_enum, vars(module).values()))


def _documents_of(task_type: object) -> list[Document]:
    return [each for each in documents() if is_same_type(each.task_type, task_type)]


def _is_error_enum(value: object) -> TypeGuard[type[ErrorEnum]]:
    is_enum = isinstance(value, type) and issubclass(value, ErrorEnum)
    return is_enum and value is not ErrorEnum


def _key(item: Item) -> str:
    names = [item["taskUUID"].lower(), identity_of(item)]
    if _failure(item, is_error=False) is None and not is_result(item):
        names.append(str(item.get("status")))  # the item comes again when it is done
    return sha256(json.dumps(names).encode(), usedforsecurity=False).hexdigest()
