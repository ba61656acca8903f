"""The options of `runware-codegen mock`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, get_args

import click

from runware_codegen.mock.faults import Fault
from runware_codegen.options import DOCUMENTS

if TYPE_CHECKING:
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
    patience: float
    fault: tuple[tuple[str, float], ...]
    faults: float
    seed: int
    delay: float
    retry_after: int


def _read_share(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    """Parse each KIND or KIND=SHARE."""
    shares = tuple(map(_share, values))
    if sum(share for _, share in shares) > 1:
        raise click.BadParameter("The sum of the shares is more than 1.")
    return shares


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
        help="The port to listen on; 0 selects a free port and prints it.",
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
        help="The only API key that is valid. Without it, any key is valid.",
    ),
    click.option(
        "--latency",
        metavar="SECONDS",
        default=0.0,
        show_default=True,
        type=_SECONDS,
        help="The duration of a task.",
    ),
    click.option(
        "--unknown-task",
        default="empty",
        show_default=True,
        type=click.Choice(get_args(UnknownTask)),
        help="The response of getResponse for an unknown task: no items, or an error"
        " with the code taskNotFound or taskFailedOrNotFound.",
    ),
    click.option(
        "--running-task",
        default="unknown",
        show_default=True,
        type=click.Choice(get_args(RunningTask)),
        help="The response of getResponse for a running task: as for an unknown task;"
        " its finished items, and for each other item one with status processing; only"
        " the finished items; these, and items with a UUID and progress but without"
        " status; or items with statuses that no document has.",
    ),
    click.option(
        "--repeated-task",
        default="refuse",
        show_default=True,
        type=click.Choice(get_args(RepeatedTask)),
        help="The handling of a taskUUID that was used before: it is refused with"
        " conflictTaskUUID; only async tasks are refused, and other tasks run and are"
        " billed again; or all tasks run again.",
    ),
    click.option(
        "--rate-limit",
        metavar="N",
        default=0.0,
        type=click.FloatRange(0),
        help="The number of requests per second; more requests get HTTP 429.",
    ),
    click.option(
        "--max-tasks",
        metavar="N",
        default=100,
        show_default=True,
        type=click.IntRange(1),
        help="The most tasks in one request; with more it gets HTTP 413.",
    ),
    click.option(
        "--max-body",
        metavar="BYTES",
        default=20_000_000,
        show_default=True,
        type=click.IntRange(1),
        help="The size limit of a request; a larger one gets HTTP 413.",
    ),
    click.option(
        "--patience",
        metavar="SECONDS",
        default=120.0,
        show_default=True,
        type=_SECONDS,
        help="The time after which an idle WebSocket is closed, and for which results"
        " are kept for a client that was disconnected.",
    ),
    click.option(
        "--fault",
        metavar="KIND[=SHARE]",
        multiple=True,
        callback=_read_share,
        help="Let this share of requests fail with this kind of fault; without a share,"
        f" all requests. May be repeated. Kinds: {', '.join(Fault)}. A request can also"
        " select a fault with the header x-mock-fault.",
    ),
    click.option(
        "--faults",
        metavar="SHARE",
        default=0.0,
        type=_SHARE,
        help="Let this share of requests fail, with any kind of fault except never,"
        " fail and item-error.",
    ),
    click.option(
        "--seed",
        metavar="N",
        default=0,
        show_default=True,
        help="The seed of random numbers, for faults and results.",
    ),
    click.option(
        "--delay",
        metavar="SECONDS",
        default=1.0,
        show_default=True,
        type=_SECONDS,
        help="The delay of a response with the faults delay and late-answer, and of"
        " accepting tasks with late-acceptance.",
    ),
    click.option(
        "--retry-after",
        metavar="SECONDS",
        default=1,
        show_default=True,
        type=click.IntRange(0),
        help="The value of Retry-After with HTTP 429 and 503.",
    ),
)
