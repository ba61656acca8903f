"""What the package covers, and which class a task belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ..old_names import in_present_words, present_name
from .document import Document

if TYPE_CHECKING:
    from ..schema.base import TaskRequest, TaskResult
    from ..schema.generics import ResultT


def documents() -> tuple[Document, ...]:
    """Return what the package covers, by task type and identifier."""
    from ...tasks._index import DOCUMENTS

    return DOCUMENTS


def request_class(task_type: str, model: str | None) -> type[TaskRequest[TaskResult]]:
    """Return the request class of a task type and model.

    A document about the model comes before one about any model.

    Args:
        task_type: The task type on the wire; an old name stands for the present one.
        model: The model on the wire; None where the task has none.

    Raises:
        LookupError: When no document describes such a task.
    """
    by_task = _by_task()
    present = present_name(task_type)
    for key in ((present, model), (present, None)):
        if key in by_task:
            return by_task[key].request
    raise LookupError(_unknown(task_type, model))


def parse_request(task: Mapping[str, Any]) -> TaskRequest[TaskResult]:
    """Read one task as it is sent.

    Args:
        task: The object with `taskType` and, where the task type has one, `model`.

    Returns:
        A request of the class of its document; its `to_wire()` equals the task.

    Raises:
        pydantic.ValidationError: With all that is wrong, or when no document of the
            package describes such a task.
    """
    task_type, model = task.get("taskType"), task.get("model")
    try:
        request = _ASKED_FOR[task_type, model]
    except (KeyError, TypeError):  # TypeError: one of them is a list or an object
        request = _request_of(task_type, model)
    return request.from_wire(task if isinstance(task, dict) else dict(task))


_ASKED_FOR: dict[tuple[object, object], type[TaskRequest[TaskResult]]] = {}
"""Request classes by task type and model, for the tasks that come most often."""


def _request_of(task_type: object, model: object) -> type[TaskRequest[TaskResult]]:
    found = _for(task_type, model)
    if found is None:
        from ..schema.explanations import unknown_task

        raise unknown_task(_unknown(task_type, model))
    for known in found.models:
        _ASKED_FOR[found.task_type, known] = found.request
    return found.request


def parse_result(request: TaskRequest[ResultT], item: Mapping[str, Any]) -> ResultT:
    """Read one item of an answer's `data` as the result of a request.

    Args:
        request: The request that it answers.
        item: The item as it came; nothing odd in it is an error.
    """
    return request.read(item)


@cache
def _by_task() -> dict[tuple[str, str | None], Document]:
    return {
        (document.task_type, model): document
        for document in documents()
        for model in (document.models or (None,))
    }


def _for(task_type: object, model: object) -> Document | None:
    by_task = _by_task()
    if isinstance(task_type, str):
        known = by_task.get((task_type, model)) if isinstance(model, str) else None
        return known or by_task.get((task_type, None)) or _alone(task_type, model)
    if task_type is None:
        fitting = [*_fitting(model)]
        return fitting[0] if len(fitting) == 1 else None
    return None


def _alone(task_type: str, model: object) -> Document | None:
    """Return the only document of a task type for a task without a model.

    Its errors say what is missing.
    """
    alone = [d for d in documents() if d.task_type == task_type]
    return alone[0] if len(alone) == 1 and not isinstance(model, str) else None


def _fitting(model: object) -> Iterator[Document]:
    for document in documents():
        if model in document.models or (not document.models and model is None):
            yield document


def _unknown(task_type: object, model: object) -> str:
    known = sorted({document.task_type for document in documents()})
    present = present_name(task_type) if isinstance(task_type, str) else task_type
    if isinstance(task_type, str) and present != task_type:
        now = in_present_words(task_type)
        renamed = f"taskType {task_type!r} is the old name of {now!r}"
        if present in known:
            return f"{renamed}: send that, with the members that {present} takes"
        return f"{renamed}, which is none of this package's: {', '.join(known)}"
    if task_type not in known:
        return f"taskType {task_type!r} is none of this package's: {', '.join(known)}"
    models = sorted(
        m for d in documents() if d.task_type == task_type for m in d.models
    )
    shown = ", ".join(models[:8]) + (" …" if len(models) > 8 else "")
    return f"model {model!r} is none that this package has for {task_type}: {shown}"
