"""The identity of an item: equal for two deliveries of one result, and for no others."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..json_values import is_array, is_object

if TYPE_CHECKING:
    from ..transport.envelope import Item

Identity: TypeAlias = tuple[tuple[str, str], ...]
"""Names of members, each with a text for its value, sorted."""

_CHANGES: Final = frozenset(
    {
        *("cost", "costbreakdown", "finishreason", "nsfwcontent", "usage"),
        *("estimatedtime", "progress", "status", "tasktype", "taskuuid", "webhookurl"),
    }
)
"""Members, in lower case, that may change, or that all results of a task share."""

_NUMBERS: Final = frozenset({"code", "error", "message", "parameter", "resultIndex"})
"""Members that tell results of a task apart which have the same UUIDs."""

_TELLS: Final = _NUMBERS | {
    *("reasoningContent", "seed", "structuredData", "structuredPrompt", "text"),
}
"""Members that tell results of a task apart which have the same URLs."""


def identity_of(item: Item) -> Identity:
    """Return what tells an item from the other items of its task.

    That is its own UUIDs, also those inside its outputs, its index and its error. Without
    a UUID, it is its URLs, seed, text and data too; without a URL, a digest of all
    members that stay the same. A URL counts without its query, since a signature may be
    new each time.

    Args:
        item: The item as it came. Nothing odd in it is an error.

    Returns:
        A tuple that is the same in each process. `taskUUID`, members of the task's
        input, and what may be delivered later, such as `cost`, do not count.
    """
    names = sorted(_names(item))
    if not names:
        return (("digest", _digest(item)),)
    uuids = [each for each in names if each[0].lower().endswith("uuid")]
    telling = (_NUMBERS if uuids else _TELLS).intersection(item)
    more = [(name, _digest(item[name])) for name in telling if item[name] is not None]
    return (*(uuids or names), *sorted(more))


def has_uuid(identity: Identity) -> bool:
    """Return whether an identity holds a UUID, which no other result has."""
    return any(name.lower().endswith("uuid") for name, _ in identity)


def _names(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the UUIDs and URLs in an item, each with the name of its member."""
    left: list[tuple[str, Any]] = [("", item)]
    while left:  # an item may be nested deeper than Python can call
        name, value = left.pop()
        if is_object(value):
            left += ((str(n), part) for n, part in value.items() if _counts(n))
        elif is_array(value):
            left += ((name, part) for part in value)
        elif isinstance(value, str) and _is_url(value) and name not in _TELLS:
            yield name, _without_query(value)
        elif isinstance(value, str) and name.lower().endswith("uuid"):
            yield name, value.lower()


def _counts(name: object) -> bool:
    lower = str(name).lower()
    return lower not in _CHANGES and not lower.startswith("input")


def _is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _digest(value: Any) -> str:
    """Digest what stays the same of a JSON value.

    Each part is written with its type, and its length or the number of its parts, so
    that no two values are written alike.
    """
    digest = sha256(usedforsecurity=False)
    left = [value]
    while left:
        part = left.pop()
        if is_object(part):
            members = {str(n): m for n, m in part.items() if _counts(n)}
            names = sorted(n for n, m in members.items() if m is not None)
            _write(digest, f"object {len(names)}")
            for name in reversed(names):
                left += (members[name], name)
        elif is_array(part):
            _write(digest, f"array {len(part)}")
            left += reversed(part)
        else:
            _write(digest, *_scalar(part))
    return digest.hexdigest()


def _scalar(value: Any) -> tuple[str, str]:
    """Return the type of a value and its text; 1.0 is 1, and true is not."""
    if isinstance(value, str):
        return "string", value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int:
        return "integer", hex(value)  # str() refuses thousands of digits
    return "other", repr(value)


def _write(digest: Any, kind: str, text: str = "") -> None:
    content = text.encode("utf-8", "surrogatepass")
    digest.update(b"%b %d:" % (kind.encode(), len(content)))
    digest.update(content)
