"""Faults that the client once had or might get, each as a change of its source.

A simulation that does not find them proves nothing. `test_mutants.py` puts each one into
a copy of the client and counts the schedules until a promise is broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Mutant(NamedTuple):
    """One fault.

    Attributes:
        name: What the client does wrong.
        module: The module that is changed, without its suffix.
        old: The text that is replaced; it stands there once.
        new: What it is replaced by.
        seed: Where the search begins: a schedule that has found it, to save time.
    """

    name: str
    module: str
    old: str
    new: str
    seed: int = 0


MUTANTS = (
    Mutant(
        "413 to a poll makes its tasks unsent",
        "_runtime.delivery.delivery",
        "        if kind is Kind.SUBMIT:\n            each.task.apply(TaskEvent.REJECTED)",
        "        each.task.phase = Phase.UNSENT\n"
        "        if kind is None:\n            each.task.apply(TaskEvent.REJECTED)",
        275,
    ),
    Mutant(
        "a task that was not found once is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.NOT_FOUND): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.NOT_FOUND): (_P.UNSENT, _A.RETRY)",
        165,
    ),
    Mutant(
        "a task of which one poll is silent is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.SILENCE): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.SILENCE): (_P.UNSENT, _A.RETRY)",
        86,
    ),
    Mutant(
        "an accepted task that is not found is sent again",
        "_runtime.delivery.lifecycle",
        "(_P.ACCEPTED, _E.NOT_FOUND): (_P.ACCEPTED, _A.POLL)",
        "(_P.ACCEPTED, _E.NOT_FOUND): (_P.UNSENT, _A.RETRY)",
        63,
    ),
    Mutant(
        "what is unclear counts as never sent",
        "_runtime.delivery.lifecycle",
        "(_P.SENDING, _E.UNCLEAR): (_P.IN_DOUBT, _A.POLL)",
        "(_P.SENDING, _E.UNCLEAR): (_P.UNSENT, _A.RETRY)",
    ),
    Mutant(
        "a redirect counts as never sent",
        "_runtime.delivery.classify",
        "    if not error.may_have_run:\n",
        "    if not error.may_have_run or isinstance(error, ResponseError):\n",
        29,
    ),
    Mutant(
        "a second sending that is rejected makes a task unsent",
        "_runtime.delivery.lifecycle",
        "(_P.RESENDING, _E.REJECTED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.RESENDING, _E.REJECTED): (_P.UNSENT, _A.RETRY)",
        25,
    ),
    Mutant(
        "a second sending that is refused ends a task",
        "_runtime.delivery.lifecycle",
        "(_P.RESENDING, _E.REFUSED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.RESENDING, _E.REFUSED): (_P.DONE, _A.END)",
        514,
    ),
    Mutant(
        "never sends again what is in doubt",
        "_runtime.delivery.delivery",
        'is not Phase.IN_DOUBT or policy == "never"',
        "is not Phase.IN_DOUBT",
        340,
    ),
    Mutant(
        "safe sends sync tasks again",
        "_runtime.delivery.task",
        "return self.is_async or self.task_type in UPLOADS",
        "return True",
        4583,
    ),
    Mutant(
        "an error about a poll ends the task",
        "_runtime.delivery.classify",
        "is_named and is_of_task and not is_doubtful",
        "is_named and is_of_task",
        139,
    ),
    Mutant(
        "a poll that is turned away ends the wait",
        "_runtime.delivery.lifecycle",
        "(_P.ACCEPTED, _E.POLL_FAILED): (_P.ACCEPTED, _A.POLL)",
        "(_P.ACCEPTED, _E.POLL_FAILED): (_P.ACCEPTED, _A.LEAVE)",
    ),
    Mutant(
        "one poisoned poll ends the waits of all",
        "_runtime.delivery.classify",
        "    if _is_of_the_account(said, errors):\n"
        "        return said.verdict(TaskEvent.POLL_REFUSED, errors)\n"
        "    failed",
        "    if not said.is_only or _is_of_the_account(said, errors):\n"
        "        return said.verdict(TaskEvent.POLL_REFUSED, errors)\n"
        "    failed",
        132,
    ),
    Mutant(
        "a status that is not known makes a result",
        "_runtime.transport.items",
        '    return any(value not in (None, "", [], {}) for value in made)',
        "    return True",
    ),
    Mutant(
        "an acknowledgement with one member more is a result",
        "_runtime.transport.items",
        "        return any(value is not None for value in made)",
        '        return any(value is not None for value in made) or "cost" in item',
        35,
    ),
    Mutant(
        "an item in flight without a status is a result",
        "_runtime.transport.items",
        '    if told is None and "progress" not in item:',
        '    if told is None and "progress" in item:\n'
        "        return len(item) > 3\n"
        "    if told is None:",
        673,
    ),
    Mutant(
        "one failed item ends the task",
        "_runtime.delivery.task",
        "        self.is_short |= is_complete\n",
        "        if self.error is not None:\n            return end\n",
        1374,
    ),
    Mutant(
        "a sync answer holds all results, however few",
        "_runtime.delivery.task",
        "        self.is_short |= is_complete\n",
        "        if is_complete:\n            return end\n",
        492,
    ),
    Mutant(
        "results are told apart by their whole URL",
        "_runtime.delivery.identity",
        "            yield name, _without_query(value)\n",
        '            yield f"{name} uuid", value\n',
    ),
    Mutant(
        "results inside outputs have no identity",
        "_runtime.delivery.identity",
        "for n, part in value.items() if _counts(n))",
        'for n, part in value.items() if n != "outputs" and _counts(n))',
        155,
    ),
    Mutant(
        "a nameless error ends all tasks of a batch",
        "_runtime.delivery.classify",
        "    if not own and not _is_of_the_account(said, errors):\n",
        "    if not errors:\n",
        963,
    ),
    Mutant(
        "a conflict on the first sending is a refusal",
        "_runtime.delivery.lifecycle",
        "(_P.SENDING, _E.CONFLICT): (_P.ACCEPTED, _A.POLL)",
        "(_P.SENDING, _E.CONFLICT): (_P.DONE, _A.END)",
        376,
    ),
    Mutant(
        "a task that is left is forgotten",
        "_runtime.delivery.delivery",
        "        self._open_tasks.leave([each.task])\n",
        "        self._open_tasks.close([each.task])\n",
    ),
    Mutant(
        "a task is remembered only when it is accepted",
        "_runtime.delivery.delivery",
        "        if not isinstance(task, Upload):\n            self._open_tasks.add(task)\n",
        "        if task.phase is Phase.ACCEPTED:\n            self._open_tasks.add(task)\n",
    ),
    Mutant(
        "a cancelled sending stays unsent",
        "_runtime.delivery.delivery",
        "                task.apply(TaskEvent.UNCLEAR)\n",
        "                task.phase = Phase.UNSENT\n",
    ),
    Mutant(
        "one poll may take all the time that is left",
        "_runtime.delivery.batches",
        "POLL_TIMEOUT = 5.0",
        "POLL_TIMEOUT = 1e9",
        99,
    ),
    Mutant(
        "a wait shorter than the first pause polls nothing",
        "_runtime.delivery.delivery",
        "        each.due = self._deadline if each.is_last_poll else min(now + delay, last)",
        "        each.due = now + delay",
    ),
    Mutant(
        "the time of a slow loop counts",
        "_runtime.delivery.delivery",
        "        self._deadline += seconds\n        self._last_poll += seconds\n",
        "        self._last_poll += seconds\n",
        963,
    ),
    Mutant(
        "a task of another caller counts as the only one",
        "_runtime.delivery.batches",
        "    return only if found is None and is_nameless else found",
        "    return (only or next(iter(known), None)) if found is None else found",
        82,
    ),
    Mutant(
        "a server error counts as a refusal for now",
        "_runtime.delivery.classify",
        "    return answer.http_status == 429 or is_busy",
        "    return answer.http_status in (429, 502, 503)",
    ),
    Mutant(
        "a timed out poll means that the task is not there",
        "_runtime.delivery.lifecycle",
        "(_P.IN_DOUBT, _E.POLL_FAILED): (_P.IN_DOUBT, _A.POLL)",
        "(_P.IN_DOUBT, _E.POLL_FAILED): (_P.UNSENT, _A.RETRY)",
    ),
)


def apply(mutant: Mutant, package: Path) -> None:
    """Put a fault into a copy of the client.

    Raises:
        ValueError: The text that it replaces does not stand there once.
    """
    path = package / f"{mutant.module.replace('.', '/')}.py"
    source = path.read_text()
    if source.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.module} has changed")
    path.write_text(source.replace(mutant.old, mutant.new))
