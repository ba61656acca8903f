"""Names of members in errors, spelled as the caller gave them: Python or wire names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from ..json_values import is_array, is_object
from .explanations import rule_error
from .fields import part_class, python_names, wire_names
from .keywords import Keywords
from .rules import NO_SIZE

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails, InitErrorDetails

_CONSTANT: Final = r"""'[^']*'|"[^"]*\""""
_WORD: Final = re.compile(rf"{_CONSTANT}|\bfrom(?= item \d)|(?P<word>[^\s,;:()?]+)")
"""A constant, or a word that may be the name of a member."""

_MEMBER: Final = r"[^\s,;:()]+"

_ENGLISH: Final = frozenset(
    ("all", "and", "as", "for", "if", "in", "is", "list", "not", "object", "or", "with")
)
"""English words in messages that are never names of members."""


class Given(NamedTuple):
    """The input from which an object is validated.

    Attributes:
        owner: The class of the object; None if its members have no Python names.
        value: The input.
        is_call: Whether it is an argument of a constructor, or a part of one.
    """

    owner: type[BaseModel] | None
    value: Any
    is_call: bool

    def spelled(self, path: str) -> tuple[str, ...]:
        """Return the path of a member, such as "inputs.seedImage", as the caller spells it.

        A missing member is spelled like the other members.
        """
        first, _, rest = path.partition(".")
        wire, brackets, _ = first.partition("[]")
        name = self._name(wire)
        inside = self.within((name,)).spelled(rest) if rest else ()
        return (f"{name}{brackets}", *inside)

    def within(self, place: tuple[int | str, ...]) -> Given:
        """Return the input at a path."""
        owner, value = self.owner, self.value
        for step in place:
            if isinstance(step, int):
                value = value[step] if is_array(value) and step < len(value) else None
            else:
                value = value.get(step) if is_object(value) else None
                name = python_names(owner).get(step, step) if owner else step
                owner = part_class(owner, name) if owner else None
        return Given(owner, value, self.is_call)

    def in_sentence(self, sentence: str) -> str:
        """Replace wire names in a message by the names that the caller used."""
        return _WORD.sub(self._word, sentence)

    def _word(self, match: re.Match[str]) -> str:
        word = match["word"] or ""
        is_name = self._is_known(word.partition(".")[0].removesuffix("[]"))
        return ".".join(self.spelled(word)) if is_name else match[0]

    def _is_known(self, name: str) -> bool:
        known = python_names(self.owner) if self.owner else {}
        return name in known and name not in _ENGLISH

    def _name(self, wire: str) -> str:
        name = python_names(self.owner).get(wire, wire) if self.owner else wire
        given = self.value if is_object(self.value) else {}
        is_python = name in given or (wire not in given and self._is_python(given))
        return name if is_python else wire

    def _is_python(self, given: dict[str, Any]) -> bool:
        """Return whether a missing member is spelled with its Python name."""
        if isinstance(given, Keywords):
            return True
        known = wire_names(self.owner) if self.owner else {}
        names = python_names(self.owner) if self.owner else {}
        if any(name in names and name not in known for name in given):
            return False
        return self.is_call or any(known.get(name, name) != name for name in given)


def with_given_names(given: Given, detail: ErrorDetails) -> ErrorDetails:
    """Return an error, at any depth, with the names that the caller used."""
    loc, kind = detail["loc"], detail["type"]
    if kind == "rule":
        return _rule_with_given_names(given, detail)
    if kind == "missing":
        there = given.within(loc[:-1])
        return {**detail, "loc": (*loc[:-1], *there.spelled(str(loc[-1])))}
    if kind in ("extra_forbidden", "refused"):
        owner = loc[:-1] if given.within(loc).owner is None else loc
        return {**detail, "msg": given.within(owner).in_sentence(detail["msg"])}
    return detail


def _rule_with_given_names(given: Given, detail: ErrorDetails) -> ErrorDetails:
    context = detail.get("ctx", {})
    members: list[str] = context["members"]
    first = members[0].split(".") if members else []
    loc = detail["loc"]
    owner = loc[: len(loc) - len(first)]
    there = given.within(owner)
    sentence = there.in_sentence(context["sentence"])
    places = [there.spelled(each) for each in members]
    more = {"sentence": sentence, "members": [*map(".".join, places)]}
    return {
        **detail,
        "loc": (*owner, *(places[0] if places else ())),
        "msg": sentence,
        "ctx": {**context, **more},
    }


def placed_rule_error(
    cls: type[BaseModel], data: Any, sentence: str
) -> InitErrorDetails:
    """Return the error of a violated rule, located at the first member in its message.

    The message of the rule has wire names; the error spells them as the input does.
    """
    given = Given(cls, data, isinstance(data, Keywords))
    places = [given.spelled(path) for path in _paths(cls, sentence)]
    return rule_error(given.in_sentence(sentence), places)


def is_about_others(cls: type[BaseModel], sentence: str, names: set[str]) -> bool:
    """Return whether the message of a rule has only members with other wire names.

    A message without members is about the whole object.
    """
    paths = _paths(cls, sentence)
    firsts = {path.partition(".")[0] for path in paths}
    return not names or (bool(paths) and names.isdisjoint(firsts))


def unnamed_members(cls: type[BaseModel], data: Any) -> dict[str, Any]:
    """Return the members of an input that an open class does not name."""
    if cls.model_config.get("extra") != "allow" or not is_object(data):
        return {}
    known = {*wire_names(cls), *python_names(cls)}
    items = cast("dict[object, Any]", data).items()
    return {n: value for n, value in items if isinstance(n, str) and n not in known}


def wrong_names(cls: type[BaseModel], details: list[ErrorDetails]) -> set[str]:
    """Return the wire names of the members that have errors, beside violated rules."""
    names = wire_names(cls)
    firsts = [str(d["loc"][0]) for d in details if d["type"] != "rule" and d["loc"]]
    return {names.get(first, first) for first in firsts}


@lru_cache(maxsize=1024)
def _paths(cls: type[BaseModel], sentence: str) -> tuple[str, ...]:
    """Return the paths of members in a message, without duplicates."""
    if NO_SIZE in sentence:
        return "width", "height"
    if sentence.startswith("must "):
        return ()  # it is about the object, such as "must have no members besides …"
    known = python_names(cls)
    words = re.findall(_MEMBER, re.sub(_CONSTANT, "", sentence))
    return (*dict.fromkeys(word for word in words if word.split(".")[0] in known),)
