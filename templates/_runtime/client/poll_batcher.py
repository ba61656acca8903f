"""Polls the tasks of many callers with one POST.

Polls that come while another POST of polls is under way wait for it, but not long, and
travel together in the next. So the number of POSTs does not grow with the number of
tasks, and a POST that is not answered holds up nobody else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from ..delivery.batches import Reply
from ..exceptions import RunwareError, TimeoutError
from ..locks import ForkSafeLock

if TYPE_CHECKING:
    from ..delivery.batches import Limits
    from ..transport.envelope import Envelope
    from ..transport.http import Transport

MAX_TURN = 1.0
"""Seconds that polls wait at most for the POST before them."""

EventT = TypeVar("EventT")


@dataclass(slots=True, eq=False)
class PollRound(Generic[EventT]):
    """Polls that travel together, and what came of them.

    Attributes:
        parts: The polls, each as JSON text.
        ended: Is set when nothing more comes of it.
        outcome: The answer or the error; None while there is none, and for ever if the
            caller who sent them gave up.
    """

    parts: list[bytes]
    ended: EventT
    outcome: Envelope | RunwareError | None = None

    def reply(self) -> Reply | None:
        """Return the answer; None where there is none and somebody else has to poll.

        Raises:
            RunwareError: No answer came, or none that can be read.
        """
        if isinstance(self.outcome, RunwareError):
            raise self.outcome
        if self.outcome is None:
            return None
        return Reply(self.outcome, len(self.parts))


class PollRounds(Generic[EventT]):
    """Lets callers join the round that takes polls now."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = ForkSafeLock()
        self._open: PollRound[EventT] | None = None

    def join(self, own: PollRound[EventT]) -> PollRound[EventT]:
        """Add the polls of a caller to a round, or let others join them.

        Args:
            own: The polls, as a round of their own.

        Returns:
            The round that they are in. If it is their own, the caller has to send it.
        """
        with self._lock.native:
            joined = self._open
            if joined and len(joined.parts) + len(own.parts) <= self._limits.elements:
                joined.parts += own.parts
                return joined
            self._open = own
            return own

    def close(self, leaving: PollRound[EventT]) -> None:
        """Let no more polls into a round."""
        with self._lock.native:
            if self._open is leaving:
                self._open = None


class PollBatcher:
    """Polls for the threads of a process."""

    def __init__(self, transport: Transport, limits: Limits) -> None:
        self._transport = transport
        self._rounds = PollRounds[threading.Event](limits)
        self._turn = ForkSafeLock()

    def poll(self, parts: list[bytes], timeout: float) -> Reply:
        """Poll tasks, together with whoever else does.

        Args:
            parts: Tasks of the type getResponse, each as JSON text.
            timeout: The seconds that it may take.

        Raises:
            RunwareError: No answer came in time, or none that can be read.
        """
        deadline = monotonic() + timeout
        while (left := deadline - monotonic()) > 0:
            own = PollRound([*parts], threading.Event())
            try:
                joined = self._rounds.join(own)
                if joined is own:
                    self._send(own, deadline)
                elif not joined.ended.wait(left):
                    self._rounds.close(joined)  # whoever had to send it may be gone
            finally:
                self._rounds.close(own)
                own.ended.set()
            if (reply := joined.reply()) is not None:
                return reply
        raise unanswered()

    def _send(self, sent: PollRound[threading.Event], deadline: float) -> None:
        turn = self._turn.native
        try:
            turn.acquire(timeout=turn_timeout(deadline))
            self._rounds.close(sent)
            left = max(0.001, deadline - monotonic())
            sent.outcome = self._transport.post(sent.parts, left, None)
        except TimeoutError:
            raise  # this caller's time is up, and not that of the others
        except RunwareError as error:
            sent.outcome = error
        finally:
            # Not `suppress`, at whose beginning a signal may be handled.
            try:
                turn.release()
            except RuntimeError:  # it was not acquired in time
                pass


def unanswered() -> TimeoutError:
    """Return the error of a poll that nobody answered in time."""
    return TimeoutError("the server did not answer the poll in time")


def turn_timeout(deadline: float) -> float:
    """Return the seconds that polls wait for the POST before them."""
    return max(0.0, min(MAX_TURN, deadline - monotonic()))
