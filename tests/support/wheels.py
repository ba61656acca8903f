"""Makes wheels of installed distributions, for installation without an index."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Files that installers add to those of a wheel.
_OF_INSTALLERS = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def with_requirements(names: Iterable[str]) -> list[metadata.Distribution]:
    """Find installed distributions, with all their requirements."""
    found: dict[str, metadata.Distribution] = {}
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name not in found:
            found[name] = metadata.distribution(name)
            left += _required_names(found[name])
    return list(found.values())


def _required_names(distribution: metadata.Distribution) -> Iterator[str]:
    for requirement in map(Requirement, distribution.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def make_wheel(distribution: metadata.Distribution, folder: Path) -> None:
    """Make a wheel of the installed files of a distribution, without its scripts."""
    said = distribution.read_text("WHEEL")
    assert said, distribution.name
    name = f"{canonicalize_name(distribution.name).replace('-', '_')}-{distribution.version}"
    [own] = {
        path.parts[0]
        for path in distribution.files or ()
        if path.parts[0].endswith(".dist-info")
    }
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    target = folder / f"{name}-{_tags(said)}.whl"
    with zipfile.ZipFile(target, "w") as wheel:
        for path in distribution.files or ():
            is_ours = path.parts[0] != own or path.name not in _OF_INSTALLERS
            if is_ours and path.parts[0] != ".." and path.suffix != ".pyc":
                wheel.write(str(path.locate()), path.as_posix())
                rows.writerow([path.as_posix(), "", ""])
        rows.writerow([f"{own}/RECORD", "", ""])
        wheel.writestr(f"{own}/RECORD", record.getvalue())


def _tags(said: str) -> str:
    """Compress the tags of a wheel for its file name: pythons, ABIs and platforms."""
    tags = [tag.split("-") for tag in re.findall(r"^Tag: (\S+)", said, re.MULTILINE)]
    return "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
