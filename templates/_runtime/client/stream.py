"""Streams: a text while it is written, sync and async."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from socket import SHUT_RDWR, socket
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from weakref import ref

import httpx2

from ..aside import run_aside
from ..exceptions import ConnectionError, RunwareError, TimeoutError
from ..schema.generics import ResultT
from ..transport.http import answered
from ..transport.items import number_of_results
from .stream_reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType
    from typing import Self

    from ..error_enum import ErrorEnum
    from ..schema.base import TaskRequest
    from ..transport.deadline import Deadline
    from ..transport.envelope import Item
    from ..transport.http import Endpoint
    from .deltas import Delta

SendT = TypeVar("SendT", bound=Callable[[], Any])
Send: TypeAlias = Callable[[], AbstractContextManager[httpx2.Response]]

GRACE = 2.0
"""Seconds that a server may be silent when it has said why the text ends.

What follows is the end of the stream, and sometimes usage and cost before it.
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
        deadline: Deadline,
        on_end: Callable[[Item, BaseException | None], object],
    ) -> None:
        """Take a task; nothing is sent yet.

        Args:
            request: What reads the result.
            task: The task as it is sent.
            send: Sends it and gives the answer, whose body is not read yet.
            endpoint: Where it is sent.
            errors: The error enum of its type.
            deadline: When it is given up, if it is read from now on. It moves by the time
                that the caller takes before and between pieces.
            on_end: Is told when the stream is over: the item that it came to, and what
                ended it early. It is told again where a signal interrupts it. May add a
                handle to an exception.

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
        self._broken_by: str | None = None
        self._is_begun = False
        self._is_closed = False
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
        """Tell `on_end` how the reading ends; make exceptions of ours of httpx2's.

        A signal that is handled in the first instructions after the end of the reading
        comes before `on_end` is told: it is when the exception is freed.
        """
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
                self._note_failure(error)
            except BaseException as stop:
                self._on_end(self._reader.transcript.item, stop)
                raise
            raise

    def _note_failure(self, error: BaseException) -> None:
        if isinstance(error, RunwareError):
            self._explain(error)
        self._on_end(self._reader.transcript.item, error)

    def _take_head(self, response: httpx2.Response) -> None:
        self._response = response
        self._reader.begin(answered(response, b""))

    def _deltas(self, chunk: bytes | None) -> Generator[Delta]:
        """The pieces in a chunk of the body; without one, what its end completes."""
        if chunk is None:
            is_whole = self._broken_by is None and not self._is_stopped
            deltas = self._reader.finish(is_whole=is_whole)
        else:
            deltas = self._reader.feed(chunk)
        for delta in deltas:
            if self._reader.is_over:
                self._deadline.limit(GRACE)
            with self._deadline.paused():
                yield delta

    @property
    def _is_stopped(self) -> bool:
        """Whether the rest of the body is not read."""
        is_late = self._deadline.left() <= 0
        return self._reader.is_done or self._is_closed or is_late

    def _note_break(self, cause: Exception) -> None:
        """Note why the body cannot be read any further.

        The exception itself is not kept: its traceback leads to the key.
        """
        name = type(cause).__name__
        self._broken_by = self._endpoint.key.scrub(str(cause)) or name

    def _check_end(self) -> None:
        if self._reader.is_over:
            return
        if self._deadline.left() <= 0:
            message = "the time ran out before the end of the stream"
            raise TimeoutError(message)
        reason = self._broken_by or "the server ended it without a finishReason"
        if self._is_closed:
            reason = "it was closed while it was read"
        error = ConnectionError(
            f"the stream broke off (characters so far: {len(self.text)}): {reason}"
        )
        error.may_have_run = True
        raise error

    def _explain(self, error: RunwareError) -> None:
        """Say in an error which task it is about, and what that had given."""
        error.task_type = self._reader.scope["taskType"]
        error.task_uuid = self._reader.scope["taskUUID"]
        if self.text or self.reasoning:
            error.results = [self._so_far()]
            error.may_have_run = True


class Stream(BaseStream[ResultT, Send]):
    """The pieces of a text while it is written; then the whole result.

    Example::

        with client.text_inference.stream(request) as stream:
            for delta in stream:
                print(delta.text, end="")
        print(stream.result.finish_reason)

    The task is sent when the first piece is asked for. Leaving the loop closes the
    connection; what was written until then is billed, and stays in `text`. An error in
    the middle has it in `results`. A stream is read once, by one thread. The time that
    the caller takes between pieces does not count.
    """

    _pieces: ref[Generator[Delta]] | None = None

    def __iter__(self) -> Iterator[Delta]:
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
        pieces = self._read()
        self._pieces = ref(pieces)
        return pieces

    def _read(self) -> Generator[Delta]:
        with self._reading(), self._send() as response:
            self._take_head(response)
            with _cut(response, self._deadline):
                body = response.iter_bytes()
                chunk: bytes | None = b""
                while chunk is not None:
                    chunk = self._next(body)
                    yield from self._deltas(chunk)

    def _next(self, body: Iterator[bytes]) -> bytes | None:
        """The next chunk of the body; None at its end."""
        if self._is_stopped:
            return None
        try:
            return self._chunk(body)
        except Exception as cause:  # noqa: BLE001 - whatever ends it, nothing is lost
            self._note_break(cause)
            return None

    def _chunk(self, body: Iterator[bytes]) -> bytes | None:
        """Read the next chunk; over HTTP/2 it may wait for other users of the lock."""
        if self._response is None or self._response.http_version != "HTTP/2":
            return next(body, None)
        left = self._deadline.left()
        return run_aside(lambda: next(body, None), left, lambda: None)

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
        self._is_begun = self._is_closed = True
        pieces = None if self._pieces is None else self._pieces()
        if pieces is None:
            return
        try:
            pieces.close()
        except ValueError:  # another thread waits for the next piece
            if self._response is not None:
                _shut(self._response)

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
def _cut(response: httpx2.Response, deadline: Deadline) -> Generator[None]:
    """Cut a connection at a time, whatever its thread waits for.

    httpx2 bounds each read of a body by the time that was left when the body began.
    """

    def watch() -> None:
        if deadline.wait():
            _shut(response)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        try:
            deadline.cancel()
        except BaseException:  # a signal came before it was cancelled
            deadline.cancel()
            raise
        finally:
            watcher.join()


def _shut(response: httpx2.Response) -> None:
    connection = response.extensions.get("network_stream")
    wire = connection and connection.get_extra_info("socket")
    if wire is not None and response.http_version.startswith("HTTP/1"):
        with suppress(OSError):  # it is closed already
            # Not the method of a TLS socket, which would go on in plain text.
            socket.shutdown(wire, SHUT_RDWR)
