"""The simulated platform: it accepts, bills and runs tasks, and responds to polls.

Its responses are never false, but they may be late, empty or incomplete, or errors.
Each behavior is one small function. A *trouble* happens to a share of the calls, which
the profile determines, and stops at `World.calm_at`. The other properties of the
platform (limits, formats, which known UUIDs it refuses) are fields of the profile, and
do not change during a schedule.

The platform keeps these rules:
- A task is billed each time it is accepted. A task that is refused or fails as a whole
  is not billed.
- If a call is refused definitely (429, 503 with `Retry-After`, 413, a 4xx that names no
  task), none of its tasks is ever accepted.
- An error that names a task is an error of that task if it has `status: "error"`, or if
  it is in the response to the first sending. If such a response has no result of the
  task, the whole task failed.
- An error about a poll itself has the task type `getResponse`, or a code that says
  nothing about the task.
- Polls return a result until the end of the schedule.
- A dry run bills nothing, and polls do not know it. It returns the total cost of the
  results.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json, to_json

from simulation.network import HTML, JSON, Answer, chosen, named, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.network import Exchange, Piece
    from simulation.profiles import Profile
    from simulation.world import World

    Object = dict[str, Any]
    CallTrouble = Callable[["Server", "Call"], None]
    TaskTrouble = Callable[["Server", "Task", "Telling"], None]

Trouble = TypeVar("Trouble", bound="Callable[..., None]")
Choice = TypeVar("Choice")

_encode = json.JSONEncoder(separators=(",", ":")).encode


# The ledger


@dataclass(slots=True)
class Item:
    """One result of a run, or one failure.

    Attributes:
        id: Its `imageUUID`, `videoUUID` or `outputs.files[0].uuid`, or its text.
        ready_at: The time from which polls return it.
        code: The error code, if it is a failure.
        priced_at: The time from which its cost is known.
        delivered_at: When it first reached a waiting caller.
    """

    id: str
    ready_at: float
    code: str | None
    priced_at: float
    delivered_at: float | None = None


@dataclass(slots=True)
class Run:
    """One acceptance of a task.

    Attributes:
        post: The number of the caller's POST that was accepted.
        sender: The number of the client that sent it.
        accepted_at: When it was accepted and billed.
        visible_at: The time from which polls know it.
        ends_at: When its last item is ready.
        code: The error code, if the run fails as a whole.
        items: Its results and failures, sorted by `ready_at`.
    """

    post: int
    sender: int
    accepted_at: float
    visible_at: float
    ends_at: float
    code: str | None
    items: list[Item]


@dataclass(slots=True)
class Task:
    """A task that was accepted at least once."""

    uuid: str
    type: str
    runs: list[Run] = field(default_factory=list)


class Ledger:
    """What the server has accepted, billed, produced and delivered.

    Attributes:
        tasks: Task UUID -> a task that was accepted at least once.
        invalid: Task UUID -> whether the task is invalid.
        priced: The UUIDs of successful dry runs.
        runs: The number of runs.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.invalid: dict[str, bool] = {}
        self.priced: set[str] = set()
        self.runs = 0

    def spent(self, sender: int) -> Decimal:
        """Return the cost of the runs of a client's POSTs, with one run for each task.

        If there are several POSTs of a task, the most expensive one counts. If a
        gateway copied a POST, the cheapest copy counts, because the caller may know
        only that copy.
        """
        spent = Decimal(0)
        for task in self.tasks.values():
            costs: dict[int, Decimal] = {}
            for run in task.runs:
                if run.sender == sender:
                    cost = _cost_of(task, run)
                    costs[run.post] = min(cost, costs.get(run.post, cost))
            spent += max(costs.values(), default=Decimal(0))
        return spent

    def accepted(self, uuid: str) -> list[float]:
        """Return the times of all acceptances of a task, including copied POSTs."""
        return [run.accepted_at for run in self._runs(uuid)]

    def billed(self, uuid: str) -> int:
        """Return how many of the caller's POSTs were billed for the task.

        Copies that a gateway made do not count, because no caller can prevent them.
        """
        return len({run.post for run in self._runs(uuid) if run.code is None})

    def produced(self, uuid: str) -> list[str]:
        """Return the ids of the results."""
        return [
            item.id
            for run in self._runs(uuid)
            if run.code is None
            for item in run.items
            if item.code is None
        ]

    def delivered(self, uuid: str) -> list[str]:
        """Return the ids of the results that a waiting caller got in a response."""
        return [
            item.id
            for run in self._runs(uuid)
            for item in run.items
            if item.delivered_at is not None
        ]

    def finished_at(self, uuid: str) -> float | None:
        """Return when the last run of the task ends; `None` if it was not accepted."""
        return max((run.ends_at for run in self._runs(uuid)), default=None)

    def failed(self, uuid: str) -> bool:
        """Whether the task was accepted and each of its runs fails as a whole."""
        runs = self._runs(uuid)
        return bool(runs) and all(run.code is not None for run in runs)

    def item_failures(self, uuid: str) -> int:
        """Return how many single results fail in runs that do not fail as a whole."""
        return sum(
            item.code is not None
            for run in self._runs(uuid)
            if run.code is None
            for item in run.items
        )

    def _runs(self, uuid: str) -> list[Run]:
        task = self.tasks.get(uuid)
        return task.runs if task else []


def _cost_of(task: Task, run: Run) -> Decimal:
    """Return the cost of a run: the price of its results without the failed ones."""
    if run.code is not None:
        return Decimal(0)
    return PRICES[task.type] * sum(item.code is None for item in run.items)


def price_of(element: Object) -> Decimal:
    """Return the cost of a task if none of its results fails."""
    return PRICES[element["taskType"]] * int(element.get("numberResults", 1))


# Task types and results


def image(item: Item, url: str) -> Object:
    """Return the output members of an image."""
    return {"imageUUID": item.id, "imageURL": f"{url}.png"}


def video(item: Item, url: str) -> Object:
    """Return the output members of a video."""
    return {"videoUUID": item.id, "videoURL": f"{url}.mp4"}


def solid(item: Item, url: str) -> Object:
    """Return the output members of a 3D result, which has no UUID of its own."""
    return {"outputs": {"files": [{"uuid": item.id, "url": f"{url}.glb"}]}}


def text(item: Item, _: str) -> Object:
    """Return the output members of a text."""
    return {"text": item.id, "finishReason": "stop"}


TEXT = "textInference"
"""The task type whose results are streamed."""

# Task type -> the function for its output members, and whether it is async by default.
TYPES: dict[str, tuple[Callable[[Item, str], Object], bool]] = {
    "imageInference": (image, False),
    "videoInference": (video, True),
    "3dInference": (solid, True),
    TEXT: (text, False),
}

PRICES = {
    "imageInference": Decimal("0.01"),
    "videoInference": Decimal("0.25"),
    "3dInference": Decimal("0.07"),
    TEXT: Decimal("0.003"),
}
"""The price of one result, by task type."""

FAILURES = (
    "nsfwContentDetected",
    "inferenceError",
    "taskFailed",
    "timeoutProvider",
    "providerRateLimitExceeded",
    "contentPolicyViolation",
)
INVALID = ("invalidPositivePrompt", "unsupportedDuration", "missingParameter")
BUSY = (
    "rateLimitExceeded",
    "serviceUnavailable",
    "internalServerError",
    "standardError",
)


# Additional members of acknowledgements, and of items of running tasks

ACKNOWLEDGEMENTS: dict[str, Object] = {
    "plain": {},
    "cost": {"cost": 0.5},
    "estimate": {"estimatedTime": 30},
    "queued": {"status": "queued", "position": 3},
    "processing": {"status": "processing", "progress": 0},
}


IN_FLIGHT: dict[str, Object | None] = {
    "processing": {"status": "processing", "progress": 30},
    "pending": {"status": "pending"},
    "queued": {"status": "queued", "position": 3},
    "running": {"status": "running", "message": "warming up", "cost": 0.1},
    "shouting": {"status": "PROCESSING", "eta": 9},
    "named": {"progress": 30},  # with the UUID of the next result, without a status
    "silent": None,  # polls do not report unfinished results
}


@dataclass(slots=True)
class Call:
    """One copy of a POST, as the server parses it.

    Attributes:
        exchange: The POST.
        copy: The number of the copy.
        elements: Its elements.
        uuids: The UUIDs of the tasks that it polls.
    """

    exchange: Exchange
    copy: int
    elements: list[Object]
    uuids: list[str]


class Telling:
    """A response that is being built.

    Attributes:
        data: Members of `data`.
        errors: Members of `errors`.
        items: The results in `data`, for the ledger.
        status: The HTTP status if there are errors and no data.
        stated: The HTTP status whatever the response has, if this is not None.
        form: The format of a body with only one error and a status of 400 or more.
    """

    __slots__ = ("data", "errors", "form", "items", "stated", "status")

    def __init__(self, status: int, form: str = "errors") -> None:
        self.form = form
        self.data: list[Object] = []
        self.errors: list[Object] = []
        self.items: list[Item] = []
        self.status = status
        self.stated: int | None = None

    def answer(self) -> Answer:
        """Return the HTTP response."""
        if not self.data and not self.errors:
            return Answer(200, JSON, b'{"data":[]}')
        body: Object = {}
        if self.data:
            body["data"] = self.data
        if self.errors:
            body["errors"] = self.errors
        status = self.stated or (200 if self.data else self.status)
        if len(self.errors) == 1 and not self.data and status >= 400:
            return alone(self.form, status, self.errors[0])
        return Answer(status, JSON, to_json(body))


class Server:
    """Receives POSTs and responds to them.

    Attributes:
        ledger: What it has accepted, billed, produced and delivered.
    """

    def __init__(self, world: World) -> None:
        profile = world.profile
        self.world = world
        self.profile: Profile = profile
        self.ledger = Ledger()
        self._elements: dict[bytes, Object] = {}
        self._last_poll = -inf
        self.poisoned: str | None = None
        self._signatures = 0
        shares = profile.troubles
        self._sending_troubles = chosen(SENDING_TROUBLES, shares)
        self._dry_troubles = chosen(DRY_TROUBLES, shares)
        self._poll_troubles = chosen(POLL_TROUBLES, shares)
        self._task_troubles = chosen(TASK_TROUBLES, shares)
        self._extra_troubles = chosen(ANSWER_EXTRAS, shares)
        self._shares = {name: shares.get(name, 0.0) for name in CHOICES}

    def receive(self, exchange: Exchange, copy: int) -> None:
        """Receive a copy of a POST and respond to it."""
        if exchange.refused:
            return
        elements = [self.read(element) for element in exchange.elements]
        if exchange.is_dry:
            self._receive_dry_runs(Call(exchange, copy, elements, []))
            return
        uuids = [e["taskUUID"] for e in elements if e["taskType"] == "getResponse"]
        call = Call(exchange, copy, elements, uuids)
        if len(uuids) == len(elements):
            self._receive_polls(call)
        else:
            self._receive_tasks(call)

    def read(self, element: bytes) -> Object:
        """Parse an element, with a cache, because the same bytes arrive often."""
        read = self._elements.get(element)
        if read is None:
            read = self._elements[element] = from_json(element)
        return read

    # Dry runs

    def _receive_dry_runs(self, call: Call) -> None:
        """Refuse the call, or return the costs of its tasks."""
        profile = self.profile
        if 0 < profile.send_limit < len(call.elements):
            self.refuse_size(call, profile.send_limit)
            return
        trouble = self._drawn(self._dry_troubles, call)
        if trouble is not None:
            trouble(self, call)
            return
        telling = Telling(profile.refusal_status, self._named_form())
        for element in call.elements:
            if self._invalid(element):
                telling.errors.append(self._refusal(element))
            else:
                self.ledger.priced.add(element["taskUUID"])
                telling.data += self._prices(element)
        self._reply(call, telling)

    def _prices(self, element: Object) -> list[Object]:
        """Return the items of a dry run, with the total cost, a cost each, or none."""
        said = {"taskType": element["taskType"], "taskUUID": element["taskUUID"]}
        pricing = self.profile.pricing
        if pricing == "unsaid":
            return [said]
        if pricing == "each":
            cost = float(PRICES[element["taskType"]])
            return [said | {"cost": cost}] * element.get("numberResults", 1)
        return [said | {"cost": float(price_of(element))}]

    # POSTs of tasks

    def _receive_tasks(self, call: Call) -> None:
        """Refuse the call, or accept all or some of its tasks."""
        profile = self.profile
        if not call.exchange.taken:
            if 0 < profile.send_limit < len(call.elements):
                self.refuse_size(call, profile.send_limit)
                return
            if profile.refusal == "whole" and any(map(self._invalid, call.elements)):
                self.refuse(call, 400, self._one(INVALID))
                return
            trouble = self._drawn(self._sending_troubles, call)
            if trouble is not None:
                trouble(self, call)
                return
        self._take(call)

    def _take(self, call: Call) -> None:
        """Decide on each element, and respond when all sync tasks have results."""
        form = self._named_form()
        if form == "flat" and len(call.elements) == 1:
            form = "bare"  # the call has only one task
        telling = Telling(self.profile.refusal_status, form)
        wrong = [e for e in call.elements if self._invalid(e)]
        is_nameless = self.profile.refusal == "nameless" and len(call.elements) > 1
        for element in wrong:
            error = self._refusal(element)
            if is_nameless:
                del error["taskType"], error["taskUUID"]
            telling.errors.append(error)
        if wrong and self.profile.refusal == "left":
            self._reply(call, telling)
            return
        acknowledged: list[Task] = []
        streamed: list[tuple[Task, Run]] = []
        awaited: list[tuple[Task, Run, float]] = []
        for element in call.elements:
            if element["taskType"] == "getResponse":
                self._tell(element["taskUUID"], telling)
            elif element not in wrong:
                self._take_one(call, element, telling, acknowledged, awaited, streamed)
        for task, run in streamed:  # a streamed task is alone in its POST
            answer = Answer(200, EVENT_STREAM, b"", self._stream(task, run))
            self.world.network.reply(call.exchange, call.copy, answer)
            return
        if wrong and self.profile.refusal in ("unsaid", "nameless"):
            unsaid = Telling(telling.status, telling.form)
            unsaid.errors = telling.errors
            self._reply(call, unsaid)
            return
        for task in acknowledged:
            telling.data.append(self._acknowledgement(task))
        moment = max((at for _, _, at in awaited), default=self.world.now)
        self.world.call_at(moment, self._answer_tasks, call, telling, awaited)

    def _take_one(
        self,
        call: Call,
        element: Object,
        telling: Telling,
        acknowledged: list[Task],
        awaited: list[tuple[Task, Run, float]],
        streamed: list[tuple[Task, Run]],
    ) -> None:
        """Decide on one element: refuse it by name, or accept it now or later."""
        uuid = element["taskUUID"]
        if self._turns_away(call.exchange, uuid):
            self._refuse_one(element, "concurrentRateLimitExceeded", telling)
            return
        if self._refuses_known(element):
            if self.world.tracing:
                self._note(f"knows {uuid[:8]} and refuses it")
            self._refuse_one(element, self.profile.conflict_code, telling)
            telling.status = self.profile.conflict_status
            return
        if self._happens("accepted_late", uuid):
            self.take_later(call.exchange, element)
            acknowledged.append(Task(uuid, element["taskType"]))
            return
        task, run = self.accept(call.exchange, element)
        if is_async(element) or self._happens("sync_acknowledged", uuid):
            acknowledged.append(task)
        elif task.type == TEXT and self.profile.stream_form != "json":
            streamed.append((task, run))
        else:
            awaited.append((task, run, self._answered_at(run, uuid)))

    def _refuse_one(self, element: Object, code: str, telling: Telling) -> None:
        """Refuse a task by name.

        Over a WebSocket, results of an earlier sending may arrive at the same time.
        """
        telling.errors.append(self._named(element, code))
        task = self.ledger.tasks.get(element["taskUUID"])
        if task is not None and self._happens("refused_beside_results", task.uuid):
            for run in task.runs:
                self._tell_items(task, run, telling)

    def _answered_at(self, run: Run, uuid: str) -> float:
        """Return when the response to a sync task is sent.

        This is when its last result is ready, or an earlier one. Polls return the rest.
        """
        if len(run.items) > 1 and self._happens("answer_short", uuid):
            early = int(self.world.random.random() * (len(run.items) - 1))
            if any(item.code is None for item in run.items[: early + 1]):
                return run.items[early].ready_at
        return run.ends_at

    def _answer_tasks(
        self, call: Call, telling: Telling, awaited: list[tuple[Task, Run, float]]
    ) -> None:
        """Respond with the results of the sync tasks so far."""
        for task, run, _ in awaited:
            if run.code is not None:
                telling.errors.append(self._failure(task, run.code, run))
            else:
                self._tell_items(task, run, telling)
        self._reply(call, telling)

    def accept(self, exchange: Exchange, element: Object) -> tuple[Task, Run]:
        """Accept a task, which bills it and runs it."""
        world = self.world
        uuid = element["taskUUID"]
        exchange.taken = True
        exchange.turned_away[uuid] = False
        task = self.ledger.tasks.get(uuid)
        if task is None:
            task = self.ledger.tasks[uuid] = Task(uuid, element["taskType"])
        run = self._plan(exchange, element)
        task.runs.append(run)
        self.ledger.runs += 1
        if self._happens("replica_lag", uuid):
            run.visible_at = world.later()
        if world.tracing:
            end = f"fails with {run.code}" if run.code else "ends"
            self._note(
                f"accepts {task.type} {uuid[:8]} of POST {exchange.number},"
                f" bill {self.ledger.billed(uuid)}; it {end} at {run.ends_at:.1f} s"
            )
        return task, run

    def take_later(self, exchange: Exchange, element: Object) -> None:
        """Put a task into a queue in front of the platform.

        The platform accepts it later, unless it knows the task by then and refuses it.
        """
        exchange.taken = True
        exchange.turned_away[element["taskUUID"]] = False
        self.world.call_at(self.world.later(), self._take_from_queue, exchange, element)

    def _take_from_queue(self, exchange: Exchange, element: Object) -> None:
        if not self._refuses_known(element):
            self.accept(exchange, element)

    def _plan(self, exchange: Exchange, element: Object) -> Run:
        """Draw how long a run takes, and which of its results fail."""
        world, profile = self.world, self.profile
        random = world.random.random
        now = world.now
        base = 3.0 if is_async(element) else 0.5
        number = element.get("numberResults", 1)
        moments = sorted(
            [now + base * profile.slowness * 8.0 ** random() for _ in range(number)]
        )
        items = []
        for moment in moments:
            fails = random() < profile.failing_items
            code = self._one(FAILURES) if fails else None
            price = moment + 4.0 if profile.late_cost else moment
            name = text_of(element) if element["taskType"] == TEXT else self._uuid()
            items.append(Item(name, moment, code, price))
        whole = None
        if random() < profile.failing_tasks:
            whole = self._one(FAILURES)
        elif all(item.code for item in items):
            whole = items[0].code
        end = moments[-1]
        return Run(exchange.number, exchange.sender, now, now, end, whole, items)

    # Streams

    def _stream(self, task: Task, run: Run) -> list[Piece]:
        """Return the events of a stream with their times, up to its end or failure."""
        profile, random = self.profile, self.world.random.random
        written = text_of({"taskUUID": task.uuid}).replace(SMILE, SMILE_IN_HALVES)
        number = 1 + int(4 * random())
        cuts = sorted(int(random() * len(written)) for _ in range(number - 1))
        parts = [
            written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)
        ]
        took = run.ends_at - run.accepted_at
        moments = [run.accepted_at + took * n / number for n in range(1, number + 1)]
        names = {"taskType": task.type, "taskUUID": task.uuid}
        events: list[Object] = [{**names, "delta": {"text": part}} for part in parts]
        if run.code is not None:
            events = events[: int(random() * number)]
            failure = self._failure(task, run.code, run)
            events.append(failure if self._coin() else {"errors": [failure]})
        elif profile.stream_form == "whole":
            events[-1]["text"] = written
        end = profile.stream_end if run.code is None else "closed"
        if end != "unfinished" and run.code is None:
            events[-1]["finishReason"] = "stop"
        told = [
            (moment, self._event(_encode(event)))
            for moment, event in zip(moments, events, strict=False)
        ]
        last = told[-1][0]
        told += self._end_of_stream(end, last)
        return [*told] if end == "open" else [*told, (told[-1][0], None)]

    def _end_of_stream(self, end: str, last: float) -> list[tuple[float, bytes]]:
        """Return the events after the last piece of a text."""
        done = self._event("[DONE]")
        if end in ("done", "unfinished"):
            return [(last, done)]
        if end == "late":
            usage = self._event(
                f'{{"usage":{{"totalTokens":9}},"cost":{PRICES[TEXT]}}}'
            )
            return [(last + 1.0, usage), (last + 1.0, done)]
        if end == "repeated":
            whole = '{"finishReason":"stop"}'
            return [(last, self._event(whole)), (last, done), (last, done)]
        return []

    def _event(self, data: str) -> bytes:
        """Return one server-sent event."""
        end = {"single": "\n", "crlf": "\r\n\r\n"}.get(self.profile.stream_form, "\n\n")
        return f"data: {data}{end}".encode()

    # Definite refusals of a whole call

    def refuse(
        self, call: Call, status: int, code: str, retry_after: str | None = None
    ) -> None:
        """Refuse a call and name no task. Its tasks are never accepted."""
        exchange = call.exchange
        exchange.refused = True
        if exchange.awaited:
            exchange.awaited = call.copy  # no gateway repeats a refused POST
        self.turn_down(call, status, code, retry_after)

    def refuse_size(self, call: Call, limit: int) -> None:
        """Refuse a call because of its size."""
        if self.world.tracing:
            self._note(
                f"takes {limit} elements at most: refuses POST {call.exchange.number}"
            )
        self.refuse(call, self.profile.size_status, "tooManyTasks")

    def turn_down(
        self, call: Call, status: int, code: str, retry_after: str | None = None
    ) -> None:
        """Respond with one error that names no task, in the format of the profile."""
        form = self.profile.error_form
        if form == "mixed":
            form = self._one(ERROR_FORMS)
        message = f"The call was turned down: {code}."
        answer = alone(form, status, {"code": code, "message": message})
        if retry_after is not None:
            answer.headers = {**answer.headers, "retry-after": retry_after}
        self.world.network.reply(call.exchange, call.copy, answer)

    # Polls

    def _receive_polls(self, call: Call) -> None:
        """Refuse the poll, or report what is known of each task."""
        profile = self.profile
        now = self.world.now
        if 0 < profile.poll_limit < len(call.uuids):
            self.refuse_size(call, profile.poll_limit)
            return
        if now < self.world.calm_at:
            if now - self._last_poll < profile.poll_interval:
                if self.world.tracing:
                    self._note(f"POST {call.exchange.number}: polls come too fast")
                self.turn_down(call, 429, "rateLimitExceeded")
                return
            if self._is_poisoned(call.uuids):
                self._refuse_poison(call)
                return
        self._last_poll = now
        trouble = self._drawn(self._poll_troubles, call)
        if trouble is not None:
            trouble(self, call)
            return
        telling = Telling(profile.poll_error_status, self._named_form())
        for uuid in call.uuids:
            self._tell(uuid, telling)
        self._reply(call, telling)

    def _is_poisoned(self, uuids: list[str]) -> bool:
        """Whether the poll has the poisoned UUID and others.

        The poisoned UUID is the first UUID of the first poll.
        """
        if self.poisoned is None and self._shares["poisoned_uuid"]:
            self.poisoned = uuids[0]
        return self.poisoned in uuids and len(uuids) > 1

    def _refuse_poison(self, call: Call) -> None:
        """Refuse a joined poll because of one UUID; the error may name it or not."""
        if self.world.tracing:
            self._note(
                f"POST {call.exchange.number}, {self.poisoned}: {CHOICES['poisoned_uuid']}"
            )
        if self._coin():
            self.turn_down(call, 400, "invalidTaskUUID")
            return
        telling = Telling(400)
        telling.errors.append(poll_error("invalidTaskUUID", self.poisoned))
        self._reply(call, telling)

    def _tell(self, uuid: str, telling: Telling) -> None:
        """Report in a poll what is known of one task."""
        task = self.ledger.tasks.get(uuid)
        if task is None:
            self.tell_unknown(uuid, telling)
            return
        trouble = self._drawn(self._task_troubles, task)
        if trouble is not None:
            trouble(self, task, telling)
        else:
            self.tell_task(task, telling)

    def tell_unknown(self, uuid: str, telling: Telling) -> None:
        """Report nothing or "not found" for a task that this replica does not know."""
        form = self.profile.unknown
        if form == "mixed":
            form = self._one(UNKNOWN)
        if form == "empty":
            return
        code = "taskNotFound" if form == "taskNotFound" else "taskFailedOrNotFound"
        name = None if form == "nameless" else uuid
        telling.errors.append(poll_error(code, name))
        telling.status = 400

    def tell_task(self, task: Task, telling: Telling, skipped: float = 0.0) -> None:
        """Report the results and failures of a task, and whether it still runs.

        Args:
            task: The task.
            telling: The response.
            skipped: The share of finished results to leave out this time.
        """
        now = self.world.now
        runs = [run for run in task.runs if run.visible_at <= now]
        if not runs:
            self.tell_unknown(task.uuid, telling)
            return
        for run in runs:
            if run.code is None:
                self._tell_items(task, run, telling, skipped)
            elif run.ends_at <= now:
                telling.errors.append(self._poll_failure(task, run.code, run))
            if run.ends_at > now:
                self._tell_in_flight(task, run, telling)

    def _tell_items(
        self, task: Task, run: Run, telling: Telling, skipped: float = 0.0
    ) -> None:
        """Report the results of a run that are ready."""
        world = self.world
        for item in run.items:
            if item.ready_at > world.now:
                break  # items are sorted by `ready_at`
            if skipped and world.random.random() < skipped:
                continue
            if item.code is not None:
                telling.errors.append(self._failure(task, item.code, run))
            else:
                telling.data.append(self._result(task, item))
                telling.items.append(item)

    def _tell_in_flight(self, task: Task, run: Run, telling: Telling) -> None:
        """Report the first result of a run that is not ready yet."""
        words = self.profile.in_flight
        if words == "mixed":
            words = self._one(tuple(IN_FLIGHT))
        members = IN_FLIGHT[words]
        if members is None:
            return
        told = {"taskType": task.type, "taskUUID": task.uuid, **members}
        if words == "named" and task.type != TEXT:
            now = self.world.now
            coming = next(item for item in run.items if item.ready_at > now)
            name = "videoUUID" if task.type == "videoInference" else "imageUUID"
            told[name] = coming.id
        telling.data.append(told)

    # Parts of responses

    def _result(self, task: Task, item: Item) -> Object:
        """Return a finished result, perhaps with a new signature or without a cost."""
        url = f"https://im.invalid/{item.id}"
        members = TYPES[task.type][0](item, url)
        if self.profile.signed:
            self._signatures += 1
            _sign(members, self._signatures)
        result = {"taskType": task.type, "taskUUID": task.uuid, **members}
        if self.profile.says_success:
            result["status"] = "success"
        if item.priced_at <= self.world.now and self.profile.says_cost:
            result["cost"] = float(PRICES[task.type])
        return result

    def _acknowledgement(self, task: Task) -> Object:
        """Return the acknowledgement of a task, with the members of the profile."""
        members = ACKNOWLEDGEMENTS[self.profile.acknowledgement]
        return {"taskType": task.type, "taskUUID": task.uuid, **members}

    def _failure(self, task: Task, code: str, run: Run) -> Object:
        """Return the error of a task or of one of its results."""
        return {
            "code": code,
            "message": f"It failed after {run.ends_at - run.accepted_at:.1f} s.",
            "taskType": task.type,
            "taskUUID": task.uuid,
            "status": "error",
        }

    def _poll_failure(self, task: Task, code: str, run: Run) -> Object:
        """Return the failure of a whole task for polls.

        Its code may be one that can also mean "not found".
        """
        if self.profile.failure == "not_found":
            return poll_error("taskFailedOrNotFound", task.uuid)
        return self._failure(task, code, run)

    def _refusal(self, element: Object) -> Object:
        """Return the error of an invalid task."""
        return {**self._named(element, self._one(INVALID)), "parameter": "model"}

    def _named(self, element: Object, code: str) -> Object:
        """Return an error that refuses a task and names it."""
        return {
            "code": code,
            "message": f"The task was not taken: {code}.",
            "taskType": element["taskType"],
            "taskUUID": element["taskUUID"],
        }

    def _named_form(self) -> str:
        """Return the format of a body with only one error that names its task.

        It is never HTML, which cannot name the task.
        """
        form = self.profile.error_form
        if form == "mixed":
            form = self._one(ERROR_FORMS)
        return "errors" if form == "html" else form

    def _reply(self, call: Call, telling: Telling) -> None:
        """Send the response, perhaps with items or errors of other tasks."""
        extra = self._drawn(self._extra_troubles, call)
        if extra is not None:
            extra(self, telling)
        self.world.network.reply(
            call.exchange, call.copy, telling.answer(), telling.items
        )

    # Decisions

    def _refuses_known(self, element: Object) -> bool:
        """Whether the task is known and the platform refuses it because of that."""
        if element["taskUUID"] not in self.ledger.tasks:
            return False
        known = self.profile.known
        return known == "always" or (known == "async" and is_async(element))

    def _invalid(self, element: Object) -> bool:
        """Whether the task is invalid; this is the same each time it is sent."""
        if not self.profile.invalid_tasks or element["taskType"] == "getResponse":
            return False
        uuid = element["taskUUID"]
        invalid = self.ledger.invalid.get(uuid)
        if invalid is None:
            invalid = self.world.random.random() < self.profile.invalid_tasks
            self.ledger.invalid[uuid] = invalid
        return invalid

    def _turns_away(self, exchange: Exchange, uuid: str) -> bool:
        """Whether the rate limit refuses a task, in all copies of a POST or in none."""
        turned_away = exchange.turned_away.get(uuid)
        if turned_away is None:
            turned_away = self._happens("element_rate_limited", uuid) or (
                uuid in self.ledger.tasks
                and self._happens("refused_beside_results", uuid)
            )
            exchange.turned_away[uuid] = turned_away
        return turned_away

    def _happens(self, choice: str, uuid: str) -> bool:
        """Draw whether one of the `CHOICES` happens to a task."""
        share = self._shares[choice]
        if not share or self.world.now >= self.world.calm_at:
            return False
        happens = self.world.random.random() < share
        if happens and self.world.tracing:
            self._note(f"{uuid[:8]}: {CHOICES[choice]}")
        return happens

    def _drawn(
        self, troubles: list[tuple[float, Trouble]], subject: Call | Task
    ) -> Trouble | None:
        """Draw a trouble, and record it in the trace."""
        if not troubles:
            return None
        trouble = self.world.drawn(troubles)
        if trouble is not None and self.world.tracing:
            name = (
                subject.uuid[:8]
                if isinstance(subject, Task)
                else f"POST {subject.exchange.number}"
            )
            self._note(f"{name}: {sentence(trouble)}")
        return trouble

    def _coin(self) -> bool:
        return self.world.random.random() < 0.5

    def _one(self, choices: tuple[Choice, ...]) -> Choice:
        return choices[int(self.world.random.random() * len(choices))]

    def _uuid(self) -> str:
        return uuid4(self.world.random.getrandbits(128))

    def _note(self, what: str) -> None:
        self.world.note("server", what)


def text_of(element: Object) -> str:
    """Return the text of a streamed task, which is the same in each run."""
    return f"{element['taskUUID'][:8]} {SMILE} is here."


def is_async(element: Object) -> bool:
    """Whether the task is async, by its `deliveryMethod` or by its type's default."""
    method = element.get("deliveryMethod")
    if method is not None:
        return bool(method == "async")
    return TYPES[element["taskType"]][1]


def uuid4(bits: int) -> str:
    """Return the text of a version 4 UUID (RFC 9562, section 5.4) with these bits."""
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def poll_error(code: str, uuid: str | None) -> Object:
    """Return an error about a poll itself."""
    error = {"code": code, "message": f"No answer: {code}.", "taskType": "getResponse"}
    if uuid is not None:
        error["taskUUID"] = uuid
    return error


def alone(form: str, status: int, error: Object) -> Answer:
    """Return a response with only one error.

    The format is one of `ERROR_FORMS`, or `bare`: `flat` without the task's name.
    """
    if form == "html":
        return Answer(status, HTML, b"<html><h1>Error</h1></html>")
    if form == "problem" and "status" not in error:
        problem = {"type": "about:blank", "title": error["code"], "status": status}
        return Answer(status, PROBLEM, to_json({**problem, **error}))
    names = {k: v for k, v in error.items() if k in ("taskUUID", "taskType")}
    bodies = {
        "error": {"error": error, **names},
        "flat": error,
        "bare": {k: v for k, v in error.items() if k not in names},
        "array": [error],
    }
    body = bodies.get(form, {"errors": [error]})
    return Answer(status, JSON, to_json(body))


def _sign(members: Object, signature: int) -> None:
    """Add a query to the URL of a result."""
    query = f"?sig={signature}"
    for name, value in members.items():
        if name.endswith("URL"):
            members[name] = value + query
        elif name == "outputs":
            value["files"][0]["url"] += query


EVENT_STREAM = {"content-type": "text/event-stream"}
STREAM_FORMS = ("plain", "single", "crlf", "whole", "json")
STREAM_ENDS = ("done", "unfinished", "closed", "open", "late", "repeated")
SMILE = "\N{SLIGHTLY SMILING FACE}"
SMILE_IN_HALVES = "\ud83d\ude42"
"""The same character as two surrogates, which JSON can separate."""

PROBLEM = {"content-type": "application/problem+json"}
ERROR_FORMS = ("errors", "error", "flat", "array", "problem", "html")
UNKNOWN = ("empty", "taskNotFound", "taskFailedOrNotFound", "nameless")


# Troubles of a POST of tasks, which replace its normal handling


def sending_rate_limited(server: Server, call: Call) -> None:
    """The call is refused with 429; no task is accepted."""
    after = server.profile.retry_after if server._coin() else None
    server.refuse(call, 429, "rateLimitExceeded", after)


def sending_unavailable(server: Server, call: Call) -> None:
    """The call is refused with 503 and Retry-After; no task is accepted."""
    server.refuse(call, 503, "serviceUnavailable", server.profile.retry_after)


def sending_refused(server: Server, call: Call) -> None:
    """The call is refused with a 4xx that names no task; no task is accepted."""
    refusals = (
        (400, "invalidParameter"),
        (401, "invalidApiKey"),
        (402, "insufficientCredits"),
        (403, "forbidden"),
        (404, "modelNotFound"),
        (422, "validationFailed"),
    )
    status, code = server._one(refusals)
    server.refuse(call, status, code)


def sending_fails_before(server: Server, call: Call) -> None:
    """The server fails with a 5xx before it accepts any task."""
    server.turn_down(call, server._one((500, 502, 503, 504)), server._one(BUSY))


def sending_fails_after(server: Server, call: Call) -> None:
    """The server fails with a 5xx; tasks are accepted before that, later or never."""
    _take_in_parts(server, call)
    server.turn_down(call, server._one((500, 502, 503, 504)), server._one(BUSY))


def sending_unsaid(server: Server, call: Call) -> None:
    """The response is 200 with empty data; tasks are accepted now, later or never."""
    _take_in_parts(server, call)
    server._reply(call, Telling(200))


def _take_in_parts(server: Server, call: Call) -> None:
    """Accept each task now, later or never."""
    for element in call.elements:
        if element["taskType"] == "getResponse" or server._invalid(element):
            continue
        if call.exchange.turned_away.get(element["taskUUID"]):
            continue  # it was refused by name in an earlier copy
        when = server.world.random.random()
        if when < 0.5:
            if not server._refuses_known(element):
                server.accept(call.exchange, element)
        elif when < 0.8:
            server.take_later(call.exchange, element)


SENDING_TROUBLES: dict[str, CallTrouble] = named(
    sending_rate_limited,
    sending_unavailable,
    sending_refused,
    sending_fails_before,
    sending_fails_after,
    sending_unsaid,
)


# Troubles of a dry run


def dry_run_limited(server: Server, call: Call) -> None:
    """The dry run is refused with 429."""
    after = server.profile.retry_after if server._coin() else None
    server.turn_down(call, 429, "rateLimitExceeded", after)


def dry_run_fails(server: Server, call: Call) -> None:
    """The dry run is answered with a 5xx."""
    server.turn_down(call, server._one((500, 502, 503, 504)), server._one(BUSY))


def dry_run_refused(server: Server, call: Call) -> None:
    """The dry run is refused with a 4xx that names no task."""
    status, code = server._one(((400, "invalidParameter"), (404, "modelNotFound")))
    server.turn_down(call, status, code)


def dry_run_empty(server: Server, call: Call) -> None:
    """The dry run is answered with empty data."""
    server._reply(call, Telling(200))


def dry_run_in_part(server: Server, call: Call) -> None:
    """The response to the dry run has only its first task."""
    telling = Telling(200)
    telling.data += server._prices(call.elements[0])
    server.ledger.priced.add(call.elements[0]["taskUUID"])
    server._reply(call, telling)


DRY_TROUBLES: dict[str, CallTrouble] = named(
    dry_run_limited, dry_run_fails, dry_run_refused, dry_run_empty, dry_run_in_part
)


# Troubles of a poll


def poll_rate_limited(server: Server, call: Call) -> None:
    """The poll is refused with 429."""
    after = server.profile.retry_after if server._coin() else None
    server.turn_down(call, 429, "rateLimitExceeded", after)


def poll_fails(server: Server, call: Call) -> None:
    """The poll is answered with a 5xx, or with 408, 409 or 425."""
    status = server._one((500, 502, 503, 504, 408, 409, 425))
    after = server.profile.retry_after if server._coin() else None
    server.turn_down(call, status, server._one(BUSY), after)


def poll_too_large(server: Server, call: Call) -> None:
    """The poll is refused with 413, whatever its size."""
    server.turn_down(call, 413, "tooManyTasks")


def poll_refused(server: Server, call: Call) -> None:
    """The poll is refused with a 4xx that names no task."""
    status, code = server._one(
        ((400, "invalidParameter"), (404, "notFound"), (422, "validationFailed"))
    )
    server.turn_down(call, status, code)


def poll_unauthorized(server: Server, call: Call) -> None:
    """The poll is refused because of the key or the account."""
    status, code = server._one(
        (
            (401, "invalidApiKey"),
            (402, "insufficientCredits"),
            (403, "forbidden"),
        )
    )
    server.turn_down(call, status, code)


def poll_error_inside(server: Server, call: Call) -> None:
    """The poll gets getResponse errors (HTTP 200 or 400) for one UUID, each or none."""
    telling = Telling(server._one((200, 400)))
    code = server._one(BUSY)
    scope = server._one(("one", "each", "none"))
    if scope == "none":
        telling.errors.append(poll_error(code, None))
    for uuid in call.uuids[:1] if scope == "one" else call.uuids:
        error = poll_error(code, uuid)
        if server._coin():
            del error["taskType"]  # only the UUID identifies the task
        if scope != "none":
            telling.errors.append(error)
    server._reply(call, telling)


def poll_empty(server: Server, call: Call) -> None:
    """The poll is answered with empty data, for running, finished and unknown tasks alike."""
    server._reply(call, Telling(200))


POLL_TROUBLES: dict[str, CallTrouble] = named(
    poll_rate_limited,
    poll_fails,
    poll_too_large,
    poll_refused,
    poll_unauthorized,
    poll_error_inside,
    poll_empty,
)


# Troubles of one task within a poll


def task_forgotten(server: Server, task: Task, telling: Telling) -> None:
    """A replica that does not know the task yet responds to the poll."""
    server.tell_unknown(task.uuid, telling)


def task_left_out(server: Server, task: Task, telling: Telling) -> None:
    """The response does not mention the task."""


def task_told_in_part(server: Server, task: Task, telling: Telling) -> None:
    """The response leaves out some finished results of the task."""
    server.tell_task(task, telling, skipped=0.5)


TASK_TROUBLES: dict[str, TaskTrouble] = named(
    task_forgotten, task_left_out, task_told_in_part
)


# Additions to any response


def others_told(server: Server, telling: Telling) -> None:
    """The response also has items of a known task and of a task that no caller sent."""
    tasks = list(server.ledger.tasks.values())
    if tasks:
        server.tell_task(server._one(tuple(tasks)), telling)
    foreign = Task(server._uuid(), "imageInference")
    item = Item(server._uuid(), 0.0, None, 0.0)
    telling.data.append(server._result(foreign, item))


def others_failed(server: Server, telling: Telling) -> None:
    """The response also has the failure of a task that no caller sent."""
    telling.stated = 200
    telling.errors.append(
        {
            "code": "inferenceError",
            "message": "Another task failed.",
            "taskType": "imageInference",
            "taskUUID": server._uuid(),
            "status": "error",
        }
    )


ANSWER_EXTRAS: dict[str, Callable[[Server, Telling], None]] = named(
    others_told, others_failed
)


# What may happen to one task, with a sentence that describes it
CHOICES = {
    "element_rate_limited": "It is refused by name for the rate limit, and not taken; others of the call are.",
    "accepted_late": "It is acknowledged now and accepted later; until then the polls do not know it.",
    "sync_acknowledged": "It is acknowledged and polled for, though sync.",
    "answer_short": "It is answered with some of its results; the rest comes by polls.",
    "replica_lag": "The polls do not know it for a while, though it was accepted.",
    "poisoned_uuid": "A poll that asks for it together with others is refused.",
    "refused_beside_results": "A second sending is refused beside results of the first one.",
}
