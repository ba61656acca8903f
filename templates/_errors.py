"""How a refused request is explained: wire names, sentences, nothing secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_SHORT: Final = 40
_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
"""What UTF-8 cannot say, nor therefore an error that is written as JSON."""


def rule_error(sentence: str) -> InitErrorDetails:
    """Make the error of a broken rule."""
    return InitErrorDetails(
        type=PydanticCustomError("rule", "{sentence}", {"sentence": sentence}),
        loc=(),
        input=None,
    )


def field_error(name: str, sentence: str) -> InitErrorDetails:
    """Make an error of one field."""
    return InitErrorDetails(
        type=PydanticCustomError("refused", "{sentence}", {"sentence": sentence}),
        loc=(name,),
        input=None,
    )


def unknown_task(sentence: str) -> ValidationError:
    """Make the error of a task that no document describes."""
    return combined("Task", [rule_error(sentence)])


def again(
    detail: ErrorDetails, hidden: frozenset[str], known: Mapping[str, str]
) -> InitErrorDetails:
    """Say an error again, without an input that must not be shown.

    Args:
        detail: The error.
        hidden: Names in JSON of what is never shown.
        known: The names that the object has in JSON, by their Python names.
    """
    loc = detail["loc"]
    sentence = detail["msg"]
    if detail["type"] == "extra_forbidden" and len(loc) == 1:
        sentence = f"is no field here{_meant(str(loc[0]), known)}"
    return InitErrorDetails(
        type=_custom(detail, sentence),
        loc=loc,
        input=shown(detail["input"], hide=any(part in hidden for part in loc)),
    )


def _meant(name: str, known: Mapping[str, str]) -> str:
    if name in known:
        return f": in JSON it is {known[name]}"
    near = get_close_matches(name, [*known.values()], n=1)
    return f": did you mean {near[0]}?" if near else ""


def combined(title: str, errors: Iterable[InitErrorDetails]) -> ValidationError:
    """Make one error of many."""
    return ValidationError.from_exception_data(title, list(errors), hide_input=True)


def shown(value: Any, *, hide: bool = False) -> Any:
    """Return what may be shown of a value: short and harmless texts as they are."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        odd = value.startswith("data:") or _HALF_CHARACTER.search(value)
        if hide or odd or len(value) > _SHORT:
            return f"<text of {len(value):,} characters>"
        return value
    return f"<{type(value).__name__}>"


def nearest_alternative(error: ValidationError) -> ValidationError:
    """Keep what is said of the alternative that was nearly met."""
    by_alternative: dict[object, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_alternative.setdefault(detail["loc"][0], []).append(detail)
    least = min(map(_distance, by_alternative.values()))
    nearest = {
        name: details
        for name, details in by_alternative.items()
        if _distance(details) == least
    }
    if len(nearest) > 1 or least[0]:
        firsts = [details[0] for details in nearest.values()]
        sentences = dict.fromkeys(
            sentence for detail in firsts for sentence in detail["msg"].split("; or ")
        )
        kept = [_said(firsts[0], "; or ".join(sentences), ())]
    else:
        [(name, details)] = nearest.items()
        named = f" (as {name})" if str(name).isidentifier() else ""
        kept = [_said(d, d["msg"] + named, d["loc"][1:]) for d in details]
    return ValidationError.from_exception_data(error.title, kept)


def _said(
    detail: ErrorDetails, sentence: str, loc: tuple[int | str, ...]
) -> InitErrorDetails:
    return InitErrorDetails(
        type=_custom(detail, sentence), loc=loc, input=detail["input"]
    )


def _custom(detail: ErrorDetails, sentence: str) -> PydanticCustomError:
    """Make an error of the same type that says another sentence."""
    return PydanticCustomError(
        detail["type"],  # pyright: ignore[reportArgumentType]
        "{sentence}",
        {**detail.get("ctx", {}), "sentence": sentence},
    )


def _distance(details: Sequence[ErrorDetails]) -> tuple[int, int]:
    """Say how far from an alternative a value was: of another type, another constant,
    or so many errors away.
    """
    at_root = [detail["type"] for detail in details if len(detail["loc"]) == 1]
    if any(kind.endswith("_type") for kind in at_root):
        return (2, len(details))
    constants = [d for d in details if d["type"] == "literal_error"]
    return (int(any(len(d["loc"]) <= 2 for d in constants)), len(details))
