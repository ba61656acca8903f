"""What a team meets that generates every model of a catalogue.

RUNWARE_CATALOGUE=FOLDER python benchmarks/whole_catalogue.py [--quick]

Names of 362 models, some 140 of them of one task type, show what a catalogue that is made
out of a few documents cannot. FOLDER holds a document for each model; without it, nothing
is measured here.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

import script
import tasks
from catalogue import CATALOGUE, PACKAGE
from measuring import fresh, in_turns, run
from results import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalogue import Work

_CLIENT = f"import {PACKAGE}; {PACKAGE}.Runware"
_LIBRARIES = "import pydantic, httpx2"
_LOADED = f"{_LIBRARIES}; pydantic.BaseModel; {_CLIENT}"
_SAMPLE = 12


def measured(work: Work) -> Iterator[Row]:
    """Measure."""
    if CATALOGUE is None:
        yield Row("A whole catalogue", "not measured: RUNWARE_CATALOGUE is not set")
        return
    documents = sorted(CATALOGUE.glob("*.json"))
    count = len(documents)
    made = min(
        (work.generate(CATALOGUE, "--no-cache") for _ in range(work.rounds(3))),
        key=lambda run: run.seconds,
    )
    package = work.output(CATALOGUE)
    folders = [
        each for each in (package / PACKAGE / "tasks").iterdir() if each.is_dir()
    ]
    largest = max(folders, key=lambda each: len([*each.glob("*.py")]))
    yield at_most(
        f"{count} documents with the models' own names, nothing cached: the whole process",
        made.seconds,
        10,
        "{:.1f} s",
        figures=f"{made.megabytes:.0f} MB; {len([*largest.glob('*.py')])} modules in "
        f"`tasks/{largest.name}`",
    )
    yield _checked(work, package, count)
    yield from _imported(work, package, documents)


def _checked(work: Work, package: Path, count: int) -> Row:
    """Time a type checker."""
    options = ["--strict", "--config-file=", f"--cache-dir={work.folder / 'mypy-all'}"]
    found = run(
        [sys.executable, "-m", "mypy", *options, "-p", PACKAGE],
        {"MYPYPATH": str(package)},
    )
    what = f"`mypy --strict` over the package of these {count}, nothing cached"
    figures = f"{found.megabytes:,.0f} MB"
    return at_most(what, found.seconds, 60, "{:.1f} s", figures=figures)


def _imported(work: Work, package: Path, documents: list[Path]) -> Iterator[Row]:
    """Time the import, and the first request of some models."""
    uses = {
        program: partial(fresh, work.peer, program, path=package)
        for program in (_LIBRARIES, _CLIENT)
    }
    for document in documents[:: len(documents) // _SAMPLE][:_SAMPLE]:
        task = json.dumps(tasks.allowed(document, 40)[0])
        before = f"task = {task!r}; import json; task = json.loads(task); {_LOADED}"
        first = f"{_CLIENT}; {PACKAGE}.parse_request(task).to_wire()"
        uses[document.stem] = partial(
            fresh, work.peer, first, before=before, path=package
        )
    found = {
        name: 1000 * min(times)
        for name, times in in_turns(uses, work.rounds(7)).items()
    }
    libraries, client, *first_requests = found.values()
    yield at_most(
        f"`{_CLIENT}`, of these {len(documents)}, beside `{_LIBRARIES}`",
        client / libraries,
        1.3,
        "{:.2f}×",
        figures=f"{client:.0f} ms against {libraries:.0f} ms",
    )
    usual = median(first_requests)
    yield at_most(
        f"First request of a model's class, of these, after `{_LIBRARIES}` "
        "and beside it",
        usual / libraries,
        0.45,
        "{:.2f}×",
        figures=f"{usual:.0f} ms "
        f"({min(first_requests):.0f} to {max(first_requests):.0f}, by model) "
        f"against {libraries:.0f} ms",
    )


if __name__ == "__main__":
    script.main(__doc__, measured)
