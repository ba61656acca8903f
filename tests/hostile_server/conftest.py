"""What the tests with a hostile server share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .clients import Clients

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def clients(shipped: ModuleType) -> Clients:
    """Makes clients of the shipped package."""
    return Clients(shipped)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the twins is tested."""
    return str(request.param)
