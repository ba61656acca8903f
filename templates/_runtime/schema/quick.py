"""Checks what is right without a word: no Python runs where pydantic-core is enough.

The schema that pydantic makes of a class calls Python for each object, to explain what
is wrong with it. Most tasks are right; so each is tried first without explanations.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from pydantic_core import PydanticCustomError, SchemaValidator
from pydantic_core import core_schema as core

from ..json_values import is_array, is_object
from .constraints import Either
from .core_schemas import is_recursive, is_tuple, most_levels
from .depth import MOST_LEVELS
from .fields import nullable_fields
from .native import native

if TYPE_CHECKING:
    from collections.abc import Callable

    from .base import Part

EXPLAINS: Final = "explains"
RULELESS: Final = "ruleless"

FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")


def explaining(function: FunctionT) -> FunctionT:
    """Mark the function that explains what is wrong with an object."""
    setattr(function, EXPLAINS, True)
    return function


def ruleless(function: FunctionT) -> FunctionT:
    """Mark the function that says of classes without rules that none is broken."""
    setattr(function, RULELESS, True)
    return function


def _has_rules(cls: type[Part]) -> bool:
    return not hasattr(cls.rules, RULELESS)


class Quick(NamedTuple):
    """What checks an object of a class.

    Attributes:
        validate: Checks it, and makes it, but for the rules of the class itself.
        has_rules: Whether there are such rules.
        takes_any_depth: Whether what it takes may be nested too deeply.
    """

    validate: Callable[..., Any]
    has_rules: bool
    takes_any_depth: bool


@cache
def quick(cls: type[Part]) -> Quick | None:
    """Return what checks an object of a class without a word.

    There is none for a class that has parts of its own kind: pydantic-core would ask of
    the same part again and again, once for each alternative above it.
    """
    cls.model_rebuild()
    schema = cls.__pydantic_core_schema__
    if is_recursive(schema):
        return None
    copy = _quick(schema, cls)
    return Quick(
        validate=SchemaValidator(copy).validate_python,
        has_rules=_has_rules(cls),
        takes_any_depth=most_levels(copy) > MOST_LEVELS,
    )


def _quick(node: Any, whole: type[Part]) -> Any:
    """Copy a schema, or a part of one, without what explains."""
    if is_tuple(node):  # an alternative, with its label
        return tuple(_quick(item, whole) for item in node)
    if is_array(node):
        return [_quick(item, whole) for item in node]
    if not is_object(node):
        return node
    kind = node.get("type")
    if kind == "function-wrap":
        function = node["function"]["function"]
        if hasattr(function, EXPLAINS):
            return _unexplained(node, function.__self__, whole)
        if isinstance(getattr(function, "__self__", None), Either):
            return _quick(node["schema"], whole)
    copy = {name: _quick(member, whole) for name, member in node.items()}
    if kind == "model":
        _refuse_nulls(copy["schema"]["fields"], nullable_fields(copy["cls"]))
    if kind in ("function-plain", "function-after"):
        return _natively(copy)
    return copy


def _natively(check: Any) -> Any:
    """Ask a check in Python only of what pydantic-core does not take by itself."""
    natives = [*native(check)]
    if not natives:
        return check
    return core.union_schema([*natives, check], mode="left_to_right")


def _unexplained(node: dict[str, Any], cls: type[Part], whole: type[Part]) -> Any:
    schema = _quick(node["schema"], whole)
    if cls is not whole and _has_rules(cls):
        schema = core.no_info_wrap_validator_function(_by_the_rules(cls), schema)
    if "ref" in node:
        schema["ref"] = node["ref"]
    return schema


def _by_the_rules(cls: type[Part]) -> Callable[[Any, Callable[[Any], Any]], Any]:
    def check(data: Any, read: Callable[[Any], Any]) -> Any:
        part = read(data)
        for sentence in cls.rules(data):
            raise PydanticCustomError("rule", "{sentence}", {"sentence": sentence})
        return part

    return check


def _refuse_nulls(fields: dict[str, Any], nullable: frozenset[str]) -> None:
    """Take from fields that they may be null; only their absence is None."""
    for name, field in fields.items():
        default = field["schema"]
        if name not in nullable and default["type"] == "default":
            inner = default["schema"]
            if inner["type"] == "nullable":
                default["schema"] = inner["schema"]
