"""Finds the code blocks of the project's pages, and runs their Python programs."""

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
    """Return the test id of a page: its path in the project."""
    return page.relative_to(TOP).as_posix()


class Block(NamedTuple):
    """A code block, the output that the page shows for it, and its file name."""

    language: str
    code: str
    output: str | None
    name: str | None


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page. A text block right after code is its output."""
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
        program: The program. It sets no URL, or one with port 8000.
        folder: The folder to run it in.
        url: The URL of the mock.
        path: The folder of the client's package.
        name: A file to save the program in, for other programs that import it.
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
