"""Makes results from the schemas that documents have for them."""

from __future__ import annotations

import base64
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runware_codegen.mock.catalog import choices, resolved
from runware_codegen.mock.items import (
    array_of,
    is_array,
    object_of,
    text_of,
)
from runware_codegen.mock.media import FILE_TYPES, file_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from runware_codegen.mock.catalog import ModelSchema, Schema
    from runware_codegen.mock.items import Item

_SUFFIXES = {"image": "png", "video": "mp4", "audio": "mp3", "3d": "glb"}
"""The suffix of a file of each medium where the task does not say its format."""

_VIDEO_FORMATS = ("MP4", "MOV", "WEBM")

_OF_MEDIUM = re.compile("(image|video|audio|media)(UUID|URL|Base64Data|DataURI)")
"""Members for an output of one medium."""

_FORMS = {"URL": "URL", "Base64Data": "base64Data", "DataURI": "dataURI"}
"""How the names of outputs end, and the `outputType` that orders each."""

_OF_FAILURES = ("error", "errors")
"""Members that only a failure has."""

_TEXT = (
    "a quiet harbour at dawn where boats lie still and gulls wait for the light "
    "to reach the water and the first bell to ring "
)

_HIGHEST_SEED = 2**32

_DEEPEST = 8
"""Levels below which nothing is there that may be missing: a schema may have no end."""


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One item that is to be made.

    Attributes:
        task: The task, as it was sent.
        schema: Its document.
        index: Which of the task's items it is, from 0.
        attempt: How often the task was run before.
        seed: Where random numbers begin, together with the task and the index.
        base_url: Where the mock's files are, without a slash at the end.
    """

    task: Item
    schema: ModelSchema
    index: int
    attempt: int
    seed: int
    base_url: str


def make_result(spec: ItemSpec) -> Item:
    """Make an item that its schema allows, the same each time for the same spec."""
    whole = _Maker(spec, sparing=False).item()
    if spec.schema.result_validator.is_valid(whole):
        return whole
    return _Maker(spec, sparing=True).item()


def own_uuids(item: Item) -> Item:
    """The members that name an item, and not its task or what the task was given."""
    names = (name for name in item if name.endswith("UUID"))
    return {n: item[n] for n in names if not n.startswith(("task", "input"))}


def item_id(item: Item, task_uuid: str, index: int) -> str:
    """Name an item: by its own UUID, else by its task's and its place."""
    own = own_uuids(item)
    names = (text_of(own, name) for name in own)
    file = next(iter(array_of(object_of(item, "outputs"), "files")), None)
    return next(names, "") or text_of(file, "uuid") or f"{task_uuid}#{index}"


class _Maker:
    """Makes the values of one item.

    Args:
        spec: What is to be made.
        sparing: Leave out whatever may be missing.
    """

    def __init__(self, spec: ItemSpec, *, sparing: bool) -> None:
        self._spec = spec
        self._root = spec.schema.result
        self._sparing = sparing
        uuid = text_of(spec.task, "taskUUID").casefold()
        start = f"{spec.seed}/{uuid}/{spec.attempt}/{spec.index}"
        self._random = random.Random(start)  # noqa: S311  # repeatable, not secret
        self._file_uuid = self._uuid()

    def item(self) -> Item:
        """Make the item."""
        schema = self._merged(self._root)
        if not object_of(schema, "properties"):
            schema = {**schema, "properties": self._usual()}
        item = self._object(schema, ())
        task_type = self._spec.schema.task_type
        scope = {"taskType": task_type, "taskUUID": self._spec.task.get("taskUUID")}
        return {n: v for n, v in (scope | item).items() if v is not None}

    def _usual(self) -> Schema:
        """The members of a result whose document does not name them."""
        medium = self._medium()
        noun = "file" if medium == "3d" else medium
        return {
            f"{noun}UUID": {"type": "string", "format": "uuid"},
            f"{noun}URL": {"type": "string", "format": "uri"},
            "cost": {"type": "number"},
        }

    # -- any value ------------------------------------------------------------

    def _value(self, schema: object, path: tuple[str, ...]) -> Any:
        whole = self._merged(schema)
        if listed := choices(whole):
            return listed[0]
        if "default" in whole:
            return whole["default"]
        for alternatives in ("oneOf", "anyOf"):
            if whole.get(alternatives):
                rest = {n: v for n, v in whole.items() if n != alternatives}
                return self._value({**rest, **whole[alternatives][0]}, path)
        makers: dict[str, Callable[[Schema, tuple[str, ...]], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._text,
            "integer": self._integer,
            "number": self._number,
            "boolean": _no,
            "null": _nothing,
        }
        return makers[_json_type(whole)](whole, path)

    def _merged(self, schema: object) -> Schema:
        """A schema with what `allOf` adds."""
        whole = resolved(schema, self._root)
        for part in array_of(whole, "allOf"):
            more = self._merged(part)
            both = object_of(whole, "properties") | object_of(more, "properties")
            required = array_of(whole, "required") + array_of(more, "required")
            whole = {**more, **whole, "properties": both, "required": required}
        return {name: value for name, value in whole.items() if name != "allOf"}

    def _object(self, schema: Schema, path: tuple[str, ...]) -> Item:
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        wanted = (n for n in properties if n in required or self._wants(n, path))
        made = {name: self._value(properties[name], (*path, name)) for name in wanted}
        if path == ("usage",) and (not properties or "totalTokens" in properties):
            return self._usage()
        unknown = (name for name in required if name not in properties)
        return made | {name: self._value({}, (*path, name)) for name in unknown}

    def _usage(self) -> Item:
        read, written = (self._random.randint(1, 500) for _ in range(2))
        counts = {"promptTokens": read, "completionTokens": written}
        return counts | {"totalTokens": read + written}

    def _wants(self, name: str, path: tuple[str, ...]) -> bool:
        """Whether an optional member is to be there."""
        if path:
            return not self._sparing and len(path) < _DEEPEST
        if self._is_of_another_medium(name):
            return False
        if name == "tools":
            return "tools" in self._spec.task
        for ending, output_type in _FORMS.items():
            if name.endswith(ending):
                return output_type == self._output_type
        if name == "cost":
            return self._spec.task.get("includeCost") is True
        if name == "usage" and "includeUsage" in self._spec.task:
            return self._spec.task["includeUsage"] is True
        return not self._sparing and name not in _OF_FAILURES

    def _is_of_another_medium(self, name: str) -> bool:
        """Whether a member is an output of a medium that this result does not have."""
        names = object_of(self._root, "properties")
        media = {m[1] for m in map(_OF_MEDIUM.fullmatch, names) if m}
        found = _OF_MEDIUM.fullmatch(name)
        medium = self._medium()
        return found is not None and medium in media and found[1] != medium

    def _array(self, schema: Schema, path: tuple[str, ...]) -> list[Any]:
        least = 1 if self._wants("", path) else 0
        count = max(least, schema.get("minItems", 0))
        item = (*path, "")
        return [self._value(schema.get("items", {}), item) for _ in range(count)]

    # -- numbers --------------------------------------------------------------

    def _integer(self, schema: Schema, path: tuple[str, ...]) -> int:
        if path == ("resultIndex",):
            return self._spec.index
        if path[-1:] == ("seed",):
            given = self._spec.task.get("seed")
            drawn = self._random.randrange(_HIGHEST_SEED)
            return given + self._spec.index if isinstance(given, int) else drawn
        return int(self._number({**schema, "multipleOf": 1}, path))

    def _number(self, schema: Schema, path: tuple[str, ...]) -> float:
        if path == ("cost",):
            return self._spec.schema.price
        step = schema.get("multipleOf", 0)
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + (step or 1))
        most = schema.get("maximum", schema.get("exclusiveMaximum", least + 100))
        value = self._random.uniform(least, min(most, least + 100))
        aligned = round(value / step) * step if step else round(value, 3)
        return float(min(max(aligned, least), most))

    # -- text -----------------------------------------------------------------

    def _text(self, schema: Schema, path: tuple[str, ...]) -> str:
        name = path[-1] if path else ""
        if name == "taskUUID":
            return text_of(self._spec.task, "taskUUID")
        if name in self._spec.task and "format" not in schema:
            return str(self._spec.task[name])
        if schema.get("format") == "uuid" or name.endswith(("UUID", "uuid")):
            if path[1:]:  # one of several files, whose address comes after it
                self._file_uuid = self._uuid()
            return self._file_uuid
        return self._output(name, schema) or self._words(schema)

    def _output(self, name: str, schema: Schema) -> str:
        """An output in the form that its name says; empty for what is none."""
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
        words = (_TEXT * 2).split()
        start = self._random.randrange(len(words) // 2)
        count = self._random.randint(8, len(words) // 2)
        text = " ".join(words[start : start + count])
        text = text.ljust(schema.get("minLength", 0), ".")
        return text[: schema.get("maxLength", len(text))]

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    # -- what the task orders -------------------------------------------------

    @property
    def _output_type(self) -> str:
        given = text_of(self._spec.task, "outputType")
        return given or self._default("outputType") or "URL"

    def _suffix(self) -> str:
        given = text_of(self._spec.task, "outputFormat")
        wanted = (given or self._default("outputFormat")).casefold()
        suffix = {"jpeg": "jpg"}.get(wanted, wanted)
        return suffix if suffix in FILE_TYPES else _SUFFIXES[self._medium()]

    def _default(self, name: str) -> str:
        """What the document says of a parameter that is not given."""
        properties = object_of(self._spec.schema.task, "properties")
        return text_of(object_of(properties, name), "default")

    def _medium(self) -> str:
        """What is made: the medium that the result, or else the task type, names first.

        It is a video where the result may be one and the task orders or gives one.
        """
        names = [*object_of(self._root, "properties"), self._spec.schema.task_type]
        found = [
            medium
            for name in names
            for medium in _SUFFIXES
            if re.match(medium, name, re.IGNORECASE)
        ]
        first = next(iter(found), "image")
        task = self._spec.task
        if text_of(task, "outputFormat"):
            is_video = text_of(task, "outputFormat") in _VIDEO_FORMATS
        else:
            is_video = first == "image" and "video" in object_of(task, "inputs")
        return "video" if is_video and "video" in found else first


def _no(_schema: Schema, _path: tuple[str, ...]) -> bool:
    return False


def _nothing(_schema: Schema, _path: tuple[str, ...]) -> None:
    return None


def _json_type(schema: Schema) -> str:
    """The type of a value to make."""
    given = schema.get("type")
    if is_array(given):
        kinds = [str(kind) for kind in given if kind != "null"]
        return kinds[0] if kinds else "null"
    if isinstance(given, str):
        return given
    return "object" if "properties" in schema else "string"
