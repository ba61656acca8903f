"""Error messages of requests: with wire names, and without media and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from .spelling import nearest_texts

_Alternatives: TypeAlias = Mapping[str, Sequence[ErrorDetails]]
"""The errors of each alternative, by its name."""

_SHORT: Final = 40
_SHORT_LINK: Final = 200
_OPAQUE: Final = r"[A-Za-z0-9+/=_-]+"
"""Base64 and similar text. A long one may be a medium or a key."""

_TEXT: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_MANY: Final = 20
"""The most constants that a message lists."""

_HALF_CHARACTER: Final = "[\ud800-\udfff]"
"""A surrogate, which UTF-8 cannot encode, and so an error in JSON cannot contain."""

UNKNOWN_FIELD: Final = "unknown field"

_AN_OBJECT: Final = "an object ("

_NO_ALTERNATIVE: Final = "no_alternative"
"""The error type of a value that matches none of its alternatives."""

_TYPES: Final = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "an integer",
    "list_type": "a list",
    "none_required": "null",
    "string_type": "a string",
}
"""The accepted values, by error type of pydantic."""


def rule_error(
    sentence: str, places: Sequence[tuple[str, ...]] = ()
) -> InitErrorDetails:
    """Return the error of a violated rule.

    Args:
        sentence: The error message of the rule.
        places: The paths of the members that the rule is about. The error is located at
            the first; its context has all of them.
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


def unknown_task(sentence: str) -> ValidationError:
    """Return the error of a task that no document describes."""
    return combined("Task", [rule_error(sentence)])


def again(
    detail: ErrorDetails,
    hidden: frozenset[str],
    hint: Callable[[ErrorDetails], str],
    optional: frozenset[str] = frozenset(),
) -> InitErrorDetails:
    """Return an error of pydantic with a message of this package and a shortened input.

    Args:
        detail: The error.
        hidden: The wire names of members whose values are not shown.
        hint: Returns the end of the message for an unknown name.
        optional: The Python and wire names of members that may be omitted but not null.
    """
    loc = detail["loc"]
    sentence = detail["msg"]
    if detail["type"] == "literal_error" and (constants := _constants(detail)):
        sentence = sentence.replace(constants, _expected(detail))
    is_unknown = detail["type"] == "extra_forbidden"
    if is_unknown and not sentence.startswith(f"{UNKNOWN_FIELD}:"):
        said = sentence if sentence.startswith(UNKNOWN_FIELD) else UNKNOWN_FIELD
        sentence = f"{said}{hint(detail)}"
    is_null = detail["input"] is None and detail["type"] != "rule"
    if is_null and len(loc) == 1 and loc[0] in optional:
        sentence = "must not be null: leave it out"
    return InitErrorDetails(
        type=_custom(detail, sentence),
        loc=loc,
        input=shown(detail["input"], hide=any(part in hidden for part in loc)),
    )


def is_other_text(detail: ErrorDetails) -> bool:
    """Return whether the error is that a text is not one of the accepted texts."""
    is_text = isinstance(detail["input"], str)
    is_text = is_text and _constants(detail).startswith(("'", '"'))
    return is_text and detail["type"] == "literal_error"


def narrower(member: str, broken: Iterable[str]) -> list[str]:
    """Return the messages of rules that list the accepted values of a member."""
    return [rule for rule in broken if rule.startswith(f"{member} must be ")]


def combined(title: str, errors: Iterable[InitErrorDetails]) -> ValidationError:
    """Return one exception with all errors."""
    return ValidationError.from_exception_data(title, list(errors), hide_input=True)


def shown(value: Any, *, hide: bool = False) -> Any:
    """Return a value for an error message: texts are shortened, media are omitted."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        most = _SHORT_LINK if is_link(value) else _SHORT
        odd = value.startswith("data:") or re.search(_HALF_CHARACTER, value)
        is_opaque = len(value) > most and re.fullmatch(_OPAQUE, value)
        if hide or odd or is_opaque:
            return f"<text of {len(value):,} characters>"
        return value if len(value) <= most else f"{value[:most]}…"
    return f"<{type(value).__name__}>"


def is_link(value: object) -> bool:
    """Return whether a value is an http or https URL."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def nearest_alternative(error: ValidationError) -> ValidationError:
    """Return the errors of the alternative that the value matches most closely.

    If several are equally close, one error lists what they accept.
    """
    by_alternative: dict[str, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_alternative.setdefault(str(detail["loc"][0]), []).append(detail)
    near = {
        name: details
        for name, details in by_alternative.items()
        if not any(_is_another(detail) for detail in details if _depth(detail) == 0)
    }
    like = _least(near, _others)
    nearest = _least(like, len)
    if not near:
        kept = [_either([details[0] for details in by_alternative.values()])]
    elif len(like) > 1 and (differing := _at_one_place(like, _is_another)):
        kept = [_either(differing)]
    elif len(nearest) == 1:
        [(name, details)] = nearest.items()
        kept = _of_one(name if len(near) > 1 else "", details, by_alternative)
    else:
        kept = [_of_several(nearest)]
    return ValidationError.from_exception_data(error.title, kept)


def _least(
    alternatives: _Alternatives, far: Callable[[Sequence[ErrorDetails]], int]
) -> _Alternatives:
    """Return the alternatives with the smallest distance, calculated from their errors."""
    least = min(map(far, alternatives.values()), default=0)
    return {name: each for name, each in alternatives.items() if far(each) == least}


def _depth(detail: ErrorDetails) -> int:
    """Return the depth of an error inside an alternative; 0 is the value itself."""
    return len(detail["loc"]) - 1


def _is_another(detail: ErrorDetails) -> bool:
    """Return whether the error is a wrong type or a wrong constant."""
    kind = detail["type"]
    return kind.endswith("_type") or kind in ("literal_error", _NO_ALTERNATIVE)


def _others(details: Sequence[ErrorDetails]) -> int:
    """Return the number of members or items with a wrong type or constant."""
    return sum(_is_another(detail) for detail in details if _depth(detail) == 1)


def _of_one(
    name: str,
    details: Sequence[ErrorDetails],
    by_alternative: _Alternatives,
) -> list[InitErrorDetails]:
    """Return the errors of one alternative.

    Args:
        name: The name of the alternative for the messages; empty to omit it.
        details: Its errors.
        by_alternative: The errors of all alternatives.
    """
    texts = [
        d for [d, *_] in by_alternative.values() if is_other_text(d) and _depth(d) == 0
    ]
    if texts and _depth(details[0]) == 0:
        return [_either([*texts, details[0]])]
    named = f" (as {name})" if name.isidentifier() else ""
    return [_said(d, d["msg"] + named, d["loc"][1:]) for d in details]


def _of_several(nearest: _Alternatives) -> InitErrorDetails:
    """Return one error for several alternatives that are equally close."""
    if common := _at_one_place(nearest):
        return _either(common)
    sentences = [
        f"{'.'.join(map(str, details[0]['loc'][1:]))}: {details[0]['msg']} (as {name})"
        for name, details in nearest.items()
    ]
    [detail, *_] = next(iter(nearest.values()))
    return _said(detail, "; or ".join(sentences), ())


def _at_one_place(
    alternatives: _Alternatives, counts: Callable[[ErrorDetails], bool] = bool
) -> list[ErrorDetails]:
    """Return the errors at a place that is wrong in every alternative.

    Args:
        alternatives: One or more alternatives.
        counts: Returns whether an error counts.

    Returns:
        The errors; empty if there is no such place.
    """
    by_place: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for details in alternatives.values():
        for place, detail in {d["loc"][1:]: d for d in details if counts(d)}.items():
            by_place.setdefault(place, []).append(detail)
    whole = (each for each in by_place.values() if len(each) == len(alternatives))
    return next(whole, None) or []


def _either(details: Sequence[ErrorDetails]) -> InitErrorDetails:
    """Return one error that lists what each of several errors would have accepted."""
    accepted = _joined_objects([*dict.fromkeys(map(_accepted, details))])
    if "" in accepted:
        sentence = "; or ".join(dict.fromkeys(detail["msg"] for detail in details))
    else:
        sentence = f"must be {_listed(accepted)}"
    kinds = {detail["type"] for detail in details}
    kind = kinds.pop() if len(kinds) == 1 else _NO_ALTERNATIVE
    first: ErrorDetails = {**details[0], "type": kind}
    return _said(first, sentence, details[0]["loc"][1:])


def _accepted(detail: ErrorDetails) -> str:
    """Return what would have been accepted; empty if the error does not contain it."""
    context = detail.get("ctx", {})
    if "accepted" in context:
        return str(context["accepted"])
    if detail["type"] == "model_type":
        return f"{_AN_OBJECT}{context['class_name']})"
    if detail["type"] == "literal_error":
        return _expected(detail)
    said = detail["msg"].removeprefix("must be ")
    return _TYPES.get(detail["type"], said if said != detail["msg"] else "")


def _constants(detail: ErrorDetails) -> str:
    """Return the accepted constants of an error; empty if it does not contain them."""
    return str(detail.get("ctx", {}).get("expected", ""))


def _expected(detail: ErrorDetails) -> str:
    """Return the accepted constants; if there are many texts, the most similar ones."""
    constants = _constants(detail)
    texts = re.findall(_TEXT, constants)
    if len(texts) <= _MANY or re.sub(_TEXT, "", constants).strip(", or"):
        return constants
    near = nearest_texts(str(detail["input"]), texts, most=3) or texts[:3]
    return f"one of {len(texts):,} values, such as {_listed(near)}"


def _joined_objects(accepted: Sequence[str]) -> list[str]:
    """Join objects of several classes: "an object (A or B)"."""
    objects = [each for each in accepted if each.startswith(_AN_OBJECT)]
    names = _listed([each[len(_AN_OBJECT) : -1] for each in objects]) if objects else ""
    joined = f"{_AN_OBJECT}{names})"
    return [*dict.fromkeys(joined if each in objects else each for each in accepted)]


def _listed(parts: Sequence[str]) -> str:
    """Return "a, b or c"; with a comma before "or" if a part contains "or" too."""
    *others, last = parts
    comma = "," if any(" or " in part for part in parts) else ""
    return f"{', '.join(others)}{comma} or {last}" if others else last


def _said(
    detail: ErrorDetails, sentence: str, loc: tuple[int | str, ...]
) -> InitErrorDetails:
    return InitErrorDetails(
        type=_custom(detail, sentence), loc=loc, input=detail["input"]
    )


def _custom(detail: ErrorDetails, sentence: str) -> PydanticCustomError:
    """Return an error of the same type with another message."""
    return PydanticCustomError(
        detail["type"],  # pyright: ignore[reportArgumentType]
        "{sentence}",
        {**detail.get("ctx", {}), "sentence": sentence},
    )
