"""Suggestions of members for names that an object does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from ..old_names import present_members
from .fields import wire_names
from .keywords import EXTRA
from .spelling import nearest, plain

_FILLED = frozenset({"taskType", "taskUUID"})
"""Members that the client sets, and that are never suggested."""


def hint(cls: type[BaseModel], name: str) -> str:
    """Return the end of an error message that suggests a member for an unknown name.

    For example ": did you mean inputs.seedImage?"; empty without a suggestion.
    """
    known = wire_names(cls)
    if name == EXTRA:
        return f": {cls.__name__} has only the members of its document"
    if name in known:
        return f": its JSON name is {known[name]}"
    near = _same(cls, name) or _alike(cls, name)
    return f": did you mean {near}?" if near else ""


def hint_beside(cls: type[BaseModel], place: Sequence[int | str]) -> str:
    """Return the end of an error message that suggests a member of the whole task.

    For example ": did you mean strength of the task itself?"; empty if the task has no
    such member, or only in another alternative of the object with the unknown name.
    """
    near = _same(cls, str(place[-1]))
    steps = ["[]" if isinstance(step, int) else f".{step}" for step in place]
    if not near or plain(f".{near}") == plain("".join(steps)):
        return ""
    whose = "" if "." in near else " of the task itself"
    return f": did you mean {near}{whose}?"


def _same(cls: type[BaseModel], name: str) -> str | None:
    """Return the member whose name differs in spelling only, or that replaces an old one."""
    members = _members(cls)
    for wanted in map(plain, (name, *present_members(name))):
        for path, here in members.items():
            if here == wanted or here.endswith(f".{wanted}"):
                return path
    return None


def _alike(cls: type[BaseModel], name: str) -> str | None:
    paths: dict[str, str] = {}
    for path in _members(cls):
        paths.setdefault(path.rpartition(".")[2], path)
    near = nearest(name, paths, cutoff=0.6)
    return paths[near] if near else None


@cache
def _members(cls: type[BaseModel]) -> dict[str, str]:
    """Return the paths of all members with their plain spelling; its own come first.

    It is computed once for each class: a list in a task may have an unknown name in each
    of its items.
    """
    members: dict[str, str] = {}
    left: list[tuple[str, type[BaseModel]]] = [("", cls)]
    seen: set[type[BaseModel]] = set()
    for above, part in left:
        if part in seen:
            continue
        seen.add(part)
        for name, wire in wire_names(part).items():
            path = f"{above}{wire}"
            if path not in _FILLED:
                members[path] = plain(path)
            left.extend(_objects(part.model_fields[name].annotation, f"{path}."))
    return members


def _objects(annotation: Any, path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the classes of objects in a type, with the prefix of their members' paths."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield path, annotation
    if get_origin(annotation) is list:
        path = f"{path[:-1]}[]."
    for part in get_args(annotation):
        yield from _objects(part, path)
