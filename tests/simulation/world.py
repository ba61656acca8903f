"""A world with virtual time: callers are generators, one seed determines all events.

A caller (a *process*) is a generator. It yields an effect, and is resumed with the
result of the effect::

    def caller():
        answer = yield Post([b'{"taskType": ...}'], timeout=30.0)
        yield Sleep(1.0)

The same seed, profile and processes give the same run, event for event.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from math import exp2
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from simulation.network import Answer, Broken, Network, NotSent, Post, TimedOut
from simulation.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simulation.profiles import Profile
    from simulation.server import Ledger

__all__ = [
    "Acquire",
    "Answer",
    "Broken",
    "Cancelled",
    "Effect",
    "Join",
    "NotSent",
    "Post",
    "Process",
    "Release",
    "Sleep",
    "Spawn",
    "TimedOut",
    "World",
]

Trouble = TypeVar("Trouble")


class Cancelled(BaseException):
    """Raised in a process that is cancelled while it waits.

    It simulates Ctrl-C, `task.cancel()`, and a caller that leaves a batch early.
    """


@dataclass(slots=True)
class Sleep:
    """Resumes with `None` after some virtual seconds."""

    seconds: float


@dataclass(slots=True)
class Spawn:
    """Resumes with the id of a new process, which starts when this one next waits."""

    generator: Generator[Effect, Any, Any]
    name: str = ""


@dataclass(slots=True)
class Join:
    """Resumes with `True` when all processes have ended, or `False` after a timeout."""

    processes: list[int]
    timeout: float | None = None


@dataclass(slots=True)
class Acquire:
    """Resumes with `True` when the process has the lock, or `False` after a timeout."""

    lock: str
    timeout: float | None = None


@dataclass(slots=True)
class Release:
    """Releases the lock, and resumes with `None` at once."""

    lock: str


Effect = Sleep | Post | Spawn | Join | Acquire | Release


class Process:
    """A caller: its generator, and how it ended.

    Attributes:
        value: Its return value.
        error: The exception that it raised, including `Cancelled`; `GeneratorExit` if
            it was killed.
        ended_at: When it ended, in virtual seconds; `None` while it runs.
        epoch: Counts its waits, so that events of earlier waits are ignored.
    """

    __slots__ = (
        "children",
        "ended_at",
        "epoch",
        "error",
        "generator",
        "joiners",
        "name",
        "pid",
        "value",
    )

    def __init__(
        self, pid: int, name: str, generator: Generator[Effect, Any, Any]
    ) -> None:
        self.pid = pid
        self.name = name
        self.generator = generator
        self.epoch = 0
        self.value: Any = None
        self.error: BaseException | None = None
        self.ended_at: float | None = None
        self.children: list[Process] = []
        self.joiners: list[tuple[Process, int, list[int]]] = []


class World:
    """The clock, the processes, the network and the server of one schedule.

    Args:
        seed: Determines every draw.
        profile: The troubles, their shares, and the settings of the platform.
        tracing: Record events in `trace`, as text.
        watch: Called after every event, to check invariants. `run` raises its
            exceptions.

    Attributes:
        now: Virtual seconds since the start.
        trace: Tuples `(time, who, what)`; empty without `tracing`.
        random: The only source of randomness. Callers may draw from it too.
        calm_at: The time at which troubles of the network and the server stop.
        processes: All processes; the index is the process id.
        held: Name of a lock -> the id of the process that holds it.
        steps: How often a process was resumed.
    """

    def __init__(
        self,
        seed: int,
        profile: Profile,
        *,
        tracing: bool = False,
        watch: Callable[[], None] | None = None,
    ) -> None:
        self.random = Random(seed)
        self.profile = profile
        self.tracing = tracing
        self.watch = watch
        self.now = 0.0
        self.calm_at = profile.calm_at
        self.trace: list[tuple[float, str, str]] = []
        self.processes: list[Process] = []
        self.held: dict[str, int] = {}
        self.steps = 0
        self._waiting: dict[str, list[tuple[Process, int]]] = {}
        self._events: list[tuple[float, int, Callable[..., None] | None, Any]] = []
        self._pushed = 0
        self.server = Server(self)
        self.network = Network(self)

    @property
    def ledger(self) -> Ledger:
        """What the server has accepted, billed, produced and delivered."""
        return self.server.ledger

    # Processes

    def spawn(self, generator: Generator[Effect, Any, Any], name: str = "") -> int:
        """Add a process, which starts now; return its id."""
        pid = len(self.processes)
        process = Process(pid, name or f"caller {pid}", generator)
        self.processes.append(process)
        self.wake_at(self.now, process, 0, None)
        return pid

    def cancel(self, pid: int, at: float | None = None, *, kill: bool = False) -> None:
        """End a process from outside. The network still delivers its requests.

        Args:
            pid: The id of the process.
            at: When, in virtual seconds; `None` draws a time before troubles stop.
            kill: Simulate a kill by the operating system: the process and its children
                are closed, their cleanup does no I/O, and their locks are released.
                Otherwise, `Cancelled` is raised in the process.
        """
        when = self.later() if at is None else max(at, self.now)
        self.call_at(when, self._cancel, self.processes[pid], kill)

    def run(self, until: float | None = None) -> None:
        """Run until there are no more events, or until a virtual time."""
        events = self._events
        watch = self.watch
        while events:
            if until is not None and events[0][0] > until:
                self.now = until
                return
            time, _, function, arguments = heappop(events)
            if function is not None:
                self.now = time
                function(*arguments)
            else:
                process, epoch, value = arguments
                if process.epoch != epoch:
                    continue  # another event has resumed it
                self.now = time
                self._resume(process, value)
            if watch is not None:
                watch()

    # Events

    def call_at(
        self, time: float, function: Callable[..., None], *arguments: object
    ) -> None:
        """Call a function at a virtual time."""
        self._pushed += 1
        heappush(self._events, (time, self._pushed, function, arguments))

    def wake_at(self, time: float, process: Process, epoch: int, value: object) -> None:
        """Resume a process at a virtual time, unless another event resumes it earlier.

        If the value is an exception, it is raised in the process.
        """
        self._pushed += 1
        heappush(self._events, (time, self._pushed, None, (process, epoch, value)))

    def wake(self, process: Process, epoch: int, value: object) -> bool:
        """Resume a process now; return whether it still waited."""
        if process.epoch != epoch:
            return False
        self._resume(process, value)
        return True

    # Randomness

    def later(self) -> float:
        """Draw a time half a second to two minutes from now, before troubles stop."""
        moment = self.now + 0.5 * exp2(8.0 * self.random.random())
        return max(self.now, min(self.calm_at, moment))

    def drawn(self, troubles: list[tuple[float, Trouble]]) -> Trouble | None:
        """Draw the trouble that happens now, from `(share, trouble)` pairs.

        Returns:
            The trouble; None if there is none, as always after `calm_at`.
        """
        if self.now < self.calm_at:
            random = self.random.random
            for share, trouble in troubles:
                if random() < share:
                    return trouble
        return None

    def note(self, who: str, what: str) -> None:
        """Record an event; call it only if `tracing`."""
        self.trace.append((self.now, who, what))

    def told(self) -> str:
        """Return the trace as text, one event per line."""
        return "\n".join(f"{at:9.3f} s  {who}: {what}" for at, who, what in self.trace)

    # Steps of a process

    def _resume(self, process: Process, value: object) -> None:
        """Run a process up to its next wait, or to its end."""
        generator = process.generator
        self.steps += 1
        if self.tracing and isinstance(value, BaseException):
            self.note(process.name, f"gets {type(value).__name__}")
        while True:
            process.epoch += 1
            try:
                if isinstance(value, BaseException):
                    effect = generator.throw(value)
                else:
                    effect = generator.send(value)
            except StopIteration as stop:
                self._end(process, stop.value, None)
                return
            except (Exception, Cancelled) as error:  # noqa: BLE001
                self._end(process, None, error)
                return
            if isinstance(effect, Post):
                self.network.post(process, effect)
                return
            if isinstance(effect, Sleep):
                self.wake_at(self.now + effect.seconds, process, process.epoch, None)
                return
            if isinstance(effect, Spawn):
                value = self.spawn(effect.generator, effect.name)
                process.children.append(self.processes[value])
            elif isinstance(effect, Release):
                value = self._release(process, effect)
            elif isinstance(effect, Acquire):
                if not self._acquire(process, effect):
                    return
                value = True
            elif isinstance(effect, Join):
                if not self._join(process, effect):
                    return
                value = True
            else:
                value = TypeError(f"{effect!r} is no effect")

    def _end(
        self, process: Process, value: object, error: BaseException | None
    ) -> None:
        process.epoch += 1
        process.value = value
        process.error = error
        process.ended_at = self.now
        if self.tracing:
            self.note(
                process.name,
                f"ends with {error!r}" if error else f"returns {value!r}",
            )
        for joiner, epoch, pids in process.joiners:
            if self._ended(pids):
                self.wake_at(self.now, joiner, epoch, True)

    def _cancel(self, process: Process, kill: bool) -> None:
        if process.ended_at is not None:
            if kill:
                self._kill_children(process)
        elif kill:
            self._kill(process)
        else:
            self._resume(process, Cancelled())

    def _kill(self, process: Process) -> None:
        if process.ended_at is None:
            with suppress(RuntimeError):  # its cleanup yields, but it cannot wait
                process.generator.close()
            self._end(process, None, GeneratorExit())
            for lock in [k for k, pid in self.held.items() if pid == process.pid]:
                self._free(lock)
        self._kill_children(process)

    def _kill_children(self, process: Process) -> None:
        for child in process.children:
            self._kill(child)

    def _ended(self, pids: list[int]) -> bool:
        return all(self.processes[pid].ended_at is not None for pid in pids)

    def _join(self, process: Process, join: Join) -> bool:
        if self._ended(join.processes):
            return True
        for pid in join.processes:
            self.processes[pid].joiners.append((process, process.epoch, join.processes))
        self._wake_after(process, join.timeout)
        return False

    def _acquire(self, process: Process, acquire: Acquire) -> bool:
        if acquire.lock not in self.held:
            self.held[acquire.lock] = process.pid
            return True
        self._waiting.setdefault(acquire.lock, []).append((process, process.epoch))
        self._wake_after(process, acquire.timeout)
        return False

    def _release(self, process: Process, release: Release) -> object:
        if self.held.get(release.lock) != process.pid:
            return RuntimeError(f"{process.name} does not hold {release.lock!r}")
        self._free(release.lock)
        return None

    def _free(self, lock: str) -> None:
        del self.held[lock]
        if self._waiting.get(lock):
            self.call_at(self.now, self._hand_over, lock)

    def _hand_over(self, lock: str) -> None:
        """Give a free lock to the first process that still waits for it."""
        waiting = self._waiting[lock]
        while waiting and lock not in self.held:
            process, epoch = waiting.pop(0)
            if process.epoch == epoch:
                self.held[lock] = process.pid
                self._resume(process, True)

    def _wake_after(self, process: Process, timeout: float | None) -> None:
        if timeout is not None:
            self.wake_at(self.now + timeout, process, process.epoch, False)
