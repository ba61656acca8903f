"""One document of the package: its classes and its metadata."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

from .. import PACKAGE

if TYPE_CHECKING:
    from datetime import date

    from ..schema.requests import TaskRequest
    from ..schema.results import TaskResult
    from .about import About, Price


class Document(NamedTuple):
    """One document from which the package was generated.

    Its classes and its metadata are imported on first use.

    Attributes:
        id: Its identifier.
        air: The AIR of its model; empty for a general document.
        task_type: The wire name of its task type.
        status: Its status, such as "live" or "deprecated"; empty if it has none.
        models: The values of `model` that it describes; empty for a general document.
        module: The module of its classes, relative to this package.
        class_name: The name of its request class.
        deliveries: The delivery methods that a request can select.
        patterns: Patterns of more models that it describes; `*` matches any text.
    """

    id: str
    air: str
    task_type: str
    status: str
    models: tuple[str, ...]
    module: str
    class_name: str
    deliveries: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def takes(self, model: object) -> bool:
        """Return whether `models` or `patterns` contain a model."""
        return model in self.models or (
            isinstance(model, str) and any(fnmatchcase(model, p) for p in self.patterns)
        )

    @property
    def request(self) -> type[TaskRequest[TaskResult]]:
        """The request class."""
        return _imported(self.module, self.class_name)

    @property
    def result(self) -> type[TaskResult]:
        """The result class."""
        return self.request.result

    @property
    def model(self) -> str:
        """The value of `model` that is sent for its identifier; empty if general."""
        if self.air in self.models or not self.models:
            return self.air
        return self.models[0]

    @property
    def title(self) -> str:
        """The display name; or empty."""
        return self._about.title

    @property
    def summary(self) -> str:
        """One sentence; or empty."""
        return self._about.summary

    @property
    def description(self) -> str:
        """The description of the model, as Markdown; or empty."""
        return self._about.description

    @property
    def creator(self) -> str:
        """The name of the model's creator; or empty."""
        return self._about.creator

    @property
    def creator_id(self) -> str:
        """The identifier of the model's creator; or empty."""
        return self._about.creator_id

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities of the model, such as "text-to-image"."""
        return self._about.capabilities

    @property
    def modes(self) -> tuple[str, ...]:
        """The supported combinations of inputs, such as "seed image + mask image"."""
        return self._about.modes

    @property
    def released(self) -> date | None:
        """The date of the model's release; None if the document does not state it."""
        return self._about.released

    @property
    def price(self) -> Price:
        """The prices: rates, measured tasks, examples and an overview in words."""
        return self._about.price

    @property
    def latency(self) -> float | None:
        """The median latency in seconds; None if the document states none."""
        return self._about.latency

    @property
    def documentation(self) -> str:
        """The address of its documentation; or empty."""
        return self._about.documentation

    @property
    def _about(self) -> About:
        folder, _, name = self.module.rpartition(".")
        return _about_all(folder)[name]


@cache
def _imported(module: str, name: str) -> type[TaskRequest[TaskResult]]:
    found = getattr(import_module(f".{module}", PACKAGE), name)
    return cast("type[TaskRequest[TaskResult]]", found)


@cache
def _about_all(folder: str) -> dict[str, About]:
    """Return the metadata of the documents of a task type, by the names of modules."""
    return vars(import_module(f".{folder}._about", PACKAGE))
