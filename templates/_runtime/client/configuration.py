"""The configuration of a client, shared by the sync and the async client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from copy import copy
from functools import cached_property
from math import inf
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NoReturn,
    Self,
    TypeAlias,
    TypeVar,
    cast,
)

from ..delivery.account import Account, cost_of
from ..delivery.batches import Resend, Settings
from ..delivery.dry_run import DrySubmission, dry_run_of
from ..delivery.events import Event, Observer
from ..delivery.server_facts import ServerFacts
from ..delivery.submission import Submission, submission_of
from ..json_values import is_number
from ..timeouts import valid_timeout
from ..transport.api_key import ApiKey
from ..transport.endpoint import (
    RUNWARE_SOCKET_URL,
    RUNWARE_URL,
    Endpoint,
    Headers,
    checked_headers,
    merged,
    shown_url,
)
from ..transport.waits import POLLING, RETRYING, Waits
from .base_engine import EngineT, requested

if TYPE_CHECKING:
    from decimal import Decimal

    from ..delivery.delivery import Delivery
    from ..delivery.outcome import DryRun, Outcome
    from ..error_enum import ErrorEnum
    from ..exceptions import RunwareError
    from ..schema.generics import ResultT
    from ..schema.requests import TaskRequest

    # Jedi completes no object that has a property with a Literal that it can evaluate.
    from ..transport.endpoint import Auth
    from ..transport.websocket import WebSocketTransport

BASE_URL_VARIABLE = "RUNWARE_BASE_URL"

Channel: TypeAlias = Literal["http", "websocket"]
RESENDS = ("safe", "eager", "never")
SCHEMES = {"http": ("https", "http"), "websocket": ("wss", "ws")}

ClientT = TypeVar("ClientT", bound="Client[Any]")
"""A client in `with`. Jedi takes `Self` for the class that defines the method."""


class Client(Generic[EngineT]):
    """The configuration of a client."""

    _engine: EngineT

    def __repr__(self) -> str:
        name = type(self).__name__
        if "_engine" not in vars(self):  # the constructor has failed
            return f"{name}()"
        return f"{name}(base_url={self.base_url!r}, auth={self.auth!r})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name.startswith("_") or hasattr(type(self), name):
                return super().__getattribute__(name)  # raises its own error again
            from ...tasks._task_types import ATTRIBUTES

            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}. This package has "
                f"documents of {', '.join(ATTRIBUTES)}. For another task type, generate it "
                "with a document of that type, such as builtin:TASKTYPE",
                name=name,
                obj=self,
            )

    def __reduce__(self) -> NoReturn:
        message = "a client cannot be pickled or copied. Create one in each process"
        raise TypeError(message)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        resend: Resend | None = None,
        extra_headers: Headers = None,
        base_url: str | None = None,
    ) -> Self:
        """Return a client with other options, for one or more calls.

        Example::

            client.with_options(timeout=30, max_retries=0).run(request)

        Both clients share connections, costs, budget, uploaded files and unfinished
        tasks. A task is polled at the address to which it was sent. Closing one client
        closes both. None keeps the option of this client.

        Args:
            timeout: The timeout of a call in seconds.
            max_retries: The maximum number of times that a task is sent again.
            resend: Whether a task that the server may have is sent again.
            extra_headers: HTTP headers of every call.
                They are added to the headers of this client, or replace them.
            base_url: The address to which tasks are posted.

        Raises:
            ValueError: An option is not valid, or the client uses a WebSocket and the
                option would need another connection.
        """
        known, settings = self._engine.endpoint, self._engine.settings
        if known.url.startswith("ws") and (extra_headers or base_url):
            raise ValueError(
                "extra_headers and base_url cannot be changed for an open WebSocket. "
                "Create another client with default_headers and base_url"
            )
        url = known.url if base_url is None else _valid_url(base_url, "http")
        headers = merged(known.default_headers, checked_headers(extra_headers))
        endpoint = Endpoint(url, known.key, known.auth, headers)
        if max_retries is not None:
            settings = settings._replace(max_retries=_valid_retries(max_retries))
        if resend is not None:
            settings = settings._replace(resend=_valid_resend(resend))
        limit = self.timeout if timeout is None else valid_timeout(timeout)
        engine = self._engine.derived(endpoint, settings, limit)
        kind = type(self)
        client = object.__new__(kind)
        for name, value in vars(self).items():
            if not isinstance(getattr(kind, name, None), cached_property):
                vars(client)[name] = value
        vars(client)["_engine"] = engine
        return client

    def _engine_for(self, max_retries: int | None) -> EngineT:
        """Return the engine of a call, which may have its own number of retries."""
        engine = self._engine
        if max_retries is None:
            return engine
        settings = engine.settings._replace(max_retries=_valid_retries(max_retries))
        return engine.derived(engine.endpoint, settings, engine.timeout)

    def _dry_run_of(self, request: TaskRequest[Any]) -> DrySubmission:
        submission = self._engine.with_known_uploads(submission_of(request))
        return dry_run_of(submission, self._engine.settings.server)

    def _priced(
        self,
        requests: Iterable[TaskRequest[ResultT]],
        dry_runs: Iterable[DrySubmission],
        delivery: Delivery[Any],
    ) -> list[DryRun[ResultT]]:
        """Return the results of dry runs, and remember their costs for the budget."""
        from ..delivery.outcome import DryRun  # only dry runs need it

        priced: list[DryRun[ResultT]] = []
        for request, dry_run in zip(requests, dry_runs, strict=True):
            submission = submission_of(request)
            task = submission.task
            error = delivery.error(dry_run.task)
            if error is not None:
                error = error.about(task.task_type, task.task_uuid)
            cost = cost_of(dry_run.task)
            if cost is not None:
                self._engine.settings.account.note_price(submission.price_key, cost)
            priced.append(DryRun(request, cost, dry_run.task.results(), error))
        return priced

    @property
    def base_url(self) -> str:
        """The address to which tasks are posted, without user name and password."""
        return shown_url(self._engine.endpoint.url)

    @property
    def auth(self) -> Auth:
        """Whether the API key is sent in a header or as the first task."""
        return self._engine.endpoint.auth

    @property
    def timeout(self) -> float:
        """The default timeout of a call in seconds."""
        return self._engine.timeout

    @property
    def cost(self) -> float:
        """The sum of the costs in the results of finished tasks, in US dollars."""
        return float(self._engine.settings.account.cost)

    @property
    def budget(self) -> Decimal | None:
        """The US dollars that its tasks may cost together; None without a limit."""
        return self._engine.settings.account.budget

    @property
    def polling(self) -> Waits:
        """The waits before polls of an unfinished task. Settable."""
        return self._engine.settings.polling

    @polling.setter
    def polling(self, waits: Waits) -> None:
        settings = self._engine.settings
        self._engine.settings = settings._replace(polling=_valid_waits(waits))

    @property
    def retrying(self) -> Waits:
        """The waits before retries. Settable."""
        return self._engine.settings.retrying

    @retrying.setter
    def retrying(self, waits: Waits) -> None:
        settings = self._engine.settings
        self._engine.settings = settings._replace(retrying=_valid_waits(waits))

    def _settings(
        self,
        max_retries: int,
        resend: Resend,
        budget: Decimal | None,
        on_event: Callable[[Event], object] | None,
    ) -> Settings:
        return Settings(
            POLLING,
            RETRYING,
            _valid_retries(max_retries),
            _valid_resend(resend),
            self._error_enum,
            Observer(on_event),
            ServerFacts(),
            Account(budget),
        )

    def _hand_over(
        self, submission: Submission[Any], failure: RunwareError | None
    ) -> Outcome[Any]:
        """Return the outcome of a task, and remove the task from `unfinished()`.

        A task whose results can be collected later stays there.
        """
        from ..delivery.outcome import Outcome  # only calls for many tasks need it

        task = submission.task
        error = copy(failure)  # calls that share the task have their own
        if error is not None:
            error.results = [*task.results()] or error.results
            self._engine.give_handle(error, submission)
        if task.is_done and failure is not task.error:
            # Another call has finished it in the meantime.
            return self._hand_over(submission, task.error)
        if error is None or error.handle is None:
            submission.is_returned = True
            self._engine.open_tasks.close([task])
        return Outcome(requested(submission), task.results(), error)

    def _error_enum(self, task_type: str) -> type[ErrorEnum] | None:
        from ...tasks._task_types import ATTRIBUTES

        attribute = ATTRIBUTES.get(task_type)
        return getattr(self, attribute).errors if attribute else None


def valid_endpoint(
    api_key: str | None,
    base_url: str | None,
    auth: Auth,
    default_headers: Headers,
    channel: Channel = "http",
) -> Endpoint:
    """Return the endpoint of a client, if all arguments are valid."""
    if channel not in SCHEMES:
        raise ValueError(f"transport must be 'http' or 'websocket', not {channel!r}")
    url = _valid_url(base_url, channel)
    if auth not in ("header", "payload"):
        raise ValueError(f"auth must be 'header' or 'payload', not {auth!r}")
    headers = merged(checked_headers(default_headers))
    return Endpoint(url, ApiKey(api_key), auth, headers)


def _valid_url(base_url: str | None, channel: Channel) -> str:
    """Return the address to which tasks are posted, if its scheme fits the channel."""
    source = "base_url"
    if base_url is None and (named := os.environ.get(BASE_URL_VARIABLE, "").strip()):
        base_url, source = named, f"the environment variable {BASE_URL_VARIABLE}"
    if base_url is None:
        base_url = RUNWARE_URL
    if not isinstance(cast("object", base_url), str):
        raise TypeError(f"base_url must be a str, not {type(base_url).__name__}")
    if channel == "websocket" and base_url == RUNWARE_URL:
        base_url = RUNWARE_SOCKET_URL
    best, other = SCHEMES[channel]
    scheme, _, rest = base_url.strip().partition("://")
    if scheme.lower() not in (best, other):
        raise ValueError(
            f"{source} must start with {best}:// or {other}://, not "
            f"{shown_url(base_url)!r}"
        )
    return f"{scheme.lower()}://{rest}"


def _valid_retries(max_retries: int) -> int:
    return valid_integer("max_retries", max_retries, 0)


def valid_integer(name: str, value: int, least: int) -> int:
    """Return the value of an argument, if it is an integer and not too small."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name} must be an integer of {least} or more, not {value!r}")
    return value


def _valid_waits(waits: Waits) -> Waits:
    """Return waits, if they are numbers and never decrease."""
    if not isinstance(cast("object", waits), Waits):
        raise TypeError(f"waits must be Waits, such as Waits(first=1.0), not {waits!r}")
    first = 0 if waits.first is None else waits.first
    given = (("first", first, 0), ("factor", waits.factor, 1))
    for name, value, least in (*given, ("longest", waits.longest, 0)):
        if not is_number(value) or not least <= value < inf:
            raise ValueError(
                f"{name} of Waits must be a number of {least} or more, not {value!r}"
            )
    return waits


def _valid_resend(resend: Resend) -> Resend:
    if resend not in RESENDS:
        names = ", ".join(map(repr, RESENDS))
        raise ValueError(f"resend must be one of {names}, not {resend!r}")
    return resend


def websocket_transport() -> type[WebSocketTransport]:
    """Import and return the WebSocket transport.

    Raises:
        ImportError: httpx2 is installed without its extra `ws`.
    """
    try:
        from ..transport.websocket import WebSocketTransport
    except ModuleNotFoundError as error:
        raise ImportError(
            "transport='websocket' needs the extra `ws` of httpx2: pip install "
            "'httpx2[ws]'"
        ) from error
    return WebSocketTransport
