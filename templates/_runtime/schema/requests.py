"""Requests: tasks that are validated against their documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast

from .fields import fills, nests_freely, new_uuid
from .generics import ResultT_co
from .parts import Part, refuse_depth
from .results import TaskResult
from .rules import MediaLimit, Rate, Size, Wire
from .written import written

if TYPE_CHECKING:
    from decimal import Decimal

    from pydantic_core import ErrorDetails


class TaskRequest(Part, Generic[ResultT_co]):
    """A task, checked against its document when it is made.

    A keyword is a field's Python name. A field that is None is left out, where the
    document does not allow null. `taskType`, `model` and a fresh `taskUUID` are filled
    in.

    Raises:
        pydantic.ValidationError: With all that is wrong, under the names of JSON.
    """

    if not TYPE_CHECKING:

        def __class_getitem__(cls, _: Any) -> type[Self]:
            """Return the class itself: pydantic would make another for each result."""
            return cls

    air: ClassVar[str] = ""
    """The model's AIR; empty where the document is about any model."""

    result: ClassVar[type[TaskResult]] = TaskResult
    """The class of its results."""

    deliveries: ClassVar[tuple[str, ...]] = ()
    """The ways of delivery that the document offers."""

    default_delivery: ClassVar[str | None] = None
    """The way that is taken when the request does not say."""

    media_limits: ClassVar[tuple[MediaLimit, ...]] = ()
    """Limits on the media themselves, which the server checks."""

    shortest_latency: ClassVar[float | None] = None
    """The shortest latency in seconds that the document reports, if it reports any."""

    sizes: ClassVar[tuple[Size, ...]] = ()
    """The widths and heights to choose from, where the document lists them."""

    rates: ClassVar[tuple[Rate, ...]] = ()
    """What the document says that units cost, where the price of a task is their sum."""

    status: ClassVar[str] = ""
    """What the document says of the model: live, deprecated …"""

    _is_task = True

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        super().__pydantic_init_subclass__()
        if cls.status == "deprecated":
            cls._warning = f"{cls.air or cls.__name__} is deprecated by its document"

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Look at the whole task too for a name that is none inside one of its parts."""
        from .near_names import hint_beside

        return super()._hint(detail) or hint_beside(cls, str(detail["loc"][-1]))

    @classmethod
    def from_wire(cls, task: Wire) -> Self:
        """Read a task as it is sent; see `parse_request`.

        Raises:
            pydantic.ValidationError: With all that is wrong.
        """
        if nests_freely(cls):
            refuse_depth(cls, task)
        return cls._validated(task, by_alias=True, by_name=False)

    @property
    def price(self) -> Decimal | None:
        """What the task costs in US dollars, by the rates of its document.

        None where the task cannot be counted in their units without guessing; `dry_run`
        of a client asks the server.
        """
        if not self.rates:
            return None
        from .price import counted_price

        return counted_price(self.rates, written(self))

    def read(self, item: Mapping[str, Any]) -> ResultT_co:
        """Read one item of an answer's `data`.

        Args:
            item: The item as it came.

        Returns:
            The result. Nothing that came is lost, and nothing odd in it is an error.
        """
        return cast(
            "ResultT_co",
            self.result.model_validate(dict(item), by_alias=True, by_name=False),
        )

    def replace(self, **members: Any) -> Self:
        """Return a checked copy with other values, and a task UUID of its own."""
        cls = type(self)
        fresh = {n: fill() for n, fill in fills(cls).items() if fill is new_uuid}
        return self._replaced({**members, **fresh})
