"""Catalogues of any size, and the packages that are generated from them.

A catalogue is made out of a folder of documents: each of its documents is one of them
under a name of its own and with some limits moved, so that they resemble each other as
those of one provider do, without being equal.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import peers
from measuring import Run, run

SPECS = peers.TOP / "specs"
CORPUS = os.environ.get("RUNWARE_CORPUS")
CATALOGUE = (
    Path(os.environ["RUNWARE_CATALOGUE"]) if "RUNWARE_CATALOGUE" in os.environ else None
)
"""A document for each model, under its own name."""

PACKAGE = "big"

_SHIFTS = (0, 0, 0, 0, 0, 100, 500)
"""How far a limit is moved, by chance."""


@dataclass(frozen=True)
class Work:
    """What a measurement works with.

    Attributes:
        folder: Where it may write.
        quick: Whether it is only tried out: smaller, and fewer rounds.
    """

    folder: Path
    quick: bool

    @property
    def count(self) -> int:
        """The size of the catalogue."""
        return 40 if self.quick else 400

    def rounds(self, number: int) -> int:
        """How often to measure, where that many times are right; never once."""
        return 2 if self.quick else number

    @cached_property
    def documents(self) -> list[Path]:
        """The documents that measurements are about."""
        paths = sorted(Path(CORPUS or SPECS).glob("*.json"))
        return [path for path in paths if "openapi" in _read(path)]

    @cached_property
    def _bases(self) -> list[Any]:
        return [each for each in map(_read, self.documents) if _is_of_a_model(each)]

    @property
    def variety(self) -> int:
        """How many documents of a catalogue are different."""
        return len(self._bases)

    @cached_property
    def peer(self) -> Path:
        """The interpreter of the peers."""
        return peers.python()

    def catalogue(self, count: int, name: str = "") -> Path:
        """Return a catalogue of a size; one with a name may be changed."""
        folder = self.folder / (name or f"of-{count}")
        if not folder.exists():
            folder.mkdir(parents=True)
            for number in range(count):
                document = _one_of_many(self._bases, number)
                write(document, folder / f"{document['info']['x-model-id']}.json")
        return folder

    def package(self, count: int) -> Path:
        """Return the folder of the package that is generated from a catalogue."""
        catalogue = self.catalogue(count)
        output = self.output(catalogue)
        if not output.exists():
            self.generate(catalogue)
        return output

    def generate(self, catalogue: Path, *options: str) -> Run:
        """Generate from a catalogue in a process."""
        output = ["--output", str(self.output(catalogue)), "--package", PACKAGE]
        return self.command("generate", str(catalogue), *output, "--quiet", *options)

    def command(self, *arguments: str) -> Run:
        """Run the command in a process, with a cache of its own."""
        command = [sys.executable, "-m", "runware_codegen", *arguments]
        return run(command, {"XDG_CACHE_HOME": str(self.folder / "cache")})

    def output(self, catalogue: Path) -> Path:
        """Return the folder that a catalogue is generated into."""
        return self.folder / "packages" / catalogue.name


def write(document: Any, path: Path) -> None:
    """Write a document as they are published."""
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _is_of_a_model(document: Any) -> bool:
    return "model" in _task(document)["properties"]


def _task(document: Any) -> Any:
    """Return the schema of a task."""
    schemas = document["components"]["schemas"]
    body = schemas["RequestBody"]
    task = body.get("items", body)
    return schemas[task["$ref"].rpartition("/")[2]] if "$ref" in task else task


def _one_of_many(bases: list[Any], number: int) -> Any:
    generation, base = divmod(number, len(bases))
    document = varied(bases[base], generation)
    name = f"{document['info'].get('x-model-id', 'model')}-{base}-g{generation}"
    air = f"made:{name}@1"
    document["info"] |= {"title": name, "x-model-id": name, "x-air-id": air}
    _task(document)["properties"]["model"] = {"type": "string", "const": air}
    return document


def varied(value: Any, generation: int) -> Any:
    """Copy a JSON value with some limits moved, in each generation but 0 others."""
    if isinstance(value, list):
        return [varied(item, generation) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: varied(item, generation) for key, item in value.items()}
    if generation and isinstance(made.get("maxLength"), int):
        chance = crc32(f"{generation} {made.get('description')}".encode())
        made["maxLength"] += _SHIFTS[chance % len(_SHIFTS)]
    return made
