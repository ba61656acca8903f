"""How the mock decides what Runware's documents leave open."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Rules(NamedTuple):
    """How the mock decides what Runware's documents leave open.

    Attributes:
        api_key: The only key that is good; empty where any is.
        latency: Seconds that a task takes.
        max_tasks: The most elements that an array may have.
        max_body: Bytes that a body may have.
        unknown_task: What a question about an unknown task gets: an error or nothing.
        repeated_task: What happens to a taskUUID that was there before: it is refused,
            or it runs and is billed once more.
        delay: Seconds by which an answer is late whose fault is that.
        retry_after: Seconds that a client is asked to wait with HTTP 429 and 503.
        patience: Seconds after which a silent WebSocket is closed, and for which an
            answer is kept that could not be sent over one.
        seed: Where random numbers begin.
    """

    api_key: str
    latency: float
    max_tasks: int
    max_body: int
    unknown_task: Literal["error", "empty"]
    repeated_task: Literal["refuse", "run"]
    delay: float
    retry_after: int
    patience: float
    seed: int
