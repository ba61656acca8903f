"""Tests of the async client with an event loop other than asyncio's, such as trio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.mark.parametrize("way", ["run", "save"])
def test_one_sentence_says_that_asyncio_is_needed(
    shipped: ModuleType, tmp_path: Path, way: str
) -> None:
    from runware_client.tasks.ping import PingRequest  # noqa: PLC0415

    async def main() -> None:
        if way == "save":
            result = shipped.TaskResult.model_validate(
                {"imageURL": "https://localhost/a"}
            )
            await result.asave(tmp_path / "a")
        async with shipped.AsyncRunware(api_key="secret-key") as client:
            await client.run(PingRequest())

    # Like another library, this runs the coroutine without an event loop of asyncio.
    with pytest.raises(shipped.RunwareError, match="event loop of asyncio") as raised:
        main().send(None)
    assert "trio" in str(raised.value)
    assert raised.value.__suppress_context__
