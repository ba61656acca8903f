"""A cache for the tests, and fixtures of those that ask a server on a loopback socket."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
import time
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

import httpcore2
import pytest
from hypothesis import HealthCheck, settings

from loopback import Caller, Server, generate_shipped, serving
from making import imported
from once import once

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from types import ModuleType


CACHE = "XDG_CACHE_HOME"

# Tests hold thousands of emitted classes, which are not garbage each time one looks.
gc.set_threshold(50_000)

# Whether an example comes quickly says something of the machine alone.
settings.register_profile(
    "machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("machine")


_load_certificates = httpcore2.default_ssl_context


@cache
def _certificates(trust_env: bool, *_: str | None) -> ssl.SSLContext:
    return _load_certificates(_trust_env=trust_env)


def _shared_ssl_context(*, _trust_env: bool = True) -> ssl.SSLContext:
    """Return the context that httpx2 makes, the same one for each client of a process.

    To make one, OpenSSL parses the certificates of this machine: 50 ms for each client.
    """
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    return _certificates(_trust_env, *map(os.environ.get, names))


httpcore2.default_ssl_context = _shared_ssl_context


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a cache of their own, one for all their processes.

    These may keep the bytecode of what they import too, wherever the tests run.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not hasattr(config, "workerinput"):
        os.environ[CACHE] = tempfile.mkdtemp(prefix="runware-codegen-cache-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[CACHE], ignore_errors=True)


# Files with a test that takes ten seconds of a processor, or a fixture that does.
LONG = [
    "test_mutations.py",
    "test_emitted_quality.py",
    "test_emitted_types.py",
    "test_calls_typed.py",
    "test_precommit.py",
    "test_lower_bounds.py",
    "test_distribution.py",
    "test_build_hooks.py",
    "test_mutants.py",
    "test_schedules.py",
    "test_faults.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, for which all processors but one would wait at the end."""
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Let no test leave a thread behind that keeps the process alive."""
    before = _threads()
    yield
    deadline = time.monotonic() + 60
    while left := _threads() - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.daemon}


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The package that the generator makes of `specs/`."""
    name = "shipped_client"
    folder = once(tmp_path_factory, "shipped", partial(generate_shipped, name=name))
    return imported(folder, name)


@pytest.fixture(scope="session")
def image_inference(shipped: ModuleType) -> ModuleType:
    """Its package of `imageInference` tasks."""
    return import_module(f"{shipped.__name__}.tasks.image_inference")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers as the test tells it."""
    with serving() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, shipped: ModuleType, server: Server
) -> Caller:
    """Calls methods of a client of that server, sync and async."""
    return Caller(request.param, shipped, server.url, server.clock)
