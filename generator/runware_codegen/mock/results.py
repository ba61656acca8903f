"""Makes results from the schemas of documents."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Any
from uuid import UUID

from jsonschema_rs import meta

from runware_codegen.documents.members import (
    array_of,
    is_array,
    is_object,
    member,
    object_of,
    text_of,
)
from runware_codegen.formats import EXAMPLES
from runware_codegen.mock.catalog import ModelSchema, Schema, choices, merged
from runware_codegen.mock.items import Item
from runware_codegen.mock.media import FILE_TYPES, file_of

_SUFFIXES = {"image": "png", "video": "mp4", "audio": "mp3", "3d": "glb"}
"""The default suffix of the files of each medium."""

_VIDEO_FORMATS = ("MP4", "MOV", "WEBM", "MKV")

_OF_MEDIUM = re.compile("(image|video|audio|media)(UUID|URL|Base64Data|DataURI)")
"""Names of members with an output: the medium, then the form."""

_FORMS = {"URL": "URL", "Base64Data": "base64Data", "DataURI": "dataURI"}
"""The endings of the names of outputs, and the `outputType` of each."""

_ERROR_MEMBERS = ("error", "errors")

_TEXT = (
    "a quiet harbour at dawn where boats lie still and gulls wait for the light "
    "to reach the water and the first bell to ring "
)

_ANY_REPLY = {"type": "object", "properties": {"reply": {"type": "string"}}}
"""The schema of a reply in JSON for which a task has none."""

_FOUND = 25
"""The number of items that a search finds, on all of its pages."""

_HIGHEST_SEED = 2**32

_DEEPEST = 8
"""Below this depth, optional members are omitted: a schema may be recursive."""

_ENDLESS = 32
"""Below this depth, values are null: the schema has no finite value."""

_MOST = 10_000
"""Maximum number of items and of padding characters in a result."""


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """The specification of one item.

    Attributes:
        task: The task, as it was sent.
        schema: Its document.
        index: The index of the item in the task.
        attempt: The number of earlier runs of the task.
        seed: The seed of random numbers, combined with the task and the index.
        base_url: The URL of the mock's files, without a slash at the end.
    """

    task: Item
    schema: ModelSchema
    index: int
    attempt: int
    seed: int
    base_url: str


def make_result(spec: ItemSpec) -> Item:
    """Make an item that satisfies its schema; equal specs give equal items."""
    whole = _Maker(spec, minimal=False).item()
    if spec.schema.result_validator.is_valid(whole):
        return whole
    return _Maker(spec, minimal=True).item()


def json_text(spec: ItemSpec) -> str:
    """Return JSON text that is made from the `jsonSchema` of a task.

    It is an empty object if that is no schema, refers to another one, or has no value.
    """
    given = spec.task.get("jsonSchema", _ANY_REPLY)
    try:
        schema = json.loads(given) if isinstance(given, str) else given
        meta.validate(schema)
        reply = replace(spec, task={}, schema=replace(spec.schema, result=schema))
        return json.dumps(_Maker(reply, minimal=False).value())
    except (KeyError, ValueError, OverflowError, RecursionError):
        return "{}"


def own_uuids(item: Item) -> Item:
    """Return the UUIDs of an item, without those of its task and of its inputs."""
    names = (name for name in item if name.endswith("UUID"))
    return {n: item[n] for n in names if not n.startswith(("task", "input"))}


def item_id(item: Item, task_uuid: str, index: int) -> str:
    """Return the identifier of an item: its UUID, else the task's UUID and its index."""
    own = own_uuids(item)
    file = next(iter(array_of(object_of(item, "outputs"), "files")), None)
    first = text_of(own, next(iter(own), ""))
    return first or text_of(file, "uuid") or f"{task_uuid}#{index}"


class _Maker:
    """Makes the values of one item.

    Args:
        spec: The specification.
        minimal: Whether to omit optional members.
    """

    def __init__(self, spec: ItemSpec, *, minimal: bool) -> None:
        self._spec = spec
        self._root = spec.schema.result
        self._schema = merged(self._root, self._root)
        self._minimal = minimal
        self._left = _MOST
        uuid = text_of(spec.task, "taskUUID").casefold()
        start = f"{spec.seed}/{uuid}/{spec.attempt}/{spec.index}"
        self._random = random.Random(start)  # noqa: S311  # repeatable, not secret
        self._file_uuid = self._uuid()

    def item(self) -> Item:
        """Make the item."""
        schema = self._schema
        if not object_of(schema, "properties"):
            schema = {**schema, "properties": self._default_schema()}
        item = self._object(schema, ())
        task_type = self._spec.schema.task_type
        scope = {"taskType": task_type, "taskUUID": self._spec.task.get("taskUUID")}
        return {n: v for n, v in (scope | item).items() if v is not None}

    def value(self) -> Any:
        """Make a value of the schema, which need not be an item."""
        return self._value(self._root, ("",))

    def _default_schema(self) -> Schema:
        """Return the schema of a result if its document declares no members."""
        medium = self._medium()
        noun = "file" if medium == "3d" else medium
        return {
            f"{noun}UUID": {"type": "string", "format": "uuid"},
            f"{noun}URL": {"type": "string", "format": "uri"},
            "cost": {"type": "number"},
        }

    # -- any value ------------------------------------------------------------

    def _value(self, schema: object, path: tuple[str, ...]) -> Any:
        if len(path) > _ENDLESS:
            return None
        whole = merged(schema, self._root)
        if listed := choices(whole):
            return listed[0]
        if "default" in whole:
            return whole["default"]
        for alternatives in ("oneOf", "anyOf"):
            if branches := array_of(whole, alternatives):
                rest = {n: v for n, v in whole.items() if n != alternatives}
                objects = filter(is_object, branches)  # others are true or false
                each = [{**rest, **branch} for branch in objects] or [rest]
                return self._value(self._branch(each, path), path)
        makers: dict[str, Callable[[Schema, tuple[str, ...]], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._text,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _path: False,
            "null": lambda _schema, _path: None,
        }
        return makers[_json_type(whole)](whole, path)

    def _branch(self, branches: list[Schema], path: tuple[str, ...]) -> Schema:
        """Return the first alternative, or deep inside, the first that needs no parts."""
        if len(path) < _DEEPEST:
            return branches[0]
        return next(filter(self._needs_no_parts, branches), branches[0])

    def _needs_no_parts(self, schema: Schema) -> bool:
        whole = merged(schema, self._root)
        needed = {"object": "required", "array": "minItems"}.get(_json_type(whole))
        return needed is None or not whole.get(needed)

    def _object(self, schema: Schema, path: tuple[str, ...]) -> Item:
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        wanted = (n for n in properties if n in required or self._includes(n, path))
        made = {name: self._value(properties[name], (*path, name)) for name in wanted}
        if path == ("usage",) and (not properties or "totalTokens" in properties):
            return self._usage()
        unknown = (name for name in required if name not in properties)
        return made | {name: self._value({}, (*path, name)) for name in unknown}

    def _usage(self) -> Item:
        prompt, completion = (self._random.randint(1, 500) for _ in range(2))
        counts = {"promptTokens": prompt, "completionTokens": completion}
        return counts | {"totalTokens": prompt + completion}

    def _includes(self, name: str, path: tuple[str, ...]) -> bool:
        """Return whether an optional member is included."""
        if path:
            return not self._minimal and len(path) < _DEEPEST
        if self._is_of_another_medium(name):
            return False
        if name == "tools":
            return "tools" in self._spec.task
        for ending, output_type in _FORMS.items():
            if name.endswith(ending):
                return output_type == self._output_type
        if name == "cost":
            return self._spec.task.get("includeCost") is True
        return not self._minimal and name not in _ERROR_MEMBERS

    def _is_of_another_medium(self, name: str) -> bool:
        """Return whether a member is an output of another medium."""
        names = object_of(self._schema, "properties")
        media = {m[1] for m in map(_OF_MEDIUM.fullmatch, names) if m}
        found = _OF_MEDIUM.fullmatch(name)
        medium = self._medium()
        return found is not None and medium in media and found[1] != medium

    def _array(self, schema: Schema, path: tuple[str, ...]) -> list[Any]:
        wanted = min(int(self._includes("", path)), schema.get("maxItems", 1))
        count = int(max(wanted, schema.get("minItems", 0)))
        if path == ("results",) and "offset" in self._parameters:
            count = self._page_size()
        item = (*path, "")
        items = range(self._within(count))
        return [self._value(schema.get("items", {}), item) for _ in items]

    def _within(self, count: float) -> int:
        """Return a number of items or characters, or what is left of `_MOST`."""
        most = int(min(count, self._left))
        self._left -= most
        return most

    def _page_size(self) -> int:
        """Return the number of found items on the page that the task requests."""
        limit, offset = self._given("limit"), self._given("offset")
        return max(0, min(int(limit or _FOUND), _FOUND - int(offset or 0)))

    # -- numbers --------------------------------------------------------------

    def _integer(self, schema: Schema, path: tuple[str, ...]) -> int:
        if path == ("resultIndex",):
            return self._spec.index
        if path == ("totalResults",):
            return _FOUND
        if path[-1:] == ("seed",):
            given = self._spec.task.get("seed")
            drawn = self._random.randrange(_HIGHEST_SEED)
            if isinstance(given, int | float):  # 7.0 is an integer in JSON
                return int(given) + self._spec.index
            return drawn
        step = schema.get("multipleOf", 1)
        return int(self._number({**schema, "multipleOf": max(step, 1)}, path))

    def _number(self, schema: Schema, path: tuple[str, ...]) -> float:
        if path == ("cost",):
            return self._spec.schema.price
        step = schema.get("multipleOf", 0.001)
        least = schema.get("minimum", schema.get("exclusiveMinimum", -step) + step)
        most = schema.get("maximum", schema.get("exclusiveMaximum", inf) - step)
        first, last = ceil(least / step), floor(min(most, least + 100) / step)
        return round(float(step * self._random.randint(min(first, last), last)), 6)

    # -- text -----------------------------------------------------------------

    def _text(self, schema: Schema, path: tuple[str, ...]) -> str:
        name = path[-1] if path else ""
        if name == "taskUUID":
            return text_of(self._spec.task, "taskUUID")
        if path == ("text",) and text_of(self._spec.task, "outputFormat") == "JSON":
            return json_text(self._spec)
        if name in self._spec.task and "format" not in schema:
            return str(self._spec.task[name])
        if schema.get("format") == "uuid" or name.endswith(("UUID", "uuid")):
            if name.startswith("input"):
                return self._uuid()
            if path[1:]:  # the UUID of one of several files, before its URL
                self._file_uuid = self._uuid()
            return self._file_uuid
        return self._output(name, schema) or self._words(schema)

    def _output(self, name: str, schema: Schema) -> str:
        """Return an output in the form of its name; empty for other members."""
        file_name = f"{self._file_uuid}.{self._suffix()}"
        if name.endswith("Base64Data"):
            return base64.b64encode(file_of(file_name)[0]).decode()
        if name.endswith("DataURI"):
            data, media_type = file_of(file_name)
            return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
        if name.casefold().endswith("url") or schema.get("format") == "uri":
            return f"{self._spec.base_url}/files/{file_name}"
        return ""

    def _words(self, schema: Schema) -> str:
        if example := EXAMPLES.get(schema.get("format", "")):
            return example
        words = (_TEXT * 2).split()
        start = self._random.randrange(len(words) // 2)
        count = self._random.randint(8, len(words) // 2)
        text = " ".join(words[start : start + count])
        text += "." * self._within(max(0, schema.get("minLength", 0) - len(text)))
        return text[: int(schema.get("maxLength", len(text)))]

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    # -- parameters of the task -----------------------------------------------

    @property
    def _output_type(self) -> str:
        return self._given("outputType") or "URL"

    def _suffix(self) -> str:
        wanted = str(self._given("outputFormat")).casefold()
        suffix = {"jpeg": "jpg"}.get(wanted, wanted)
        return suffix if suffix in FILE_TYPES else _SUFFIXES[self._medium()]

    @property
    def _parameters(self) -> Schema:
        return object_of(self._spec.schema.task, "properties")

    def _given(self, name: str) -> Any:
        """Return the value of a parameter, or its default."""
        default = member(self._parameters.get(name), "default")
        return self._spec.task.get(name, default)

    def _medium(self) -> str:
        """Return the first medium that the names of the result or the task type begin with.

        It is a video if the result may be a video and the task requests or contains one.
        """
        names = [*object_of(self._schema, "properties"), self._spec.schema.task_type]
        prefixes = [re.match("|".join(_SUFFIXES), n, re.IGNORECASE) for n in names]
        found = [prefix[0].lower() for prefix in prefixes if prefix]
        first = found[0] if found else "image"
        task = self._spec.task
        if text_of(task, "outputFormat"):
            is_video = text_of(task, "outputFormat") in _VIDEO_FORMATS
        else:
            is_video = first == "image" and "video" in object_of(task, "inputs")
        return "video" if is_video and "video" in found else first


def _json_type(schema: Schema) -> str:
    """Return the JSON type of the value to make."""
    given = schema.get("type")
    if is_array(given):
        kinds = [str(kind) for kind in given if kind != "null"]
        return kinds[0] if kinds else "null"
    if isinstance(given, str):
        return given
    return "object" if "properties" in schema else "string"
