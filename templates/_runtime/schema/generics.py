"""The type variables of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from .base import TaskResult

ResultT = TypeVar("ResultT", bound="TaskResult")
ResultT_co = TypeVar("ResultT_co", bound="TaskResult", covariant=True)
