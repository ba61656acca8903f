"""Tasks without validation, for example those that no document describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from ..exceptions import readable
from ..media.local_files import refuse_files
from ..transport.items import AUTHENTICATION, NAMELESS
from .documents import request_class, task_object

if TYPE_CHECKING:
    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult


def unchecked_request(task: Mapping[str, Any]) -> TaskRequest[TaskResult]:
    """Return a task object as a request, without validation.

    If a document describes the task, its request class determines the default delivery
    method and the class of the results. A missing `taskUUID` is added, if the task type
    has one.

    Raises:
        TypeError: It is not an object, or contains a value that JSON does not have.
        ValueError: It has no `taskType`, a `taskUUID` that is not a string, a number that
            JSON does not have, or a file of another request; or it is nested too deeply.
    """
    given = task_object(task)
    try:
        refuse_files(given, "task")
        wire: dict[str, Any] = json.loads(json.dumps(given, allow_nan=False))
    except RecursionError:
        raise ValueError("the task is nested too deeply for JSON") from None
    task_type = wire.get("taskType")
    if not isinstance(task_type, str) or task_type in ("", AUTHENTICATION):
        raise ValueError(
            f"taskType must be the name of a task type, not {readable(repr(task_type))}"
        )
    task_uuid = wire.get("taskUUID")
    if task_uuid is None and task_type not in NAMELESS:
        from uuid import uuid4  # slow to import

        wire["taskUUID"] = str(uuid4())
    elif task_uuid is not None and (not isinstance(task_uuid, str) or not task_uuid):
        raise ValueError(f"taskUUID must be a UUID, not {readable(repr(task_uuid))}")
    model = wire.get("model")
    kind: type[TaskRequest[TaskResult]] | None = None
    with suppress(LookupError):
        kind = request_class(task_type, model if isinstance(model, str) else None)
    return _unchecked_class(kind).model_construct(**wire)


@cache
def _unchecked_class(
    kind: type[TaskRequest[TaskResult]] | None,
) -> type[TaskRequest[TaskResult]]:
    """Return a request class without fields, with the delivery and results of another."""
    from ..schema.parts import OpenPart  # slow to import
    from ..schema.requests import TaskRequest  # slow to import
    from ..schema.results import TaskResult  # slow to import

    class UncheckedRequest(TaskRequest[TaskResult], OpenPart):
        """A task that is sent without validation."""

        air = kind.air if kind else ""
        result = kind.result if kind else TaskResult
        default_delivery = kind.default_delivery if kind else None
        shortest_latency = kind.shortest_latency if kind else None

    return UncheckedRequest
