"""Subclasses written by users: their objects show, dump and send the same values."""

from __future__ import annotations

import enum
import linecache
import math
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

import pytest
from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from making import TASK_UUID, a_document, a_task, generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

T = TypeVar("T")

COMMON = {"taskType": "imageInference", "taskUUID": TASK_UUID, "model": "a:1@1"}
IMAGE = "https://example.com/a.png"
ITEM = {"imageURL": IMAGE, "cost": 0.1, "seed": "odd", "beyond": None}


@pytest.fixture(scope="module")
def module(image_inference: ModuleType) -> ModuleType:
    return import_module(f"{image_inference.__name__}.image_inference")


# -- wire names -------------------------------------------------------------------


class _Pascal(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)


_BEFORE: Any = model_validator(mode="before")(classmethod(lambda _, data: data))


def test_a_subclass_keeps_the_wire_names(module: ModuleType) -> None:
    base, result = module.ImageInferenceRequest, module.ImageInferenceResult
    again: dict[str, Any] = {"true_cfg_scale": (float, 3), "task_uuid": (str, ...)}
    for cls in (
        base,
        create_model("Again", __base__=base, **again),
        create_model("Pascal", __base__=(base, _Pascal)),
        create_model("Before", __base__=base, __validators__={"_before": _BEFORE}),
        create_model("Twice", __base__=create_model("Once", __base__=base, **again)),
    ):
        made = cls(model="a:1@1", task_uuid=TASK_UUID, true_cfg_scale=3)
        assert made.to_wire() == {**COMMON, "trueCFGScale": 3}
        assert cls.model_validate_json(made.model_dump_json(by_alias=True)) == made
    read = create_model("Read", __base__=(result, _Pascal)).model_validate(ITEM)
    assert read.image_url == IMAGE
    width = (int, Field(default=512, alias="w"))
    with pytest.raises(TypeError, match=r"Other\.width must not have an alias"):
        create_model("Other", __base__=base, width=width)


def test_a_new_field_has_the_names_that_it_declares(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        several: int = Field(validation_alias=AliasChoices("first", "second"))
        sent_as: int = Field(default=2, serialization_alias="SENT")

    made = Mine(model="a:1@1", task_uuid=TASK_UUID, second=1)
    assert made.to_wire() == {**COMMON, "several": 1, "SENT": 2}

    class Closer(Mine):
        sent_as: int = Field(default=3, alias="asked")

    assert Closer(**COMMON, first=1).to_wire() == {**COMMON, "several": 1, "asked": 3}


# -- values -----------------------------------------------------------------------


class _Format(enum.Enum):
    PNG = "PNG"


@pytest.mark.parametrize(
    "value",
    [_Format.PNG, datetime.now(UTC), uuid4(), Path(), {1}, math.nan],
    ids=lambda value: type(value).__name__,
)
def test_a_field_that_is_not_json_is_refused(module: ModuleType, value: Any) -> None:
    base, field = module.ImageInferenceRequest, (type(value), ...)
    given = {"model": "a:1@1", "task_uuid": TASK_UUID, "output_format": value}
    with pytest.raises(ValidationError, match="Add a field_serializer") as caught:
        create_model("Mine", __base__=base, output_format=field)(**given)
    assert caught.value.errors()[0]["loc"] == ("output_format",)
    text = {"_write": field_serializer("output_format")(lambda _: "PNG")}
    mine = create_model("T", __base__=base, __validators__=text, output_format=field)
    assert mine(**given).to_wire() == {**COMMON, "outputFormat": "PNG"}


def test_a_copy_needs_no_constructor(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        def __init__(self, prompt: str) -> None:
            super().__init__(model="a:1@1", positive_prompt=prompt)

    for made in (
        Mine("dusk").replace(steps=3),
        Mine("dusk").model_copy(update={"steps": 3}),
    ):
        assert (type(made), made.positive_prompt, made.steps) == (Mine, "dusk", 3)


def test_errors_of_what_a_subclass_converts_are_placed(module: ModuleType) -> None:
    class Mine(module.ImageInferenceRequest):  # type: ignore[misc, name-defined]
        @field_validator("lora", mode="before")
        @classmethod
        def _one(cls, _: object) -> Any:
            return [{}]

    for lora in ([], 5):
        with pytest.raises(ValidationError) as caught:
            Mine(model="a:1@1", lora=lora, width=512)
        assert [error["loc"] for error in caught.value.errors()] == [
            ("lora", 0, "model")
        ]


def test_a_rule_is_judged_beside_a_wrong_constant_without_defaults(
    module: ModuleType,
) -> None:
    note: dict[str, Any] = {"note": (str, "x")}
    for fields, wrong in (({}, {"output_format", "width"}), (note, {"output_format"})):
        mine = create_model("Mine", __base__=module.ImageInferenceRequest, **fields)
        with pytest.raises(ValidationError) as caught:
            mine(model="a:1@1", output_format="BMP", width=512)
        assert {error["loc"][0] for error in caught.value.errors()} == wrong


# -- other classes ----------------------------------------------------------------


@pytest.mark.parametrize("extra", ["forbid", "ignore"])
def test_a_closed_subclass_has_no_extra_members(module: ModuleType, extra: Any) -> None:
    config = {"model_config": ConfigDict(extra=extra)}
    closed = type("Closed", (module.ImageInferenceRequest,), config)
    assert closed(model="a:1@1").extra == {}
    result = type("Closed", (module.ImageInferenceResult,), config)
    assert result.model_validate({"imageURL": IMAGE}).to_wire() == {"imageURL": IMAGE}


def test_a_subclass_is_generic(module: ModuleType) -> None:
    class Job(module.ImageInferenceRequest, Generic[T]):  # type: ignore[misc, name-defined]
        payload: T = Field(exclude=True)

    job = Job[int](model="a:1@1", task_uuid=TASK_UUID, payload=3)
    assert job.to_wire() == COMMON
    with pytest.raises(ValidationError, match="payload"):
        Job[int](model="a:1@1", payload="x")


def _field(name: str, kind: Any, value: Any) -> BaseModel:
    return create_model("Outer", **{name: (kind, ...)})(**{name: value})


def test_an_object_of_a_subclass_is_sent_whole(
    shipped: ModuleType, module: ModuleType
) -> None:
    class MyLora(module.Lora):  # type: ignore[misc, name-defined]
        strength: int = 3

        @computed_field
        @property
        def doubled(self) -> int:
            return 2 * self.strength

    lora = MyLora(model="b:1@1", weight=1)
    request = module.ImageInferenceRequest(
        model="a:1@1", task_uuid=TASK_UUID, lora=[lora]
    )
    assert lora.to_wire() == {
        "model": "b:1@1",
        "weight": 1,
        "strength": 3,
        "doubled": 6,
    }
    assert request.to_wire() == {**COMMON, "lora": [lora.to_wire()]}
    own = {"_write": model_serializer(lambda self: self.model)}
    named = create_model("Named", __base__=module.Lora, __validators__=own)
    changed = request.replace(lora=[named(model="b:1@1", weight=1)])
    assert changed.to_wire()["lora"] == ["b:1@1"]
    result = request.read(ITEM)
    for kind, made in ((shipped.TaskRequest, request), (shipped.TaskResult, result)):
        dumped = _field("inside", list[kind], [made]).model_dump(by_alias=True)
        assert dumped == {"inside": [made.to_wire()]}
    with pytest.raises(ValidationError, match="with parse_request"):
        TypeAdapter(shipped.TaskRequest).validate_python(COMMON)


def _imported(folder: Path, documents: dict[str, dict[str, Any]]) -> ModuleType:
    folder.mkdir()
    return generated(folder, documents, package="another_import")


def test_a_request_of_another_import_is_refused_by_a_sentence(
    shipped: ModuleType, tmp_path: Path
) -> None:
    documents = {"sample.json": a_document({})}
    request = _imported(tmp_path / "one", documents).parse_request(a_task())
    again = _imported(tmp_path / "two", documents)
    own = shipped.__name__
    use = f"is a class of another_import. Use a client of another_import, not of {own}"
    for package, words in [
        (again, "is of another import of this package"),
        (shipped, use),
    ]:
        with (
            package.Runware("any-key") as client,
            pytest.raises(TypeError, match=words),
        ):
            client.run(request)


# -- dumps ------------------------------------------------------------------------


WHOLE = {"image_url": IMAGE, "cost": 0.1, "seed": "odd", "beyond": None}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {**WHOLE, "outputs": {"files": [{"uuid": "a", "url": "b"}]}}),
        ({"include": {"cost", "beyond"}}, {"cost": 0.1, "beyond": None}),
        ({"exclude": {"outputs"}}, WHOLE),
        (
            {"exclude": {"outputs": {"files": {"__all__": {"uuid"}}}}},
            {**WHOLE, "outputs": {"files": [{"url": "b"}]}},
        ),
        (
            {"exclude_none": True, "exclude": {"outputs"}},
            {"image_url": IMAGE, "cost": 0.1, "seed": "odd"},
        ),
        ({"mode": "json", "include": {"image_url"}}, {"image_url": IMAGE}),
    ],
    ids=["all", "include", "exclude", "inside", "none", "JSON"],
)
@pytest.mark.filterwarnings("error")
def test_a_dump_of_a_result_has_what_is_asked_for(
    module: ModuleType, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    item = {**ITEM, "outputs": {"files": [{"uuid": "a", "url": "b"}]}}
    result = module.ImageInferenceResult.model_validate(item)
    assert result.model_dump(**options) == expected
    several = TypeAdapter(module.ImageInferenceRequest | type(result))
    assert several.dump_python(result, **options) == expected


def test_a_name_that_is_not_unicode_is_dumped(module: ModuleType) -> None:
    result = module.ImageInferenceResult.model_validate({**ITEM, "\ud800": 1})
    assert result.model_dump(by_alias=True) == {**ITEM, "\ud800": 1}


def test_a_subclass_of_a_result_serializes(module: ModuleType) -> None:
    class Mine(module.ImageInferenceResult):  # type: ignore[misc, name-defined]
        provider: str = "runware"
        secret: str = Field(default="x", exclude=True)

        @computed_field
        @property
        def is_free(self) -> bool:
            return not self.cost

        @field_serializer("image_url")
        def _short(self, url: str) -> str:
            return url.rpartition("/")[2]

    made = Mine.model_validate({"imageURL": IMAGE, "cost": 0.1})
    dumped = {"image_url": "a.png", "cost": 0.1, "provider": "runware"}
    assert made.model_dump() == {**dumped, "is_free": False}
    assert made.to_wire() == {"imageURL": IMAGE, "cost": 0.1}


@pytest.mark.parametrize(
    ("config", "note"),
    [
        ({}, Field(default=None, serialization_alias="memo")),
        ({"serialize_by_alias": True}, None),
        ({"alias_generator": None}, None),
        ({"alias_generator": AliasGenerator(validation_alias=to_pascal)}, None),
    ],
    ids=["alias", "by alias", "no aliases", "one alias"],
)
def test_what_is_not_set_is_not_dumped(
    module: ModuleType, config: Any, note: Any
) -> None:
    own = {"__annotations__": {"note": Any}, "note": note, "model_config": config}
    for base in (module.ImageInferenceResult, module.ImageInferenceRequest):
        mine = type("Mine", (base,), {**own, "__module__": __name__})
        made = mine.model_validate(COMMON)
        assert (
            None not in {**made.model_dump(), **made.model_dump(by_alias=True)}.values()
        )
        assert made.to_wire() == COMMON


def _with_version(self: Any, write: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    return {"version": 2, **write(self)}


def test_a_serializer_of_a_subclass_is_used(tmp_path: Path) -> None:
    nullable = {"type": ["string", "null"]}
    document = a_document({"properties": {"style": nullable, "tone": nullable}})
    package = generated(tmp_path, {"one.json": document}, package="own_serializer")
    request = package.parse_request(a_task(style=None))
    result = request.read({"imageURL": IMAGE})
    for made in (request, result):
        own = {"_write": model_serializer(mode="wrap")(_with_version)}
        mine = create_model("Mine", __base__=type(made), __validators__=own)
        again = mine.model_validate(made.to_wire())
        assert again.model_dump(by_alias=True) == {"version": 2, **made.to_wire()}


# -- without source code ------------------------------------------------------------


def test_without_source_code_the_description_has_the_parameters(tmp_path: Path) -> None:
    style = {"type": "string", "description": "How it looks."}
    documents = {"bare.json": a_document({"properties": {"style": style}})}
    package = generated(tmp_path, documents, package="no_source")
    cls = package.request_class("imageInference", "test:sample@1")
    path = Path(import_module(cls.__module__).__file__ or "")
    path.unlink()
    linecache.checkcache(str(path))
    assert "How it looks." in cls.model_json_schema()["description"]
