"""Alternatives in the annotations of fields, and the error of the closest one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast, get_args

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails
from pydantic_core import core_schema as core

from ..media.files import UnusableFile, content_of, is_open_file
from ..media.local_files import NOT_UPLOADED, LocalFile
from .explanations import error_at, expected_constants, is_other_text, listed, refusal
from .fast_path import FAST, FLAT
from .media_text import NO_FILE_IN_JSON
from .rules import once

_Alternatives: TypeAlias = Mapping[str, Sequence[ErrorDetails]]
"""The errors of each alternative, by its name."""

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


class Either:
    """Alternatives: the first valid one is used. An error describes the closest one."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        parts = get_args(source)
        names = [part.__name__ for part in parts if isinstance(part, type)]
        union = _left_to_right(handler(source), names)
        takes_text = any(str in (p, getattr(p, "__origin__", None)) for p in parts)

        def check(value: Any, read: Callable[[Any], Any]) -> Any:
            if is_open_file(value):  # read once for all alternatives
                try:
                    value = content_of(value, None)
                except UnusableFile as error:
                    raise refusal(str(error)) from None
            outcome = once(check, value, lambda: _outcome(read, value))
            if isinstance(outcome, ValidationError):
                raise outcome
            if takes_text and isinstance(outcome, LocalFile):
                # The field accepts any text, so it would accept the placeholder UUID.
                raise refusal(f"must be a string, {NOT_UPLOADED}")
            return outcome

        def fast_check(value: Any, read: Callable[[Any], Any]) -> Any:
            if is_open_file(value):
                raise ValueError
            return check(value, read)

        fast = core.no_info_wrap_validator_function(fast_check, union)
        return core.no_info_wrap_validator_function(
            check,
            union,
            metadata={FAST: fast, FLAT: union},
            serialization=NO_FILE_IN_JSON,
        )


def _outcome(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        return _nearest_alternative(error)


def _left_to_right(schema: CoreSchema, names: list[str]) -> CoreSchema:
    """Return a union that tries its alternatives in order, each with a name for errors."""
    if schema["type"] == "nullable":
        return core.nullable_schema(_left_to_right(schema["schema"], names))
    if schema["type"] != "union":
        return schema
    choices = enumerate(cast("list[CoreSchema]", schema["choices"]))
    labelled = [(choice, _label(choice, names, index)) for index, choice in choices]
    return core.union_schema([*labelled], mode="left_to_right")


def _label(choice: Any, names: list[str], index: int) -> str:
    """Return the name of the alternative's class; its index if it is not a class."""
    reference = str(choice.get("schema_ref", ""))
    qualified = reference.partition(":")[0].rpartition(".")[2]
    return qualified if qualified in names else str(index)


# -- errors ------------------------------------------------------------------------


def _nearest_alternative(error: ValidationError) -> ValidationError:
    """Return the errors of the alternative that the value matches most closely.

    If several are equally close, one error lists what they accept.
    """
    by_alternative: dict[str, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_alternative.setdefault(str(detail["loc"][0]), []).append(detail)
    near = {
        name: details
        for name, details in by_alternative.items()
        if not any(_is_other_kind(detail) for detail in details if _depth(detail) == 0)
    }
    similar = _closest(near, _other_kinds)
    nearest = _closest(similar, len)
    if not near:
        kept = [_either([details[0] for details in by_alternative.values()])]
    elif len(similar) > 1 and (differing := _at_one_place(similar, _is_other_kind)):
        kept = [_either(differing)]
    elif len(nearest) == 1:
        [(name, details)] = nearest.items()
        kept = _of_one(name if len(near) > 1 else "", details, by_alternative)
    else:
        kept = [_of_several(nearest)]
    return ValidationError.from_exception_data(error.title, kept)


def _closest(
    alternatives: _Alternatives, distance: Callable[[Sequence[ErrorDetails]], int]
) -> _Alternatives:
    """Return the alternatives with the smallest distance, calculated from their errors."""
    smallest = min(map(distance, alternatives.values()), default=0)
    return {
        name: each for name, each in alternatives.items() if distance(each) == smallest
    }


def _depth(detail: ErrorDetails) -> int:
    """Return the depth of an error inside an alternative; 0 is the value itself."""
    return len(detail["loc"]) - 1


def _is_other_kind(detail: ErrorDetails) -> bool:
    """Return whether the error is a wrong type or a wrong constant."""
    kind = detail["type"]
    return kind.endswith("_type") or kind in ("literal_error", _NO_ALTERNATIVE)


def _other_kinds(details: Sequence[ErrorDetails]) -> int:
    """Return the number of members or items with a wrong type or constant."""
    return sum(_is_other_kind(detail) for detail in details if _depth(detail) == 1)


def _of_one(
    name: str, details: Sequence[ErrorDetails], by_alternative: _Alternatives
) -> list[InitErrorDetails]:
    """Return the errors of one alternative, with its name unless that is empty."""
    texts = [
        d for [d, *_] in by_alternative.values() if is_other_text(d) and _depth(d) == 0
    ]
    if texts:
        return [_either([*texts, details[0]])]
    return [error_at(d, d["msg"] + _as_class(name), d["loc"][1:]) for d in details]


def _as_class(name: str) -> str:
    """Return " (as Circle)" for the name of a class; empty for the index of another type."""
    return f" (as {name})" if name.isidentifier() else ""


def _of_several(nearest: _Alternatives) -> InitErrorDetails:
    """Return one error for several alternatives that are equally close."""
    if common := _at_one_place(nearest):
        return _either(common)
    sentences = [
        f"{'.'.join(map(str, d['loc'][1:]))}: {d['msg']}".removeprefix(": ")
        + _as_class(name)
        for name, [d, *_] in nearest.items()
    ]
    [detail, *_] = next(iter(nearest.values()))
    return error_at(detail, "; or ".join(sentences), ())


def _at_one_place(
    alternatives: _Alternatives, counts: Callable[[ErrorDetails], bool] = bool
) -> list[ErrorDetails]:
    """Return the errors that count at one place that is wrong in every alternative."""
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
        sentence = f"must be {listed(accepted)}"
    kinds = {detail["type"] for detail in details}
    kind = kinds.pop() if len(kinds) == 1 else _NO_ALTERNATIVE
    first: ErrorDetails = {**details[0], "type": kind}
    return error_at(first, sentence, details[0]["loc"][1:])


def _accepted(detail: ErrorDetails) -> str:
    """Return what would have been accepted; empty if the error does not contain it."""
    context = detail.get("ctx", {})
    if "accepted" in context:
        return str(context["accepted"])
    if detail["type"] == "model_type":
        return f"{_AN_OBJECT}{context['class_name']})"
    if detail["type"] == "literal_error":
        return expected_constants(detail)
    message = detail["msg"].removeprefix("must be ")
    return _TYPES.get(detail["type"], message if message != detail["msg"] else "")


def _joined_objects(accepted: Sequence[str]) -> list[str]:
    """Join objects of several classes: "an object (A or B)"."""
    objects = [each for each in accepted if each.startswith(_AN_OBJECT)]
    names = listed([each[len(_AN_OBJECT) : -1] for each in objects]) if objects else ""
    joined = f"{_AN_OBJECT}{names})"
    return [*dict.fromkeys(joined if each in objects else each for each in accepted)]
