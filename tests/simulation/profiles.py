"""What may go wrong in a schedule, and how its platform is made; plain data that can be drawn, named, and shrunk."""

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
    from random import Random

# Every trouble that a profile can give a share, with the sentence that says what happens.
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


@dataclass(slots=True)
class Profile:
    """The knobs of one schedule; the defaults are a platform and a network without trouble.

    Attributes:
        tasks: How many tasks the schedule sends, 1 to 6.
        results: The largest `numberResults`, 1 to 4.
        streams: The share of tasks whose text is streamed.
        cancels: The share of callers that are cancelled at a drawn moment, for the one who spawns them.
        onlookers: How many callers wait for what others have under way, with handles of unfinished tasks.
        budget: What each client may spend, as a share of what all tasks cost together; below 0 is no budget.
        pricing: What a dry run says: the cost of all results in one item (`whole`), of `each`, or none (`unsaid`).
        documented: The share of tasks whose document has a price.
        troubles: Name of a trouble -> its share of the calls, tasks or answers it can happen to.
        calm_at: From this moment on no trouble happens; what is late has come by then.
        latency: Seconds that a message usually takes.
        outage: From when to when nothing can be connected to.
        gateway_patience: Seconds after which a gateway answers 504 for a server that works on; 0 is no limit.
        retry_after: The server's `Retry-After`, in seconds.
        known: Which known UUIDs the platform refuses: `always`, `async` (those of async tasks), `never`.
        conflict_code: The code of that refusal.
        conflict_status: Its HTTP status, when nothing else is in the answer.
        slowness: A factor for how long tasks take.
        acknowledgement: What else is in an acknowledgement; a key of `ACKNOWLEDGEMENTS`.
        stream_form: How events are written; one of `STREAM_FORMS`.
        stream_end: How a stream ends; one of `STREAM_ENDS`.
        in_flight: What polls say of a task that runs; a key of `IN_FLIGHT`, or `mixed`.
        unknown: What polls say of a task that is not known; one of `UNKNOWN`, or `mixed`.
        failure: How polls tell that a task failed as a whole: `error`, or `not_found` (a code that means either).
        error_form: The body of an error that names no task; one of `ERROR_FORMS`, or `mixed`.
        says_success: Finished results have `status: "success"`.
        signed: The URL of a result is signed anew in each answer.
        says_cost: Results say what they cost.
        late_cost: The cost of a result comes some seconds after it.
        send_limit: Elements that a sending may have; 0 is no limit.
        poll_limit: The same for a poll.
        size_status: The HTTP status beyond it.
        poll_interval: Seconds between two polls, below which the second is refused with 429.
        invalid_tasks: The share of tasks that are wrong in themselves.
        refusal: What happens to a sending with a wrong task: the others are `taken` and answered for, taken and
            `nameless` (nothing is said of them, and the error does not say which task is wrong), taken and
            `unsaid`, `left` and unsaid, or the `whole` call is refused without a name.
        refusal_status: The HTTP status of an answer to a sending that holds errors alone.
        poll_error_status: The same for a poll.
        failing_tasks: The share of runs that fail as a whole.
        failing_items: The share of single results that fail.
    """

    tasks: int = 1
    results: int = 1
    streams: float = 0.2
    cancels: float = 0.0
    onlookers: int = 0
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
        """Draw the knobs of a schedule: mostly some trouble, at most five kinds at once, and an end.

        Args:
            random: Where the draws come from.
            **fixed: Knobs that are not left to chance, such as `known="always"`.
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
        """All profiles with one thing less: a trouble, a task, or a knob back at its default."""
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
        """The profile in words: its troubles as sentences, and the knobs that are not at their defaults."""
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


# Knobs that are drawn from a few values each, none of them the default (which comes first where there are names).
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
_KNOBS = ("calm_at", "outage", "known", *(name for name, _ in _VALUES))

# One profile for each trouble, often enough that a few seeds show it, and one for each value of each knob.
NAMED: dict[str, Profile] = {
    name: Profile(tasks=3, results=3, troubles={name: 0.5}) for name in TROUBLES
} | {
    f"{name}={value}": replace(Profile(tasks=3, results=3), **{name: value})
    for name, values in (*_VALUES, ("known", ("async", "never")))
    for value in values
}


def draw_tasks(profile: Profile, random: Random) -> list[dict[str, Any]]:
    """Draw the task objects of a schedule, as they go on the wire."""
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
