"""Makes the view of a task type's client: the calls of its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runware_codegen.render.docs import call_doc

if TYPE_CHECKING:
    from runware_codegen.model import DocumentInfo, TaskType


@dataclass(frozen=True, slots=True)
class CallView:
    """The call of a model that has a document.

    Attributes:
        name: Its name in the client.
        declaration: The class that declares it to type checkers.
        request: The name of the request class.
        doc: What it runs.
    """

    name: str
    declaration: str
    request: str
    doc: str


def calls_of(task_type: TaskType[DocumentInfo]) -> list[CallView]:
    """Return the calls of the models that have a document."""
    return [
        CallView(
            document.module,
            "Streams" if document.streams else "Runs",
            document.request_name,
            call_doc(document),
        )
        for document in task_type.documents
        if document.models
    ]
