"""Reads YAML 1.2 as a JSON value.

The value is built from nodes. The values that ruamel.yaml builds have no size limit, and
include values that JSON does not have, such as dates, sets, merged mappings and objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from runware_codegen.documents.values import (
    MAX_DEPTH,
    TOO_DEEP,
    Fault,
    FaultyObject,
    MalformedError,
    RawValue,
    duplicate_key,
    no_json_value,
    read_float,
    read_integer,
    shown,
)
from runware_codegen.documents.yaml_nodes import (
    MAX_CHARACTERS,
    MAX_VALUES,
    compose,
    place,
    too_large,
)

# The core schema: YAML 1.2.2, section 10.3.2.
_PLAIN_SCALARS: dict[re.Pattern[str], Callable[[str], RawValue]] = {
    re.compile("null|Null|NULL|~|"): lambda _: None,
    re.compile("true|True|TRUE"): lambda _: True,
    re.compile("false|False|FALSE"): lambda _: False,
    re.compile("[-+]?[0-9]+"): read_integer,
    re.compile("0o[0-7]+"): lambda text: read_integer(text[2:], base=8),
    re.compile("0x[0-9a-fA-F]+"): lambda text: read_integer(text[2:], base=16),
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"): read_float,
    re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"): no_json_value,
}
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def read_yaml(text: str) -> RawValue:
    """Read a YAML text that holds one document.

    Args:
        text: The whole text, without a byte order mark.

    Returns:
        The JSON value of the document, with a `Fault` or a `FaultyObject` in place of an
        invalid value. Aliases are expanded: no part of the value is shared.

    Raises:
        MalformedError: If the text is not YAML 1.2, has more than one document, or is too
            large or too deep with its aliases expanded.
    """
    root = compose(text)
    return None if root is None else _Reader().read(root)


class _Reader:
    """Reads nodes as JSON values, and counts them."""

    def __init__(self) -> None:
        self._values = 0
        self._characters = 0

    def read(self, node: Any, depth: int = 0) -> RawValue:
        """Return the value of a node inside of `depth` collections."""
        self._count(node)
        if isinstance(node.value, str):
            return _scalar(node)
        if depth >= MAX_DEPTH:
            message = f"{TOO_DEEP.message} {place(node.start_mark)}"
            raise MalformedError(message, TOO_DEEP.remedy)
        if node.tag is not None:
            return _tagged(node)
        if node.id == "mapping":
            return self._object(node, depth)
        return [self.read(item, depth + 1) for item in node.value]

    def _object(self, node: Any, depth: int) -> RawValue:
        members: dict[str, RawValue] = {}
        faults: list[Fault] = []
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if isinstance(key, Fault):
                faults.append(key)
                key = key_node.value
            elif key in members:
                faults.append(duplicate_key(key, f" {place(key_node.start_mark)}"))
            members[key] = self.read(value_node, depth + 1)
        return FaultyObject(members, faults) if faults else members

    def _key(self, node: Any) -> str | Fault:
        where = place(node.start_mark)
        if not isinstance(node.value, str):
            message = f"a key is a collection, not a string {where}"
            raise MalformedError(message, "write every key as a string")
        self._count(node)
        key = _scalar(node)
        if not isinstance(key, str | Fault):
            text = shown(node.value)
            message = f"the key {text} is not a string without quotes {where}"
            return Fault(message, "write the key in quotes")
        if key == "<<" and node.style is None:
            return Fault(
                f"YAML 1.2 has no merge keys {where}",
                "write the members out, or write the key in quotes if it is a string:"
                ' "<<"',
            )
        return key

    def _count(self, node: Any) -> None:
        self._values += 1
        self._characters += len(node.value) if isinstance(node.value, str) else 0
        if self._values > MAX_VALUES or self._characters > MAX_CHARACTERS:
            raise too_large(f" {place(node.start_mark)}")


def _scalar(node: Any) -> RawValue:
    if node.tag is not None:
        return _tagged(node)
    text: str = node.value
    if node.style is not None:
        return _SURROGATE_PAIR.sub(_join_pair, text)
    for pattern, read in _PLAIN_SCALARS.items():
        if pattern.fullmatch(text):
            value = read(text)
            if isinstance(value, Fault):
                return Fault(f"{value.message} {place(node.start_mark)}", value.remedy)
            return value
    return text


def _tagged(node: Any) -> Fault:
    return Fault(
        f"the tag {shown(node.tag)} has no meaning in JSON {place(node.start_mark)}",
        "remove the tag, and write strings in quotes",
    )


def _join_pair(pair: re.Match[str]) -> str:
    # JSON writes a character beyond U+FFFF as two escapes, which YAML does not combine.
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
