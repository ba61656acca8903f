"""The API key, which is shown to the server and to nobody else."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any, Final, NoReturn
from urllib.parse import quote

from ..exceptions import RunwareError
from ..json_values import is_array, is_object

VARIABLE = "RUNWARE_API_KEY"


SHORTEST_KEY: Final = 12
"""Characters from which a text is hidden as a key: shorter ones are placeholders."""


class ApiKey:
    """An API key that no message, `repr` or pickle gives away."""

    __slots__ = ("_shapes", "_text")

    def __init__(self, text: str | None = None) -> None:
        """Take a key, or the one in the environment.

        Args:
            text: The key; None reads it from the environment variable RUNWARE_API_KEY.

        Raises:
            RunwareError: There is no key, or it holds a sign that no header takes.
        """
        key = (os.environ.get(VARIABLE, "") if text is None else text).strip()
        if not key:
            message = f"there is no API key: give api_key=… or set {VARIABLE}"
            raise RunwareError(message)
        if not key.isascii() or not key.isprintable() or set(key) & set(' "\\'):
            message = (
                "the API key holds a space, a quote or another sign that no key has"
            )
            raise RunwareError(message)
        self._text = key
        self._shapes = (key, quote(key, safe=""))

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def __reduce__(self) -> NoReturn:
        message = (
            "an API key is not pickled or copied: make the client anew from its key"
        )
        raise TypeError(message)

    def header(self) -> dict[str, str]:
        """The key as an HTTP header."""
        return {"Authorization": f"Bearer {self._text}"}

    def encoded_task(self, **members: str) -> bytes:
        """The key as the task that stands first in an array of tasks, as JSON text."""
        task = {"taskType": "authentication", "apiKey": self._text, **members}
        return json.dumps(task).encode()

    def fingerprint(self, salt: str) -> str:
        """A short text that is the same for the same key and salt, and tells neither."""
        digest = sha256(f"{salt.casefold()} {self._text}".encode())
        return digest.hexdigest()[:16]

    def scrub(self, value: Any) -> Any:
        """A copy of a JSON value in which nothing repeats the key.

        A placeholder is no secret, and may be a word of a message.
        """
        if len(self._text) < SHORTEST_KEY:
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
