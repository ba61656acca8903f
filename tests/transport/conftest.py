"""Fixtures of the tests of WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sockets import Run, image_maker

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@pytest.fixture
def run(shipped: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs work with a client over a WebSocket."""
    return Run(shipped, monkeypatch)


@pytest.fixture
def image(image_inference: ModuleType) -> Callable[..., Any]:
    """Makes image requests."""
    return image_maker(image_inference)
