"""Sends finished items to the webhooks of their tasks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from functools import cached_property
from math import inf
from time import monotonic

import httpx2

from runware_codegen.mock import background
from runware_codegen.mock.items import Item
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.tasks import Task

_TIMEOUT = 5.0
"""The timeout of a request in seconds."""

_PAUSES = (0.0, 0.2, 0.4, 0.8, 1.6, 3.2)
"""The seconds before each attempt."""


class Webhooks:
    """Sends each finished item, and retries until the receiver acknowledges it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def watch(self, tasks: Iterable[Task]) -> None:
        """Send the items of the tasks that have a webhook."""
        for task in tasks:
            if task.webhook_url:
                background.start(self._send_all(task))

    async def _send_all(self, task: Task) -> None:
        run = task.run
        if run.failed_at < inf:
            await asyncio.sleep(run.failed_at - monotonic())
            await self._send(task.webhook_url, task.failure())
        for result in run.results:
            await asyncio.sleep(result.finished_at - monotonic())
            if await self._send(task.webhook_url, result.item):
                self._ledger.collect([result.item])

    async def _send(self, url: str, item: Item) -> bool:
        """Send an item; return whether it was acknowledged."""
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            if await self._post(url, json.dumps(item).encode()):
                return True
        return False

    async def _post(self, url: str, body: bytes) -> bool:
        """POST a body; return whether the status of the response is 2xx."""
        headers = {"Content-Type": "application/json"}
        try:
            posted = self._client.stream("POST", url, content=body, headers=headers)
            async with posted as response:
                return response.is_success
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            return False

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        # A kept connection would block a receiver with one thread.
        limits = httpx2.Limits(max_keepalive_connections=0)
        return httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False, limits=limits)
