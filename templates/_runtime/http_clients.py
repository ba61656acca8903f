"""Checks HTTP clients of callers."""

from __future__ import annotations

from typing import TypeVar

ClientT = TypeVar("ClientT")


def checked_client(http_client: object, kind: type[ClientT]) -> ClientT | None:
    """Return the HTTP client of the caller, or None.

    Raises:
        TypeError: It is not of the kind that the client uses.
    """
    if http_client is None or isinstance(http_client, kind):
        return http_client
    given = f"{type(http_client).__module__}.{type(http_client).__qualname__}"
    message = f"http_client must be an httpx2.{kind.__name__}, not {given}"
    raise TypeError(message)
