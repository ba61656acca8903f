"""CONTRIBUTING describes the states of a task as in the client's table of states."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from typing import TYPE_CHECKING

from environments import TOP

if TYPE_CHECKING:
    from types import ModuleType

PAGE = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
TEMPLATES = TOP / "templates"


def _table(*rows: tuple[str, ...]) -> str:
    """Return a table in Markdown. The first row is the header."""
    ruled = (rows[0], ("---",) * len(rows[0]), *rows[1:])
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled).replace(" --- ", "---")


def _meanings(enum: str) -> list[tuple[str, str]]:
    """Return the value and the docstring of each member of an enum."""
    tree = ast.parse(
        (TEMPLATES / "_runtime/delivery/lifecycle.py").read_text(encoding="utf-8")
    )
    named = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == enum]
    body = [ast.unparse(statement) for statement in named[0].body[1:]]
    texts = [str(ast.literal_eval(each.partition(" = ")[2] or each)) for each in body]
    return [*zip(texts[::2], texts[1::2], strict=True)]


def test_the_states_and_events_are_explained() -> None:
    assert _table(("State", ""), *_meanings("Phase")) in PAGE
    assert _table(("Event", ""), *_meanings("TaskEvent")) in PAGE


def test_the_table_of_states_is_that_of_the_client(shipped: ModuleType) -> None:
    transitions = import_module(
        f"{shipped.__name__}._runtime.delivery.lifecycle"
    ).TRANSITIONS
    events: dict[tuple[str, str, str], list[str]] = {}
    for (state, event), (after, action) in transitions.items():
        row = (state.value, after.value, action.value)
        events.setdefault(row, []).append(event.value)
    rows = [
        (state, ", ".join(told), after, action)
        for (state, after, action), told in events.items()
    ]
    head = ("State", "Event", "Next state", "What the client does next")
    assert _table(head, *rows) in PAGE


def test_the_invariants_are_those_of_the_client(shipped: ModuleType) -> None:
    text = str(import_module(f"{shipped.__name__}._runtime.delivery.lifecycle").__doc__)
    told = re.split(r"\s+\d\. ", text.partition("Invariants:")[2])[1:]
    assert len(told) >= 4
    lines = [f"{n}. {' '.join(each.split())}" for n, each in enumerate(told, 1)]
    assert "\n".join(lines) in PAGE


def test_every_module_of_the_emitted_package_has_its_line() -> None:
    runtime = TEMPLATES / "_runtime"
    missing: list[str] = []
    for path in sorted(runtime.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        line = str(ast.get_docstring(tree)).partition("\n")[0]
        entry = f"| `{path.name}` | {line} |"
        if path.name == "__init__.py":
            entry = f"`{path.parent.name}/`: {line}"
        if path.parent / path.stem != runtime / "__init__":
            missing += [] if entry in PAGE else [entry]
    assert not missing


def test_every_module_that_is_named_is_there() -> None:
    rooms = "webhook|client|delivery|transport|schema|media"
    named = re.findall(rf"`((?:{rooms})/\w+\.py)`", PAGE)
    assert len(named) > 10
    assert [n for n in named if not (TEMPLATES / "_runtime" / n).exists()] == []


def test_every_module_of_the_generator_has_its_line() -> None:
    generator = TOP / "generator/runware_codegen"
    missing: list[str] = []
    for path in sorted(generator.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        line = str(ast.get_docstring(tree)).partition("\n")[0]
        folder = path.parent.relative_to(generator).as_posix()
        entry = f"| `{path.name}` | {line} |"
        if path.name == "__init__.py":
            entry = f"`{folder}/`: {line}"
        if path.parent / path.stem not in (
            generator / "__init__",
            generator / "__main__",
        ):
            missing += [] if entry in PAGE else [entry]
    assert not missing
