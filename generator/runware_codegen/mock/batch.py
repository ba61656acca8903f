"""A batch: an array of tasks in one request, and its response."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from runware_codegen.documents.members import is_array
from runware_codegen.mock.items import Envelope, RefusalError, as_text, error_item
from runware_codegen.mock.tasks import Task


@dataclass(slots=True)
class Batch:
    """The tasks of one request.

    Attributes:
        answer: The part of the response that is known at once.
        accepted: The tasks that have started.
        any_accepted: Whether at least one task was not refused.
        status: The HTTP status of the first refusal.
        running_form: The form of unfinished items; see `Task.poll_items`.
        has_unfinished: Whether the response has items of unfinished tasks.
    """

    running_form: str
    answer: Envelope = field(default_factory=lambda: Envelope([], []))
    accepted: list[Task] = field(default_factory=list[Task])
    any_accepted: bool = False
    status: int = 400
    has_unfinished: bool = False

    def accept(self, task: Task) -> None:
        """Add a task that has started, with an acknowledgement if it is async."""
        self.accepted.append(task)
        if task.delivery == "async":
            self.answer.data.append(task.scope)

    def refuse(self, refusal: RefusalError) -> None:
        """Add the errors of a task that was refused."""
        if not self.answer.errors:
            self.status = refusal.status
        self.answer.errors.extend(refusal.errors)

    @property
    def http_status(self) -> int:
        """The HTTP status of the response."""
        return 200 if self.any_accepted or not self.answer.errors else self.status

    @property
    def sync_tasks(self) -> list[Task]:
        """The tasks whose results are in the response."""
        return [task for task in self.accepted if task.delivery == "sync"]

    @property
    def stream(self) -> Task | None:
        """The task whose text is streamed instead of a response."""
        streams = (task for task in self.accepted if task.delivery == "stream")
        return next(streams, None)

    @property
    def seconds(self) -> float:
        """The seconds until all results are in the response."""
        ends = [task.run.ends for task in self.sync_tasks]
        return max([0.0, *(end - monotonic() for end in ends)])

    def complete_answer(self) -> Envelope:
        """Return the response with the results of its sync tasks."""
        data, errors = list(self.answer.data), list(self.answer.errors)
        for task in self.sync_tasks:
            data += [result.item for result in task.run.ready()]
            errors += task.failures()
        return Envelope(data, errors)


def read_tasks(text: str | bytes) -> list[Any]:
    """Parse the array of tasks in a request body.

    Raises:
        RefusalError: If the body is not a JSON array of tasks.
    """
    try:
        value: object = json.loads(text if isinstance(text, str) else text.decode())
        as_text(value).encode()  # raises for NaN, infinity and lone surrogates
    except (ValueError, RecursionError) as error:
        message = f"The request body is not JSON: {error}."
        raise RefusalError(400, error_item("invalidJSON", message)) from None
    if not is_array(value) or not value:
        message = "The request body must be an array with at least one task."
        raise RefusalError(400, error_item("invalidRequest", message))
    return value
