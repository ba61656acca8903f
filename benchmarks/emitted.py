"""How large the emitted package is, and how long a type checker needs for it.

python benchmarks/emitted.py [--quick]
"""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING

import script
from catalogue import PACKAGE
from measuring import run
from results import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work

_OF_A_TASK_TYPE = {"__init__", "_about", "client", "errors"}


def measured(work: Work) -> Iterator[Row]:
    """Measure."""
    folder = work.package(work.count)
    lines = [
        len(path.read_text("utf-8").splitlines())
        for path in (folder / PACKAGE / "tasks").glob("*/*.py")
        if path.stem not in _OF_A_TASK_TYPE
    ]
    assert len(lines) == work.count
    yield at_most(
        "Lines of a document's module, at the median",
        median(lines),
        600,
        "{:,.0f}",
        figures=f"{min(lines):,} to {max(lines):,}",
    )
    options = ["--strict", "--config-file=", f"--cache-dir={work.folder / 'mypy'}"]
    checked = run(
        [sys.executable, "-m", "mypy", *options, "-p", PACKAGE],
        {"MYPYPATH": str(folder)},
    )
    yield at_most(
        f"`mypy --strict` over the package of {work.count}, nothing cached",
        checked.seconds,
        60,
        "{:.1f} s",
        figures=f"{checked.megabytes:,.0f} MB",
    )


if __name__ == "__main__":
    script.main(__doc__, measured)
