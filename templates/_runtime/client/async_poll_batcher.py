"""Polls the tasks of many callers of an event loop with one POST."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Coroutine
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..delivery.batches import Reply
from ..delivery.server_facts import ServerFacts
from ..exceptions import RunwareError, TimeoutError
from .poll_batcher import PollRound, PollRounds, turn_timeout, unanswered

if TYPE_CHECKING:
    from ..transport.async_http import AsyncTransport


class AsyncPollBatcher:
    """Polls for the tasks of an event loop."""

    def __init__(self, transport: AsyncTransport, server: ServerFacts) -> None:
        self._transport = transport
        self._rounds = PollRounds[asyncio.Event](server)
        self._turn = asyncio.Lock()

    async def poll(self, parts: list[bytes], timeout: float) -> Reply:
        """Poll tasks, together with other callers; see `PollBatcher.poll`."""
        deadline = monotonic() + timeout
        while (left := deadline - monotonic()) > 0:
            own = PollRound([*parts], asyncio.Event())
            try:
                joined = self._rounds.join(own)
                if joined is own:
                    await self._send(own, deadline)
                else:
                    await _in_time(joined.ended.wait(), left)
            finally:
                self._rounds.close(own)
                own.ended.set()
            if (reply := joined.reply()) is not None:
                return reply
        raise unanswered()

    async def _send(self, sent: PollRound[asyncio.Event], deadline: float) -> None:
        has_turn = False
        try:
            has_turn = await _in_time(self._turn.acquire(), turn_timeout(deadline))
            self._rounds.close(sent)
            left = max(0.001, deadline - monotonic())
            sent.outcome = await self._transport.post(sent.parts, left, None)
        except TimeoutError:
            raise  # the timeout of this caller; the others may still have time
        except RunwareError as error:
            sent.outcome = error
        finally:
            if has_turn:
                self._turn.release()


async def _in_time(step: Coroutine[Any, Any, bool], timeout: float) -> bool:
    try:
        async with asyncio.timeout(timeout):
            return await step
    except builtins.TimeoutError:
        return False
