"""Tests of model metadata: the package has it as data and finds models by it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from loopback import Caller, acknowledge, news, value
from making import a_document, generated, simple_document, simple_task

if TYPE_CHECKING:
    from types import ModuleType

    from loopback import Server

UUID = "11111111-1111-4111-8111-111111111111"

EASEL: dict[str, Any] = {
    "title": 'Runware API - Easel "Pro" 2',
    "summary": "Paints quickly.",
    "description": "Paints *pictures* of any size.\n\n# type: ignore \\ and '''quotes'''"
    * 5,
    "x-status": "live",
    "x-creator": {"id": "quiet-brush", "name": "Quiet Brush", "logo": 7},
    "x-capabilities": ["text-to-image", "edit", 3],
    "x-modes": [{"id": "text", "inputs": []}, {"id": "seed-image+mask-image"}],
    "x-released-at": "2026-02-11T00:00:00Z",
    "x-pricing": {
        "currency": "USD",
        "rates": [
            {
                "amount": 1.5e-05,
                "unit": "output",
                "label": "2K",
                "display": "$0.1 per run",
            }
        ],
        "measured": [{"configuration": "1024x1024", "price": 0.0038}],
        "examples": [
            {
                "id": "a-chair",
                "configuration": "edit",
                "price": "$1.17",
                "latencyMs": 2000,
            },
            {"exampleId": "a-desk", "price": "free", "latencyMs": 4500},
        ],
        "overview": "Each image costs $0.0038.",
    },
}
LATHE = {
    "summary": "A turbo lathe.",
    "x-status": "deprecated",
    "x-creator": "nobody",
    "x-pricing": [],
    "x-released-at": "soon",
}
MALFORMED: dict[str, Any] = {
    "x-creator": {"id": 1, "name": None},
    "x-capabilities": "text-to-image",
    "x-released-at": 2026,
    "x-pricing": {
        "currency": 1,
        "rates": [{"amount": True, "unit": 2}, "free"],
        "examples": [{"price": -1, "latencyMs": "fast"}, {"latencyMs": -3}],
        "overview": {},
    },
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package of three models."""
    folder = tmp_path_factory.mktemp("models")
    texts = {
        f"{identifier}.json": a_document(
            {
                "properties": {
                    "positivePrompt": {"type": "string"},
                    "model": {"enum": [f"{identifier}:1@1", model]},
                }
            },
            identifier=identifier,
            model=model,
            info=info,
        )
        for identifier, model, info in (
            ("qb-easel-2", "quiet:easel@2", EASEL),
            ("lathe", "test:lathe@1", LATHE),
            ("odd", "test:odd@1", MALFORMED),
        )
    }
    return generated(folder, texts, package="models_as_data")


class TestWhatADocumentSays:
    def test_everything(self, package: ModuleType) -> None:
        [easel] = package.documents(text="easel")
        assert easel.title == 'Easel "Pro" 2'
        assert easel.summary == "Paints quickly."
        assert easel.description == EASEL["description"]
        assert (easel.creator, easel.creator_id) == ("Quiet Brush", "quiet-brush")
        assert easel.capabilities == ("text-to-image", "edit")
        assert easel.modes == ("text", "seed image + mask image")
        assert easel.released == date(2026, 2, 11)
        assert easel.documentation == "https://runware.ai/docs/models/qb-easel-2"
        assert easel.request.__name__ == "QbEasel2Request"
        assert easel.result is easel.request.result

    def test_its_identifier_stands_for_its_own_air(self, package: ModuleType) -> None:
        task = {"taskType": "imageInference", "model": "odd", "taskUUID": UUID}
        assert package.parse_request(task).model == "test:odd@1"

    def test_prices(self, package: ModuleType) -> None:
        [easel] = package.documents(text="easel")
        price = easel.price
        [rate] = price.rates
        assert rate == (Decimal("0.000015"), "output", "2K", "$0.1 per run")
        [measured] = price.measured
        assert measured == ("1024x1024", "1024x1024", Decimal("0.0038"), None)
        assert price.examples == (
            ("a-chair", "edit", Decimal("1.17"), 2.0),
            ("a-desk", "", None, 4.5),
        )
        assert (price.currency, price.overview) == ("USD", "Each image costs $0.0038.")
        assert easel.latency == 3.25
        assert easel.request.shortest_latency == 2.0

    @pytest.mark.parametrize("name", ["lathe", "odd"])
    def test_what_is_missing_or_malformed_is_empty(
        self, package: ModuleType, name: str
    ) -> None:
        [document] = package.documents(text=name)
        assert (document.creator, document.creator_id) == ("", "")
        assert document.capabilities == document.modes == ()
        assert document.released is None
        assert document.price.currency == "USD"
        assert document.price.overview == ""
        assert document.request.shortest_latency is None

    def test_nothing_of_it_is_loaded_by_an_import_or_a_request(
        self, package: ModuleType
    ) -> None:
        code = f"""
import sys
from pathlib import Path
import {package.__name__} as client
client.parse_request({{"taskType": "imageInference", "model": "lathe", "taskUUID": "{UUID}"}})
assert client.documents(task_type="imageInference", status="live")
print(*(name for name in sys.modules if "_about" in name or name.endswith("easel_2")))
client.documents(text="easel")
print(*(name for name in sys.modules if "easel_2" in name))
"""
        folder = Path(str(package.__file__)).parent.parent
        loaded = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert loaded.stdout.split() == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["lathe", "odd", "qb-easel-2"]),
        ({"task_type": "imageInference"}, ["lathe", "odd", "qb-easel-2"]),
        ({"task_type": "photoMaker"}, ["lathe", "odd", "qb-easel-2"]),
        ({"capability": "Text-To-Image"}, ["qb-easel-2"]),
        ({"capability": "text"}, []),
        ({"creator": "quiet-brush"}, ["qb-easel-2"]),
        ({"creator": "Quiet Brush"}, ["qb-easel-2"]),
        ({"creator": "QB"}, ["qb-easel-2"]),
        ({"creator": ""}, []),
        ({"text": "TURBO"}, ["lathe"]),
        ({"text": "pictures quickly"}, ["qb-easel-2"]),
        ({"text": "pictures slowly"}, []),
        ({"text": "test:odd@1"}, ["odd"]),
        ({"text": ""}, ["lathe", "odd", "qb-easel-2"]),
        ({"status": "live"}, ["qb-easel-2"]),
        ({"status": "live", "text": "turbo"}, []),
    ],
)
def test_filters(
    package: ModuleType, filters: dict[str, str], found: list[str]
) -> None:
    assert [each.id for each in package.documents(**filters)] == found


@pytest.mark.parametrize(
    ("task_type", "said"),
    [
        ("imageInferense", "unknown taskType 'imageInferense': did you mean imageInf"),
        ("caption", "unknown taskType 'caption'. This package has imageInference"),
        (
            "imageCaption",
            "'imageCaption' is the old name of 'caption', and no document",
        ),
    ],
)
def test_a_task_type_without_documents_is_an_error(
    package: ModuleType, task_type: str, said: str
) -> None:
    with pytest.raises(LookupError, match=re.escape(said)):
        package.documents(task_type=task_type)


def test_a_filter_is_a_text(package: ModuleType) -> None:
    with pytest.raises(
        TypeError, match=r"a filter of documents\(\) must be a str, not 3"
    ):
        package.documents(status=3)


@pytest.mark.parametrize("task", [[], "{}", None])
def test_a_task_is_an_object(package: ModuleType, task: object) -> None:
    with pytest.raises(TypeError, match="a task must be a dict with taskType, not "):
        package.parse_request(task)


def test_a_request_in_place_of_a_task_names_its_method(package: ModuleType) -> None:
    request = package.request_class("imageInference", "qb-easel-2").model_construct()
    for take in (package.parse_request, package.Runware("any-key").send):
        with pytest.raises(TypeError, match=r"not QbEasel2Request: use its to_wire"):
            take(request)


@pytest.mark.parametrize("item", [[], "{}", None])
def test_an_item_is_an_object(package: ModuleType, item: object) -> None:
    request = package.request_class("imageInference", "qb-easel-2")
    with pytest.raises(TypeError, match="an item must be a dict, not "):
        package.parse_result(request.model_construct(), item)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({}, "the task has no taskType. This package has"),
        (
            {"task_type": "imageInference", "prompt": "a chair"},
            "the task has no taskType, but 'task_type', which is not its JSON name.",
        ),
        ({"taskType": "imageInferenc"}, "unknown taskType 'imageInferenc': did you"),
        ({"taskType": 5}, "unknown taskType 5. This package has"),
        ({1: 2}, "the task has no taskType. This package has"),
        ({"taskType": None}, "the task has no taskType: it is null. This package has"),
        ({"taskType": []}, "unknown taskType []"),
    ],
)
def test_a_task_names_its_type(
    package: ModuleType, task: dict[Any, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)) as caught:
        package.parse_request(task)
    assert caught.value.__context__ is None  # a traceback shows no other exception


def test_a_task_without_a_type_is_of_no_document(tmp_path: Path) -> None:
    general = a_document({"properties": {"model": {"type": "string"}}})
    package = generated(tmp_path, {"a.json": general}, package="only_one")
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        package.parse_request({})
    told = "the task has no taskType. This package has imageInference"
    assert caught.value.errors()[0]["msg"] == told
    client = package.Runware("any-key")
    assert not hasattr(client, "audio_inference")
    told = "has documents of imageInference. For another task type, generate it with"
    with pytest.raises(AttributeError, match=told) as missing:
        _ = client.audio_inference
    assert (missing.value.name, missing.value.obj) == ("audio_inference", client)


def test_an_attribute_of_a_subclass_raises_its_own_error(package: ModuleType) -> None:
    class Own(package.Runware):  # type: ignore[name-defined, misc]
        @property
        def tenant(self) -> str:
            return str(self.missing)

    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = Own("any-key").tenant


def test_the_error_for_a_model_names_near_ones(tmp_path: Path) -> None:
    texts = {
        f"{name}.json": a_document({}, identifier=name, model=f"test:{number}@1")
        for number, name in enumerate(("easel-dev", "canvas-max"))
    }
    calls = generated(tmp_path, texts, package="near_models").Runware("any-key")
    for model, told in (
        ("easel-de", "'easel-de' for imageInference: did you mean easel-dev?"),
        ("test:0@", "'test:0@' for imageInference: did you mean test:0@1?"),
        (None, "no model for imageInference: give model. This package has test:0@1"),
    ):
        given = {} if model is None else {"model": model}
        with pytest.raises(LookupError, match=re.escape(told)):
            calls.image_inference.run(**given)


@pytest.mark.parametrize("model", ["test:a@1", "a"])
def test_the_error_for_a_model_names_its_task_type(tmp_path: Path, model: str) -> None:
    texts = {
        f"{name}.json": a_document(
            {}, identifier=name, model=f"test:{name}@1", task_type=task_type
        )
        for name, task_type in (("a", "imageInference"), ("b", "videoInference"))
    }
    package = generated(tmp_path, texts, package=f"types_{len(model)}")
    message = (
        f"unknown model '{model}' for videoInference. It is a model of imageInference."
    )
    with pytest.raises(LookupError, match=re.escape(message)):
        package.request_class("videoInference", model)


@pytest.mark.parametrize(
    "task",
    [
        {"taskType": "x" * 9999},
        {"taskType": ["x" * 9999]},
        {"taskType": "imageInference", "model": "x" * 9999},
    ],
)
def test_an_error_shortens_the_input(package: ModuleType, task: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        package.parse_request(task)
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize(
    "task", [{"taskType": ["x" * 9999]}, {"taskType": "x", "taskUUID": ["x" * 9999]}]
)
def test_an_error_of_send_shortens_the_input(
    client: Caller, task: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"must be .*, not \['xxx") as caught:
        client("send", task)
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize("call", ["run", "request", "qb_easel_2", "qb_easel_2.submit"])
def test_a_request_has_no_keyword(
    package: ModuleType, client: Caller, call: str
) -> None:
    """No document of the task type is general."""
    task = {"taskType": "imageInference", "taskUUID": UUID, "model": "quiet:easel@2"}
    with pytest.raises(TypeError, match=r"without a keyword: run\(request\)"):
        client(f"image_inference.{call}", request=package.parse_request(task))


@pytest.fixture(params=["sync", "async"])
def client(
    request: pytest.FixtureRequest, package: ModuleType, server: Server
) -> Caller:
    """A `Caller` for a client of these models: sync, then async."""
    return Caller(request.param, package, server.url)


def test_a_model_is_run_by_its_identifier(client: Caller, server: Server) -> None:
    server.answer = news({"status": "success", "imageURL": "https://example.com/a.png"})
    client("image_inference.run", model="qb-easel-2", positive_prompt="a chair")
    [[task]] = server.calls
    assert task["model"] == "quiet:easel@2"


class TestTheFirstWait:
    def test_is_as_long_as_the_shortest_latency(self, package: ModuleType) -> None:
        waits = package.Waits()
        for latency, wait in ((2.0, 2.0), (8.5, 8.5), (200.0, 10.0), (0.001, 0.5)):
            first = next(waits.of("videoInference", latency))
            assert 0.8 * wait <= first <= wait
        assert next(package.Waits(first=0.1).of("videoInference", 7.0)) <= 0.1
        assert 1.6 <= next(waits.of("videoInference")) <= 2.0

    @pytest.mark.parametrize(
        ("model", "latency"), [("quiet:easel@2", 2.0), ("test:odd@1", None)]
    )
    def test_is_that_of_the_model_that_is_run(
        self,
        package: ModuleType,
        client: Caller,
        server: Server,
        model: str,
        latency: float | None,
    ) -> None:
        asked: list[tuple[str, float | None]] = []

        class Noting(package.Waits):  # type: ignore[name-defined, misc]
            def of(self, task_type: str, latency: float | None = None) -> Any:
                asked.append((task_type, latency))
                return package.Waits(first=0.001).of(task_type)

        async def work(made: Any) -> None:
            made.polling = Noting()
            given = made.image_inference.run(model=model)
            await value(given)

        done = {"status": "success", "imageURL": "https://example.com/a.png"}
        server.script(acknowledge, news(done))
        client.using(work)
        assert asked == [("imageInference", latency)]


class TestIdentifiers:
    def test_a_task_with_one_is_sent_with_the_air(self, package: ModuleType) -> None:
        task = {"taskType": "imageInference", "taskUUID": UUID, "model": "qb-easel-2"}
        request = package.parse_request(task)
        assert type(request).__name__ == "QbEasel2Request"
        assert request.to_wire() == {**task, "model": "quiet:easel@2"}
        assert task["model"] == "qb-easel-2"

    def test_an_air_that_the_task_does_not_allow_is_not_sent(
        self, tmp_path: Path
    ) -> None:
        document = simple_document("renamed", {})
        document["info"]["x-air-id"] = "test:earlier@1"
        package = generated(tmp_path, {"a.json": document}, package="renamed_model")
        task = simple_task("renamed") | {"model": "renamed"}
        assert package.parse_request(task).to_wire()["model"] == "test:renamed@1"

    def test_it_picks_the_class(self, package: ModuleType) -> None:
        by_identifier = package.request_class("imageInference", "qb-easel-2")
        assert by_identifier is package.request_class("imageInference", "quiet:easel@2")

    @pytest.mark.parametrize("model", ["qb-easel", "QB-EASEL-2", 7, ["lathe"]])
    def test_what_is_none_is_refused(self, package: ModuleType, model: object) -> None:
        task = {"taskType": "imageInference", "taskUUID": UUID, "model": model}
        with pytest.raises(ValidationError, match="model"):
            package.parse_request(task)

    def test_without_a_task_type_the_class_says_what_is_missing(
        self, package: ModuleType
    ) -> None:
        for model, name in (("lathe", "Lathe"), ("quiet:easel@2", "QbEasel2")):
            with pytest.raises(ValidationError, match=f"{name}Request\ntaskType"):
                package.parse_request({"model": model, "taskUUID": UUID})
