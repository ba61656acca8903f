"""Fixtures of the tests of WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sockets import Run

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def run(shipped: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs work with a client over a WebSocket."""
    return Run(shipped, monkeypatch)
