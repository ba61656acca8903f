"""An array of tasks, from its text to its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from runware_codegen.mock.items import Envelope, RefusalError, error_item, is_array
from runware_codegen.mock.tasks import Task


@dataclass(slots=True)
class Batch:
    """One array of tasks, taken in.

    Attributes:
        answer: What can be said at once.
        accepted: The tasks that began to run.
        was_heard: Whether anything of it was not refused.
        status: The HTTP status of the first refusal.
        reading: How a task that runs is told of; see `Task.news`.
        tells_of_running: Whether a task that runs is told of.
    """

    reading: str
    answer: Envelope = field(default_factory=lambda: Envelope([], []))
    accepted: list[Task] = field(default_factory=list[Task])
    was_heard: bool = False
    status: int = 400
    tells_of_running: bool = False

    def accept(self, task: Task) -> None:
        """Add a task that began to run; one that comes later is told at once."""
        self.accepted.append(task)
        if task.delivery == "async":
            self.answer.data.append(task.scope)

    def refuse(self, refusal: RefusalError) -> None:
        """Add what is said of a task that was refused."""
        if not self.answer.errors:
            self.status = refusal.status
        self.answer.errors.extend(refusal.errors)

    @property
    def http_status(self) -> int:
        """The HTTP status of its answer."""
        return 200 if self.was_heard or not self.answer.errors else self.status

    @property
    def awaited(self) -> list[Task]:
        """The tasks whose results the answer holds."""
        return [task for task in self.accepted if task.delivery == "sync"]

    @property
    def stream(self) -> Task | None:
        """The task whose text is streamed in place of an answer."""
        streams = (task for task in self.accepted if task.delivery == "stream")
        return next(streams, None)

    @property
    def seconds(self) -> float:
        """How long it takes until the answer is whole."""
        ends = [task.run.ends for task in self.awaited]
        return max([0.0, *(end - monotonic() for end in ends)])

    def whole_answer(self) -> Envelope:
        """The answer, with the results of the tasks that it waited for."""
        data, errors = list(self.answer.data), list(self.answer.errors)
        for task in self.awaited:
            data += [made.item for made in task.run.ready()]
            errors += task.failures()
        return Envelope(data, errors)


def read_tasks(text: str | bytes) -> list[Any]:
    """Read the array that was sent.

    Raises:
        RefusalError: It is none.
    """
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half characters fail here
    except (ValueError, RecursionError) as error:
        message = f"This is no JSON: {error}."
        raise RefusalError(400, error_item("invalidJSON", message)) from None
    if not is_array(value) or not value:
        message = "Tasks are sent in an array, with one of them at least."
        raise RefusalError(400, error_item("invalidRequest", message))
    return value


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python takes for JSON."""
    message = f"{name} stands where a value should"
    raise ValueError(message)
