"""Turns pydantic's errors about a document into problems of that document.

pydantic reports all alternatives of a union, and names them in the path of an error. A
problem has a JSON pointer, and is only about the alternative that the document uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from runware_codegen.documents.values import JsonValue, shown
from runware_codegen.problems import Path, Problem, json_pointer

_EXPECTED = {
    "string_type": "a string",
    "model_type": "an object",
    "dict_type": "an object",
    "list_type": "an array",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def explain(
    error: ValidationError, outline: JsonValue, source: str
) -> Iterator[Problem]:
    """Turn pydantic's errors into problems.

    Args:
        error: The errors of the outline.
        outline: The outline that was validated.
        source: The file as the user named it.

    Yields:
        One problem for each place.
    """
    for details in error.errors(include_url=False):
        missing = details["type"] == "missing"
        place = _find(details["loc"][:-1] if missing else details["loc"], outline)
        if place is None:
            continue
        path, value = place
        if missing:
            message = f"{shown(details['loc'][-1])} is missing"
            remedy = "add it: OpenAPI 3.1 requires it here"
        else:
            expected = _EXPECTED.get(
                details["type"], details["msg"].removeprefix("Input should be ")
            )
            message = (
                f"{describe(value)} is not valid here: OpenAPI 3.1 expects {expected}"
            )
            remedy = f"write {expected}"
        yield Problem(source, json_pointer(path), message, remedy)


def describe(value: JsonValue) -> str:
    """Describe a value, without its content if it is an object or an array."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return f"the string {shown(value)}"
    if value is None or isinstance(value, bool):
        return shown(value)
    return f"the number {shown(value)}"


def _find(
    steps: Sequence[str | int], outline: JsonValue
) -> tuple[Path, JsonValue] | None:
    """Follow the path of an error.

    Returns:
        The path without alternatives, and the value there; None if the path contains an
        alternative that the document does not use.
    """
    path: list[str | int] = []
    value = outline
    for step in steps:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int():
                value = value[step]
            case _:
                # Every union in the library's models has an object and a reference to it.
                is_reference = isinstance(value, dict) and "$ref" in value
                if (step == "Reference") != is_reference:
                    return None
                continue
        path.append(step)
    return tuple(path), value
