"""The values that expressions test, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from runware_codegen.model import (
    Array,
    Class,
    ClassRef,
    Field,
    Type,
    json_types,
    unconstrained,
)
from runware_codegen.naming import reserved
from runware_codegen.naming.names import member_name
from runware_codegen.render.literals import string


@dataclass(frozen=True, slots=True)
class Subject:
    """The value that an expression tests.

    Attributes:
        text: An expression for the value, if it is present.
        lookup: An expression to look its properties up; it is {} if the value is absent.
        type: Its type; None if nothing is known.
        depth: The number of loops around it.
        local_names: Local variables for its properties that are objects, by their JSON
            names, collected as they are used; None where there are no such variables.
        is_present: Whether it is certainly present.
    """

    text: str
    lookup: str
    type: Type | None = None
    depth: int = 0
    local_names: dict[str, str] | None = field(default=None, compare=False)
    is_present: bool = True

    def is_only(self, *names: str) -> bool:
        """Return whether the value can only be of these JSON types."""
        return self.type is not None and json_types(self.type) <= set(names)

    def member(self, name: str, classes: Mapping[str, Class]) -> Subject:
        """Return a member that is present."""
        text, declared = f"{self.text}[{string(name)}]", self._field(name, classes)
        return Subject(text, text, declared.type if declared else None, self.depth)

    def optional_member(self, owner: Subject, name: str) -> Subject:
        """Return this member of an owner; it may be absent, and is {} then."""
        if owner.local_names is None:
            lookup = f"{owner.lookup}.get({string(name)}, {{}})"
            return replace(self, lookup=lookup, is_present=False)
        local = owner.local_names.get(name) or member_name(
            name, owner.local_names.values(), reserved.LOCALS
        )
        owner.local_names[name] = local
        return Subject(local, local, self.type, self.depth, is_present=False)

    def requires(self, name: str, classes: Mapping[str, Class]) -> bool:
        """Return whether a member is certainly present: fields are validated before."""
        member = self._field(name, classes) if self.is_present else None
        return member is not None and member.required

    def item(self, name: str) -> Subject:
        """Return the items, as the variable of a loop."""
        text = loop_variable(name, self.depth + 1)
        array = unconstrained(self.type)
        item = array.item if isinstance(array, Array) else None
        return Subject(text, text, item, self.depth + 1)

    def item_at(self, index: int) -> Subject:
        """Return one of its items."""
        text = f"{self.text}[{index}]"
        return Subject(text, text, None, self.depth)

    def _field(self, name: str, classes: Mapping[str, Class]) -> Field | None:
        owner = unconstrained(self.type)
        if not isinstance(owner, ClassRef):
            return None
        return classes[owner.class_name].field(name)


def value_subject(a_type: Type | None = None) -> Subject:
    """Return the value that a function tests, its parameter `value`."""
    return Subject("value", "value", a_type)


def rule_subject(name: str, a_type: Type) -> Subject:
    """Return the object that a rule tests; its nested objects get local variables."""
    return Subject(name, name, a_type, local_names={})


def loop_variable(name: str, depth: int) -> str:
    """Name the variable of a loop, by the number of loops around it."""
    return name if depth == 1 else f"{name}_{depth}"
