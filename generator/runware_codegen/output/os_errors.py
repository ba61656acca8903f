"""Turns errors of the operating system into problems."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Generator
from pathlib import Path

from runware_codegen.problems import InvalidInputError


@contextlib.contextmanager
def os_errors_as_problems(
    path: Path, state: str, *, other: str = ", or choose another --output"
) -> Generator[None]:
    """Raise an `OSError` as a problem.

    Args:
        path: The folder or the file that is written.
        state: A sentence about the state in which an error leaves it.
        other: What helps instead of permissions, as the end of a sentence.

    Raises:
        InvalidInputError: If an `OSError` is raised.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            remedy = f"Change the permissions{other}"
        elif error.errno in {errno.ENOSPC, errno.EDQUOT}:
            remedy = "Free some space and run this again"
        elif error.errno == errno.EXDEV:
            remedy = "Remove the folder: its file system cannot rename it"
        elif error.errno in {errno.EEXIST, errno.ENOTDIR}:
            remedy = f"Put a folder in place of this file{other}"
        elif error.errno == errno.ENAMETOOLONG:
            remedy = f"Use a shorter name{other}"
        else:
            remedy = "Fix this and run it again"
        reason = error.strerror or str(error)
        place = f" ({os.fsdecode(error.filename)})" if error.filename else ""
        message, remedy = f"{reason}{place}.", f"{remedy}. {state}"
        raise InvalidInputError.of(path, message, remedy) from error
