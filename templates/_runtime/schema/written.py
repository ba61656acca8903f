"""Values as they are sent: what pydantic writes of objects, and copies of the rest."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..json_values import is_array, is_object


def written(value: Any) -> Any:
    """Return a value as JSON, with what is sent in place of each object in it."""
    if isinstance(value, BaseModel):
        return value.__pydantic_serializer__.to_python(value, by_alias=True)
    if is_array(value):
        return [written(item) for item in value]
    if is_object(value):
        return {name: written(member) for name, member in value.items()}
    return value
