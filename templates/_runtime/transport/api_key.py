"""The API key, which only the server may see."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any, Final, NoReturn, cast
from urllib.parse import quote

from ..exceptions import RunwareError
from ..json_values import is_array, is_object

VARIABLE = "RUNWARE_API_KEY"

MIN_KEY_LENGTH: Final = 12
"""Minimum length of a key that is removed from texts; shorter keys are placeholders."""


class ApiKey:
    """An API key that is never part of a message, a `repr` or a pickle."""

    __slots__ = ("_shapes", "_text")

    def __init__(self, text: str | None = None) -> None:
        """Validate a key; None reads the environment variable RUNWARE_API_KEY.

        Raises:
            RunwareError: There is no key, or it has characters that are not allowed in a
                header.
            TypeError: The key is not a str.
        """
        if not isinstance(cast("object", text), str | None):
            kind, text = type(text).__name__, None
            raise TypeError(f"api_key must be a str, not {kind}")
        self._text = (os.environ.get(VARIABLE, "") if text is None else text).strip()
        text = None  # a report of an error may show the variables of this frame
        if not self._text:
            message = f"there is no API key. Pass api_key=..., or set {VARIABLE}"
            raise RunwareError(message)
        is_plain = self._text.isascii() and self._text.isprintable()
        if not is_plain or set(self._text) & set(' "\\'):
            raise RunwareError(
                "the API key contains characters that keys do not have (spaces, quotes, "
                "backslashes, or characters outside printable ASCII)"
            )
        self._shapes = (self._text, quote(self._text, safe=""))

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an API key cannot be pickled or copied. Create a new client from the key"
        )

    def header(self) -> dict[str, str]:
        """Return the key as an HTTP header."""
        return {"Authorization": f"Bearer {self._text}"}

    def encoded_task(self, **members: str) -> bytes:
        """Return the key as an authentication task, in JSON text."""
        task = {"taskType": "authentication", "apiKey": self._text, **members}
        return json.dumps(task).encode()

    def fingerprint(self, salt: str) -> str:
        """Return a short digest of the key and a salt."""
        return sha256(f"{salt.casefold()} {self._text}".encode()).hexdigest()[:16]

    def scrub(self, value: Any) -> Any:
        """Return a copy of a JSON value without the key.

        A placeholder stays, since it is no secret and may be a word of a message.
        """
        if len(self._text) < MIN_KEY_LENGTH:
            return value
        if isinstance(value, str):
            for shape in self._shapes:
                value = value.replace(shape, "[API key]")
            return value
        if is_object(value):
            items = value.items()
            return {self.scrub(name): self.scrub(member) for name, member in items}
        if is_array(value):
            return [self.scrub(member) for member in value]
        return value
