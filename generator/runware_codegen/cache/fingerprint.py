"""Hashes the generator, its templates and its libraries."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from runware_codegen.resources import folder

_LIBRARIES = (
    "black",
    "jinja2",
    "jsonschema-rs",
    "openapi-pydantic",
    "pluralizer",
    "pydantic",
    "pydantic-core",
    "ruamel.yaml",
)
"""The libraries that the output may depend on."""

_SUFFIXES = (".py", ".jinja", ".json")

_SECONDS_TO_SETTLE = 5
"""Sources that changed after this time may differ from the code that runs."""


def fingerprint() -> str | None:
    """Hash the generator's files, its libraries' metadata and the version of Python.

    The files are the sources, the templates and the general documents.

    Returns:
        The hash; None if sources have just changed or are not files.
    """
    hashed = hashlib.sha256(repr(sys.version_info).encode())
    for library in _LIBRARIES:
        hashed.update(f"{library} {_metadata(library)}\n".encode())
    latest = time.time() - _SECONDS_TO_SETTLE
    count = 0
    try:
        for name, path in _files():
            with open(path, "rb") as file:  # noqa: PTH123  each run reads all of them
                if os.fstat(file.fileno()).st_mtime > latest:
                    return None
                content = file.read()
            hashed.update(f"{name} {len(content)}\n".encode() + content)
            count += 1
    except OSError:
        return None
    return hashed.hexdigest() if count else None


def _metadata(library: str) -> str:
    """Return the text of a library's metadata; each run would take long to parse it."""
    found = distribution(library)
    return found.read_text("METADATA") or found.version


def _files() -> Iterator[tuple[str, str]]:
    """Yield the files, each by its path in its folder and its whole path."""
    for top in (Path(__file__).parent.parent, folder("templates"), folder("specs")):
        walked = os.walk(top)
        paths = (f"{where}/{name}" for where, _, names in walked for name in names)
        for path in sorted(path for path in paths if path.endswith(_SUFFIXES)):
            yield path.removeprefix(str(top)), path
