"""All errors of an object in a request, in the names and words of its caller.

Only errors need this module, so it is imported with the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from ..json_values import is_object
from .explanations import combined, is_other_text, is_unknown, reworded
from .fields import default_names, hidden_names, optional_names, wire_name, wire_names
from .given_names import (
    Given,
    is_about_others,
    placed_rule_error,
    unnamed_members,
    with_given_names,
    wrong_names,
)
from .json_types import serialized
from .keywords import Keywords, misspelt, second_spelling
from .rules import Incomplete, Wire
from .subclasses import is_of_user

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails, InitErrorDetails

Rules: TypeAlias = Callable[[Wire], Iterator[str]]
"""Yields an error message for each rule that an object violates."""

Hint: TypeAlias = "Callable[[ErrorDetails], str]"
"""Returns the end of the message for an unknown name; empty without a suggestion."""


def explained(
    cls: type[BaseModel], data: Any, error: ValidationError, rules: Rules, hint: Hint
) -> ValidationError:
    """Return an exception with all errors of an object.

    It includes misspelt members, and the violated rules that are only about valid
    members.
    """
    details = error.errors(include_url=False)
    given = Given(cls, data, is_call=True) if isinstance(data, Keywords) else None
    if given is not None:
        details = [with_given_names(given, detail) for detail in details]

    def spelled_hint(detail: ErrorDetails) -> str:
        sentence = hint(detail)
        return sentence if given is None else given.in_sentence(sentence)

    unknown = [*misspelt(cls, unnamed_members(cls, data), data)]
    # An unknown name may stand for any member, so rules are not judged.
    is_judged = not unknown and not any(map(is_unknown, details))
    violated = [*_violated(cls, data, details, rules)] if is_judged else []
    errors: list[InitErrorDetails] = []
    for detail in details:
        errors += _explained(cls, data, detail, violated, spelled_hint)
    wrong = wrong_names(cls, details)
    others = [rule for rule in violated if is_about_others(cls, rule, wrong)]
    errors += [*unknown, *placed(cls, data, others)]
    return combined(cls.__name__, errors)


def placed(
    cls: type[BaseModel], data: Any, violated: Iterable[str]
) -> list[InitErrorDetails]:
    """Return the errors of violated rules, each located at the first member that it names."""
    return [placed_rule_error(cls, data, rule) for rule in violated]


def _explained(
    cls: type[BaseModel],
    data: Any,
    detail: ErrorDetails,
    violated: list[str],
    hint: Hint,
) -> list[InitErrorDetails]:
    """Return what is shown for one error of pydantic.

    If a rule limits the constants of a member, its message replaces the list of all
    constants.
    """
    name = str(detail["loc"][0]) if is_unknown(detail) else ""
    if twice := second_spelling(cls, name, data):
        return [twice]
    member = ".".join(wire_name(str(part)) for part in detail["loc"])
    rules = [rule for rule in violated if rule.startswith(f"{member} must be ")]
    if rules and is_other_text(detail):
        return placed(cls, data, rules)
    return [reworded(detail, hidden_names(cls), hint, optional_names(cls))]


def _violated(
    cls: type[BaseModel], data: Any, details: list[ErrorDetails], rules: Rules
) -> Iterator[str]:
    """Yield the violated rules that are not about members of a wrong type.

    They end before a rule that cannot read a missing member. There are none if a subclass
    of a user may convert members or add them.
    """
    mistyped = wrong_names(cls, [d for d in details if not is_other_text(d)])
    may_convert = is_of_user(cls) and (mistyped or default_names(cls))
    if may_convert or not is_object(data):
        return
    names = wire_names(cls)
    wire = {names.get(name, name): value for name, value in data.items()}
    typed = {n: serialized(v) for n, v in wire.items() if n not in mistyped}
    with suppress(Exception):  # a rule may expect an object, a text or a number
        for rule in rules(Incomplete(typed)):
            if is_about_others(cls, rule, mistyped):
                yield rule
