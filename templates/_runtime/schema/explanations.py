"""Error messages of requests: with wire names, and without media and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from numbers import Real
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from .spelling import nearest_texts

_MAX_TEXT: Final = 40
_MAX_LINK: Final = 200
_MAX_NAME: Final = 200
_OPAQUE: Final = r"[A-Za-z0-9+/=_-]+"
"""Base64 and similar text. A long one may be a medium or a key."""

_TEXT: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_MAX_LISTED: Final = 20
"""The maximum number of constants that a message lists."""

_HALF_CHARACTER: Final = "[\ud800-\udfff]"
"""A surrogate, which UTF-8 cannot encode, and so an error in JSON cannot contain."""

UNKNOWN_FIELD: Final = "unknown field"


def rule_error(
    sentence: str, places: Sequence[tuple[str, ...]] = ()
) -> InitErrorDetails:
    """Return the error of a violated rule.

    It is located at the first of the members that the rule is about; its context has the
    paths of all of them.
    """
    context = {"sentence": sentence, "members": [*map(".".join, places)]}
    return InitErrorDetails(
        type=PydanticCustomError("rule", "{sentence}", context),
        loc=places[0] if places else (),
        input=None,
    )


def field_error(name: str, sentence: str) -> InitErrorDetails:
    """Return an error about one field."""
    return InitErrorDetails(type=refusal(sentence), loc=(name,), input=None)


def refusal(sentence: str) -> PydanticCustomError:
    """Return an error with a message, to be raised in a validator."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def reworded(
    detail: ErrorDetails,
    hidden: frozenset[str],
    hint: Callable[[ErrorDetails], str],
    optional: frozenset[str] = frozenset(),
) -> InitErrorDetails:
    """Return an error of pydantic with a message of this package and a shortened input.

    The values of `hidden` members are not shown. `hint` returns the end of the message for
    an unknown name. Members that are `optional` may be omitted, but not null.
    """
    loc = detail["loc"]
    sentence = detail["msg"]
    if detail["type"] == "literal_error" and (constants := _constants(detail)):
        sentence = sentence.replace(constants, expected_constants(detail))
    is_extra = detail["type"] == "extra_forbidden"
    if is_extra and not sentence.startswith(f"{UNKNOWN_FIELD}:"):
        start = sentence if sentence.startswith(UNKNOWN_FIELD) else UNKNOWN_FIELD
        sentence = f"{start}{hint(detail)}"
    given = detail["input"]
    if isinstance(given, Enum) and not isinstance(given, str | Real) and not is_extra:
        sentence = f"{sentence}: give the value of the enum member"
    is_null = given is None and detail["type"] != "rule"
    if is_null and len(loc) == 1 and loc[0] in optional:
        sentence = "must not be null: leave it out"
    return InitErrorDetails(
        type=custom_error(detail, sentence),
        loc=loc,
        input=shown(given, hide=any(part in hidden for part in loc)),
    )


def is_other_text(detail: ErrorDetails) -> bool:
    """Return whether the error is that a text is not one of the accepted texts."""
    is_constant = detail["type"] == "literal_error" and isinstance(detail["input"], str)
    return is_constant and _constants(detail).startswith(("'", '"'))


def is_unknown(detail: ErrorDetails) -> bool:
    """Return whether the error is that an object has no member of this name."""
    return detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1


def combined(title: str, errors: Iterable[InitErrorDetails]) -> ValidationError:
    """Return one exception with all errors. Names of the input are shortened."""
    details = [*errors]
    for each in details:
        each["loc"] = tuple(map(short_name, each.get("loc", ())))
    return ValidationError.from_exception_data(title, details, hide_input=True)


def short_name(name: int | str) -> int | str:
    """Return a name of the input for an error message; a long one is shortened."""
    if isinstance(name, int) or len(name) <= _MAX_NAME:
        return name
    return f"{name[:_MAX_NAME]}…"


def shown(value: Any, *, hide: bool = False) -> Any:
    """Return a value for an error message: texts are shortened, media are omitted."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        limit = _MAX_LINK if is_link(value) else _MAX_TEXT
        is_unreadable = value.startswith("data:") or re.search(_HALF_CHARACTER, value)
        is_opaque = len(value) > limit and re.fullmatch(_OPAQUE, value)
        if hide or is_unreadable or is_opaque:
            return f"<text of {len(value):,} characters>"
        return value if len(value) <= limit else f"{value[:limit]}…"
    return f"<{type(value).__name__}>"


def is_link(value: object) -> bool:
    """Return whether a value is an http or https URL."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _constants(detail: ErrorDetails) -> str:
    """Return the accepted constants of an error; empty if it does not contain them."""
    return str(detail.get("ctx", {}).get("expected", ""))


def expected_constants(detail: ErrorDetails) -> str:
    """Return the accepted constants; if there are many texts, the most similar ones."""
    constants = _constants(detail)
    texts = re.findall(_TEXT, constants)
    if len(texts) <= _MAX_LISTED or re.sub(_TEXT, "", constants).strip(", or"):
        return constants
    near = nearest_texts(str(detail["input"]), texts) or texts[:3]
    return f"one of {len(texts):,} values, such as {listed(near)}"


def listed(parts: Sequence[str]) -> str:
    """Return "a, b or c"; with a comma before "or" if a part contains "or" too."""
    *others, last = parts
    comma = "," if any(" or " in part for part in parts) else ""
    return f"{', '.join(others)}{comma} or {last}" if others else last


def error_at(
    detail: ErrorDetails, sentence: str, loc: tuple[int | str, ...]
) -> InitErrorDetails:
    """Return an error of the same type with another message, at another place."""
    error = custom_error(detail, sentence)
    return InitErrorDetails(type=error, loc=loc, input=detail["input"])


def custom_error(detail: ErrorDetails, sentence: str) -> PydanticCustomError:
    """Return an error of the same type with another message."""
    return PydanticCustomError(
        detail["type"],  # pyright: ignore[reportArgumentType]
        "{sentence}",
        {**detail.get("ctx", {}), "sentence": sentence},
    )
