"""Streams of text: the parts that both clients share, and the sync stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, cast
from weakref import ref

import httpx2

from ..aside import run_aside, shut_down, started
from ..causes import reason_of
from ..exceptions import ClosedError, ConnectionError, RunwareError, TimeoutError
from ..schema.generics import ResultT_co
from ..transport.answer_body import answer_of
from ..transport.exchange import CLOSED, STREAM_CLOSED, Exchange, OnExchange
from ..transport.items import number_of_results

if TYPE_CHECKING:
    from types import GeneratorType

    from ..error_enum import ErrorEnum
    from ..schema.requests import TaskRequest
    from ..transport.deadline import Deadline
    from ..transport.endpoint import Endpoint
    from ..transport.envelope import Item
    from .deltas import Delta

SendT = TypeVar("SendT", bound=Callable[..., Any])
Send: TypeAlias = Callable[[OnExchange], AbstractContextManager[httpx2.Response]]

GRACE = 2.0
"""Seconds to wait for the rest of a stream after its finish reason.

The rest is the end of the stream, sometimes after usage and cost.
"""


class BaseStream(Generic[ResultT_co, SendT]):
    """The parts that `Stream` and `AsyncStream` share."""

    def __init__(
        self,
        request: TaskRequest[ResultT_co],
        task: Item,
        send: SendT,
        *,
        endpoint: Endpoint,
        errors: type[ErrorEnum] | None,
        deadline: Deadline,
        on_end: Callable[[Item, BaseException | None], object],
    ) -> None:
        """Create a stream without sending the task.

        Args:
            request: The request. It parses the result.
            task: The task object.
            send: Sends the task and returns the response, with its body unread.
            endpoint: The address to which it is sent.
            errors: The error enum of its type.
            deadline: The deadline if it is read now. The time that the caller takes
                before and between pieces extends it.
            on_end: Called at the end of the stream with the result so far as an item, and
                the exception that ended the stream early, if any. Called again if a signal
                interrupts it. It may add a handle to the exception.

        Raises:
            ValueError: The task orders more than one result.
        """
        if number_of_results(task) != 1:
            message = "a stream has only one result. Remove numberResults, or use run"
            raise ValueError(message)
        from .stream_reader import StreamReader  # only streams need it

        self._request = request
        self._send = send
        self._endpoint = endpoint
        self._deadline = deadline
        self._on_end = on_end
        self._reader = StreamReader(task, endpoint.key, errors)
        self._exchange: Exchange | None = None
        self._response: httpx2.Response | None = None
        self._process: int | None = None
        self._broken_by: str | None = None
        self._is_begun = False
        self._is_closed = False
        self._is_whole = False

    def __repr__(self) -> str:
        uuid, length = self._reader.scope["taskUUID"], len(self.text)
        so_far = "" if self._is_whole else " so far"
        return f"<{type(self).__name__} of {uuid}: {length} characters{so_far}>"

    @property
    def request(self) -> TaskRequest[ResultT_co]:
        """The request."""
        return self._request

    @property
    def text(self) -> str:
        """The text so far, also after the stream failed or was closed."""
        return self._reader.transcript.text

    @property
    def reasoning(self) -> str:
        """The reasoning so far; empty if the model does not return it."""
        return self._reader.transcript.reasoning

    @cached_property
    def result(self) -> ResultT_co:
        """The complete result, after the stream was read to its end.

        Raises:
            RuntimeError: The stream was not read to its end.
        """
        if not self._is_whole:
            raise RuntimeError(
                "the stream was not read to its end. The partial text is in `text`"
            )
        return self._so_far()

    def _so_far(self) -> ResultT_co:
        return self._request.read(self._reader.transcript.item)

    def _begin(self) -> None:
        if self._is_begun:
            raise RuntimeError("a stream can be read only once. Its text is in `text`")
        if self._is_closed:
            message = "the stream was closed before it was read. Its task was not sent"
            raise RuntimeError(message)
        self._is_begun = True

    @contextmanager
    def _reading(self) -> Generator[None]:
        """Call `on_end` at the end, and convert exceptions of httpx2.

        If a signal is handled in the first instructions after the end, `on_end` is called
        only when the exception is freed.
        """
        self._process = os.getpid()
        self._deadline.resume()
        try:
            try:
                yield
            except httpx2.RequestError as cause:
                raise self._endpoint.error(cause) from cause
            self._check_end()
            self._is_whole = True
            self._on_end(self._reader.transcript.item, None)
        except BaseException as error:
            try:
                if isinstance(error, RunwareError):
                    self._explain(error)
                self._on_end(self._reader.transcript.item, error)
            except BaseException as stop:
                self._on_end(self._reader.transcript.item, stop)
                raise
            raise

    def _note_exchange(self, exchange: Exchange) -> None:
        # Set before the check, so that this thread or the closing one sees it.
        self._exchange = exchange
        if self._is_closed:
            raise ClosedError(f"{STREAM_CLOSED} before its task was sent")

    def _take_head(self, response: httpx2.Response) -> None:
        self._response = response
        self._reader.begin(answer_of(response))

    def _deltas(self, chunk: bytes | None) -> Generator[Delta]:
        """Yield the pieces in a chunk of the body; None is the end of the body."""
        if chunk is None:
            is_whole = self._broken_by is None and not self._is_stopped
            deltas = self._reader.finish(is_whole=is_whole)
        else:
            deltas = self._reader.feed(chunk)
        for delta in deltas:
            if self._reader.is_complete:
                self._deadline.limit(GRACE)
            with self._deadline.paused():
                yield delta

    @property
    def _is_stopped(self) -> bool:
        """Whether to stop reading the body."""
        is_late = self._deadline.remaining() <= 0
        return self._reader.has_ended or self._is_closed or is_late

    def _note_break(self, cause: Exception, outer: BaseException | None = None) -> None:
        """Record why the body cannot be read, while the caller handles another exception.

        The exception itself is not kept, because its traceback references the API key.
        """
        name = type(cause).__name__
        self._broken_by = self._endpoint.key.scrub(reason_of(cause, outer)) or name

    def _check_end(self) -> None:
        if self._reader.is_complete:
            return
        if self._deadline.remaining() <= 0 and not self._is_closed:
            raise TimeoutError("timed out before the end of the stream")
        how_far = f"the stream ended early, after {len(self.text)} characters"
        reason = self._broken_by or "the server ended it without a finishReason"
        error: RunwareError = ConnectionError(f"{how_far}: {reason}")
        if self._is_closed:
            error = ClosedError(f"{how_far}: it was closed while it was read")
        elif self._exchange is not None and self._exchange.cut_by == CLOSED:
            error = ClosedError(f"{how_far}: {CLOSED}")
        error.may_have_run = True
        raise error

    def _explain(self, error: RunwareError) -> None:
        """Set the task and the partial result on an exception."""
        error.task_type = self._reader.scope["taskType"]
        error.task_uuid = self._reader.scope["taskUUID"]
        if self._is_closed and isinstance(error, ClosedError):
            error.advice = "Close a stream after its last piece."
        if self.text or self.reasoning:
            error.results = [self._so_far()]
            error.may_have_run = True


class Stream(BaseStream[ResultT_co, Send]):
    """A stream: yields the pieces of a text, then has the complete result.

    Example::

        with client.text_inference.stream(request) as stream:
            for delta in stream:
                print(delta.text, end="")
        print(stream.result.finish_reason)

    The task is sent when the first piece is requested. Leaving the `with` block closes
    the connection. The text until then is billed, and stays in `text`. If the stream
    fails, the exception has it in `results`. A stream can be read only once, by one
    thread. The timeout does not include the time that the caller takes between pieces.
    """

    _pieces: ref[GeneratorType[Delta, None, None]] | None = None

    def __iter__(self) -> Iterator[Delta]:
        """Send the task and yield the pieces as they arrive.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused the task; see the class of each status.
            ConnectionError: The connection broke before the end.
            ClosedError: The client or the stream was closed before the end.
            TimeoutError: The stream did not end in time.
            ResponseError: The response or one of its events cannot be parsed.
            RuntimeError: The stream was read or closed before, or its connection belongs
                to the parent process.
        """
        self._begin()
        pieces = self._read()
        self._pieces = ref(cast("GeneratorType[Delta, None, None]", pieces))
        return pieces

    def _read(self) -> Generator[Delta]:
        with self._reading(), self._send(self._note_exchange) as response:
            self._take_head(response)
            with _cut(response, self._deadline):
                body = response.iter_bytes()
                chunk: bytes | None = b""
                while chunk is not None:
                    chunk = self._next(body)
                    yield from self._deltas(chunk)

    def _next(self, body: Iterator[bytes]) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        if self._is_stopped:
            return None
        if self._process != os.getpid():  # both processes would read parts of the body
            message = "this stream was started before the fork, in the parent process"
            raise RuntimeError(message)
        outer = sys.exception()
        try:
            return self._chunk(body)
        except Exception as cause:  # noqa: BLE001 - `_check_end` raises it
            self._note_break(cause, outer)
            return None

    def _chunk(self, body: Iterator[bytes]) -> bytes | None:
        """Read the next chunk. Over HTTP/2, a lock that other calls share may block."""
        if self._response is None or self._response.http_version != "HTTP/2":
            return next(body, None)
        left = self._deadline.remaining()
        return run_aside(lambda: next(body, None), left, lambda: None)

    def get_result(self) -> ResultT_co:
        """Read the stream to its end and return the complete result.

        Raises:
            RunwareError: The stream failed; see `__iter__`.
            RuntimeError: It was read before, but not to its end.
        """
        if not self._is_whole:
            for _ in self:
                pass
        return self.result

    def close(self) -> None:
        """Close the connection and end the stream, also if another thread reads it.

        That thread first ends a pause before another attempt, a wait over HTTP/2, or the
        wait for a response over a connection that your `http_client` had opened before.
        """
        self._is_closed = True
        pieces = None if self._pieces is None else self._pieces()
        if pieces is None:
            return
        if not pieces.gi_running:  # CPython 3.11 may crash if it closes a running one
            with suppress(ValueError):  # another thread has just begun to run it
                pieces.close()
                return
        # After a fork, the connection is still that of the parent process.
        if self._exchange is not None and self._process == os.getpid():
            self._exchange.cut(STREAM_CLOSED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _cut(response: httpx2.Response, deadline: Deadline) -> Generator[None]:
    """Shut down a connection at the deadline, even while its thread waits.

    httpx2 limits each read by the timeout that was set when the body started, so its
    timeout cannot follow the deadline. Without another thread, it is the only limit.
    """

    def watch() -> None:
        if deadline.wait():
            _shut(response)

    watcher = Thread(target=watch, daemon=True)
    is_watched = started(watcher)
    try:
        yield
    finally:
        try:
            deadline.cancel()
        except BaseException:  # a signal interrupted the first call
            deadline.cancel()
            raise
        finally:
            # While the interpreter ends, other threads stand still.
            if is_watched and not sys.is_finalizing():
                watcher.join()


def _shut(response: httpx2.Response) -> None:
    stream = response.extensions.get("network_stream")
    if stream is not None and response.http_version.startswith("HTTP/1"):
        shut_down(stream)
