"""Proves that a schema accepts all values that another accepts, in a separate process.

The canonical form of a schema can take exponential time. A call of jsonschema-rs cannot be
interrupted, but a process can be killed. As a script, this module reads two schemas as a
JSON array, and writes whether the first covers the second.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import jsonschema_rs
from jsonschema_rs.canonical import Containment

_SECONDS: Final = 10


def covers(schema: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a schema provably accepts all values that another accepts.

    Returns:
        True if it is proven; False if it is refuted or unknown, or takes too long.
    """
    try:
        answer = subprocess.run(  # noqa: S603  # this file
            [sys.executable, "-P", __file__],
            input=json.dumps([schema, other]).encode(),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return answer.stdout.strip() == b"true"


def _covers(schema: dict[str, Any], other: dict[str, Any]) -> bool:
    try:
        wide, narrow = (
            jsonschema_rs.canonicalize(
                each, draft=jsonschema_rs.Draft202012, validate_formats=True
            )
            for each in (schema, other)
        )
        return wide.covers(narrow) is Containment.YES
    except ValueError:  # raised if there is no canonical form
        return False


if __name__ == "__main__":
    print(json.dumps(_covers(*json.load(sys.stdin))))  # noqa: T201
