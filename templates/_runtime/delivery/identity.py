"""The identity of an item: equal for two copies of one result, and only for them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ..json_values import is_array, is_object

if TYPE_CHECKING:
    from ..transport.envelope import Item

Members: TypeAlias = tuple[tuple[str, str], ...]
"""Names of members, each with a text for its value, sorted."""


class Identity(NamedTuple):
    """The members that distinguish an item from the other items of its task.

    Attributes:
        own: Members that every copy of the item has: its UUIDs, else its URLs, else a
            digest; and its error.
        optional: Members that distinguish items with the same `own`, such as
            `resultIndex`. A copy may lack them.
    """

    own: Members
    optional: Members

    def is_same(self, other: Identity) -> bool:
        """Return whether both may be copies of one result: no member differs."""
        if self.own != other.own:
            return False
        theirs = dict(other.optional)
        return all(theirs.get(name, value) == value for name, value in self.optional)

    @property
    def has_uuid(self) -> bool:
        """Whether it has a UUID. UUIDs are unique to a result."""
        return any(name.lower().endswith("uuid") for name, _ in self.own)

    @property
    def is_digest(self) -> bool:
        """Whether it has no UUID and no URL, as that of a text."""
        return self.own[0][0] == _DIGEST


_DIGEST: Final = "digest"

_CHANGES: Final = frozenset(
    {
        *("cost", "costbreakdown", "finishreason", "nsfwcontent", "usage"),
        *("estimatedtime", "progress", "status", "tasktype", "taskuuid", "webhookurl"),
    }
)
"""Members, in lower case, that may change or that all results of a task share."""

_OF_ERRORS: Final = frozenset({"code", "error", "message", "parameter"})
"""Members that distinguish errors of a task."""

_INDEX: Final = frozenset({"resultIndex"})

_OF_RESULTS: Final = _INDEX | {
    *("reasoningContent", "seed", "structuredData", "structuredPrompt", "text"),
}
"""Members that distinguish results of a task with the same URLs."""

_TEXTS: Final = _OF_RESULTS | _OF_ERRORS
"""Members whose value is no URL of an output, even if it looks like one."""


def identity_of(item: Item) -> Identity:
    """Return the identity of an item among the items of its task.

    The identity consists of the item's UUIDs, including those inside its outputs, its
    index and its error. Without a UUID, it consists of URLs, seed, text and data; without
    a URL, of a digest of all members that do not change. The query of a URL is ignored,
    since its signature may change.

    It is the same in every process, and ignores `taskUUID`, members about the task's
    input, and members that may arrive later, such as `cost`. Unexpected members never
    raise an exception.
    """
    names = _names(item)
    uuids = [each for each in names if each[0].lower().endswith("uuid")]
    if not names:
        rest = {name: item[name] for name in item if name != "resultIndex"}
        return Identity(((_DIGEST, _digest(rest)),), _digests(item, _INDEX))
    optional = _INDEX if uuids else _OF_RESULTS
    own = (*(uuids or names), *_digests(item, _OF_ERRORS))
    return Identity(own, _digests(item, optional))


def is_copy(item: Item, other: Item) -> bool:
    """Return whether the members that two items have in common are equal."""
    names = frozenset(name for name in item.keys() & other.keys() if _counts(name))
    return bool(names) and _digests(item, names) == _digests(other, names)


def _digests(item: Item, names: frozenset[str]) -> Members:
    """Return the members of an item that have these names and are not null."""
    given = sorted(name for name in names if item.get(name) is not None)
    return tuple((name, _digest(item[name])) for name in given)


def _names(item: Item) -> list[tuple[str, str]]:
    """Return the UUIDs and URLs in an item, each with the name of its member."""
    found: list[tuple[str, str]] = []
    left: list[tuple[str, Any]] = [("", item)]
    while left:  # not recursive: an item may be nested deeper than the call stack
        name, value = left.pop()
        if isinstance(value, str):
            if _is_url(value) and name not in _TEXTS:
                found.append((name, _without_query(value)))
            elif name.lower().endswith("uuid"):
                found.append((name, value.lower()))
        elif is_object(value):
            left += [(str(n), part) for n, part in value.items() if _counts(n)]
        elif is_array(value):
            left += [(name, part) for part in value]
    return sorted(found)


def _counts(name: object) -> bool:
    lower = str(name).lower()
    return lower not in _CHANGES and not lower.startswith("input")


def _is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _digest(value: Any) -> str:
    """Return a digest of a JSON value, without the members that may change.

    Each part is hashed with its type and its length or number of parts, so that
    different values never produce the same bytes.
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
    """Return the type and text of a value. 1.0 equals 1; true does not."""
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
