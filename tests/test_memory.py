"""A client is cheap to hold: nothing is left of ten thousand tasks."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, acknowledge, echo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from loopback import Server, Tasks

CHAIR = {"model": "runware:101@1", "positive_prompt": "a chair"}


@pytest.fixture
def _old_objects_do_not_count() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_old_objects_do_not_count")
def test_ten_thousand_tasks_leave_nothing(
    shipped: ModuleType, image_inference: ModuleType, server: Server
) -> None:
    def answer(tasks: Tasks) -> object:
        server.calls.clear()
        server.headers.clear()
        is_sent = tasks[0].get("deliveryMethod") == "async"
        return acknowledge(tasks) if is_sent else echo(seed=7)(tasks)

    def a_hundred(client: Any, delivery: str) -> None:
        requests = [
            image_inference.ImageInferenceRequest(**CHAIR, delivery_method=delivery)
            for _ in range(100)
        ]
        for outcome in client.iter_many(requests):
            assert outcome.unwrap()[0].seed == 7

    def objects() -> int:
        gc.collect()
        return len(gc.get_objects())

    server.answer = answer
    with shipped.Runware(KEY, base_url=server.url) as client:
        client.polling = shipped.Waits(first=0.001)
        counts: list[int] = []
        for number in range(100):
            a_hundred(client, "sync" if number % 5 else "async")
            if number % 20 == 19:
                counts.append(objects())
        assert client.unfinished() == []
    assert max(counts) - counts[0] < 100, counts
