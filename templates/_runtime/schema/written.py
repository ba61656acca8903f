"""Converts objects to JSON values."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..json_values import is_array, is_object


def written(value: Any) -> Any:
    """Return a copy of a JSON value, with its objects serialized by pydantic."""
    if isinstance(value, BaseModel):
        return value.__pydantic_serializer__.to_python(value, by_alias=True)
    if is_array(value):
        return [written(item) for item in value]
    if is_object(value):
        return {name: written(member) for name, member in value.items()}
    return value
