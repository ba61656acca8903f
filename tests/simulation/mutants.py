"""Faults that the client once had or might get, each as a change of its source.

A simulation that does not find these faults proves nothing. `search.py` imports the
client with one of them, and runs schedules until one breaks a promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.profiles import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mutant(NamedTuple):
    """One fault.

    Attributes:
        name: What the client does wrong.
        module: The module that is changed, relative to the package.
        old: The text that is replaced. It occurs once in the module.
        new: The replacement.
        seed: The first seed of the search. A seed that found the fault saves time.
        knobs: Knobs of the profiles that are not drawn, so that rare faults are found.
    """

    name: str
    module: str
    old: str
    new: str
    seed: int = 0
    knobs: Mapping[str, Any] = NONE


MUTANTS = (
    Mutant(
        "413 to a poll makes its tasks unsent",
        "_runtime.delivery.delivery",
        "            if kind is Kind.SUBMIT and not each.task.is_done:\n",
        "            each.task.phase = Phase.UNSENT\n            if kind is None:\n",
        989,
    ),
    Mutant(
        "a task that was not found once is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.NOT_FOUND): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.NOT_FOUND): (_P.UNSENT, _A.RETRY)",
        290,
    ),
    Mutant(
        "a task of which one poll is silent is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.SILENCE): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.SILENCE): (_P.UNSENT, _A.RETRY)",
        162,
    ),
    Mutant(
        "an accepted task that is not found is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.ACCEPTED, _E.NOT_FOUND): (_P.ACCEPTED, _A.POLL)",
        "(_P.ACCEPTED, _E.NOT_FOUND): (_P.UNSENT, _A.RETRY)",
        35,
    ),
    Mutant(
        "what is unclear counts as never sent",
        "_runtime.delivery.lifecycle",
        "(_P.SENDING, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL)",
        "(_P.SENDING, _E.UNCLEAR): (_P.UNSENT, _A.RETRY)",
        8,
    ),
    Mutant(
        "a redirect counts as never sent",
        "_runtime.delivery.classify",
        "    if not error.may_have_run:\n",
        "    if not error.may_have_run or isinstance(error, ResponseError):\n",
        34,
    ),
    Mutant(
        "a second sending that is rejected makes a task unsent",
        "_runtime.delivery.lifecycle",
        "(_P.RESENDING, _E.REJECTED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.RESENDING, _E.REJECTED): (_P.UNSENT, _A.RETRY)",
        34,
    ),
    Mutant(
        "a second sending that is refused ends a task",
        "_runtime.delivery.lifecycle",
        "(_P.RESENDING, _E.REFUSED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.RESENDING, _E.REFUSED): (_P.DONE, _A.END)",
        3267,
    ),
    Mutant(
        "never sends again what is in doubt",
        "_runtime.delivery.schedule",
        'is not Phase.IN_DOUBT or policy == "never"',
        "is not Phase.IN_DOUBT",
        8728,
    ),
    Mutant(
        "safe sends sync tasks again",
        "_runtime.delivery.task",
        "return self.is_async or self.task_type in UPLOADS",
        "return True",
        1643,
    ),
    Mutant(
        "an error about a poll ends the task",
        "_runtime.delivery.classify",
        "is_named and is_of_task and not is_doubtful",
        "is_named",
        104,
    ),
    Mutant(
        "a poll that is turned away ends the wait",
        "_runtime.delivery.lifecycle",
        "(_P.ACCEPTED, _E.POLL_FAILED): (_P.ACCEPTED, _A.POLL)",
        "(_P.ACCEPTED, _E.POLL_FAILED): (_P.ACCEPTED, _A.GIVE_UP)",
        5,
    ),
    Mutant(
        "one poisoned poll ends the waits of all",
        "_runtime.delivery.classify",
        "    if _is_of_the_account(response, errors) and not is_of_sending:\n"
        "        return response.verdict(TaskEvent.POLL_REFUSED, errors)\n"
        "    failed",
        "    if not response.is_only or _is_of_the_account(response, errors):\n"
        "        return response.verdict(TaskEvent.POLL_REFUSED, errors)\n"
        "    failed",
        1898,
    ),
    Mutant(
        "a status that is not known makes a result",
        "_runtime.transport.items",
        '    return any(value not in (None, "", [], {}) for value in made)',
        "    return True",
        60,
    ),
    Mutant(
        "an acknowledgement with one member more is a result",
        "_runtime.transport.items",
        "        return any(value is not None for value in made)",
        '        return any(value is not None for value in made) or "cost" in item',
        28,
    ),
    Mutant(
        "an item in flight without a status is a result",
        "_runtime.transport.items",
        '    if item.get("status") is None and "progress" not in item:',
        '    if item.get("status") is None and "progress" in item:\n'
        "        return len(item) > 3\n"
        '    if item.get("status") is None:',
        4887,
    ),
    Mutant(
        "one failed item ends the task",
        "_runtime.delivery.task",
        "        self.is_short |= is_complete\n",
        "        if self.error is not None:\n            return end\n",
        2555,
    ),
    Mutant(
        "a sync answer holds all results, however few",
        "_runtime.delivery.task",
        "        self.is_short |= is_complete\n",
        "        if is_complete:\n            return end\n",
        2715,
    ),
    Mutant(
        "results are told apart by their whole URL",
        "_runtime.delivery.identity",
        "found.append((name, _without_query(value)))",
        'found.append((f"{name} uuid", value))',
        41,
    ),
    Mutant(
        "results inside outputs have no identity",
        "_runtime.delivery.identity",
        "for n, part in value.items() if _counts(n)]",
        'for n, part in value.items() if n != "outputs" and _counts(n)]',
        235,
    ),
    Mutant(
        "a nameless error ends all tasks of a batch",
        "_runtime.delivery.classify",
        "    if not own:\n",
        "    if not errors:\n",
        790,
    ),
    Mutant(
        "a conflict on the first sending is a refusal",
        "_runtime.delivery.lifecycle",
        "(_P.SENDING, _E.CONFLICT): (_P.ACCEPTED, _A.POLL)",
        "(_P.SENDING, _E.CONFLICT): (_P.DONE, _A.END)",
        70,
    ),
    Mutant(
        "a task that is left is forgotten",
        "_runtime.delivery.delivery",
        "        self._abandon([each])\n",
        "        self._open_tasks._forget(each.task)\n",
    ),
    Mutant(
        "a task is remembered only when it is accepted",
        "_runtime.delivery.open_tasks",
        "        if not task.is_pollable or isinstance(task, Upload):\n",
        "        if not task.is_pollable or task.phase is not Phase.ACCEPTED:\n",
    ),
    Mutant(
        "a cancelled sending stays unsent",
        "_runtime.delivery.delivery",
        "                    each.task.apply(event)\n",
        "                    each.task.phase = Phase.UNSENT\n",
        71,
    ),
    Mutant(
        "one poll may take all the time that is left",
        "_runtime.delivery.batches",
        "POLL_TIMEOUT = 5.0",
        "POLL_TIMEOUT = 1e9",
        186,
    ),
    Mutant(
        "a wait shorter than the first pause polls nothing",
        "_runtime.delivery.schedule",
        "        each.due = min(now + delay, latest)\n",
        "        each.due = now + delay\n",
        63,
    ),
    Mutant(
        "the time of a slow loop counts",
        "_runtime.delivery.schedule",
        "            self.deadline += seconds\n",
        "",
        8576,
    ),
    Mutant(
        "a task of another caller counts as the only one",
        "_runtime.delivery.verdict",
        "    return only if found is None and is_nameless else found",
        "    return (only or next(iter(known), None)) if found is None else found",
        462,
    ),
    Mutant(
        "a server error counts as a refusal for now",
        "_runtime.delivery.classify",
        "    return answer.http_status == 429 or is_busy",
        "    return answer.http_status in (429, 502, 503)",
        5,
    ),
    Mutant(
        "a timed out poll means that the task is not there",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.POLL_FAILED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.POLL_FAILED): (_P.UNSENT, _A.RETRY)",
        10,
    ),
    Mutant(
        "a stream without an end is whole",
        "_runtime.client.stream",
        "        if self._reader.is_complete:\n            return\n",
        "        return\n",
        8,
    ),
    Mutant(
        "an acknowledgement in place of a stream is its text",
        "_runtime.client.stream_reader",
        '        is_text = is_result(item) or "delta" in item\n',
        '        is_text = len(item.keys() - {"status"}) > 2\n',
        2007,
    ),
    Mutant(
        "an error of a gateway in a stream is the failure of the task",
        "_runtime.delivery.classify",
        " or _may_be_of_a_gateway(error.item, status):",
        ":",
        12677,
    ),
    Mutant(
        "an error of a gateway in a successful response is the failure of the task",
        "_runtime.delivery.classify",
        "has_no_code or any(_may_be_of_a_gateway(e, response.status) for e in own)",
        "has_no_code",
        2276,
    ),
    Mutant(
        "a stream that breaks before its text was never sent",
        "_runtime.delivery.classify",
        "TaskEvent.PROGRESS if error.results else TaskEvent.UNCLEAR",
        "TaskEvent.PROGRESS if error.results else TaskEvent.NOT_SENT",
        8,
    ),
    Mutant(
        "a stream that is left was never sent",
        "_runtime.client.base_engine",
        "        is_unwritten = pop_unwritten(error)\n",
        "        is_unwritten = True\n",
        365,
    ),
    Mutant(
        "a stream that breaks is forgotten",
        "_runtime.client.base_engine",
        "            self.give_handle(error, submission)\n        if is_noted",
        "            self.give_handle(error, submission)\n"
        "            self.open_tasks._forget(task)\n        if is_noted",
        365,
    ),
    Mutant(
        "the error of a broken stream lacks its text",
        "_runtime.client.stream",
        "            error.results = [self._so_far()]\n",
        "",
        183,
    ),
    Mutant(
        "half a character before a break is given",
        "_runtime.client.stream_reader",
        "if self.is_complete and (rest",
        "if (rest",
        17701,
    ),
    Mutant(
        "an event that comes in two chunks is read as two",
        "_runtime.transport.sse",
        '            if part.endswith((b"\\n", b"\\r")):\n',
        "            if part:\n",
        541,
    ),
    Mutant(
        "a whole text after its pieces is added to them",
        "_runtime.client.deltas",
        "            if whole.startswith(self.so_far):\n",
        "            if not self.so_far:\n",
        3769,
    ),
    Mutant(
        "the time that a reader takes between pieces counts",
        "_runtime.client.stream",
        "            with self._deadline.paused():\n                yield delta",
        "            yield delta",
        93,
    ),
    Mutant(
        "a stream is opened again after a 5xx",
        "_runtime.delivery.stream_retries",
        "            if not is_rejection(answer):\n",
        "            if not is_rejection(answer) and answer.http_status < 500:\n",
        10,
    ),
    Mutant(
        "a dry run is sent as a run",
        "_runtime.delivery.batches",
        "        return isinstance(self.scheduled[0].task, DryTask)",
        "        return False",
    ),
    Mutant(
        "a dry run has the UUID of its task",
        "_runtime.delivery.dry_run",
        '        wire["taskUUID"] = str(uuid4())\n',
        "        pass\n",
    ),
    Mutant(
        "a dry run is among the unfinished tasks",
        "_runtime.delivery.dry_run",
        '        """Always False: the server does not store it."""\n        return False',
        "        return True",
    ),
    Mutant(
        "a dry run is told as a run",
        "_runtime.delivery.delivery",
        "        if isinstance(task, DryTask):\n            return\n",
        "",
    ),
    Mutant(
        "a task whose dry run fails is sent",
        "_runtime.delivery.dry_run",
        "            elif error is None:\n                error = self._reserve_priced(",
        "            else:\n                error = self._reserve_priced(",
        19,
    ),
    Mutant(
        "dry runs and runs are sent together",
        "_runtime.delivery.batches",
        "is_alike = isinstance(each.task, DryTask) is is_dry",
        "is_alike = True",
        456,
    ),
    Mutant(
        "a reservation does not count",
        "_runtime.delivery.account",
        "                self.committed = AMOUNTS.add(self.committed, self._reserved[task.key])\n",
        "                pass\n",
    ),
    Mutant(
        "a task that may be billed loses its reservation",
        "_runtime.delivery.account",
        "            elif task.phase is Phase.UNSENT or not task.is_sent:\n",
        "            else:\n",
    ),
    Mutant(
        "a task that was not sent keeps its reservation",
        "_runtime.delivery.account",
        "                self.committed = AMOUNTS.subtract(self.committed, released)\n",
        "",
        2389,
    ),
    Mutant(
        "a call that is left keeps its reservations",
        "_runtime.delivery.delivery",
        "        for each in left:\n            self._settle(each)\n",
        "",
        2389,
    ),
    Mutant(
        "results that come again count again",
        "_runtime.delivery.account",
        "AMOUNTS.add(self.cost, AMOUNTS.subtract(bill.stated, known.stated))",
        "AMOUNTS.add(self.cost, bill.stated)",
        196,
    ),
    Mutant(
        "results that do not say what they cost are free",
        "_runtime.delivery.account",
        "        return AMOUNTS.max(self.stated, self.reserved)\n",
        "        return self.stated\n",
        10,
    ),
    Mutant(
        "one result that says what it costs stands for all",
        "_runtime.delivery.account",
        "bool(self.costs) and None not in self.costs.values()",
        "any(self.costs.values())",
        3108,
    ),
    Mutant(
        "a task that failed counts as if it had run",
        "_runtime.delivery.account",
        "        has_run = bool(task.items) or task.error is None or task.is_repeated\n",
        "        has_run = True\n",
        40,
    ),
    Mutant(
        "the second sending of a resumed task has no reservation",
        "_runtime.delivery.delivery",
        "if account.owes_reservation(e.task)]",
        "if account.owes_reservation(e.task) and e.resent_after is None]",
        89,
    ),
    Mutant(
        "a stream has no reservation",
        "_runtime.client.base_engine",
        "self.delivery([dry_run], retries.seconds_left())",
        "self.delivery([], retries.seconds_left())",
        10,
    ),
    Mutant(
        "a handle without its request sends the task",
        "_runtime.delivery.batches",
        "        return self.submission is not None or self.kind is Kind.POLL\n",
        "        return True\n",
        8348,
    ),
    Mutant(
        "a poll is not answered while the task is sent again",
        "_runtime.delivery.lifecycle",
        "    (_P.RESENDING, _E.SILENCE): (_P.RESENDING, _A.POLL),\n",
        "",
        5390,
    ),
    Mutant(
        "a sending is not answered when a poll was",
        "_runtime.delivery.lifecycle",
        "    (_P.ACCEPTED, _E.CONFLICT): (_P.ACCEPTED, _A.POLL),\n",
        "",
        15692,
    ),
    Mutant(
        "a task that another call found accepted is sent",
        "_runtime.delivery.batches",
        "self.resent_after == self.task.sends and phase is Phase.IN_DOUBT\n",
        "self.resent_after == self.task.sends\n",
        7453,
    ),
    Mutant(
        "a stream is sent again when others have used up the budget",
        "_runtime.client.base_engine",
        "            if error := account.excess(task):\n",
        "            if False and (error := account.excess(task)):\n",
        49860,
        {"budget": 1.0, "tasks": 3, "latency": 2.0},
    ),
    Mutant(
        "calls that run one request do not share its task",
        "_runtime.delivery.open_tasks",
        "            return other\n",
        "            return task\n",
        764,
    ),
    Mutant(
        "an error of a poll is the failure of a stream",
        "_runtime.delivery.classify",
        "_is_of_poll(error.item) or ",
        "",
        260800,
    ),
    Mutant(
        "the first run of a task that was sent again costs nothing if the second fails",
        "_runtime.delivery.account",
        "task.error is None or task.is_repeated\n",
        "task.error is None\n",
        8010996,
    ),
    Mutant(
        "the refusal of a second sending is the failure of a result",
        "_runtime.delivery.classify",
        "    return not (response.task.is_resent or is_conflict or is_of_gateway)",
        "    return not (is_conflict or is_of_gateway)",
        102086,
    ),
)


def changed(mutant: Mutant, source: str) -> str:
    """Return the source of a module with a fault.

    Raises:
        ValueError: The text to replace does not occur exactly once.
    """
    if source.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.module} has changed")
    return source.replace(mutant.old, mutant.new)
