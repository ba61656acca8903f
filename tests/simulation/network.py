"""The network between callers and server, in both directions, with gateways that answer by themselves.

Each trouble is a function; its first line says what happens. A profile gives each a share of the POSTs.

What a gateway may say follows one rule: 429, and 503 with `Retry-After`, mean that the server does not get this POST,
now or later. Every other answer of a gateway leaves it open.
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
    """Nothing of the request has left the machine."""


class Broken(Exception):
    """The connection broke after something of the request was written."""


class TimedOut(Exception):
    """No answer came within the caller's timeout."""


@dataclass(slots=True)
class Post:
    """One HTTP POST of a JSON array.

    Resumes with an `Answer`, or raises `NotSent`, `Broken` or `TimedOut`.

    Attributes:
        elements: The array's elements, each the bytes of one JSON object.
        timeout: Seconds to wait for the whole answer.
        is_dry: It has the header that makes a dry run of it.
        sender: The number of the client that sends it.
    """

    elements: list[bytes]
    timeout: float
    is_dry: bool = False
    sender: int = 0


@dataclass(slots=True)
class Answer:
    """One HTTP answer; header names are in lower case.

    Attributes:
        pieces: A body that comes bit by bit, in place of `body`: the moment of each piece, and the piece, an error
            that breaks the connection, or `None` at the end. After the last one, nothing comes any more.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    pieces: list[Piece] | None = None


UNANSWERED = Answer(0, {}, b"")


class Exchange:
    """One POST on its way, which may arrive as several copies.

    Attributes:
        is_dry: It is a dry run.
        sender: The number of the client that has sent it.
        awaited: The number of the copy whose answer goes to the caller.
        taken: The server has taken something of it.
        refused: The server has refused it as a whole; later copies are dropped.
        turned_away: Task UUID -> whether the server has refused this task of it by name; so for all copies.
        answer: The server's answer to the awaited copy, when something happens to it on its way.
        items: The results that it holds.
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

# Answers of a gateway that say nothing of what the server has done.
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
    Answer(204, {}, b""),
)

# Answers of a gateway that has waited long enough for the server.
GATEWAY_TIMEOUTS = (Answer(504, HTML, PAGE), Answer(504, JSON, LOST))

# Answers of a gateway that has not handed the POST on, and will not.
GATEWAY_REFUSALS = (
    Answer(429, HTML, b""),
    Answer(429, {**HTML, "retry-after": "2"}, PAGE),
    Answer(503, {**HTML, "retry-after": "5"}, PAGE),
    Answer(503, {**JSON, "retry-after": "0"}, b""),
)


class Network:
    """Carries POSTs to the server and answers to callers."""

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
        """Send a POST for a process, which waits for the answer."""
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
        """Carry the server's answer to one copy back; only the awaited copy's goes on to the caller.

        Args:
            exchange: The POST.
            copy: The number of the copy that is answered.
            answer: The HTTP answer.
            items: The results that it holds.
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

    # What troubles are made of

    def soon(self) -> float:
        """Draw a moment that is one usual latency from now."""
        return self.world.now + self._latency * (0.5 + self.world.random.random())

    def sometime(self) -> float:
        """Draw a moment that is soon, or seconds to minutes away."""
        return self.world.later() if _coin(self) else self.soon()

    def forward(
        self, exchange: Exchange, at: float | None = None, copy: int = 1
    ) -> None:
        """Let a copy of the POST arrive at the server: soon, or at a given moment."""
        world = self.world
        world.call_at(
            self.soon() if at is None else at, world.server.receive, exchange, copy
        )

    def fail(self, exchange: Exchange, error: Exception) -> None:
        """Raise an error where the caller waits: soon, or as late as a timeout of the system."""
        self.world.wake_at(self.sometime(), exchange.process, exchange.epoch, error)

    def deliver_at(
        self,
        moment: float,
        exchange: Exchange,
        answer: Answer,
        items: Sequence[Item] = (),
    ) -> None:
        """Hand the answer to the caller at a moment, if it still waits then."""
        self.world.call_at(moment, self._deliver, exchange, answer, items)

    def answer_itself(
        self, exchange: Exchange, answers: tuple[Answer, ...], at: float
    ) -> None:
        """Let a gateway answer the caller; the server's own answer goes nowhere."""
        exchange.awaited = 0
        answer = answers[int(self.world.random.random() * len(answers))]
        self.deliver_at(at, exchange, answer)

    def _give_up(self, exchange: Exchange) -> None:
        """Let the gateway answer 504 for a server that has not answered yet."""
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
        """Carry a body that comes bit by bit: cut anew, never before its head, and perhaps with trouble."""
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
    """The connection breaks while the request is written; the server gets no whole request."""
    network.fail(exchange, Broken())


def request_lost(network: Network, exchange: Exchange) -> None:
    """The request is written and arrives nowhere; nothing comes back."""


def request_broken(network: Network, exchange: Exchange) -> None:
    """The connection breaks when the request is written; the server gets it, soon or much later."""
    network.fail(exchange, Broken())
    network.forward(exchange, network.sometime())


def request_late(network: Network, exchange: Exchange) -> None:
    """The request arrives seconds to minutes late, perhaps after the caller has given up."""
    network.forward(exchange, network.world.later())


def request_repeated(network: Network, exchange: Exchange) -> None:
    """A gateway delivers the POST a second time, any time later; the first answer goes to the caller."""
    network.forward(exchange)
    network.forward(exchange, network.world.later(), copy=2)


def request_retried(network: Network, exchange: Exchange) -> None:
    """A gateway delivers the POST again at once and hands on the second answer."""
    exchange.awaited = 2
    first = network.soon()
    network.forward(exchange, first)
    network.forward(exchange, first + network.soon() - network.world.now, copy=2)


def gateway_refuses(network: Network, exchange: Exchange) -> None:
    """A gateway refuses the call (429, or 503 with Retry-After) and never hands it on."""
    network.answer_itself(exchange, GATEWAY_REFUSALS, network.soon())


def gateway_answers(network: Network, exchange: Exchange) -> None:
    """A gateway answers by itself; the server gets the POST never, soon, or later."""
    network.answer_itself(exchange, GATEWAY_ANSWERS, network.soon())
    if _coin(network):
        network.forward(exchange, network.sometime())


# Troubles on the way back


def answer_lost(network: Network, exchange: Exchange) -> None:
    """The answer is lost; nothing comes."""


def answer_cut(network: Network, exchange: Exchange) -> None:
    """The connection breaks before the whole answer has come."""
    network.fail(exchange, Broken())


def answer_late(network: Network, exchange: Exchange) -> None:
    """The answer comes seconds to minutes late, perhaps after the caller has given up."""
    network.deliver_at(network.world.later(), exchange, exchange.answer, exchange.items)


def answer_replaced(network: Network, exchange: Exchange) -> None:
    """A gateway hands on an answer of its own instead of the server's."""
    network.answer_itself(exchange, GATEWAY_ANSWERS, network.soon())


# Troubles of a body that comes bit by bit, from one of its pieces on


def body_cut(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """The connection breaks in the middle of a stream."""
    return [*_begun(pieces, at), (pieces[at][0], Broken())]


def body_ended(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """A gateway ends a stream in its middle, as if it were whole."""
    return [*_begun(pieces, at), (pieces[at][0], None)]


def body_stalled(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """Nothing more of a stream comes, and the connection stays open."""
    return _begun(pieces, at)


def body_late(network: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """The rest of a stream comes seconds to minutes late."""
    late = network.world.later() - network.world.now
    return [*pieces[:at], *((moment + late, piece) for moment, piece in pieces[at:])]


def body_error(_: Network, pieces: list[Piece], at: int) -> list[Piece]:
    """A gateway that lost the server ends a stream with an error that names no task."""
    moment = pieces[at][0]
    return [
        *_begun(pieces, at),
        (moment, b"\n\ndata: " + LOST + b"\n\n"),
        (moment, None),
    ]


def _begun(pieces: list[Piece], at: int) -> list[Piece]:
    """The pieces before one, and the first half of that."""
    moment, piece = pieces[at]
    half = [(moment, piece[: len(piece) // 2])] if isinstance(piece, bytes) else []
    return [*pieces[:at], *half]


def _coin(network: Network) -> bool:
    return network.world.random.random() < 0.5


def told(answer: Answer) -> str:
    """An answer in words: status, the headers that matter, body."""
    headers = [
        f"{name}: {value}"
        for name, value in answer.headers.items()
        if name != "content-type"
    ]
    pieces = [piece for _, piece in answer.pieces or [] if isinstance(piece, bytes)]
    stream = repr(b"".join(pieces).decode()) if pieces else ""
    return " ".join([str(answer.status), *headers, answer.body.decode() + stream])


def sentence(function: Callable[..., object]) -> str:
    """The first line of what a function says of itself."""
    return (function.__doc__ or function.__name__).splitlines()[0]


def named(*functions: _Function) -> dict[str, _Function]:
    """Functions by their names."""
    return {function.__name__: function for function in functions}


def chosen(
    functions: dict[str, _Function], shares: dict[str, float]
) -> list[tuple[float, _Function]]:
    """The functions to which a profile gives a share, with it."""
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
