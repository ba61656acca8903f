"""A world of virtual time: callers are generators, and one seed decides all that happens.

A caller (a *process*) is a generator. It yields an effect and is resumed with the effect's result::

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
    """The process is cancelled where it waits: Ctrl-C, `task.cancel()`, a batch that is left."""


@dataclass(slots=True)
class Sleep:
    """Resumes with `None` after so many virtual seconds."""

    seconds: float


@dataclass(slots=True)
class Spawn:
    """Resumes with the id of a new process, which starts after this one waits."""

    generator: Generator[Effect, Any, Any]
    name: str = ""


@dataclass(slots=True)
class Join:
    """Resumes with `True` when all these processes have ended, with `False` after `timeout` seconds."""

    processes: list[int]
    timeout: float | None = None


@dataclass(slots=True)
class Acquire:
    """Resumes with `True` when the process holds the lock, with `False` after `timeout` seconds."""

    lock: str
    timeout: float | None = None


@dataclass(slots=True)
class Release:
    """Resumes with `None` at once; the lock is free for another process."""

    lock: str


Effect = Sleep | Post | Spawn | Join | Acquire | Release


class Process:
    """A caller: its generator, and how it ended.

    Attributes:
        value: What it returned.
        error: What it raised, `Cancelled` included; `GeneratorExit` when it was killed.
        ended_at: When it ended, in virtual seconds; `None` while it runs.
        epoch: Counts its waits, so that what resumes an earlier wait is ignored.
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
        seed: Decides every draw.
        profile: Which troubles happen, how often, and how the platform answers.
        tracing: Record what happens in `trace`, in words.
        watch: Called after every event, to check invariants; what it raises leaves `run`.

    Attributes:
        now: Virtual seconds since the start.
        trace: `(time, who, what)`, empty without `tracing`.
        random: The only source of chance; callers may draw from it too.
        calm_at: From here on network and server behave.
        processes: All processes; the index is the process id.
        held: Which process holds which lock.
        steps: How often a process went on.
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
        """What the server has accepted, billed, produced, and handed out."""
        return self.server.ledger

    # Processes

    def spawn(self, generator: Generator[Effect, Any, Any], name: str = "") -> int:
        """Add a process, which starts now. Returns its id."""
        pid = len(self.processes)
        process = Process(pid, name or f"caller {pid}", generator)
        self.processes.append(process)
        self.wake_at(self.now, process, 0, None)
        return pid

    def cancel(self, pid: int, at: float | None = None, *, kill: bool = False) -> None:
        """End a process from outside; what it has on the wire goes on.

        Args:
            pid: The process.
            at: When, in virtual seconds; `None` draws a moment before the troubles stop.
            kill: As when the operating system ends it: it and all that it has spawned are closed, its cleanup
                does no I/O, and its locks are free. Otherwise `Cancelled` is raised in it.
        """
        when = self.later() if at is None else max(at, self.now)
        self.call_at(when, self._cancel, self.processes[pid], kill)

    def run(self, until: float | None = None) -> None:
        """Run until nothing is left to happen, or up to a moment of virtual time."""
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
                    continue  # it has been resumed by something else
                self.now = time
                self._resume(process, value)
            if watch is not None:
                watch()

    # Events

    def call_at(
        self, time: float, function: Callable[..., None], *arguments: object
    ) -> None:
        """Call a function at a moment of virtual time."""
        self._pushed += 1
        heappush(self._events, (time, self._pushed, function, arguments))

    def wake_at(self, time: float, process: Process, epoch: int, value: object) -> None:
        """Resume a process at a moment, unless something else has resumed it by then; an exception is raised in it."""
        self._pushed += 1
        heappush(self._events, (time, self._pushed, None, (process, epoch, value)))

    def wake(self, process: Process, epoch: int, value: object) -> bool:
        """Resume a process now. Returns whether it still waited."""
        if process.epoch != epoch:
            return False
        self._resume(process, value)
        return True

    # Chance

    def later(self) -> float:
        """Draw a moment half a second to two minutes from now, but before the troubles stop."""
        moment = self.now + 0.5 * exp2(8.0 * self.random.random())
        return max(self.now, min(self.calm_at, moment))

    def drawn(self, troubles: list[tuple[float, Trouble]]) -> Trouble | None:
        """Draw the trouble that happens now, of `(share, trouble)` pairs; `None` mostly, and once it is calm."""
        if self.now < self.calm_at:
            random = self.random.random
            for share, trouble in troubles:
                if random() < share:
                    return trouble
        return None

    def note(self, who: str, what: str) -> None:
        """Record what happens; call it only when `tracing`."""
        self.trace.append((self.now, who, what))

    def told(self) -> str:
        """The trace as text, one event a line."""
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
            with suppress(RuntimeError):  # its cleanup may want to wait: it cannot
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
