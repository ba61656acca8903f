"""Runs deliveries to their end, for the threads of a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ..delivery.batches import Batch, Kind, Reply, Settings
from ..delivery.delivery import Delivery
from ..delivery.stream_retries import StreamRetries
from ..exceptions import RunwareError
from ..transport.endpoint import checked_headers
from ..transport.envelope import Answer
from ..transport.exchange import NEVER_SENT, pop_unwritten
from .base_engine import BaseEngine, reply_of_stream, unwatched
from .handle import Handle
from .poll_batcher import PollBatcher
from .post_threads import PostThreads
from .stream import Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx2

    from ..delivery.submission import Submission
    from ..schema.generics import ResultT
    from ..transport.endpoint import Endpoint, Headers
    from ..transport.exchange import OnExchange
    from ..transport.http import HTTPTransport
    from .base_engine import Deliverable


class Engine(BaseEngine["HTTPTransport"]):
    """Runs deliveries for the threads that call it."""

    def __init__(
        self, transport: HTTPTransport, settings: Settings, timeout: float
    ) -> None:
        super().__init__(transport, settings, timeout)
        self._batcher = PollBatcher(transport, settings.server)

    def connect(self, endpoint: Endpoint) -> None:
        """Use another endpoint from now on, over the same connections."""
        self.transport: HTTPTransport = self.transport.at(endpoint)
        self._batcher = PollBatcher(self.transport, self.settings.server)

    def make_handle(self, given: Deliverable[Any]) -> Handle[Any]:
        """Return the handle of a task."""
        return Handle(self, given)

    def run(
        self,
        delivery: Delivery[ResultT],
        extra: Headers = None,
        answers: list[Answer] | None = None,
    ) -> Generator[None]:
        """Run a delivery; batches that are due together are sent in parallel.

        It yields after each response. The HTTP responses are appended to `answers`.
        """
        exchange = partial(self._exchange, extra=checked_headers(extra))
        threads = PostThreads(exchange, self.transport.concurrency)
        try:
            while delivery.is_waiting:
                batch = None if threads.is_full else delivery.next_batch()
                pause = None if threads.is_full else delivery.pause()
                if batch is None:
                    ended = threads.wait(pause)
                elif threads.is_idle and pause is None:  # nothing else can become due
                    ended = batch, _outcome(exchange, delivery, batch)
                else:
                    threads.start(batch)
                    continue
                if ended is not None:
                    _take(delivery, *ended, answers)
                    yield
        finally:
            threads.cancel()
            self.stop(delivery)

    def stream(
        self, submission: Submission[ResultT], timeout: float | None, extra: Headers
    ) -> Stream[ResultT]:
        """Return the stream of a task. The task is sent when the stream is first read."""
        limit, on_end = self.limit(timeout), partial(self.note_stream, submission)
        send = partial(self._opened, submission, limit, checked_headers(extra))
        return self.make_stream(Stream, submission, send, limit, on_end)

    @contextmanager
    def _opened(
        self,
        submission: Submission[Any],
        timeout: float,
        extra: Headers,
        on_exchange: OnExchange,
    ) -> Generator[httpx2.Response]:
        """Open a stream; retry while the server certainly does not have the task."""
        retries = StreamRetries(self.settings, submission.task.task_type, timeout)
        with closing(self.before_stream(submission, retries)) as deliveries:
            for delivery in deliveries:
                for _ in self.run(delivery, extra):
                    pass
        while True:
            with ExitStack() as stack:
                try:
                    opening = self.transport.open(
                        submission.encoded(),
                        retries.seconds_left(),
                        extra,
                        on_exchange,
                        is_limited=False,
                    )
                    response = stack.enter_context(opening)
                except NEVER_SENT:
                    if not retries.plan_retry():
                        raise
                else:
                    if not retries.plan_retry(response):
                        yield response
                        return
            self.note_rejection(submission, retries.pause)
            time.sleep(retries.pause)
            self.begin_stream(submission)

    def _exchange(self, batch: Batch[Any], extra: Headers) -> Reply:
        if batch.stream is not None:
            part, timeout = batch.stream.encoded(), batch.timeout
            send = partial(self.transport.open, part, timeout, extra, is_limited=True)
            given = batch.stream
            stream: Stream[Any]
            stream = self.make_stream(Stream, given, send, timeout, unwatched)
            return reply_of_stream(stream.get_result().to_wire())
        if batch.kind is Kind.POLL and extra is None and not batch.is_alone:
            return self._batcher.poll(batch.parts, batch.timeout)
        transport = self.transport
        if batch.is_dry:
            transport = transport.at(self.endpoint._replace(is_dry=True))
        envelope = transport.post(batch.parts, batch.timeout, extra)
        return Reply(envelope, len(batch.parts))


def _outcome(
    exchange: Callable[[Batch[Any]], Reply], delivery: Delivery[Any], batch: Batch[Any]
) -> Reply | RunwareError:
    try:
        return exchange(batch)
    except RunwareError as error:
        return error
    except BaseException as stop:
        if pop_unwritten(stop):
            delivery.take_back(batch)
        raise


def _take(
    delivery: Delivery[Any],
    batch: Batch[Any],
    outcome: Reply | RunwareError,
    answers: list[Answer] | None,
) -> None:
    if isinstance(outcome, RunwareError):
        delivery.fail(batch, outcome)
        return
    if answers is not None:
        answers.append(outcome.envelope.answer)
    delivery.receive(batch, outcome)
