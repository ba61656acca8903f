"""Formats source text with black, one statement at a time.

Modules of documents are similar, and black is the slowest step. So each statement is
formatted alone, in nested classes of the same depth, and the result is cached. Statements
with short lines that differ only in names and values share a result. So do statements that
differ only in names and values of equal lengths. Afterwards, this module inserts the blank lines
between statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum, auto
from functools import lru_cache
from keyword import iskeyword
from typing import NamedTuple

from runware_codegen.render.literals import LINE

_INDENT = "    "
_QUOTES = '"""'
_HEADERS = ("class ", "def ", "async def ")
_IMPORTS = ("from ", "import ")

_TEXT = re.compile(r"""\w*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_VARIABLE = re.compile(
    _TEXT.pattern + r"""
    | (?<![\w.]) (?: 0 | [1-9]\d* ) (?![\w.])  # whole numbers
    | \b (?! (?:True|False|None)\b ) [A-Z]\w*[a-z]\w*  # names of classes
    | \b [a-z]\w* (?=[ ]=[ ][A-Z])  # names of attributes
    | \b [A-Za-z]\w* (?=:[ ])  # names with annotations
    | (?<=from[ ]) [.\w]+ (?=[ ]import)  # names of modules
    | \b [a-z]\w* (?=,\Z)  # names in a list
    """,
    re.VERBOSE,
)
_WORD = re.compile(
    _TEXT.pattern + r"| \b [A-Za-z_]\w* | (?<![\w.]) (?: 0 | [1-9]\d* ) (?![\w.])",
    re.VERBOSE | re.ASCII,
)
"""A text, a name or a whole number, in a statement without comments."""
_PLAIN_TEXT = re.compile(r'"[ !#-&(-\[\]-~]*"')
"""A string literal that black does not change: no quotes, escapes or prefix."""

_MAX_STATEMENTS = 2**15
"""Maximum number of statements in each cache, about 10 MB."""


class _Kind(IntEnum):
    HEADER = auto()  # the first lines of a class or function, decorators included
    CONDITION = auto()  # the first line of an `if`
    DOCSTRING = auto()
    REMARK = auto()  # a string after a variable
    IMPORT = auto()
    OTHER = auto()


_WRITTEN = (_Kind.DOCSTRING, _Kind.REMARK)
"""The kinds of statements that `docstrings.py` writes as black formats them."""

_BLOCKS = (_Kind.HEADER, _Kind.CONDITION)
"""The kinds of statements whose block has statements of its own."""


class _Statement(NamedTuple):
    """A statement, or the header of a class or function.

    Attributes:
        kind: Its kind.
        level: Its level of indentation.
        blank: The number of blank lines before it.
        text: Its lines.
    """

    kind: _Kind
    level: int
    blank: int
    text: str

    def is_in(self, other: _Statement) -> bool:
        """Return whether it is the first statement in the block of another one."""
        return other.kind in _BLOCKS and other.level < self.level


class _UnknownLayoutError(Exception):
    """The text has a layout that no template produces."""


def formatted(source: str) -> str:
    """Return source text as black formats it.

    Args:
        source: Python as the templates lay it out: each statement in a line of its own,
            except for brackets and blocks, whose inner lines are indented.

    Raises:
        black.parsing.InvalidInput: If the text is not Python: a template is wrong.
    """
    from black.parsing import InvalidInput  # noqa: PLC0415  # slow to import

    try:
        return _joined(_statements(source.split("\n")))
    except (_UnknownLayoutError, InvalidInput):
        return _black(source)


@lru_cache(_MAX_STATEMENTS)
def _format(kind: _Kind, level: int, text: str) -> str:
    """Format a statement, unless black does not change statements of its shape."""
    shape = _shape(text)
    if shape and _formatted_alone(kind, level, shape) == shape:
        return text
    if _QUOTES in text or "#" in text:  # texts may be in comments, or in other texts
        return _formatted_alone(kind, level, text)
    made = _formatted_alone(kind, level, _WORD.sub(_of_same_length, text))
    words = iter(_WORD.findall(text))
    return _WORD.sub(lambda each: _unchanged(next(words)) or each[0], made)


def _of_same_length(word: re.Match[str]) -> str:
    """Replace a word, unless more than its length matters to black."""
    found = _unchanged(word[0])
    if found.endswith('"'):
        return f'"{"x" * (len(found) - 2)}"'
    if not found or iskeyword(found):
        return word[0]
    return ("1" if found.isdigit() else "X") * len(found)


def _unchanged(word: str) -> str:
    """Return a word that black does not change; else an empty string."""
    is_text = word.endswith(('"', "'"))
    return "" if is_text and not _PLAIN_TEXT.fullmatch(word) else word


def _shape(text: str) -> str:
    """Replace the names and values of a statement by placeholders.

    Black splits a line only if it is too long, and puts each item of a list with a final
    comma on lines of its own. So the layout of short lines and of items does not depend on
    their names and values.

    Returns:
        One line, or a list with two items of each shape; empty if the layout may depend on
        names and values.
    """
    first, *inner = text.split("\n")
    if not text.isascii() or _QUOTES in text or len(first) > LINE:
        return ""
    if not inner:
        return _VARIABLE.sub(_placeholder, text)
    last = inner.pop()
    items = _items(inner)
    if len(items) < 2 or not first.endswith(("(", "[", "{")) or len(last.strip()) != 1:
        return ""
    if any(len(line) > LINE for line in inner):
        return ""
    shapes = dict.fromkeys(_VARIABLE.sub(_placeholder, item) for item in items)
    return "\n".join([_VARIABLE.sub(_placeholder, first), *shapes, *shapes, last])


def _placeholder(variable: re.Match[str]) -> str:
    found = variable[0]
    if found.endswith(('"', "'")):
        return '"text"' if _PLAIN_TEXT.fullmatch(found) else found
    return "0" if found.isdigit() else "Name"


def _items(lines: list[str]) -> list[str]:
    """Join lines into items that end with a comma; empty if the last one does not."""
    items: list[str] = []
    start = 0
    for end, line in enumerate(lines, 1):
        if line.endswith(",") and _margin(line) == _margin(lines[0]):
            items.append("\n".join(lines[start:end]))
            start = end
    return items if start == len(lines) else []


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


@lru_cache(_MAX_STATEMENTS)
def _formatted_alone(kind: _Kind, level: int, text: str) -> str:
    """Format a statement inside of nested classes of its level."""
    nest = "".join(f"{_INDENT * depth}class _:\n" for depth in range(level))
    body = f"\n{_INDENT * (level + 1)}pass" if kind in _BLOCKS else ""
    made = _black(f"{nest}{text}{body}\n")
    if not made.startswith(nest) or not made.endswith(f"{body}\n"):
        raise _UnknownLayoutError
    return made[len(nest) : len(made) - len(body) - 1]


def _black(source: str) -> str:
    import black  # noqa: PLC0415
    from black.mode import TargetVersion  # noqa: PLC0415

    mode = black.Mode(target_versions={TargetVersion.PY311})
    return black.format_str(source, mode=mode)


# -- splitting a text into statements -----------------------------------------


def _statements(lines: list[str]) -> Iterator[_Statement]:
    before: _Statement | None = None
    start = blank = 0
    while start < len(lines):
        line = lines[start].lstrip(" ")
        if not line:
            start, blank = start + 1, blank + 1
            continue
        level, rest = divmod(len(lines[start]) - len(line), len(_INDENT))
        if rest or line.startswith("#"):
            raise _UnknownLayoutError
        kind, end = _extent(lines, start, level)
        text = "\n".join(lines[start:end])
        statement = _Statement(kind, level, blank, text)
        if kind is _Kind.REMARK and (before is None or statement.is_in(before)):
            statement = _Statement(_Kind.DOCSTRING, level, blank, text)
        yield statement
        before, start, blank = statement, end, 0


def _extent(lines: list[str], start: int, level: int) -> tuple[_Kind, int]:
    """Return the kind of the statement at a line, and the number of the line after it."""
    line = lines[start].lstrip(" ")
    if line.startswith(_QUOTES):
        return _Kind.REMARK, _end_of_string(lines, start)
    if line.startswith("@"):
        _, end = _extent(lines, start + 1, level)
        return _Kind.HEADER, end
    if line.startswith(_HEADERS):
        return _Kind.HEADER, start + 1
    if line == "if TYPE_CHECKING:":
        return _Kind.CONDITION, start + 1
    kind = _Kind.IMPORT if line.startswith(_IMPORTS) else _Kind.OTHER
    if line.endswith(("(", "[", "{")):
        return kind, _end_of_inner(lines, start, level) + 1
    if line.endswith(":"):
        return _Kind.OTHER, _end_of_inner(lines, start, level)
    return kind, start + 1


def _end_of_string(lines: list[str], start: int) -> int:
    """Find the line after a string in triple quotes."""
    if lines[start].rstrip(" ").endswith(_QUOTES, lines[start].index(_QUOTES) + 3):
        return start + 1
    for number in range(start + 1, len(lines)):
        if lines[number].endswith(_QUOTES):
            return number + 1
    raise _UnknownLayoutError


def _end_of_inner(lines: list[str], start: int, level: int) -> int:
    """Find the line after the lines that are indented further than the first."""
    right = _INDENT * level + " "
    end = start + 1
    while end < len(lines) and (not lines[end] or lines[end].startswith(right)):
        end += 1
    while not lines[end - 1]:
        end -= 1
    return end


# -- joining statements -------------------------------------------------------


def _joined(statements: Iterable[_Statement]) -> str:
    parts: list[str] = []
    before: _Statement | None = None
    owner: _Statement | None = None
    for statement in statements:
        if before is not None:
            parts.append("\n" * (1 + _blank_lines(owner, before, statement)))
        kind, level, text = statement.kind, statement.level, statement.text
        parts.append(text if kind in _WRITTEN else _format(kind, level, text))
        before = statement
        owner = statement if statement.kind in _BLOCKS else owner
    return f"{''.join(parts)}\n" if parts else ""


def _blank_lines(
    owner: _Statement | None, before: _Statement, statement: _Statement
) -> int:
    """Count the blank lines between two statements; `owner` is the header above."""
    most = 1 if statement.level else 2
    if statement.kind is _Kind.DOCSTRING:
        return 0
    if statement.kind is _Kind.HEADER:
        return 0 if statement.is_in(before) else most
    if before.kind is _Kind.DOCSTRING:
        in_function = owner is not None and "def " in owner.text
        return min(statement.blank, 1) if in_function else 1
    if before.kind is _Kind.IMPORT and statement.kind is not _Kind.IMPORT:
        return min(max(statement.blank, 1), most)
    return min(statement.blank, most)
