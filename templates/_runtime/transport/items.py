"""Distinguishes results from status updates among the items of a response."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ..json_values import is_number, is_type

if TYPE_CHECKING:
    from ..schema.results import TaskResult
    from .envelope import Item

READ_ONLY: Final = frozenset(
    {"accountManagement", "getResponse", "getTaskDetails", "modelSearch", "ping"}
)
"""Task types that only read, are not billed, and cannot be polled."""

NAMELESS: Final = frozenset({"getResponse", "getTaskDetails", "ping"})
"""Task types without a `taskUUID` of their own. That of the first two is of another task."""

AUTHENTICATION: Final = "authentication"
"""The type of the task with the API key in a payload. Its response is not a result."""

UPLOADS: Final = frozenset({"imageUpload", "mediaStorage", "modelUpload"})
"""Task types that store files of the caller. Their documents have no prices."""

SUCCESS: Final = frozenset({"success", "ready"})
"""Statuses, in lower case, of a result; `ready` is that of a model upload."""

UNFINISHED: Final = frozenset(
    {"pending", "processing", "validated", "downloaded", "optimized", "stored"}
)
"""Statuses, in lower case, of an unfinished task; the last four are of model uploads."""

COUNTS: Final = ("numberResults", "promptVersions")
"""The members of a task with the number of results that it orders."""

_OUTPUT: Final = re.compile("([a-z][A-Za-z0-9]*)?(URL|Url|url|DataURI|Base64Data)")
_OUTPUTS: Final = frozenset(
    {"data", "detections", "files", "finishReason", "outputs", "structuredData"}
    | {"text", "tools"}
)
_NO_OUTPUTS: Final = frozenset(
    {"NSFWContent", "air", "cost", "error", "message", "model", "operation"}
    | {"previewURL", "progress", "reasoningContent", "resultIndex", "seed", "status"}
    | {"statusURL", "taskType", "thoughtSignature", "thumbnailURL", "usage"}
    | {"uploadEndpoint", "webhookURL"}
)
_IDENTIFIERS: Final = {
    "imageUpload": frozenset({"imageUUID"}),
    "mediaStorage": frozenset({"mediaUUID"}),
    "modelUpload": frozenset({"air"}),
}
"""The output of an upload: the identifier of the stored file, by task type."""


def outputs_of(task_type: str, result: type[TaskResult] | None) -> AbstractSet[str]:
    """Return the wire names of the members of a result that are its output.

    Without the class of the result, only those of uploads are known.
    """
    known = _IDENTIFIERS.get(task_type, frozenset[str]())
    return known if result is None else known | _declared_outputs(result)


@cache
def _declared_outputs(result: type[TaskResult]) -> frozenset[str]:
    from ..schema.fields import wire_names  # slow to import

    names = wire_names(result).values()
    return frozenset(n for n in names if not _is_no_output(n) and n[-4:] != "UUID")


def is_result(item: Item, outputs: AbstractSet[str] = frozenset()) -> bool:
    """Return whether an item is a result, not the status of an unfinished task.

    A known status decides. With an unknown status or none, an item with an output is a
    result. A cost, a seed or a UUID of an output that is not finished are not outputs.
    For the outputs of a task, see `outputs_of`.
    """
    status = _status(item)
    if status in SUCCESS or status in UNFINISHED:
        return status in SUCCESS
    made = (item[name] for name in item if name in outputs or _is_output(name))
    if item.get("status") is None and "progress" not in item:
        return any(value is not None for value in made)  # a finished text may be empty
    return any(value not in (None, "", [], {}) for value in made)


def is_unfinished(item: Item) -> bool:
    """Return whether an item has only the status or the progress of an unfinished task.

    With an output it counts as finished: no other item may have this output. So does one
    with an unknown status, which may be that of a cancelled task.
    """
    is_update = item.get("status") is None and "progress" in item
    is_update |= _status(item) in UNFINISHED
    return is_update and not has_output(item)


def has_output(item: Item) -> bool:
    """Return whether an item of a dry run contains an output, so that the task was run.

    `tools` are not counted: they are members of requests too.
    """
    return is_result({n: v for n, v in item.items() if n not in ("status", "tools")})


def _status(item: Item) -> str:
    status = item.get("status")
    return status.lower() if isinstance(status, str) else ""


def _is_output(name: str) -> bool:
    if _is_no_output(name):
        return False
    return name in _OUTPUTS or _OUTPUT.fullmatch(name) is not None


def _is_no_output(name: str) -> bool:
    """Return whether a member is no output, such as one about the input."""
    return name in _NO_OUTPUTS or name.startswith("input")


def number_of_results(task: Item) -> int:
    """Return the number of results that a task orders, at least one."""
    counts = [task.get(name) for name in COUNTS]
    return max(1, next((int(c) for c in counts if is_type(c, "integer")), 1))


def costs(items: Iterable[Item]) -> list[float]:
    """Return the costs in items, in US dollars."""
    return [cost for cost in numbers(items, "cost") if cost >= 0]


def numbers(items: Iterable[Item], name: str) -> list[float]:
    """Return the finite numbers in a member of items, also those written as text."""
    found: list[float] = []
    for item in items:
        value: Any = item.get(name)
        if isinstance(value, str) or is_number(value):
            with suppress(OverflowError, ValueError):
                found.append(float(value))
    return [*filter(isfinite, found)]
