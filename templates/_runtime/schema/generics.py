"""The type variables of requests and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .requests import TaskRequest
    from .results import TaskResult

RequestT = TypeVar("RequestT", bound="TaskRequest[Any]")
RequestT_co = TypeVar("RequestT_co", bound="TaskRequest[Any]", covariant=True)
ResultT = TypeVar("ResultT", bound="TaskResult")
ResultT_co = TypeVar("ResultT_co", bound="TaskResult", covariant=True)
