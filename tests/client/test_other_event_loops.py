"""Tests of the async client with an event loop other than asyncio's, such as trio."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


WAYS = ("run", "run_many", "iter_many", "dry_run", "close", "save")


@pytest.mark.parametrize("way", WAYS)
def test_one_sentence_says_that_asyncio_is_needed(
    shipped: ModuleType, tmp_path: Path, way: str
) -> None:
    request = import_module(f"{shipped.__name__}.tasks.ping").PingRequest()
    client = shipped.AsyncRunware(api_key="secret-key")
    result = shipped.TaskResult.model_validate({"imageURL": "https://localhost/a"})
    ways = {
        "run": lambda: client.run(request),
        "run_many": lambda: client.run_many([request]),
        "iter_many": lambda: anext(client.iter_many([request])),
        "dry_run": lambda: client.dry_run(request),
        "close": client.aclose,
        "save": lambda: result.asave(tmp_path / "a"),
    }

    async def main() -> None:
        await ways[way]()

    # Like another library, this runs the coroutine without an event loop of asyncio.
    with pytest.raises(shipped.RunwareError, match="event loop of asyncio") as raised:
        main().send(None)
    assert "trio" in str(raised.value)
    assert raised.value.__suppress_context__
