"""Loads the pattern module of the emitted package from the templates."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from runware_codegen.parse.patterns import translate

TEMPLATE = Path(__file__).parents[2] / "templates" / "_runtime/schema/patterns.py"


class Matcher(Protocol):
    def __call__(self, text: str) -> bool: ...


class MatcherFactory(Protocol):
    def __call__(
        self, *matches: str, unless: str | tuple[str, ...] = ()
    ) -> Matcher: ...


@cache
def emitted() -> MatcherFactory:
    return cast("MatcherFactory", runpy.run_path(str(TEMPLATE))["Pattern"])


def matcher(source: str) -> Matcher:
    parts = translate(source).parts
    return emitted()(
        *(text for text, expected in parts if expected),
        unless=tuple(text for text, expected in parts if not expected),
    )
