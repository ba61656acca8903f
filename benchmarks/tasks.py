"""Draws tasks for a document, allowed ones and others, as the tests do."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

from peers import TOP

sys.path.insert(0, str(TOP / "tests" / "support"))

from near import Judge, Tasks

if TYPE_CHECKING:
    from pathlib import Path


def drawn(document: Path, number: int) -> list[tuple[Any, bool]]:
    """Draw tasks near the boundary of a document, each with whether it is allowed."""
    judge = Judge(document)
    tasks = Tasks(judge, random.Random(document.name)).near(number)
    return [(task, judge.allows(task)) for task in tasks]


def allowed(document: Path, number: int) -> list[Any]:
    """Draw tasks that a document allows, of so many."""
    return [task for task, is_allowed in drawn(document, number) if is_allowed]


def schema(document: Path) -> Any:
    """Return the schema of a document's task, without references."""
    return Judge(document).schema
