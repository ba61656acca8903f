"""Writes the first call of a document: a program that runs an example task."""

from __future__ import annotations

from typing import Final

from runware_codegen.documents import JsonValue
from runware_codegen.model import (
    ABOUT_ANOTHER_TASK,
    Class,
    Document,
    Field,
    Literals,
    object_class,
)
from runware_codegen.pages.example import Task, example_task
from runware_codegen.render.exports import import_order
from runware_codegen.render.imports import import_of
from runware_codegen.render.literals import LINE
from runware_codegen.render.literals import value as literal


def first_call(document: Document, package: str, module: str) -> str:
    """Write a program that runs an example task and prints its results.

    Args:
        document: The document.
        package: The import name of the client.
        module: The import path of the document's module in it (`tasks.caption.caption`).

    Returns:
        The program; empty if no example is found, and for a task about another task,
        which has to exist.
    """
    task = example_task(document)
    if task is None or document.task_type in ABOUT_ANOTHER_TASK:
        return ""
    writer = _Writer(document)
    call = writer.construct(document.request, task, len("request = "))
    names = sorted(writer.names, key=import_order)
    imports = import_of(names, f"{package}.{module}", indent=0)
    return _PROGRAM.format(package=package, imports=imports, call=call)


_PROGRAM: Final = """\
from {package} import Runware
{imports}

request = {call}

with Runware() as client:  # the key comes from RUNWARE_API_KEY
    for result in client.run(request):
        print(result.to_wire())
"""


class _Writer:
    """Writes objects as calls of constructors.

    Attributes:
        names: The classes that are called.
    """

    def __init__(self, document: Document) -> None:
        self._classes = {part.name: part for part in document.request_classes}
        self._document = document
        self.names: set[str] = set()

    def construct(self, part: Class, value: Task, column: int, indent: int = 0) -> str:
        """Write the call of a class's constructor, for its column in an indented line."""
        self.names.add(part.name)
        given = [
            (field, value[field.json_name])
            for field in part.fields
            if field.json_name in value and not is_filled_in(field, self._document)
        ]
        inner = indent + 4
        arguments = [
            f"{field.name}={self._argument(field, each, inner + len(field.name) + 1, inner)}"
            for field, each in given
        ]
        one_line = f"{part.name}({', '.join(arguments)})"
        if "\n" not in one_line and len(one_line) + column <= LINE - 1:
            return one_line
        lines = "".join(f"{' ' * inner}{each},\n" for each in arguments)
        return f"{part.name}(\n{lines}{' ' * indent})"

    def _argument(
        self, field: Field, value: JsonValue, column: int, indent: int
    ) -> str:
        part = self._classes.get(object_class(field.type))
        if part and isinstance(value, dict):
            return self.construct(part, value, column, indent)
        if part and isinstance(value, list):
            objects = [item for item in value if isinstance(item, dict)]
            items = [self.construct(part, item, column + 1, indent) for item in objects]
            return f"[{', '.join(items)}]"
        return literal(value)


def is_filled_in(field: Field, document: Document) -> bool:
    """Return whether the constructor sets a required field."""
    one = isinstance(field.type, Literals) and len(field.type.values) == 1
    return field.required and (one or document.is_own_uuid(field))
