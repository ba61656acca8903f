"""Answers clients over WebSockets, and keeps messages that could not be sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from runware_codegen.documents.members import text_of
from runware_codegen.mock import background, connections, refusals
from runware_codegen.mock.alterations import altered, selected
from runware_codegen.mock.batch import Batch, read_tasks
from runware_codegen.mock.faults import AT_HANDSHAKE, OVER_SOCKET, Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    Envelope,
    Item,
    RefusalError,
    is_poll,
)
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.service import TaskService, authenticated
from runware_codegen.mock.validation import validate

_POLICY_VIOLATION = 1008
_GOING_AWAY = 1001


@dataclass(slots=True, eq=False)
class Session:
    """The session of a client, which can outlive its connection.

    Attributes:
        uuid: The connectionSessionUUID.
        socket: Its last connection.
        kept: Messages that could not be sent, with their times on the monotonic clock.
        used: The time of its last message, on the same clock.
    """

    uuid: str
    socket: WebSocket
    kept: list[tuple[float, Envelope]] = field(
        default_factory=list[tuple[float, Envelope]]
    )
    used: float = field(default_factory=monotonic)

    async def send(
        self,
        envelope: Envelope,
        ledger: Ledger,
        alter: Callable[[Item], Item] | None = None,
    ) -> None:
        """Send a message, or keep it if it cannot be sent.

        Args:
            envelope: The message.
            ledger: Records its items as collected when it is sent.
            alter: Changes each item of `data` before it is sent.
        """
        self.used = monotonic()
        try:
            await self.socket.send_text(envelope.to_text(alter))
            is_sent = connections.is_open(self.socket.scope)
        except (WebSocketDisconnect, RuntimeError, OSError):
            is_sent = False
        if is_sent:
            ledger.collect(envelope.data)
        else:
            self.kept.append((self.used, envelope))


class WebSocketHandler:
    """The endpoint of WebSockets."""

    def __init__(self, service: TaskService) -> None:
        self._service = service
        self._ledger = service.ledger
        self._faults = service.faults
        self._options = service.options
        self._sessions: dict[str, Session] = {}

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one connection."""
        try:
            if fault := self._faults.draw(AT_HANDSHAKE, websocket.headers):
                self._ledger.note_fault(fault)
                connections.reset(websocket.scope)
                await connections.ended(websocket.receive)
                return
            await websocket.accept()
            await self._serve(websocket)
        except WebSocketDisconnect:
            return
        except TimeoutError:
            await _close(
                websocket, _GOING_AWAY, "The connection was idle for too long."
            )
        except RefusalError as refusal:
            code = refusal.errors[0]["code"]
            await _close(websocket, _POLICY_VIOLATION, code, refusal.errors)

    async def _serve(self, websocket: WebSocket) -> None:
        """Authenticate a client, then answer its messages."""
        first, *tasks = read_tasks(await self._receive(websocket))
        session = await self._authenticate(websocket, first)
        headers: Mapping[str, str] = websocket.headers
        while True:
            if tasks:
                await self._process(session, tasks, headers)
                headers = {}  # headers select the fault of one exchange
            try:
                tasks = read_tasks(await self._receive(websocket))
            except RefusalError as refusal:
                tasks = []
                await session.send(Envelope([], refusal.errors), self._ledger)

    async def _receive(self, websocket: WebSocket) -> str | bytes:
        """Return the next message.

        Raises:
            TimeoutError: If the connection is idle for too long.
        """
        async with asyncio.timeout(self._options["idle_timeout"]):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        return message.get("text") or message.get("bytes") or ""

    async def _authenticate(self, websocket: WebSocket, task: Any) -> Session:
        """Authenticate a client, and send the messages that were kept for it."""
        if text_of(task, "taskType") != AUTHENTICATION:
            self._service.check_key("")
        validate(task, self._service.catalog)
        self._service.check_key(text_of(task, "apiKey"))
        oldest = monotonic() - self._options["idle_timeout"]
        self._sessions = {u: s for u, s in self._sessions.items() if s.used >= oldest}
        uuid = text_of(task, "connectionSessionUUID")
        session = self._sessions.get(uuid) or Session(str(uuid4()), websocket)
        self._sessions[session.uuid] = session
        session.socket = websocket
        await session.send(Envelope([authenticated(session.uuid)], []), self._ledger)
        kept, session.kept = session.kept, []
        for since, envelope in kept:
            if since >= oldest:
                await session.send(envelope, self._ledger)
        return session

    async def _process(
        self, session: Session, tasks: list[Any], headers: Mapping[str, str]
    ) -> None:
        """Process the tasks of one message."""
        self._ledger.exchanges += 1
        session.used = monotonic()
        try:
            fault = self._faults.draw(OVER_SOCKET, headers)
            if not self._drops_message(session, tasks, fault):
                self._apply_refusals(tasks, fault)
                batch = self._service.process(
                    tasks,
                    _base_url(session),
                    fault,
                    can_stream=False,
                    is_dry=_is_dry(session),
                )
                await self._answer(session, batch, fault)
        except RefusalError as refusal:
            await session.send(Envelope([], refusal.errors), self._ledger)

    def _drops_message(
        self, session: Session, tasks: list[Any], fault: Fault | None
    ) -> bool:
        """Close the connection if the fault accepts no tasks now; return whether it does."""
        starts_none = is_poll(tasks) or _is_dry(session)
        is_late = fault is Fault.LATE_ACCEPTANCE and not starts_none
        if fault is not Fault.DROP_BEFORE and not is_late:
            return False
        self._ledger.note_fault(fault)
        connections.close(session.socket.scope)
        if is_late:
            later = self._service.process_later(tasks, _base_url(session))
            background.start(later)
        return True

    def _apply_refusals(self, tasks: list[Any], fault: Fault | None) -> None:
        """Refuse a message by the rate limit or a fault, at random with or without taskUUIDs."""
        wait = self._options["retry_after"]
        if not self._service.limit.allows_request():
            raise refusals.overloaded(Fault.RATE_LIMIT, wait, tasks)
        if fault is Fault.ERROR_500 and self._faults.coin():
            self._ledger.note_fault(fault)
            raise refusals.internal_error()
        if fault in refusals.OVERLOADED:
            self._ledger.note_fault(fault)
            named = tasks if self._faults.coin() else (None,)
            raise refusals.overloaded(fault, wait, named)

    async def _answer(
        self, session: Session, batch: Batch, fault: Fault | None
    ) -> None:
        """Send the acknowledgements of accepted tasks, and later their results."""
        if fault in {Fault.DROP_AFTER, Fault.ERROR_500}:
            self._ledger.note_fault(fault)
        if fault is Fault.DROP_AFTER:
            connections.close(session.socket.scope)
        if fault is Fault.ERROR_500:
            raise refusals.internal_error()
        answer = batch.answer
        if answer.data or answer.errors or not batch.sync_tasks:
            if fault is Fault.LATE_ANSWER:
                background.start(self._send_late(session, answer))
            else:
                sent, alter = self._service.altered(answer, fault)
                await session.send(sent, self._ledger, alter)
        if batch.sync_tasks:
            background.start(self._deliver(session, batch, fault))

    async def _send_late(self, session: Session, answer: Envelope) -> None:
        """Send a message after the delay, without delaying other messages."""
        self._ledger.note_fault(Fault.LATE_ANSWER)
        await asyncio.sleep(self._options["delay"])
        await session.send(answer, self._ledger)

    async def _deliver(
        self, session: Session, batch: Batch, fault: Fault | None
    ) -> None:
        """Send results and errors of tasks as soon as they are available."""
        alter = partial(altered, fault=fault, rng=self._faults.random)
        messages = sorted(_messages(batch), key=lambda message: message[0])
        sent = selected(messages, fault)
        is_changed = any(alter(item) != item for _, one in sent for item in one.data)
        is_late = fault in {Fault.DELAY, Fault.LATE_ANSWER}
        if sent != messages or is_changed or is_late or fault is Fault.WS_DROP:
            self._ledger.note_fault(fault)
        if is_late:
            await asyncio.sleep(self._options["delay"])
        for index, (at, envelope) in enumerate(sent):
            if fault is Fault.WS_DROP and index == len(sent) // 2:
                connections.close(session.socket.scope)
            await asyncio.sleep(at - monotonic())
            await session.send(envelope, self._ledger, alter)


def _messages(batch: Batch) -> Iterator[tuple[float, Envelope]]:
    """Yield the messages of a batch, each with its time."""
    for task in batch.sync_tasks:
        if task.run.failed_at < inf:
            yield task.run.failed_at, Envelope([], [task.failure()])
        for result in task.run.results:
            yield result.finished_at, Envelope([result.item], [])


def _is_dry(session: Session) -> bool:
    """Return whether the tasks of a connection are dry runs: priced, and not run."""
    return session.socket.query_params.get("dryRun") == "1"


def _base_url(session: Session) -> str:
    return str(session.socket.base_url).rstrip("/").replace("ws", "http", 1)


async def _close(
    websocket: WebSocket, code: int, reason: str, errors: list[Item] | None = None
) -> None:
    """Send the reason, and close a connection."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        if websocket.application_state is WebSocketState.CONNECTING:
            await websocket.accept()
        if errors:
            await websocket.send_text(Envelope([], errors).to_text())
        await websocket.close(code, reason)
