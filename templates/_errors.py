"""How a refused request is explained: wire names, sentences, nothing secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_SHORT: Final = 40


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


def again(error: ErrorDetails, hidden: frozenset[str]) -> InitErrorDetails:
    """Say an error again, without an input that must not be shown."""
    loc = error["loc"]
    return InitErrorDetails(
        type=PydanticCustomError(
            error["type"],  # pyright: ignore[reportArgumentType]
            "{sentence}",
            {**error.get("ctx", {}), "sentence": error["msg"]},
        ),
        loc=loc,
        input=shown(error["input"], hide=any(part in hidden for part in loc)),
    )


def combined(title: str, errors: Iterable[InitErrorDetails]) -> ValidationError:
    """Make one error of many."""
    return ValidationError.from_exception_data(title, list(errors), hide_input=True)


def shown(value: Any, *, hide: bool = False) -> Any:
    """Return what may be shown of a value: short and harmless texts as they are."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        if hide or len(value) > _SHORT or value.startswith("data:"):
            return f"<text of {len(value):,} characters>"
        return value
    return f"<{type(value).__name__}>"


def nearest_alternative(error: ValidationError, value: Any) -> ValidationError:
    """Keep what is said of the alternative that was nearly met."""
    by_alternative: dict[object, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_alternative.setdefault(detail["loc"][0], []).append(detail)
    best = min(by_alternative.values(), key=_distance)
    if all(len(details[0]["loc"]) == 1 for details in by_alternative.values()):
        return _no_alternative(error.title, by_alternative.values())
    kept = [
        InitErrorDetails(
            type=PydanticCustomError(
                detail["type"],  # pyright: ignore[reportArgumentType]
                "{sentence}",
                {**detail.get("ctx", {}), "sentence": detail["msg"]},
            ),
            loc=detail["loc"][1:],
            input=detail["input"],
        )
        for detail in best
    ]
    return ValidationError.from_exception_data(error.title, kept)


def _distance(details: Sequence[ErrorDetails]) -> tuple[bool, int]:
    """Say how far from an alternative a value was: of another type, then how wrong."""
    at_root = any(len(detail["loc"]) == 1 for detail in details)
    return (at_root and any("type" in d["type"] for d in details), len(details))


def _no_alternative(
    title: str, alternatives: Iterable[Sequence[ErrorDetails]]
) -> ValidationError:
    """Say in one sentence what each alternative would have wanted."""
    details = [details[0] for details in alternatives]
    nearest = [d for d in details if not d["type"].endswith("_type")] or details
    sentences = dict.fromkeys(d["msg"] for d in nearest)
    merged = InitErrorDetails(
        type=PydanticCustomError(
            "no_alternative", "{sentence}", {"sentence": "; or ".join(sentences)}
        ),
        loc=(),
        input=details[0]["input"],
    )
    return ValidationError.from_exception_data(title, [merged])
