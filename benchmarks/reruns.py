"""How long the command takes in daily use: little has changed, or nothing.

python benchmarks/reruns.py [--quick]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import script
from catalogue import varied, write
from measuring import in_turns
from results import Bar, Panel, Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work

_HEAVY = {"black", "httpx2", "jinja2", "openapi_pydantic", "pydantic", "ruamel.yaml"}


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    catalogue = work.catalogue(work.count, "changing")
    cold = work.generate(catalogue).seconds
    changed = sorted(catalogue.glob("*.json"))[work.count // 2]
    number = count(1)

    def change() -> float:
        document = varied(json.loads(changed.read_text("utf-8")), next(number))
        document["info"]["description"] = f"Change {number}."
        write(document, changed)
        return work.generate(catalogue).seconds

    works = {
        f"{work.count} documents, one of them changed": change,
        f"{work.count} documents unchanged": lambda: work.generate(catalogue).seconds,
        f"{work.count} unchanged, `--check`": lambda: (
            work.generate(catalogue, "--check").seconds
        ),
        "`--help`": lambda: work.command("--help").seconds,
        "`--version`": lambda: work.command("--version").seconds,
    }
    limits = (2.0, 1.5, 1.5, 0.3, 0.3)
    found = in_turns(works, work.rounds(5))
    bars = [Bar(f"{work.count} documents for the first time", cold, f"{cold:.2f} s")]
    for (name, times), limit in zip(found.items(), limits, strict=True):
        best = min(times)
        yield at_most(f"{name}: the whole process", best, limit, "{:.2f} s")
        label = name.replace("`", "")
        bars.append(Bar(label, best, f"{best:.2f} s", limit=limit))
    heavy = _heavy()
    yield Row(
        "Heavy imports at `--version`", ", ".join(heavy) or "none", "none", not heavy
    )
    note = "seconds for the whole process"
    yield Panel("Running the command", note, bars)


def _heavy() -> list[str]:
    """Return the libraries that `--version` imports, of those that take long."""
    command = [sys.executable, "-X", "importtime", "-m", "runware_codegen", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert "click" in imported
    return sorted(_HEAVY & {*imported})


if __name__ == "__main__":
    script.main(__doc__, measured)
