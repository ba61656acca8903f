"""Translates patterns of JSON Schema for a linear-time engine.

A `pattern` is a regular expression of ECMA-262 (JSON Schema 2020-12, validation, 6.3.3)
that may match anywhere in the text. Python's `re` can take exponential time. The emitted
package uses pydantic's engine, Rust's `regex`: its time is at most proportional to the
length of the text times the size of the expression.
"""

from runware_codegen.parse.patterns.nodes import (
    InvalidPatternError,
    UnsupportedPatternError,
)
from runware_codegen.parse.patterns.translation import is_found, translate

__all__ = ["InvalidPatternError", "UnsupportedPatternError", "is_found", "translate"]
