r"""Parses regular expressions of ECMA-262 (ES2023, section 22.2, with the `u` flag).

Some syntax of annex B is accepted too, although the `u` flag forbids it, because published
patterns use it: `\-`, `\@`, a single `]`, `}` or `{`, and a hyphen beside a class escape as
in `[\w-.]`.
"""

from __future__ import annotations

import re
import reprlib

from runware_codegen.parse.patterns import nodes as n
from runware_codegen.parse.patterns.nodes import (
    InvalidPatternError,
    UnsupportedPatternError,
)
from runware_codegen.parse.patterns.properties import is_property

MAX_NESTING = 64

_CLASS_ESCAPES = {
    "d": n.ClassEscape("d", negated=False),
    "D": n.ClassEscape("d", negated=True),
    "w": n.ClassEscape("w", negated=False),
    "W": n.ClassEscape("w", negated=True),
    "s": n.ClassEscape("s", negated=False),
    "S": n.ClassEscape("s", negated=True),
}
_CONTROL_ESCAPES = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_COUNTED = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_COUNTED_WITHOUT_LOW = re.compile(r"\{,[0-9]+\}")
_HEX_2 = re.compile(r"[0-9A-Fa-f]{2}")
_HEX_4 = re.compile(r"[0-9A-Fa-f]{4}")
_HEX_IN_BRACES = re.compile(r"\{([0-9A-Fa-f]+)\}")
_LOW_SURROGATE = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_NUMBERED_REFERENCE = re.compile(r"[1-9][0-9]{0,8}")
_NAME_IN_ANGLES = re.compile(r"<([^>]*)>")
_PROPERTY_IN_BRACES = re.compile(r"\{([^}]*)\}")
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_LOOKAROUNDS = {
    "?=": (True, False),
    "?!": (True, True),
    "?<=": (False, False),
    "?<!": (False, True),
}


def parse(source: str) -> n.Alternatives:
    """Parse a regular expression.

    Raises:
        InvalidPatternError: If it is invalid; the text says what is wrong and where.
        UnsupportedPatternError: If groups are nested more than `MAX_NESTING` deep.
    """
    return _Parser(source).parse()


class _Parser:
    """A recursive descent over the grammar of section 22.2.1."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._offset = 0
        self._depth = 0
        self._group_count = 0
        self._group_names: set[str] = set()
        self._references: list[tuple[int | str, int]] = []

    def parse(self) -> n.Alternatives:
        expression = self._alternatives()
        if not self._at_end():
            raise self._invalid("unmatched )")
        self._check_references()
        return expression

    def _check_references(self) -> None:
        # A reference may come before its group.
        groups = {*range(1, self._group_count + 1), *self._group_names}
        for group, offset in self._references:
            if group not in groups:
                message = "this refers to a group that does not exist"
                raise self._invalid(message, offset)

    # Characters of the text

    def _at_end(self) -> bool:
        return self._offset == len(self._source)

    def _peek(self) -> str:
        return self._source[self._offset : self._offset + 1]

    def _next(self) -> str:
        char = self._peek()
        self._offset += len(char)
        return char

    def _take(self, text: str) -> bool:
        found = self._source.startswith(text, self._offset)
        if found:
            self._offset += len(text)
        return found

    def _take_match(self, token: re.Pattern[str]) -> re.Match[str] | None:
        match = token.match(self._source, self._offset)
        if match:
            self._offset = match.end()
        return match

    def _invalid(self, reason: str, offset: int | None = None) -> InvalidPatternError:
        return InvalidPatternError(reason, self._offset if offset is None else offset)

    # Alternatives, terms, quantifiers

    def _alternatives(self) -> n.Alternatives:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return n.Alternatives(tuple(branches))

    def _sequence(self) -> tuple[n.Node, ...]:
        terms: list[n.Node] = []
        while not self._at_end() and self._peek() not in "|)":
            terms.append(self._term())
        return tuple(terms)

    def _term(self) -> n.Node:
        atom = self._atom()
        if isinstance(atom, n.Assertion | n.Lookaround):
            return atom
        counts = self._quantifier()
        if counts is None:
            return atom
        self._take("?")
        return n.Repeat(atom, *counts)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, counts in _QUANTIFIERS.items():
            if self._take(sign):
                return counts
        offset = self._offset
        counted = self._take_match(_COUNTED)
        if counted is None:
            return None
        low = self._count(counted[1], offset)
        if not counted[2]:
            return low, low
        high = self._count(counted[3], offset) if counted[3] else None
        if high is not None and high < low:
            raise self._invalid("the counts of a repetition are out of order", offset)
        return low, high

    def _count(self, digits: str, offset: int) -> int:
        # Python refuses to read numbers of thousands of digits.
        if len(digits) > 18:
            raise UnsupportedPatternError(f"the count at offset {offset} is too large")
        return int(digits)

    def _atom(self) -> n.Node:
        offset = self._offset
        char = self._next()
        match char:
            case "^" | "$":
                return n.Assertion(char)
            case ".":
                return n.ANY_BUT_LINE_TERMINATOR
            case "(":
                return self._group(offset)
            case "[":
                return self._class(offset)
            case "\\":
                return self._escape(offset)
            case _:
                return self._literal(char, offset)

    def _literal(self, char: str, offset: int) -> n.Char:
        if char in {"*", "+", "?"}:
            raise self._invalid(f"there is nothing that {char} can repeat", offset)
        if _COUNTED.match(self._source, offset):
            raise self._invalid("there is nothing that {…} can repeat", offset)
        if _COUNTED_WITHOUT_LOW.match(self._source, offset):
            raise self._invalid("write {0,…} instead of {,…}", offset)
        return n.Char(ord(char))

    # Groups

    def _group(self, offset: int) -> n.Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise UnsupportedPatternError(
                f"its groups are nested more than {MAX_NESTING} deep"
            )
        lookaround = self._group_head(offset)
        body = self._alternatives()
        if not self._take(")"):
            raise self._invalid("unclosed (", offset)
        self._depth -= 1
        return body if lookaround is None else n.Lookaround(body, *lookaround)

    def _group_head(self, offset: int) -> tuple[bool, bool] | None:
        for head, lookaround in _LOOKAROUNDS.items():
            if self._take(head):
                return lookaround
        if self._take("?:"):
            return None
        if self._take("?P"):
            raise self._invalid("write a named group as (?<name>…)", offset)
        if self._take("?"):
            self._group_name(offset)
        self._group_count += 1
        return None

    def _group_name(self, offset: int) -> None:
        name = self._take_match(_NAME_IN_ANGLES)
        if name is None:
            message = "unknown kind of group; flags cannot be set here"
            raise self._invalid(message, offset)
        shown = reprlib.repr(name[1])
        # Identifiers of ECMA-262 are those of Python, and may contain a dollar sign.
        if not name[1].replace("$", "_").isidentifier():
            raise self._invalid(f"{shown} is not a valid name of a group", offset)
        if name[1] in self._group_names:
            raise self._invalid(f"two groups are named {shown}", offset)
        self._group_names.add(name[1])

    # Escapes

    def _escape(self, offset: int) -> n.Node:
        if self._peek() in {"b", "B"}:
            return n.Assertion("b" if self._next() == "b" else "B")
        number = self._take_match(_NUMBERED_REFERENCE)
        if number:
            return self._reference(int(number[0]), offset)
        if self._take("k"):
            name = self._take_match(_NAME_IN_ANGLES)
            if name is None:
                raise self._invalid(r"\k is not followed by <name>", offset)
            return self._reference(name[1], offset)
        item = self._class_escape(offset)
        return item if isinstance(item, n.Char) else n.CharClass((item,))

    def _reference(self, group: int | str, offset: int) -> n.Backreference:
        self._references.append((group, offset))
        return n.Backreference(group)

    def _class_escape(self, offset: int) -> n.Char | n.ClassEscape | n.UnicodeProperty:
        char = self._next()
        if char in _CLASS_ESCAPES:
            return _CLASS_ESCAPES[char]
        if char in {"p", "P"}:
            return self._property(offset, negated=char == "P")
        return n.Char(self._character_escape(char, offset))

    def _property(self, offset: int, *, negated: bool) -> n.UnicodeProperty:
        braces = self._take_match(_PROPERTY_IN_BRACES)
        if braces is None:
            raise self._invalid(r"\p is not followed by {property}", offset)
        if not is_property(braces[1]):
            name = reprlib.repr(braces[1])
            raise self._invalid(f"there is no Unicode property {name}", offset)
        return n.UnicodeProperty(braces[1], negated)

    def _character_escape(self, char: str, offset: int) -> int:
        if char in _CONTROL_ESCAPES:
            return _CONTROL_ESCAPES[char]
        match char:
            case "c" if (letter := self._peek()).isascii() and letter.isalpha():
                return ord(self._next()) % 32
            case "0" if self._peek() not in set("0123456789"):
                return 0
            case "x" if digits := self._take_match(_HEX_2):
                return int(digits[0], 16)
            case "u":
                return self._unicode_escape(offset)
            case "":
                raise self._invalid("nothing follows the last backslash", offset)
            case _ if char.isalnum():
                raise self._invalid(f"\\{char} has no meaning here", offset)
            case _:
                return ord(char)

    def _unicode_escape(self, offset: int) -> int:
        if digits := self._take_match(_HEX_4):
            return self._joined_surrogates(int(digits[0], 16))
        braces = self._take_match(_HEX_IN_BRACES)
        if braces is None:
            message = r"\u is not followed by four hexadecimal digits"
            raise self._invalid(message, offset)
        code = int(braces[1], 16)
        if code > 0x10FFFF:
            raise self._invalid("no character has that number", offset)
        return code

    def _joined_surrogates(self, code: int) -> int:
        if 0xD800 <= code <= 0xDBFF and (low := self._take_match(_LOW_SURROGATE)):
            return 0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00
        return code

    # Classes

    def _class(self, offset: int) -> n.CharClass:
        negated = self._take("^")
        items: list[n.ClassItem] = []
        while not self._take("]"):
            if self._at_end():
                raise self._invalid("unclosed [", offset)
            items.extend(self._class_items())
        return n.CharClass(tuple(items), negated)

    def _class_items(self) -> list[n.ClassItem]:
        offset = self._offset
        first = self._class_atom()
        if not self._is_range_ahead():
            return [first]
        self._take("-")
        last = self._class_atom()
        if not (isinstance(first, n.Char) and isinstance(last, n.Char)):
            return [first, n.Char(ord("-")), last]
        if first.code > last.code:
            raise self._invalid("the ends of a range are out of order", offset)
        return [n.CharRange(first.code, last.code)]

    def _is_range_ahead(self) -> bool:
        ahead = self._source[self._offset : self._offset + 2]
        return len(ahead) == 2 and ahead[0] == "-" and ahead[1] != "]"

    def _class_atom(self) -> n.Char | n.ClassEscape | n.UnicodeProperty:
        offset = self._offset
        char = self._next()
        if char != "\\":
            return n.Char(ord(char))
        if self._take("b"):
            return n.Char(0x08)
        return self._class_escape(offset)
