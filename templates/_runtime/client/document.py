"""One document of the package, with the class of its requests."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

from .. import PACKAGE

if TYPE_CHECKING:
    from ..schema.base import TaskRequest, TaskResult


class Document(NamedTuple):
    """One document that the package was made from.

    Attributes:
        id: Its identifier.
        air: The model's AIR; empty where it is about any model.
        task_type: The task type, as on the wire.
        status: Such as "live" or "deprecated"; empty where it does not say.
        models: The models on the wire that it describes; none for any model.
        module: The module of its classes, within this package.
        class_name: The name of its request class.
    """

    id: str
    air: str
    task_type: str
    status: str
    models: tuple[str, ...]
    module: str
    class_name: str

    @property
    def request(self) -> type[TaskRequest[TaskResult]]:
        """The request class, imported when it is first asked for."""
        return _imported(self.module, self.class_name)


@cache
def _imported(module: str, name: str) -> type[TaskRequest[TaskResult]]:
    found = getattr(import_module(f".{module}", PACKAGE), name)
    return cast("type[TaskRequest[TaskResult]]", found)
