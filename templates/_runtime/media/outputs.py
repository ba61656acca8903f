"""Finds the outputs of a result.

An output is in a member such as `imageURL`, `imageBase64Data` or `imageDataURI`, named
after its medium; or in the member `url` of an object inside the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ..exceptions import DownloadError
from ..json_values import is_object, parts_within

_MEMBER: Final = re.compile("(.*?)(URL|Url|url|DataURI|Base64Data)")
_PREFERRED: Final = ("DataURI", "Base64Data", "URL", "Url", "url")
"""The endings of the names of outputs, by precedence: data in the result is first."""

_NO_OUTPUTS: Final = frozenset({"webhookURL"})
_UUID: Final = re.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


class Output(NamedTuple):
    """One output of a result.

    Attributes:
        form: The ending of the name of its member, such as "URL" or "Base64Data".
        text: The value of the member.
        uuid: Its own UUID; None if it has none.
    """

    form: str
    text: str
    uuid: str | None

    @property
    def is_url(self) -> bool:
        """Whether its value is a URL, not the data itself."""
        return self.form.lower() == "url" and not self.is_data_uri

    @property
    def is_data_uri(self) -> bool:
        """Whether its value is a data URI; the case of the scheme does not matter."""
        return self.text[:5].lower() == "data:"


def chosen_output(wire: Mapping[str, Any], name: str | None) -> Output:
    """Return the output with a name, or the only one.

    Raises:
        DownloadError: There is no such output, or there are several and no name.
    """
    found = _outputs(wire)
    if not found:
        members = ", ".join(map(str, wire)) or "nothing"
        raise DownloadError(
            f"this result has no output to save. Its members are: {members}"
        )
    if name is None and len(found) == 1:
        [only] = found.values()
        return only
    if name in found:
        return found[name]
    names = ", ".join(map(repr, found))
    if name is None:
        raise DownloadError(
            f"this result has several outputs. Select one with output=...: {names}"
        )
    raise DownloadError(f"this result has no output {name!r}. It has: {names}")


def _outputs(wire: Mapping[str, Any]) -> dict[str, Output]:
    """Return the outputs by name: `image` for imageURL, `outputs.files.0` for its url."""
    found: dict[str, Output] = {}
    for place, value in parts_within(wire):
        for name, output in _outputs_in(value) if is_object(value) else ():
            path = f"{place}.{name}" if place else name
            found.setdefault(path.rstrip(".") or output.form, output)
    return found


def _outputs_in(members: Mapping[str, Any]) -> Iterator[tuple[str, Output]]:
    """Yield the outputs among the members of an object, the preferred form first."""
    matches = [
        (match[1], match[2], value)
        for name, value in members.items()
        if (match := _MEMBER.fullmatch(name)) and name not in _NO_OUTPUTS
        if isinstance(value, str) and value
    ]
    matches.sort(key=lambda match: _PREFERRED.index(match[1]))
    for name, form, text in matches:
        uuid = members.get(f"{name}UUID" if name else "uuid")
        own = uuid if isinstance(uuid, str) and _UUID.fullmatch(uuid) else None
        yield name, Output(form, text, own)
