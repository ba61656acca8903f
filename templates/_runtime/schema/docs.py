"""The documentation of members: the string literals after them in the class body."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent


@cache
def member_docs(cls: type) -> dict[str, str]:
    """Return the documentation of the members of a class by their Python names.

    It is read from the source code; without source code, it is empty.
    """
    docs: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if owner.__module__.partition(".")[0] not in ("builtins", "pydantic", "typing"):
            docs |= _own_docs(owner)
    return docs


def without_parameters(doc: str) -> str:
    """Return the docstring of a class without its last section `Attributes`."""
    text, _, _ = doc.rpartition("\n\nAttributes:\n")
    return text or doc


@cache
def _own_docs(cls: type) -> dict[str, str]:
    try:
        [node] = ast.parse(dedent(inspect.getsource(cls))).body
    except (OSError, SyntaxError, TypeError, ValueError):
        return {}
    found: dict[str, str] = {}
    body = node.body if isinstance(node, ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(doc))):
                found[name] = inspect.cleandoc(doc)
            case _:
                pass
    return found
