"""Which tasks a request model accepts, beside what its document allows.

Draws tasks near the boundary of each document, judges them by jsonschema-rs, and counts
what this generator's classes and those of others make of them:

    python benchmarks/exactness.py [--documents FOLDER] [--tasks 400] [--peers FOLDER]

The others are installed into an environment of their own, which `--peers` keeps.
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

TAIL = """
print(json.dumps([[bool(allowed), _accepts(take, task)] for task, allowed in TASKS]))
"""

OURS = """
sys.path.insert(0, sys.argv[1])
from measured import parse_request as take
"""

DATAMODEL = """
import warnings
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
take = lambda task: RequestBody.model_validate([task])
"""

OPENAPI_CLIENT = """
import importlib, re, subprocess
from pathlib import Path
folder = Path(sys.argv[1])
command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
options = ["--path", sys.argv[2], "--output-path", folder / "measured_client"]
subprocess.run([*command, *options, "--overwrite"], capture_output=True, check=True)
sys.path.insert(0, str(folder))
calls = (folder / "measured_client" / "api" / "default").glob("*.py")
texts = [path.read_text() for path in calls]
[name] = {m for text in texts for m in re.findall(r'body: list\\[\\W*(\\w+)', text)}
take = getattr(importlib.import_module("measured_client.models"), name).from_dict
"""

PEERS = {
    "datamodel-code-generator 0.89": DATAMODEL,
    "openapi-python-client 0.29": OPENAPI_CLIENT,
}

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
        [python, "-c", HEAD + program + TAIL, *arguments],
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
) -> dict[str, Verdicts]:
    """Judge tasks of a document by all."""
    tasks = folder / "tasks.json"
    tasks.write_text(json.dumps(drawn(document, number)), encoding="utf-8")
    command = [sys.executable, "-m", "runware_codegen", "generate", "-q", "--force"]
    options = ["--output", folder, "--package", "measured"]
    subprocess.run([*command, document, *options], check=True)
    ours = verdicts(OURS, sys.executable, folder, tasks)
    others = {
        name: verdicts(program, peer, folder, document, tasks)
        for name, program in PEERS.items()
    }
    return {"runware-codegen": ours, **others}


def row(name: str, all_found: list[Verdicts]) -> str:
    """A row of the table; a document that a tool cannot take counts for nothing else."""
    found = [verdict for each in all_found for verdict in each]
    taken = sum(map(bool, all_found))
    forbidden = [accepted for allowed, accepted in found if not allowed]
    allowed = [accepted for is_allowed, accepted in found if is_allowed]
    wrongly_accepted, refused = sum(forbidden), len(allowed) - sum(allowed)
    return (
        f"| {name} | {wrongly_accepted:,} of {len(forbidden):,} "
        f"({wrongly_accepted / len(forbidden):.1%}) | {refused:,} of {len(allowed):,} "
        f"({refused / len(allowed):.1%}) | {taken} of {len(all_found)} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=TOP / "specs")
    parser.add_argument("--tasks", type=int, default=400)
    parser.add_argument("--peers", type=Path)
    given = parser.parse_args()
    totals: dict[str, list[Verdicts]] = {}
    with tempfile.TemporaryDirectory() as name:
        peer = peers_python(given.peers or Path(name) / "peers")
        for number, document in enumerate(sorted(given.documents.glob("*.json"))):
            if "openapi" not in json.loads(document.read_text("utf-8")):
                continue
            folder = Path(name) / str(number)
            folder.mkdir()
            for tool, found in measured(document, given.tasks, folder, peer).items():
                totals.setdefault(tool, []).append(found)
    print("| | forbidden, yet accepted | allowed, yet refused | documents taken |")
    print("|---|---|---|---|")
    for tool, all_found in totals.items():
        print(row(tool, all_found))


if __name__ == "__main__":
    main()
