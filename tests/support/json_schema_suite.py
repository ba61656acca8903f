"""The JSON Schema Test Suite, taken from the source distribution of `jsonschema`.

pip downloads it once, from its configured index, and checks its hash. It is kept in
`.cache/`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

_RELEASE = "jsonschema-4.26.0"
_SHA256 = "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326"
_PART = f"{_RELEASE}/json/tests/draft2020-12"
_KEPT = Path(__file__).parents[2] / ".cache" / f"draft2020-12-{_SHA256[:12]}"


class Group(NamedTuple):
    """A schema of the suite, and its tests of instances."""

    file: str
    description: str
    schema: Any
    tests: list[dict[str, Any]]

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords of the schema; none for a boolean."""
        if isinstance(self.schema, bool):
            return {}
        return cast("dict[str, Any]", self.schema)


def groups() -> list[Group]:
    """Return all groups of the draft, by file; optional ones are in `optional/`.

    Raises:
        subprocess.CalledProcessError: pip cannot download the suite.
    """
    suite = _suite()
    return [
        Group(
            path.relative_to(suite).as_posix(),
            each["description"],
            each["schema"],
            each["tests"],
        )
        for path in sorted(suite.rglob("*.json"))
        for each in json.loads(path.read_text(encoding="utf-8"))
    ]


def _suite() -> Path:
    if not _KEPT.is_dir():
        _KEPT.parent.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=_KEPT.parent) as folder:
            obtained = _obtained(Path(folder))
            try:
                obtained.rename(_KEPT)
            except OSError:
                if not _KEPT.is_dir():  # otherwise, another process was first
                    raise
    return _KEPT


def _obtained(folder: Path) -> Path:
    """Download the source distribution into a folder, and unpack the draft there."""
    name, version = _RELEASE.split("-")
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{name}=={version} --hash=sha256:{_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder)]
    sdist_alone = ["--no-deps", "--no-binary", name, "--require-hashes"]
    subprocess.run([*pip, *sdist_alone, "--requirement", str(wanted)], check=True)
    with tarfile.open(folder / f"{_RELEASE}.tar.gz") as archive:
        draft = [each for each in archive if each.name.startswith(f"{_PART}/")]
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder, draft)  # noqa: S202 - its hash is checked
    return folder / _PART
