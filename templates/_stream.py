"""Streams: a text while it is written, sync and async."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    contextmanager,
    suppress,
)
from functools import cached_property
from socket import SHUT_RDWR, socket
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import httpx2

from ._exceptions import ConnectionError, RunwareError, TimeoutError
from ._generics import ResultT
from ._results import number_of_results
from ._stream_reader import COLLECT, StreamReader, is_stream, unreadable

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

    from ._base import TaskRequest
    from ._deltas import Delta
    from ._envelope import Item
    from ._error_enum import ErrorEnum
    from ._transport import Endpoint

T = TypeVar("T")
SendT = TypeVar("SendT", bound=Callable[[], Any])
Send: TypeAlias = Callable[[], AbstractContextManager[httpx2.Response]]
AsyncSend: TypeAlias = Callable[[], AbstractAsyncContextManager[httpx2.Response]]

ENCODING = "utf-8-sig"
"""That of every stream of events, which may begin with a mark of it.

Source: WHATWG HTML, section 9.2.5.
"""


class BaseStream(Generic[ResultT, SendT]):
    """What both twins know of their stream."""

    def __init__(
        self,
        request: TaskRequest[ResultT],
        task: Item,
        send: SendT,
        *,
        endpoint: Endpoint,
        errors: type[ErrorEnum] | None,
        deadline: float,
        on_end: Callable[[Item, BaseException | None], object],
    ) -> None:
        """Take a task; nothing is sent yet.

        Args:
            request: What reads the result.
            task: The task as it is sent.
            send: Sends it and gives the answer, whose body is not read yet.
            endpoint: Where it is sent.
            errors: The error enum of its type.
            deadline: When it is given up, on the monotonic clock.
            on_end: Is told once when the stream is over: the item that it came to, and
                what ended it early. May add a handle to an exception of ours.

        Raises:
            ValueError: The task orders more than one text.
        """
        if number_of_results(task) != 1:
            message = "a stream gives one text: leave numberResults out, or use run"
            raise ValueError(message)
        self._request = request
        self._send = send
        self._endpoint = endpoint
        self._deadline = deadline
        self._on_end = on_end
        self._reader = StreamReader(task, endpoint.key, errors)
        self._response: httpx2.Response | None = None
        self._is_begun = False
        self._is_whole = False

    def __repr__(self) -> str:
        uuid, length = self._reader.scope["taskUUID"], len(self.text)
        so_far = "" if self._is_whole else " so far"
        return f"<{type(self).__name__} of {uuid}: {length} characters{so_far}>"

    @property
    def request(self) -> TaskRequest[ResultT]:
        """The request that it answers."""
        return self._request

    @property
    def text(self) -> str:
        """The text so far; it stays when the stream fails or is left."""
        return self._reader.transcript.text

    @property
    def reasoning(self) -> str:
        """The reasoning so far; empty where the model does not show it."""
        return self._reader.transcript.reasoning

    @cached_property
    def result(self) -> ResultT:
        """The whole result, once the stream was read to its end.

        Raises:
            RuntimeError: It was not.
        """
        if not self._is_whole:
            message = "this stream was not read to its end; what it gave is in text"
            raise RuntimeError(message)
        return self._so_far()

    def _so_far(self) -> ResultT:
        return self._request.read(self._reader.transcript.item)

    def _begin(self) -> None:
        if self._is_begun:
            message = "a stream is read once; what it gave is in text"
            raise RuntimeError(message)
        self._is_begun = True

    @contextmanager
    def _reading(self) -> Generator[None]:
        """Make an exception of ours of whatever ends the stream too early."""
        try:
            try:
                yield
                self._check_end()
            except httpx2.RequestError as cause:
                if not self._reader.transcript.has_finish_reason:
                    raise self._broken(cause) from cause
        except BaseException as error:
            if isinstance(error, RunwareError):
                self._explain(error)
            self._on_end(self._reader.transcript.item, error)
            raise
        self._is_whole = True
        self._on_end(self._reader.transcript.item, None)

    def _check_end(self) -> None:
        reader = self._reader
        if not reader.is_done and not reader.transcript.has_finish_reason:
            self._check_time()  # a connection that was cut may look like one at its end
            raise self._cut_off("the server ended it without a finishReason")

    def _check_time(self) -> None:
        if monotonic() >= self._deadline:
            raise httpx2.ReadTimeout("the server goes on")

    def _broken(self, cause: httpx2.RequestError) -> RunwareError:
        """The exception of ours for a failed exchange."""
        error = self._endpoint.error(cause)
        if not error.may_have_run:
            return error
        if isinstance(error, TimeoutError) or monotonic() >= self._deadline:
            return TimeoutError("the time ran out before the end of the stream")
        if self._response is None:
            return error
        reason = self._endpoint.key.scrub(str(cause)) or type(cause).__name__
        if isinstance(cause, httpx2.SSEError):
            return unreadable(self._response, f"an event that is too long: {reason}")
        return self._cut_off(reason)

    def _cut_off(self, reason: str) -> ConnectionError:
        error = ConnectionError(
            f"the stream broke off (characters so far: {len(self.text)}): {reason}; "
            f"{COLLECT}"
        )
        error.may_have_run = True
        return error

    def _explain(self, error: RunwareError) -> None:
        """Say in an error which task it is about, and what that had given."""
        error.task_type = self._reader.scope["taskType"]
        error.task_uuid = self._reader.scope["taskUUID"]
        if self.text or self.reasoning:
            error.results = [self._so_far()]


class Stream(BaseStream[ResultT, Send]):
    """The pieces of a text while it is written; then the whole result.

        with client.text_inference.stream(request) as stream:
            for delta in stream:
                print(delta.text, end="")
        print(stream.result.finish_reason)

    The task is sent when the first piece is asked for. Leaving the loop closes the
    connection; what was written until then is billed, and stays in `text`. An error in
    the middle has it in `results`. A stream is read once, by one thread.
    """

    def __iter__(self) -> Generator[Delta]:
        """Send the task and give the pieces as they come.

        Raises:
            TaskError: The task failed.
            APIStatusError: The server refused it; there is a class for each status.
            ConnectionError: The connection broke before the end.
            TimeoutError: The time ran out before the end.
            ResponseError: An event or the answer cannot be read.
            RuntimeError: The stream was read before.
        """
        self._begin()
        with self._reading(), self._send() as response, _cut(response, self._deadline):
            self._response = response
            if not is_stream(response):
                response.read()
                yield from self._reader.take_answer(response)
                return
            response.encoding = ENCODING
            for event in httpx2.EventSource(response):
                yield from self._reader.take_event(event, response)
                if self._reader.is_done:
                    break
                self._check_time()

    def get_result(self) -> ResultT:
        """Read to the end and return the whole result.

        Raises:
            RunwareError: The stream failed; see `__iter__`.
            RuntimeError: It was left before its end.
        """
        if not self._is_whole:
            for _ in self:
                pass
        return self.result

    def close(self) -> None:
        """Close the connection; nothing more comes."""
        self._is_begun = True
        if self._response is not None:
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _cut(response: httpx2.Response, deadline: float) -> Generator[None]:
    """Cut a connection at a time, whatever its thread waits for.

    httpx2 bounds each read of a body by the time that was left when the body began.
    """
    timer = Timer(max(0.0, deadline - monotonic()), _shut, [response])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _shut(response: httpx2.Response) -> None:
    connection = response.extensions.get("network_stream")
    wire = connection and connection.get_extra_info("socket")
    if wire is not None and response.http_version.startswith("HTTP/1"):
        with suppress(OSError):  # it is closed already
            # Not the method of a TLS socket, which would go on in plain text.
            socket.shutdown(wire, SHUT_RDWR)
