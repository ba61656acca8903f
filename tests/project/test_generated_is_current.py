"""`generated/runware_client` has the bytes that the generator makes from `specs/`."""

from __future__ import annotations

from pathlib import Path

from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import render

TOP = Path(__file__).parents[2]


def test_the_committed_client_is_current() -> None:
    loaded = load([str(TOP / "specs")])
    made = render(parse(loaded.documents, package="runware_client"))
    folder = TOP / "generated" / "runware_client"
    committed = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert committed.keys() == made.keys(), "run `make generate`"
    changed = [path for path in made if committed[path] != made[path].encode()]
    assert not changed, f"run `make generate`: {changed} differ"
