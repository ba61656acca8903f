"""The documents of the package, and the request class of a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ..exceptions import readable
from ..old_names import in_present_words, is_same_type, present_name
from ..schema.spelling import nearest
from .document import Document

if TYPE_CHECKING:
    from ..schema.generics import ResultT
    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult


def documents(
    *,
    task_type: str | None = None,
    capability: str | None = None,
    creator: str | None = None,
    text: str | None = None,
    status: str | None = None,
) -> tuple[Document, ...]:
    """Return the documents of the package, sorted by task type and identifier.

    Filters ignore case. A document must match all of them.

    Args:
        task_type: The wire name of a task type, or its old name.
        capability: A capability, such as "text-to-image".
        creator: A creator: "Black Forest Labs", "black-forest-labs" or "bfl".
        text: Words that must all occur in the texts of the model.
            These are identifier, AIR, title, summary, description, creator and
            capabilities.
        status: A status, such as "live".

    Raises:
        LookupError: The package has no document of the task type.
        TypeError: A filter is not a str.
    """
    from ...tasks._index import DOCUMENTS

    for each in (task_type, capability, creator, text, status):
        if each is not None and not isinstance(cast("object", each), str):
            raise TypeError(f"a filter of documents() must be a str, not {each!r}")
    found: Iterable[Document] = DOCUMENTS
    if task_type is not None:
        found = [each for each in found if is_same_type(each.task_type, task_type)]
        if not found:
            raise LookupError(_unknown(task_type, None))
    if status is not None:
        found = (each for each in found if _is_same(each.status, status))
    if capability is not None:
        found = (each for each in found if _has_capability(each, capability))
    if creator is not None:
        found = (each for each in found if _is_by(each, creator))
    if text is not None:
        found = (each for each in found if _has_words(each, text))
    return tuple(found)


def _is_same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _has_capability(document: Document, capability: str) -> bool:
    return any(_is_same(each, capability) for each in document.capabilities)


def _is_by(document: Document, creator: str) -> bool:
    wanted = _letters(creator)
    names = (document.creator, document.creator_id, document.id.partition("-")[0])
    return bool(wanted) and wanted in map(_letters, names)


def _letters(name: str) -> str:
    """Return the letters and digits of a name; equal for "Kling AI" and "klingai"."""
    return "".join(filter(str.isalnum, name.casefold()))


def _has_words(document: Document, text: str) -> bool:
    texts = (
        *(document.id, document.air, document.title, document.summary),
        *(document.description, document.creator, *document.capabilities),
    )
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in text.casefold().split())


def request_class(task_type: str, model: str | None) -> type[TaskRequest[TaskResult]]:
    """Return the request class of a task type and model.

    The document of the model takes precedence over the general document.

    Args:
        task_type: The wire name of the task type, or its old name.
        model: The AIR or identifier of the model; None without a model.

    Raises:
        LookupError: The package has no document for such a task.
    """
    return document_for(task_type, model).request


def document_for(task_type: str, model: str | None) -> Document:
    """Return the document of a task type and model; see `request_class`."""
    document = _lookup(present_name(task_type), model)
    if document is None:
        raise LookupError(_unknown(task_type, model))
    return document


def parse_request(task: Mapping[str, Any]) -> TaskRequest[TaskResult]:
    """Validate a task object and return it as a request.

    Args:
        task: The object with `taskType` and, if the task type has models, `model`.

    Returns:
        A request of the class of its document. Its `to_wire()` equals the task, except
        that an identifier in `model` is replaced by the AIR.

    Raises:
        pydantic.ValidationError: The document does not allow the task; it lists all
            errors. Or the package has no document for such a task.
        TypeError: It is not an object.
    """
    if not isinstance(task, dict):
        task = task_object(task)
    task_type, model = task.get("taskType"), task.get("model")
    try:
        request = _CACHE[task_type, model]
    except (KeyError, TypeError):  # TypeError: a list or dict cannot be a key
        request = None
    if request is None:
        document = _document_of(task)
        task, request = with_air(task, document), document.request
    return request.from_wire(task)


def task_object(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task object as a dict.

    Raises:
        TypeError: It is not an object.
    """
    if not isinstance(cast("object", task), Mapping):
        hint = ": use its to_wire()" if hasattr(task, "to_wire") else ""
        raise TypeError(
            f"a task must be a dict with taskType, not {type(task).__name__}{hint}"
        )
    return dict(task)


_CACHE: dict[tuple[object, object], type[TaskRequest[TaskResult]]] = {}
"""Request classes by task type and model, for repeated calls."""


def _document_of(task: Mapping[str, Any]) -> Document:
    """Return the document of a task object, or raise an error if there is none."""
    task_type, model = task.get("taskType"), task.get("model")
    found = _likely_document(task_type, model)
    if found is None:
        from ..schema.explanations import combined, rule_error

        near = nearest(
            "taskType", [n for n in task if isinstance(cast("object", n), str)]
        )
        hint = f", but {near!r}, which is not its JSON name" if near else ""
        if near == "taskType":
            hint = ": it is null"
        raise combined("Task", [rule_error(_unknown(task_type, model, hint))])
    for known in found.models:
        if known != found.id:
            _CACHE[found.task_type, known] = found.request
    return found


def with_air(members: Mapping[str, Any], document: Document) -> dict[str, Any]:
    """Replace the identifier in `model` by the AIR of the document's model."""
    if not document.models or members.get("model") != document.id:
        return dict(members)
    return {**members, "model": document.model}


def parse_result(request: TaskRequest[ResultT], item: Mapping[str, Any]) -> ResultT:
    """Parse an item of a response's `data` as the result of a request.

    Args:
        request: The request.
        item: The item as received.
            Unexpected members and values never raise an exception.

    Raises:
        TypeError: It is not an object.
    """
    return request.read(item)


@cache
def _by_task() -> dict[tuple[str, str | None], Document]:
    """Return documents by task type and model; AIRs take precedence over identifiers."""
    by_task: dict[tuple[str, str | None], Document] = {}
    for document in documents():
        if document.models:
            by_task[document.task_type, document.id] = document
    for document in documents():
        for model in document.models or (None,):
            by_task[document.task_type, model] = document
    return by_task


def _lookup(task_type: str, model: object) -> Document | None:
    """Return the document of a model, else the general document."""
    by_task = _by_task()
    if not isinstance(model, str):
        return by_task.get((task_type, None))
    known = by_task.get((task_type, model)) or _by_pattern(task_type, model)
    return known or by_task.get((task_type, None))


def _by_pattern(task_type: str, model: str) -> Document | None:
    """Return the document with the most specific pattern for a model."""
    for pattern, document in _patterns():
        if document.task_type == task_type and fnmatchcase(model, pattern):
            return document
    return None


@cache
def _patterns() -> list[tuple[str, Document]]:
    """Return all patterns with their documents, the longest patterns first."""
    found = [(pattern, each) for each in documents() for pattern in each.patterns]
    return sorted(found, key=lambda pair: (-len(pair[0].replace("*", "")), pair[0]))


def _likely_document(task_type: object, model: object) -> Document | None:
    """Return the document of a task. If the task lacks its type, its model may tell."""
    if isinstance(task_type, str):
        return _lookup(task_type, model) or _only_document(task_type, model)
    fitting = _of_model(model) if task_type is None else []
    return fitting[0] if len(fitting) == 1 else None


def _of_model(model: object) -> list[Document]:
    """Return the documents of a model, of any task type."""
    with_models = [d for d in documents() if d.models]
    return [d for d in with_models if d.takes(model) or model == d.id]


def _only_document(task_type: str, model: object) -> Document | None:
    """Return the only document of a task type, for a task without a model.

    Its validation reports the missing model.
    """
    of_type = [d for d in documents() if d.task_type == task_type]
    return of_type[0] if len(of_type) == 1 and not isinstance(model, str) else None


def _unknown(task_type: object, model: object, hint: str = "") -> str:
    """Return the error message for a task that no document describes.

    It ends with the hint if the task has no `taskType`.
    """
    known = sorted({document.task_type for document in documents()})
    has = f"This package has {', '.join(known)}"
    if task_type is None:
        return f"the task has no taskType{hint}. {has}"
    present = present_name(task_type) if isinstance(task_type, str) else task_type
    if isinstance(task_type, str) and present != task_type:
        renamed = (
            f"taskType {task_type!r} is the old name of {in_present_words(task_type)!r}"
        )
        if present in known:
            return f"{renamed}. Use the new name and the members of {present}"
        return f"{renamed}, and no document of this package describes it. {has}"
    if task_type in known:
        return _unknown_model(str(task_type), model)
    return (
        f"unknown taskType {readable(repr(task_type))}{_meant(task_type, known)} {has}"
    )


def _unknown_model(task_type: str, model: object) -> str:
    """Return the error message for a model that no document of the task type describes."""
    of_type = [each for each in documents() if each.task_type == task_type]
    models = sorted(m for each in of_type for m in (*each.models, *each.patterns))
    has = f"This package has {', '.join(models[:8])}" + (
        " …" if len(models) > 8 else ""
    )
    if model is None:
        return f"no model for {task_type}: give model. {has}"
    others = [f". It is a model of {each.task_type}." for each in _of_model(model)]
    identifiers = [each.id for each in of_type if each.models]
    why = others[0] if others else _meant(model, [*models, *identifiers])
    return f"unknown model {readable(repr(model))} for {task_type}{why} {has}"


def _meant(given: object, known: Iterable[str]) -> str:
    near = nearest(given, known) if isinstance(given, str) else None
    return f": did you mean {near}?" if near else "."
