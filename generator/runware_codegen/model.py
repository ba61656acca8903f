"""The intermediate model: what a client package says, in neither schema nor Python.

A `Package` holds task types, a task type its documents, a document a request and a
result made of types. Constraints hang on types; what is true of a whole object is a
`Rule` of its class.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from runware_codegen.constants import json_type
from runware_codegen.predicates import TRUE, Constant, Matches, Predicate

if TYPE_CHECKING:
    from decimal import Decimal

    from runware_codegen.problems import Problem


# -- types --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A string. Lengths count code points."""

    least: int = 0
    most: int | None = None
    pattern: Matches | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or any number, within bounds, perhaps a multiple of a step."""

    integer: bool
    ge: int | float | None = None
    gt: int | float | None = None
    le: int | float | None = None
    lt: int | float | None = None
    step: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Null:
    """The JSON null."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a set of constants, with what is said of it."""

    value: Constant
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Literals:
    """A set of constants."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list of items of one type."""

    item: Type
    least: int = 0
    most: int | None = None
    different: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """An object with names that the document does not fix, and values of one type."""

    value: Type


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the document, by the name of the class."""

    class_name: str


@dataclass(frozen=True, slots=True)
class Union:
    """One of several alternatives, the first that fits."""

    alternatives: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value of these types; all types when empty."""

    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """A type with an assertion beside it that the type alone cannot make.

    Attributes:
        type: What the value is.
        check: What holds of it besides.
        sentence: What to say when it does not ("must be …").
    """

    type: Type
    check: Predicate
    sentence: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a video, audio or another file, given as text in one of several ways.

    Attributes:
        kind: image, video, audio or file.
        accepts: The ways, as predicates of which one must hold.
        least_bytes: The size of the smallest file.
        most_bytes: The size of the largest.
    """

    kind: str
    accepts: tuple[Predicate, ...]
    least_bytes: int | float | None = None
    most_bytes: int | float | None = None


Type: TypeAlias = (
    Text
    | Number
    | Boolean
    | Null
    | Literals
    | Array
    | Mapping
    | Instance
    | Union
    | Anything
    | Checked
    | Media
)


ALL_TYPES: Final = frozenset({"null", "boolean", "number", "string", "array", "object"})
"""The JSON types; an integer is a number."""


def json_types(a_type: Type | None) -> frozenset[str]:
    """Say which JSON types the values of a type may have."""
    match a_type:
        case Text() | Media():
            return frozenset({"string"})
        case Number(integer):
            return frozenset({"integer" if integer else "number"})
        case Boolean():
            return frozenset({"boolean"})
        case Null():
            return frozenset({"null"})
        case Literals(choices):
            return frozenset(json_type(choice.value.value) for choice in choices)
        case Array():
            return frozenset({"array"})
        case Mapping() | Instance():
            return frozenset({"object"})
        case Union(alternatives):
            return frozenset[str]().union(*map(json_types, alternatives))
        case Anything(types) if types:
            return types
        case Checked(inner):
            return json_types(inner)
        case _:
            return ALL_TYPES


# -- classes ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a class.

    Attributes:
        name: The Python name.
        wire: The name in JSON.
        type: What it holds; null is among its types when the document says so.
        required: Whether the document demands it.
        doc: Markdown for the reader, without a repetition of the name.
        default: What the server takes when it is left out, or None.
        secret: Whether it must never be shown.
    """

    name: str
    wire: str
    type: Type
    required: bool
    doc: str = ""
    default: Constant | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What is true of a whole object: when one thing holds, so must another.

    Attributes:
        when: The condition, TRUE for a rule without one.
        must: What holds then.
        sentence: What to tell the person who broke it.
    """

    must: Predicate
    sentence: str
    when: Predicate = TRUE


@dataclass(frozen=True, slots=True)
class Size:
    """An allowed pair of width and height, with its title ("1K (1:1)")."""

    width: int
    height: int
    title: str


@dataclass(frozen=True, slots=True)
class SizeRule:
    """Width and height are one of the pairs that the document lists.

    Attributes:
        when: The condition; width and height are both given then.
        sizes: The pairs.
        condition: The condition in words, but for that both are given; or empty.
    """

    when: Predicate
    sizes: tuple[Size, ...]
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """An object type.

    Attributes:
        name: The Python name, unique in its document.
        doc: Markdown.
        fields: Its members, in the order of the document.
        open: Whether members besides them are allowed.
        rules: What is true of the whole object.
        path: Where the document has it, as words for messages ("inputs").
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    open: bool
    rules: tuple[Rule | SizeRule, ...] = ()


# -- documents ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """A limit on a medium itself: documentation, and data a program can read."""

    parameter: str
    operation: str
    minimum: int | float | None
    maximum: int | float | None


@dataclass(frozen=True, slots=True)
class Document:
    """One document: one module of the package.

    Attributes:
        id: The model's identifier, or the task type's for a utility.
        source: The base name of the file it came from.
        title: What people call it.
        summary: One sentence, or empty.
        description: Markdown, or empty.
        air: The model's AIR, or empty.
        status: live, deprecated …, or empty.
        modes: What goes together, each as words.
        price: The price in words, or empty.
        capabilities: What it can do, as the document names it.
        link: The page for people, or empty.
        task_type: The task type on the wire.
        models: The models it describes; empty for any.
        module: The Python name of its module.
        request: The request class.
        result: The result class.
        parts: The classes of nested objects, those of the request first.
        definitions: Named predicates, for recursion.
        deliveries: Ways of delivery the request may ask for.
        default_delivery: The one taken when it does not ask, or empty.
        statuses: What the document says of each HTTP status.
        codes: Error codes that it names.
        media_limits: Limits on media.
        unenforced: Keywords that were let through.
    """

    id: str
    source: str
    title: str
    summary: str
    description: str
    air: str
    status: str
    modes: tuple[str, ...]
    price: str
    capabilities: tuple[str, ...]
    link: str
    task_type: str
    models: tuple[str, ...]
    module: str
    request: Class
    result: Class
    parts: tuple[Class, ...]
    result_parts: tuple[Class, ...]
    definitions: tuple[tuple[str, Predicate], ...] = ()
    deliveries: tuple[str, ...] = ()
    default_delivery: str = ""
    statuses: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()
    media_limits: tuple[MediaLimit, ...] = ()
    unenforced: tuple[Problem, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The members of its request."""
        return self.request.fields

    @property
    def rule_count(self) -> int:
        """How many rules its classes hold."""
        return sum(len(each.rules) for each in (self.request, *self.parts))


@dataclass(frozen=True, slots=True)
class ErrorMember:
    """One member of a task type's error enum.

    Attributes:
        name: The Python name, as PEP 8 has it for constants.
        value: The code on the wire; for a status, the code of the same meaning.
        http_status: The status that it names; None for a code alone.
        doc: What it means and what to do.
    """

    name: str
    value: str
    http_status: int | None
    doc: str


@dataclass(frozen=True, slots=True)
class TaskType:
    """A task type and its documents.

    Attributes:
        wire: The name on the wire (`3dInference`).
        module: The Python name of its package (`three_d_inference`).
        class_name: The stem of its class names (`ThreeDInference`).
        documents: In order of their identifiers.
        errors: What its tasks can fail with.
    """

    wire: str
    module: str
    class_name: str
    documents: tuple[Document, ...]
    errors: tuple[ErrorMember, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether one of its documents offers results as a stream."""
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
        """Keywords of all documents that were let through."""
        return tuple(problem for d in self.documents for problem in d.unenforced)
