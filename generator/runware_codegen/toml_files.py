"""Reads TOML files: settings, locks, accepted entries."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

from runware_codegen.problems import InvalidInputError, without_conflict


def read(file: Path, remedy: str) -> bytes:
    """Read a regular file; reading a pipe would block.

    Raises:
        InvalidInputError: If it is not a regular file, or cannot be read.
    """
    try:
        if stat.S_ISREG(file.stat().st_mode):
            return file.read_bytes()
        message = "It cannot be read: it is not a file."
    except OSError as error:
        message = f"It cannot be read: {error.strerror or error}."
    raise InvalidInputError.of(file, message, remedy)


def decoded(content: bytes, file: Path, remedy: str) -> str:
    """Decode a text.

    Raises:
        InvalidInputError: If it is not UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError:
        message = "It cannot be read: it is not UTF-8."
        raise InvalidInputError.of(file, message, remedy) from None


def parse(content: bytes, file: Path, remedy: str) -> dict[str, Any]:
    """Parse the content of a TOML file.

    Raises:
        InvalidInputError: If it is not valid TOML.
    """
    text = decoded(content, file, remedy)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        message = f"It cannot be read: {error}."
    except RecursionError:
        message = "It cannot be read: its arrays or tables are nested too deeply."
    raise InvalidInputError.of(file, message, without_conflict(text, remedy))


def written(value: object) -> str:
    """Write a string or a list of strings as TOML: JSON, except for one character.

    Raises:
        InvalidInputError: If it is not Unicode; arguments of a command may not be.
    """
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "A file of TOML cannot contain this text."
        remedy = "Write it in UTF-8."
        raise InvalidInputError.of(ascii(value), message, remedy) from None
    return text
