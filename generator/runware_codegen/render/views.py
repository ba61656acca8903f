"""The view of a document's module: what the template lays out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from runware_codegen.model import Size


class Alias(NamedTuple):
    """A name for an annotation."""

    name: str
    annotation: str
    doc: str


class TestFunction(NamedTuple):
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


class Variable(NamedTuple):
    """A class variable."""

    name: str
    type: str
    value: str


class Member(NamedTuple):
    """A field of a class."""

    name: str
    annotation: str
    default: str
    doc: str


class RuleView(NamedTuple):
    """A rule: the condition under which it is violated, and its error message."""

    condition: str
    sentence: str


class RulesView(NamedTuple):
    """The rules of a class.

    Attributes:
        subject: The name of the object that the rules test.
        parts: The JSON names of the nested objects that rules read, each with its local
            variable.
        broken: The rules.
    """

    subject: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    broken: tuple[RuleView, ...] = ()


class ClassView(NamedTuple):
    """A class."""

    name: str
    base: str
    doc: str
    fields: tuple[Member, ...]
    rules: RulesView = RulesView()
    variables: tuple[Variable, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the class would have no body."""
        return not (self.doc or self.fields or self.rules.broken or self.variables)


@dataclass(slots=True)
class ModuleView:
    """A module. Each table of sizes has a name."""

    docstring: str
    imports: list[str] = field(default_factory=list)
    media: list[Alias] = field(default_factory=list)
    sizes: dict[tuple[Size, ...], str] = field(default_factory=dict)
    tests: list[TestFunction] = field(default_factory=list)
    classes: list[ClassView] = field(default_factory=list)
