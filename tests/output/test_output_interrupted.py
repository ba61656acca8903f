"""However a run ends, the folder has either the whole old package or the new one."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

import publish_and_die
from forks import Forked, run_forked
from publish_and_die import package, snapshot
from runware_codegen.output import publish
from runware_codegen.output.replacement import exclusive_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(publish_and_die.__file__)
PUBLISHING = "publish_and_die"
MINE = {"mine.py": "mine = True\n"}
OLD = package(1) | MINE
NEW = package(2) | MINE
WORK = [".package.runware-codegen"]


def run_steps(folder: Path, number: str, exchange: str) -> list[dict[str, object]]:
    """Stop a run at each of its steps, and return the state after each stop.

    The program also reports a run that was not stopped, in the last line.
    """
    command = [PROGRAM, "steps", folder, number, exchange]
    run = run_forked(command, cwd=folder, env=os.environ, imported=PUBLISHING)
    assert run.returncode == 0, run.stderr
    *stopped, whole = map(json.loads, run.stdout.splitlines())
    assert (whole["ended"], whole["left"]) == (None, NEW)
    assert len(stopped) > 40
    for line in stopped:
        assert line["then"] == NEW
        assert line["beside_then"] == []
        assert line["beside"] in ([], WORK)
        assert line["changes"] == (0 if line["left"] == NEW else 6)
    return stopped


def changes_once(states: list[object]) -> bool:
    return sum(one != other for one, other in itertools.pairwise(states)) == 1


def test_killed_at_each_step(tmp_path: Path) -> None:
    lines = run_steps(tmp_path, "SIGKILL", exchange="yes")
    states = [line["left"] for line in lines]
    assert all(state in (OLD, NEW) for state in states)
    assert (states[0], states[-1]) == (OLD, NEW)
    assert changes_once(states)


def test_killed_at_each_step_where_folders_cannot_be_exchanged(tmp_path: Path) -> None:
    states = [line["left"] for line in run_steps(tmp_path, "SIGKILL", exchange="no")]
    assert states.count(None) == 1
    states.remove(None)
    assert all(state in (OLD, NEW) for state in states)
    assert changes_once(states)


@pytest.mark.parametrize("exchange", ["yes", "no"])
def test_interrupted_at_each_step(tmp_path: Path, exchange: str) -> None:
    lines = run_steps(tmp_path, "SIGINT", exchange)
    expected = {130: OLD, 0: NEW}
    assert {line["ended"] for line in lines} == expected.keys()
    for line in lines:
        assert line["left"] == expected[line["ended"]]
        assert line["beside"] == []


def publishing_forever(target: Path, modules: int) -> tuple[Forked, IO[bytes]]:
    """Start a run that publishes packages forever. Return the run and its output."""
    reading, writing = os.pipe()
    command = [PROGRAM, "forever", target, str(modules)]
    with Path(os.devnull).open("r+b") as nothing, os.fdopen(writing, "wb"):
        streams = [nothing.fileno(), writing, nothing.fileno()]
        run = Forked(
            command, streams, cwd=target.parent, env=os.environ, imported=PUBLISHING
        )
    return run, os.fdopen(reading, "rb")


class Reader(threading.Thread):
    """Opens the package repeatedly, and reads each package that it has opened."""

    def __init__(self, target: Path) -> None:
        super().__init__()
        self.target = target
        self.done = threading.Event()
        self.whole = 0
        self.mixed: list[set[str]] = []

    def run(self) -> None:
        while not self.done.is_set():
            folder = os.open(self.target, os.O_RDONLY)
            versions = {text for text in self.read(folder) if "Version" in text}
            os.close(folder)
            if len(versions) > 1:
                self.mixed.append(versions)

    def read(self, folder: int) -> list[str]:
        """Read the files in an open folder. The run may remove it in the meantime."""
        texts: list[str] = []
        try:
            for _, _, files, here in os.fwalk(".", dir_fd=folder):
                for name in files:
                    descriptor = os.open(name, os.O_RDONLY, dir_fd=here)
                    with os.fdopen(descriptor) as file:
                        texts.append(file.read())
        except FileNotFoundError:
            return texts
        self.whole += 1
        return texts


@contextmanager
def reading(target: Path) -> Iterator[Reader]:
    """Read a package in a thread while the context is open."""
    reader = Reader(target)
    reader.start()
    try:
        yield reader
    finally:
        reader.done.set()
        reader.join()


def test_killed_at_any_moment_while_others_read(tmp_path: Path) -> None:
    target = tmp_path / "package"
    modules = 100
    publish(package(1, modules), target, force=False)
    moments = random.Random(4711)  # not a secret
    seen: set[int] = set()
    with reading(target) as reader:
        for _ in range(15):
            run, said = publishing_forever(target, modules)
            # Some runs are killed after each version, even on a slow machine.
            for _ in range(moments.choice([1, 2])):
                assert said.readline()
            time.sleep(moments.uniform(0, 0.05))
            run.kill()
            said.close()
            assert run.wait() == -signal.SIGKILL
            left = snapshot(target)
            versions = [v for v in (1, 2) if left == package(v, modules)]
            assert len(versions) == 1
            seen.update(versions)
        while reader.whole <= 15 and reader.is_alive():
            time.sleep(0.01)
    assert reader.mixed == []
    assert reader.whole > 15
    assert seen == {1, 2}
    publish(package(1, modules), target, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_two_runs_wait_for_each_other(tmp_path: Path) -> None:
    target = tmp_path / "package"
    runs = [publishing_forever(target, 20) for _ in range(2)]
    for _, said in runs:
        for _ in range(40):
            assert said.readline()
    for run, said in runs:
        run.kill()
        said.close()
    assert snapshot(target) in (package(1, 20), package(2, 20))


def test_a_new_folder_that_stays_empty_is_removed(tmp_path: Path) -> None:
    """If another run waits for the lock of the folder, it creates the folder again."""
    folder = tmp_path / "new" / "folder"
    opened = Path("/proc/self/fd")

    def write() -> None:
        with exclusive_lock(folder):
            (folder / "file").touch()

    with ThreadPoolExecutor() as pool:
        with exclusive_lock(folder):
            writing = pool.submit(write)
            while [os.path.realpath(fd) for fd in opened.iterdir()].count(
                str(folder)
            ) < 2:
                time.sleep(0.001)
        writing.result()
    assert (folder / "file").exists()
