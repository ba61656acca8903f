"""Asks what became of many tasks at once, whoever waits for them.

Questions that come while one POST of them is under way wait for it, and travel together
in the next. So the number of POSTs does not grow with the number of tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from ._exceptions import ConnectionError, RunwareError
from ._verdicts import tells_apart

if TYPE_CHECKING:
    from ._envelope import Envelope
    from ._transport import Transport

MOST_QUESTIONS = 100
"""Questions that one POST carries."""


@dataclass(slots=True, eq=False)
class _Round:
    """Questions that travel together, and what came of them."""

    parts: list[bytes] = field(default_factory=list[bytes])
    outcome: Envelope | RunwareError | None = None

    def settle(self, envelope: Envelope) -> None:
        """Take the answer; an item that names no task may be anybody's."""
        if len(self.parts) > 1:
            named = [item for item in envelope.data if "taskUUID" in item]
            errors = [*filter(tells_apart, envelope.errors)]
            envelope = replace(envelope, data=named, errors=errors)
        self.outcome = envelope

    def answer(self) -> Envelope:
        """Give the answer.

        Raises:
            RunwareError: None came, or none that can be read.
        """
        if self.outcome is None or isinstance(self.outcome, RunwareError):
            raise self.outcome or ConnectionError("the questions were never asked")
        return self.outcome


class Rounds:
    """The round that takes questions now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open = _Round()

    def join(self, parts: list[bytes]) -> _Round:
        """Add questions to the round that is open."""
        with self._lock:
            joined = self._open
            if joined.parts and len(joined.parts) + len(parts) > MOST_QUESTIONS:
                joined = self._open = _Round()
            joined.parts += parts
            return joined

    def close(self, leaving: _Round) -> None:
        """Let no more questions into a round."""
        with self._lock:
            if self._open is leaving:
                self._open = _Round()


class Questions:
    """Asks for the threads of a process."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._rounds = Rounds()
        self._turn = Lock()

    def ask(self, parts: list[bytes], timeout: float) -> Envelope:
        """Ask, together with whoever else does.

        Args:
            parts: Tasks of the type getResponse, each as JSON text.
            timeout: The seconds that it may take.

        Raises:
            RunwareError: No answer came in time, or none that can be read.
        """
        mine = self._rounds.join(parts)
        if not self._turn.acquire(timeout=timeout):
            raise late()
        try:
            if mine.outcome is None:
                self._rounds.close(mine)
                try:
                    mine.settle(self._transport.post(mine.parts, timeout, None))
                except RunwareError as error:
                    mine.outcome = error
        finally:
            self._turn.release()
        return mine.answer()


def late() -> ConnectionError:
    return ConnectionError("the questions before this one took too long")
