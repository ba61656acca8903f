"""Talks with clients over WebSockets, and keeps what they could not be told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.websockets import (
    WebSocket,
    WebSocketDisconnect,
    WebSocketState,
)

from runware_codegen.mock import connections
from runware_codegen.mock.desk import authenticated
from runware_codegen.mock.faults import AT_HANDSHAKE, LASTING, OVER_SOCKET, Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    Envelope,
    Refusal,
    error_item,
    text_of,
)
from runware_codegen.mock.judging import judge
from runware_codegen.mock.orders import disordered, read_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runware_codegen.mock.desk import Desk
    from runware_codegen.mock.faults import Faults
    from runware_codegen.mock.items import Item
    from runware_codegen.mock.ledger import Ledger
    from runware_codegen.mock.limits import RateLimit
    from runware_codegen.mock.orders import Order
    from runware_codegen.mock.webhooks import Webhooks

_POLICY_VIOLATION = 1008
_GOING_AWAY = 1001


@dataclass(slots=True, eq=False)
class Session:
    """A client's place, which outlives its connection.

    Attributes:
        uuid: The connectionSessionUUID.
        socket: The connection, the last one that came for it.
        kept: What could not be sent, with the time since when, on the monotonic clock.
    """

    uuid: str
    socket: WebSocket
    kept: list[tuple[float, Envelope]] = field(
        default_factory=list[tuple[float, Envelope]]
    )

    async def send(self, envelope: Envelope, ledger: Ledger) -> None:
        """Send an answer, or keep it where it cannot be sent."""
        text = json.dumps(envelope.to_wire())
        try:
            await self.socket.send_text(text)
            is_sent = connections.is_open(self.socket.scope)
        except (WebSocketDisconnect, RuntimeError, OSError):
            is_sent = False
        if is_sent:
            ledger.collect(envelope.data)
        else:
            self.kept.append((monotonic(), envelope))


class Sockets:
    """The endpoint of WebSockets."""

    def __init__(
        self,
        desk: Desk,
        faults: Faults,
        limit: RateLimit,
        webhooks: Webhooks,
    ) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._faults = faults
        self._limit = limit
        self._webhooks = webhooks
        self._rules = desk.rules
        self._sessions: dict[str, Session] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def __call__(self, websocket: WebSocket) -> None:
        """Talk with one client."""
        try:
            if fault := self._faults.draw(AT_HANDSHAKE, websocket.headers):
                self._ledger.note_fault(fault)
                connections.reset(websocket.scope)
                await connections.ended(websocket.receive)
                return
            await websocket.accept()
            await self._talk(websocket)
        except WebSocketDisconnect:
            return
        except TimeoutError:
            await _dismiss(websocket, _GOING_AWAY, "Nothing was heard for too long.")
        except Refusal as refusal:
            code = refusal.errors[0]["code"]
            await _dismiss(websocket, _POLICY_VIOLATION, code, refusal.errors)

    async def _talk(self, websocket: WebSocket) -> None:
        """Let a client in, then answer its frames.

        Raises:
            Refusal: It may not come in.
        """
        first, *tasks = read_tasks(await self._heard(websocket))
        session = await self._enter(websocket, first)
        headers: Mapping[str, str] = websocket.headers
        while True:
            if tasks:
                await self._take(session, tasks, headers)
                headers = {}  # they are about one exchange
            try:
                tasks = read_tasks(await self._heard(websocket))
            except Refusal as refusal:
                tasks = []
                await session.send(Envelope([], refusal.errors), self._ledger)

    async def _heard(self, websocket: WebSocket) -> str | bytes:
        """The text of the next frame.

        Raises:
            TimeoutError: There was none for too long.
        """
        async with asyncio.timeout(self._rules.patience):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        return message.get("text") or message.get("bytes") or ""

    async def _enter(self, websocket: WebSocket, task: Any) -> Session:
        """Let a client in, and give it what was kept for it.

        Raises:
            Refusal: Its first task does not authenticate it.
        """
        if text_of(task, "taskType") != AUTHENTICATION:
            self._desk.check_key("")
        judge(task, self._desk.catalog)
        self._desk.check_key(text_of(task, "apiKey"))
        wanted = text_of(task, "connectionSessionUUID")
        session = self._sessions.get(wanted) or Session(str(uuid4()), websocket)
        self._sessions[session.uuid] = session
        session.socket = websocket
        await session.send(Envelope([authenticated(session.uuid)], []), self._ledger)
        kept, session.kept = session.kept, []
        for since, envelope in kept:
            if monotonic() - since <= self._rules.patience:
                await session.send(envelope, self._ledger)
        return session

    async def _take(
        self, session: Session, tasks: list[Any], headers: Mapping[str, str]
    ) -> None:
        """Answer the tasks of one frame."""
        self._ledger.exchanges += 1
        scope = session.socket.scope
        try:
            fault = self._faults.draw(OVER_SOCKET, headers)
            if fault is Fault.DROP_BEFORE:
                self._ledger.note_fault(fault)
                connections.close(scope)
                return
            self._check_limit(tasks)
            base_url = str(session.socket.base_url).rstrip("/")
            base_url = base_url.replace("ws", "http", 1)
            order = self._desk.take(tasks, base_url, fault, can_stream=False)
        except Refusal as refusal:
            await session.send(Envelope([], refusal.errors), self._ledger)
            return
        self._webhooks.watch(order.accepted)
        if fault is Fault.DROP_AFTER or (fault in LASTING and order.accepted):
            self._ledger.note_fault(fault)
        if fault is Fault.DROP_AFTER:
            connections.close(scope)
        if order.answer.data or order.answer.errors:
            await session.send(order.answer, self._ledger)
        if order.awaited:
            delivering = asyncio.create_task(self._deliver(session, order, fault))
            self._under_way.add(delivering)
            delivering.add_done_callback(self._under_way.discard)

    def _check_limit(self, tasks: list[Any]) -> None:
        """Let a frame through if there is room.

        Raises:
            Refusal: There is none now.
        """
        if not self._limit.lets_through():
            message = "There are too many calls; wait a little."
            raise Refusal(
                429, *(error_item("rateLimitExceeded", message, t) for t in tasks)
            )

    async def _deliver(
        self, session: Session, order: Order, fault: Fault | None
    ) -> None:
        """Send the results of tasks, each as soon as it is there."""
        made = [item for task in order.awaited for item in task.run.made]
        made.sort(key=lambda one: one.at)
        sent = disordered(made, fault)
        if sent != made or fault in {Fault.DELAY, Fault.WS_DROP}:
            self._ledger.note_fault(fault)
        if fault is Fault.DELAY:
            await asyncio.sleep(self._rules.delay)
        for index, one in enumerate(sent):
            if fault is Fault.WS_DROP and index == len(sent) // 2:
                connections.close(session.socket.scope)
            await asyncio.sleep(one.at - monotonic())
            await session.send(Envelope([one.item], []), self._ledger)
        for task in order.awaited:
            if task.run.fate.fails:
                await asyncio.sleep(task.run.ends - monotonic())
                await session.send(Envelope([], [task.failure()]), self._ledger)


async def _dismiss(
    websocket: WebSocket, code: int, reason: str, errors: list[Item] | None = None
) -> None:
    """Close a connection, after saying why."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        if websocket.application_state is WebSocketState.CONNECTING:
            await websocket.accept()
        if errors:
            await websocket.send_text(json.dumps({"errors": errors}))
        await websocket.close(code, reason)
