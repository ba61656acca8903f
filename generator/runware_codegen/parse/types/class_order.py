"""Sorts classes: each after the classes of its fields."""

from __future__ import annotations

from collections.abc import Mapping

from runware_codegen.model import Class, class_names


def dependencies_first(whole: Class, classes: Mapping[str, Class]) -> tuple[Class, ...]:
    """Return the classes that a class needs, each after those that it needs itself."""
    ordered: dict[str, Class] = {}
    entered: set[str] = set()

    def visit(each: Class) -> None:
        entered.add(each.name)
        for field in each.fields:
            for name in class_names(field.type):
                if name not in entered:
                    visit(classes[name])
        ordered[each.name] = each

    visit(whole)
    del ordered[whole.name]
    return tuple(ordered.values())
