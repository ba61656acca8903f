"""Accepted entries: known differences, which do not fail the command again.

A TOML file stores them by fingerprint, each with a reason and an expiry date.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runware_codegen import toml_files
from runware_codegen.diff.entries import Entry
from runware_codegen.documents.members import is_array, member
from runware_codegen.output import files
from runware_codegen.problems import InvalidInputError, json_pointer

_HEAD: Final = """\
# Written by `runware-codegen diff --accept`; reasons and dates may be edited.
version = 1
"""
_VERSION: Final = 1
_RESTORE: Final = "Restore it, or remove it and accept the entries again."
_TEXTS: Final = ("fingerprint", "entry", "document", "place", "change", "reason")


@dataclass(frozen=True, slots=True, order=True)
class Acceptance:
    """An accepted entry.

    Attributes:
        fingerprint: The fingerprint of the entry.
        entry: The kind of the entry.
        document: The identifier of the document.
        place: Its Python name, or empty.
        change: What has changed, in words.
        reason: Why it is accepted.
        expires: The last day of the acceptance, in UTC.
    """

    fingerprint: str
    entry: str
    document: str
    place: str
    change: str
    reason: str
    expires: dt.date


def read(path: Path) -> dict[str, Acceptance]:
    """Read a file of accepted entries, by their fingerprints; empty without a file.

    Raises:
        InvalidInputError: If the file is not valid.
    """
    if not os.path.lexists(path):
        return {}
    tree = toml_files.parse(toml_files.read(path, _RESTORE), path, _RESTORE)
    if tree.get("version") != _VERSION:
        raise _invalid(path, "The version is not 1", "/version")
    found: object = tree.get("accepted", [])
    tables: list[object] = found if is_array(found) else [None]
    accepted: dict[str, Acceptance] = {}
    for number, table in enumerate(tables):
        acceptance = _read(table)
        if acceptance is None:
            names = ", ".join(_TEXTS)
            message = f"An entry needs strings ({names}) and a date (expires)"
            raise _invalid(path, message, json_pointer(("accepted", number)))
        accepted[acceptance.fingerprint] = acceptance
    return accepted


def write(path: Path, accepted: Mapping[str, Acceptance]) -> None:
    """Write a file of accepted entries.

    Raises:
        InvalidInputError: If it cannot be written.
    """
    ordered = sorted(accepted.values(), key=lambda each: (each.document, each))
    files.write(path, "\n".join([_HEAD, *map(_written, ordered)]).encode())


def accept(
    entries: Iterable[Entry], reason: str, expires: dt.date
) -> dict[str, Acceptance]:
    """Accept entries until a day."""
    return {
        entry.fingerprint: Acceptance(
            fingerprint=entry.fingerprint,
            entry=entry.kind,
            document=entry.document,
            place=entry.python,
            change=entry.change,
            reason=reason,
            expires=expires,
        )
        for entry in entries
    }


def _read(table: object) -> Acceptance | None:
    texts = {n: text for n in _TEXTS if isinstance(text := member(table, n), str)}
    expires = member(table, "expires")
    if len(texts) != len(_TEXTS) or type(expires) is not dt.date:
        return None
    return Acceptance(**texts, expires=expires)


def _written(each: Acceptance) -> str:
    texts = [f"{name} = {toml_files.written(getattr(each, name))}" for name in _TEXTS]
    return "\n".join(["[[accepted]]", *texts, f"expires = {each.expires}", ""])


def _invalid(path: Path, message: str, pointer: str) -> InvalidInputError:
    return InvalidInputError.of(path, f"{message}.", _RESTORE, pointer=pointer)
