"""The configuration of a client, the same for both twins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import (
    TYPE_CHECKING,
    Generic,
    Literal,
    NoReturn,
    TypeAlias,
    TypeVar,
    cast,
)
from urllib.parse import urlsplit

from ..delivery.batches import Limits, Resend, Settings
from ..delivery.events import Observer
from ..delivery.outcome import Outcome
from ..delivery.task import Submission, Task, submission_of, wire_of
from ..transport.api_key import ApiKey
from ..transport.http import RUNWARE_SOCKET_URL, RUNWARE_URL, Auth, Endpoint, shown_url
from ..transport.waits import POLLING, RETRYING, Waits
from .engine import requested

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..delivery.delivery import Delivery
    from ..delivery.events import Event
    from ..error_enum import ErrorEnum
    from ..exceptions import RunwareError
    from ..schema.base import TaskRequest
    from ..schema.generics import ResultT
    from ..transport.websocket import WebSocketTransport
    from .async_engine import AsyncEngine
    from .engine import Engine

DEFAULT_TIMEOUT = 1200.0
DEFAULT_RETRIES = 3
DEFAULT_CONCURRENCY = 100

Channel: TypeAlias = Literal["http", "websocket"]
RESENDS = ("safe", "eager", "never")
SCHEMES = {"http": ("https", "http"), "websocket": ("wss", "ws")}

EngineT = TypeVar("EngineT", bound="Engine | AsyncEngine")


class Configured(Generic[EngineT]):
    """What both clients are configured with.

    Attributes:
        base_url: The address that tasks are posted to, without user name and password.
        auth: Whether the API key travels as a header or as the first task.
    """

    _engine: EngineT

    def __init__(
        self,
        api_key: str | None,
        base_url: str,
        auth: Auth,
        concurrency: int,
        channel: Channel = "http",
    ) -> None:
        if channel not in SCHEMES:
            message = f"transport must be 'http' or 'websocket', not {channel!r}"
            raise ValueError(message)
        if channel == "websocket" and base_url == RUNWARE_URL:
            base_url = RUNWARE_SOCKET_URL
        best, other = SCHEMES[channel]
        if urlsplit(base_url).scheme not in (best, other):
            message = (
                f"base_url must begin with {best}:// or {other}://, not be "
                f"{shown_url(base_url)!r}"
            )
            raise ValueError(message)
        if auth not in ("header", "payload"):
            message = f"auth must be 'header' or 'payload', not {auth!r}"
            raise ValueError(message)
        if concurrency < 1:
            raise ValueError(f"concurrency must be 1 or more, not {concurrency!r}")
        self.base_url = shown_url(base_url)
        self.auth: Auth = auth
        self._endpoint = Endpoint(base_url, ApiKey(api_key), auth)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}(base_url={self.base_url!r}, auth={self.auth!r})"

    def __reduce__(self) -> NoReturn:
        message = "a client is not pickled or copied: make one in each process"
        raise TypeError(message)

    @property
    def timeout(self) -> float:
        """The seconds after which a call is given up, where it names no other."""
        return self._engine.timeout

    @property
    def cost(self) -> float:
        """What finished tasks have cost, in US dollars, where their results say."""
        return self._observer.cost

    @property
    def polling(self) -> Waits:
        """How long to wait before an unfinished task is polled; may be set."""
        return self._engine.settings.polling

    @polling.setter
    def polling(self, waits: Waits) -> None:
        self._engine.settings = self._engine.settings._replace(polling=waits)

    @property
    def retrying(self) -> Waits:
        """How long to wait after a failure before the next attempt; may be set."""
        return self._engine.settings.retrying

    @retrying.setter
    def retrying(self, waits: Waits) -> None:
        self._engine.settings = self._engine.settings._replace(retrying=waits)

    def _settings(
        self,
        max_retries: int,
        resend: Resend,
        on_event: Callable[[Event], object] | None,
    ) -> Settings:
        if max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {max_retries!r}")
        if resend not in RESENDS:
            names = ", ".join(map(repr, RESENDS))
            raise ValueError(f"resend must be one of {names}, not {resend!r}")
        self._observer = Observer(on_event)
        return Settings(
            POLLING,
            RETRYING,
            max_retries,
            resend,
            self._error_enum,
            self._observer,
            Limits(),
        )

    def _outcome(
        self, submission: Submission[ResultT], error: RunwareError | None
    ) -> Outcome[TaskRequest[ResultT]]:
        """Return what became of a task of a batch."""
        results = submission.task.results()
        if error is not None:
            error.results = [*results] or error.results
            self._engine.give_handle(error, submission)
        return Outcome(requested(submission), results, error)

    def _ended(
        self, delivery: Delivery[ResultT]
    ) -> list[tuple[Task[ResultT], Outcome[TaskRequest[ResultT]]]]:
        """Return the outcomes of the tasks that ended since this was last asked."""
        return [
            (submission.task, self._outcome(submission, error))
            for submission, error in delivery.ended()
        ]

    def _hand_over(self, tasks: Iterable[Task[ResultT]]) -> None:
        """Forget tasks whose outcome the caller gets now, but for those left open."""
        self._engine.open_tasks.close(t for t in tasks if not t.may_be_billed)

    def _error_enum(self, task_type: str) -> type[ErrorEnum] | None:
        from ...tasks._task_types import ATTRIBUTES

        attribute = ATTRIBUTES.get(task_type)
        return getattr(self, attribute).errors if attribute else None


def websocket_transport() -> type[WebSocketTransport]:
    """Return what carries calls over a WebSocket; it is imported only when it is used.

    Raises:
        ImportError: httpx2 is installed without its extra `ws`.
    """
    try:
        from ..transport.websocket import WebSocketTransport
    except ModuleNotFoundError as error:
        message = (
            "transport='websocket' needs httpx2 with its extra: pip install "
            "'httpx2[ws]'"
        )
        raise ImportError(message) from error
    return WebSocketTransport


def submissions_of(
    requests: Iterable[TaskRequest[ResultT]],
) -> list[Submission[ResultT]]:
    """Return the tasks of requests, not sent yet.

    Raises:
        TypeError: They are not requests, or one that is not in a list.
    """
    given = cast("object", requests)
    if not isinstance(given, Iterable) or hasattr(requests, "to_wire"):
        message = (
            f"several requests are expected, such as a list, not one "
            f"{type(requests).__name__}: run takes one"
        )
        raise TypeError(message)
    return [submission_of(request) for request in requests]


def with_async_delivery(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return the task of a request that is delivered later, where that is possible.

    A request that says itself how it is delivered is left as it is.
    """
    wire = wire_of(request)
    if "deliveryMethod" in wire or "async" not in request.deliveries:
        return submission_of(request)
    try:
        return submission_of(_delivered(request, "async"))
    except ValueError:  # another member rules it out
        return submission_of(request)


def with_stream_delivery(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return the task of a request that is delivered as a stream.

    Raises:
        ValueError: Its document does not offer that, or it asks for another delivery.
    """
    wanted = wire_of(request).get("deliveryMethod", "stream")
    if wanted != "stream" or "stream" not in request.deliveries:
        ways = ", ".join(request.deliveries) or "none that it names"
        message = (
            f"this {type(request).__name__} cannot be streamed: it asks for {wanted}, "
            f"and its document offers {ways}"
        )
        raise ValueError(message)
    return submission_of(_delivered(request, "stream"))


def _delivered(request: TaskRequest[ResultT], delivery: str) -> TaskRequest[ResultT]:
    wire = {**wire_of(request), "deliveryMethod": delivery}
    return type(request).from_wire(wire)
