"""Which tasks a request model accepts, beside what its document allows.

Draws tasks near the boundary of each document, judges them by jsonschema-rs, and counts
what this generator's classes and those of datamodel-code-generator make of them:

    python benchmarks/exactness.py [--documents FOLDER] [--tasks 400] [--peers FOLDER]

The peer is installed into an environment of its own, which `--peers` keeps.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from generation import TOP, peers_python

sys.path.insert(0, str(TOP / "tests"))

from near import Judge, Tasks

OURS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from measured import parse_request
print(json.dumps([[bool(allowed), _accepts(parse_request, task)] for task, allowed in TASKS]))
"""

PEERS = """
import json, sys, warnings
from pathlib import Path
from datamodel_code_generator import DataModelType, InputFileType, PythonVersion, generate
warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
generate(
    Path(sys.argv[2]),
    input_file_type=InputFileType.OpenAPI,
    output=folder / "measured_peer.py",
    output_model_type=DataModelType.PydanticV2BaseModel,
    target_python_version=PythonVersion.PY_311,
)
sys.path.insert(0, str(folder))
from measured_peer import RequestBody
validate = lambda task: RequestBody.model_validate([task])
print(json.dumps([[bool(allowed), _accepts(validate, task)] for task, allowed in TASKS]))
"""

HEAD = """
import json, sys
def _accepts(take, task):
    try:
        take(task)
    except Exception:
        return False
    return True
TASKS = json.load(open(sys.argv[-1]))
"""

Verdicts = list[tuple[bool, bool]]
"""Whether each task is allowed, and whether it was accepted."""


def verdicts(program: str, python: str | Path, *arguments: str | Path) -> Verdicts:
    """Run a program that judges tasks; an empty list where it cannot even begin."""
    done = subprocess.run(
        [python, "-c", HEAD + program, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else []


def drawn(document: Path, number: int) -> list[tuple[Any, bool]]:
    """Draw tasks near the boundary of a document, with its verdict on each."""
    judge = Judge(document)
    tasks = Tasks(judge, random.Random(document.name)).near(number)
    return [(task, judge.allows(task)) for task in tasks]


def measured(
    document: Path, number: int, folder: Path, peer: Path
) -> tuple[Verdicts, Verdicts]:
    """Judge tasks of a document by both."""
    tasks = folder / "tasks.json"
    tasks.write_text(json.dumps(drawn(document, number)), encoding="utf-8")
    command = [sys.executable, "-m", "runware_codegen", "generate", "-q", "--force"]
    options = ["--output", folder, "--package", "measured"]
    subprocess.run([*command, document, *options], check=True)
    ours = verdicts(OURS, sys.executable, folder, tasks)
    return ours, verdicts(PEERS, peer, folder, document, tasks)


def row(name: str, found: Verdicts, failed: int) -> str:
    """A row of the table."""
    forbidden = [accepted for allowed, accepted in found if not allowed]
    allowed = [accepted for is_allowed, accepted in found if is_allowed]
    wrongly_accepted, refused = sum(forbidden), len(allowed) - sum(allowed)
    return (
        f"| {name} | {wrongly_accepted:,} of {len(forbidden):,} "
        f"({wrongly_accepted / len(forbidden):.1%}) | {refused:,} of {len(allowed):,} "
        f"({refused / len(allowed):.1%}) | {failed} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=TOP / "specs")
    parser.add_argument("--tasks", type=int, default=400)
    parser.add_argument("--peers", type=Path)
    given = parser.parse_args()
    totals: tuple[Verdicts, Verdicts] = ([], [])
    failed = [0, 0]
    with tempfile.TemporaryDirectory() as name:
        peer = peers_python(given.peers or Path(name) / "peers")
        for number, document in enumerate(sorted(given.documents.glob("*.json"))):
            if "openapi" not in json.loads(document.read_text("utf-8")):
                continue
            folder = Path(name) / str(number)
            folder.mkdir()
            found = measured(document, given.tasks, folder, peer)
            for place, verdict in enumerate(found):
                totals[place].extend(verdict)
                failed[place] += not verdict
    print("| | forbidden, yet accepted | allowed, yet refused | documents failed |")
    print("|---|---|---|---|")
    print(row("runware-codegen", totals[0], failed[0]))
    print(row("datamodel-code-generator 0.89", totals[1], failed[1]))


if __name__ == "__main__":
    main()
