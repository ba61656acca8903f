"""The output members of results, for each task type of the simulation."""

from __future__ import annotations

from functools import cache


@cache
def outputs_of(task_type: str) -> frozenset[str]:
    """Return the members that the client treats as outputs, for a task type."""
    from runware_client import request_class  # noqa: PLC0415 - search.py reimports it
    from runware_client._runtime.transport import items  # noqa: PLC0415

    result = request_class(task_type, None).result
    return frozenset(items.outputs_of(task_type, result))
