"""The environment that the others live in, apart from ours."""

from __future__ import annotations

import subprocess
import venv
from importlib.metadata import version
from pathlib import Path

from measuring import told

TOP = Path(__file__).parent.parent
FOLDER = TOP / ".venv" / "peers"

DATAMODEL = "datamodel-code-generator 0.89"
OPENAPI_CLIENT = "openapi-python-client 0.29"
SDK = "official SDK 0.5"

_PEERS = (
    "datamodel-code-generator==0.89.0",
    "fastjsonschema==2.22.*",
    "griffe==2.4.1",
    "isort==8.*",
    "openapi-python-client==0.29.1",
    "runware==0.5.24",
)
_SHARED = ("black", "httpx2", "pydantic")
"""What both sides use, in the same version."""


def python(folder: Path = FOLDER) -> Path:
    """Return the interpreter of the peers, in an environment that is made if need be."""
    interpreter, note = folder / "bin" / "python", folder / "peers.txt"
    wanted = [*_PEERS, *(f"{name}=={version(name)}" for name in _SHARED)]
    if not note.exists() or note.read_text("utf-8").split() != wanted:
        venv.create(folder, with_pip=True)
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([interpreter, *install, *wanted], check=True)
        note.write_text("\n".join(wanted), encoding="utf-8")
    return interpreter


def versions(interpreter: Path) -> dict[str, str]:
    """Return the version of each peer."""
    pip = ["-m", "pip", "list", "--disable-pip-version-check", "--format", "json"]
    installed = {each["name"]: each["version"] for each in told([interpreter, *pip])}
    return {name: installed[name] for name in (peer.split("==")[0] for peer in _PEERS)}
