"""The base of each task type's error enum: a string enum that is open."""

from __future__ import annotations

from enum import EnumType, StrEnum
from typing import Any, NamedTuple, Self


class _Member(NamedTuple):
    code: str
    http_status: int | None


def member(code: str, http_status: int | None = None) -> Any:
    """Declare a member in a class that several enums inherit from."""
    return _Member(code, http_status)


class _InheritingEnum(EnumType):
    """Makes members of what the bases of an enum declare with `member`.

    An enum cannot inherit from another that has members.
    """

    @classmethod
    def __prepare__(  # type: ignore[override]  # enum itself names these parameters so
        metacls,
        cls: str,
        bases: tuple[type, ...],
        **kwds: Any,
    ) -> Any:
        members = super().__prepare__(cls, bases, **kwds)
        for base in bases:
            for each, value in vars(base).items():
                if isinstance(value, _Member):
                    members[each] = value
        return members


class ErrorEnum(StrEnum, metaclass=_InheritingEnum):
    """Names for the HTTP statuses and error codes that a task can end with.

    Runware publishes no list of its codes, so none is refused: an unknown one becomes a
    value of the same type that equals its text and is kept nowhere else. Known codes
    are members, to be compared with `is` or `==`; unknown ones with `==` alone.
    """

    _value_: str
    http_status: int | None
    """The HTTP status that this member names; None where it is a code alone."""

    def __new__(cls, code: str, http_status: int | None = None) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.http_status = http_status
        return member

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        unknown.http_status = None
        return unknown

    @classmethod
    def from_status(cls, http_status: int) -> Self:
        """The member that names an HTTP status; an unknown status as its digits."""
        for member in cls:
            if member.http_status == http_status:
                return member
        return cls(str(http_status))

    @property
    def known(self) -> bool:
        """Whether this is a member, and not text that the package has no name for."""
        return type(self).__members__.get(self._name_) is self
