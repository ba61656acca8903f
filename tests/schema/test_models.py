"""Emitted classes are correct pydantic models: pydantic's features work with them."""

from __future__ import annotations

import copy
import enum
import json
import math
import os
import pickle
import random
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jsonschema_rs
import pytest
from pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)

from loopback import SPECS, pickled
from making import (
    SIMPLE,
    TASK_UUID,
    a_document,
    a_task,
    generated,
    simple_document,
    simple_task,
)
from near import Judge, Tasks
from runware_codegen.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

IMAGE = "https://example.com/a.png"
ITEM = {
    "taskType": "imageInference",
    "taskUUID": TASK_UUID,
    "imageURL": IMAGE,
    "seed": "odd",
    "beyond": None,
}
WRITTEN = {"JSON": {"by_alias": True}, "Python": {"by_alias": False}}
READ = {
    "JSON": {},
    "Python": {"by_name": True, "by_alias": False},
}


@pytest.fixture(scope="module")
def module(image_inference: ModuleType) -> ModuleType:
    name = f"{image_inference.__name__}.image_inference"
    return import_module(name)


@pytest.fixture
def request_(module: ModuleType) -> Any:
    return module.ImageInferenceRequest(
        model="runware:101@1",
        positive_prompt="a chair",
        width=512,
        height=512.0,
        cfg_scale=3.5,
        inputs={"seed_image": IMAGE},
        hires_fix=True,
        lora=[module.Lora(model="a:1@1", weight=1)],
        settings={"deep": [{"x": None}]},
        extra={"megapixels": 3},
    )


def _made(request: Any) -> list[Any]:
    """Return a request, parts of it, and a result with an invalid member."""
    result = request.read(ITEM)
    return [request, request.inputs, request.lora[0], result]


# -- pydantic reads its own output ----------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", WRITTEN)
def test_what_is_written_is_read(request_: Any, names: str) -> None:
    for made in _made(request_):
        cls = type(made)
        outer = create_model("Outer", a=(cls, ...), b=(list[cls | int], ...))
        around = outer(a=made, b=[made, 1])
        readers: list[tuple[Any, Any]] = [
            (made, cls),
            (around, outer),
        ]
        for whole, kind in readers:
            adapter = TypeAdapter(kind)
            again = [
                kind.model_validate(whole.model_dump(**WRITTEN[names])),
                kind.model_validate_json(whole.model_dump_json(**WRITTEN[names])),
                adapter.validate_python(adapter.dump_python(whole, **WRITTEN[names])),
                adapter.validate_json(adapter.dump_json(whole, **WRITTEN[names])),
            ]
            if names == "Python":
                dumped = whole.model_dump()
                again.append(kind.model_validate(dumped, **READ["Python"]))
            for each in again:
                assert each == whole
                back = each if kind is cls else each.a
                assert back.to_wire() == made.to_wire()


def test_a_dump_has_what_was_set(request_: Any) -> None:
    for made in _made(request_):
        assert made.model_dump(by_alias=True) == made.to_wire()
        assert json.loads(made.model_dump_json(by_alias=True)) == made.to_wire()
    assert type(request_)(**request_.model_dump(exclude_unset=True)) == request_


def test_copies_and_pickles_are_equal(request_: Any) -> None:
    for made in _made(request_):
        for again in (
            pickled(made),
            copy.copy(made),
            copy.deepcopy(made),
            made.model_copy(),
        ):
            assert again == made
            assert hash(again) == hash(made)
            assert again.to_wire() == made.to_wire()


def test_the_name_of_a_member_is_not_the_wire_name_of_another(tmp_path: Path) -> None:
    text = {"type": "string"}
    names = {"myWord": text, "my_word": text, "MyWord": text}
    inside = {"type": "object", "properties": names, "additionalProperties": False}
    document = a_document({"properties": {**names, "inside": inside}})
    module = generated(tmp_path, {"sample.json": document}, package="near_wires")
    cls = import_module(f"{module.__name__}.tasks.image_inference.sample").SampleRequest
    words = {"myWord": "a", "my_word": "b", "MyWord": "c"}
    made = cls.from_wire({**cls().to_wire(), **words, "inside": words})
    assert (made.my_word, made.inside.my_word) == ("b", "b")
    assert cls(**made.model_dump()) == made
    assert cls.model_validate(made.model_dump(), by_name=True) == made
    assert cls.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_null_is_told_from_nothing_and_no_number_is_too_long(tmp_path: Path) -> None:
    properties = {"style": {"type": ["string", "null"]}, "size": {"type": "integer"}}
    document = a_document({"properties": properties, "additionalProperties": False})
    package = generated(tmp_path, {"one.json": document}, package="nullable_client")
    cls = package.request_class("imageInference", "test:sample@1")
    for task in (a_task(), a_task(style=None), a_task(style="x", size=1)):
        made = package.parse_request(task)
        assert made.to_wire() == task
        assert made.model_dump(by_alias=True) == task
        assert cls.model_validate_json(made.model_dump_json()).to_wire() == task
    with pytest.raises(ValidationError, match="must not be null: leave it out"):
        package.parse_request(a_task(size=None))
    with pytest.raises(ValidationError, match="should be a valid string"):
        package.parse_request(a_task(taskUUID=None))
    most = 10**4300 - 1  # Python writes no longer integer as JSON
    assert package.parse_request(a_task(size=most)).size == most
    for size in (most + 1, -most - 1):
        with pytest.raises(ValidationError, match="at most 4300 digits"):
            package.parse_request(a_task(size=size))


def test_a_constructor_creates_the_uuid_that_its_document_accepts(
    tmp_path: Path,
) -> None:
    text = {"type": "string"}
    accepted: dict[str, dict[str, Any]] = {
        "text": text,
        "uuid": {**text, "format": "uuid"},
        "length": {**text, "minLength": 36, "maxLength": 36},
        "pattern": {**text, "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"},
        "nullable": {"type": ["string", "null"], "format": "uuid"},
        "untyped": {},
        "either": {"oneOf": [{**text, "format": "uuid"}, {**text, "maxLength": 8}]},
        "constrained": {**text, "not": {"const": "x"}},
    }
    refused = {
        "short": {**text, "maxLength": 8},
        "digits": {**text, "pattern": "^[0-9]+$"},
        "other": {"oneOf": [{**text, "maxLength": 8}, {"type": "null"}]},
        "object": {"oneOf": [text, {"type": "object", "properties": {"a": text}}]},
    }
    documents = {
        f"{name}.json": simple_document(name, {"properties": {"inner": inner}})
        for name in (*accepted, *refused)
        for inner in [{"type": "object", "properties": {"taskUUID": text}}]
    }
    for name, schema in (accepted | refused).items():
        task = documents[f"{name}.json"]["components"]["schemas"]["RequestBody"][
            "items"
        ]
        task["properties"]["taskUUID"] = schema
        task["properties"]["inner"]["required"] = ["taskUUID"]
    package = generated(tmp_path, documents, package="own_uuids_client")
    for name in accepted:
        cls = package.request_class(SIMPLE, f"test:{name}@1")
        first, second = cls().to_wire(), cls().to_wire()
        assert UUID(first["taskUUID"]).version == 4
        assert first["taskUUID"] != second["taskUUID"]
        with pytest.raises(ValidationError, match="Field required"):
            cls(inner={})  # the UUID of another task
    for name in refused:
        with pytest.raises(ValidationError, match="Field required"):
            package.request_class(SIMPLE, f"test:{name}@1")()


def test_a_constructor_sets_members_with_one_value(tmp_path: Path) -> None:
    only: dict[str, Any] = {
        f"{type(each).__name__}{number}": each
        for number, each in enumerate(["v1", True, 7, 2**70, 1.0, 0.07, None])
    }
    constants = {name: {"const": each} for name, each in only.items()}
    document = a_document({"properties": constants, "required": [*only]})
    package = generated(tmp_path, {"one.json": document}, package="constants_client")
    made = package.request_class("imageInference", "test:sample@1")()
    sent = {name: made.to_wire()[name] for name in only}
    assert repr(sent) == repr(only)  # 1.0 is not 1
    assert package.parse_request(made.to_wire()) == made
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task())
    assert caught.value.error_count() == len(only)


# -- JSON Schema ----------------------------------------------------------------


def _classes(package: ModuleType) -> Iterator[type[BaseModel]]:
    for document in package.documents():
        module = sys.modules[document.request.__module__]
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


@pytest.mark.parametrize("by_alias", [True, False])
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_each_class_has_a_json_schema(
    shipped: ModuleType, mode: Any, *, by_alias: bool
) -> None:
    for cls in _classes(shipped):
        schema = cls.model_json_schema(mode=mode, by_alias=by_alias)
        jsonschema_rs.validator_for(schema)
        for name, member in schema.get("properties", {}).items():
            assert member.get("title") or "$ref" in member, (cls, name)
            assert member.get("description"), (cls, name)
            assert "default" not in member


def _validator_of(cls: type[BaseModel]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(cls.model_json_schema(), validate_formats=True)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.json")), ids=lambda p: p.stem)
def test_a_json_schema_accepts_what_its_class_accepts(
    shipped: ModuleType, path: Path
) -> None:
    judge = Judge(path)
    validator_of = cache(_validator_of)
    tasks = [*Tasks(judge, random.Random(path.name)).near(100)]
    for task in filter(judge.allows, tasks):
        validator = validator_of(type(shipped.parse_request(task)))
        assert validator.is_valid(task), [*validator.iter_errors(task)][:2]


@pytest.mark.parametrize(
    "members",
    [{"width": 0}, {"width": "1"}, {"width": None}, {"webhookURL": "x"}, {"lora": []}],
)
def test_a_json_schema_refuses_what_breaks_a_limit(
    request_: Any, members: dict[str, Any]
) -> None:
    validator = _validator_of(type(request_))
    assert validator.is_valid(request_.to_wire())
    assert not validator.is_valid({**request_.to_wire(), **members})


# -- objects and the JSON that is sent ------------------------------------------


def test_what_a_subclass_changes_is_sent(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        model: str = "runware:101@1"
        note: str = Field(default="mine", exclude=True)
        _seen: int = PrivateAttr(default=0)

        @field_validator("positive_prompt")
        @classmethod
        def _strip(cls, value: str) -> str:
            return value.strip()

    mine = Mine(positive_prompt=" a chair ")
    mine._seen += 1
    assert mine._seen == 1
    assert mine.positive_prompt == "a chair"
    assert mine.to_wire() == {
        "taskType": "imageInference",
        "taskUUID": mine.task_uuid,
        "model": "runware:101@1",
        "positivePrompt": "a chair",
    }
    for options in ({}, {"exclude_unset": True}):
        assert mine.model_dump(by_alias=True, **options) == mine.to_wire()


def test_a_default_of_a_subclass_is_validated(module: ModuleType) -> None:
    class Wrong(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        width: int = "wide"
        height: int = 512

    with pytest.raises(ValidationError, match="width"):
        Wrong(model="runware:101@1")


# -- only JSON is accepted ------------------------------------------------------


class _Side(enum.IntEnum):
    LONG = 512


class _Size(enum.StrEnum):
    LARGE = "1K"


class _Format(enum.Enum):
    PNG = "PNG"


class _Scalar:
    """A number type of another library."""

    def __init__(self, number: float) -> None:
        self._number = number

    def __float__(self) -> float:
        return self._number


class _Whole(_Scalar):
    def __index__(self) -> int:
        return int(self._number)


class _Several(_Whole):
    def __len__(self) -> int:
        return 1


NUMBERS = {
    "enum": (_Side.LONG, 512),
    "text enum": (_Size.LARGE, "1K"),
    "whole": (_Whole(512), 512),
    "float": (_Scalar(0.5), 0.5),
    "decimal": (Decimal(512), 512),
    "tenth": (Decimal("0.1"), 0.1),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_what_is_a_number_becomes_one(module: ModuleType, case: str) -> None:
    given, expected = NUMBERS[case]
    make = module.ImageInferenceRequest
    settings = {"x": [given]}
    made = make(model="a:1@1", settings=settings, extra={"megapixels": given})
    assert made.to_wire()["settings"] == {"x": [expected]}
    for value in (made.settings.x[0], made.to_wire()["megapixels"]):
        assert value == expected
        assert type(value) is type(expected)
    if isinstance(expected, int):
        wire = make(model="a:1@1", width=given, height=given).to_wire()
        assert type(wire["width"]) is int


def test_an_error_says_to_give_the_value_of_a_member_of_an_enum(
    module: ModuleType,
) -> None:
    names = ("output_format", "width", "lora", "new")
    members = {**dict.fromkeys(names, _Format.PNG), "settings": {"x": _Format.PNG}}
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(
            model="a:1@1", number_results=_Side.LONG, **members
        )
    said = {error["loc"][0]: error["msg"] for error in caught.value.errors()}
    hint = ": give the value of the enum member"
    assert {name for name, words in said.items() if words.endswith(hint)} == {*members}
    assert hint not in said["number_results"]


@pytest.mark.parametrize(
    "value",
    [
        datetime.now(UTC),
        {1, 2},
        object(),
        math.nan,
        math.inf,
        b"x",
        Decimal("0.12345678901234567890123"),
        Decimal("Infinity"),
        {1: 2},
        (1, 2),
        _Several(512),
        "\ud800",
        {"\udfff": 1},
        10**4300,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_json_is_refused_by_its_place(
    module: ModuleType, value: Any
) -> None:
    for members, place in (
        ({"settings": {"x": [value]}}, ("settings", "x", 0)),
        ({"extra": {"megapixels": value}}, ("megapixels",)),
    ):
        with pytest.raises(ValidationError, match="must be JSON, but") as caught:
            module.ImageInferenceRequest(model="a:1@1", **members)
        [error] = caught.value.errors()
        assert error["loc"] == place
        assert not re.search(r"\ba [aeio]", error["msg"])


def test_a_request_is_nested_128_levels_at_most(module: ModuleType) -> None:
    make = module.ImageInferenceRequest
    wire = make(model="a:1@1").to_wire()
    for build in (
        lambda value: make(model="a:1@1", extra={"new": value}),
        lambda value: make(model="a:1@1").replace(extra={"new": value}),
        lambda value: make.from_wire({**wire, "new": value}),
        lambda value: make.model_validate({**wire, "settings": {"x": [value]}}),
        lambda value: make.model_validate({**wire, "settings": {"x": {"y": value}}}),
    ):
        build(_nested(127))
        for levels in (128, 10_000):
            with pytest.raises(ValidationError, match="nested more than 128 levels"):
                build(_nested(levels))


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_an_object_in_a_new_member_is_sent_as_json(module: ModuleType) -> None:
    part = module.Outpaint(top=64)
    extra = {"new": [part], "none": None}
    made = module.ImageInferenceRequest(model="a:1@1", extra=extra, steps=None)
    beyond = {"new": [{"top": 64}], "none": None}
    assert made.to_wire().items() >= beyond.items()
    assert made.replace(steps=None).extra == made.extra == beyond
    assert made.replace(extra={"new": None}).to_wire()["new"] is None


# -- equality, copies -----------------------------------------------------------


def test_members_cannot_be_assigned(module: ModuleType, request_: Any) -> None:
    result = module.ImageInferenceResult.model_validate({})
    for made, way in ((request_, "replace"), (result, "model_copy")):
        with pytest.raises(AttributeError, match=rf"is immutable. Use {way}\(\) to"):
            made.seed = 1
        with pytest.raises(AttributeError, match=rf"is immutable. Use {way}\(\) to"):
            del made.seed
    assert request_ != 5


def test_equal_requests_have_equal_hashes(module: ModuleType) -> None:
    make = module.ImageInferenceRequest
    one = make(task_uuid=TASK_UUID, model="a:1@1", width=512, height=512)
    other = make(height=512.0, width=512.0, model="a:1@1", task_uuid=TASK_UUID)
    assert one == other
    assert len({one, other}) == 1


def test_a_copy_with_other_values_is_validated(
    module: ModuleType, request_: Any
) -> None:
    def copied(**members: Any) -> Any:
        return request_.model_copy(update=members)

    updates: list[Callable[..., Any]] = [
        copied,
        request_.__replace__,
        request_.replace,
    ]
    for update in updates:
        assert update(steps=3).to_wire()["steps"] == 3
        assert "width" not in update(width=None, height=None).to_wire()
        assert update(steps=3).megapixels == 3
        with pytest.raises(ValidationError, match="steps"):
            update(steps=0)
    assert request_.model_copy(update={"steps": 3}).task_uuid == request_.task_uuid
    assert module.Outpaint(top=64).__replace__(top=0).to_wire() == {"top": 0}
    for replace in (request_.replace, request_.__replace__):  # copy.replace in 3.13
        assert replace(steps=3).task_uuid != request_.task_uuid
        for name in ("task_uuid", "taskUUID"):
            assert replace(**{name: TASK_UUID}).task_uuid == TASK_UUID
            with pytest.raises(ValidationError, match="must be a UUID"):
                replace(**{name: "1"})


def test_a_pickle_of_another_version_is_validated(request_: Any) -> None:
    """A queue may have it while a new version of the package is deployed."""
    text = pickle.dumps(request_.replace(steps=29), protocol=0)
    for old, new, told in (
        (b"I29\n", b"I0\n", "steps\n"),
        (b"Vsteps\n", b"Vstepps\n", "stepps\n"),
    ):
        assert old in text
        with pytest.raises(ValidationError, match=told):
            pickle.loads(text.replace(old, new))  # noqa: S301  # our own


def test_a_cached_property_of_a_subclass_is_not_sent(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        @cached_property
        def pixels(self) -> int:
            return 3

    made = Mine(model="a:1@1", positive_prompt="dusk")
    assert made.pixels == made.replace(steps=3).pixels == 3
    for again in (made.replace(steps=3), copy.copy(made)):
        assert "pixels" not in again.to_wire()


# -- misspelt keywords ----------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"positive_promt": "x"}, "did you mean positive_prompt"),
        ({"widht": 3}, "did you mean width"),
        ({"number_images": 3}, 'pass extra={"number_images": ...}'),
        ({"extra": {"positiveprompt": "x"}}, "did you mean positive_prompt"),
        (
            {"positive_prompt": "x", "positivePrompt": "y"},
            "is given twice, as 'positive_prompt' and as 'positivePrompt'",
        ),
        (
            {"positive_prompt": "x", "extra": {"positivePrompt": "y"}},
            "is given twice, as 'positive_prompt' and as 'positivePrompt'",
        ),
    ],
)
def test_a_misspelt_keyword_is_refused(
    module: ModuleType, members: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(model="a:1@1", **members)
    assert said in str(caught.value)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert len(shown) == 1, "pytest shows more than this call"


@pytest.mark.parametrize("method", ["replace", "__replace__", "model_copy"])
@pytest.mark.parametrize(
    "members",
    [
        {"output_type": "URL", "outputType": "dataURI"},
        {"outputType": "URL", "output_type": None},
        {"output_type": "URL", "extra": {"outputType": "dataURI"}},
        {"outputType": "URL", "extra": {"output_type": "dataURI"}},
    ],
)
def test_a_copy_refuses_a_member_under_two_names(
    module: ModuleType, method: str, members: dict[str, Any]
) -> None:
    made = module.ImageInferenceRequest(model="a:1@1", output_type="URL")
    given = {"update": members} if method == "model_copy" else members
    with pytest.raises(ValidationError) as caught:
        getattr(made, method)(**given)
    assert "is given twice, as 'output_type' and as 'outputType'" in str(caught.value)


def test_an_error_shortens_a_keyword(module: ModuleType) -> None:
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(model="a:1@1", **{"x_" + "y" * 9999: 1})
    assert len(str(caught.value)) < 1000


def test_a_copy_takes_either_name_of_a_member(module: ModuleType) -> None:
    made = module.ImageInferenceRequest(model="a:1@1", steps=20)
    uuid = "0220f305-996a-4bc6-9497-663c54708670"
    for members in ({"taskUUID": uuid}, {"extra": {"taskUUID": uuid}}):
        assert made.replace(**members).task_uuid == uuid


def test_json_may_have_unknown_members(shipped: ModuleType, request_: Any) -> None:
    for name in ("widht", "puLID", "cfgScale", "my_own"):
        task = {**request_.to_wire(), name: 3}
        made = shipped.parse_request(task)
        assert made.to_wire() == pickled(made).to_wire() == task
        again = made.model_copy(update={"steps": 7})
        assert again.to_wire() == {**task, "steps": 7}
    with pytest.raises(ValidationError, match="is given twice"):
        shipped.parse_request({**task, "positive_prompt": "x"})
    del task["positivePrompt"]
    with pytest.raises(ValidationError, match="did you mean positivePrompt"):
        shipped.parse_request({**task, "positive_prompt": "x"})


def test_extra_is_read_back_and_kept_by_a_copy(module: ModuleType) -> None:
    made = module.ImageInferenceRequest(model="a:1@1", extra={"megapixels": 3})
    assert made.extra == made.replace(steps=20).extra == {"megapixels": 3}
    copied = made.replace(extra={"new_word": 1})
    assert copied.extra == {"megapixels": 3, "new_word": 1}
    assert copied.to_wire()["new_word"] == 1
    with pytest.raises(ValidationError, match="did you mean positive_prompt"):
        made.replace(extra={"positiveprompt": "x"})


def test_json_may_have_the_python_name_of_a_member(tmp_path: Path) -> None:
    member = {"type": ["string", "null"]}
    document = simple_document("names", {"properties": {"URL": member}})
    package = generated(tmp_path, {"any.json": document}, package="python_names")
    for members in ({"url": 3}, {"url": 3, "URL": "x"}, {"url": 3, "URL": None}):
        task = simple_task("names", **members)
        made = package.parse_request(task)
        assert made.to_wire() == pickled(made).to_wire() == task
        again = made.model_copy(update={"url": "y"})
        assert again.to_wire() == {**task, "URL": "y"}


def test_a_parameter_without_a_name(shipped: ModuleType, module: ModuleType) -> None:
    """The error names the class that the program called, not one of its base classes."""
    message = import_module(f"{shipped.__name__}.tasks.text_inference").Message
    for called in (module.ImageInferenceRequest, message):
        with pytest.raises(TypeError, match=f"^{called.__name__} takes .* by name$"):
            called("user")


def test_extra_is_an_object(module: ModuleType) -> None:
    with pytest.raises(TypeError, match="extra must be a dict, not list"):
        module.ImageInferenceRequest(model="a:1@1", extra=[1])


def test_extra_is_not_given_beside_the_same_keyword(module: ModuleType) -> None:
    with pytest.raises(TypeError, match="width is given twice"):
        module.ImageInferenceRequest(model="a:1@1", width=512, extra={"width": 3})
    made = module.ImageInferenceRequest(
        model="a:1@1", extra={"taskUUID": "0220f305-996a-4bc6-9497-663c54708670"}
    )
    assert made.task_uuid == "0220f305-996a-4bc6-9497-663c54708670"


# -- names of the input in errors -----------------------------------------------


def test_errors_have_the_names_that_were_given(
    shipped: ModuleType, module: ModuleType, request_: Any
) -> None:
    places = []
    for make in (
        lambda: module.ControlNet(model="a:1@1", weight=9),
        lambda: module.ImageInferenceRequest(model="a:1@1", mask_margin=1),
        lambda: shipped.parse_request({**request_.to_wire(), "maskMargin": 1}),
    ):
        with pytest.raises(ValidationError) as caught:
            make()
        places.append([error["loc"] for error in caught.value.errors()])
    assert places == [
        [("guide_image",), ("weight",)],
        [("mask_margin",)],
        [("maskMargin",)],
    ]


_PAIR = "width and height go together: give both or neither"


@pytest.mark.parametrize(
    ("members", "places"),
    [
        ({"steps": "x", "width": 512}, ["steps", "width"]),
        ({"output_format": "BMP", "width": 512}, ["output_format", "width"]),
        ({"steps": "x", "widht": 512, "height": 512}, ["steps", "widht"]),
        ({"width": 512, "height": "x"}, ["height"]),
        ({"model": None, "width": 512}, ["model", "width"]),
        ({"inputs": {"seed_image": 3}, "strength": 0.5}, ["inputs.seed_image"]),
    ],
)
def test_an_error_has_the_rules_about_valid_members(
    module: ModuleType, members: dict[str, Any], places: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(**{"model": "a:1@1", **members})
    named = [".".join(map(str, error["loc"])) for error in caught.value.errors()]
    assert named == places
    assert (_PAIR in str(caught.value)) == ("width" in places)


def test_a_rule_that_reads_a_missing_member_is_not_judged(shipped: ModuleType) -> None:
    task = {"taskType": "mediaStorage", "taskUUID": TASK_UUID, "media": "x"}
    with pytest.raises(ValidationError) as caught:
        shipped.parse_request(task)
    assert [error["loc"] for error in caught.value.errors()] == [("operation",)]


def test_a_rule_that_reads_a_missing_member_hides_no_other(tmp_path: Path) -> None:
    texts = {name: {"type": "string"} for name in ("kind", "size", "seed", "mask")}
    needs_size = {
        "if": {"properties": {"kind": {"const": "x"}}},
        "then": {"required": ["size"]},
    }
    pair = {"dependentRequired": {"seed": ["mask"]}}
    members = {"properties": texts, "required": ["kind"]}
    document = simple_document("hides", {**members, "allOf": [needs_size, pair]})
    package = generated(tmp_path, {"any.json": document}, package="hides_no_rule")
    for kind, place in (({}, "kind"), ({"kind": 3}, "kind"), ({"kind": "x"}, "size")):
        with pytest.raises(ValidationError) as caught:
            package.parse_request(simple_task("hides", seed="y", **kind))
        named = [error["loc"] for error in caught.value.errors()]
        assert named == [(place,), ("seed",)]


def test_a_rule_that_cannot_read_a_missing_member_hides_no_error(
    tmp_path: Path,
) -> None:
    number = {"type": "integer"}
    box = {"type": "object", "properties": {"a": number, "b": number}}
    ones = {"properties": {"a": {"const": 1}, "b": {"const": 1}}, "required": ["a"]}
    members = {
        "properties": {"size": number, "box": box, "seed": number},
        "required": ["size", "box"],
    }
    reads = {
        "number": {"size": {"multipleOf": 8}},
        "object": {"box": ones},
    }
    documents = {
        f"{name}.json": simple_document(name, {**members, "not": {"properties": read}})
        for name, read in reads.items()
    }
    package = generated(tmp_path, documents, package="unread_client")
    for name in reads:
        with pytest.raises(ValidationError) as caught:
            package.parse_request(simple_task(name))
        found = [error["loc"] for error in caught.value.errors()]
        assert found == [("size",), ("box",)]


def test_a_name_that_is_no_text_is_refused(module: ModuleType, request_: Any) -> None:
    task: dict[Any, Any] = {**request_.to_wire(), 3: 3}
    with pytest.raises(ValidationError, match="Keys should be strings"):
        module.ImageInferenceRequest.model_validate(task)


# -- parts are exported beside their request ------------------------------------


def test_parts_are_imported_where_their_request_is(shipped: ModuleType) -> None:
    package = import_module(f"{shipped.__name__}.tasks.text_inference")
    module = import_module(f"{package.__name__}.text_inference")
    assert "Message" in package.__all__
    for name in package.__all__:
        assert getattr(package, name).__name__.rsplit(".", 1)[-1] == name
    assert package.Message is module.Message


def test_the_package_of_a_task_type_is_imported_on_first_use(tmp_path: Path) -> None:
    documents = {"any.json": a_document({}, model="test:any@1")}
    package = generated(tmp_path, documents, package="package_on_first_use")
    assert package.tasks.image_inference.__name__ in sys.modules
    names = dir(package.tasks)
    assert "image_inference" in names
    assert len(names) == len(set(names))
    assert not hasattr(package.tasks, "other")


def test_a_part_is_offered_where_one_document_has_its_name(tmp_path: Path) -> None:
    both, part = (
        {"type": "object", "properties": {member: {"type": "string"}}}
        for member in "ab"
    )
    documents = {
        f"{name}.json": a_document(
            {"properties": {"both": both, name: part}},
            identifier=f"model-{name}",
            model=f"test:{name}@1",
        )
        for name in ("any", "second")
    }
    package = generated(tmp_path, documents, package="offered_parts")
    tasks = import_module(f"{package.__name__}.tasks.image_inference")
    assert "Second" in tasks.__all__
    assert not {"Both", "Any"} & {*tasks.__all__}
    assert tasks.Second.__name__ == "Second"


# -- locations of errors of rules -----------------------------------------------


def test_a_rule_error_is_at_the_first_member_that_it_is_about(
    shipped: ModuleType, module: ModuleType
) -> None:
    task = {"taskType": "imageInference", "taskUUID": TASK_UUID, "model": "a:1@1"}
    part = {"startStep": 1, "startStepPercentage": 1}
    found = []
    for make in (
        lambda: module.ImageInferenceRequest(model="a:1@1", strength=0.5, width=512),
        lambda: shipped.parse_request({**task, "strength": 0.5, "width": 512}),
        lambda: shipped.parse_request(
            {**task, "controlNet": [{"model": "a:1@1", "guideImage": IMAGE, **part}]}
        ),
    ):
        with pytest.raises(ValidationError) as caught:
            make()
        found.append([(e["loc"], e["ctx"]["members"]) for e in caught.value.errors()])
    assert found == [
        [
            (("width",), ["width", "height"]),
            (
                ("strength",),
                ["strength", "inputs.seed_image", "inputs.image", "seed_image"],
            ),
        ],
        [
            (("width",), ["width", "height"]),
            (
                ("strength",),
                ["strength", "inputs.seedImage", "inputs.image", "seedImage"],
            ),
        ],
        [(("controlNet", 0, "startStep"), ["startStep", "startStepPercentage"])],
    ]


def test_a_size_that_is_none_is_at_its_width(tmp_path: Path) -> None:
    number = {"type": "integer"}
    sizes = {
        "properties": {"width": number, "height": number},
        "dependentRequired": {"width": ["height"], "height": ["width"]},
        "oneOf": [
            {"properties": {"width": {"const": width}, "height": {"const": height}}}
            for width, height in ((640, 480), (64, 48))
        ],
    }
    documents = {"sized.json": a_document(sizes, identifier="sized")}
    package = generated(tmp_path, documents, package="placed_sizes")
    made = import_module(f"{package.__name__}.tasks.image_inference").SizedRequest
    with pytest.raises(ValidationError, match="is not a supported size") as caught:
        made(width=1, height=1)
    [error] = caught.value.errors()
    assert error["loc"] == ("width",)
    assert error["ctx"]["members"] == ["width", "height"]


# -- subclasses show the values that they send ----------------------------------


def test_what_a_validator_sets_is_sent_and_shown(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        @computed_field
        @property
        def my_note(self) -> str:
            return f"{self.steps} steps"

        @model_validator(mode="after")
        def _fill(self) -> Any:
            object.__setattr__(self, "steps", 7)
            return self

    mine = Mine(model="a:1@1")
    assert mine.to_wire() == {
        "taskType": "imageInference",
        "taskUUID": mine.task_uuid,
        "model": "a:1@1",
        "steps": 7,
        "myNote": "7 steps",
    }
    assert mine.model_dump(by_alias=True) == mine.to_wire()
    assert "steps=7" in repr(mine)


def test_a_subclass_that_shows_another_value_is_refused(module: ModuleType) -> None:
    base = module.ImageInferenceRequest
    width = (int, Field(default=512, exclude=True))
    with pytest.raises(TypeError, match=r"Hidden\.width must not be excluded"):
        create_model("Hidden", __base__=base, width=width)
    with pytest.raises(
        TypeError, match=r"Twice\.wide must not have the wire name .*'width'"
    ):

        class Twice(base):  # type: ignore[misc, valid-type]
            @computed_field(alias="width")
            @property
            def wide(self) -> int:
                return 64

    mine = create_model("Mine", __base__=base, note=(str, Field("", exclude=True)))
    again = create_model("Again", __base__=mine)
    assert "note" not in again(model="a:1@1", note="x").to_wire()


# -- values in errors -----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            "a reddish kind of brown, as autumn leaves have",
            "a reddish kind of brown, as autumn leave…",
        ),
        ("iVBORw0KGgo" * 9, "<text of 99 characters>"),
        ("red", "red"),
    ],
)
def test_an_error_has_the_pattern_and_the_start_of_the_value(
    tmp_path: Path, value: str, shown: str
) -> None:
    color = {"type": "string", "pattern": "^#[a-f0-9]{6}$"}
    document = a_document({"properties": {"color": color}})
    name = f"cut_short_{len(value)}"
    package = generated(tmp_path, {"a.json": document}, package=name)
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(color=value))
    [error] = caught.value.errors()
    assert error["input"] == shown
    assert error["msg"] == "must match the pattern ^#[a-f0-9]{6}$"


@pytest.mark.parametrize(
    ("value", "near"),
    [
        ("Voice 7", "'voice 7', 'voice 27' or 'voice 17'"),
        (3, "'voice 0', 'voice 1' or 'voice 2'"),
    ],
)
def test_of_many_constants_an_error_lists_the_most_similar(
    tmp_path: Path, value: object, near: str
) -> None:
    voices = {"enum": [f"voice {number}" for number in range(30)]}
    either = {"oneOf": [voices, {"type": "boolean"}]}
    document = a_document({"properties": {"voice": voices, "either": either}})
    package = generated(tmp_path, {"a.json": document}, package=f"many_{value}"[:6])
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(voice=value, either=value))
    said = {error["loc"][0]: error["msg"] for error in caught.value.errors()}
    assert said == {
        "voice": f"Input should be one of 30 values, such as {near}",
        "either": f"must be one of 30 values, such as {near}, or true or false",
    }


def test_an_error_names_a_format_as_rules_do(tmp_path: Path) -> None:
    members = {name: {"type": "string", "format": name} for name in sorted(FORMATS)}
    document = a_document({"properties": members})
    package = generated(tmp_path, {"a.json": document}, package="named_formats")
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(**dict.fromkeys(FORMATS, "( \\")))
    assert {error["loc"][0]: error["msg"] for error in caught.value.errors()} == {
        name: f"must be {words}" for name, words in FORMATS.items()
    }


def test_a_pattern_is_shown_and_exported_as_its_document_has_it(tmp_path: Path) -> None:
    patterns = {
        "color": "^#[a-f0-9]{6}$",
        "dots": "^.{2,4}$",
        "handle": r"^[^\s]+$",
        "name": "^(?!bad).*$",
        "password": r"^(?=.*\d)(?=.*[a-z]).{3,6}$",
        "size": r"^\d+(?:\.\d+)?[Kk-]$",
    }
    members = {n: {"type": "string", "pattern": text} for n, text in patterns.items()}
    document = a_document({"properties": members})
    package = generated(tmp_path, {"a.json": document}, package="shown_patterns")
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(**dict.fromkeys(patterns, "bad \n 1")))
    told = {error["loc"][0]: error["msg"] for error in caught.value.errors()}
    assert told == {n: f"must match the pattern {text}" for n, text in patterns.items()}
    exported = package.tasks.image_inference.SampleRequest.model_json_schema()
    assert {
        name: member["pattern"]
        for name, member in exported["properties"].items()
        if name in patterns
    } == patterns


def test_an_error_has_nothing_of_a_medium(module: ModuleType) -> None:
    with pytest.raises(ValidationError) as caught:
        module.ImageInferenceRequest(model="a:1@1", inputs={"seed_image": "no medium"})
    assert "no medium" not in repr(caught.value.errors())


@pytest.mark.parametrize("other", [{}, {"imageURL": "https://a.b/c.png"}])
def test_a_received_member_may_be_named_like_a_field(
    request_: Any, shipped: ModuleType, other: dict[str, str]
) -> None:
    for value in (None, "text"):
        item = {"imageUUID": "1", "image_url": value, **other}
        result = shipped.parse_result(request_, item)
        assert result.to_wire() == result.model_dump(by_alias=True) == item
        assert json.loads(result.model_dump_json(by_alias=True)) == item
        assert copy.deepcopy(result) == result


def test_a_notebook_shows_an_image_by_its_url(request_: Any) -> None:
    url = 'https://example.com/a.png?a="b"&c'
    data = "iVBORw0KGgo" * 99
    shown = request_.read({**ITEM, "imageURL": url, "imageBase64Data": data})
    html = shown._repr_html_()
    assert '<img src="https://example.com/a.png?a=&quot;b&quot;&amp;c"' in html
    assert data[:20] not in html


def test_a_notebook_shows_outputs_at_any_depth(request_: Any) -> None:
    link = "https://example.com/"
    outputs = {
        "files": [
            {"uuid": "a", "url": f"{link}a.glb"},
            {"uuid": "b", "url": f"{link}b.PNG?x=1"},
        ],
        "more": [{"imageURL": f"{link}c"}, {"url": "javascript:alert(1)"}],
    }
    html = request_.read({**ITEM, "outputs": outputs})._repr_html_()
    assert [line for line in html.splitlines() if not line.startswith("<pre>")] == [
        f'<img src="{IMAGE}" alt="imageURL" style="max-width: 100%">',
        f'<p><a href="{link}a.glb">outputs.files.0.url</a></p>',
        f'<img src="{link}b.PNG?x=1" alt="outputs.files.1.url" style="max-width: 100%">',
        f'<img src="{link}c" alt="outputs.more.0.imageURL" style="max-width: 100%">',
    ]
    lists: Any = []
    objects: Any = {}
    for _ in range(5000):
        lists, objects = [lists], {"x": objects}
    for deep, shown in ((lists, "[[Ellipsis]]"), (objects, "{'x': Ellipsis}")):
        html = request_.read({**ITEM, "outputs": deep})._repr_html_()
        assert escape(shown) in html


BUILT_AND_FORKED = """
import os, sys, warnings
from threading import Event, Thread, Timer

sys.path.insert(0, {folder!r})
warnings.simplefilter("ignore")
from {package}.tasks.image_inference import ImageInferenceResult

begun, go_on = Event(), Event()


class Slow(ImageInferenceResult):
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        begun.set()
        go_on.wait()
        return super().__get_pydantic_core_schema__(source, handler)


thread = Thread(target=Slow.model_rebuild)
thread.start()
begun.wait()
Timer(0.2, go_on.set).start()
child = os.fork()
if child == 0:
    import signal

    signal.alarm(10)
    reading = Thread(target=ImageInferenceResult.model_validate, args=[{{}}])
    reading.start()
    reading.join()
    os._exit(0)
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="without fork")
def test_a_fork_while_a_class_is_built_does_not_hang(shipped: ModuleType) -> None:
    folder = str(Path(shipped.__path__[0]).parent)
    script = BUILT_AND_FORKED.format(folder=folder, package=shipped.__name__)
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert ended.returncode == 0
