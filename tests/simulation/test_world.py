"""The world causes the faults that it should: each naive client fails on some seeds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from simulation.profiles import NAMED, TROUBLES, Profile, draw_tasks
from simulation.server import IN_FLIGHT
from simulation.shrink import report, shrink
from simulation.world import (
    Acquire,
    Answer,
    Broken,
    Cancelled,
    Join,
    NotSent,
    Post,
    Release,
    Sleep,
    Spawn,
    TimedOut,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simulation.world import Effect

    Object = dict[str, Any]
    Caller = Generator[Effect, Any, Any]
    Client = Callable[[Object], Caller]

FAILED = (NotSent, Broken, TimedOut)
SEEDS = range(150)
VIDEO: Object = {
    "taskType": "videoInference",
    "taskUUID": "00000000-0000-4000-8000-000000000001",
}
IMAGE: Object = {**VIDEO, "taskType": "imageInference"}
SOLID: Object = {**VIDEO, "taskType": "3dInference", "numberResults": 2}


# Helpers of the naive clients


def wire(*elements: Object) -> list[bytes]:
    """Return the elements of a POST."""
    return [json.dumps(element).encode() for element in elements]


def question(*tasks: Object) -> list[bytes]:
    """Return the elements of a poll."""
    return wire(
        *({"taskType": "getResponse", "taskUUID": t["taskUUID"]} for t in tasks)
    )


def posted(
    elements: list[bytes], timeout: float = 20.0, *, is_dry: bool = False
) -> Caller:
    """Send a POST; return the response, or `None` if there is none."""
    try:
        return (yield Post(elements, timeout, is_dry))
    except FAILED:
        return None


def members(answer: Answer | None, name: str) -> list[Object]:
    """Return the members of `data` or `errors`; none if the body has no such list."""
    try:
        body = json.loads(answer.body) if answer else {}
    except ValueError:
        return []
    found = body.get(name, []) if isinstance(body, dict) else []
    return found if isinstance(found, list) else []


def identity(item: Object) -> str | None:
    """Return the id of a finished result; `None` for other items."""
    for kind in ("image", "video"):
        if f"{kind}URL" in item:
            return str(item[f"{kind}UUID"])
    if "text" in item:
        return str(item["text"])
    outputs = item.get("outputs")
    return outputs["files"][0]["uuid"] if outputs else None


def results(answer: Answer | None, task: Object) -> dict[str, Object]:
    """Return the finished results of a task in a response, by their ids."""
    found = {
        identity(item): item
        for item in members(answer, "data")
        if item["taskUUID"] == task["taskUUID"]
    }
    return {name: item for name, item in found.items() if name is not None}


def careful(task: Object) -> Caller:
    """Send once, whatever the response; then poll until all results have arrived.

    The waits become longer, and it gives up within an hour.
    """
    got: dict[str, Object] = {}
    got |= results((yield from posted(wire(task))), task)
    for attempt in range(30):
        if len(got) >= task.get("numberResults", 1):
            break
        yield Sleep(2.0 * 1.2**attempt)
        got |= results((yield from posted(question(task))), task)
    return sorted(got)


def run(
    seed: int, profile: Profile, client: Client, *tasks: Object, tracing: bool = False
) -> World:
    """Run one schedule with a client for each task; draw tasks if none are given."""
    world = World(seed, profile, tracing=tracing)
    for task in tasks or draw_tasks(profile, world.random):
        world.spawn(client(task))
    world.run()
    for process in world.processes:
        if isinstance(process.error, Exception):
            raise process.error
    return world


def twice(world: World) -> bool:
    """Whether the caller caused a task to be billed twice."""
    return any(world.ledger.billed(uuid) > 1 for uuid in world.ledger.tasks)


def lost(world: World) -> bool:
    """Whether the only caller did not return all results of its task."""
    (process,) = world.processes
    return any(
        set(process.value) != set(world.ledger.produced(uuid))
        for uuid in world.ledger.tasks
    )


def seeds_with(
    wrong: Callable[[World], bool],
    profile: Profile,
    client: Client,
    *tasks: Object,
) -> int:
    """Return the number of seeds on which a client goes wrong with a profile."""
    return sum(wrong(run(seed, profile, client, *tasks)) for seed in SEEDS)


def trouble(name: str, share: float = 0.5, **knobs: Any) -> Profile:
    """Return a profile with one trouble."""
    return Profile(troubles={name: share}, **knobs)


# The clock, the processes, the locks


def test_the_same_seed_gives_the_same_trace() -> None:
    """The traces are made twice here, and once in a process with another hash seed."""
    traces = [_drawn_trace(seed) for seed in range(20)]
    assert traces == [_drawn_trace(seed) for seed in range(20)]
    assert len(set(traces)) == 20
    script = (
        "from simulation.test_world import _drawn_trace\n"
        "import sys; sys.stdout.write(''.join(map(_drawn_trace, range(20))))"
    )
    other = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHONHASHSEED": "77",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout == "".join(traces)


def _drawn_trace(seed: int) -> str:
    profile = Profile.draw(Random(seed))
    return run(seed, profile, careful, tracing=True).told()


def test_tracing_changes_nothing() -> None:
    """The draws are the same with and without tracing."""
    for seed in range(30):
        profile = Profile.draw(Random(seed))
        worlds = [run(seed, profile, careful, tracing=t) for t in (True, False)]
        assert worlds[0].now == worlds[1].now
        assert [p.value for p in worlds[0].processes] == [
            p.value for p in worlds[1].processes
        ]


def test_processes_spawn_join_and_wait_for_locks() -> None:
    """The next waiting process gets a released lock, unless its wait timed out."""
    log: list[tuple[float, str]] = []
    world = World(1, Profile())

    def worker(name: str, patience: float) -> Caller:
        held = yield Acquire("handle", patience)
        log.append((world.now, f"{name} {held}"))
        if held:
            yield Sleep(10.0)
            yield Release("handle")

    def main() -> Caller:
        pids = []
        for name, patience in (("a", 1.0), ("b", 1.0), ("c", 30.0)):
            pids.append((yield Spawn(worker(name, patience), name)))
        assert (yield Join(pids, timeout=5.0)) is False
        assert (yield Join(pids)) is True
        assert (yield Join(pids)) is True
        return world.now

    pid = world.spawn(main())
    world.run()
    assert log == [(0.0, "a True"), (1.0, "b False"), (10.0, "c True")]
    assert world.processes[pid].value == 20.0
    assert world.held == {}


def test_a_release_without_the_lock_is_an_error() -> None:
    """It raises RuntimeError in the process, like a real lock."""

    def main() -> Caller:
        yield Release("handle")

    world = World(1, Profile())
    pid = world.spawn(main())
    world.run()
    assert isinstance(world.processes[pid].error, RuntimeError)


def test_a_cancelled_process_cleans_up_and_its_task_goes_on() -> None:
    """The caller gets no response to its request, and no result counts as delivered."""
    cleaned = []

    def caller() -> Caller:
        yield Acquire("handle")
        try:
            yield Post(wire(IMAGE), timeout=60.0)
        finally:
            yield Release("handle")
            cleaned.append(world.now)

    world = World(1, Profile(slowness=10.0))
    pid = world.spawn(caller())
    world.cancel(pid, at=0.2)
    world.run()
    assert cleaned == [0.2]
    assert isinstance(world.processes[pid].error, Cancelled)
    assert world.held == {}
    assert world.ledger.billed(IMAGE["taskUUID"]) == 1
    assert len(world.ledger.produced(IMAGE["taskUUID"])) == 1
    assert world.ledger.delivered(IMAGE["taskUUID"]) == []


def test_a_killed_process_takes_its_children_with_it() -> None:
    """Cleanup cannot wait, locks are released, and another process goes on."""

    def child() -> Caller:
        yield Acquire("handle")
        try:
            yield Sleep(1000.0)
        finally:
            yield Release("handle")

    def parent() -> Caller:
        yield Join([(yield Spawn(child()))])

    def other() -> Caller:
        yield Sleep(1.0)
        yield Acquire("handle")
        return world.now

    world = World(1, Profile())
    pid = world.spawn(parent())
    heir = world.spawn(other())
    world.cancel(pid, at=5.0, kill=True)
    world.run()
    assert world.processes[heir].value == 5.0
    assert [type(p.error) for p in world.processes if p.pid != heir] == [
        GeneratorExit,
        GeneratorExit,
    ]


def test_a_drawn_cancellation_comes_before_the_calm() -> None:
    """Its time differs between seeds."""
    moments = set()
    for seed in range(20):
        world = World(seed, Profile(calm_at=50.0))
        pid = world.spawn(iter_sleep(1000.0))
        world.cancel(pid)
        world.run()
        moments.add(world.processes[pid].ended_at)
    assert len(moments) > 10
    assert all(moment is not None and moment <= 50.0 for moment in moments)


def iter_sleep(seconds: float) -> Caller:
    """A process that only sleeps."""
    yield Sleep(seconds)


def test_invariants_are_watched_at_every_event() -> None:
    """`run` raises the exception of the watcher at that event."""
    world: World

    def watch() -> None:
        if world.ledger.tasks:
            raise ArithmeticError

    world = World(1, Profile(), watch=watch)
    world.spawn(careful(VIDEO))
    with pytest.raises(ArithmeticError):
        world.run()
    assert world.processes[0].ended_at is None


def test_run_stops_at_a_moment_and_goes_on() -> None:
    """The first call runs up to `until`, the second to the end."""
    world = World(1, Profile())
    world.spawn(careful(VIDEO))
    world.run(until=1.0)
    assert world.now == 1.0
    assert world.processes[0].ended_at is None
    world.run()
    assert world.processes[0].value == world.ledger.produced(VIDEO["taskUUID"])


def test_an_effect_that_is_none_is_a_type_error() -> None:
    """It is raised in the process that yields the value."""

    def caller() -> Generator[Any, Any, Any]:
        yield "sleep"

    world = World(1, Profile())
    world.spawn(caller())
    world.run()
    assert isinstance(world.processes[0].error, TypeError)


# Every trouble happens, and all of them stop


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_happens(name: str) -> None:
    """Some traces have it, before `calm_at`, but none if the profile lacks it."""
    told = TROUBLES[name]
    profile = NAMED[name]
    traces = [_batch(seed, profile).trace for seed in range(20)]
    moments = [at for trace in traces for at, _, what in trace if told in what]
    assert moments
    assert max(moments) < profile.calm_at
    plain = replace(profile, troubles={})
    assert not any(told in _batch(seed, plain).told() for seed in range(20))


def _batch(seed: int, profile: Profile) -> World:
    """Send dry runs, a batch, joined polls, single polls, and the batch again."""

    def batch() -> Caller:
        yield from posted(wire(*dry_runs), is_dry=True)
        yield from posted(wire(*tasks), timeout=90.0)
        for _ in range(3):
            yield from posted(question(*tasks))
            yield Sleep(3.0)
        for task in tasks:
            yield from posted(question(task))
        yield from posted(wire(*tasks), timeout=90.0)

    world = World(seed, profile, tracing=True)
    tasks = draw_tasks(profile, world.random)
    dry_runs = [{**task, "taskUUID": f"{task['taskUUID']}-dry"} for task in tasks]
    world.spawn(batch())
    world.run()
    return world


OF_CALLERS = ("cancels=", "onlookers=", "budget=", "documented=")
"""Knobs that `Schedule` uses, and the world does not."""


@pytest.mark.parametrize(
    "name", [n for n in NAMED if n not in TROUBLES and not n.startswith(OF_CALLERS)]
)
def test_each_knob_changes_what_happens(name: str) -> None:
    """The trace of some seed is different."""
    knob = name.partition("=")[0]
    plain = Profile(
        tasks=6,
        results=5,
        troubles={
            "request_retried": 0.2,
            "poll_fails": 0.2,
            "sending_unavailable": 0.2,
        },
        slowness=9.0,
        poll_limit=5,
        invalid_tasks=0.1,
        failing_tasks=0.2,
    )
    change = {knob: getattr(NAMED[name], knob)}
    bases = (plain, replace(plain, invalid_tasks=0.75))
    assert all(replace(base, **change) != base for base in bases)
    assert any(
        _batch(seed, base).told() != _batch(seed, replace(base, **change)).told()
        for base in bases
        for seed in range(30)
    )


def test_a_gateway_gives_up_on_a_long_task_that_goes_on() -> None:
    """The gateway responds with 504; a poll returns the result."""
    statuses = []

    def caller() -> Caller:
        answer = yield from posted(wire(IMAGE), timeout=100.0)
        statuses.append(answer.status)
        yield Sleep(100.0)
        answer = yield from posted(question(IMAGE))
        return list(results(answer, IMAGE))

    world = World(1, Profile(gateway_patience=2.0, slowness=10.0))
    world.spawn(caller())
    world.run()
    assert statuses == [504]
    assert len(world.processes[0].value) == 1


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("errors", {"errors": [{}]}),
        ("error", {"error": {}, "taskType": "", "taskUUID": ""}),
        ("flat", {"code": "", "message": ""}),
        ("array", [{}]),
        (
            "problem",
            dict.fromkeys(
                ("type", "title", "status", "code", "message", "taskType", "taskUUID")
            ),
        ),
    ],
)
def test_a_conflict_comes_in_each_form_of_an_error_body(
    form: str, expected: Object | list[Object]
) -> None:
    """All formats have the error code, and most have the name of the task."""
    bodies = []

    def caller() -> Caller:
        yield from posted(wire(VIDEO))
        answer = yield from posted(wire(VIDEO))
        bodies.append(json.loads(answer.body))
        assert answer.status == 400

    world = World(1, Profile(error_form=form))
    world.spawn(caller())
    world.run()
    (body,) = bodies
    assert world.processes[0].error is None
    assert "conflictTaskUUID" in json.dumps(body)
    assert type(body) is type(expected)
    if isinstance(body, dict):
        assert list(body) == list(expected)


def test_an_unknown_trouble_is_refused() -> None:
    """The message has its name."""
    with pytest.raises(ValueError, match="there is no trouble request_eaten"):
        Profile(troubles={"request_eaten": 0.5})


def test_nothing_is_wrong_in_a_profile_without_trouble() -> None:
    """Each client gets all results and pays once, so the tests below show troubles."""
    for client in (careful, resends_when_ambiguous, takes_not_found_for_failure):
        for task in (IMAGE, VIDEO, SOLID):
            worlds = [run(seed, Profile(), client, task) for seed in range(30)]
            assert not any(map(twice, worlds))
            assert not any(map(lost, worlds))


def test_a_careful_client_gets_everything_once_it_is_calm() -> None:
    """This holds for every profile, because polls return each result to the end."""
    produced = troubled = 0
    for seed in range(400):
        profile = Profile.draw(Random(seed))
        world = World(seed, profile)
        tasks = draw_tasks(profile, world.random)
        for task in tasks:
            world.spawn(careful(task))
        world.run()
        troubled += bool(profile.troubles)
        for task, process in zip(tasks, world.processes, strict=True):
            uuid = task["taskUUID"]
            made = world.ledger.produced(uuid)
            produced += bool(made)
            assert process.error is None
            assert set(process.value) <= set(made)
            if len(world.ledger.accepted(uuid)) == 1:
                assert sorted(made) == process.value, (seed, profile)
            assert set(process.value) <= set(world.ledger.delivered(uuid))
            assert world.ledger.billed(uuid) <= 1
    assert produced > 250
    assert troubled > 250


# Money: clients that pay twice


def resends_when_ambiguous(task: Object) -> Caller:
    """Send again, up to three times, if there is no response with status 200."""
    for _ in range(4):
        answer = yield from posted(wire(task))
        if answer is not None and answer.status == 200:
            break
        yield Sleep(1.0)
    return (yield from polled(task))


def polled(task: Object) -> Caller:
    """Poll until there are enough results, or for 400 s."""
    got: dict[str, Object] = {}
    for _ in range(80):
        got |= results((yield from posted(question(task))), task)
        if len(got) >= task.get("numberResults", 1):
            break
        yield Sleep(5.0)
    return sorted(got)


@pytest.mark.parametrize(
    "name",
    [
        "answer_lost",
        "answer_cut",
        "answer_late",
        "answer_replaced",
        "request_broken",
        "request_late",
        "gateway_answers",
        "sending_fails_after",
    ],
)
def test_sending_again_after_silence_is_billed_twice(name: str) -> None:
    """This happens only if the platform does not refuse known UUIDs."""
    client = resends_when_ambiguous
    never = trouble(name, known="never")
    assert seeds_with(twice, never, client, VIDEO)
    assert seeds_with(twice, replace(never, known="async"), client, IMAGE)
    assert not seeds_with(twice, replace(never, known="async"), client, VIDEO)
    assert not seeds_with(twice, replace(never, known="always"), client, IMAGE)


def resends_when_empty(task: Object) -> Caller:
    """Treat a task as unknown if a poll is empty, and send it again."""
    yield from posted(wire(task))
    answer = yield from posted(question(task))
    if answer is not None and not members(answer, "data"):
        yield from posted(wire(task))
    return (yield from polled(task))


@pytest.mark.parametrize(
    "profile",
    [
        Profile(in_flight="silent", known="never"),
        trouble("poll_empty", known="never"),
        trouble("task_left_out", known="never"),
        trouble("task_forgotten", known="never"),
        trouble("replica_lag", known="never"),
        trouble("accepted_late", known="never"),
    ],
    ids=str,
)
def test_sending_again_after_an_empty_poll_is_billed_twice(profile: Profile) -> None:
    """The task runs, or it is accepted later."""
    assert seeds_with(twice, profile, resends_when_empty, VIDEO)


def resends_when_not_found(task: Object) -> Caller:
    """Treat "not found" as proof that the server lacks the task, and send it again."""
    yield from posted(wire(task))
    for _ in range(5):
        yield Sleep(0.5)
        answer = yield from posted(question(task))
        codes = [error["code"] for error in members(answer, "errors")]
        if any(code.endswith("NotFound") for code in codes):
            yield from posted(wire(task))
    return (yield from polled(task))


@pytest.mark.parametrize(
    "name", ["replica_lag", "task_forgotten", "accepted_late", "request_late"]
)
def test_sending_again_after_not_found_is_billed_twice(name: str) -> None:
    """The replica lags, or the request is still on its way."""
    profile = trouble(name, known="never", unknown="taskNotFound")
    assert seeds_with(twice, profile, resends_when_not_found, VIDEO)


def resends_after_413(first: Object, second: Object) -> Caller:
    """Treat a 413 to a poll as a refusal of the tasks, and send them again."""
    yield from posted(wire(first, second))
    answer = yield from posted(question(first, second))
    if answer is not None and answer.status == 413:
        for task in (first, second):
            yield from posted(wire(task))
    for task in (first, second):
        yield from polled(task)


@pytest.mark.parametrize(
    "profile",
    [Profile(poll_limit=1, known="never"), trouble("poll_too_large", known="never")],
    ids=["limit", "trouble"],
)
def test_sending_again_after_a_413_to_a_poll_is_billed_twice(profile: Profile) -> None:
    """The response is about the poll, and the tasks run."""
    other = {**VIDEO, "taskUUID": "00000000-0000-4000-8000-000000000002"}
    bills = []
    for seed in SEEDS:
        world = World(seed, profile)
        world.spawn(resends_after_413(VIDEO, other))
        world.run()
        bills.append(max(map(world.ledger.billed, world.ledger.tasks)))
    assert max(bills) == 2


def test_sending_again_after_a_definite_refusal_is_never_billed_twice() -> None:
    """These are 429, 503 with Retry-After, 413, and errors that name the task.

    The profiles have all troubles and all kinds of platforms.
    """
    again = 0

    def resends_when_refused(task: Object) -> Caller:
        nonlocal again
        for _ in range(6):
            answer = yield from posted(wire(task), timeout=600.0)
            if answer is None or not _refused(answer, task):
                return
            again += 1
            yield Sleep(2.0)

    copies = ("request_repeated", "request_retried", "gateway_answers")
    refusals = ("element_rate_limited", "sending_rate_limited", "accepted_late")
    profiles = [
        Profile(known="never", troubles={copy: 0.5, refusal: 0.5})
        for copy in copies
        for refusal in refusals
    ]
    profiles += [Profile.draw(Random(seed), tasks=1) for seed in range(2000)]
    for profile in profiles:
        for seed in range(1 if len(profile.troubles) != 2 else 20):
            assert not twice(run(seed, profile, resends_when_refused)), profile
    assert again > 500


def _refused(answer: Answer, task: Object) -> bool:
    """Whether the call or the task was refused, but not because its UUID is known."""
    if answer.status in (429, 413):
        return True
    if answer.status == 503 and "retry-after" in answer.headers:
        return True
    return any(
        error.get("taskUUID") == task["taskUUID"]
        and error.get("status") != "error"
        and not error["code"].startswith(("conflict", "duplicate", "taskUUID"))
        and error.get("taskType") != "getResponse"
        for error in members(answer, "errors")
    )


def test_a_gateway_that_repeats_gives_a_conflict_on_the_first_sending() -> None:
    """The task runs and is billed once.

    If a platform bills it again, this does not count as billed twice by the caller.
    """
    conflicts = 0

    def sends_once(task: Object) -> Caller:
        nonlocal conflicts
        answer = yield from posted(wire(task))
        errors = members(answer, "errors")
        conflicts += any(error["code"] == "conflictTaskUUID" for error in errors)

    profile = trouble("request_retried")
    worlds = [run(seed, profile, sends_once, VIDEO) for seed in SEEDS]
    assert conflicts > 20
    assert all(len(w.ledger.accepted(VIDEO["taskUUID"])) == 1 for w in worlds)
    careless = replace(profile, known="never")
    worlds = [run(seed, careless, sends_once, VIDEO) for seed in SEEDS]
    assert any(len(w.ledger.accepted(VIDEO["taskUUID"])) == 2 for w in worlds)
    assert not any(twice(w) for w in worlds)


# Results: clients that lose them


def takes_not_found_for_failure(task: Object) -> Caller:
    """Give up at the first error of a poll."""
    got = results((yield from posted(wire(task))), task)
    while len(got) < task.get("numberResults", 1):
        yield Sleep(1.0)
        answer = yield from posted(question(task))
        got |= results(answer, task)
        if answer is None or answer.status != 200 or members(answer, "errors"):
            break
    return sorted(got)


@pytest.mark.parametrize(
    "profile",
    [
        trouble("replica_lag", unknown="taskFailedOrNotFound"),
        trouble("replica_lag", unknown="nameless"),
        trouble("task_forgotten", unknown="taskNotFound"),
        trouble("poll_error_inside"),
        trouble("poll_fails"),
        trouble("poll_refused"),
        trouble("poll_rate_limited"),
        trouble("poll_too_large"),
        trouble("poll_unauthorized"),
        trouble("others_failed"),
        trouble("connection_refused", outage=(2.0, 30.0)),
        Profile(poll_interval=5.0),
    ],
    ids=str,
)
def test_giving_up_on_a_poll_loses_results(profile: Profile) -> None:
    """An error about a poll is not an error of the task."""
    assert seeds_with(lost, profile, takes_not_found_for_failure, VIDEO)


def takes_any_member_for_the_result(task: Object) -> Caller:
    """Treat the first item with any other member than its names as the result.

    Only items with the status `processing` or `pending` are skipped.
    """
    answer = yield from posted(wire(task))
    for _ in range(80):
        for item in members(answer, "data"):
            news = item.get("status") in ("processing", "pending")
            if not news and item.keys() - {"taskType", "taskUUID"}:
                return [identity(item)]
        yield Sleep(5.0)
        answer = yield from posted(question(task))
    return []


@pytest.mark.parametrize(
    "profile",
    [
        *(Profile(acknowledgement=name) for name in ("cost", "estimate", "queued")),
        *(
            Profile(in_flight=name)
            for name in IN_FLIGHT
            if name not in ("processing", "pending", "silent")
        ),
        trouble("others_told"),
    ],
    ids=str,
)
def test_taking_any_member_for_a_result_loses_it(profile: Profile) -> None:
    """Acknowledgements and items of running or other tasks have such members too."""
    profile = replace(profile, slowness=10.0)
    assert seeds_with(lost, profile, takes_any_member_for_the_result, VIDEO)


def tells_results_by_their_text(task: Object) -> Caller:
    """Treat items with different JSON texts as different results."""
    yield from posted(wire(task))
    got: dict[str, str | None] = {}
    for _ in range(100):
        answer = yield from posted(question(task))
        for item in results(answer, task).values():
            got[json.dumps(item)] = identity(item)
        if len(got) >= task["numberResults"]:
            break
        yield Sleep(1.0)
    return list(got.values())


@pytest.mark.parametrize(
    "profile", [Profile(signed=True), Profile(late_cost=True)], ids=["signed", "cost"]
)
def test_telling_results_by_their_text_loses_them(profile: Profile) -> None:
    """A new signature or a late cost changes the text, so one result counts as two."""
    assert seeds_with(lost, profile, tells_results_by_their_text, SOLID)


def takes_the_answer_for_all(task: Object) -> Caller:
    """Treat the results in the response to a sync task as all its results."""
    return sorted(results((yield from posted(wire(task))), task))


@pytest.mark.parametrize(
    "name", ["answer_short", "sync_acknowledged", "sending_unsaid"]
)
def test_taking_a_sync_answer_for_all_loses_the_rest(name: str) -> None:
    """Polls return the rest."""
    task: Object = {**IMAGE, "numberResults": 3}
    assert seeds_with(lost, trouble(name), takes_the_answer_for_all, task)


def test_a_poisoned_uuid_makes_joined_polls_fail_and_single_ones_not() -> None:
    """The error may name the UUID or not."""
    other = {**VIDEO, "taskUUID": "00000000-0000-4000-8000-000000000002"}
    statuses = []

    def caller() -> Caller:
        yield from posted(wire(VIDEO, other))
        for tasks in ((VIDEO, other), (VIDEO,), (other,)):
            answer = yield from posted(question(*tasks))
            statuses.append(answer.status)

    world = World(1, NAMED["poisoned_uuid"])
    world.spawn(caller())
    world.run()
    assert statuses == [400, 200, 200]


# Refusals and failures


@pytest.mark.parametrize("refusal", ["taken", "unsaid", "left", "whole"])
def test_a_wrong_task_is_refused_each_time_and_never_billed(refusal: str) -> None:
    """The platform determines what happens to the other tasks of the call."""
    tasks = [{**VIDEO, "taskUUID": f"{n}"} for n in range(4)]
    profile = Profile(invalid_tasks=0.5, refusal=refusal)
    seen = set()
    for seed in range(20):
        answers: list[Answer | None] = []

        def caller(answers: list[Answer | None] = answers) -> Caller:
            answers.append((yield from posted(wire(*tasks))))
            yield Sleep(1.0)

        world = World(seed, profile)
        world.spawn(caller())
        world.run()
        wrong = {uuid for uuid, invalid in world.ledger.invalid.items() if invalid}
        if not 0 < len(wrong) < 4:
            continue
        (answer,) = answers
        named = {e.get("taskUUID") for e in members(answer, "errors")}
        told = {e["taskUUID"] for e in members(answer, "data")}
        assert answer is not None
        assert answer.status == (200 if told else 400)
        assert not wrong & world.ledger.tasks.keys()
        seen.add(
            (
                named == wrong,
                told == {"0", "1", "2", "3"} - wrong,
                world.ledger.tasks.keys() == {"0", "1", "2", "3"} - wrong,
            )
        )
    expected = {
        "taken": (True, True, True),
        "unsaid": (True, False, True),
        "left": (True, False, False),
        "whole": (False, False, False),
    }
    assert seen == {expected[refusal]}


def test_a_task_that_fails_as_a_whole_is_not_billed() -> None:
    """It has no results; polls return the error."""
    failed = 0
    for seed in SEEDS:
        world = run(seed, Profile(failing_tasks=0.5), careful, VIDEO)
        uuid = VIDEO["taskUUID"]
        assert len(world.ledger.accepted(uuid)) == 1
        assert world.ledger.billed(uuid) == (not world.ledger.failed(uuid))
        assert len(world.ledger.produced(uuid)) == world.ledger.billed(uuid)
        failed += world.ledger.failed(uuid)
    assert 0 < failed < len(SEEDS)


def test_single_results_fail_while_others_come() -> None:
    """The ledger counts results and failures."""
    task: Object = {**VIDEO, "numberResults": 4}
    both = 0
    for seed in SEEDS:
        world = run(seed, Profile(failing_items=0.5, results=4), careful, task)
        uuid = task["taskUUID"]
        if world.ledger.billed(uuid):
            made = world.ledger.produced(uuid)
            failures = world.ledger.item_failures(uuid)
            assert len(made) + failures == 4
            assert world.processes[0].value == sorted(made)
            both += bool(made) and bool(failures)
    assert both


# Shrinking


def test_a_failing_schedule_is_shrunk_to_what_it_needs() -> None:
    """One trouble, one knob and one task remain, and the report describes them."""
    profile = Profile(
        tasks=4,
        results=3,
        known="never",
        signed=True,
        slowness=3.0,
        troubles={"answer_lost": 0.5, "poll_fails": 0.3, "others_told": 0.3},
    )

    def fails(seed: int, profile: Profile) -> str | None:
        world = run(seed, profile, resends_when_ambiguous)
        return "a task is billed twice" if twice(world) else None

    def trace(seed: int, profile: Profile) -> str:
        return run(seed, profile, resends_when_ambiguous, tracing=True).told()

    seed = next(seed for seed in range(100) if fails(seed, profile))
    _, small = shrink(fails, seed, profile)
    assert small == Profile(known="never", troubles={"answer_lost": 0.5})
    told = report(fails, trace, seed, profile)
    assert "a task is billed twice" in told
    assert f"answer_lost (50%): {TROUBLES['answer_lost']}" in told
    assert "bill 2" in told
