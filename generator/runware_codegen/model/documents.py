"""Documents, task types and the whole package."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final, Generic, TypeVar

from runware_codegen.model.classes import Class, Field
from runware_codegen.model.predicates import Predicate
from runware_codegen.problems import Problem  # pydantic resolves it

ABOUT_ANOTHER_TASK: Final = frozenset({"getResponse", "getTaskDetails"})
"""Task types whose `taskUUID` identifies another task, not the task itself."""


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
        name: The identifier of the run, or else its settings.
        settings: The settings of the task in words, or empty.
        price: The price in USD as a decimal number, or empty.
        latency_ms: The latency in milliseconds; None if the document has none.
    """

    name: str
    settings: str
    price: str
    latency_ms: int | float | None

    @property
    def latency(self) -> float | None:
        """The latency in seconds."""
        return self.latency_ms / 1000 if self.latency_ms else None


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a unit.

    Attributes:
        amount: The price of a unit as a decimal number, or empty.
        unit: The unit as the document names it, such as `output`; or empty.
        label: What the rate is for, or empty.
        text: The rate in words, or empty.
    """

    amount: str
    unit: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Pricing:
    """The prices in a document.

    Attributes:
        currency: Such as USD, or empty.
        rates: The prices of units.
        measured: Tasks that were run to measure prices.
        examples: Tasks that were run as examples.
        overview: The prices in words, or empty.
        adds_up: Whether the price of a task is the sum of its rates, in US dollars.
    """

    currency: str = ""
    rates: tuple[Rate, ...] = ()
    measured: tuple[Measurement, ...] = ()
    examples: tuple[Measurement, ...] = ()
    overview: str = ""
    adds_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """The attributes of a document that other modules of the package need.

    Attributes:
        id: The model's identifier, or the task type's for a utility.
        file_name: The base name of its file.
        air: The model's AIR, or empty.
        status: live, deprecated …, or empty.
        title: The display name.
        summary: One sentence, or empty.
        creator: The name of the model's creator, or empty.
        capabilities: Its capabilities, as the document names them.
        modes: Combinations of inputs that the model supports, each in words.
        price: The price in words, or empty.
        measurements: Prices and latencies of tasks that Runware has run.
        task_type: The name of its task type.
        models: The models it describes; empty for any.
        patterns: Patterns of the user's own models that its class accepts; `*` matches any
            text.
        own_models: The user's own models among `models`; the document does not name them.
        module: The Python name of its module.
        request_name: The name of the request class.
        result_name: The name of the result class.
        part_names: The names of the classes of objects inside them.
        deliveries: Delivery methods that the request may select.
        pages: Whether a result is one page of many, which `offset` selects.
        status_texts: HTTP statuses with their descriptions.
        error_codes: Error codes that the document names.
        field_count: The number of fields of the request.
        rule_count: The number of rules of its request classes.
        unenforced: Keywords that the client does not enforce.
    """

    id: str
    file_name: str
    air: str
    status: str
    title: str
    summary: str
    creator: str
    capabilities: tuple[str, ...]
    modes: tuple[str, ...]
    price: str
    measurements: tuple[Measurement, ...]
    task_type: str
    models: tuple[str, ...]
    module: str
    request_name: str
    result_name: str
    part_names: tuple[str, ...]
    deliveries: tuple[str, ...]
    pages: bool
    status_texts: tuple[tuple[str, str], ...]
    error_codes: tuple[str, ...]
    field_count: int
    rule_count: int
    unenforced: tuple[Problem, ...]
    patterns: tuple[str, ...] = ()
    own_models: tuple[str, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether results can be streamed."""
        return "stream" in self.deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(DocumentInfo):
    """One document, which becomes one module of the package.

    Attributes:
        description: Markdown, or empty.
        creator_id: The creator's identifier, or empty.
        released: The date of its release (2026-01-31), or empty.
        pricing: The prices as data.
        documentation_url: The page of its documentation, or empty.
        request: The request class.
        result: The result class.
        nested_request_classes: The classes of objects inside the request.
        nested_result_classes: The classes of objects inside the result.
        definitions: Named predicates, which `DefinitionRef` refers to in requests.
        result_definitions: Named predicates, which it refers to in results.
        default_delivery: The default of the request's delivery method, or empty.
        media_limits: Limits on media files.
        creates_uuid: Whether the constructor of a request creates its `taskUUID`.
    """

    description: str
    creator_id: str
    released: str
    pricing: Pricing
    documentation_url: str
    request: Class
    result: Class
    nested_request_classes: tuple[Class, ...]
    nested_result_classes: tuple[Class, ...]
    definitions: tuple[tuple[str, Predicate], ...]
    result_definitions: tuple[tuple[str, Predicate], ...]
    default_delivery: str
    media_limits: tuple[MediaLimit, ...]
    creates_uuid: bool

    @property
    def request_classes(self) -> tuple[Class, ...]:
        """The request class, and the classes of objects inside the request."""
        return (self.request, *self.nested_request_classes)

    @property
    def result_classes(self) -> tuple[Class, ...]:
        """The result class, and the classes of objects inside the result."""
        return (self.result, *self.nested_result_classes)

    def is_own_uuid(self, field: Field) -> bool:
        """Return whether a field is the `taskUUID` that the constructor creates."""
        return self.creates_uuid and field is self.request.field("taskUUID")

    @property
    def takes_own_models(self) -> bool:
        """Whether its class accepts the user's own models."""
        return bool(self.own_models or self.patterns)

    @property
    def words(self) -> tuple[str, ...]:
        """All texts in which `list --text` searches."""
        names = (self.id, self.air, self.title, self.summary, self.description)
        return (*names, self.creator, *self.capabilities)

    @property
    def shortest_latency(self) -> float | None:
        """The shortest measured latency in seconds; None without measurements."""
        latencies = [each.latency for each in self.measurements]
        return min((each for each in latencies if each and each > 0), default=None)

    @property
    def without_results(self) -> Document:
        """The document with an empty result class, which is enough to validate requests."""
        result = replace(self.result, fields=())
        return replace(self, result=result, nested_result_classes=())

    @property
    def info(self) -> DocumentInfo:
        """The document without its classes."""
        kept = {each.name: getattr(self, each.name) for each in fields(DocumentInfo)}
        return DocumentInfo(**kept)


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


# `Document`, or `DocumentInfo` if the classes of documents are not needed.
DocumentT = TypeVar("DocumentT", bound=DocumentInfo)
DocumentT_co = TypeVar("DocumentT_co", bound=DocumentInfo, covariant=True)


@dataclass(frozen=True, slots=True)
class TaskType(Generic[DocumentT_co]):
    """A task type and its documents.

    Attributes:
        name: The name in JSON (`3dInference`).
        module: The Python name of its package (`three_d_inference`).
        class_name: The stem of its class names (`ThreeDInference`).
        documents: Its documents, in the order of their identifiers.
        errors: The members of its error enum beside those of the package.
    """

    name: str
    module: str
    class_name: str
    documents: tuple[DocumentT_co, ...]
    errors: tuple[ErrorMember, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether results of one of its documents can be streamed."""
        return any(document.streams for document in self.documents)

    @property
    def general(self) -> DocumentT_co | None:
        """The document for tasks of any model, or without a model."""
        return next((each for each in self.documents if not each.models), None)

    @property
    def pages(self) -> bool:
        """Whether results of its general document are pages."""
        return self.general is not None and self.general.pages


@dataclass(frozen=True, slots=True)
class Package(Generic[DocumentT_co]):
    """A whole client package.

    Attributes:
        name: The Python name.
        task_types: Its task types.
        common_errors: The members that the error enums of all task types have.
    """

    name: str
    task_types: tuple[TaskType[DocumentT_co], ...] = ()
    common_errors: tuple[ErrorMember, ...] = ()

    @property
    def documents(self) -> tuple[DocumentT_co, ...]:
        """All documents, by task type and identifier."""
        return tuple(d for t in self.task_types for d in t.documents)

    @property
    def unenforced(self) -> tuple[Problem, ...]:
        """Keywords of all documents that the client does not enforce."""
        return tuple(problem for d in self.documents for problem in d.unenforced)
