"""Requests: tasks that are validated against their documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast

from .fields import fills, nests_freely, new_uuid
from .generics import RequestT, ResultT_co
from .json_types import serialized
from .parts import Part, refuse_depth
from .results import TaskResult
from .rules import MediaLimit, Rate, Size, Wire

if TYPE_CHECKING:
    from decimal import Decimal

    from pydantic_core import ErrorDetails


class TaskRequest(Part, Generic[ResultT_co]):
    """A task, validated against its document.

    The keywords of the constructor are the Python names of the fields. None omits a
    field, unless the document allows null. `taskType`, `model` and a new `taskUUID` are
    set automatically.

    Raises:
        pydantic.ValidationError: The document does not allow the task. It lists all
            errors.
    """

    if not TYPE_CHECKING:

        def __class_getitem__(cls, parameters: Any) -> type[Self]:
            """Return the class itself: classes of results are for type checkers only."""
            is_generic = cls.__pydantic_generic_metadata__["parameters"]
            return super().__class_getitem__(parameters) if is_generic else cls

    air: ClassVar[str] = ""
    """The AIR of the model; empty for a general document."""

    result: ClassVar[type[TaskResult]] = TaskResult
    """The class of its results."""

    deliveries: ClassVar[tuple[str, ...]] = ()
    """The delivery methods that a request can select."""

    default_delivery: ClassVar[str | None] = None
    """The delivery method of a request that selects none; None if it is not known."""

    media_limits: ClassVar[tuple[MediaLimit, ...]] = ()
    """Limits of the media themselves, which the server checks."""

    shortest_latency: ClassVar[float | None] = None
    """The shortest latency in seconds that the document reports; None without one."""

    sizes: ClassVar[tuple[Size, ...]] = ()
    """The allowed widths and heights; empty if the document does not list them."""

    rates: ClassVar[tuple[Rate, ...]] = ()
    """The prices of units whose sum is the price of a task; empty without such prices."""

    status: ClassVar[str] = ""
    """The status of the model, such as "live" or "deprecated"; empty without one."""

    _is_task = True

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        super().__pydantic_init_subclass__()
        if cls.status == "deprecated":
            cls._warning = f"{cls.air or cls.__name__} is deprecated by its document"

    @classmethod
    def _hint(cls, detail: ErrorDetails) -> str:
        """Return a suggestion for an unknown name, from the object or the whole task."""
        if cls is TaskRequest:
            return ": read a task of any model with parse_request"
        from .near_names import hint_beside

        return super()._hint(detail) or hint_beside(cls, detail["loc"])

    @classmethod
    def from_wire(cls: type[RequestT], task: Wire) -> RequestT:
        """Validate a task object; see `parse_request`.

        Raises:
            pydantic.ValidationError: The document does not allow the task.
        """
        if nests_freely(cls):
            refuse_depth(cls, task)
        return cls._validated(task, is_wire=True)

    @property
    def price(self) -> Decimal | None:
        """The price of the task in US dollars, from the rates of its document.

        None if the rates do not determine it. `dry_run` of a client returns the price of
        the server.
        """
        if not self.rates:
            return None
        from .price import price_of

        return price_of(self.rates, serialized(self))

    def read(self, item: Mapping[str, Any]) -> ResultT_co:
        """Parse an item of a response's `data` as a result.

        Args:
            item: The item as received. Unexpected members and values are kept.

        Raises:
            TypeError: It is not an object.
        """
        if not isinstance(cast("object", item), Mapping):
            raise TypeError(f"an item must be a dict, not {type(item).__name__}")
        return cast(
            "ResultT_co",
            self.result.model_validate(dict(item), by_alias=True, by_name=False),
        )

    def replace(self: RequestT, **members: Any) -> RequestT:
        """Return a validated copy with other values.

        It has a new `taskUUID`, unless `members` has one.
        """
        fresh = {n: fill() for n, fill in fills(type(self)).items() if fill is new_uuid}
        return self._replaced(members, fresh)

    def __replace__(self, **members: Any) -> Self:
        return self.replace(**members)


# A generic subclass has parameters of its own.
TaskRequest.__pydantic_generic_metadata__["parameters"] = ()
