"""Answers the POSTs of clients, and fails where it is to."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from runware_codegen.mock import replies
from runware_codegen.mock.faults import LASTING, OVER_HTTP, Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    Envelope,
    Refusal,
    error_item,
    text_of,
)
from runware_codegen.mock.orders import disordered, read_tasks
from runware_codegen.mock.streams import EventStream

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from runware_codegen.mock.desk import Desk
    from runware_codegen.mock.faults import Faults
    from runware_codegen.mock.limits import RateLimit
    from runware_codegen.mock.orders import Order
    from runware_codegen.mock.webhooks import Webhooks


class Posts:
    """The endpoint of tasks."""

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

    async def __call__(self, request: Request) -> Response:
        """Answer one POST."""
        self._ledger.exchanges += 1
        name = f"mock-{self._ledger.exchanges}"
        response = await self._response(request)
        response.headers["X-Request-Id"] = name
        return response

    async def _response(self, request: Request) -> Response:
        try:
            fault = self._faults.draw(OVER_HTTP, request.headers)
            early = await self._before(request, fault)
            return early or await self._answer(request, fault)
        except Refusal as refusal:
            return replies.refused(refusal.status, refusal.errors)
        except ClientDisconnect:
            return replies.Dropped()

    async def _before(self, request: Request, fault: Fault | None) -> Response | None:
        """The answer of an exchange of which nothing is accepted."""
        retry_after = self._rules.retry_after
        if fault is Fault.REFUSE:
            self._ledger.note_fault(fault)
            return replies.Dropped(resets=True)
        if fault is Fault.DROP_BEFORE:
            self._ledger.note_fault(fault)
            await self._body(request)
            return replies.Dropped()
        if fault is Fault.RATE_LIMIT:
            self._ledger.note_fault(fault)
            return replies.rate_limited(retry_after)
        if fault is Fault.UNAVAILABLE:
            self._ledger.note_fault(fault)
            return replies.unavailable(retry_after)
        if fault in {Fault.ERROR_500, Fault.BAD_GATEWAY} and self._faults.coin():
            self._ledger.note_fault(fault)
            return _failed(fault)
        return None if self._limit.lets_through() else replies.rate_limited(retry_after)

    async def _answer(self, request: Request, fault: Fault | None) -> Response:
        tasks = read_tasks(await self._body(request))
        self._check_key(request, tasks)
        if fault is Fault.DELAY:
            self._ledger.note_fault(fault)
            await asyncio.sleep(self._rules.delay)
        base_url = str(request.base_url).rstrip("/")
        order = self._desk.take(tasks, base_url, fault, can_stream=True)
        self._webhooks.watch(order.accepted)
        if fault in LASTING and order.accepted:
            self._ledger.note_fault(fault)
        return await self._after(order, fault)

    async def _after(self, order: Order, fault: Fault | None) -> Response:
        """The answer of an exchange whose tasks are accepted."""
        if fault is Fault.DROP_AFTER:
            self._ledger.note_fault(fault)
            return replies.Dropped()
        if fault in {Fault.ERROR_500, Fault.BAD_GATEWAY}:
            self._ledger.note_fault(fault)
            return _failed(fault)
        if task := order.stream:
            breaks = fault in {Fault.DROP_DURING, Fault.TRUNCATED}
            if breaks:
                self._ledger.note_fault(fault)
            return EventStream(task, self._ledger, breaks=breaks)
        if order.seconds == inf:
            return replies.Silent()
        await asyncio.sleep(order.seconds)
        return self._written(order.whole_answer(), order.http_status, fault)

    def _written(
        self, envelope: Envelope, status: int, fault: Fault | None
    ) -> Response:
        if fault is Fault.DROP_DURING:
            self._ledger.note_fault(fault)
            return replies.Half(envelope)
        if fault is Fault.TRUNCATED:
            self._ledger.note_fault(fault)
            return replies.truncated(envelope)
        data = disordered(envelope.data, fault)
        if data != envelope.data:
            self._ledger.note_fault(fault)
        altered = Envelope(data, envelope.errors)
        return replies.Reply(altered, self._ledger, status)

    def _check_key(self, request: Request, tasks: list[Any]) -> None:
        """Let a call through whose header, or else whose first task, has a good key."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            self._desk.check_key(key.strip())
        elif text_of(tasks[0] if tasks else None, "taskType") != AUTHENTICATION:
            self._desk.check_key("")
        else:
            self._desk.check_key(text_of(tasks[0], "apiKey"))

    async def _body(self, request: Request) -> bytes:
        """Read the body.

        Raises:
            Refusal: It is too large.
        """
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self._rules.max_body:
                message = f"A body may have {self._rules.max_body} bytes."
                raise Refusal(413, error_item("payloadTooLarge", message))
        return bytes(body)


def _failed(fault: Fault | None) -> Response:
    if fault is Fault.ERROR_500:
        return replies.internal_error()
    return replies.bad_gateway()
