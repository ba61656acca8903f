"""Searches for schedules in which a client with a mutant breaks a promise.

The process imports the modules that no mutant changes, and forks for each mutant. This
saves the time of the imports. It reads requests from standard input, one per line: the
index of a mutant, the first seed, and the end of the seeds (exclusive). It writes one
line in response to each request.

PYTHONPATH=tests python -m simulation.search
"""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2  # noqa: F401 - imported once, before the forks
import pydantic  # noqa: F401

from simulation import world  # noqa: F401
from simulation.mutants import MUTANTS, Mutant, changed
from simulation.outputs import outputs_of
from simulation.server import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

CLIENT = "runware_client"


class _MutantFinder(MetaPathFinder):
    """Finds the module that a mutant changes."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the changed module, or None for any other module."""
        if name != f"{CLIENT}.{self._mutant.module}":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _MutantLoader(name, spec.origin)
        loader.mutant = self._mutant
        return spec_from_file_location(name, spec.origin, loader=loader)


class _MutantLoader(SourceFileLoader):
    """Loads the module that a mutant changes."""

    mutant: Mutant

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """Compile the changed source."""
        source = changed(self.mutant, Path(self.path).read_text(encoding="utf-8"))
        return compile(source, self.path, "exec", dont_inherit=True)


def first_failure(mutant: Mutant, seeds: range) -> str:
    """Return the first failure as text, or "none" if no schedule fails.

    The client must not be imported yet.
    """
    sys.meta_path.insert(0, _MutantFinder(mutant))
    from simulation.run import failures  # noqa: PLC0415 - imports the mutant

    return str(next(failures(seeds, mutant.knobs), "none"))


def in_a_fork(mutant: Mutant, seeds: range) -> str:
    """Run `first_failure` in a forked process, and return its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            outcome = first_failure(mutant, seeds)
        except BaseException as error:  # noqa: BLE001 - the parent reports it
            outcome = f"{type(error).__name__}: {error}"
        os.write(writing, outcome.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        outcome = pipe.read().decode()
    os.waitpid(child, 0)
    return outcome.replace("\n", " ")


def main() -> None:
    """Respond to requests until the end of standard input."""
    for task_type in TYPES:
        outputs_of(task_type)
    for name in [name for name in sys.modules if name.partition(".")[0] == CLIENT]:
        del sys.modules[name]
    for line in sys.stdin:
        index, begin, end = map(int, line.split())
        print(in_a_fork(MUTANTS[index], range(begin, end)), flush=True)


if __name__ == "__main__":
    main()
