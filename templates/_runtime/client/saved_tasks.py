"""Tasks from the JSON texts of handles, which another process may have saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..delivery.submission import SAVED, submission_of, task_of
from ..json_values import is_object, is_type
from ..transport.items import AUTHENTICATION, COUNTS, READ_ONLY
from .documents import request_class
from .handle import FORMAT_VERSION

if TYPE_CHECKING:
    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult
    from ..transport.api_key import ApiKey
    from ..transport.envelope import Item
    from .base_engine import Deliverable


def saved_task(
    text: str, request: TaskRequest[Any] | None, key: ApiKey
) -> Deliverable[Any]:
    """Return the task of a handle's JSON text, in doubt and ready to be polled.

    With its request, the task can be sent again if `resend` allows that and the API key is
    the same.

    Raises:
        ValueError: The text is not the JSON text of a handle, or the request has another
            `taskUUID`.
    """
    wire = _saved(text)
    fingerprint = wire.pop("key", None)
    if request is None:
        task = task_of(wire, _result_class(wire), wire.get("deliveryMethod"))
        task.resume()
        return task
    submission = submission_of(request)
    if submission.task.task_uuid != wire["taskUUID"]:
        raise ValueError(
            f"the request has task_uuid {submission.task.task_uuid}, and the handle "
            f"belongs to task {wire['taskUUID']}. Create the request with "
            f"task_uuid={wire['taskUUID']!r}"
        )
    if delivery := wire.get("deliveryMethod"):  # `submit` may have changed it
        submission.wire["deliveryMethod"] = delivery
        submission.task.is_async = submission.is_async = delivery == "async"
    submission.task.resume()
    submission.task.allows_resend = fingerprint == key.fingerprint(wire["taskUUID"])
    return submission


def _saved(text: str) -> Item:
    """Parse and validate the JSON text of a handle."""
    try:
        saved = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        saved = None
    if not is_object(saved) or saved.get("handle") != FORMAT_VERSION:
        raise ValueError(
            "this is not the JSON text of a handle, as to_json() returns it"
        )
    wire = {name: saved[name] for name in (*SAVED, "key") if name in saved}
    wrong = [name for name in wire if not _is_good(name, wire[name])]
    missing = {"taskType", "taskUUID"} - wire.keys()
    if wrong or missing:
        names = ", ".join([*wrong, *sorted(missing)])
        raise ValueError(f"the JSON text of the handle has no valid value for: {names}")
    if wire["taskType"] in {*READ_ONLY, AUTHENTICATION}:
        raise ValueError(
            f"the JSON text of the handle has the taskType {wire['taskType']}, which "
            "cannot be polled"
        )
    return wire


def _is_good(name: str, value: object) -> bool:
    if name in COUNTS:
        return is_type(value, "integer") and value >= 1
    if not isinstance(value, str) or not value:
        return False
    if name == "taskUUID":
        from uuid import UUID  # slow to import

        try:
            return bool(UUID(value))
        except ValueError:
            return False
    return len(value) <= 1000


def _result_class(wire: Item) -> type[TaskResult]:
    from ..schema.results import TaskResult  # slow to import

    try:
        return request_class(wire["taskType"], wire.get("model")).result
    except LookupError:
        return TaskResult
