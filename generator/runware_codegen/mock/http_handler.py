"""Answers POST requests, with faults if there are any."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from runware_codegen.documents.members import text_of
from runware_codegen.mock import background, refusals, replies
from runware_codegen.mock.batch import Batch, read_tasks
from runware_codegen.mock.faults import MAYBE_ACCEPTED, OVER_HTTP, Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    Envelope,
    RefusalError,
    error_item,
    is_poll,
)
from runware_codegen.mock.service import TaskService
from runware_codegen.mock.streams import EventStream

_REDIRECTS = (301, 302, 303, 307, 308)

_DRY_RUN = "X-Runware-Dry-Run"
"""The header of a call whose tasks are priced, and not run."""

_NOWHERE = "http://127.0.0.1:1/v1"
"""A URL whose port is closed."""


class HttpHandler:
    """The endpoint of tasks over HTTP."""

    def __init__(self, service: TaskService) -> None:
        self._service = service
        self._ledger = service.ledger
        self._faults = service.faults
        self._options = service.options

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        self._ledger.exchanges += 1
        name = f"mock-{self._ledger.exchanges}"
        response = await self._response(request)
        response.headers["X-Request-Id"] = name
        return response

    async def _response(self, request: Request) -> Response:
        try:
            fault = self._faults.draw(OVER_HTTP, request.headers)
            if fault is Fault.REFUSE:
                self._ledger.note_fault(fault)
                return replies.Dropped(resets=True)
            body = await self._body(request)
            return self._before_acceptance(fault) or await self._answer(
                request, body, fault
            )
        except RefusalError as refusal:
            return replies.refused(refusal)
        except ClientDisconnect:
            return replies.Dropped()

    def _before_acceptance(self, fault: Fault | None) -> Response | None:
        """Return the response if the fault accepts no tasks; None for other faults."""
        retry_after = self._options["retry_after"]
        is_busy = fault in refusals.OVERLOADED
        is_drop = fault is Fault.DROP_BEFORE
        if is_busy or is_drop or (fault in MAYBE_ACCEPTED and self._faults.coin()):
            self._ledger.note_fault(fault)
            if is_busy:
                raise refusals.overloaded(fault, retry_after)
            return replies.Dropped() if is_drop else self._failed(fault)
        if not self._service.limit.allows_request():
            raise refusals.overloaded(Fault.RATE_LIMIT, retry_after)
        return None

    async def _answer(
        self, request: Request, body: bytes, fault: Fault | None
    ) -> Response:
        tasks = read_tasks(body)
        self._check_key(request, tasks)
        base_url = str(request.base_url).rstrip("/")
        is_dry = request.headers.get(_DRY_RUN) == "1"
        if fault is Fault.LATE_ACCEPTANCE and not is_poll(tasks) and not is_dry:
            self._ledger.note_fault(fault)
            background.start(self._service.process_later(tasks, base_url))
            return replies.Dropped()
        if fault is Fault.DELAY:
            self._ledger.note_fault(fault)
            await asyncio.sleep(self._options["delay"])
        batch = self._service.process(
            tasks, base_url, fault, can_stream=True, is_dry=is_dry
        )
        if fault is Fault.REPEATED and batch.accepted:
            self._ledger.note_fault(fault)
            batch = self._service.process(tasks, base_url, fault, can_stream=True)
        return await self._after_acceptance(batch, fault, str(request.url))

    async def _after_acceptance(
        self, batch: Batch, fault: Fault | None, own_url: str
    ) -> Response:
        """Return the response after the tasks were accepted."""
        is_redirect = fault in {Fault.REDIRECT_AWAY, Fault.REDIRECT_BACK}
        if is_redirect or fault is Fault.DROP_AFTER or fault in MAYBE_ACCEPTED:
            self._ledger.note_fault(fault)
        if fault is Fault.DROP_AFTER:
            return replies.Dropped()
        if fault in MAYBE_ACCEPTED:
            return self._failed(fault)
        if is_redirect:
            target = own_url if fault is Fault.REDIRECT_BACK else _NOWHERE
            return replies.redirect(self._faults.random.choice(_REDIRECTS), target)
        if task := batch.stream:
            breaks = fault in {Fault.DROP_DURING, Fault.TRUNCATED}
            if breaks:
                self._ledger.note_fault(fault)
            return EventStream(task, self._ledger, breaks=breaks)
        if batch.seconds == inf:
            return replies.Silent()
        await asyncio.sleep(batch.seconds)
        answer = batch.complete_answer()
        if fault is Fault.LATE_ANSWER:
            self._ledger.note_fault(fault)
            await asyncio.sleep(self._options["delay"])
        return self._written(answer, batch.http_status, fault)

    def _written(
        self, envelope: Envelope, status: int, fault: Fault | None
    ) -> Response:
        if fault is Fault.DROP_DURING:
            self._ledger.note_fault(fault)
            return replies.Half(envelope)
        if fault is Fault.TRUNCATED:
            self._ledger.note_fault(fault)
            return replies.truncated(envelope)
        sent, alter = self._service.altered(envelope, fault)
        return replies.Reply(sent, self._ledger, status, alter)

    def _failed(self, fault: Fault | None) -> Response:
        """Return a response that does not tell whether the tasks were accepted."""
        if fault is Fault.BAD_GATEWAY:
            return replies.bad_gateway()
        if fault is Fault.ODD_ERROR:
            return replies.refused(refusals.odd_error(self._faults.random))
        return replies.refused(refusals.internal_error())

    def _check_key(self, request: Request, tasks: list[Any]) -> None:
        """Authenticate a request by its header, else by its first task."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            self._service.check_key(key.strip())
        elif text_of(tasks[0], "taskType") == AUTHENTICATION:
            self._service.check_key(text_of(tasks[0], "apiKey"))
        else:
            self._service.check_key("")

    async def _body(self, request: Request) -> bytes:
        """Read the whole request body, and refuse it if it is too large.

        Some clients read no response before they have sent all of their body.
        """
        most = self._options["max_body"]
        body, size = bytearray(), 0
        async for piece in request.stream():
            size += len(piece)
            if size <= most:
                body += piece
        if size > most:
            message = f"The request body has more than {most} bytes."
            raise RefusalError(413, error_item("payloadTooLarge", message))
        return bytes(body)
