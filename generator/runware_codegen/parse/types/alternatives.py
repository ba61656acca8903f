"""Unions of types, and the description of each alternative."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeGuard

from runware_codegen.model import Type
from runware_codegen.model import types as t
from runware_codegen.model.constants import bare
from runware_codegen.naming.names import pascal_case
from runware_codegen.parse.metadata.markdown import clean_markdown
from runware_codegen.wording import limits_of, noun_of, one_of


class Alternative(NamedTuple):
    """One of several types that a value may have.

    Attributes:
        type: The type.
        text: Its description in the document; may be empty.
    """

    type: Type
    text: str = ""


def union_of(alternatives: Iterable[Type]) -> Type:
    """Make one type of one or more alternatives, which may be unions."""
    flat: list[Type] = []
    for each in alternatives:
        flat += each.alternatives if isinstance(each, t.Union) else [each]
    distinct = list(dict.fromkeys(_with_merged_literals(flat)))
    return distinct[0] if len(distinct) == 1 else t.Union(tuple(distinct))


def _with_merged_literals(alternatives: list[Type]) -> Iterator[Type]:
    """Merge the sets of string constants, in the place of the first."""
    sets = [*filter(_has_only_strings, alternatives)]
    choices = {choice.constant: choice for each in sets for choice in each.values}
    for each in alternatives:
        if not _has_only_strings(each):
            yield each
        elif each is sets[0]:
            yield t.Literals(tuple(choices.values()))


def _has_only_strings(a_type: Type) -> TypeGuard[t.Literals]:
    return isinstance(a_type, t.Literals) and all(
        isinstance(choice.constant.value, str) for choice in a_type.values
    )


def describe_alternatives(alternatives: Iterable[Alternative]) -> tuple[str, ...]:
    """List alternatives, each with its limits and its description.

    Args:
        alternatives: The alternatives, in the order of the document.

    Returns:
        The lines of a Markdown list; empty if the types alone describe them.
    """
    listed = list(alternatives)
    several = sum(each.type != t.Null() for each in listed) > 1
    if not several or not any(map(_tells_more, listed)):
        return ()
    return tuple(line for each in listed for line in _lines(each))


def _tells_more(alternative: Alternative) -> bool:
    """Return whether there is more to describe than the type.

    Classes and media have docstrings of their own.
    """
    a_type, text = alternative
    if isinstance(a_type, (t.ClassRef, t.Media)):
        return False
    return bool(_are_described(a_type) or text or _limits(a_type))


def _are_described(a_type: Type) -> TypeGuard[t.Literals]:
    return isinstance(a_type, t.Literals) and any(
        choice.title or choice.description for choice in a_type.values
    )


def _lines(alternative: Alternative) -> Iterator[str]:
    a_type, text = alternative
    if _are_described(a_type):
        for choice in a_type.values:
            yield _line(_quoted(choice), choice.description or choice.title)
    elif isinstance(a_type, t.ClassRef) and pascal_case(text) == a_type.class_name:
        yield _line(_words(a_type), "")
    else:
        yield _line(_words(a_type), text)


def _line(subject: str, text: str) -> str:
    text = clean_markdown(text).replace("\n", "\n  ")
    return f"- {subject}: {text}" if text else f"- {subject}"


def _quoted(choice: t.LiteralValue) -> str:
    return f"`{bare(choice.constant.value)}`"


def _words(a_type: Type) -> str:
    return " ".join(filter(None, [_noun(a_type), _limits(a_type)]))


def _noun(a_type: Type) -> str:
    match a_type:
        case t.Literals(choices):
            return one_of([_quoted(choice) for choice in choices])
        case t.ClassRef(class_name):
            return f"`{class_name}`"
        case t.Union(alternatives):
            return " or ".join(map(_words, alternatives))
        case t.Constrained(inner):
            return _noun(inner)
        case t.Anything():
            return "any other value"
        case _:
            return noun_of(a_type)


def _limits(a_type: Type) -> str:
    match a_type:
        case t.Constrained(inner):
            return _limits(inner)
        case t.Number() if not limits_of(a_type).startswith("at "):
            return limits_of(a_type)
        case _:
            limits = limits_of(a_type)
            return f"of {limits}" if limits else ""
