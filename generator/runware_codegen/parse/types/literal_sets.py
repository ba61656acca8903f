"""Finds sets of constants: const, enum, and labelled oneOf or anyOf."""

from __future__ import annotations

from collections import Counter
from typing import cast

from runware_codegen.documents import JsonValue
from runware_codegen.model import LiteralValue, including_integers
from runware_codegen.model.constants import Constant, json_type
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.merged import MergedSchema, branches_of
from runware_codegen.parse.schema.schemas import Schema
from runware_codegen.problems import Path

_LABELS = frozenset({"const", "enum", "title", "description", "deprecated", "type"})


def find_literals(
    merged: MergedSchema,
) -> tuple[tuple[LiteralValue, ...], set[Path]] | None:
    """Find the constants that a schema allows, and the path of their keyword."""
    for schema in merged.schemas_with("const"):
        value = Constant(schema.keywords["const"])
        return (LiteralValue(value),), {(*schema.path, "const")}
    for schema in merged.schemas_with("enum"):
        values = cast("list[JsonValue]", schema.keywords["enum"])
        constants = dict.fromkeys(map(Constant, values))
        return tuple(map(LiteralValue, constants)), {(*schema.path, "enum")}
    for schema in merged.schemas_with("oneOf", "anyOf"):
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema.keywords and _are_labelled(schema, keyword):
                choices = _labelled(schema, keyword)
                return choices, {(*schema.path, keyword)}
    return None


def _are_labelled(schema: Schema, keyword: str) -> bool:
    return all(
        ("const" in branch.keywords) != ("enum" in branch.keywords)
        and all(k in _LABELS or k.startswith(("x-", "$id")) for k in branch.keywords)
        for branch in branches_of(schema, keyword)
    )


def _labelled(schema: Schema, keyword: str) -> tuple[LiteralValue, ...]:
    found: list[LiteralValue] = []
    for branch in branches_of(schema, keyword):
        keywords = branch.keywords
        title = str(keywords.get("title", ""))
        text = str(keywords.get("description", ""))
        values = [keywords["const"]] if "const" in keywords else keywords["enum"]
        constants = dict.fromkeys(map(Constant, cast("list[JsonValue]", values)))
        found += [
            LiteralValue(each, title, text) for each in constants if _fits(each, branch)
        ]
    if keyword == "oneOf":
        counts = Counter(choice.constant for choice in found)
        found = [choice for choice in found if counts[choice.constant] == 1]
    return tuple({choice.constant: choice for choice in reversed(found)}.values())[::-1]


def _fits(value: Constant, branch: Schema) -> bool:
    if "type" not in branch.keywords:
        return True
    types = keyword_values.types(branch.keywords["type"])
    return json_type(value.value) in including_integers(types)
