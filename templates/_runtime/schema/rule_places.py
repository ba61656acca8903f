"""The members that a rule is about, found in its error message."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .explanations import rule_error
from .fields import python_names
from .given_names import Given
from .rules import NO_SIZE

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import InitErrorDetails

_CONSTANT: Final = r"""'[^']*'|"[^"]*\""""
_WORD: Final = r"[^\s,;:()]+"


def placed_rule_error(
    cls: type[BaseModel], data: Any, sentence: str
) -> InitErrorDetails:
    """Return the error of a violated rule, located at the first member in its message.

    Args:
        cls: The class with the rule.
        data: The input of the object. The error spells names as the input does.
        sentence: The error message of the rule, with wire names.
    """
    given = Given.to(cls, data)
    places = [given.spelled(path) for path in _paths(cls, sentence)]
    return rule_error(given.in_sentence(sentence), places)


@lru_cache(maxsize=1024)
def _paths(cls: type[BaseModel], sentence: str) -> tuple[str, ...]:
    """Return the paths of members in a message, without duplicates."""
    if NO_SIZE in sentence:
        return "width", "height"
    if sentence.startswith("must "):
        return ()  # it is about the object, such as "must have no members besides …"
    known = python_names(cls)
    words = re.findall(_WORD, re.sub(_CONSTANT, "", sentence))
    return (*dict.fromkeys(word for word in words if word.split(".")[0] in known),)
