"""Times the emitted classes and fastjsonschema over the same tasks.

checks.py FOLDER CASES ROUNDS prints, for each case, how many tasks it was, and how many
microseconds each took for one: the least of all rounds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema

sys.path.insert(0, sys.argv[1])

from big import parse_request  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = int(sys.argv[3])


def ours(task: Any) -> object:
    """Read a task, and write it."""
    return parse_request(task).to_wire()


def microseconds(work: Callable[[Any], object], tasks: list[Any]) -> float:
    """Time a round over all tasks; return what one took."""
    began = time.perf_counter()
    for task in tasks:
        work(task)
    return 1e6 * (time.perf_counter() - began) / len(tasks)


def accepted(check: Callable[[Any], object], task: Any) -> bool:
    """Say whether a check accepts a task."""
    try:
        check(task)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def compared(case: dict[str, Any]) -> tuple[int, float, float]:
    """Time both over one document's tasks, in turns."""
    check = fastjsonschema.compile(case["schema"], use_default=False)
    tasks = [task for task in case["tasks"] if accepted(check, task)]
    times = [
        (microseconds(ours, tasks), microseconds(check, tasks)) for _ in range(ROUNDS)
    ]
    mine, theirs = zip(*times, strict=True)
    return len(tasks), min(mine), min(theirs)


cases = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
print(json.dumps([compared(case) for case in cases]))
