"""Sorts classes: each after the classes of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model import Array, ClassRef, Constrained, Map, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runware_codegen.model import Class, Type


def dependencies_first(whole: Class, classes: Mapping[str, Class]) -> tuple[Class, ...]:
    """Return the classes that a class needs, each after those that it needs itself."""
    ordered: dict[str, Class] = {}
    entered: set[str] = set()

    def visit(each: Class) -> None:
        entered.add(each.name)
        for field in each.fields:
            for name in referenced_classes(field.type):
                if name in classes and name not in entered:
                    visit(classes[name])
        ordered[each.name] = each

    visit(whole)
    del ordered[whole.name]
    return tuple(ordered.values())


def referenced_classes(a_type: Type) -> Iterator[str]:
    """Yield the names of the classes in a type."""
    match a_type:
        case ClassRef(name):
            yield name
        case Array(item) | Map(item) | Constrained(item):
            yield from referenced_classes(item)
        case Union(alternatives):
            for each in alternatives:
                yield from referenced_classes(each)
        case _:
            pass
