"""Documents, task types and the whole package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runware_codegen.model.classes import Class, Field
    from runware_codegen.model.predicates import Predicate
    from runware_codegen.problems import Problem


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """A limit on a media file itself. It is documented, and emitted as data."""

    parameter: str
    operation: str
    minimum: int | float | None
    maximum: int | float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The price and the latency of a task that Runware has run.

    Attributes:
        name: The identifier of the example, or the settings in words.
        price: The price as the document has it, or empty.
        latency_ms: The latency in milliseconds, if the document has it.
    """

    name: str
    price: str
    latency_ms: int | float | None


@dataclass(frozen=True, slots=True)
class Document:
    """One document, which becomes one module of the package.

    Attributes:
        id: The model's identifier, or the task type's for a utility.
        file_name: The base name of its file.
        title: The display name.
        summary: One sentence, or empty.
        description: Markdown, or empty.
        air: The model's AIR, or empty.
        status: live, deprecated …, or empty.
        modes: Combinations of inputs that the model supports, each in words.
        price: The price in words, or empty.
        capabilities: Its capabilities, as the document names them.
        documentation_url: The page of its documentation, or empty.
        task_type: The name of its task type.
        models: The models it describes; empty for any.
        module: The Python name of its module.
        request: The request class.
        result: The result class.
        nested_request_classes: The classes of objects inside the request.
        nested_result_classes: The classes of objects inside the result.
        definitions: Named predicates, which `DefinitionRef` refers to.
        deliveries: Delivery methods that the request may select.
        default_delivery: The delivery method if the request selects none, or empty.
        status_texts: HTTP statuses with their descriptions.
        error_codes: Error codes that the document names.
        media_limits: Limits on media files.
        unenforced: Keywords that the client does not enforce.
        measurements: Prices and latencies of tasks that Runware has run.
    """

    id: str
    file_name: str
    title: str
    summary: str
    description: str
    air: str
    status: str
    modes: tuple[str, ...]
    price: str
    capabilities: tuple[str, ...]
    documentation_url: str
    task_type: str
    models: tuple[str, ...]
    module: str
    request: Class
    result: Class
    nested_request_classes: tuple[Class, ...]
    nested_result_classes: tuple[Class, ...]
    definitions: tuple[tuple[str, Predicate], ...] = ()
    deliveries: tuple[str, ...] = ()
    default_delivery: str = ""
    status_texts: tuple[tuple[str, str], ...] = ()
    error_codes: tuple[str, ...] = ()
    media_limits: tuple[MediaLimit, ...] = ()
    unenforced: tuple[Problem, ...] = ()
    measurements: tuple[Measurement, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its request."""
        return self.request.fields

    @property
    def rule_count(self) -> int:
        """The number of rules of its request classes."""
        return sum(
            len(each.rules) for each in (self.request, *self.nested_request_classes)
        )


@dataclass(frozen=True, slots=True)
class ErrorMember:
    """One member of a task type's error enum.

    Attributes:
        name: The Python name, as PEP 8 has it for constants.
        value: The error code; for a status, the code with the same meaning.
        http_status: The HTTP status; None for a code alone.
        doc: Its meaning, and what to do.
    """

    name: str
    value: str
    http_status: int | None
    doc: str


@dataclass(frozen=True, slots=True)
class TaskType:
    """A task type and its documents.

    Attributes:
        name: The name in JSON (`3dInference`).
        module: The Python name of its package (`three_d_inference`).
        class_name: The stem of its class names (`ThreeDInference`).
        documents: Its documents, in the order of their identifiers.
        errors: The members of its error enum.
    """

    name: str
    module: str
    class_name: str
    documents: tuple[Document, ...]
    errors: tuple[ErrorMember, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether a document of it offers streamed results."""
        return any("stream" in document.deliveries for document in self.documents)


@dataclass(frozen=True, slots=True)
class Package:
    """A whole client package."""

    name: str
    task_types: tuple[TaskType, ...] = field(default=())

    @property
    def documents(self) -> tuple[Document, ...]:
        """All documents, by task type and identifier."""
        return tuple(d for t in self.task_types for d in t.documents)

    @property
    def unenforced(self) -> tuple[Problem, ...]:
        """Keywords of all documents that the client does not enforce."""
        return tuple(problem for d in self.documents for problem in d.unenforced)
