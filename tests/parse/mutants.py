"""Mutants of a document's model. Each lacks one assertion, and tests must notice it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runware_codegen.model import (
    Anything,
    Array,
    Constrained,
    Literals,
    Map,
    Media,
    Number,
    SizeRule,
    String,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.model import Class, Document, Field, Type
    from runware_codegen.model.predicates import InRange, ItemCount, LengthIn

    Limits = InRange | ItemCount | LengthIn


def mutants(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield each mutant of a document's request, labelled with what it lacks."""
    for label, request in _classes(document.request):
        yield label, replace(document, request=request)
    for index, part in enumerate(document.nested_request_classes):
        for label, mutated in _classes(part):
            parts = (
                *document.nested_request_classes[:index],
                mutated,
                *document.nested_request_classes[index + 1 :],
            )
            yield label, replace(document, nested_request_classes=parts)


def _classes(whole: Class) -> Iterator[tuple[str, Class]]:
    for index, rule in enumerate(whole.rules):
        rules = (*whole.rules[:index], *whole.rules[index + 1 :])
        said = "sizes" if isinstance(rule, SizeRule) else rule.sentence
        yield f"{whole.name}: {said}", replace(whole, rules=rules)
    if not whole.allows_extra:
        yield f"{whole.name}: closed", replace(whole, allows_extra=True)
    for index, field in enumerate(whole.fields):
        if field.json_name in ("taskType", "model"):
            continue  # they select the class
        for label, mutated in _fields(field):
            fields = (*whole.fields[:index], mutated, *whole.fields[index + 1 :])
            name = f"{whole.name}.{field.json_name}: {label}"
            yield name, replace(whole, fields=fields)


def _fields(field: Field) -> Iterator[tuple[str, Field]]:
    if field.required:
        yield "required", replace(field, required=False)
    for label, mutated in _types(field.type):
        if mutated != field.type:
            yield label, replace(field, type=mutated)


def _types(a_type: Type) -> Iterator[tuple[str, Type]]:
    yield "type", Anything()
    match a_type:
        case String(length, pattern, form):
            for name, kept in _without_each(length):
                yield name, replace(a_type, length=kept)
            if pattern:
                yield "pattern", replace(a_type, pattern=None)
            if form:
                yield "format", replace(a_type, format=None)
        case Number(_, bounds, step):
            for name, kept in _without_each(bounds):
                yield name, replace(a_type, bounds=kept)
            if step:
                yield "multiple_of", replace(a_type, multiple_of=None)
        case Array(item, count):
            for name, kept in _without_each(count):
                yield name, replace(a_type, count=kept)
            yield from (("item " + n, replace(a_type, item=t)) for n, t in _types(item))
        case Map(value):
            yield from (("value " + n, Map(t)) for n, t in _types(value))
        case Constrained(inner):
            yield "check", inner
        case Literals():
            yield "literals", String()
        case Media():
            yield "media", String()
        case Union(alternatives):
            for index, each in enumerate(alternatives):
                for label, mutated in _types(each):
                    others = (
                        *alternatives[:index],
                        mutated,
                        *alternatives[index + 1 :],
                    )
                    yield f"alternative {index} {label}", Union(others)
        case _:
            pass


def _without_each(limits: Limits) -> Iterator[tuple[str, Any]]:
    """Remove each limit of a range, one at a time."""
    for each in dataclasses.fields(limits):
        if getattr(limits, each.name) != each.default:
            said: dict[str, Any] = {each.name: each.default}
            yield each.name, replace(limits, **said)
