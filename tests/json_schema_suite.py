"""The JSON Schema Test Suite, taken from the source distribution of `jsonschema`.

It is obtained once, by pip from whatever index pip is configured with, checked by its
hash, and kept in `.cache/`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

_VERSION = "4.26.0"
_SHA256 = "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326"
_CACHE = Path(__file__).parent.parent / ".cache" / f"jsonschema-{_VERSION}"


class Group(NamedTuple):
    """A schema of the suite, and what is said of instances."""

    file: str
    description: str
    schema: Any
    tests: list[dict[str, Any]]


def groups(*patterns: str) -> list[Group]:
    """Return the groups in the files that match, such as `optional/format/*.json`."""
    root = _suite() / "json" / "tests" / "draft2020-12"
    return [
        Group(
            str(path.relative_to(root)),
            each["description"],
            each["schema"],
            each["tests"],
        )
        for pattern in patterns
        for path in sorted(root.glob(pattern))
        for each in json.loads(path.read_text(encoding="utf-8"))
    ]


def _suite() -> Path:
    if not _CACHE.is_dir():
        _CACHE.mkdir(parents=True)
        try:
            _obtain(_CACHE)
        except BaseException:
            _CACHE.rmdir()
            raise
    return _CACHE


def _obtain(target: Path) -> None:
    folder = target.parent / "download"
    folder.mkdir(exist_ok=True)
    wanted = folder / "requirements.txt"
    wanted.write_text(f"jsonschema=={_VERSION} --hash=sha256:{_SHA256}\n")
    options = ["--no-deps", "--no-binary", ":all:", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *options, "-r", str(wanted)]
    subprocess.run([*command, "-d", str(folder), "-q"], check=True, cwd=folder)
    archive = folder / f"jsonschema-{_VERSION}.tar.gz"
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (folder / f"jsonschema-{_VERSION}").rename(target)
