"""Accepts tasks and answers them, for all transports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any
from uuid import uuid4

from runware_codegen.documents.members import text_of
from runware_codegen.mock import refusals
from runware_codegen.mock.alterations import altered, selected
from runware_codegen.mock.batch import Batch
from runware_codegen.mock.catalog import Catalog, ModelSchema
from runware_codegen.mock.faults import LASTING, OF_POLLS, Fault, Faults
from runware_codegen.mock.items import (
    AUTHENTICATION,
    GET_RESPONSE,
    GET_TASK_DETAILS,
    PING,
    Envelope,
    Item,
    RefusalError,
    error_item,
    is_poll,
)
from runware_codegen.mock.ledger import Ledger
from runware_codegen.mock.limits import RateLimit
from runware_codegen.mock.options import MockOptions
from runware_codegen.mock.tasks import Plan, Task
from runware_codegen.mock.validation import validate
from runware_codegen.mock.webhooks import Webhooks

_RUNNING_FORMS: dict[Fault | None, str] = {
    Fault.POLL_STATUS: "status",
    Fault.POLL_PROGRESS: "progress",
    Fault.OTHER_STATUS: "status",
}
"""The form of unfinished items that a fault selects."""

_NOT_FOUND = {
    "not-found": "taskNotFound",
    "failed-or-not-found": "taskFailedOrNotFound",
}
"""The error codes for an unknown task, by the value of the option."""


class TaskService:
    """Accepts tasks and answers them.

    Attributes:
        catalog: The documents.
        options: The options of the command.
        ledger: The ledger of tasks.
        faults: The source of faults.
        limit: The rate limit of requests.
    """

    def __init__(self, catalog: Catalog, options: MockOptions) -> None:
        shares = {Fault(kind): share for kind, share in options["fault"]}
        self.catalog = catalog
        self.options = options
        self.ledger = Ledger()
        self.faults = Faults(shares, options["faults"], options["seed"])
        self.limit = RateLimit(options["rate_limit"])
        self._webhooks = Webhooks(self.ledger)
        self._answers: dict[str, Callable[[Item, Batch], None]] = {
            AUTHENTICATION: self._authenticate,
            GET_RESPONSE: self._get_response,
            GET_TASK_DETAILS: self._get_task_details,
            PING: self._ping,
        }

    def check_key(self, key: str) -> None:
        """Validate an API key.

        Raises:
            RefusalError: If it is not valid.
        """
        if key and self.options["api_key"] in ("", key):
            return
        message = "The API key is not valid." if key else "The API key is missing."
        how = "Send it as Authorization: Bearer KEY, or in an authentication task."
        scope = {"taskType": AUTHENTICATION}
        raise RefusalError(
            401, error_item("invalidApiKey", f"{message} {how}", scope, "apiKey")
        )

    def process(
        self,
        tasks: list[Any],
        base_url: str,
        fault: Fault | None,
        *,
        can_stream: bool,
        is_dry: bool = False,
    ) -> Batch:
        """Process an array of tasks.

        Args:
            tasks: The elements of the array.
            base_url: The URL of the mock's files.
            fault: The fault of the exchange.
            can_stream: Whether the response may be a stream.
            is_dry: Whether tasks are validated and priced only, and enter no ledger.

        Raises:
            RefusalError: If there are too many tasks, or a fault refuses all of them.
        """
        self._check_number(tasks, fault)
        batch = Batch(_RUNNING_FORMS.get(fault, self.options["running_task"]))
        if self._fails_poll(tasks, fault):
            batch.any_accepted = True
            return batch
        streams = can_stream and len(tasks) == 1
        for task in tasks:
            try:
                accepted = self._process_one(
                    task, batch, streams=streams, is_dry=is_dry
                )
                batch.any_accepted = True
            except RefusalError as refusal:
                batch.refuse(refusal)
                continue
            if accepted is not None:
                accepted.begin(self._plan(fault), self.options["seed"], base_url)
                batch.accept(accepted)
        self._webhooks.watch(batch.accepted)
        if fault in LASTING and batch.accepted:
            self.ledger.note_fault(fault)
        if fault in {Fault.POLL_STATUS, Fault.POLL_PROGRESS} and batch.has_unfinished:
            self.ledger.note_fault(fault)
        return batch

    def altered(
        self, envelope: Envelope, fault: Fault | None
    ) -> tuple[Envelope, Callable[[Item], Item]]:
        """Apply a fault to the items of a response, and count it if it changes them.

        Returns:
            The response with the items to send, and the change of each item.
        """
        sent = Envelope(selected(envelope.data, fault), envelope.errors)
        alter = partial(altered, fault=fault, rng=self.faults.random)
        if list(map(alter, sent.data)) != envelope.data:
            self.ledger.note_fault(fault)
        return sent, alter

    async def process_later(self, tasks: list[Any], base_url: str) -> None:
        """Process an array of tasks after the delay, without a response."""
        await asyncio.sleep(self.options["delay"])
        self.process(tasks, base_url, None, can_stream=True)

    def _check_number(self, tasks: list[Any], fault: Fault | None) -> None:
        """Refuse a request with too many tasks."""
        number = sum(text_of(task, "taskType") != AUTHENTICATION for task in tasks)
        most = self.options["max_tasks"]
        if fault is Fault.TOO_MANY and number > 1:
            self.ledger.note_fault(fault)
            most = number // 2
        if number > most:
            raise refusals.too_many(number, most)

    def _fails_poll(self, tasks: list[Any], fault: Fault | None) -> bool:
        """Apply a fault to getResponse: refuse it, or return whether to answer without items."""
        if fault not in OF_POLLS or not is_poll(tasks):
            return False
        if fault is Fault.POLL_POISONED and len(tasks) == 1:
            return False
        self.ledger.note_fault(fault)
        if fault is Fault.POLL_EMPTY:
            return True
        raise refusals.failed_poll(tasks, fault, self.faults.random)

    def _process_one(
        self, task: Any, batch: Batch, *, streams: bool, is_dry: bool
    ) -> Task | None:
        """Answer a query or a dry run; or add a task to the ledger, and return it."""
        schema = validate(task, self.catalog)
        if reply := self._answers.get(schema.task_type):
            reply(task, batch)
            return None
        if is_dry:
            self.ledger.dry_runs += 1
            batch.answer.data.extend(priced(task, schema))
            return None
        delivery = text_of(task, "deliveryMethod") or schema.default_delivery
        if delivery == "stream" and not streams:
            message = "Streaming requires HTTP and a request with only this task."
            item = error_item("invalidParameter", message, task, "deliveryMethod")
            raise RefusalError(400, item)
        return self._accept(task, schema, delivery)

    def _accept(self, wire: Item, schema: ModelSchema, delivery: str) -> Task:
        """Add a task to the ledger, or refuse its taskUUID if it exists."""
        known = self.ledger.find(text_of(wire, "taskUUID"))
        if known is None:
            task = Task({"taskUUID": str(uuid4()), **wire}, schema, delivery)
            self.ledger.add(task)
            return task
        repeated = self.options["repeated_task"]
        if repeated == "refuse" or (repeated == "refuse-async" and delivery == "async"):
            raise refusals.conflict(wire)
        known.delivery = delivery
        return known

    def _plan(self, fault: Fault | None) -> Plan:
        return Plan(
            inf if fault is Fault.NEVER else self.options["latency"],
            fails=fault is Fault.FAIL,
            loses_one=fault is Fault.ITEM_ERROR,
        )

    # -- queries --------------------------------------------------------------

    def _authenticate(self, task: Item, batch: Batch) -> None:
        self.check_key(text_of(task, "apiKey"))
        session = text_of(task, "connectionSessionUUID") or str(uuid4())
        batch.answer.data.append(authenticated(session))

    def _ping(self, _task: Item, batch: Batch) -> None:
        batch.answer.data.append({"taskType": PING, "pong": True})

    def _get_response(self, poll: Item, batch: Batch) -> None:
        task = self.ledger.find(text_of(poll, "taskUUID"))
        if task is None or (
            batch.running_form == "unknown" and not task.run.is_finished
        ):
            self._refuse_unknown(poll)
            return
        batch.has_unfinished |= not task.run.is_finished
        batch.answer.data.extend(task.poll_items(batch.running_form))
        batch.answer.errors.extend(task.failures())

    def _get_task_details(self, poll: Item, batch: Batch) -> None:
        task = self.ledger.find(text_of(poll, "taskUUID"))
        if task is None:
            self._refuse_unknown(poll)
            return
        data = [result.item for result in task.run.ready()]
        errors = task.failures()
        response = {"errors": errors} if errors else {"data": data}
        scope = {"taskType": GET_TASK_DETAILS, "taskUUID": task.uuid}
        details = scope | {"request": [task.wire], "response": response}
        batch.answer.data.append(details)

    def _refuse_unknown(self, poll: Item) -> None:
        """Refuse getResponse for an unknown task, if the option selects an error."""
        if code := _NOT_FOUND.get(self.options["unknown_task"]):
            raise refusals.not_found(poll, code)


def priced(wire: Item, schema: ModelSchema) -> list[Item]:
    """Return the items of a dry run: the cost of each result of a task."""
    task = Task(wire, schema, "sync")
    return [task.scope | {"cost": schema.price} for _ in range(task.count)]


def authenticated(session: str) -> Item:
    """Return the result of an authentication task."""
    return {"taskType": AUTHENTICATION, "connectionSessionUUID": session}
