"""Threads that deliver one task at once: a batch, and the handle of one of its tasks."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from loopback import KEY, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

LATER = 400
"""Seconds after which an unfinished task is due again."""


class Deliveries:
    """Deliveries of a client, without I/O.

    Attributes:
        clock: The clock of the client.
    """

    def __init__(self, package: ModuleType, client: Any) -> None:
        self._inside = f"{package.__name__}._runtime"
        self._engine = client._engine
        self.clock = Clock()
        self.clock.give(client)

    def _module(self, name: str) -> ModuleType:
        return import_module(f"{self._inside}.{name}")

    def submission(self, request: Any) -> Any:
        """Return the submission of a request."""
        return self._module("delivery.submission").submission_of(request)

    def of(self, given: Any) -> Any:
        """Return a delivery of a submission, or of a task that is only polled."""
        return self._engine.delivery([given], 10 * LATER, polls_now=True)

    def reply(self, *items: dict[str, Any], status: int = 200, errors: Any = ()) -> Any:
        """Return a response with these items and error objects."""
        envelopes = self._module("transport.envelope")
        answer = envelopes.Answer(status)
        envelope = envelopes.Envelope(answer, [*items], [*errors])
        return self._module("delivery.batches").Reply(envelope, 1)


def image_of(request: Any, name: str = "a") -> dict[str, Any]:
    """Return the item of a result."""
    image = {"imageUUID": name, "imageURL": name}
    return {"taskUUID": request.task_uuid, "cost": 1, **image}


@pytest.fixture
def _frequent_switches() -> Iterator[None]:
    """Let each thread run between two steps of another."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_frequent_switches")
def test_results_that_two_threads_receive_at_once_count_once(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    rounds = 100
    start = Barrier(2)

    def receive(delivery: Any, items: list[dict[str, Any]]) -> None:
        batch = delivery.next_batch()
        start.wait(30)
        delivery.receive(batch, deliveries.reply(*map(dict, items)))

    with ThreadPoolExecutor(2) as pool, shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        for _ in range(rounds):
            request = image(delivery_method="async", number_results=2)
            items = [image_of(request, name) for name in ("a", "b")]
            submission = deliveries.submission(request)
            batch, handle = map(deliveries.of, (submission, submission.task))
            acknowledgement = {"taskUUID": request.task_uuid}
            batch.receive(batch.next_batch(), deliveries.reply(acknowledgement))
            deliveries.clock.ahead += LATER
            for done in [pool.submit(receive, d, items) for d in (batch, handle)]:
                done.result()
            assert [result.image_url for result in submission.task.results()] == [
                "a",
                "b",
            ]
            assert not batch.is_waiting
            assert not handle.is_waiting
        assert client.cost == 2 * rounds


def test_a_task_that_a_poll_finishes_is_not_sent_again(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """The response to the poll arrives between the decision to send it and the sending."""
    with shipped.Runware(KEY, resend="eager") as client:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="async")
        submission = deliveries.submission(request)
        batch = deliveries.of(submission)
        broken = shipped.ConnectionError("broken")
        broken.may_have_run = True
        batch.fail(batch.next_batch(), broken)
        assert submission.task.may_be_billed
        handle = deliveries.of(submission.task)
        deliveries.clock.ahead += LATER
        poll = handle.next_batch()
        sendings = batch.schedule.timeout_of

        def late(*given: Any) -> float:
            handle.receive(poll, deliveries.reply(image_of(request)))
            return float(sendings(*given))

        batch.schedule.timeout_of = late
        assert batch.next_batch() is None
        assert submission.task.is_done
        assert batch.next_batch() is None
        assert [error for _, error in batch.ended()] == [None]


def test_a_refused_task_is_at_no_moment_done_without_its_error(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """Another thread would return no results, as if the task had succeeded."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        submission = deliveries.submission(image(delivery_method="async"))
        delivery, task = deliveries.of(submission), submission.task
        refusal = {"code": "invalidParameter", "taskUUID": task.task_uuid}
        states: list[tuple[bool, bool]] = []

        def note(*_: object) -> Any:
            states.append((task.is_done, task.error is not None))
            return note

        batch = delivery.next_batch()
        before = sys.gettrace()
        sys.settrace(note)
        try:
            delivery.receive(batch, deliveries.reply(status=400, errors=[refusal]))
        finally:
            sys.settrace(before)
    assert {error for is_done, error in states if is_done} == {True}


def test_the_failure_of_a_call_leaves_the_task_of_another_call(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """Another process may have sent the task that the other call polls."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        submission = deliveries.submission(image())
        task = submission.task
        batch, handle = deliveries.of(submission), client.handle(submission.request)
        sending = batch.next_batch()
        assert deliveries.of(client.resume(handle.to_json())._task).next_batch()
        refusal = {"code": "invalidParameter", "taskUUID": task.task_uuid}
        batch.receive(sending, deliveries.reply(status=400, errors=[refusal]))
        assert task.error is not None
        client._engine.open_tasks.close([task])
        assert [left.task_uuid for left in client.unfinished()] == [task.task_uuid]
