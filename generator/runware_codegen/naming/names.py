"""Turns names of a document into Python names. The rules are stated here.

1. A name is cut into words at case changes and at everything that is no letter or
   digit; digits stay with the letters beside them. `imageBase64Data` is image,
   base64, data; `CFGScale` is cfg, scale.
2. Accents are dropped; another non-ASCII character is spelled by its code point.
3. A leading digit is spelled out: `3dInference` is three, d, inference.
4. Words are joined as PEP 8 has it: `image_base64_data`, `ThreeDInference`.
5. A name that Python, pydantic or the emitted package uses (see `reserved`) gets an
   underscore at its end: `from_`, `copy_`.
6. Among members of one object, a name that is taken already gets a number: `name_2`.
7. A class is named after its definition, else after the title of the alternative that
   it is, else after its member. Objects in a list are named after their title when it
   is one to three plain words that tell them from other objects (`Output File`, not
   `LoRA` nor `File Entry`) and no class has that name yet; else after their member,
   with its last word in the singular.

Nothing here looks at other documents, so that names stay when documents come and go.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import count
from typing import TYPE_CHECKING, Final

from pluralizer import Pluralizer

from runware_codegen.naming import reserved

if TYPE_CHECKING:
    from collections.abc import Container

    from runware_codegen.problems import Path

_LONGEST: Final = 60
_ACRONYMS: Final = "AIR|API|CFG|NSFW|TTL|URI|URL|UUID"
_WORD: Final = re.compile(
    rf"(?:{_ACRONYMS})(?:s(?![a-z]))?\d*"
    r"|[A-Z]{2,}(?![a-z])\d*|[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]\d*|\d+[a-z]*"
)
_LAST_WORD: Final = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+s?)\Z")
_IRREGULAR: Final = {"axis": "axes", "cache": "caches", "lens": "lenses"}
_UNCOUNTABLE: Final = ("canvas", "data", "media", "metadata", "species")
_MOST_SPOKEN: Final = 3
_VAGUE: Final = frozenset(
    [
        "data",
        "details",
        "element",
        "entry",
        "info",
        "item",
        "object",
        "record",
        "response",
        "result",
        "schema",
        "settings",
        "structure",
        "type",
        "value",
    ]
)
"""Words that end the title of anything."""

_SPELLED: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"}
_DIGITS: Final = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)


def words(text: str) -> list[str]:
    """Cut a name into lower-case ASCII words; `["x"]` where nothing is left."""
    found = [word.lower() for word in _WORD.findall(_ascii(text))]
    if found and found[0][0].isdigit():
        found = _spelled_out(found[0]) + found[1:]
    return found or ["x"]


def _ascii(text: str) -> str:
    return "".join(map(_ascii_character, text[: 4 * _LONGEST]))


def _ascii_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _SPELLED:
        return _SPELLED[character]
    if character < "\u2000":
        plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore")
        if plain:
            return plain.decode("ascii")
    return f" u{ord(character):x} "


def _spelled_out(word: str) -> list[str]:
    digits = re.match(r"\d+", word)
    end = digits.end() if digits else 0
    rest = [word[end:]] if word[end:] else []
    return [_DIGITS[int(digit)] for digit in word[:end]] + rest


@lru_cache(2**12)
def snake_case(text: str) -> str:
    """Write a name as PEP 8 has it for members and modules, any name allowed."""
    return "_".join(words(text))[:_LONGEST].rstrip("_")


def pascal_case(text: str) -> str:
    """Write a name as PEP 8 has it for classes, any name allowed."""
    return "".join(word.capitalize() for word in words(text))[:_LONGEST]


def module_name(text: str) -> str:
    """Name a module or package."""
    name = snake_case(text)
    return f"{name}_" if name in reserved.MODULES else name


def member_name(wire: str, taken: Container[str], used: Container[str]) -> str:
    """Name a member of a class, apart from names taken and names in other use."""
    name = snake_case(wire)
    name = f"{name}_" if name in used else name
    return numbered(name, taken, "_")


def class_name(text: str, taken: Container[str]) -> str:
    """Name a class of a module."""
    name = pascal_case(text)
    media = name.rstrip("0123456789") in reserved.MEDIA
    clashes = media or name in reserved.CLASSES
    return numbered(f"{name}_" if clashes else name, taken, "")


def is_class_title(title: str) -> bool:
    """Say whether a title of some objects is a good name for their class."""
    spoken = title.split()
    return (
        1 <= len(spoken) <= _MOST_SPOKEN
        and title.isascii()
        and all(map(str.isalpha, spoken))
        and len(words(title)) == len(spoken)
        and spoken[-1].lower() not in _VAGUE
    )


def definition_name(path: Path, taken: Container[str]) -> str:
    """Name a predicate after the last name on the way to its schema."""
    named = [step for step in path if isinstance(step, str)]
    return numbered(f"is_{snake_case(named[-1] if named else 'value')}", taken, "_")


@lru_cache(2**10)
def singular(name: str) -> str:
    """Name one item of what a plural names: `boundingBoxes` gives `boundingBox`."""
    last = _LAST_WORD.search(name)
    if last is None:
        return name
    return f"{name[: last.start()]}{_pluralizer().singular(last[0])}"


@cache
def _pluralizer() -> Pluralizer:
    """Return the rules of English, with the words that the library gets wrong."""
    rules = Pluralizer()  # type: ignore[no-untyped-call]
    for word in _UNCOUNTABLE:
        rules.add_uncountable_rule(word)
    for one, many in _IRREGULAR.items():
        rules.add_irregular_rule(one, many)
    return rules


def numbered(name: str, taken: Container[str], joint: str) -> str:
    """Give a name that is taken the first number that makes it another."""
    if name not in taken:
        return name
    numbers = (f"{name}{joint}{number}" for number in count(2))
    return next(each for each in numbers if each not in taken)
