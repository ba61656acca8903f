"""Fixtures for the tests with a hostile server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .clients import Clients

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def clients(shipped: ModuleType) -> Clients:
    """A `Clients` for the shipped package."""
    return Clients(shipped)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of client under test: sync or async."""
    return str(request.param)
