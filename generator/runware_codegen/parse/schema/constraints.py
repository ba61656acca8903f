"""Reads `x-constraints`, which are about two numbers of an object, or about media files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, cast

from runware_codegen.documents import JsonObject
from runware_codegen.model import MediaLimit
from runware_codegen.parse.schema.encoding import may_contain
from runware_codegen.parse.schema.merged import merge, properties_of
from runware_codegen.parse.schema.schemas import Schema, Schemas

_OF_MEDIA: Final = frozenset(
    {"area", "duration", "fileSize", "height", "ratio", "width"}
)
"""The quantities of a media file that `x-constraints` may limit."""

_UNKNOWN_BOUNDS: Final = frozenset(
    {"const", "enum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"}
)
"""Keywords for numbers that `x-constraints` does not have."""


def read_media_limits(schemas: Schemas, task: Schema) -> tuple[MediaLimit, ...]:
    """Read the limits on media files from all `x-constraints` of a task.

    Those of a nested object, or of the items of a list, are relative to it.
    """
    if not may_contain(schemas.at(()).node, "x-constraints"):
        return ()
    limits: list[MediaLimit] = []
    pending, seen = [("", task)], set[object]()
    for prefix, schema in pending:
        merged = merge(schemas, schema).schemas
        new = [each for each in merged if each.path not in seen]
        seen.update(each.path for each in new)
        limits += chain.from_iterable(_limits_of(each, prefix) for each in new)
        pending += [(f"{prefix}{name}.", each) for name, each in properties_of(new)]
        listed = (each for each in new if isinstance(each.keywords.get("items"), dict))
        pending += [(prefix, each.child("items")) for each in listed]
    return tuple(limits)


def _limits_of(schema: Schema, prefix: str) -> Iterator[MediaLimit]:
    listed = cast("list[JsonObject]", schema.keywords.get("x-constraints", []))
    for constraint in listed:
        if is_enforceable(constraint) and is_about_media(constraint):
            for parameter in cast("list[str]", constraint["parameters"]):
                yield MediaLimit(
                    f"{prefix}{parameter}",
                    str(constraint["operation"]),
                    cast("int | float | None", constraint.get("minimum")),
                    cast("int | float | None", constraint.get("maximum")),
                )


def is_about_numbers(constraint: JsonObject) -> bool:
    """Return whether an item of `x-constraints` is about two numbers of one object."""
    parameters = cast("list[str]", constraint["parameters"])
    objects = {parameter.rpartition(".")[0] for parameter in parameters}
    return (
        constraint["operation"] in ("area", "ratio")
        and len(parameters) == 2
        and len(objects) == 1
        and not _is_about_each(constraint)
    )


def is_about_media(constraint: JsonObject) -> bool:
    """Return whether an item of `x-constraints` is about media files."""
    parameters = cast("list[str]", constraint["parameters"])
    is_of_one = len(parameters) == 1 or _is_about_each(constraint)
    return is_of_one and constraint["operation"] in _OF_MEDIA


def is_enforceable(constraint: JsonObject) -> bool:
    """Return whether the client can check, or document, an item of `x-constraints`."""
    if not _UNKNOWN_BOUNDS.isdisjoint(constraint):
        return False
    has_bound = not {"minimum", "maximum"}.isdisjoint(constraint)
    return has_bound and (is_about_media(constraint) or is_about_numbers(constraint))


def _is_about_each(constraint: JsonObject) -> bool:
    return constraint.get("scope") == "each"
