"""Polls the tasks of many callers with one POST.

While a POST of polls is in flight, new polls wait for it, at most `MAX_TURN` seconds.
Then they are sent together. So the number of POSTs does not grow with the number of
tasks, and a POST without a response does not block other callers.
"""

from __future__ import annotations

import os
import threading
from time import monotonic
from typing import Generic, TypeVar

from ..delivery.batches import Reply
from ..delivery.server_facts import ServerFacts
from ..exceptions import RunwareError, TimeoutError
from ..locks import ForkSafeLock
from ..transport.envelope import Envelope
from ..transport.http import HTTPTransport

MAX_TURN = 1.0
"""Maximum seconds that polls wait for the previous POST."""

EventT = TypeVar("EventT")


class PollRound(Generic[EventT]):
    """Polls that are sent together, and their outcome.

    Attributes:
        parts: The polls, each as JSON text.
        ended: An event that is set when the round has ended.
        outcome: The response or the error; None before that, and if the caller who sends
            the round timed out.
        process: The process of its sender. A fork copies the round, not its sender.
    """

    def __init__(self, parts: list[bytes], ended: EventT) -> None:
        self.process = os.getpid()
        self.parts = parts
        self.ended = ended
        self.outcome: Envelope | RunwareError | None = None

    def reply(self) -> Reply | None:
        """Return the response; None without one, so that the caller has to poll again.

        Raises:
            RunwareError: The exchange failed, or its response cannot be parsed.
        """
        if isinstance(self.outcome, RunwareError):
            raise self.outcome
        if self.outcome is None:
            return None
        return Reply(self.outcome, len(self.parts))


class PollRounds(Generic[EventT]):
    """Adds the polls of callers to the open round."""

    def __init__(self, server: ServerFacts) -> None:
        self._server = server
        self._lock = ForkSafeLock()
        self._open: PollRound[EventT] | None = None

    def join(self, own: PollRound[EventT]) -> PollRound[EventT]:
        """Add the polls of a caller to the open round, or open a new round with them.

        If it returns `own`, the caller must send it.
        """
        with self._lock.native:
            joined = self._open
            if joined and self._has_room(joined, own):
                # Calls may share a task; the response to two polls repeats its results.
                joined.parts = [*dict.fromkeys([*joined.parts, *own.parts])]
                return joined
            self._open = own
            return own

    def _has_room(self, joined: PollRound[EventT], own: PollRound[EventT]) -> bool:
        size = len(joined.parts) + len(own.parts)
        return joined.process == own.process and size <= self._server.elements

    def close(self, leaving: PollRound[EventT]) -> None:
        """Stop adding polls to a round."""
        with self._lock.native:
            if self._open is leaving:
                self._open = None


class PollBatcher:
    """Polls for the threads of a process."""

    def __init__(self, transport: HTTPTransport, server: ServerFacts) -> None:
        self._transport = transport
        self._rounds = PollRounds[threading.Event](server)
        self._turn = ForkSafeLock()

    def poll(self, parts: list[bytes], timeout: float) -> Reply:
        """Poll tasks, together with the polls of other callers.

        Raises:
            RunwareError: There was no response in time, or it cannot be parsed.
        """
        deadline = monotonic() + timeout
        while (left := deadline - monotonic()) > 0:
            own = PollRound([*parts], threading.Event())
            try:
                joined = self._rounds.join(own)
                if joined is own:
                    self._send(own, deadline)
                elif not joined.ended.wait(left):
                    self._rounds.close(joined)  # its sender may have been interrupted
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
            raise  # the timeout of this caller; the others may still have time
        except RunwareError as error:
            sent.outcome = error
        finally:
            # Not `suppress`: a signal may be handled as it starts.
            try:
                turn.release()
            except RuntimeError:  # it was not acquired in time
                pass


def unanswered() -> TimeoutError:
    """Return the error of a poll that got no response in time."""
    return TimeoutError("the server did not respond to the poll in time")


def turn_timeout(deadline: float) -> float:
    """Return the seconds that polls wait for the previous POST."""
    return max(0.0, min(MAX_TURN, deadline - monotonic()))
