"""Mutants of a document's model. Each lacks one assertion, and tests must notice it."""

from __future__ import annotations

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
        case String():
            for name, nothing in (
                ("min_length", 0),
                ("max_length", None),
                ("pattern", None),
                ("format", None),
            ):
                if getattr(a_type, name) != nothing:
                    yield name, _without(a_type, name, nothing)
        case Number():
            for name in ("ge", "gt", "le", "lt", "multiple_of"):
                if getattr(a_type, name) is not None:
                    yield name, _without(a_type, name, None)
        case Array(item, least, most):
            if least:
                yield "min_items", replace(a_type, min_items=0)
            if most is not None:
                yield "max_items", replace(a_type, max_items=None)
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


def _without(a_type: String | Number, name: str, nothing: Any) -> Type:
    """Remove the named assertion from a type."""
    said: dict[str, Any] = {name: nothing}
    return replace(a_type, **said)
