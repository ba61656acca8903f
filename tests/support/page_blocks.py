"""Code blocks of the project's pages, and how each kind is run as it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from environments import TOP
from forks import CLIENT, GENERATOR, run_forked

if TYPE_CHECKING:
    from pathlib import Path

DOCS = sorted((TOP / "docs").rglob("*.md"))
PAGES = [*DOCS, TOP / "README.md", TOP / "SECURITY.md"]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def page_id(page: Path) -> str:
    """Name a page for pytest: its path in the project."""
    return page.relative_to(TOP).as_posix()


class Block(NamedTuple):
    """A code block, the text that a page shows as its output, and its file."""

    language: str
    code: str
    output: str | None
    name: str | None


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page; a text block right after code is its output."""
    text = page.read_text(encoding="utf-8")
    found = list(_BLOCK.finditer(text))
    made: list[Block] = []
    for place, match in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        follows = (
            after
            and after[1] == "text"
            and not text[match.end() : after.start()].strip()
        )
        output = after[2] if after and follows else None
        near = text[: match.start()].rstrip().rpartition("\n\n")[2]
        named = re.search(r"[Ss]ave this(?: program)? as `(\w+\.py)`", near)
        made.append(Block(match[1], match[2], output, named[1] if named else None))
    return made


def run_python(
    program: str, folder: Path, url: str, path: Path, name: str | None = None
) -> str:
    """Run a program against a mock, and return what it prints.

    Args:
        program: The program, which connects to no particular address or to port 8000.
        folder: Where it runs.
        url: The URL of the mock.
        path: Where the client's package is.
        name: The file to keep the program in, for others that import it.
    """
    here = program.replace("http://127.0.0.1:8000/v1", url)
    here = re.sub(r"Runware\((?!\s*\"any-key)", f"Runware(base_url={url!r}, ", here)
    if name:
        (folder / name).write_text(here, encoding="utf-8")
    env = {"RUNWARE_API_KEY": "key", "PYTHONPATH": str(path)}
    imported = CLIENT if path == TOP / "generated" else GENERATOR
    done = run_forked(["-c", here], cwd=folder, env=env, imported=imported)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
