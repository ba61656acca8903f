"""What every measurement can be asked for on its command line.

    python benchmarks/generation.py [--quick]

prints a table. `RUNWARE_CORPUS=FOLDER` measures with documents of that folder instead of
those under `specs/`. `RUNWARE_CATALOGUE=FOLDER` names a document for each model, which
`whole_catalogue` measures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import results
from catalogue import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from results import Panel, Row

    Measurement = Callable[[Work], Iterable[Row | Panel]]


def main(about: str | None, measured: Measurement) -> None:
    """Measure, print each row when it is known, and pass all on.

    Args:
        about: What the script says of itself.
        measured: What it does.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller, to try it out")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="to write into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="for the results")
    given = parser.parse_args()
    found = results.Results("", "")
    with tempfile.TemporaryDirectory() as temporary:
        work = Work(given.work or Path(temporary), given.quick)
        print(results.HEAD)
        for each in measured(work):
            found.add(each)
            if isinstance(each, results.Row):
                print(results.line(each), flush=True)
    if given.json:
        results.save(found, given.json)
