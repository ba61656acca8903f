"""The JSON objects of requests and responses: tasks, results and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from runware_codegen.documents.members import text_of, with_texts

Item: TypeAlias = dict[str, Any]

AUTHENTICATION = "authentication"
GET_RESPONSE = "getResponse"
GET_TASK_DETAILS = "getTaskDetails"
PING = "ping"

UTILITIES = frozenset({AUTHENTICATION, GET_RESPONSE, GET_TASK_DETAILS, PING})
"""Task types that only query state: they start nothing and cost nothing."""

SENT_BY_CLIENTS = UTILITIES | {"mediaStorage"}
"""Task types that a client sends by itself, such as to upload a file of a request."""

_MAX_TEXT_LENGTH = 10_000
"""The most characters of a text that are kept of a finished exchange."""

_DOCUMENTATION = "https://runware.ai/docs/platform/errors"


class RefusalError(Exception):
    """A request or a task is refused.

    Attributes:
        status: The HTTP status, if no task of the request was accepted.
        errors: The error objects, each with the taskUUID of its task.
        retry_after: The seconds of a Retry-After header, or None.
        shape: The shape of the response body over HTTP; see `replies`.
    """

    def __init__(
        self,
        status: int,
        *errors: Item,
        retry_after: int | None = None,
        shape: str = "envelope",
    ) -> None:
        super().__init__(status, *errors)
        self.status = status
        self.errors = list(errors)
        self.retry_after = retry_after
        self.shape = shape


class Envelope(NamedTuple):
    """The content of a response: results in `data`, errors in `errors`."""

    data: list[Item]
    errors: list[Item]

    def to_text(self, alter: Callable[[Item], Item] | None = None) -> str:
        """Write the response as JSON, without `errors` if it is empty.

        Args:
            alter: Changes each item of `data` before it is sent.
        """
        data = list(map(alter, self.data)) if alter else self.data
        body: Item = {"data": data} if data or not self.errors else {}
        return as_text(body | ({"errors": self.errors} if self.errors else {}))


def as_text(value: object) -> str:
    """Write a JSON value.

    Raises:
        ValueError: If it contains NaN or infinity.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def shortened(task: Item) -> Item:
    """Copy a task, and cut long texts in it, such as files in Base64."""
    short: Item = with_texts(task, lambda text: text[:_MAX_TEXT_LENGTH])
    return short


def error_item(
    code: str, message: str, task: object = None, parameter: str | None = None
) -> Item:
    """Make an error object.

    Args:
        code: The error code.
        message: The error message.
        task: The task with the error.
        parameter: The path of the parameter with the error.
    """
    about = {"parameter": parameter} if parameter else {}
    scope = {name: text_of(task, name) for name in ("taskType", "taskUUID")}
    return {
        "code": code,
        "message": message,
        **about,
        **{name: text for name, text in scope.items() if text},
        "documentation": _DOCUMENTATION,
    }


def is_poll(tasks: list[Any]) -> bool:
    """Return whether a request has only getResponse tasks, apart from authentication."""
    types = {text_of(task, "taskType") for task in tasks}
    return GET_RESPONSE in types <= {GET_RESPONSE, AUTHENTICATION}
