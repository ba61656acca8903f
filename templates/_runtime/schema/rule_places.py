"""Which members a rule is about, as its sentence names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ..json_values import is_object
from .explanations import rule_error
from .fields import part_class, python_names
from .keywords import Keywords
from .rules import NO_SIZE

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import InitErrorDetails

_CONSTANT: Final = r"""'[^']*'|"[^"]*\""""
_WORD: Final = r"[^\s,;:()]+"


def placed_rule_error(
    cls: type[BaseModel], data: Any, sentence: str
) -> InitErrorDetails:
    """Make the error of a broken rule, at the first member that it is about.

    Args:
        cls: The class that has the rule.
        data: What an object was made of; its spelling of names is kept.
        sentence: What the rule says, with the names of JSON.
    """
    places = [_spelled(cls, data, path) for path in _paths(cls, sentence)]
    return rule_error(sentence, places)


def _paths(cls: type[BaseModel], sentence: str) -> list[str]:
    """Return the paths of members in a sentence, each once."""
    if NO_SIZE in sentence:
        return ["width", "height"]
    known = python_names(cls)
    words = re.findall(_WORD, re.sub(_CONSTANT, "", sentence))
    return [*dict.fromkeys(word for word in words if word.split(".")[0] in known)]


def _spelled(cls: type[BaseModel], data: Any, path: str) -> tuple[str, ...]:
    """Spell a path as what was given spells it: with Python's or with JSON's names."""
    is_call = isinstance(data, Keywords)
    owner: type[BaseModel] | None = cls
    place: list[str] = []
    for wire in path.split("."):
        name = python_names(owner).get(wire, wire) if owner else wire
        given = data if is_object(data) else {}
        is_python = name in given or (is_call and wire not in given)
        place.append(name if is_python else wire)
        data = given.get(place[-1])
        owner = part_class(owner, name) if owner else None
    return tuple(place)
