"""The network between callers and server, with gateways that may respond themselves.

Each trouble is a function. The first line of its docstring describes it in traces. A
profile determines the share of POSTs to which it happens.

Gateways follow one rule: 429, and 503 with `Retry-After`, mean that the server never
gets this POST. After any other response of a gateway, the server may or may not get it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulation.server import Item
    from simulation.world import Process, World

    Trouble = Callable[["Network", "Exchange"], None]
    Piece = tuple[float, bytes | Exception | None]
    BodyTrouble = Callable[["Network", list[Piece], int], list[Piece]]


_Function = TypeVar("_Function", bound="Callable[..., object]")


class NotSent(Exception):
    """No part of the request was sent."""


class Broken(Exception):
    """The connection broke after a part of the request was written."""


class TimedOut(Exception):
    """No response arrived within the caller's timeout."""


@dataclass(slots=True)
class Post:
    """One HTTP POST of a JSON array.

    Resumes with an `Answer`, or raises `NotSent`, `Broken` or `TimedOut`.

    Attributes:
        elements: The elements of the array, each as the bytes of one JSON object.
        timeout: Seconds to wait for the whole response.
        is_dry: Whether it has the header of a dry run.
        sender: The number of the client that sends it.
    """

    elements: list[bytes]
    timeout: float
    is_dry: bool = False
    sender: int = 0


@dataclass(slots=True)
class Answer:
    """One HTTP response; header names are in lower case.

    Attributes:
        pieces: A body that arrives in pieces, instead of `body`. Each piece has the
            time of its arrival. It is bytes, an exception that breaks the connection,
            or `None` for the end of the body. After the last piece, nothing arrives.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    pieces: list[Piece] | None = None


UNANSWERED = Answer(0, {}, b"")


class Exchange:
    """One POST on the network, of which the server may get several copies.

    Attributes:
        is_dry: Whether it is a dry run.
        sender: The number of the client that sent it.
        awaited: The number of the copy whose response the caller gets.
        taken: Whether the server has accepted or queued a task of it.
        refused: Whether the server has refused the whole POST. It drops later copies.
        turned_away: Task UUID -> whether the server has refused this task by name. This
            applies to all copies.
        answer: The server's response to the awaited copy, if a trouble happens to it.
        items: The results in that response.
    """

    __slots__ = (
        "answer",
        "awaited",
        "elements",
        "epoch",
        "is_dry",
        "items",
        "number",
        "process",
        "refused",
        "sender",
        "taken",
        "turned_away",
    )

    def __init__(self, number: int, process: Process, post: Post) -> None:
        self.number = number
        self.process = process
        self.epoch = process.epoch
        self.elements = post.elements
        self.is_dry = post.is_dry
        self.sender = post.sender
        self.awaited = 1
        self.taken = False
        self.refused = False
        self.turned_away: dict[str, bool] = {}
        self.answer = UNANSWERED
        self.items: Sequence[Item] = ()


JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
PAGE = b"<html><body><h1>Bad gateway</h1></body></html>"
LOST = b'{"errors":[{"code":"timeout","message":"The upstream did not answer."}]}'

# Responses of a gateway that do not say whether the server gets the POST.
GATEWAY_ANSWERS = (
    Answer(502, HTML, PAGE),
    Answer(502, JSON, LOST),
    Answer(503, HTML, PAGE),
    Answer(504, HTML, PAGE),
    Answer(504, JSON, LOST),
    Answer(408, HTML, b""),
    Answer(409, HTML, PAGE),
    Answer(425, HTML, b""),
    Answer(301, {"location": "https://other.invalid/v1"}, b""),
    Answer(302, {"location": "https://login.invalid/"}, PAGE),
    Answer(303, {"location": "https://other.invalid/done"}, b""),
    Answer(307, {"location": "https://other.invalid/v1"}, b""),
    Answer(308, {"location": "/v1/"}, b""),
    Answer(200, HTML, PAGE),
    Answer(200, JSON, b""),
    Answer(200, JSON, b"{}"),
    Answer(200, JSON, b'{"data":['),
    Answer(200, JSON, LOST),
    Answer(204, {}, b""),
)

# Responses of a gateway that gave up waiting for the server.
GATEWAY_TIMEOUTS = (Answer(504, HTML, PAGE), Answer(504, JSON, LOST))

# Responses of a gateway that never forwards the POST.
GATEWAY_REFUSALS = (
    Answer(429, HTML, b""),
    Answer(429, {**HTML, "retry-after": "2"}, PAGE),
    Answer(503, {**HTML, "retry-after": "5"}, PAGE),
    Answer(503, {**JSON, "retry-after": "0"}, b""),
)


class Network:
    """Carries POSTs to the server and responses to callers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.posts = 0
        self._latency = world.profile.latency
        self._outage = world.profile.outage
        self._patience = world.profile.gateway_patience
        self._request_troubles = chosen(REQUEST_TROUBLES, world.profile.troubles)
        self._answer_troubles = chosen(ANSWER_TROUBLES, world.profile.troubles)
        self._body_troubles = chosen(BODY_TROUBLES, world.profile.troubles)

    def post(self, process: Process, post: Post) -> None:
        """Send a POST for a process, which waits for the response."""
        world = self.world
        self.posts += 1
        exchange = Exchange(self.posts, process, post)
        if world.tracing:
            sent = b",".join(post.elements).decode()
            kind = "dry run, " if post.is_dry else ""
            world.note(process.name, f"sends {kind}POST {exchange.number}: [{sent}]")
        world.wake_at(world.now + post.timeout, process, exchange.epoch, TimedOut())
        if self._patience:
            world.call_at(world.now + self._patience, self._give_up, exchange)
        if self._outage[0] <= world.now < self._outage[1]:
            connection_refused(self, exchange)
            return
        trouble = world.drawn(self._request_troubles)
        if trouble is None:
            self.forward(exchange)
            return
        if world.tracing:
            self._note_trouble(exchange, trouble)
        trouble(self, exchange)

    def reply(
        self, exchange: Exchange, copy: int, answer: Answer, items: Sequence[Item] = ()
    ) -> None:
        """Deliver the server's response to one copy, if it is the awaited copy.

        Args:
            exchange: The POST.
            copy: The number of the copy.
            answer: The HTTP response.
            items: The results in the response.
        """
        if copy != exchange.awaited:
            return
        trouble = self.world.drawn(self._answer_troubles)
        if trouble is None:
            self.deliver_at(self.soon(), exchange, answer, items)
            return
        exchange.answer, exchange.items = answer, items
        if self.world.tracing:
            self._note_trouble(exchange, trouble)
        trouble(self, exchange)

    # Steps of troubles

    def soon(self) -> float:
        """Draw a time about one latency from now."""
        return self.world.now + self._latency * (0.5 + self.world.random.random())

    def sometime(self) -> float:
        """Draw a time that is soon, or seconds to minutes from now."""
        return self.world.later() if _coin(self) else self.soon()

    def forward(
        self, exchange: Exchange, at: float | None = None, copy: int = 1
    ) -> None:
        """Deliver a copy of the POST to the server: soon, or at a given time."""
        world = self.world
        world.call_at(
            self.soon() if at is None else at, world.server.receive, exchange, copy
        )

    def fail(self, exchange: Exchange, error: Exception) -> None:
        """Raise an error in the waiting caller: soon, or as late as system timeouts."""
        self.world.wake_at(self.sometime(), exchange.process, exchange.epoch, error)

    def deliver_at(
        self,
        moment: float,
        exchange: Exchange,
        answer: Answer,
        items: Sequence[Item] = (),
    ) -> None:
        """Deliver the response to the caller at a time, if it still waits then."""
        self.world.call_at(moment, self._deliver, exchange, answer, items)

    def answer_itself(
        self, exchange: Exchange, answers: tuple[Answer, ...], at: float
    ) -> None:
        """Let a gateway respond to the caller; the server's own response is dropped."""
        exchange.awaited = 0
        answer = answers[int(self.world.random.random() * len(answers))]
        self.deliver_at(at, exchange, answer)

    def _give_up(self, exchange: Exchange) -> None:
        """Let the gateway respond with 504 if the server has not responded yet."""
        if exchange.awaited and exchange.process.epoch == exchange.epoch:
            self.answer_itself(exchange, GATEWAY_TIMEOUTS, self.soon())

    def _deliver(
        self, exchange: Exchange, answer: Answer, items: Sequence[Item]
    ) -> None:
        world = self.world
        process = exchange.process
        waits = process.epoch == exchange.epoch
        if world.tracing:
            what = told(answer)
            if waits:
                world.note(process.name, f"gets to POST {exchange.number}: {what}")
            else:
                world.note(
                    "network",
                    f"POST {exchange.number}: nobody waits for the answer {what}",
                )
        if waits and answer.pieces is not None:
            answer.pieces = self._carried(exchange, answer.pieces)
        if waits:
            for item in items:
                if item.delivered_at is None:
                    item.delivered_at = world.now
            world.wake(process, exchange.epoch, answer)

    def _carried(self, exchange: Exchange, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces of a body as the caller gets them.

        No piece arrives before the headers. Pieces may be split or have a trouble.
        """
        now, delay = self.world.now, self._latency
        carried: list[Piece] = []
        for sent, piece in pieces:
            moment, rest = max(now, sent + delay), piece
            if isinstance(piece, bytes) and _coin(self):
                middle = int(self.world.random.random() * len(piece))
                carried.append((moment, piece[:middle]))
                rest = piece[middle:]
            carried.append((moment, rest))
        trouble = self.world.drawn(self._body_troubles)
        if trouble is None:
            return carried
        if self.world.tracing:
            self._note_trouble(exchange, trouble)
        return trouble(self, carried, int(self.world.random.random() * len(carried)))

    def _note_trouble(self, exchange: Exchange, trouble: Trouble | BodyTrouble) -> None:
        self.world.note("network", f"POST {exchange.number}: {sentence(trouble)}")


# Troubles on the way to the server


def connection_refused(network: Network, exchange: Exchange) -> None:
    """The connection fails before anything is written."""
    network.fail(exchange, NotSent())


def request_cut(network: Network, exchange: Exchange) -> None:
    """The connection breaks while the request is written; the server gets a part."""
    network.fail(exchange, Broken())


def request_lost(network: Network, exchange: Exchange) -> None:
    """The request is written and lost; there is no response."""


def request_broken(network: Network, exchange: Exchange) -> None:
    """The connection breaks after the request is written; it arrives soon or late."""
    network.fail(exchange, Broken())
    network.forward(exchange, network.sometime())


def request_late(network: Network, exchange: Exchange) -> None:
    """The request is seconds to minutes late, perhaps after the caller gave up."""
    network.forward(exchange, network.world.later())


def request_repeated(network: Network, exchange: Exchange) -> None:
    """A gateway repeats the POST later; the caller gets the first response."""
    network.forward(exchange)
    network.forward(exchange, network.world.later(), copy=2)


def request_retried(network: Network, exchange: Exchange) -> None:
    """A gateway repeats the POST at once; the caller gets the second response."""
    exchange.awaited = 2
    first = network.soon()
    network.forward(exchange, first)
    network.forward(exchange, first + network.soon() - network.world.now, copy=2)


def gateway_refuses(network: Network, exchange: Exchange) -> None:
    """A gateway refuses the POST (429, or 503 with Retry-After) and drops it."""
    network.answer_itself(exchange, GATEWAY_REFUSALS, network.soon())


def gateway_answers(network: Network, exchange: Exchange) -> None:
    """A gateway responds itself; the server gets the POST soon, later or never."""
    network.answer_itself(exchange, GATEWAY_ANSWERS, network.soon())
    if _coin(network):
        network.forward(exchange, network.sometime())


# Troubles on the way back


def answer_lost(network: Network, exchange: Exchange) -> None:
    """The response is lost."""


def answer_cut(network: Network, exchange: Exchange) -> None:
    """The connection breaks before the whole response has arrived."""
    network.fail(exchange, Broken())


def answer_late(network: Network, exchange: Exchange) -> None:
    """The response is seconds to minutes late, perhaps after the caller gave up."""
    network.deliver_at(network.world.later(), exchange, exchange.answer, exchange.items)


def answer_replaced(network: Network, exchange: Exchange) -> None:
    """A gateway replaces the server's response with its own."""
    network.answer_itself(exchange, GATEWAY_ANSWERS, network.soon())


# Troubles of a body that arrives in pieces; each starts at one of the pieces


def body_cut(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """The connection breaks in the middle of a stream."""
    return [*_begun(pieces, at), (pieces[at][0], Broken())]


def body_ended(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """A gateway ends a stream in the middle, as if it were complete."""
    return [*_begun(pieces, at), (pieces[at][0], None)]


def body_stalled(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """A stream stops in the middle, and the connection stays open."""
    return _begun(pieces, at)


def body_late(network: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """The rest of a stream arrives seconds to minutes late."""
    late = network.world.later() - network.world.now
    return [*pieces[:at], *((moment + late, piece) for moment, piece in pieces[at:])]


def body_error(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """A gateway loses the server and ends a stream with an error that names no task."""
    moment = pieces[at][0]
    return [
        *_begun(pieces, at),
        (moment, b"\n\ndata: " + LOST + b"\n\n"),
        (moment, None),
    ]


def _begun(pieces: list[Piece], at: int) -> list[Piece]:
    """Return the pieces before one, and the first half of that one."""
    moment, piece = pieces[at]
    half = [(moment, piece[: len(piece) // 2])] if isinstance(piece, bytes) else []
    return [*pieces[:at], *half]


def _coin(network: Network) -> bool:
    return network.world.random.random() < 0.5


def told(answer: Answer) -> str:
    """Return a response as text: status, headers without the content type, body."""
    headers = [
        f"{name}: {value}"
        for name, value in answer.headers.items()
        if name != "content-type"
    ]
    pieces = [piece for _, piece in answer.pieces or [] if isinstance(piece, bytes)]
    stream = repr(b"".join(pieces).decode()) if pieces else ""
    return " ".join([str(answer.status), *headers, answer.body.decode() + stream])


def sentence(function: Callable[..., object]) -> str:
    """Return the first line of a function's docstring."""
    return (function.__doc__ or function.__name__).splitlines()[0]


def named(*functions: _Function) -> dict[str, _Function]:
    """Return functions by their names."""
    return {function.__name__: function for function in functions}


def chosen(
    functions: dict[str, _Function], shares: dict[str, float]
) -> list[tuple[float, _Function]]:
    """Return the functions that have a share in a profile, each with its share."""
    return [(shares[name], f) for name, f in functions.items() if name in shares]


REQUEST_TROUBLES: dict[str, Trouble] = named(
    connection_refused,
    request_cut,
    request_lost,
    request_broken,
    request_late,
    request_repeated,
    request_retried,
    gateway_refuses,
    gateway_answers,
)

ANSWER_TROUBLES: dict[str, Trouble] = named(
    answer_lost, answer_cut, answer_late, answer_replaced
)

BODY_TROUBLES: dict[str, BodyTrouble] = named(
    body_cut, body_ended, body_stalled, body_late, body_error
)
