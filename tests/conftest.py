"""Setup of the test run, and fixtures for tests with a server on a loopback socket."""

from __future__ import annotations

import gc
import inspect
import os
import shutil
import sys
import tempfile
import threading
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

import certificates
from forks import FOLDER
from loopback import CHAIR, Caller, Server, generate_shipped, serving
from making import imported
from once import once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


CACHE = "XDG_CACHE_HOME"

# Tests hold thousands of emitted classes. Frequent collections find no garbage there.
gc.set_threshold(200_000)

# How fast an example runs depends only on the machine, so it fails no test.
settings.register_profile(
    "machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("machine")


certificates.share()


def pytest_configure(config: pytest.Config) -> None:
    """Create a cache for the test run, shared by all its processes.

    The processes also write bytecode, even if the environment disables it. Each begins
    with other files, so that it finds compiled what the others began with.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if hasattr(config, "workerinput"):
        config.args = _rotated(config.args)
    else:
        os.environ[CACHE] = tempfile.mkdtemp(prefix="runware-codegen-cache-")
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="forks-")


def _rotated(arguments: list[str]) -> list[str]:
    """The folders of the tests, rotated by the number of this xdist process."""
    if arguments != ["tests"]:
        return arguments
    folders = sorted({str(each.parent) for each in Path("tests").rglob("test_*.py")})
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    start = len(folders) * number // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    return folders[start:] + folders[:start]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache. Skip the garbage collection at exit, which takes seconds."""
    gc.freeze()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[CACHE], ignore_errors=True)
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)


# CPU seconds of the test files that need ten or more. Files on one line share data that
# takes long to make.
LONG = {
    ("test_emitted_quality.py", "test_emitted_types.py"): 45,
    ("test_faults.py",): 40,
    ("test_build_hooks.py",): 30,
    ("test_interrupts.py",): 30,
    ("test_hostile.py",): 30,
    ("test_mutations.py",): 25,
    ("test_lower_bounds.py",): 20,
    ("test_schedules.py",): 15,
    ("test_editor.py",): 15,
    ("test_precommit.py",): 15,
    ("test_distribution.py",): 15,
    ("test_json_schema_suite.py",): 10,
}
SPLIT = ("test_schedules.py", "test_mutations.py")
"""Files whose tests share no data that takes long to make."""
COMPUTING = {"diff", "parse", "render", "schema", "simulation", "specs"}
"""Folders whose tests rarely wait for servers or for time to pass."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests so that the processors are busy until the end.

    Half of the processes begin with the long tests, the others with tests that wait.
    The last tests only compute, and any process can take them over from another.
    xdist gives each process the same number of tests, in this order.
    """
    items.sort(key=lambda item: item.path)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = _shares(items, max(1, workers // 2))
    shares = [*([] for _ in range(workers - len(long))), *long]
    chosen = {item for share in long for item in share}
    left = [item for item in items if item not in chosen]
    left.sort(key=lambda item: not COMPUTING.isdisjoint(item.path.parts))
    total = len(items)
    items.clear()
    for number, share in enumerate(shares):
        size = (total - len(items)) // (workers - number)
        filling = max(0, size - len(share))
        items += share + left[:filling]
        left = left[filling:]


def pytest_collection_finish() -> None:
    """Exclude objects that live as long as the process from garbage collection."""
    gc.freeze()


def _shares(items: list[pytest.Item], number: int) -> list[list[pytest.Item]]:
    """Divide the long tests into shares of about equal duration."""
    loads = [0.0] * number
    shares: list[list[pytest.Item]] = [[] for _ in loads]
    for names, seconds in LONG.items():
        tests = [item for item in items if item.path.name in names]
        parts = [[each] for each in tests] if names[0] in SPLIT else [tests]
        for part in parts:
            least = loads.index(min(loads))
            loads[least] += seconds / len(parts)
            shares[least] += part
    return shares


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread which keeps the process alive."""
    before = _threads()
    yield
    deadline = time.monotonic() + 60
    while left := _threads() - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.daemon}


@pytest.fixture
def _collected() -> Iterator[None]:
    """Collect the sockets that the HTTP library leaks, in a test that ignores them."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The package that is generated from `specs/`."""
    name = "shipped_client"
    folder = once(tmp_path_factory, "shipped", partial(generate_shipped, name=name))
    return imported(folder, name)


@pytest.fixture(scope="session")
def image_inference(shipped: ModuleType) -> ModuleType:
    """The subpackage of `imageInference` tasks in the shipped package."""
    return import_module(f"{shipped.__name__}.tasks.image_inference")


@pytest.fixture
def image(image_inference: ModuleType) -> Callable[..., Any]:
    """Makes image requests."""
    return partial(image_inference.ImageInferenceRequest, **CHAIR)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose responses the test sets."""
    with serving() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, shipped: ModuleType, server: Server
) -> Caller:
    """A caller for that server: once with a sync client, once with an async one."""
    return Caller(request.param, shipped, server.url, server.clock)


@pytest.fixture
def client(caller: Caller) -> Any:
    """A new client of `caller`, in an async test. It awaits `value` of each call."""
    return caller


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test with what the fixture `client`, `stream` or `run` provides."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}
    [name] = given.keys() & {"client", "stream", "run"}
    marker = pyfuncitem.get_closest_marker("options")
    options = marker.kwargs if marker else {}
    given[name].using(lambda made: pyfuncitem.obj(**given | {name: made}), **options)
    return True
