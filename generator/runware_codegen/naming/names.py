"""Turns names of a document into Python names. The rules are stated here.

1. A name is split into words at case changes and at characters that are not letters or
   digits. Digits stay with the letters beside them. `imageBase64Data` is image, base64,
   data; `CFGScale` is cfg, scale; `hyper3d-gen` is hyper3d, gen.
2. Accents are dropped; another non-ASCII character is spelled by its code point. A name of
   which nothing is left is `x`.
3. A leading digit is spelled out: `3dInference` is three, d, inference.
4. Words are joined as PEP 8 recommends: `image_base64_data`, `ThreeDInference`.
5. A name that Python, pydantic or the emitted package uses (see `reserved`) gets an
   underscore at the end: `from_`, `copy_`.
6. Among members of one object, a name that is already taken gets a number: `name_2`.
7. A class is named after its definition, else after the title of its alternative, else
   after its member. Objects in a list are named after their title if it is one to three
   plain, specific words (`Output File`, not `LoRA` or `File Entry`) and no class has that
   name yet; else after their member, with its last word in the singular.

A name never depends on other documents, so it does not change if they are added or removed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache, lru_cache
from itertools import count
from typing import TYPE_CHECKING, Final

from runware_codegen.naming import reserved
from runware_codegen.problems import Path

if TYPE_CHECKING:
    from pluralizer import Pluralizer

_MAX_LENGTH: Final = 60
_ACRONYMS: Final = "AIR|API|CFG|NSFW|TTL|URI|URL|UUID"
_WORD: Final = re.compile(
    rf"(?:{_ACRONYMS})(?:s(?![a-z]))?\d*"
    r"|[A-Z]{2,}(?![a-z])\d*|[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[a-z][a-z\d]*|[A-Z]\d*|\d[a-z\d]*"
)
_LAST_WORD: Final = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+s?)\Z")
_IRREGULAR: Final = {"axis": "axes", "cache": "caches", "lens": "lenses"}
_UNCOUNTABLE: Final = ("canvas", "data", "media", "metadata", "species")
_MAX_TITLE_WORDS: Final = 3
_VAGUE: Final = reserved.listed("""
    data details element entry info item object record response result schema settings
    structure type value
    """)
"""Words that are too general to end the name of a class."""

_SPELLED: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"}
_DIGITS: Final = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)


def words(text: str) -> list[str]:
    """Split a name into lower-case ASCII words; `["x"]` if nothing is left."""
    plain = "".join(map(_ascii_character, text[: 4 * _MAX_LENGTH]))
    found = [word.lower() for word in _WORD.findall(plain)]
    if found and found[0][0].isdigit():
        found = _spelled_out(found[0]) + found[1:]
    return found or ["x"]


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
    rest = word.lstrip("0123456789")
    digits = word.removesuffix(rest)
    return [*(_DIGITS[int(digit)] for digit in digits), *filter(None, [rest])]


@lru_cache(2**12)
def snake_case(text: str) -> str:
    """Write a name in snake_case. It may be a reserved name."""
    return "_".join(words(text))[:_MAX_LENGTH].rstrip("_")


def pascal_case(text: str) -> str:
    """Write a name in PascalCase. It may be a reserved name."""
    return "".join(word.capitalize() for word in words(text))[:_MAX_LENGTH]


def module_name(text: str) -> str:
    """Name a module or package."""
    name = snake_case(text)
    return f"{name}_" if name in reserved.MODULES else name


def member_name(json_name: str, taken: Container[str], used: Container[str]) -> str:
    """Name a member of a class; the name differs from `taken` and from `used` names."""
    name = snake_case(json_name)
    name = f"{name}_" if name in used else name
    return numbered(name, taken, "_")


def class_name(text: str, taken: Container[str]) -> str:
    """Name a class of a module."""
    name = pascal_case(text)
    media = name.rstrip("0123456789") in reserved.MEDIA
    clashes = media or name in reserved.CLASSES
    return numbered(f"{name}_" if clashes else name, taken, "")


def is_class_title(title: str) -> bool:
    """Return whether the title of some objects is a good name for their class."""
    found = title.split()
    return (
        1 <= len(found) <= _MAX_TITLE_WORDS
        and title.isascii()
        and all(map(str.isalpha, found))
        and len(words(title)) == len(found)
        and found[-1].lower() not in _VAGUE
    )


def definition_name(path: Path, taken: Container[str]) -> str:
    """Name a predicate after the last name in the path of its schema."""
    named = [step for step in path if isinstance(step, str)]
    return numbered(f"is_{snake_case(named[-1])}", taken, "_")


@lru_cache(2**10)
def singular(name: str) -> str:
    """Return the singular of a plural name: `boundingBox` for `boundingBoxes`."""
    last = _LAST_WORD.search(name)
    if last is None:
        return name
    return f"{name[: last.start()]}{_pluralizer().singular(last[0])}"


@cache
def _pluralizer() -> Pluralizer:
    """Return the English rules, corrected for some words."""
    from pluralizer import Pluralizer  # noqa: PLC0415  # slow to import

    rules = Pluralizer()  # type: ignore[no-untyped-call]
    for word in _UNCOUNTABLE:
        rules.add_uncountable_rule(word)
    for one, many in _IRREGULAR.items():
        rules.add_irregular_rule(one, many)
    return rules


def numbered(name: str, taken: Container[str], joint: str) -> str:
    """Add the first number that makes a name unique, if it is taken."""
    if name not in taken:
        return name
    numbers = (f"{name}{joint}{number}" for number in count(2))
    return next(each for each in numbers if each not in taken)


@lru_cache(2**14)
def natural(name: str) -> tuple[str | tuple[bool, int, str], ...]:
    """Return the key that sorts names as ruff does: flux_2 before flux_10.

    Digits after a zero are a fraction.
    """
    parts: list[str | tuple[bool, int, str]] = [*re.split(r"([0-9]+)", name)]
    parts[1::2] = [_number(digits) for digits in re.findall(r"[0-9]+", name)]
    return tuple(parts)


def _number(digits: str) -> tuple[bool, int, str]:
    is_fraction = digits.startswith("0")
    return not is_fraction, 0 if is_fraction else int(digits), digits
