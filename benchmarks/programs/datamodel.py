"""Prints the seconds that datamodel-code-generator takes for a document.

datamodel.py FORMATTERS OUTPUT DOCUMENT...; the first document only warms it up.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

from datamodel_code_generator import (
    DataModelType,
    InputFileType,
    PythonVersion,
    generate,
)
from datamodel_code_generator.format import Formatter

warnings.simplefilter("ignore")
formatters, output, *documents = sys.argv[1:]


def seconds(document: str) -> float:
    """Generate from one document."""
    began = time.perf_counter()
    generate(
        Path(document),
        input_file_type=InputFileType.OpenAPI,
        output=Path(output),
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        formatters=[Formatter(name) for name in formatters.split(",")],
    )
    return time.perf_counter() - began


_, *times = map(seconds, documents)
print(sum(times) / len(times))
