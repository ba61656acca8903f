"""Reads `x-constraints`, which are about two numbers of an object, or about media files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, Literal, cast

from runware_codegen.documents import JsonObject
from runware_codegen.model import MediaLimit
from runware_codegen.parse.schema.encoding import may_contain
from runware_codegen.parse.schema.keyword_values import bound, names
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
        if subject_of(constraint) == "media":
            for parameter in names(constraint["parameters"]):
                yield MediaLimit(
                    f"{prefix}{parameter}",
                    str(constraint["operation"]),
                    bound(constraint, "minimum"),
                    bound(constraint, "maximum"),
                )


def subject_of(constraint: JsonObject) -> Literal["media", "numbers", ""]:
    """Return what an item of `x-constraints` is about: media files, or two numbers.

    It is empty if the client can neither check nor document the constraint.
    """
    operation, parameters = constraint["operation"], names(constraint["parameters"])
    has_bound = not {"minimum", "maximum"}.isdisjoint(constraint)
    if not has_bound or not _UNKNOWN_BOUNDS.isdisjoint(constraint):
        return ""
    if len(parameters) == 1 or constraint.get("scope") == "each":
        return "media" if operation in _OF_MEDIA else ""
    objects = {parameter.rpartition(".")[0] for parameter in parameters}
    is_pair = len(parameters) == 2 and len(objects) == 1
    return "numbers" if is_pair and operation in ("area", "ratio") else ""
