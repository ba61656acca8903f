"""Threads that deliver one task at once: a batch, and the handle of one of its tasks."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor, wait
from decimal import Decimal
from importlib import import_module
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from hostile_server.clients import in_a_child
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
        submission = self._module("delivery.submission").submission_of(request)
        return self._engine.joined(submission)

    def of(self, given: Any) -> Any:
        """Return a delivery of a submission, or of a task that is only polled."""
        is_task = not hasattr(given, "task")
        return self._engine.delivery([given], 10 * LATER, polls_now=is_task)

    def two(self, request: Any) -> list[tuple[Any, Any]]:
        """Return two submissions of a request, which share its task, with deliveries."""
        made = [self.submission(request) for _ in range(2)]
        return [(each, self.of(each)) for each in made]

    def later(self, delivery: Any) -> Any:
        """Return the next batch of a delivery, some time later."""
        self.clock.ahead += LATER
        return delivery.next_batch()

    def meanwhile(
        self, delivery: Any, pool: ThreadPoolExecutor, call: Any, *given: Any
    ) -> list[Future[None]]:
        """Let a thread begin a call while a delivery makes its next batch."""
        begun: list[Future[None]] = []
        timeouts = delivery.schedule.timeout_of

        def late(*chosen: Any) -> float:
            delivery.schedule.timeout_of = timeouts
            begun.append(pool.submit(call, *given))
            wait(begun, timeout=0.1)
            return float(timeouts(*chosen))

        delivery.schedule.timeout_of = late
        return begun

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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize("is_polled", [True, False])
def test_a_child_polls_without_a_wait_for_its_parent(
    shipped: ModuleType, image: Callable[..., Any], *, is_polled: bool
) -> None:
    """The parent has sent or polled the task, and has no response yet."""
    with shipped.Runware(KEY) as client:
        client.polling = shipped.Waits(first=0.001)
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="async")
        sender = deliveries.of(deliveries.submission(request))
        batch = sender.next_batch()
        [each] = batch.scheduled
        if is_polled:
            sender.receive(batch, deliveries.reply({"taskUUID": request.task_uuid}))
            assert deliveries.later(sender)

        def poll() -> None:
            delivery = client._engine.delivery([each.task], LATER)
            deliveries.clock.ahead += 1  # less than the timeout of a poll
            assert delivery.next_batch()

        in_a_child(poll)


@pytest.mark.usefixtures("_frequent_switches")
def test_results_that_two_threads_receive_at_once_count_once(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    rounds = 100
    start = Barrier(2)

    def receive(delivery: Any, poll: Any) -> None:
        start.wait(30)
        delivery.receive(poll, deliveries.reply(*map(dict, items)))

    with ThreadPoolExecutor(2) as pool, shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        for _ in range(rounds):
            request = image(delivery_method="async", number_results=2)
            items = [image_of(request, name) for name in ("a", "b")]
            submission = deliveries.submission(request)
            batch, handle = map(deliveries.of, (submission, submission.task))
            acknowledgement = {"taskUUID": request.task_uuid}
            batch.receive(batch.next_batch(), deliveries.reply(acknowledgement))
            polls = [(each, deliveries.later(each)) for each in (batch, handle)]
            for done in [pool.submit(receive, *poll) for poll in polls]:
                done.result()
            assert [result.image_url for result in submission.task.results()] == [
                "a",
                "b",
            ]
            assert not batch.is_waiting
            assert not handle.is_waiting
        assert client.cost == 2 * rounds


def test_a_task_is_sent_before_a_poll_can_finish_it(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """The response to the poll arrives between the decision to send it and the sending."""
    with shipped.Runware(KEY, resend="eager") as client, ThreadPoolExecutor() as pool:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="async")
        submission = deliveries.submission(request)
        batch = deliveries.of(submission)
        broken = shipped.ConnectionError("broken")
        broken.may_have_run = True
        batch.fail(batch.next_batch(), broken)
        assert submission.task.may_be_billed
        handle = deliveries.of(submission.task)
        poll, answer = deliveries.later(handle), deliveries.reply(image_of(request))
        received = deliveries.meanwhile(batch, pool, handle.receive, poll, answer)
        sending = deliveries.later(batch)
        received[0].result(30)
        assert submission.task.is_done
        conflict = {"code": "conflictTaskUUID", "taskUUID": request.task_uuid}
        batch.receive(sending, deliveries.reply(status=400, errors=[conflict]))
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


@pytest.mark.parametrize("is_found", [True, False])
@pytest.mark.parametrize("status", [200, 404, 401, 500])
def test_a_poll_is_answered_after_the_sending_was_refused(
    shipped: ModuleType, image: Callable[..., Any], status: int, *, is_found: bool
) -> None:
    """Another call polls a task while it is being sent."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="sync")
        (first, sender), (_, other) = deliveries.two(request)
        sending, poll = sender.next_batch(), deliveries.later(other)
        busy = {"code": "rateLimitExceeded", "message": "Later."}
        sender.receive(sending, deliveries.reply(status=429, errors=[busy]))
        errors = [] if status == 200 else [{"code": "x", "message": "No."}]
        items = [image_of(request)] if is_found else []
        other.receive(poll, deliveries.reply(*items, status=status, errors=errors))
        assert first.task.is_done is is_found
        assert other.is_waiting is (not is_found and status != 401)
        assert (deliveries.later(sender) is None) is is_found


def test_a_task_whose_files_are_not_uploaded_is_not_sent(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """The sending of another call is rejected when this one is about to poll."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="sync")
        (_, sender), (second, other) = deliveries.two(request)
        sending = sender.next_batch()
        second.needs_uploads = True
        deliveries.clock.ahead += LATER
        noted = other._skip_others

        def late(now: float) -> None:
            noted(now)
            busy = {"code": "rateLimitExceeded"}
            sender.receive(sending, deliveries.reply(status=429, errors=[busy]))

        other._skip_others = late
        assert other.next_batch() is None


def test_polls_of_a_task_that_another_call_sends_are_not_counted(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """The server does not know the task yet, as during the upload of a large body."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="sync")
        (_, sender), (_, other) = deliveries.two(request)
        assert sender.next_batch()
        for _ in range(9):
            poll, unknown = deliveries.later(other), {"code": "taskNotFound"}
            other.receive(poll, deliveries.reply(status=404, errors=[unknown]))
        assert other.is_waiting


def test_a_poll_that_is_never_answered_holds_up_no_other_call(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """Its thread or its event loop has ended silently, or is in the parent process."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        request = image(delivery_method="sync", number_results=2)
        (first, sender), (_, other) = deliveries.two(request)
        sender.receive(sender.next_batch(), deliveries.reply(image_of(request)))
        assert first.task.may_be_billed
        waiting = client._engine.delivery([first.task], 10 * LATER)
        assert deliveries.later(other)
        assert waiting.next_batch() is None
        assert deliveries.later(waiting)


@pytest.mark.parametrize("way", ["abandon", "later"])
def test_a_call_that_ends_gives_up_nothing_that_another_one_sends_again(
    shipped: ModuleType, image: Callable[..., Any], way: str
) -> None:
    """It ends during the wait after a refusal. A handle without the request waits on."""
    with shipped.Runware(KEY) as client:
        deliveries = Deliveries(shipped, client)
        request = image()
        sender = deliveries.of(deliveries.submission(request))
        sender.receive(sender.next_batch(), deliveries.reply(status=429))
        other, handle = (
            client._engine.delivery([given], timeout)
            for given, timeout in (
                (deliveries.submission(request), 1),
                (deliveries.submission(request).task, 10 * LATER),
            )
        )
        if way == "later":
            deliveries.clock.ahead += 1
            other.next_batch()  # its time is up
        other.abandon()
        handle.next_batch()
        assert handle.is_waiting
        assert deliveries.later(sender)


def test_a_call_that_ends_does_not_release_the_reservation_of_a_sending(
    shipped: ModuleType, image: Callable[..., Any]
) -> None:
    """It ends between the decision to send the task and the sending."""
    with (
        shipped.Runware(KEY, budget=Decimal(1)) as client,
        ThreadPoolExecutor() as pool,
    ):
        deliveries = Deliveries(shipped, client)
        request = image()
        (first, sender), (_, other) = deliveries.two(request)
        account = client._engine.settings.account
        account.note_price(first.price_key, Decimal("0.25"))
        ended = deliveries.meanwhile(sender, pool, other.abandon)
        assert sender.next_batch()
        ended[0].result(30)
        deliveries.of(deliveries.submission(request)).abandon()
        assert first.task.phase.value == "sending"
        assert account.committed == Decimal("0.25")
