"""Reads `x-constraints` about media files, and adds them to fields.

`x-constraints` may speak of what an image or a video is, which a request that holds its
address cannot show. Such a limit is said at its field, and kept as data. A file that is
sent itself shows its size.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from runware_codegen.model import Array, ClassRef, Constrained, Media, MediaLimit, Union
from runware_codegen.model.predicates import InRange
from runware_codegen.wording import bounds_of

if TYPE_CHECKING:
    from runware_codegen.documents import JsonObject
    from runware_codegen.model import Class, Field, Type

_UNITS: Final = {
    "area": "pixels",
    "duration": "seconds",
    "fileSize": "bytes",
    "height": "pixels",
    "width": "pixels",
}


def read_media_limits(task: JsonObject) -> tuple[MediaLimit, ...]:
    """Read the `x-constraints` of a task that are about media."""
    constraints = cast("list[JsonObject]", task.get("x-constraints", []))
    return tuple(
        MediaLimit(
            parameter,
            str(constraint["operation"]),
            cast("int | float | None", constraint.get("minimum")),
            cast("int | float | None", constraint.get("maximum")),
        )
        for constraint in constraints
        if not _is_about_numbers(constraint)
        for parameter in cast("list[str]", constraint["parameters"])
    )


def _is_about_numbers(constraint: JsonObject) -> bool:
    parameters = cast("list[str]", constraint["parameters"])
    plain = len(parameters) == 2 and "." not in "".join(parameters)
    return plain and constraint["operation"] in ("area", "ratio")


def apply_media_limit(
    classes: dict[str, Class], request: str, limit: MediaLimit
) -> None:
    """Add a limit to the field it is about, where there is one.

    It is added to the documentation, and one on the size of files to the type.

    Args:
        classes: The classes of the document, which are replaced in place.
        request: The name of the request's class.
        limit: The limit.
    """
    *way, last = limit.parameter.split(".")
    owner = classes[request]
    for wire in way:
        found = _member(owner, wire)
        name = None if found is None else _class_in(found.type)
        if name is None or name not in classes:
            return
        owner = classes[name]
    fields = tuple(
        _limited(field, limit) if field.json_name == last else field
        for field in owner.fields
    )
    classes[owner.name] = replace(owner, fields=fields)


def _limited(field: Field, limit: MediaLimit) -> Field:
    is_size = limit.operation == "fileSize"
    a_type = _sized(field.type, limit) if is_size else field.type
    return replace(field, type=a_type, doc=_with(field.doc, limit))


def _sized(a_type: Type, limit: MediaLimit) -> Type:
    """Bound the size of the files in a type."""
    match a_type:
        case Media():
            least = [a_type.min_bytes, limit.minimum]
            most = [a_type.max_bytes, limit.maximum]
            return replace(
                a_type,
                min_bytes=max((n for n in least if n is not None), default=None),
                max_bytes=min((n for n in most if n is not None), default=None),
            )
        case Array(item):
            return replace(a_type, item=_sized(item, limit))
        case Constrained(inner):
            return replace(a_type, type=_sized(inner, limit))
        case Union(alternatives):
            sized = tuple(_sized(each, limit) for each in alternatives)
            return Union(sized)
        case _:
            return a_type


def _member(owner: Class, wire: str) -> Field | None:
    return next((field for field in owner.fields if field.json_name == wire), None)


def _class_in(a_type: Type) -> str | None:
    while isinstance(a_type, (Array, Constrained)):
        a_type = a_type.item if isinstance(a_type, Array) else a_type.type
    return a_type.class_name if isinstance(a_type, ClassRef) else None


def _with(doc: str, limit: MediaLimit) -> str:
    bounds = bounds_of(InRange(ge=limit.minimum, le=limit.maximum))
    unit = _UNITS.get(limit.operation, "")
    said = f"{limit.operation}: {bounds} {unit}".strip()
    return f"{doc}\n\nThe server checks its {said}." if bounds else doc
