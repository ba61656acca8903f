"""The troubles that may happen in a schedule, and the settings of its platform.

Profiles are plain data that can be drawn, named and shrunk.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulation.network import (
    ANSWER_TROUBLES,
    BODY_TROUBLES,
    REQUEST_TROUBLES,
    sentence,
)
from simulation.server import (
    ACKNOWLEDGEMENTS,
    ANSWER_EXTRAS,
    CHOICES,
    DRY_TROUBLES,
    ERROR_FORMS,
    IN_FLIGHT,
    POLL_TROUBLES,
    SENDING_TROUBLES,
    STREAM_ENDS,
    STREAM_FORMS,
    TASK_TROUBLES,
    TEXT,
    UNKNOWN,
    uuid4,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

# All troubles that a profile may have, each with a sentence that describes it.
TROUBLES: dict[str, str] = {
    **{name: sentence(trouble) for name, trouble in REQUEST_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in ANSWER_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in BODY_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in SENDING_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in DRY_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in POLL_TROUBLES.items()},
    **{name: sentence(trouble) for name, trouble in TASK_TROUBLES.items()},
    **{name: sentence(extra) for name, extra in ANSWER_EXTRAS.items()},
    **CHOICES,
}
_NAMES = tuple(TROUBLES)
_SHARES = (0.05, 0.15, 0.3, 0.6)
NONE: Mapping[str, Any] = {}
"""No knobs."""


@dataclass(slots=True)
class Profile:
    """The knobs of one schedule. With the defaults, there are no troubles.

    Attributes:
        tasks: How many tasks the schedule sends, 1 to 6.
        results: The largest `numberResults`, 1 to 4.
        streams: The share of tasks whose text is streamed.
        cancels: The share of callers that `Schedule` cancels at a random time.
        onlookers: How many callers wait for the unfinished tasks of other callers.
        sharers: How many more callers run each task.
        budget: The budget of each client, as a share of the cost of all tasks. A
            negative number means no budget.
        pricing: The items of a dry run: one item with the cost of all results
            (`whole`), an item with a cost for `each` result, or an item without a cost
            (`unsaid`).
        documented: The share of tasks whose document has a price.
        troubles: Name of a trouble -> the share of calls, tasks or responses to which
            it happens.
        calm_at: The time at which troubles stop. Late messages have arrived by then.
        latency: The usual latency of a message, in seconds.
        outage: The start and the end of a time in which no connection succeeds.
        gateway_patience: Seconds after which a gateway responds with 504, although the
            server continues; 0 means no limit.
        retry_after: The server's `Retry-After`, in seconds.
        known: When the platform refuses a UUID that it knows: `always`, for `async`
            tasks, or `never`.
        conflict_code: The error code of that refusal.
        conflict_status: The HTTP status of that refusal, if the response has no data.
        slowness: A factor for the duration of tasks.
        acknowledgement: The other members of an acknowledgement; a key of
            `ACKNOWLEDGEMENTS`.
        stream_form: The format of events; one of `STREAM_FORMS`.
        stream_end: How a stream ends; one of `STREAM_ENDS`.
        in_flight: How polls report a running task; a key of `IN_FLIGHT`, or `mixed`.
        unknown: How polls report an unknown task; one of `UNKNOWN`, or `mixed`.
        failure: How polls report that a whole task failed: `error`, or `not_found` (a
            code that may also mean "not found").
        error_form: The format of a body with only one error; one of `ERROR_FORMS`, or
            `mixed`.
        says_success: Finished results have `status: "success"`.
        signed: The URL of a result has a new signature in each response.
        says_cost: Results have a cost.
        late_cost: The cost of a result appears some seconds after the result.
        send_limit: The maximum number of elements in a POST of tasks; 0 means no limit.
        poll_limit: The same for a poll.
        size_status: The HTTP status if a POST exceeds its limit.
        poll_interval: The minimum number of seconds between two polls. An earlier poll
            is refused with 429.
        invalid_tasks: The share of tasks that are invalid.
        refusal: What the platform does with the valid tasks of a POST that also has an
            invalid task. `taken`: it accepts and reports them. `unsaid`: it accepts
            them and does not report them. `nameless`: like `unsaid`, and the error does
            not name the invalid task. `left`: it does not accept them. `whole`: it
            refuses the whole call, with an error that names no task.
        refusal_status: The HTTP status of the response to a POST of tasks, if the
            response has only errors.
        poll_error_status: The same for a poll.
        failing_tasks: The share of runs that fail as a whole.
        failing_items: The share of single results that fail.
    """

    tasks: int = 1
    results: int = 1
    streams: float = 0.2
    cancels: float = 0.0
    onlookers: int = 0
    sharers: int = 0
    budget: float = -1.0
    pricing: str = "whole"
    documented: float = 0.0
    troubles: dict[str, float] = field(default_factory=dict)
    calm_at: float = 120.0
    latency: float = 0.05
    outage: tuple[float, float] = (0.0, 0.0)
    gateway_patience: float = 0.0
    retry_after: str = "2"
    known: str = "always"
    conflict_code: str = "conflictTaskUUID"
    conflict_status: int = 400
    slowness: float = 1.0
    acknowledgement: str = "plain"
    stream_form: str = "plain"
    stream_end: str = "done"
    in_flight: str = "processing"
    unknown: str = "empty"
    failure: str = "error"
    error_form: str = "errors"
    says_success: bool = True
    signed: bool = False
    late_cost: bool = False
    says_cost: bool = True
    send_limit: int = 0
    poll_limit: int = 0
    size_status: int = 413
    poll_interval: float = 0.0
    invalid_tasks: float = 0.0
    refusal: str = "taken"
    refusal_status: int = 400
    poll_error_status: int = 200
    failing_tasks: float = 0.0
    failing_items: float = 0.0

    def __post_init__(self) -> None:
        if unknown := self.troubles.keys() - TROUBLES.keys():
            raise ValueError(f"there is no trouble {', '.join(sorted(unknown))}")

    @staticmethod
    def draw(random: Random, **fixed: Any) -> Profile:
        """Draw the knobs of a schedule: up to five troubles, their end, and others.

        Args:
            random: The source of randomness.
            **fixed: Knobs that are not drawn, such as `known="always"`.
        """
        draw = random.random
        knobs: dict[str, Any] = {
            "tasks": 1 + int(draw() * draw() * 6),
            "troubles": {
                _NAMES[int(draw() * len(_NAMES))]: _SHARES[int(draw() * 4)]
                for _ in range(int(draw() * 6))
            },
            "calm_at": 20.0 + 180.0 * draw() * draw(),
            "known": ("always", "async", "never")[int(draw() * 3)],
        }
        for name, values in _VALUES:
            if draw() < 0.3:
                knobs[name] = values[int(draw() * len(values))]
        if draw() < 0.1:
            start = 20.0 * draw()
            knobs["outage"] = (start, start + 60.0 * draw())
        knobs.update(fixed)
        return Profile(**knobs)

    def without(self) -> list[Profile]:
        """Return all profiles that are one step simpler.

        Each lacks a trouble, has fewer tasks, or has one more knob at its default.
        """
        simpler = [
            replace(
                self, troubles={k: v for k, v in self.troubles.items() if k != name}
            )
            for name in self.troubles
        ]
        if self.tasks > 1:
            simpler += [replace(self, tasks=n) for n in range(1, self.tasks)]
        plain = Profile()
        for name in _KNOBS:
            default = getattr(plain, name)
            if getattr(self, name) != default:
                simpler.append(replace(self, **{name: default}))
        return simpler

    def told(self) -> str:
        """Describe the profile: its troubles, and the knobs that are not defaults."""
        plain = Profile()
        lines = [f"tasks = {self.tasks}"]
        lines += [
            f"{name} ({share:.0%}): {TROUBLES[name]}"
            for name, share in self.troubles.items()
        ]
        lines += [
            f"{name} = {getattr(self, name)!r}"
            for name in _KNOBS
            if getattr(self, name) != getattr(plain, name)
        ]
        return "\n".join(lines)


# Knobs, each with the values that are drawn for it. None of them is the default, which
# is the first value in tables such as `ACKNOWLEDGEMENTS`.
_VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("results", (2, 3, 4)),
    ("streams", (0.0, 1.0)),
    ("cancels", (0.2, 0.5)),
    ("onlookers", (1, 2)),
    ("budget", (0.0, 0.4, 0.7, 1.0)),
    ("pricing", ("each", "unsaid")),
    ("documented", (0.5,)),
    ("latency", (0.001, 0.3, 2.0)),
    ("gateway_patience", (2.0, 5.0, 30.0)),
    ("retry_after", ("0", "20")),
    ("conflict_code", ("duplicateTaskUUID", "taskUUIDAlreadyExists")),
    ("conflict_status", (409, 200)),
    ("slowness", (0.1, 3.0, 8.0)),
    ("acknowledgement", tuple(ACKNOWLEDGEMENTS)[1:]),
    ("stream_form", STREAM_FORMS[1:]),
    ("stream_end", STREAM_ENDS[1:]),
    ("in_flight", (*tuple(IN_FLIGHT)[1:], "silent", "mixed")),
    ("unknown", (*UNKNOWN[1:], "mixed")),
    ("failure", ("not_found",)),
    ("error_form", (*ERROR_FORMS[1:], "mixed", "mixed")),
    ("says_success", (False,)),
    ("signed", (True,)),
    ("says_cost", (False,)),
    ("late_cost", (True,)),
    ("send_limit", (1, 2, 3)),
    ("poll_limit", (1, 2, 3)),
    ("size_status", (400,)),
    ("poll_interval", (0.3, 1.0)),
    ("invalid_tasks", (0.2, 0.5)),
    ("refusal", ("unsaid", "nameless", "left", "whole")),
    ("refusal_status", (200,)),
    ("poll_error_status", (400,)),
    ("failing_tasks", (0.3,)),
    ("failing_items", (0.3,)),
)
_KNOBS = ("calm_at", "outage", "known", "sharers", *(name for name, _ in _VALUES))

# One profile for each trouble, with a share so large that a few seeds show the trouble,
# and one profile for each value of each knob.
NAMED: dict[str, Profile] = {
    name: Profile(tasks=3, results=3, troubles={name: 0.5}) for name in TROUBLES
} | {
    f"{name}={value}": replace(Profile(tasks=3, results=3), **{name: value})
    for name, values in (*_VALUES, ("known", ("async", "never")))
    for value in values
}


def draw_tasks(profile: Profile, random: Random) -> list[dict[str, Any]]:
    """Draw the tasks of a schedule, as the JSON objects that are sent."""
    draw = random.random
    tasks = []
    for number in range(profile.tasks):
        kind = ("imageInference", "videoInference", "3dInference")[
            int(3 * draw() ** 1.5)
        ]
        task: dict[str, Any] = {
            "taskType": kind,
            "taskUUID": uuid4(random.getrandbits(128)),
            "seed": number,
        }
        if draw() < profile.streams:
            tasks.append(task | {"taskType": TEXT, "deliveryMethod": "stream"})
            continue
        if draw() < 0.3:
            task["deliveryMethod"] = "async" if draw() < 0.5 else "sync"
        if profile.results > 1:
            task["numberResults"] = 1 + int(draw() * profile.results)
        tasks.append(task)
    return tasks
