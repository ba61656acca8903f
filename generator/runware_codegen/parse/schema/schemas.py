"""The schemas of a document, and the targets of their references.

JSON Schema core §8 (https://json-schema.org/draft/2020-12/json-schema-core): `$id`
starts a resource, `$anchor` names a schema in it, `$ref` refers to a schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin

from runware_codegen.documents import JsonObject, JsonValue
from runware_codegen.documents.members import object_of
from runware_codegen.parse.schema.encoding import may_contain
from runware_codegen.parse.schema.vocabulary import subschemas
from runware_codegen.problems import InvalidInputError, Path, json_pointer

_ANCHORS = ("$anchor", "$dynamicAnchor")
_IDENTIFIERS = ("$id", *_ANCHORS)
_INDEX = re.compile("0|[1-9][0-9]{0,8}")
_NEAR = 3
"""Down to this depth, a schema is skipped if it contains no `$id` or anchor. At greater
depths, that search would repeat too often."""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A part of the document that an `$id` identifies, with its own anchors.

    Attributes:
        uri: Its absolute URI; empty for the document itself.
        root: The value that the URI identifies.
        path: The path of the root in the document.
    """

    uri: str
    root: JsonValue
    path: Path


@dataclass(slots=True, unsafe_hash=True)
class Schema:
    """A schema and its place in the document. It never changes.

    It is not frozen: that would take longer, for hundreds of schemas of each document.

    Attributes:
        node: The schema as written: an object, or a boolean.
        path: The keys and indexes from the document's root to the schema.
        resource: The resource that contains it.
        joined: The schemas in its `allOf`, if it is not in the document itself.
        keywords: The keywords; empty for a boolean schema.
    """

    node: JsonObject | bool = field(compare=False)
    path: Path
    resource: Resource = field(compare=False)
    joined: tuple[Schema, ...] = field(default=(), compare=False)
    keywords: JsonObject = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.keywords = self.node if isinstance(self.node, dict) else {}

    @property
    def places(self) -> tuple[Path, ...]:
        """Where the document has it: its path, or the paths of what it joins."""
        return tuple(each.path for each in self.joined) or (self.path,)

    def child(self, *steps: str | int) -> Schema:
        """Return the schema at some keys and indexes below this one."""
        if self.joined:
            return self.joined[int(steps[-1])]  # it has no other keyword than `allOf`
        node: JsonValue = self.node
        for step in steps:
            node = _step(node, step)
        return _at(node, (*self.path, *steps), self.resource)

    def children(self) -> Iterator[Schema]:
        """Yield every schema directly below this one."""
        yield from self.joined
        for steps, node in () if self.joined else subschemas(self.keywords):
            yield _at(node, (*self.path, *steps), self.resource)


def _step(node: JsonValue, step: str | int) -> JsonValue:
    if isinstance(node, dict) and isinstance(step, str):
        return node[step]
    if isinstance(node, list) and isinstance(step, int):
        return node[step]
    raise KeyError(step)


def _at(node: JsonValue, path: Path, resource: Resource) -> Schema:
    if not isinstance(node, (dict, bool)):
        raise KeyError(path)
    identifier = node.get("$id") if isinstance(node, dict) else None
    if isinstance(identifier, str) and path != resource.path:
        uri = _joined(resource.uri, identifier.partition("#")[0])
        resource = Resource(uri, node, path)
    return Schema(node, path, resource)


def _joined(base: str, uri: str) -> str:
    """Join two URIs; the second is kept if one of them is malformed."""
    try:
        return urljoin(base, uri)
    except ValueError:
        return uri


class Schemas:
    """The schemas of one document."""

    def __init__(self, source: str, tree: JsonObject) -> None:
        self.source = source
        self._document = Resource("", tree, ())
        self._whole = Schema(tree, (), self._document)
        self._resources: dict[str, Resource] = {"": self._document}
        self._anchors: dict[tuple[str, str], Schema] = {}
        for path in _roots(tree):
            self._index(self.at(path))

    def at(self, path: Path) -> Schema:
        """Return the schema at a place of the document.

        Raises:
            KeyError: If there is no schema at this place.
        """
        return self._whole.child(*path)

    def target(self, schema: Schema) -> Schema:
        """Return the target of the `$ref` of a schema.

        Raises:
            InvalidInputError: If the target is not a schema of the document.
        """
        reference = str(schema.keywords["$ref"])
        uri, _, fragment = reference.partition("#")
        resource = schema.resource
        if uri:
            found = self._resources.get(_joined(resource.uri, uri))
            if found is None:
                raise self._no_target(schema, "points outside of the document")
            resource = found
        # Without a URI, a pointer may also start at the root of the document.
        for candidate in (resource,) if uri else (resource, self._document):
            if (target := self._find(candidate, unquote(fragment))) is not None:
                return target
        raise self._no_target(schema, "points to nothing")

    def _find(self, resource: Resource, fragment: str) -> Schema | None:
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((resource.uri, fragment))
        if not fragment and not resource.path:
            return None  # the whole document is not a schema
        try:
            return _follow(resource, fragment)
        except (KeyError, IndexError):
            return None

    def _no_target(self, schema: Schema, reason: str) -> InvalidInputError:
        return InvalidInputError.of(
            self.source,
            f"The reference {schema.keywords['$ref']!r} {reason}.",
            "Refer to a schema of the same document, such as "
            "#/components/schemas/Name.",
            pointer=json_pointer((*schema.path, "$ref")),
        )

    def _index(self, root: Schema) -> None:
        stack = [root]
        while stack:
            schema = stack.pop()
            near = len(schema.path) <= len(root.path) + _NEAR
            if near and not may_contain(schema.node, *_IDENTIFIERS):
                continue
            if schema.path == schema.resource.path:
                self._resources.setdefault(schema.resource.uri, schema.resource)
            for keyword in _ANCHORS:
                name = schema.keywords.get(keyword)
                if isinstance(name, str):
                    self._anchors.setdefault((schema.resource.uri, name), schema)
            stack.extend(schema.children())


def _roots(tree: JsonObject) -> Iterator[Path]:
    for name, schema in object_of(object_of(tree, "components"), "schemas").items():
        if isinstance(schema, (dict, bool)):
            yield ("components", "schemas", name)


def _follow(resource: Resource, pointer: str) -> Schema:
    node, path = resource.root, resource.path
    for raw in pointer.split("/")[1:]:
        name = raw.replace("~1", "/").replace("~0", "~")
        is_index = isinstance(node, list) and _INDEX.fullmatch(name)
        step = int(name) if is_index else name
        node, path = _step(node, step), (*path, step)
        if isinstance(node, dict):
            resource = _at(node, path, resource).resource
    return _at(node, path, resource)
