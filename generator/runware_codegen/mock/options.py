"""The options of `runware-codegen mock`."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, get_args

import click

from runware_codegen.mock.faults import Fault
from runware_codegen.option_checks import FiniteRange
from runware_codegen.options import DOCUMENTS
from runware_codegen.settings import OwnModels

UnknownTask = Literal["empty", "not-found", "failed-or-not-found"]
RunningTask = Literal["unknown", "status", "partial", "progress", "other-status"]
RepeatedTask = Literal["refuse", "refuse-async", "run"]


class MockOptions(TypedDict):
    """The options of `mock`."""

    documents: tuple[str, ...]
    own_models: OwnModels
    host: str
    port: int
    api_key: str
    latency: float
    unknown_task: UnknownTask
    running_task: RunningTask
    repeated_task: RepeatedTask
    rate_limit: float
    max_tasks: int
    max_body: int
    idle_timeout: float
    fault: tuple[tuple[str, float], ...]
    faults: float
    seed: int
    delay: float
    retry_after: int


def _read_shares(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    """Parse each KIND or KIND=SHARE."""
    shares = tuple(map(_share, values))
    if sum(share for _, share in shares) > 1:
        raise click.BadParameter("The sum of the shares is more than 1.")
    return shares


def _completed(
    _ctx: click.Context, _parameter: click.Parameter, start: str
) -> list[str]:
    """Return the kinds of faults that a shell completes."""
    return [kind for kind in Fault if kind.startswith(start)]


def _share(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    if kind not in set(Fault):
        raise click.BadParameter(
            f"{kind!r} is not a kind of fault. Choose one of {', '.join(Fault)}."
        )
    try:
        number = float(share or 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise click.BadParameter(f"{share!r} is not a number from 0 to 1.")
    return kind, number


_SECONDS = FiniteRange(0)

_WITH_VALUE: tuple[tuple[str, str | None, object, click.ParamType[Any] | None, str], ...] = (
    ("--port", "N", 8000, click.IntRange(0, 65535),
     "The port to listen on; 0 selects a free port and prints it."),
    ("--host", "ADDRESS", "127.0.0.1", None, "The address to listen on."),
    ("--api-key", "KEY", "", None,
     "The only API key that is valid. Without it, any key is valid."),
    ("--latency", "SECONDS", 0.0, _SECONDS, "The duration of a task."),
    ("--unknown-task", None, "empty", click.Choice(get_args(UnknownTask)),
     "The response of getResponse for an unknown task: no items (empty), or an error with"
     " the code taskNotFound (not-found) or taskFailedOrNotFound (failed-or-not-found)."),
    ("--running-task", None, "unknown", click.Choice(get_args(RunningTask)),
     "The response of getResponse for a running task. unknown: as for an unknown task."
     " partial: its finished items. status: these, and an item with status processing for"
     " each other item. progress: these, and items with a UUID and progress but no status."
     " other-status: items with statuses that no document has."),
    ("--repeated-task", None, "refuse", click.Choice(get_args(RepeatedTask)),
     "What happens to a task whose taskUUID was used before. refuse: it is refused with"
     " conflictTaskUUID. refuse-async: only async tasks are refused; other tasks run and"
     " are billed again. run: all tasks run and are billed again."),
    ("--rate-limit", "N", 0.0, FiniteRange(0),
     "The maximum number of requests per second; further requests get HTTP 429. 0 means"
     " no limit."),
    ("--max-tasks", "N", 100, click.IntRange(1),
     "The maximum number of tasks in a request; a larger request gets HTTP 413."),
    ("--max-body", "BYTES", 20_000_000, click.IntRange(1),
     "The maximum size of a request; a larger request gets HTTP 413."),
    ("--idle-timeout", "SECONDS", 120.0, _SECONDS,
     "The time after which an idle WebSocket is closed, and for which results are kept for"
     " a client that was disconnected."),
    ("--faults", "SHARE", 0.0, FiniteRange(0, 1),
     "The share of requests that fail, with any kind of fault except never, fail and"
     " item-error."),
    ("--seed", "N", 0, click.INT, "The seed of random numbers, for faults and results."),
    ("--delay", "SECONDS", 1.0, _SECONDS,
     "The delay of responses with the faults delay and late-answer, and of accepting"
     " tasks with the fault late-acceptance."),
    ("--retry-after", "SECONDS", 1, click.IntRange(0),
     "The value of the header Retry-After with HTTP 429 and 503."),
)  # fmt: skip
"""Options with one value: the metavar, the default, the type and the help of each."""

MOCK_OPTIONS = (
    DOCUMENTS,
    *(
        click.option(
            name,
            metavar=metavar,
            default=default,
            show_default=default != "",
            type=kind,
            help=text,
        )
        for name, metavar, default, kind, text in _WITH_VALUE
    ),
    click.option(
        "--fault",
        metavar="KIND[=SHARE]",
        multiple=True,
        callback=_read_shares,
        shell_complete=_completed,
        help="The share of requests that fail with this kind of fault; without a share,"
        f" all requests. May be repeated. Kinds: {', '.join(Fault)}. A request can also"
        " select a fault with the header x-mock-fault.",
    ),
)
