"""Classes: objects with named fields, and rules about whole objects."""

from __future__ import annotations

from dataclasses import dataclass

from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import TRUE, Predicate
from runware_codegen.model.types import Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a class.

    Attributes:
        name: The Python name.
        json_name: The name in JSON.
        type: The type of its value; it includes null if the document allows null.
        required: Whether the document requires it.
        doc: Markdown that does not repeat the name.
        alternatives: A Markdown list of the types that its value may have, with their
            limits and descriptions; empty if the types alone describe them.
        default: The value that the server uses if it is absent, or None.
        secret: Whether its value must not be shown.
        deprecated: Whether the document declares it deprecated.
        examples: Examples in the document.
        general: Whether the document does not describe it, but results of its task type
            have it in general.
    """

    name: str
    json_name: str
    type: Type
    required: bool
    doc: str = ""
    alternatives: str = ""
    default: Constant | None = None
    secret: bool = False
    deprecated: bool = False
    examples: tuple[Constant, ...] = ()
    general: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint on a whole object: if `when` holds, `must` holds.

    Attributes:
        must: The assertion.
        sentence: The error message.
        when: The condition; TRUE for a rule without a condition.
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
    """A constraint: width and height are one of the pairs that the document lists.

    Attributes:
        when: The condition. Without width or height, the constraint holds.
        sizes: The pairs.
        condition: The condition in words, without the presence of both; may be empty.
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
        fields: Its fields, in the order of the document.
        allows_extra: Whether other properties are allowed.
        rules: Constraints on the whole object.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    allows_extra: bool
    rules: tuple[Rule | SizeRule, ...] = ()

    def field(self, json_name: str) -> Field | None:
        """Return the field with a name in JSON; None if there is none."""
        return next((each for each in self.fields if each.json_name == json_name), None)
