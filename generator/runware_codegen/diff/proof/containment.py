"""Proves that a schema accepts all values that another accepts, in a separate process.

The canonical form of a schema can take exponential time. A call of jsonschema-rs cannot be
interrupted, but a process can be killed. As a script, this module reads two schemas as a
JSON array in each line, and writes whether the first covers the second.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from threading import Timer
from typing import Any, Final

import jsonschema_rs
from jsonschema_rs.canonical import Containment

_SECONDS: Final = 10


def covers(schema: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a schema provably accepts all values that another accepts.

    Returns:
        True if it is proven; False if it is refuted or unknown, or takes too long.
    """
    prover = _prover()
    too_long = Timer(_SECONDS, prover.kill)
    too_long.start()
    answer = _answer(prover, json.dumps([schema, other]))
    too_long.cancel()
    if not answer:
        _end(prover)
        _prover.cache_clear()
    return answer == "true\n"


def _answer(prover: subprocess.Popen[str], question: str) -> str:
    """Return the answer to a line; empty if the process has ended."""
    if prover.stdin is None or prover.stdout is None:
        return ""
    try:
        prover.stdin.write(f"{question}\n")
        prover.stdin.flush()
        return prover.stdout.readline()
    except OSError:
        return ""


@cache
def _prover() -> subprocess.Popen[str]:
    """Start the process, which answers until it is killed or this process ends."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-P", __file__]
    prover = subprocess.Popen(  # noqa: S603  # this file
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    atexit.register(_end, prover)
    return prover


def _end(prover: subprocess.Popen[str]) -> None:
    prover.kill()
    prover.communicate()


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
    for line in sys.stdin:
        print(json.dumps(_covers(*json.loads(line))), flush=True)  # noqa: T201
