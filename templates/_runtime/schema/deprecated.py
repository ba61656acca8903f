"""Members that a document marks as deprecated, and their warnings."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from pydantic import BaseModel, Field

from .. import PACKAGE
from ..json_values import parts_of
from .fields import classes_within

if TYPE_CHECKING:
    from typing_extensions import deprecated

    T = TypeVar("T")

    class Deprecated(Generic[T]):
        """The type of a deprecated member, and its value if it is optional.

        Type checkers report each read of the member (PEP 702). They do not report a
        keyword argument of a constructor; that is a warning when the program runs.
        """

        def __init__(self, message: str, *, alias: str | None = None) -> None: ...
        @overload
        def __get__(self, instance: None, owner: type[object], /) -> Self: ...
        @overload
        @deprecated("This member is deprecated by its document.")
        def __get__(self, instance: object, owner: type[object], /) -> T: ...
        def __get__(self, instance: object, owner: type[object], /) -> Self | T: ...
        def __set__(self, instance: object, value: T, /) -> None: ...

else:

    class Deprecated:
        """The type of a deprecated member, and its value if it is optional."""

        def __new__(cls, message: str, *, alias: str | None = None) -> Any:
            """Declare an optional field; see pydantic's `Field`."""
            return Field(default=None, validation_alias=alias, deprecated=message)

        def __class_getitem__(cls, member: Any) -> Any:
            """Return the type of the member: pydantic validates it as any other."""
            return member


@cache
def has_deprecated(cls: type[BaseModel]) -> bool:
    """Return whether a class or a class of its members has a deprecated member."""
    return any(map(_deprecated_names, classes_within(cls)))


@cache
def _deprecated_names(cls: type[BaseModel]) -> frozenset[str]:
    return frozenset(n for n, info in cls.model_fields.items() if info.deprecated)


def deprecated_members(instance: BaseModel) -> Iterator[str]:
    """Yield a warning for each deprecated member that is set in an object or its parts."""
    left: list[Any] = [instance]
    while left:
        value = left.pop()
        if isinstance(value, BaseModel):
            cls = type(value)
            for name in sorted(_deprecated_names(cls) & value.model_fields_set):
                yield f"`{name}` of {cls.__name__} is deprecated by its document"
            left += vars(value).values()
        else:
            left += (part for _, part in parts_of(value))


def warn_caller(message: str) -> None:
    """Emit a DeprecationWarning for the caller of this package.

    The caller is the first frame outside of this package and of pydantic.
    """
    frame = inspect.currentframe()
    level = 1
    while frame is not None and _is_inside(frame):
        frame = frame.f_back
        level += 1
    warnings.warn(message, DeprecationWarning, stacklevel=level)


def _is_inside(frame: FrameType) -> bool:
    name = f"{frame.f_globals.get('__name__', '')}."
    return name.startswith((f"{PACKAGE}.", "pydantic."))
