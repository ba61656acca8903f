"""The JSON objects that cross the wire: tasks, results, errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable

Item: TypeAlias = dict[str, Any]

AUTHENTICATION = "authentication"
GET_RESPONSE = "getResponse"
GET_TASK_DETAILS = "getTaskDetails"
PING = "ping"

UTILITIES = frozenset({AUTHENTICATION, GET_RESPONSE, GET_TASK_DETAILS, PING})
"""Task types that are questions: they run nothing and cost nothing."""

_DOCUMENTATION = "https://runware.ai/docs/platform/errors"


class RefusalError(Exception):
    """What was sent is refused.

    Attributes:
        status: The HTTP status that says so, where nothing else of the call was taken.
        errors: The error objects, each of which names its task.
        retry_after: Seconds that the client is asked to wait; None for no word of it.
        shape: What the body looks like over HTTP; see `replies`.
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
    """What an answer holds: results in `data`, failures in `errors`."""

    data: list[Item]
    errors: list[Item]

    def to_text(self, alter: Callable[[Item], Item] | None = None) -> str:
        """Give the answer as JSON; an empty `errors` is left out.

        Args:
            alter: Gives each item of `data` the form that it is sent in.
        """
        data = list(map(alter, self.data)) if alter else self.data
        body: Item = {"data": data} if data or not self.errors else {}
        return as_text(body | ({"errors": self.errors} if self.errors else {}))


def as_text(value: object) -> str:
    """Write a JSON value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_object(value: object) -> TypeGuard[Item]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def member(holder: object, name: str) -> Any:
    """A member of a value that may be no object; None where there is none."""
    return holder.get(name) if is_object(holder) else None


def object_of(holder: object, name: str) -> Item:
    """A member that should be an object; empty where it is not."""
    value = member(holder, name)
    return value if is_object(value) else {}


def array_of(holder: object, name: str) -> list[Any]:
    """A member that should be an array; empty where it is not."""
    value = member(holder, name)
    return value if is_array(value) else []


def text_of(holder: object, name: str) -> str:
    """A member that should be text; empty where it is not."""
    value = member(holder, name)
    return value if isinstance(value, str) else ""


def error_item(
    code: str, message: str, task: object = None, parameter: str | None = None
) -> Item:
    """Make an error object.

    Args:
        code: The name of the failure.
        message: What is wrong, for a person.
        task: The task that it is about.
        parameter: The wire path of the parameter that it is about.
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
    """Whether a request is nothing but getResponse, beside a key."""
    types = {text_of(task, "taskType") for task in tasks}
    return GET_RESPONSE in types <= {GET_RESPONSE, AUTHENTICATION}
