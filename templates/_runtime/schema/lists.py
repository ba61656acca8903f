"""Lists in requests whose items may be of several types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, SupportsIndex, TypeVar, overload

ItemT_co = TypeVar("ItemT_co", covariant=True)

if TYPE_CHECKING:

    class ListOf(Protocol[ItemT_co]):
        """A list that is only read.

        A `list[str]` is a list of `str | bytes`, although it is not a `list[str | bytes]`.
        `str` and `tuple` do not have all of its methods, so they are refused.
        """

        def __contains__(self, item: object, /) -> bool: ...

        @overload
        def __getitem__(self, place: SupportsIndex, /) -> ItemT_co: ...

        @overload
        def __getitem__(self, places: slice, /) -> ListOf[ItemT_co]: ...

        def __iter__(self) -> Iterator[ItemT_co]: ...

        def __len__(self) -> int: ...

        def copy(self) -> ListOf[ItemT_co]:
            """Return a shallow copy."""
            ...

else:
    ListOf = list
