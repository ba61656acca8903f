"""What it costs to check a task, beside a check that is compiled and does nothing else.

python benchmarks/checking.py [--quick]

`parse_request(task).to_wire()` reads, checks and writes a task; fastjsonschema only
checks it, less exactly, without `x-constraints`. Both get the tasks that both accept.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import script
import tasks
from catalogue import PACKAGE
from measuring import told
from results import Bar, Panel, Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work

_PROGRAM = Path(__file__).parent / "programs" / "checks.py"


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    package = work.folder / "packages" / "documents"
    options = ["--output", str(package), "--package", PACKAGE, "--quiet"]
    work.command("generate", *map(str, work.documents), *options)
    cases = [
        {
            "schema": tasks.schema(document),
            "tasks": tasks.allowed(document, 100),
        }
        for document in work.documents
    ]
    path = work.folder / "cases.json"
    path.write_text(json.dumps(cases), encoding="utf-8")
    rounds = str(work.rounds(40))
    found = told([work.peer, _PROGRAM, package, path, rounds])
    names = [document.stem for document in work.documents]
    ratios = {
        ours / theirs: (ours, theirs, name)
        for (_, ours, theirs), name in zip(found, names, strict=True)
    }
    count = sum(number for number, *_ in found)
    middle, worst = median(ratios), max(ratios)
    yield at_most(
        "`parse_request(task).to_wire()`, beside the check of fastjsonschema alone: "
        "the median document",
        middle,
        1.0,
        "{:.2f}×",
        figures=f"{median(ours for ours, *_ in ratios.values()):.1f} µs a task; "
        f"{count:,} tasks of {len(found)} documents",
        headline=True,
    )
    ours, theirs, name = ratios[worst]
    yield at_most(
        "The same: the worst document",
        worst,
        1.6,
        "{:.2f}×",
        figures=f"{ours:.1f} µs against {theirs:.1f} µs, of {name}",
    )
    bars = [
        Bar("fastjsonschema, the check alone", 1, "1×", ours=False),
        Bar("the median document", middle, f"{middle:.2f}×", limit=1.0),
        Bar("the worst document", worst, f"{worst:.2f}×", limit=1.6),
    ]
    note = "parse_request(task).to_wire(), in times of a bare check"
    yield Panel("Checking a task", note, bars)


if __name__ == "__main__":
    script.main(__doc__, measured)
