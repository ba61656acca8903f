"""The members of results that are their output, for each task type of the simulation."""

from __future__ import annotations

from functools import cache


@cache
def outputs_of(task_type: str) -> frozenset[str]:
    """Return what the client takes for the output of a result of a task type."""
    from runware_client import request_class  # noqa: PLC0415 - imported anew later
    from runware_client._runtime.transport import items  # noqa: PLC0415

    result = request_class(task_type, None).result
    return frozenset(items.outputs_of(task_type, result))
