"""The format `regex`: the syntax of regular expressions of ECMA-262, with the flag u.

Source: ECMA-262, section 22.2.1. Like the other formats, it is tested in linear time.
"""

from __future__ import annotations

import re
from typing import Final

_HEX: Final = "[0-9A-Fa-f]"
_UNICODE_ESCAPE: Final = (
    rf"\\u(?:[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}|{_HEX}{{4}}"
    rf"|\{{0*(?:10|{_HEX})?{_HEX}{{1,4}}\}})"
)
_ESCAPE: Final = (
    rf"\\(?:[fnrtv\W_]|c[A-Za-z]|0(?![0-9])|x{_HEX}{{2}})|{_UNICODE_ESCAPE}"
    r"|\\(?:[dDsSwW]|[pP]\{[A-Za-z0-9_]++(?:=[A-Za-z0-9_]++)?\})"
)
_MEMBER: Final = rf"[^\\\]]|\\b|{_ESCAPE}"
_RANGE_OR_MEMBER: Final = rf"({_MEMBER})-({_MEMBER})|{_MEMBER}"
# An atomic group: in early releases of Python 3.11, *+ after a group with alternatives may
# match too much.
_ATOM: Final = (
    rf"[^\\^$.*+?()[\]{{}}|]++|\.|\[\^?(?P<members>(?>(?:{_MEMBER})*))\]|{_ESCAPE}"
    r"|\\k<(?P<reference>[^>]*+)>|\\(?P<number>[1-9][0-9]*+)"
)
_COUNTS: Final = r"\{(?P<least>[0-9]++)(?:,(?P<most>[0-9]*+))?\}"
_QUANTIFIER: Final = rf"(?P<quantifier>(?:[*+?]|{_COUNTS})\??)"
_OPENING: Final = (
    r"\((?:\?(?:(?P<look><?[=!])|<(?P<name>[^>]*+)>|(?P<flags>[ims]*+-?[ims]*+):))?"
)
_TOKEN: Final = (
    rf"(?:{_ATOM}|\)){_QUANTIFIER}?|{_OPENING}|\||\^|\$|\\[bB]|(?P<error>[\s\S])"
)
_NO_NAMES: Final[set[str]] = set()  # shared; stays empty, as the smaller set of a union
_CONTROLS: Final = {"0": 0, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


def is_regex(text: str) -> bool:
    r"""Return whether `text` is a regular expression of ECMA-262, with the flag u.

    Two things are not checked: whether an escaped character may be escaped (`\-`, `\@`),
    and whether there is a property with a name (`\p{…}`).
    """
    if re.search("[\ud800-\udfff]", text):
        return False
    pattern = _Pattern()
    return all(map(pattern.read, re.finditer(_TOKEN, text))) and pattern.is_whole()


class _Group:
    """An open group, with the names of the groups in it.

    Two groups may have the same name only in different alternatives.
    """

    __slots__ = ("earlier_names", "names", "repeatable")

    def __init__(self, *, repeatable: bool) -> None:
        self.repeatable: bool = repeatable
        self.names: set[str] = _NO_NAMES
        self.earlier_names: set[str] = _NO_NAMES

    def begin_alternative(self) -> None:
        self.earlier_names = self.all_names()
        self.names = _NO_NAMES

    def all_names(self) -> set[str]:
        return _union(self.names, self.earlier_names)

    def add(self, names: set[str]) -> bool:
        is_new = self.names.isdisjoint(names)
        self.names = _union(self.names, names)
        return is_new


def _union(one: set[str], other: set[str]) -> set[str]:
    """Add the smaller set to the larger one, and return that.

    The other way around, deep nesting would take quadratic time.
    """
    smaller, larger = (one, other) if len(one) < len(other) else (other, one)
    larger |= smaller
    return larger


class _Pattern:
    """The state of the check of a pattern, which reads one token after another."""

    def __init__(self) -> None:
        self._groups: list[_Group] = [_Group(repeatable=True)]
        self._captures: int = 0
        self._highest_number: int = 0
        self._references: set[str] = set()

    def read(self, token: re.Match[str]) -> bool:
        """Read the next token; return whether it is valid at its place."""
        if token["number"]:
            self._highest_number = max(self._highest_number, int(token["number"][:10]))
        elif token["reference"] is not None:
            self._references.add(_unescape(token["reference"]))
        elif token[0] == "|":
            self._groups[-1].begin_alternative()
        elif token[0].startswith("("):
            return self._open(token)
        elif token[0].startswith(")") and not self._close(token):
            return False
        return token["error"] is None and _ascends(token)

    def is_whole(self) -> bool:
        """Return whether all groups are closed, and all references have a group."""
        return (
            len(self._groups) == 1
            and self._highest_number <= self._captures
            and self._references <= self._groups[0].all_names()
        )

    def _open(self, token: re.Match[str]) -> bool:
        parent = self._groups[-1]
        self._groups.append(_Group(repeatable=token["look"] is None))
        if token["name"] is not None:
            self._captures += 1
            name = _unescape(token["name"])
            return _is_group_name(name) and parent.add({name})
        self._captures += token[0] == "("
        return not token["flags"] or _are_modifiers(token["flags"])

    def _close(self, token: re.Match[str]) -> bool:
        group = self._groups.pop()
        return (
            bool(self._groups)
            and (group.repeatable or not token["quantifier"])
            and self._groups[-1].add(group.all_names())
        )


def _is_group_name(name: str) -> bool:
    return re.sub("[$]|(?<=.)[\u200c\u200d]", "_", name).isidentifier()


def _are_modifiers(flags: str) -> bool:
    return flags != "-" and all(flags.count(flag) < 2 for flag in "ims")


def _ascends(token: re.Match[str]) -> bool:
    """Return whether no count and no range of a token, as in `{2,1}`, is reversed."""
    least, most = token["least"], token["most"]
    if most:
        width = max(len(least), len(most))
        if least.zfill(width) > most.zfill(width):
            return False
    ranges = re.finditer(_RANGE_OR_MEMBER, token["members"] or "")
    return all(_is_range(*members.groups()) for members in ranges if members[1])


def _is_range(first: str, last: str) -> bool:
    start, end = _code_point(first), _code_point(last)
    return start is not None and end is not None and start <= end


def _unescape(name: str) -> str:
    return re.sub(
        _UNICODE_ESCAPE, lambda escape: chr(_code_point(escape[0]) or 0), name
    )


def _code_point(member: str) -> int | None:
    r"""Return the code point of a member of a class; None for a set, such as `\d`."""
    if not member.startswith("\\"):
        return ord(member)
    kind, rest = member[1], member[2:]
    if kind in "dDsSwWpP":
        return None
    if kind == "c":
        return ord(rest) % 32
    if kind in "xu":
        lead, _, trail = rest.partition("\\u")
        unit = int(lead.strip("{}"), 16)
        return (
            0x10000 + unit % 0x400 * 0x400 + int(trail, 16) % 0x400 if trail else unit
        )
    return _CONTROLS.get(kind, ord(kind))
