"""The options of `runware-codegen mock`."""

from __future__ import annotations

from typing import Literal, TypedDict, get_args

import click

from runware_codegen.mock.faults import Fault
from runware_codegen.options import DOCUMENTS

UnknownTask = Literal["empty", "not-found", "failed-or-not-found"]
RunningTask = Literal["unknown", "status", "partial", "progress", "other-status"]
RepeatedTask = Literal["refuse", "refuse-async", "run"]


class MockOptions(TypedDict):
    """What `mock` is told."""

    documents: tuple[str, ...]
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
    patience: float
    fault: tuple[tuple[str, float], ...]
    faults: float
    seed: int
    delay: float
    retry_after: int


def _read_share(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    """Read KIND or KIND=SHARE, each time that it was given."""
    shares = tuple(map(_share, values))
    if sum(share for _, share in shares) > 1:
        raise click.BadParameter("The shares come to more than 1.")
    return shares


def _share(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    if kind not in set(Fault):
        raise click.BadParameter(f"{kind!r} is none of {', '.join(Fault)}.")
    try:
        number = float(share or 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise click.BadParameter(f"{share!r} is no number from 0 to 1.")
    return kind, number


_SHARE = click.FloatRange(0, 1)
_SECONDS = click.FloatRange(0)

OPTIONS = (
    DOCUMENTS,
    click.option(
        "--port",
        metavar="N",
        default=8000,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="The port to listen on; 0 takes a free one, which is shown.",
    ),
    click.option(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="The address to listen on.",
    ),
    click.option(
        "--api-key",
        metavar="KEY",
        default="",
        help="The only key that is good. Without it any is.",
    ),
    click.option(
        "--latency",
        metavar="SECONDS",
        default=0.0,
        show_default=True,
        type=_SECONDS,
        help="How long a task takes.",
    ),
    click.option(
        "--unknown-task",
        default="empty",
        show_default=True,
        type=click.Choice(get_args(UnknownTask)),
        help="What getResponse gets for an unknown task: no items, or an error with the"
        " code taskNotFound or taskFailedOrNotFound.",
    ),
    click.option(
        "--running-task",
        default="unknown",
        show_default=True,
        type=click.Choice(get_args(RunningTask)),
        help="What getResponse gets for a running task: the same as for an unknown one;"
        " its finished items and, for each of the others, one with status processing;"
        " the finished items alone; beside them, items with a UUID and progress but no"
        " status; or items with statuses that are in no document.",
    ),
    click.option(
        "--repeated-task",
        default="refuse",
        show_default=True,
        type=click.Choice(get_args(RepeatedTask)),
        help="What happens to a taskUUID that was there before: it is refused with"
        " conflictTaskUUID; only async tasks are, others run once more and are billed"
        " once more; or all do.",
    ),
    click.option(
        "--rate-limit",
        metavar="N",
        default=0.0,
        type=click.FloatRange(0),
        help="Calls that get through each second; others get HTTP 429.",
    ),
    click.option(
        "--max-tasks",
        metavar="N",
        default=100,
        show_default=True,
        type=click.IntRange(1),
        help="Tasks that one call may hold; with more it gets HTTP 413.",
    ),
    click.option(
        "--max-body",
        metavar="BYTES",
        default=20_000_000,
        show_default=True,
        type=click.IntRange(1),
        help="How large a call may be; a larger one gets HTTP 413.",
    ),
    click.option(
        "--patience",
        metavar="SECONDS",
        default=120.0,
        show_default=True,
        type=_SECONDS,
        help="When a silent WebSocket is closed, and how long results are kept for a"
        " client that was cut off.",
    ),
    click.option(
        "--fault",
        metavar="KIND[=SHARE]",
        multiple=True,
        callback=_read_share,
        help="Let this share of calls fail in this way; all of them without a share."
        f" May be repeated. Kinds: {', '.join(Fault)}. A call can also ask for one"
        " itself, in the header x-mock-fault.",
    ),
    click.option(
        "--faults",
        metavar="SHARE",
        default=0.0,
        type=_SHARE,
        help="Let this share of calls fail, in all ways but never, fail and"
        " item-error.",
    ),
    click.option(
        "--seed",
        metavar="N",
        default=0,
        show_default=True,
        help="Where random numbers begin: those of faults and of results.",
    ),
    click.option(
        "--delay",
        metavar="SECONDS",
        default=1.0,
        show_default=True,
        type=_SECONDS,
        help="How late an answer is with the faults delay and late-answer, and how late"
        " tasks are accepted with late-acceptance.",
    ),
    click.option(
        "--retry-after",
        metavar="SECONDS",
        default=1,
        show_default=True,
        type=click.IntRange(0),
        help="What Retry-After says with HTTP 429 and 503.",
    ),
)
