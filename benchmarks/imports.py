"""How long it takes to import the client, beside the official SDK.

Prints the medians of whole processes, in turns, less those of an empty one:

    python benchmarks/imports.py [--peers FOLDER]

The SDK is installed into an environment of its own, which `--peers` keeps; the shipped
client is imported there too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from generation import TOP, peers_python

ROUNDS = 15
PROGRAMS = {
    "nothing": "",
    "shipped client": "from runware_client import Runware",
    "shipped client, with a request class": (
        "from runware_client import Runware\n"
        "from runware_client.tasks.image_inference import ImageInferenceRequest"
    ),
    "official SDK 0.5": "from runware import Runware, IImageInference",
}


def seconds(python: Path, program: str) -> float:
    """Time a whole process."""
    environment = {**os.environ, "PYTHONPATH": str(TOP / "generated")}
    began = time.perf_counter()
    subprocess.run([python, "-c", program], env=environment, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = peers_python(given.peers or Path(folder) / "peers")
        taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
        for _ in range(ROUNDS):
            for name, program in PROGRAMS.items():
                taken[name].append(seconds(python, program))
    empty = median(taken.pop("nothing"))
    print("| imported | ms |")
    print("|---|---|")
    for name, times in taken.items():
        print(f"| {name} | {(median(times) - empty) * 1000:.0f} |")


if __name__ == "__main__":
    main()
