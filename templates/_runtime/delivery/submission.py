"""Submissions: tasks with their request bodies and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, cast

from ..media.local_files import files_in
from ..schema.generics import ResultT
from ..transport.items import COUNTS, outputs_of
from .task import Task, Upload, encoded

if TYPE_CHECKING:
    from ..media.local_files import LocalFile
    from ..schema.requests import TaskRequest
    from ..transport.envelope import Item

SAVED = ("taskType", "taskUUID", "model", "deliveryMethod", *COUNTS)
"""The members of a task that polling it and parsing its results require."""


class Submission(Generic[ResultT]):
    """A task with its request body and its files.

    Attributes:
        task: The task. Calls with the same `taskUUID` share it; see `OpenTasks.shared`.
        is_async: Whether it orders async delivery. Another submission may have sent the task.
        wire: The whole task object, including files that must be uploaded first.
        request: The request; None for an upload.
        uploads: The files that must be uploaded first, each with its upload; None for a
            file whose upload has not started.
        is_streaming: Whether the task is sent by the stream of this submission.
        is_returned: Whether the call of this submission returns the results now.
        needs_uploads: Whether files must be uploaded before it is sent. Afterwards, `wire`
            has their UUIDs.
    """

    def __init__(
        self,
        task: Task[ResultT],
        wire: Item,
        request: TaskRequest[ResultT] | None = None,
        files: Iterable[LocalFile] = (),
    ) -> None:
        """Create a submission; `files` are the files in the task object."""
        self.task = task
        self.is_async: bool = task.is_async
        self.wire = wire
        self.request = request
        self.uploads: dict[LocalFile, Upload | None] = dict.fromkeys(files)
        self.is_streaming: bool = False
        self.is_returned: bool = False
        self.needs_uploads: bool = bool(self.uploads)

    @property
    def is_stream(self) -> bool:
        """Whether its response is a stream of server-sent events."""
        default = self.request.default_delivery if self.request else None
        return self.wire.get("deliveryMethod", default) == "stream"

    @property
    def saved(self) -> Item:
        """The members that polling the task and parsing its results require."""
        return _saved(self.wire)

    @property
    def price_key(self) -> str:
        """A digest of what its price depends on. A changed copy of a request has another."""
        priced = {n: v for n, v in self.wire.items() if n != "deliveryMethod"}
        return sha256(encoded(priced), usedforsecurity=False).hexdigest()

    def encoded(self) -> bytes:
        """Return the task as JSON text."""
        return encoded(self.wire)


def submission_of(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return an unsent task for a request."""
    wire = wire_of(request)
    delivery = wire.get("deliveryMethod", request.default_delivery)
    result: Any = request.result
    task = task_of(wire, result, delivery)
    task.latency = request.shortest_latency
    return Submission(task, wire, request, files_in(wire))


def submissions_of(
    requests: Iterable[TaskRequest[ResultT]],
) -> list[Submission[ResultT]]:
    """Return unsent tasks for requests.

    Raises:
        TypeError: One of them is not a request, or a single request is not in a list.
    """
    given = cast("object", requests)
    if not isinstance(given, Iterable) or hasattr(requests, "to_wire"):
        message = (
            f"expected a list of requests, not one {type(requests).__name__}. Use run to "
            "run one request"
        )
        raise TypeError(message)
    return [submission_of(request) for request in requests]


def async_submission_of(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return an unsent task with async delivery, if its document offers that.

    A request that selects a delivery method keeps it.
    """
    wire = wire_of(request)
    if "deliveryMethod" in wire or "async" not in request.deliveries:
        return submission_of(request)
    try:
        return submission_of(_delivered(request, "async"))
    except ValueError:  # not allowed together with another member
        return submission_of(request)


def stream_submission_of(request: TaskRequest[ResultT]) -> Submission[ResultT]:
    """Return an unsent task that is delivered as a stream.

    Raises:
        ValueError: The document does not offer streams, or the request selects another
            delivery method.
    """
    wanted = wire_of(request).get("deliveryMethod", "stream")
    if wanted != "stream" or "stream" not in request.deliveries:
        offered = ", ".join(request.deliveries) or "no delivery methods"
        reason = f"Its document offers {offered}"
        if wanted != "stream":
            reason = f"It requests the delivery method {wanted}"
        message = f"this {type(request).__name__} cannot be streamed. {reason}"
        raise ValueError(message)
    return submission_of(_delivered(request, "stream"))


def _delivered(request: TaskRequest[ResultT], delivery: str) -> TaskRequest[ResultT]:
    wire = {**wire_of(request), "deliveryMethod": delivery}
    return type(request).from_wire(wire)


def task_of(
    wire: Mapping[str, Any], result: type[ResultT], delivery: str | None
) -> Task[ResultT]:
    """Return a new task, from its task object or from the members in `SAVED`."""
    outputs = outputs_of(str(wire["taskType"]), result)
    read = partial(_read, result)
    return Task(_saved(wire), read, outputs, is_async=delivery == "async")


def _saved(wire: Mapping[str, Any]) -> Item:
    return {name: wire[name] for name in SAVED if name in wire}


def _read(result: type[ResultT], item: Item) -> ResultT:
    """Parse a copy of an item, which validators of a subclass may change."""
    return result.model_validate(dict(item), by_alias=True, by_name=False)


def wire_of(request: object) -> Item:
    """Return the task object of a request, with files that must be uploaded first.

    Raises:
        TypeError: It is not a request.
    """
    from ..schema.json_types import serialized
    from ..schema.requests import TaskRequest  # slow to import

    if not isinstance(request, TaskRequest):
        raise TypeError(_not_a_request(request))
    wire: Item = serialized(request)
    return wire


def _not_a_request(value: object) -> str:
    """Return the error message for a value that is not a request."""
    if isinstance(value, type):
        name = value.__name__
        return f"{name} is a class, not a request. Create a request with {name}(...)"
    kind = type(value).__name__
    if isinstance(value, dict):
        return f"a {kind} is not a request. Create one with parse_request(task)"
    if isinstance(value, (list, tuple)):
        return f"a {kind} is not a request. Use run_many to run several requests"
    bases = [base for base in type(value).__mro__ if base.__name__ == "TaskRequest"]
    if not bases:
        return f"expected a request, not {kind}"
    package, own = (
        name.split("._runtime.")[0] for name in (bases[0].__module__, __name__)
    )
    if package != own:
        return (
            f"{kind} is a class of {package}. Use a client of {package}, not of {own}"
        )
    return (
        f"the class {kind} is of another import of this package. Create the request"
        " again with parse_request(request.to_wire())"
    )
