"""Carries deliveries through to their end, sync and async."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from ._calls import Kind, Settings
from ._delivery import Delivery
from ._envelope import Answer, Envelope
from ._events import Event
from ._exceptions import RunwareError
from ._patience import Patience
from ._questions import Questions
from ._stream import Stream
from ._task import Phase, requested
from ._transport import NEVER_SENT
from ._uploads import Uploads, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextlib import AbstractContextManager

    import httpx2

    from ._calls import Call
    from ._envelope import Item
    from ._error_enum import ErrorEnum
    from ._generics import ResultT
    from ._task import Task
    from ._transport import Endpoint, Headers, Transport

    OnEnd = Callable[[Item, BaseException | None], object]

MOST_REMEMBERED = 10_000
"""Tasks that were left before their end of which a client keeps a handle."""


class Unfinished:
    """Tasks that the server may be at work on, and that nobody waits for any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tasks: OrderedDict[str, Task[Any]] = OrderedDict()

    def note(self, tasks: Iterable[Task[Any]]) -> None:
        """Remember those of some tasks that are under way, forget those that are not."""
        with self._lock:
            for task in tasks:
                self._tasks.pop(task.key, None)
                if is_under_way(task):
                    self._tasks[task.key] = task
            while len(self._tasks) > MOST_REMEMBERED:
                self._tasks.popitem(last=False)

    def tasks(self) -> list[Task[Any]]:
        """The tasks, the longest left first."""
        with self._lock:
            return [task for task in self._tasks.values() if is_under_way(task)]


def is_under_way(task: Task[Any]) -> bool:
    """Whether the server may be at work on a task, and can be asked for it."""
    return task.phase in (Phase.UNSURE, Phase.ACCEPTED) and task.can_be_asked_for


class BaseEngine:
    """What both engines know.

    Attributes:
        settings: How tasks are delivered.
        timeout: The seconds after which a call is given up, where it names no other.
        unfinished: The tasks that were left before their end.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.timeout = timeout
        self.unfinished = Unfinished()
        self._uploads = Uploads()
        self._endpoint = endpoint

    def delivery(
        self,
        tasks: Iterable[Task[ResultT]],
        timeout: float | None,
        *,
        ask_first: bool = False,
    ) -> Delivery[ResultT]:
        """Deliver tasks within some seconds, or within the client's."""
        seconds = self.timeout if timeout is None else timeout
        return Delivery(
            tasks, self.settings, seconds, self._uploads, ask_first=ask_first
        )

    @contextmanager
    def uploading(self, task: Task[Any], timeout: float) -> Generator[Delivery[Any]]:
        """Give the delivery of the files that a task waits for, without the task.

        Raises:
            RunwareError: One was not uploaded.
        """
        waiting = Waiting(self._uploads)
        try:
            delivery = self.delivery(waiting.hold(task), timeout)
            yield delivery
        finally:
            waiting.note()
        for _, error in waiting.settle(delivery.error):
            if error is not None:
                raise error

    def note(self, delivery: Delivery[Any]) -> None:
        """Note how far the tasks of a delivery are that is not carried any more."""
        self.unfinished.note(delivery.tasks())
        delivery.waiting.note()

    def patience(self, task: Task[Any], timeout: float) -> Patience:
        """Return how long to try to open the stream of a task."""
        pauses = self.settings.retrying.of(task.task_type)
        return Patience(pauses, self.settings.max_retries, timeout)

    def note_stream(
        self, task: Task[Any], item: Item, error: BaseException | None
    ) -> None:
        """Note how the stream of a task ended.

        Args:
            task: The task.
            item: What the stream came to.
            error: What ended it early; None where nothing did.
        """
        if error is None:
            task.take([item], None, is_first=True)
        elif isinstance(error, RunwareError):
            task.note_failure(error)
        self.unfinished.note([task])
        uuid, seconds = task.task_uuid, time.monotonic() - task.first_sent
        cause = error if isinstance(error, Exception) else None
        self.settings.observe(
            Event("finished", task.task_type, uuid, seconds, task.cost, cause)
        )

    def _errors(self, task: Task[Any]) -> type[ErrorEnum] | None:
        return self.settings.error_enums(task.task_type)


class Engine(BaseEngine):
    """Carries deliveries for the threads that ask for them."""

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        settings: Settings,
        timeout: float,
    ) -> None:
        super().__init__(endpoint, settings, timeout)
        self.transport = transport
        self._questions = Questions(transport)

    def carry(
        self,
        delivery: Delivery[ResultT],
        extra: Headers = None,
        answers: list[Answer] | None = None,
    ) -> Generator[None]:
        """Carry a delivery on, call by call.

        Args:
            delivery: The delivery.
            extra: Headers that win over ours.
            answers: Takes the HTTP answers, where they are wanted.

        Yields:
            After each call.
        """
        try:
            while (call := delivery.next_call()) is not None:
                if wait := call.wait:
                    time.sleep(wait)
                try:
                    envelope = self._exchange(call, extra)
                except RunwareError as error:
                    delivery.fail(call, error)
                else:
                    if answers is not None:
                        answers.append(envelope.answer)
                    delivery.receive(call, envelope)
                yield
        finally:
            self.note(delivery)

    def stream(
        self, task: Task[ResultT], timeout: float, extra: Headers, on_end: OnEnd
    ) -> Stream[ResultT]:
        """Return the stream of a task; it is sent when the stream is read."""
        return Stream(
            requested(task),
            task.wire,
            partial(self._open, task, timeout, extra),
            endpoint=self._endpoint,
            errors=self._errors(task),
            deadline=time.monotonic() + timeout,
            on_end=on_end,
        )

    def _open(
        self, task: Task[Any], timeout: float, extra: Headers
    ) -> AbstractContextManager[httpx2.Response]:
        if task.phase is not Phase.UNSENT:  # its delivery tries again
            return self.transport.open(task.encoded(), timeout, extra)
        return self._opened(task, timeout, extra)

    @contextmanager
    def _opened(
        self, task: Task[Any], timeout: float, extra: Headers
    ) -> Generator[httpx2.Response]:
        """Open a stream; send again what the server surely has not taken."""
        patience = self.patience(task, timeout)
        if task.waits:
            with self.uploading(task, patience.seconds_left()) as delivery:
                for _ in self.carry(delivery, extra):
                    pass
        task.note_sending()
        while True:
            with ExitStack() as stack:
                try:
                    opening = self.transport.open(
                        task.encoded(), patience.seconds_left(), extra
                    )
                    response = stack.enter_context(opening)
                except NEVER_SENT:
                    if not patience.lets_try_again():
                        raise
                else:
                    if not patience.lets_try_again(response):
                        yield response
                        return
            time.sleep(patience.pause)

    def _exchange(self, call: Call[Any], extra: Headers) -> Envelope:
        if call.is_stream:
            [task] = call.tasks
            stream = self.stream(task, call.timeout, extra, unwatched)
            return whole(stream.get_result().to_wire())
        if call.kind is Kind.ASK and extra is None:
            return self._questions.ask(call.parts, call.timeout)
        return self.transport.post(call.parts, call.timeout, extra)


def unwatched(_item: Item, _error: BaseException | None) -> None:
    """Take no note of the end of a stream: its delivery does."""


def whole(item: Item) -> Envelope:
    """What a stream came to, as an answer without a stream would hold it."""
    return Envelope(Answer(200), [item], [])
