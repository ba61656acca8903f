"""Handles in pickled exceptions, and the methods that all handles have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol


class TaskHandle(Protocol):
    """The methods that `Handle`, `AsyncHandle` and `SavedHandle` share."""

    @property
    def task_type(self) -> str:
        """The wire name of the task's type."""
        ...

    @property
    def task_uuid(self) -> str | None:
        """The task's `taskUUID`."""
        ...

    def to_json(self) -> str:
        """Return the JSON text of the handle, for `resume` of a client."""
        ...

    def wait(self, *, timeout: float | None = None) -> Any:
        """Wait for the results; with `AsyncRunware`, await them."""
        ...


@dataclass(frozen=True, slots=True)
class SavedHandle:
    """A handle from another process, for example in a pickled exception.

    Example::

        [result] = client.resume(error.handle.to_json()).wait()

    Attributes:
        task_type: The wire name of the task's type.
        task_uuid: The task's `taskUUID`.
    """

    task_type: str
    task_uuid: str
    _text: str = field(repr=False)

    def to_json(self) -> str:
        """Return the JSON text of the handle, for `resume` of a client."""
        return self._text

    def wait(self, *, timeout: float | None = None) -> NoReturn:
        """Raise an error: without a client, no results can be collected."""
        raise TypeError(
            "the handle of a pickled error has no client. Collect the results with"
            " client.resume(error.handle.to_json()).wait()"
        )
