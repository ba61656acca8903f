"""Lets a generator's output judge tasks.

judge.py TOOL FOLDER DOCUMENT TASKS generates into the folder, where TOOL does so itself,
and prints for each task whether it was accepted.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Take = Callable[[Any], object]


def ours(_: Path) -> Take:
    """Take a task with the package that is in the folder already."""
    take: Take = importlib.import_module("measured").parse_request
    return take


def datamodel(document: Path, **options: object) -> Take:
    """Take a task with what datamodel-code-generator makes, with options of it."""
    peer = importlib.import_module("datamodel_code_generator")
    peer.generate(
        document,
        input_file_type=peer.InputFileType.OpenAPI,
        output=FOLDER / "measured_models.py",
        output_model_type=peer.DataModelType.PydanticV2BaseModel,
        target_python_version=peer.PythonVersion.PY_311,
        **options,
    )
    body = importlib.import_module("measured_models").RequestBody
    return lambda task: body.model_validate([task])


def datamodel_strict(document: Path) -> Take:
    """Take a task with the strictest classes of datamodel-code-generator."""
    types = importlib.import_module("datamodel_code_generator.enums").StrictTypes
    return datamodel(
        document,
        field_constraints=True,
        use_annotated=True,
        strict_nullable=True,
        strict_types=list(types),
        extra_fields="forbid",
        generate_schema_validators=True,
    )


def openapi_client(document: Path) -> Take:
    """Take a task with what openapi-python-client makes."""
    output = FOLDER / "measured_client"
    command = [sys.executable, "-m", "openapi_python_client", "generate"]
    places: list[str | Path] = ["--path", document, "--output-path", output]
    options = ["--meta", "none", *places]
    subprocess.run([*command, *options], capture_output=True, check=True)
    calls = "".join(path.read_text() for path in output.glob("api/default/*.py"))
    [name] = {*re.findall(r"body: list\[\W*(\w+)", calls)}
    models = importlib.import_module("measured_client.models")
    take: Take = getattr(models, name).from_dict
    return take


def accepts(take: Take, task: Any) -> bool:
    """Say whether a task is taken; any error refuses it."""
    try:
        take(task)
    except Exception:  # noqa: BLE001
        return False
    return True


FOLDER = Path(sys.argv[2])
sys.path.insert(0, str(FOLDER))
warnings.simplefilter("ignore")
tools = {
    "ours": ours,
    "datamodel": datamodel,
    "datamodel_strict": datamodel_strict,
    "openapi_client": openapi_client,
}
taken = tools[sys.argv[1]](Path(sys.argv[3]))
tasks = json.loads(Path(sys.argv[4]).read_text(encoding="utf-8"))
print(json.dumps([accepts(taken, task) for task in tasks]))
