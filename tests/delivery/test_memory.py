"""The memory of a client: for each task, it keeps only what polling needs."""

from __future__ import annotations

import gc
import time
import tracemalloc
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest

from loopback import KEY, Drop, acknowledge, each, echo, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from loopback import Caller, Server, Tasks


@pytest.fixture(scope="module", autouse=True)
def _old_objects_do_not_count() -> Iterator[None]:
    """Exclude old objects from garbage collection, for speed and exact counts."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_ten_thousand_tasks_leave_nothing(
    shipped: ModuleType, image: Callable[..., Any], server: Server
) -> None:
    def answer(tasks: Tasks) -> object:
        server.calls.clear()
        server.headers.clear()
        is_sent = tasks[0].get("deliveryMethod") == "async"
        return acknowledge(tasks) if is_sent else echo(seed=7)(tasks)

    def a_hundred(client: Any, delivery: str) -> None:
        requests = [image(delivery_method=delivery) for _ in range(100)]
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


MEGABYTE = 1_000_000


def left(references: list[Any]) -> int:
    """Return how many of the objects still exist."""
    gc.collect()
    return sum(reference() is not None for reference in references)


@pytest.mark.parametrize("delivery", ["sync", "async"])
@pytest.mark.parametrize("way", ["run", "run_many", "iter_many", "submit"])
def test_tasks_that_are_given_up_hold_no_request(
    shipped: ModuleType,
    caller: Caller,
    server: Server,
    image: Callable[..., Any],
    way: str,
    delivery: str,
) -> None:
    """Five short members are enough to poll for their results."""
    number = 2 if way in ("run", "submit") else 20
    prompt = "x" * (4 * MEGABYTE // number)
    lost = Drop()

    def answer(tasks: Tasks) -> object:
        server.calls.clear()
        is_later = delivery == "async" and tasks[0]["taskType"] == "imageInference"
        return acknowledge(tasks) if is_later else lost

    server.answer = answer
    server.takes = 25

    def request() -> Any:
        made = image(positive_prompt=prompt, delivery_method=delivery)
        held.append(ref(made))
        return made

    async def give_up(client: Any) -> None:
        if way == "run_many":
            requests = [request() for _ in range(number)]
            outcomes = await value(client.run_many(requests))
            assert all(outcome.error.handle for outcome in outcomes)
        elif way == "iter_many":
            requests = [request() for _ in range(number)]
            async for outcome in each(client.iter_many(requests)):
                assert outcome.error.handle
        else:
            for _ in range(number):
                with pytest.raises(shipped.RunwareError):
                    await one(client)

    async def one(client: Any) -> None:
        if way == "run":
            await value(client.run(request()))
        else:
            handle = await value(client.submit(request()))
            await value(handle.wait())

    async def work(client: Any) -> None:
        with pytest.raises(shipped.RunwareError):
            await one(client)  # runs the lazy imports
        held.clear()
        tracemalloc.start()
        try:
            await give_up(client)
            assert len(held) == number
            assert left(held) == 0
            for _ in range(50):  # the server's thread may hold a body a little longer
                if tracemalloc.get_traced_memory()[0] < MEGABYTE:
                    break
                time.sleep(0.1)  # noqa: ASYNC251 - also for the sync client
            assert tracemalloc.get_traced_memory()[0] < MEGABYTE
        finally:
            tracemalloc.stop()
        assert len(client.unfinished()) == number + 1

    held: list[Any] = []
    caller.using(work)


@pytest.mark.parametrize("given", ["list", "generator"])
@pytest.mark.parametrize("end", ["result", "failure", "left"])
async def test_a_loop_holds_nothing_that_it_has_given(
    client: Any,
    server: Server,
    image: Callable[..., Any],
    given: str,
    end: str,
) -> None:
    """Only outcomes from the same response may still exist."""
    ends: dict[str, dict[str, Any]] = {
        "result": {"status": "success", "seed": 7},
        "failure": {"status": "error", "code": "inferenceError"},
        "left": {"status": "error", "code": "unauthorized", "taskType": "getResponse"},
    }

    def answer(tasks: Tasks) -> object:
        if tasks[0]["taskType"] == "imageInference":
            return acknowledge(tasks)
        return {"data": [{"taskUUID": t["taskUUID"]} | ends[end] for t in tasks[:2]]}

    server.answer = answer
    number = 20

    def requests() -> Iterator[Any]:
        for _ in range(number):
            yield image(delivery_method="async")

    made = requests() if given == "generator" else [*requests()]
    outcomes = each(client.iter_many(made))
    del made
    seen: list[Any] = []
    async for outcome in outcomes:
        seen += (ref(outcome.request), *map(ref, outcome.results))
        if outcome.error is not None:
            assert (outcome.error.handle is not None) == (end == "left")
            seen.append(ref(outcome.error))
        del outcome
        assert left(seen) <= 8
    assert len(seen) == 2 * number
    assert left(seen) == 0
