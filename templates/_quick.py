"""Checks what is right without a word: no Python runs where pydantic-core is enough.

The schema that pydantic makes of a class calls Python for each object, to explain what
is wrong with it. Most tasks are right; so each is tried first without explanations.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

from pydantic_core import PydanticCustomError, SchemaValidator
from pydantic_core import core_schema as core

from ._fields import nullable_fields
from ._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._base import Part

EXPLAINS: Final = "explains"

FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")


def explaining(function: FunctionT) -> FunctionT:
    """Mark the function that explains what is wrong with an object."""
    setattr(function, EXPLAINS, True)
    return function


@cache
def quick_validator(cls: type[Part]) -> SchemaValidator | None:
    """Return what checks an object of a class, but for the rules of the class itself.

    There is none for a class that has parts of its own kind: pydantic-core would ask of
    the same part again and again, once for each alternative above it.
    """
    cls.model_rebuild()
    schema = cls.__pydantic_core_schema__
    if _is_recursive(schema):
        return None
    return SchemaValidator(_quick(schema, cls))


def _is_recursive(schema: Any) -> bool:
    """Say whether a schema has a definition that refers to itself, however far off."""
    definitions = schema.get("definitions", ())
    refers = {node["ref"]: {*_references(node)} for node in definitions}
    for _ in refers:
        # Those that refer to none that is left cannot be part of a circle.
        refers = {
            name: left for name, to in refers.items() if (left := to & refers.keys())
        }
    return bool(refers)


def _references(node: Any) -> Iterator[str]:
    if is_array(node) or _is_tuple(node):
        for item in node:
            yield from _references(item)
    elif is_object(node):
        if node.get("type") == "definition-ref":
            yield node["schema_ref"]
        yield from _references([*node.values()])


def _quick(node: Any, whole: type[Part]) -> Any:
    """Copy a schema, or a part of one, without what explains."""
    if _is_tuple(node):  # an alternative, with its label
        return tuple(_quick(item, whole) for item in node)
    if is_array(node):
        return [_quick(item, whole) for item in node]
    if not is_object(node):
        return node
    if node.get("type") == "function-wrap":
        function = node["function"]["function"]
        if hasattr(function, EXPLAINS):
            return _unexplained(node, function.__self__, whole)
    copy = {name: _quick(member, whole) for name, member in node.items()}
    if copy.get("type") == "model":
        _refuse_nulls(copy["schema"]["fields"], nullable_fields(copy["cls"]))
    return copy


def _is_tuple(node: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(node, tuple)


def _unexplained(node: dict[str, Any], cls: type[Part], whole: type[Part]) -> Any:
    schema = _quick(node["schema"], whole)
    if cls is not whole and cls.has_rules():
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
