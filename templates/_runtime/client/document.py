"""One document of the package: its classes, and what it says of its model."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

from .. import PACKAGE

if TYPE_CHECKING:
    from datetime import date

    from ..schema.base import TaskRequest, TaskResult
    from .about import About, Price


class Document(NamedTuple):
    """One document that the package was made from.

    What it says of its model is loaded when it is first asked for, and so are its
    classes.

    Attributes:
        id: Its identifier.
        air: The model's AIR; empty where it is about any model.
        task_type: The task type, as on the wire.
        status: Such as "live" or "deprecated"; empty where it does not say.
        models: The models on the wire that it describes; none for any model.
        module: The module of its classes, within this package.
        class_name: The name of its request class.
        deliveries: The delivery methods that a request may select.
        patterns: Patterns of more models that it describes; `*` stands for any text.
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
        """Whether a model on the wire is one that it describes by name or pattern."""
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
        """The model on the wire that stands for its identifier; empty for any model."""
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
        """What the model is and does, as Markdown; or empty."""
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
        """Such as "text-to-image"."""
        return self._about.capabilities

    @property
    def modes(self) -> tuple[str, ...]:
        """The inputs that go together, such as "seed image + mask image"."""
        return self._about.modes

    @property
    def released(self) -> date | None:
        """The date of the model's release; None where the document does not say."""
        return self._about.released

    @property
    def price(self) -> Price:
        """The prices: rates, measured tasks, examples, an overview in words."""
        return self._about.price

    @property
    def latency(self) -> float | None:
        """The median latency in seconds that the document reports, if it reports any."""
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
    """Return what the documents of a task type say, by their modules' names."""
    return vars(import_module(f".{folder}._about", PACKAGE))
