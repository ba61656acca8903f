"""Writes text of a document as Python text: one function for each position.

Text of a document is data. It reaches the output only through these functions. Their
output does not depend on the machine, the locale or the version of Python.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from runware_codegen.documents import JsonValue

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Visible letters, digits, punctuation and symbols, in Unicode blocks that are stable: no
# controls, bidirectional marks, invisible spaces or surrogates.
_SHOWN = (
    "\x20-\x7e\xa1-\xac\xae-\u0377\u0384-\u0386\u0388-\u038a\u038e-\u03a1"
    "\u03a3-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u218b\u2190-\u23ff"
    "\u2500-\u27bf\u3001-\u303f\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fef\uac00-\ud7a3"
    "\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001f6c5\U0001f900-\U0001f9ff"
)
_EMOJI = "\u2190-\u27bf\U0001f1e6-\U0001f9ff"
# After a part of an emoji: the variation selector, a joiner between two, the frame of a
# keycap. Patterns begin with a set of characters, which is fast to search for.
_IS_EMOJI_PART = (
    f"(?<=[{_EMOJI}]\ufe0f)|(?<=[{_EMOJI}\ufe0f]\u200d)(?=[{_EMOJI}])"
    "|(?<=[0-9#*]\ufe0f)(?=\u20e3)|(?<=[0-9#*]\ufe0f\u20e3)"
)
_HIDDEN = re.compile(f"[^{_SHOWN}\n](?!{_IS_EMOJI_PART})")
_TO_ESCAPE = re.compile(f"[^{_SHOWN}](?!{_IS_EMOJI_PART})|\\\\")

# Some tools read directives from any line, also from strings. An escaped character changes
# the line that they read, and not the value of the string.
_DIRECTIVE = re.compile(
    r"""
    [\#*:<=>] (?:
      (?<=\#)(?=[!\s]*(?:%%|(?:
        cython|distutils|doctest|flake8|fmt|isort|mypy|no[ ]?cover|noinspection|noqa|
        nosec|nosemgrep|nosonar|pragma|pylint|pyre|pyrefly|pyright|pytype|ruff|ty|type|
        yapf)\b|.{0,60}?coding[:=]))
    | (?<=-\*)(?=-)                                     # Emacs: -*- … -*-
    | (?<=\bLocal[ ]Variables:)                         # Emacs
    | (?<=\bisort:)
    | (?<=\bvim:)|(?<=\bvi:)|(?<=\bex:)                # Vim: a modeline
    | (?<!\S.)(?:(?<=<)(?=<{6}(?!\S))|(?<==)(?=={6}(?!\S))|(?<=>)(?=>{6}(?!\S)))  # Git
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)

_WORD = re.compile(r"\S*\s*(?<=.)", re.DOTALL)
LINE: Final = 88
"""The length of a line, as black has it."""

# Quotes that would end a docstring in which they are.
_ENDING = re.compile(r'"{3,}')


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


@lru_cache(2**14)
def string(text: str) -> str:
    """Write a string literal in the quotes that need fewer escapes, as black does."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = _TO_ESCAPE.sub(_escaped, text).replace(quote, f"\\{quote}")
    return f"{quote}{_without_directives(body)}{quote}"


def value(constant: JsonValue) -> str:
    """Write a JSON value as a Python literal."""
    match constant:
        case str():
            return string(constant)
        case list():
            return f"[{', '.join(map(value, constant))}]"
        case dict():
            members = constant.items()
            inner = (f"{string(name)}: {value(member)}" for name, member in members)
            return f"{{{', '.join(inner)}}}"
        case _:
            return repr(constant)


def visible(text: str) -> str:
    """Return text for a docstring or comment, with invisible characters escaped."""
    return _HIDDEN.sub(_escaped, text)


def _without_directives(source: str) -> str:
    return _DIRECTIVE.sub(lambda match: f"\\x{ord(match[0]):02x}", source)


def docstring_body(text: str) -> str:
    """Return text for a place between three quotes: no part of it ends the docstring."""
    escaped = _without_directives(visible(text).replace("\\", "\\\\"))
    return _ENDING.sub(lambda quotes: quotes[0].replace('"', '\\"'), escaped)


def strings(texts: tuple[str, ...]) -> str:
    """Write a tuple of strings."""
    written = ", ".join(map(string, texts))
    return f"({written}{',' if len(texts) == 1 else ''})"


def wrapped_strings(texts: tuple[str, ...], before: str) -> str:
    """Write a tuple of strings as black formats it.

    Args:
        texts: The strings.
        before: The text before it in its line: the margin and a keyword.
    """
    from black.strings import str_width  # noqa: PLC0415  # slow to import

    whole = strings(texts)
    if len(before) + str_width(whole) + 1 <= LINE:
        return whole
    margin = " " * (len(before) - len(before.lstrip(" ")))
    items = "".join(f"{margin}    {string(text)},\n" for text in texts)
    return f"(\n{items}{margin})"


def wrapped_string(text: str, before: str) -> str:
    """Write a string literal that is the value of a keyword argument, as black does.

    Args:
        text: The text. If it is too long for a line, it is split at spaces and enclosed
            in parentheses.
        before: The text before it in its line: the margin and a keyword.
    """
    whole = string(text)
    if len(before) + len(whole) + 1 <= LINE:
        return whole
    margin = " " * (len(before) - len(before.lstrip(" ")))
    has_escapes = len(whole) > len(text) + len("''")
    room = LINE - len(margin) - 4
    lines = [""]
    for word in _WORD.findall(text):
        line = lines[-1] + word
        width = len(string(line)) if has_escapes else len(line) + len("''")
        if lines[-1] and width > room:
            lines.append(word)
        else:
            lines[-1] = line
    written = "".join(f"{margin}    {string(line)}\n" for line in lines)
    return f"(\n{written}{margin})"
