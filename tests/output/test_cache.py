"""The output does not depend on the cache, its state, or the number of processes."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import runware_codegen
from command import environment, until, write
from forks import run_forked
from runware_codegen.cache import fingerprint, store
from runware_codegen.cache.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATOR = "this generator"
PROGRAM = f"""
from runware_codegen.cache import store
store.fingerprint = lambda: {GENERATOR!r}
from runware_codegen.cli import main
main()
"""
TEXTS = {f"name {number}": f"text {number}\n" * number for number in range(1, 20)}
GENERATE = ["generate", "docs", "--output", "out", "--package", "client"]
CHECK = [*GENERATE, "--jobs", "1", "--check"]
DOCUMENTS = 6


# -- entries ------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a store that contains TEXTS."""
    monkeypatch.setattr(store, "fingerprint", lambda: GENERATOR)
    _fill(tmp_path / "store")
    return tmp_path / "store"


def _fill(folder: Path) -> None:
    filled = Store(folder, GENERATOR)
    for name, text in TEXTS.items():
        filled.put(filled.key(name), text)
    filled.save()


def _found(folder: Path, generator: str = GENERATOR) -> dict[str, str]:
    """Look up TEXTS, and assert that the texts found are correct."""
    opened = Store(folder, generator)
    entries = {name: opened.get(opened.key(name)) for name in TEXTS}
    found = {name: text for name, text in entries.items() if text is not None}
    assert found.items() <= TEXTS.items()
    return found


def test_what_was_put_is_found(folder: Path) -> None:
    assert _found(folder) == TEXTS
    assert len(list(folder.iterdir())) == len(TEXTS)


def test_another_generator_finds_nothing(folder: Path) -> None:
    assert _found(folder, "another generator") == {}


def test_a_generator_that_changes_while_it_runs_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for changed in ("another generator", None):
        monkeypatch.setattr(store, "fingerprint", lambda changed=changed: changed)
        _fill(tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_fingerprint_tells_sources_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.py"
    monkeypatch.setattr(fingerprint, "_files", lambda: [("source.py", source)])
    prints: list[str | None] = []
    for text in ("x = 1", "x = 2", "x = 1"):
        source.write_text(text)
        assert fingerprint.fingerprint() is None  # the file has just changed
        os.utime(source, (1, 1))
        prints.append(fingerprint.fingerprint())
    assert None not in prints
    assert prints[0] == prints[2] != prints[1]
    source.unlink()
    assert fingerprint.fingerprint() is None


def test_a_fingerprint_has_each_library_that_a_stage_imports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: set[str] = set()
    monkeypatch.setattr(fingerprint, "_metadata", lambda name: hashed.add(name) or "")
    fingerprint.fingerprint()
    of_import = packages_distributions()
    for name in _imported("documents", "parse", "model", "naming", "pages", "render"):
        libraries = {each.lower().replace("_", "-") for each in of_import[name]}
        assert libraries & hashed, name


def _imported(*stages: str) -> set[str]:
    """Return the names of the packages that stages import, without Python's own."""
    sources = Path(runware_codegen.__file__).parent
    names: set[str] = set()
    for stage in stages:
        for path in (sources / stage).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names.update(each.name for each in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module)
    tops = {name.partition(".")[0] for name in names}
    return tops - sys.stdlib_module_names - {"runware_codegen"}


def test_keys_do_not_run_into_each_other(tmp_path: Path) -> None:
    opened = Store(tmp_path, GENERATOR)
    parts = [("a", "bc"), ("ab", "c"), ("abc",), ("abc", ""), ("a\0bc",), ("\udcff",)]
    assert len({opened.key(*each) for each in parts}) == len(parts)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size)])


def _lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"text")


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def _take_another(path: Path) -> None:
    others = [each for each in path.parent.iterdir() if each != path]
    path.write_bytes(random.choice(others).read_bytes())


def _fill_with_noise(path: Path) -> None:
    path.write_bytes(random.randbytes(1000))


def _make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _make_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _make_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _remove(path: Path) -> None:
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()


ATTACKS = [
    _cut,
    _lengthen,
    _spoil,
    _take_another,
    _fill_with_noise,
    _make_a_folder,
    _make_a_pipe,
    _make_a_loop,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_wrong_entry_is_not_there(
    folder: Path, attack: Callable[[Path], None]
) -> None:
    random.seed(1)
    entries = sorted(folder.iterdir())
    for path in entries:
        original = path.read_bytes()
        attack(path)
        assert len(_found(folder)) == len(TEXTS) - 1
        _remove(path)
        path.write_bytes(original)
    assert _found(folder) == TEXTS


def test_the_oldest_go_when_there_is_too_much(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Store(folder, GENERATOR)
    for age, name in enumerate(TEXTS):
        path = folder / used.key(name)
        os.utime(path, (age + 1, age + 1))
    first = next(iter(TEXTS))
    assert used.get(used.key(first))  # makes this entry the newest
    size = sum(path.stat().st_size for path in folder.iterdir())
    monkeypatch.setattr(store, "_MAX_BYTES", size)
    monkeypatch.setattr(store, "_BYTES_AFTER_CLEANING", size // 2)
    used.put(used.key("one more"), "text")
    used.save()
    left = _found(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= size // 2
    assert left.keys() == {first, *list(TEXTS)[-(len(left) - 1) :]}


def test_many_at_once_while_entries_vanish(folder: Path) -> None:
    stop = threading.Event()

    def vanish() -> None:
        while not stop.is_set():
            shutil.rmtree(folder, ignore_errors=True)

    def use(_number: int) -> int:
        _fill(folder)
        return len(_found(folder))

    vanishing = threading.Thread(target=vanish)
    vanishing.start()
    try:
        with ThreadPoolExecutor(16) as pool:
            assert len(list(pool.map(use, range(60)))) == 60
    finally:
        stop.set()
        vanishing.join()
    _fill(folder)
    assert _found(folder) == TEXTS


# -- runs ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and a package generated from them without a cache."""
    return _project(tmp_path_factory.mktemp("project"), documents=DOCUMENTS)


def _project(folder: Path, *, documents: int) -> Path:
    for number in range(documents):
        field = {"type": "integer", "minimum": number, "description": "A number."}
        write(folder / "docs", f"model-{number}", {"properties": {"size": field}})
    _generate(folder, "--no-cache", "--jobs", "1")
    return folder


def _generate(
    folder: Path, *options: str, out: str = "out", cache: Path | None = None
) -> dict[str, bytes]:
    """Generate in a folder, and return the package."""
    command = ["generate", "docs", "--output", out, "--package", "client", *options]
    ran = _ran(folder, cache or folder / "unused", *command)
    assert (ran.returncode, ran.stderr) == (0, b"")
    return _files(folder / out)


def _ran(
    folder: Path, cache: Path, *arguments: str, program: str = PROGRAM
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a folder, with a cache."""
    return run_forked(
        ["-c", program, *arguments],
        cwd=folder,
        env=environment({"XDG_CACHE_HOME": str(cache)}),
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _entries(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def _is_as_made(folder: Path, cache: Path) -> None:
    """Assert with `--check` that a run with this cache would make the same package."""
    ran = _ran(folder, cache, *CHECK)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == b""


def test_without_cache_none_is_made(project: Path) -> None:
    assert len(_files(project / "out")) > DOCUMENTS
    assert not (project / "unused").exists()


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_make_the_same(tmp_path: Path, jobs: int) -> None:
    project = _project(tmp_path, documents=8 * jobs)  # enough to use all processes
    made = _generate(project, "--no-cache", "--jobs", str(jobs), out="others")
    assert made == _files(project / "out")


def test_cold_and_warm_make_the_same(project: Path, tmp_path: Path) -> None:
    expected = _files(project / "out")
    assert _generate(project, out=str(tmp_path / "cold"), cache=tmp_path) == expected
    assert len(_entries(tmp_path / "runware-codegen")) == DOCUMENTS + 1
    assert _generate(project, out=str(tmp_path / "warm"), cache=tmp_path) == expected


def test_spoilt_entries_make_the_same(project: Path, tmp_path: Path) -> None:
    _is_as_made(project, tmp_path)
    random.seed(2)
    for attack in (_cut, _take_another, _spoil):
        entries = _entries(tmp_path)
        assert len(entries) == DOCUMENTS + 1
        for path in entries:
            attack(path)
        _is_as_made(project, tmp_path)


def test_a_user_without_a_home_folder(tmp_path: Path) -> None:
    """Containers run commands as users without an account, some without HOME."""
    program = f"import pwd; pwd.getpwuid = {{}}.__getitem__\n{PROGRAM}"
    command = ["generate", "builtin:ping", "--output", "out", "--package", "client"]
    ran = subprocess.run(
        [sys.executable, "-c", program, *command],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")


def _poison(cache: Path, mode: int) -> None:
    """Change the text of each entry together with its checksum, as its writer can."""
    for path in _entries(cache):
        content = path.read_bytes().partition(b"\n")[2].replace(b"A number.", b"Evil.")
        checksum = hashlib.sha256(path.name.encode() + content).hexdigest()
        path.write_bytes(checksum.encode() + b"\n" + content)
        path.parent.chmod(mode)


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_is_not_used(
    project: Path, tmp_path: Path, mode: int
) -> None:
    _is_as_made(project, tmp_path)
    _poison(tmp_path, 0o700)
    assert b"Evil." in _ran(project, tmp_path, *CHECK, "--diff").stdout
    _poison(tmp_path, mode)
    _is_as_made(project, tmp_path)


def test_a_file_in_place_of_the_folder(project: Path, tmp_path: Path) -> None:
    (tmp_path / "runware-codegen").write_text("mine")
    _is_as_made(project, tmp_path)
    assert (tmp_path / "runware-codegen").read_text() == "mine"


@pytest.mark.parametrize("room", [0, 500])
def test_a_full_disk(tmp_path: Path, room: int) -> None:
    """A limit of the file size simulates a full disk.

    There are enough documents for several processes.
    """
    project = _project(tmp_path, documents=16)
    cache = tmp_path / "cache"
    limit = f"resource.RLIMIT_FSIZE, ({room}, resource.RLIM_INFINITY)"
    program = f"import resource; resource.setrlimit({limit})\n{PROGRAM}"
    check = [*GENERATE, "--jobs", "2", "--check", "--quiet"]
    ran = _ran(project, cache, *check, program=program)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert _entries(cache) == []


def test_parallel_runs_share_a_cache_that_vanishes(
    project: Path, tmp_path: Path
) -> None:
    stop = threading.Event()

    def vanish() -> None:
        while not stop.wait(0.05):
            shutil.rmtree(tmp_path / "runware-codegen", ignore_errors=True)

    vanishing = threading.Thread(target=vanish)
    vanishing.start()
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: _is_as_made(project, tmp_path), range(5)))
    finally:
        stop.set()
        vanishing.join()


def test_problems_of_all_documents_are_told_together(tmp_path: Path) -> None:
    """The documents are cached, invalid, or in conflict with each other."""
    docs = tmp_path / "docs"
    write(docs, "one", {})
    _generate(tmp_path, cache=tmp_path / "cache")
    write(docs, "two", {"properties": {"size": {"type": "integre"}}})
    (docs / "three.json").write_text('{"openapi": "3.1.0",}')
    shutil.copy(docs / "one.json", docs / "same.json")
    ran = _ran(tmp_path, tmp_path / "cache", *GENERATE)
    assert ran.returncode == 2
    assert b"3 problems" in ran.stderr
    for name in (b"two.json#/", b"three.json\n", b"same.json#/", b"one.json"):
        assert name in ran.stderr


_PIDS = """
import multiprocessing, os
from runware_codegen.cache.parallel import parallel_map

def called(value):
    return value(), os.getpid() != parent

parent = os.getpid()
multiprocessing.set_start_method("fork")
values = [lambda number=number: number for number in range(40)]
assert [*parallel_map(called, values, 2)] == [(number, True) for number in range(40)]
"""


def test_values_are_not_sent_to_processes_that_have_them() -> None:
    subprocess.run([sys.executable, "-c", _PIDS], check=True)  # a lambda has no pickle


_SENT = """
import multiprocessing, sys
from runware_codegen.cache.parallel import parallel_map

class Text:
    sent = 0

    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        Text.sent += 1
        return Text, (self.number,)

def number_of(text):
    return text.number

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    texts = [Text(number) for number in range(40)]
    assert [*parallel_map(number_of, texts, 2)] == [*range(40)]
    assert Text.sent == 40, Text.sent
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_value_is_sent_to_one_process(tmp_path: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(_SENT)
    subprocess.run([sys.executable, program, method], check=True)


_KILLED = """
import multiprocessing, os
from runware_codegen.cache.parallel import parallel_map

def doubled(value):
    if value == 17 and multiprocessing.parent_process():
        os.kill(os.getpid(), 9)
    return value * 2

multiprocessing.set_start_method("fork")
assert [*parallel_map(doubled, range(60), 3)] == [*range(0, 120, 2)]
"""


def test_a_process_that_is_killed_does_not_stop_the_run() -> None:
    """From Python 3.12, a pool waits for its other processes, which ignore SIGTERM."""
    subprocess.run([sys.executable, "-c", _KILLED], check=True, timeout=60)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with enough documents to keep several processes busy."""
    folder = tmp_path_factory.mktemp("many")
    fields = {
        f"size{each}": {"type": "integer", "minimum": each} for each in range(100)
    }
    for document in range(96):
        write(folder, f"model-{document}", {"properties": fields})
    return folder


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)],
)
def test_no_process_outlives_a_run(
    many: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "docs").symlink_to(many)
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *GENERATE, "--no-cache", "--jobs", "2"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until(lambda: _size_of_group(run.pid) == 3)
        os.kill(run.pid, number)
        _, said = run.communicate(timeout=120)
    finally:
        run.kill()
        run.communicate()
    assert run.returncode == code
    assert b"Traceback" not in said
    until(lambda: _size_of_group(run.pid) == 0)
    assert not (tmp_path / "out").exists()


def _size_of_group(group: int) -> int:
    """Count the running processes of a group."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # the process has ended
            state, _, of = status.read_text().rpartition(") ")[2].split()[:3]
            found += int(of) == group and state != "Z"
    return found
