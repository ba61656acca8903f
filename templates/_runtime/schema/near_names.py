"""Which member was meant by a name that an object does not have."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from ..old_names import present_members
from .fields import wire_names
from .spelling import nearest, plain

_FILLED = frozenset({"taskType", "taskUUID"})
"""What the client fills in, and nobody misspells."""


def hint(cls: type[BaseModel], name: str) -> str:
    """Say which member was meant by a name, to be put behind a sentence.

    Args:
        cls: The class of the object.
        name: The name in JSON, which the object does not have.

    Returns:
        Such as ": did you mean inputs.seedImage?"; empty where nothing is near.
    """
    known = wire_names(cls)
    if name in known:
        return f": its JSON name is {known[name]}"
    near = _same(cls, name) or _alike(cls, name)
    return f": did you mean {near}?" if near else ""


def hint_beside(cls: type[BaseModel], name: str) -> str:
    """Say where a task has a member that was given inside one of its objects.

    Args:
        cls: The class of the whole task.
        name: The name in JSON, which the object inside does not have.

    Returns:
        Such as ": did you mean strength of the task itself?"; empty where the task has
        no such member.
    """
    near = _same(cls, name)
    if not near:
        return ""
    whose = "" if "." in near else " of the task itself"
    return f": did you mean {near}{whose}?"


def _same(cls: type[BaseModel], name: str) -> str | None:
    """Find a member of the same name in another spelling, or the present of an old."""
    members = list(_members(cls))
    for wanted in map(plain, (name, *present_members(name))):
        for path in members:
            here = plain(path)
            if here == wanted or here.endswith(f".{wanted}"):
                return path
    return None


def _alike(cls: type[BaseModel], name: str) -> str | None:
    paths: dict[str, str] = {}
    for path in _members(cls):
        paths.setdefault(path.rpartition(".")[2], path)
    near = nearest(name, paths, cutoff=0.6)
    return paths[near] if near else None


def _members(cls: type[BaseModel]) -> Iterator[str]:
    """Yield the path of each member, those of the object itself first."""
    left: deque[tuple[str, type[BaseModel]]] = deque([("", cls)])
    seen: set[type[BaseModel]] = set()
    while left:
        above, part = left.popleft()
        if part in seen:
            continue
        seen.add(part)
        for name, wire in wire_names(part).items():
            path = f"{above}{wire}"
            if path not in _FILLED:
                yield path
            inside = _objects(part.model_fields[name].annotation, f"{path}.")
            left.extend(inside)


def _objects(annotation: Any, path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the classes of the objects in a type, each with the path of its members."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield path, annotation
    if get_origin(annotation) is list:
        path = f"{path[:-1]}[]."
    for part in get_args(annotation):
        yield from _objects(part, path)
