"""What it takes to generate a catalogue of packages, beside datamodel-code-generator.

Makes a catalogue of documents that resemble each other, as those of one provider do, out
of a folder of documents (`specs/` unless told otherwise), and prints a table in Markdown:

    python benchmarks/generation.py [--documents FOLDER] [--count 400] [--peers FOLDER]

The peer is installed into an environment of its own, which `--peers` keeps. Everything
is measured on this machine in one run, in turns; only the ratios mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOP = Path(__file__).parent.parent
PEERS = (
    *("datamodel-code-generator==0.89.0", "black", "isort"),
    *("openapi-python-client==0.29.1", "httpx2", "runware==0.5.24"),
)
ROUNDS = 3
SAMPLE = 28
"""Documents that the peer is measured with; it handles each by itself."""

_PEER = """
import sys, time, warnings
from pathlib import Path
from datamodel_code_generator import DataModelType, InputFileType, PythonVersion, generate
from datamodel_code_generator.format import Formatter

warnings.simplefilter("ignore")
formatters, output, *documents = sys.argv[1:]
began = None
for document in documents:
    generate(
        Path(document),
        input_file_type=InputFileType.OpenAPI,
        output=Path(output),
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        formatters=[Formatter(name) for name in formatters.split(",")],
    )
    began = began or time.perf_counter()  # the first warms it up
print((time.perf_counter() - began) / (len(documents) - 1))
"""


@dataclass(frozen=True)
class Run:
    """A process that has ended: seconds by the clock, of processors, and peak memory."""

    seconds: float
    processor: float
    megabytes: float


# -- the catalogue ------------------------------------------------------------


def make_catalogue(bases: Sequence[dict[str, Any]], folder: Path, count: int) -> None:
    """Write so many documents, each a base with another name and other limits."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(count):
        base = bases[number % len(bases)]
        name = f"{base['info'].get('x-model-id', 'model')}-{number % len(bases)}"
        name = f"{name}-g{number // len(bases)}"
        document = varied(base, number)
        rename(document, name)
        (folder / f"{name}.json").write_text(json.dumps(document, indent=2))


def varied(value: Any, number: int) -> Any:
    """Copy a JSON value with some limits moved a little, others for each number."""
    if isinstance(value, list):
        return [varied(item, number) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: varied(item, number) for key, item in value.items()}
    if isinstance(made.get("maxLength"), int):
        said = f"{number} {made.get('description')}"
        made["maxLength"] += (0, 0, 0, 0, 0, 100, 500)[crc32(said.encode()) % 7]
    return made


def rename(document: dict[str, Any], name: str) -> None:
    """Let a document describe a model of its own."""
    document["info"] |= {
        "title": name,
        "x-model-id": name,
        "x-air-id": f"made:{name}@1",
    }
    task_of(document)["properties"]["model"] = {"const": f"made:{name}@1"}


def task_of(document: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a task, or something empty where there is none."""
    schemas = document.get("components", {}).get("schemas", {})
    items = schemas.get("RequestBody", {}).get("items", {})
    name = items.get("$ref", "").rpartition("/")[2]
    task: dict[str, Any] = schemas.get(name, {}) if name else items
    return task


def read_bases(folder: Path) -> list[dict[str, Any]]:
    """Read the documents of a folder that are about models."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    documents = [each for each in found if isinstance(each, dict)]
    return [d for d in documents if "model" in task_of(d).get("properties", {})]


# -- runs ---------------------------------------------------------------------


def generate(folder: Path, *options: str, catalogue: str = "catalogue") -> Run:
    """Generate from a catalogue in a process, and measure all of it."""
    output = str(folder / f"{catalogue}-out")
    shared = ["--output", output, "--package", "big", "--quiet"]
    return ours("generate", str(folder / catalogue), *shared, *options, cache=folder)


def ours(*arguments: str, cache: Path) -> Run:
    """Run the command, and measure its process with those that it has started."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "runware_codegen", *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    seconds = time.perf_counter() - began
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def peer(python: Path, formatters: str, documents: Sequence[Path]) -> float:
    """Return the seconds that the peer takes for a document, in one process."""
    with tempfile.TemporaryDirectory() as folder:
        output = f"{folder}/made.py"
        command = [python, "-c", _PEER, formatters, output, *documents]
        return float(subprocess.check_output(command, stderr=subprocess.DEVNULL))


def peers_python(folder: Path) -> Path:
    """Make the environment of the peer, if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


# -- the table ----------------------------------------------------------------


def against_the_peer(folder: Path, python: Path, count: int) -> Iterator[str]:
    """Measure a whole catalogue without a cache and a sample by the peer, in turns."""
    documents = sorted((folder / "catalogue").glob("*.json"))
    sample = documents[:: max(1, len(documents) // SAMPLE)][:SAMPLE]
    mine: list[float] = []
    theirs: dict[str, list[float]] = {"black,isort": [], "builtin": []}
    for _ in range(ROUNDS):
        mine.append(generate(folder, "--no-cache").seconds / count)
        for formatters, seconds in theirs.items():
            seconds.append(peer(python, formatters, sample))
    yield f"| {count} documents, nothing cached | {min(mine) * count:.2f} s | |"
    for formatters, seconds in theirs.items():
        ratio = min(seconds) / min(mine)
        what = f"a document, against datamodel-code-generator ({formatters})"
        yield f"| {what} | {min(mine) * 1000:.1f} ms | {ratio:.1f} × faster |"


def with_a_cache(folder: Path, count: int, base: dict[str, Any]) -> Iterator[str]:
    """Measure runs that find most of what they need."""
    whole = generate(folder).seconds
    for what, options in (("`generate`", ()), ("`--check`", ("--check",))):
        seconds = min(generate(folder, *options).seconds for _ in range(ROUNDS))
        share = seconds / whole
        yield f"| {count} unchanged, {what} | {seconds:.2f} s | {share:.0%} of the first |"
    changed = sorted((folder / "catalogue").glob("*.json"))[count // 2]
    runs: list[float] = []
    for number in range(ROUNDS):
        document = varied(base, number)
        rename(document, changed.stem)
        document["info"]["description"] = f"Change {number}."
        changed.write_text(json.dumps(document))
        runs.append(generate(folder).seconds)
    yield f"| one of {count} changed | {min(runs):.2f} s | {min(runs) / whole:.0%} |"
    seconds = min(ours("--version", cache=folder).seconds for _ in range(ROUNDS))
    yield f"| `--version` | {seconds:.2f} s | |"


def growth(folder: Path, bases: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Measure how processor time and memory grow with the catalogue."""
    first = 0.0
    for count in (50, 100, 200, 400, 800):
        name = f"of-{count}"
        make_catalogue(bases, folder / name, count)
        runs = [generate(folder, "--no-cache", catalogue=name) for _ in range(2)]
        each = min(run.processor for run in runs) / count
        first = first or each
        peak = max(run.megabytes for run in runs)
        cells = f"{each * 1000:.1f} ms of a processor, {peak:.0f} MB"
        yield f"| a document of {count} | {cells} | {each / first:.2f} × that of 50 |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=TOP / "specs")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--peers", type=Path)
    given = parser.parse_args()
    bases = read_bases(given.documents)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_catalogue(bases, folder / "catalogue", given.count)
        python = peers_python(given.peers or folder / "peers")
        print("| What | Measured | Ratio |\n| --- | ---: | ---: |")
        for line in against_the_peer(folder, python, given.count):
            print(line, flush=True)
        for line in with_a_cache(folder, given.count, bases[0]):
            print(line, flush=True)
        for line in growth(folder, bases):
            print(line, flush=True)


if __name__ == "__main__":
    main()
