"""Writes regular expressions for Rust's `regex`, the engine of pydantic.

Digits, word characters, white space, word boundaries and the dot have the same syntax in
ECMA-262 and mean something else. They are written as explicit classes if they differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from runware_codegen.parse.patterns import nodes as n
from runware_codegen.parse.patterns.nodes import UnsupportedPatternError
from runware_codegen.parse.patterns.properties import is_surrogate

_SPECIAL = frozenset(r"\.+*?()|[]{}^$")
_SPECIAL_IN_CLASS = frozenset(r"\[]^-&~")
_CONTROL_ESCAPES = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}

_ANYTHING = "(?s:.)"
_NOTHING = r"\P{Any}"

# A class inside a class needs brackets. ECMA-262's white space is Unicode's without NEXT
# LINE, and with the byte order mark.
_CLASS_ESCAPES = {
    n.ClassEscape("d", negated=False): "0-9",
    n.ClassEscape("d", negated=True): "[^0-9]",
    n.ClassEscape("w", negated=False): "0-9A-Za-z_",
    n.ClassEscape("w", negated=True): "[^0-9A-Za-z_]",
    n.ClassEscape("s", negated=False): r"[\s\x{FEFF}--\x{85}]",
    n.ClassEscape("s", negated=True): r"[\S\x{85}--\x{FEFF}]",
}
_ASSERTIONS = {"^": "^", "$": "$", "b": r"(?-u:\b)", "B": r"(?-u:\B)"}
_QUANTIFIERS: dict[tuple[int, int | None], str] = {
    (0, None): "*",
    (1, None): "+",
    (0, 1): "?",
}


def write(terms: Iterable[n.Node]) -> str:
    """Write a sequence that matches the same Unicode texts as in ECMA-262.

    Raises:
        UnsupportedPatternError: If it contains a lookaround or a backreference.
    """
    return "".join(_write_node(term) for term in terms)


def _write_node(node: n.Node) -> str:
    match node:
        case n.Char(code):
            return _NOTHING if _is_surrogate_code(code) else _write_char(code, _SPECIAL)
        case n.CharClass():
            return _write_class(node)
        case n.Assertion(kind):
            return _ASSERTIONS[kind]
        case n.Repeat():
            return _write_node(node.body) + _write_quantifier(node)
        case n.Alternatives():
            return f"({write_alternatives(node)})"
        case n.Lookaround():
            raise UnsupportedPatternError(_describe_lookaround(node))
        case n.Backreference(group):
            reference = f"\\{group}" if isinstance(group, int) else f"\\k<{group}>"
            raise UnsupportedPatternError(
                f"a backreference ({reference}) cannot be matched in bounded time"
            )
        case _:
            assert_never(node)


def write_alternatives(alternatives: n.Alternatives) -> str:
    """Write alternatives without a group around them.

    Raises:
        UnsupportedPatternError: See `write`.
    """
    return "|".join(write(branch) for branch in alternatives.branches)


def _describe_lookaround(node: n.Lookaround) -> str:
    sign = ("" if node.ahead else "<") + ("!" if node.negated else "=")
    kind = "lookahead" if node.ahead else "lookbehind"
    return (
        f"a {kind} ((?{sign}…)) can be matched in bounded time only at the start or the "
        "end of the text, directly beside a ^ or $ outside of groups"
    )


def _write_quantifier(repeat: n.Repeat) -> str:
    low, high = repeat.low, repeat.high
    if short := _QUANTIFIERS.get((low, high)):
        return short
    if low == high:
        return f"{{{low}}}"
    return f"{{{low},{'' if high is None else high}}}"


def _write_class(node: n.CharClass) -> str:
    items = [text for item in node.items if (text := _write_item(item))]
    if not items:
        return _ANYTHING if node.negated else _NOTHING
    if items[-1] == r"\-":  # needs no escape at the end
        items[-1] = "-"
    alone = len(items) == 1 and not node.negated
    if alone and items[0].startswith(("[", r"\p", r"\P")):
        return items[0]
    return f"[{'^' if node.negated else ''}{''.join(items)}]"


def _write_item(item: n.ClassItem) -> str:
    match item:
        case n.Char(code):
            return _write_range(code, code)
        case n.CharRange(first, last):
            return _write_range(first, last)
        case n.ClassEscape():
            return _CLASS_ESCAPES[item]
        case n.UnicodeProperty(expression, negated):
            if is_surrogate(expression):
                return r"\p{Any}" if negated else ""
            return f"\\{'P' if negated else 'p'}{{{expression}}}"
        case _:
            assert_never(item)


def _write_range(first: int, last: int) -> str:
    """Write the part of a range that Unicode texts can contain; may be empty."""
    if _is_surrogate_code(first):
        first = 0xE000
    if _is_surrogate_code(last):
        last = 0xD7FF
    if first > last:
        return ""
    start = _write_char(first, _SPECIAL_IN_CLASS)
    if first == last:
        return start
    return f"{start}-{_write_char(last, _SPECIAL_IN_CLASS)}"


def _write_char(code: int, special: frozenset[str]) -> str:
    if code in _CONTROL_ESCAPES:
        return _CONTROL_ESCAPES[code]
    # Which other characters are printable depends on the version of Unicode.
    if not 0x20 <= code < 0x7F:
        return f"\\x{{{code:X}}}"
    return f"\\{chr(code)}" if chr(code) in special else chr(code)


def _is_surrogate_code(code: int) -> bool:
    return 0xD800 <= code <= 0xDFFF
