"""The base class of the error enums of task types: string enums with unknown values."""

from __future__ import annotations

from enum import EnumType, StrEnum
from typing import Any, NamedTuple, Self


class _Member(NamedTuple):
    code: str
    http_status: int | None


def member(code: str, http_status: int | None = None) -> Any:
    """Declare a member in a base class of enums."""
    return _Member(code, http_status)


class _InheritingEnum(EnumType):
    """Adds the members that the base classes of an enum declare with `member`.

    A Python enum cannot inherit from an enum with members.
    """

    @classmethod
    def __prepare__(  # type: ignore[override]  # enum itself names these parameters so
        metacls, cls: str, bases: tuple[type, ...], **kwds: Any
    ) -> Any:
        members = super().__prepare__(cls, bases, **kwds)
        for base in bases:
            for each, value in vars(base).items():
                if isinstance(value, _Member):
                    members[each] = value
        return members


class ErrorEnum(StrEnum, metaclass=_InheritingEnum):
    """The HTTP statuses and error codes of failed tasks.

    Runware does not publish a list of its codes, so every code is accepted: an unknown
    one becomes a value of the same type that equals its text. Compare known codes with
    `is` or `==`, and unknown codes with `==` only.
    """

    _value_: str
    http_status: int | None
    """The HTTP status of the member; None for an error code."""

    def __new__(cls, code: str, http_status: int | None = None) -> Self:
        made = str.__new__(cls, code)
        made._value_ = code
        made.http_status = http_status
        return made

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        unknown.http_status = None
        return unknown

    # Early releases of Python 3.11 pickle the name. An unknown value has no name to find.
    def __reduce_ex__(self, protocol: Any) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._value_,)

    @classmethod
    def from_status(cls, http_status: int) -> Self:
        """Return the member of an HTTP status; for an unknown status, its digits."""
        for each in cls:
            if each.http_status == http_status:
                return each
        return cls(str(http_status))

    @property
    def known(self) -> bool:
        """Whether this is a member of the enum, not an unknown code."""
        return type(self).__members__.get(self._name_) is self
