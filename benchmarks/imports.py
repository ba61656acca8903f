"""How long it takes until a client can be used, beside the libraries that it needs.

python benchmarks/imports.py [--quick]

Each is timed in fresh interpreters, in turns, also the official SDK; their own start is
not counted.
"""

from __future__ import annotations

import json
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

import peers
import script
import tasks
from catalogue import PACKAGE
from measuring import fresh, in_turns
from results import Bar, Panel, Row, at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalogue import Work

_CLIENT = f"import {PACKAGE}; {PACKAGE}.Runware"
_LIBRARIES = "import pydantic, httpx2"
_SDK = "from runware import Runware, IImageInference"


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    package = work.package(work.count)
    programs = {
        program: partial(fresh, work.peer, program, path=package)
        for program in (_LIBRARIES, _CLIENT, _SDK)
    }
    found = in_turns(programs, work.rounds(15))
    libraries, client, sdk = (1000 * min(times) for times in found.values())
    yield at_most(
        f"`{_CLIENT}`, of {work.count} documents, beside `{_LIBRARIES}`",
        client / libraries,
        1.3,
        "{:.2f}×",
        figures=f"{client:.0f} ms against {libraries:.0f} ms",
        headline=True,
    )
    few, many, whole = _first_requests(work)
    yield at_most(
        f"First request of a model's class, of {work.count} documents, after "
        f"`{_LIBRARIES}` and beside it",
        median(many) / libraries,
        0.45,
        "{:.2f}×",
        figures=f"{median(many):.0f} ms ({min(many):.0f} to {max(many):.0f}, by model) "
        f"against {libraries:.0f} ms",
    )
    yield at_most(
        f"The same, beside of {work.variety} documents",
        median(many) / median(few),
        1.1,
        "{:.2f}×",
        figures=f"{median(many):.1f} ms against {median(few):.1f} ms",
    )
    yield Row(
        f"From nothing to a first request, beside importing the {peers.SDK}",
        f"{median(whole) / sdk:.2f}×",
        figures=f"{median(whole):.0f} ms against {sdk:.0f} ms",
        headline=True,
    )
    bars = [
        Bar(_LIBRARIES, libraries, f"{libraries:.0f} ms", ours=False),
        Bar(_CLIENT, client, f"{client:.0f} ms", limit=1.3 * libraries),
        Bar("the same, and a first request", median(whole), f"{median(whole):.0f} ms"),
        Bar(f"the {peers.SDK}", sdk, f"{sdk:.0f} ms", ours=False),
    ]
    note = f"milliseconds in a fresh interpreter, {work.count} documents"
    yield Panel("Importing the client", note, bars)


def _first_requests(work: Work) -> Iterator[list[float]]:
    """Time the first request of each model, in milliseconds.

    Yields:
        Those of a small package, those of a large one, and those of a large one with
        all that has to be imported.
    """
    loaded = f"{_LIBRARIES}; pydantic.BaseModel; {_CLIENT}"
    uses: dict[tuple[int, str], Callable[[], float]] = {}
    for document in sorted(work.catalogue(work.variety).glob("*.json")):
        task = work.folder / f"task-{document.name}"
        task.write_text(json.dumps(tasks.allowed(document, 40)[0]), encoding="utf-8")
        given = f"import json; task = json.load(open({str(task)!r}))"
        first = f"{_CLIENT}; {PACKAGE}.parse_request(task).to_wire()"
        cases = (
            (work.variety, f"{given}; {loaded}"),
            (work.count, f"{given}; {loaded}"),
            (work.count, given),
        )
        for kind, (size, before) in enumerate(cases):
            package = work.package(size)
            uses[kind, document.stem] = partial(
                fresh, work.peer, first, before=before, path=package
            )
    found = in_turns(uses, work.rounds(3))
    for wanted in range(3):
        yield [
            1000 * min(times) for (kind, _), times in found.items() if kind == wanted
        ]


if __name__ == "__main__":
    script.main(__doc__, measured)
