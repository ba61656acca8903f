"""The keywords of constructors: Python names, and members that no document names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, partial
from operator import is_
from typing import TYPE_CHECKING, Any, Final, Self

from ..json_values import is_object
from .explanations import UNKNOWN_FIELD, field_error, short_name
from .fields import fills, nullable_fields, python_names, wire_names
from .spelling import nearest, plain

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import InitErrorDetails

EXTRA = "extra"
"""The keyword for members that the document does not name."""

is_none: Final = partial(is_, None)
"""Returns whether a value is None, without a call of Python code."""


class Keywords(dict[str, Any]):
    """The keywords of a constructor, as an object to validate.

    Attributes:
        extra: The names of members that were passed as `extra`.
        kept: The names of unknown members of the valid object that these replace.
    """

    def __init__(
        self,
        members: dict[str, Any],
        extra: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> None:
        super().__init__(members)
        self.extra = frozenset(extra)
        self.kept = frozenset(kept)

    @classmethod
    def of(cls, owner: type[BaseModel], keywords: dict[str, Any]) -> Self:
        """Add the values that a constructor sets, and remove None."""
        members = without_nulls(owner, keywords)
        extra = pop_extra(owner, members)
        given = {**extra, **members}
        wire = wire_names(owner)
        for name, fill in fills(owner).items():
            if not {name, wire[name]} & given.keys():
                given[name] = fill()
        return cls(given, extra)


def pop_extra(owner: type[BaseModel], members: dict[str, Any]) -> dict[str, Any]:
    """Remove the keyword `extra` and return its value; empty without it.

    Raises:
        TypeError: It is not a dict, or has a member that is also a keyword.
    """
    if EXTRA not in members or not has_extra(owner):
        return {}
    extra = members.pop(EXTRA)
    if not is_object(extra):
        raise TypeError(f"extra must be a dict, not {type(extra).__name__}")
    for name in extra.keys() & members.keys():
        raise TypeError(f"{name} is given twice, as a parameter and in extra")
    return extra


def has_extra(owner: type[BaseModel]) -> bool:
    """Return whether the constructor of a class takes the keyword `extra`."""
    is_open = owner.model_config.get("extra") == "allow"
    return is_open and EXTRA not in wire_names(owner)


def without_nulls(owner: type[BaseModel], members: dict[str, Any]) -> dict[str, Any]:
    """Return the members without those that are None and not nullable."""
    if not any(map(is_none, members.values())):  # `in` would call an __eq__
        return dict(members)
    wire, python = wire_names(owner), python_names(owner)
    nullable = nullable_fields(owner)
    return {
        name: value
        for name, value in members.items()
        if value is not None
        or python.get(name, name) in nullable
        or (name not in wire and name not in python)
    }


def misspelt(
    owner: type[BaseModel], unknown: dict[str, Any], data: Any
) -> Iterator[InitErrorDetails]:
    """Yield an error for each unknown member that is a misspelt known member.

    In JSON, only a Python name is refused: wire names have no underscores. A wire name in
    another case may be valid, since Runware accepts both `puLID` and `pulid`. A keyword
    is also refused if only its case differs, if it is similar to a known name, or if it
    has an underscore.
    """
    wire = wire_names(owner)
    is_call = isinstance(data, Keywords)
    keywords = data if isinstance(data, Keywords) else Keywords({}, extra=unknown)
    for name in unknown:
        if name in keywords.kept:
            continue
        may_be_python = is_call or "_" in name
        if may_be_python and (twice := second_spelling(owner, name, data)):
            yield twice
            continue
        known = _by_letters(owner).get(plain(name))
        if name in keywords.extra:
            is_misspelt = may_be_python and known is not None
            more = ""
        else:
            known = known or nearest(name, wire)
            is_misspelt = known is not None or "_" in name
            more = f' To send it anyway, pass extra={{"{short_name(name)}": ...}}.'
        if is_misspelt:
            suggested = wire.get(known, known) if known and not is_call else known
            hint = f": did you mean {suggested}?" if suggested else "."
            yield field_error(name, f"{UNKNOWN_FIELD}{hint}{more}")


def second_spelling(
    owner: type[BaseModel], name: str, data: Any
) -> InitErrorDetails | None:
    """Return the error of a member that is given by its Python name and its wire name.

    pydantic takes the second spelling as unknown. Returns None for other members.
    """
    other = wire_names(owner).get(name)
    if other in {None, name} or not is_object(data) or other not in data:
        return None
    return field_error(name, f"is given twice, as '{name}' and as '{other}'")


@cache
def _by_letters(owner: type[BaseModel]) -> dict[str, str]:
    """Return the Python names of fields, by both names without case and underscores."""
    names = wire_names(owner).items()
    return {plain(each): name for name, wire in names for each in (name, wire)}
