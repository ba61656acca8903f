"""The view of a document's module: what the template lays out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runware_codegen.model import Size


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for an annotation."""

    name: str
    annotation: str
    doc: str


@dataclass(frozen=True, slots=True)
class SizeTable:
    """A table of sizes."""

    name: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class TestFunction:
    """A function that tests a value.

    Attributes:
        name: Its name.
        doc: Its docstring.
        expression: The expression that it returns.
        decorator: The name of its decorator; empty for none.
    """

    name: str
    doc: str
    expression: str
    decorator: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A class variable."""

    name: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a class."""

    name: str
    annotation: str
    default: str
    doc: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule: the condition under which it is violated, and its error message."""

    condition: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules of a class.

    Attributes:
        parts: The JSON names of the nested objects that rules read, each with its local
            variable.
        broken: The rules.
    """

    parts: tuple[tuple[str, str], ...] = ()
    broken: tuple[RuleView, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class."""

    name: str
    base: str
    doc: str
    fields: tuple[Member, ...]
    rules: RulesView = RulesView()
    variables: tuple[Variable, ...] = ()
    subject: str = "part"

    @property
    def is_empty(self) -> bool:
        """Whether the class would have no body."""
        return not (self.doc or self.fields or self.rules.broken or self.variables)


@dataclass(slots=True)
class ModuleView:
    """A module."""

    docstring: str
    imports: list[str] = field(default_factory=list)
    media: list[Alias] = field(default_factory=list)
    sizes: list[SizeTable] = field(default_factory=list)
    tests: list[TestFunction] = field(default_factory=list)
    classes: list[ClassView] = field(default_factory=list)
