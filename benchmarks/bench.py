"""Measures everything in one run, and writes table and picture.

python benchmarks/bench.py [--quick] [--output FOLDER]

Each subject is a script of its own, which runs in a process of its own; all work with
the same catalogue. Without `--output` the results are those of the project and README
shows them; those of `--quick`, smaller in everything, go to `build/benchmarks`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import report
import results
from catalogue import CORPUS, Work
from peers import TOP

SUBJECTS = (
    "generation",
    "reruns",
    "imports",
    "checking",
    "emitted",
    "exactness",
    "client_overhead",
    "differences",
    "whole_catalogue",
)


def measured(work: Work) -> results.Results:
    """Run every script in turn."""
    whose = "Runware's own" if CORPUS else "this project's own"
    about = (
        f"The catalogue of {work.count} documents is made out of {work.variety} of "
        f"{whose}; requests are those of all {len(work.documents)}."
    )
    found = results.Results(machine.machine(work), about)
    for subject in SUBJECTS:
        print(f"\n{subject}\n", flush=True)
        path = work.folder / f"{subject}.json"
        script = Path(__file__).with_name(f"{subject}.py")
        command: list[str | Path] = [sys.executable, script]
        command += ["--work", work.folder, "--json", path]
        command += ["--quick"] if work.quick else []
        subprocess.run(command, check=True)
        part = results.read(path)
        found.rows.extend(part.rows)
        found.panels.extend(part.panels)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller, to try it out")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="for the results")
    given = parser.parse_args()
    usual = TOP / "build" / "benchmarks" if given.quick else report.FOLDER
    output = (given.output or usual).resolve()
    with tempfile.TemporaryDirectory() as folder:
        report.write(measured(Work(Path(folder), given.quick)), output)
    print(f"\n{output / report.TABLE}\n{output / report.PICTURE}")


if __name__ == "__main__":
    main()
