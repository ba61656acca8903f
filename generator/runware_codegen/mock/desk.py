"""Takes tasks in and answers for them, over whatever they came."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from runware_codegen.mock.faults import Fault
from runware_codegen.mock.items import (
    AUTHENTICATION,
    GET_RESPONSE,
    GET_TASK_DETAILS,
    PING,
    Refusal,
    error_item,
    text_of,
)
from runware_codegen.mock.judging import judge
from runware_codegen.mock.orders import Order
from runware_codegen.mock.tasks import Fate, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runware_codegen.mock.catalog import Catalog, Offer
    from runware_codegen.mock.items import Envelope, Item
    from runware_codegen.mock.ledger import Ledger
    from runware_codegen.mock.rules import Rules


class Desk:
    """Takes tasks in and answers for them."""

    def __init__(self, catalog: Catalog, ledger: Ledger, rules: Rules) -> None:
        self.catalog = catalog
        self.ledger = ledger
        self.rules = rules
        self._answers: dict[str, Callable[[Item, Envelope], None]] = {
            AUTHENTICATION: self._authenticate,
            GET_RESPONSE: self._get_response,
            GET_TASK_DETAILS: self._get_task_details,
            PING: self._ping,
        }

    def check_key(self, key: str) -> None:
        """Let a good key through.

        Raises:
            Refusal: It is none.
        """
        if key and self.rules.api_key in ("", key):
            return
        message = "The API key is not valid." if key else "There is no API key."
        how = "Send it as Authorization: Bearer KEY, or in an authentication task."
        scope = {"taskType": AUTHENTICATION}
        raise Refusal(
            401, error_item("invalidApiKey", f"{message} {how}", scope, "apiKey")
        )

    def take(
        self,
        tasks: Sequence[Any],
        base_url: str,
        fault: Fault | None,
        *,
        can_stream: bool,
    ) -> Order:
        """Take in an array of tasks.

        Args:
            tasks: What stands in the array.
            base_url: Where the mock's files are.
            fault: The fault of the exchange; one that lasts decides about its tasks.
            can_stream: Whether the answer may be a stream.

        Raises:
            Refusal: There are too many.
        """
        most = self.rules.max_tasks
        if len(tasks) > most:
            message = f"There are {len(tasks)} tasks; one call takes {most}."
            raise Refusal(413, error_item("tooManyTasks", message))
        order = Order()
        streams = can_stream and len(tasks) == 1
        for task in tasks:
            try:
                accepted = self._take_one(task, order.answer, streams=streams)
                order.was_heard = True
            except Refusal as refusal:
                order.refuse(refusal)
                continue
            if accepted is not None:
                accepted.begin(self._fate(fault), self.rules.seed, base_url)
                order.accept(accepted)
        return order

    def _take_one(self, task: Any, answer: Envelope, *, streams: bool) -> Task | None:
        """Answer a question, or put a task into the ledger and return it.

        Raises:
            Refusal: It is not allowed.
        """
        offer = judge(task, self.catalog)
        if reply := self._answers.get(offer.task_type):
            reply(task, answer)
            return None
        delivery = text_of(task, "deliveryMethod") or offer.default_delivery
        if delivery == "stream" and not streams:
            message = "A task is streamed over HTTP, and alone in its call."
            item = error_item("invalidParameter", message, task, "deliveryMethod")
            raise Refusal(400, item)
        return self._accept(task, offer, delivery)

    def _accept(self, wire: Item, offer: Offer, delivery: str) -> Task:
        """Put a task into the ledger.

        Raises:
            Refusal: It is there already.
        """
        known = self.ledger.find(text_of(wire, "taskUUID"))
        if known is None:
            task = Task({"taskUUID": str(uuid4()), **wire}, offer, delivery)
            self.ledger.add(task)
            return task
        if self.rules.repeated_task == "refuse":
            message = "There is a task with this taskUUID; each task needs a new one."
            item = error_item("duplicateTaskUUID", message, wire, "taskUUID")
            raise Refusal(400, item)
        known.delivery = delivery
        return known

    def _fate(self, fault: Fault | None) -> Fate:
        if fault is Fault.NEVER:
            return Fate(inf)
        return Fate(self.rules.latency, fails=fault is Fault.FAIL)

    # -- questions ------------------------------------------------------------

    def _authenticate(self, task: Item, answer: Envelope) -> None:
        self.check_key(text_of(task, "apiKey"))
        session = text_of(task, "connectionSessionUUID") or str(uuid4())
        answer.data.append(authenticated(session))

    def _ping(self, _task: Item, answer: Envelope) -> None:
        answer.data.append({"taskType": PING, "pong": True})

    def _get_response(self, question: Item, answer: Envelope) -> None:
        if task := self._asked_for(question):
            data, errors = task.news()
            answer.data.extend(data)
            answer.errors.extend(errors)

    def _get_task_details(self, question: Item, answer: Envelope) -> None:
        if task := self._asked_for(question):
            failed = [task.failure()] if task.status == "error" else []
            done = [made.item for made in task.run.ready()]
            answer.data.append(
                {
                    "taskType": GET_TASK_DETAILS,
                    "taskUUID": task.uuid,
                    "request": [task.wire],
                    "response": {"errors": failed} if failed else {"data": done},
                }
            )

    def _asked_for(self, question: Item) -> Task | None:
        """The task that a question is about.

        Raises:
            Refusal: There is none, and that is to be said.
        """
        task = self.ledger.find(text_of(question, "taskUUID"))
        if task is None and self.rules.unknown_task == "error":
            message = "There is no task with this taskUUID."
            item = error_item("taskNotFound", message, question, "taskUUID")
            raise Refusal(400, item)
        return task


def authenticated(session: str) -> Item:
    """The result of an authentication task."""
    return {"taskType": AUTHENTICATION, "connectionSessionUUID": session}
