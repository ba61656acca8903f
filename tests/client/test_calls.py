"""Tests of calls by name over sockets: one model, any model, and all result pages."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pydantic
import pytest

from calling import PACKAGE, SKETCHES, called_package
from loopback import Caller, each, value
from making import imported

if TYPE_CHECKING:
    from types import ModuleType

    from loopback import Server, Tasks

EASEL = "image_inference.easel_2"


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The generated package."""
    return imported(called_package(tmp_path_factory), PACKAGE)


@pytest.fixture
def images(called: ModuleType) -> ModuleType:
    """The subpackage of `imageInference` tasks."""
    return import_module(f"{called.__name__}.tasks.image_inference")


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, called: ModuleType, server: Server
) -> Caller:
    """A `Caller` for a client of the package: sync, then async."""
    return Caller(request.param, called, server.url, server.clock)


def _echo(tasks: Tasks) -> object:
    names = ("taskType", "taskUUID")
    return {
        "data": [
            {name: task[name] for name in names} | {"imageURL": "https://a.example/b"}
            for task in tasks
        ]
    }


@pytest.mark.filterwarnings("ignore:example.easel@2 is deprecated")
def test_a_call_runs_the_model(
    caller: Caller, server: Server, images: ModuleType
) -> None:
    server.answer = _echo
    [result] = caller(EASEL, positive_prompt="dusk", delivery_method="sync")
    assert type(result) is images.Easel2Result
    assert result.image_url == "https://a.example/b"
    [[sent]] = server.calls
    sent.pop("taskUUID")
    assert sent == {
        "taskType": "imageInference",
        "model": "example:easel@2",
        "positivePrompt": "dusk",
        "deliveryMethod": "sync",
    }


@pytest.mark.filterwarnings("ignore:example.easel@2 is deprecated")
def test_a_call_submits_and_makes_requests(
    caller: Caller, server: Server, images: ModuleType
) -> None:
    server.answer = _echo
    handle = caller(f"{EASEL}.submit", positive_prompt="dusk")
    assert server.calls[0][0]["deliveryMethod"] == "async"
    assert handle.task_uuid == server.calls[0][0]["taskUUID"]
    request = caller(f"{EASEL}.request", positive_prompt="dusk")
    assert type(request) is images.Easel2Request
    assert len(server.calls) == 1


def test_nothing_is_sent_for_wrong_parameters(caller: Caller, server: Server) -> None:
    with pytest.raises(pydantic.ValidationError, match=r"positiv_?[pP]rompt"):
        caller(EASEL, positiv_prompt="dusk")
    with pytest.raises(TypeError, match="timeout is not a parameter of the task"):
        caller(EASEL, positive_prompt="dusk", timeout=3)
    with pytest.raises(TypeError, match="extra_headers is not a parameter of the task"):
        caller("image_inference.run", model="a:b@1", extra_headers={})
    with pytest.raises(TypeError, match="Easel2Request takes its parameters by name"):
        caller(EASEL, "dusk")
    assert server.calls == []


def test_a_call_with_a_request_has_the_options_of_run(
    caller: Caller, server: Server, images: ModuleType
) -> None:
    server.answer = _echo
    request = images.ImageInferenceRequest(model="a:b@1", positive_prompt="dusk")
    seen: list[Any] = []
    options = {"timeout": 9, "max_retries": 0, "on_result": seen.append}
    results = caller("image_inference.run", request, **options)
    assert seen == results
    with pytest.raises(TypeError, match="on_result is not a parameter of the task"):
        caller("image_inference.run", model="a:b@1", on_result=seen.append)


def test_only_a_model_that_streams_has_a_stream(caller: Caller, server: Server) -> None:
    async def work(client: Any) -> list[str]:
        with pytest.raises(AttributeError, match="does not offer streams"):
            _ = client.image_inference.sketch_3.stream
        stream = client.text_inference.narrator.stream(story="dusk")
        async for _ in each(stream):
            pass
        return list(server.sent)

    with pytest.raises(caller.package.RunwareError):  # the response is not a stream
        caller.using(work)
    assert server.calls[0][0]["deliveryMethod"] == "stream"


def test_run_takes_any_model(
    caller: Caller, server: Server, images: ModuleType
) -> None:
    server.answer = _echo
    [general] = caller("image_inference.run", model="a:b@1", positive_prompt="dusk")
    assert type(general) is images.ImageInferenceResult
    own = {"model": "test:sketch_3@1", "positive_prompt": "dusk"}
    [result] = caller("image_inference.run", **own)
    assert type(result) is images.Sketch3Result
    assert type(caller("image_inference.request", **own)) is images.Sketch3Request
    with pytest.raises(pydantic.ValidationError, match="positive_prompt"):
        caller("image_inference.run", model="test:sketch_3@1")


async def test_a_client_lists_its_models(client: Any) -> None:
    assert {*SKETCHES, "easel_2", "odd_names", "run"} <= {*dir(client.image_inference)}
    assert "image_inference" not in dir(client.image_inference)
    with pytest.raises(AttributeError, match="no attribute 'easel_3'"):
        _ = client.image_inference.easel_3
    assert repr(client.image_inference.easel_2).endswith("Call(Easel2Request)")
    assert "Draws a picture" in str(inspect.getdoc(client.image_inference.easel_2))


@pytest.mark.parametrize("method", ["", ".submit", ".request"])
def test_a_call_has_the_signature_of_its_model(caller: Caller, method: str) -> None:
    async def work(client: Any) -> Any:
        return attrgetter(f"{EASEL}{method}")(client)

    shown = caller.using(work)
    signature = inspect.signature(shown)
    first, *_, last = signature.parameters
    assert (first, last) == ("model", "task_uuid")
    assert "settings" in signature.parameters
    text = pydoc.plain(pydoc.render_doc(shown))
    assert "Price: $0.01 per picture" in text
    assert "strength: How far to go from the seed image." in text


@pytest.mark.parametrize(
    ("method", "first"),
    [
        ("image_inference.run", ["request", "model"]),
        ("image_inference.submit", ["request", "model"]),
        ("image_inference.request", ["model"]),
        ("text_inference.stream", ["request"]),
    ],
)
def test_a_method_of_any_model_has_the_signature_of_the_general_document(
    caller: Caller, called: ModuleType, method: str, first: list[str]
) -> None:
    async def work(client: Any) -> Any:
        return attrgetter(method)(client)

    bound = caller.using(work)
    names = [*inspect.signature(bound).parameters]
    assert names[: len(first)] == first
    task_type, _, name = method.partition(".")
    package = import_module(f"{called.__name__}.tasks.{task_type}")
    of_class = getattr(bound.__self__.__class__, name)
    assert [*inspect.signature(of_class).parameters] == ["self", *names]
    general = getattr(package, "ImageInferenceRequest", None)
    if general is not None:
        parameters = [*inspect.signature(general).parameters]
        assert names == [*first[: first.index("model")], *parameters]
        assert inspect.signature(bound).bind(model="a:b@1")


async def test_the_methods_of_a_call_say_what_they_do(client: Any) -> None:
    story = client.text_inference.narrator
    images = client.image_inference
    is_async = inspect.iscoroutinefunction
    assert "model" in inspect.signature(story.stream).parameters
    assert is_async(story.submit) == is_async(client.run)
    methods = (
        *(story.submit, story.stream, images.run, images.submit, images.request),
        *(client.text_inference.stream, client.model_search.iterate),
    )
    for method in methods:
        assert inspect.getdoc(method)
    assert "A `textInference` task" in str(inspect.getdoc(story.submit))


def test_a_model_is_imported_when_it_is_first_called(called: ModuleType) -> None:
    program = f"""
        import sys
        from {called.__name__} import Runware
        client = Runware("a-key")
        models = client.image_inference
        dir(models)
        models.run, models.request
        of_models = "{called.__name__}.tasks.image_inference."
        print(sorted(m for m in sys.modules if m.startswith(of_models)))
        models.sketch_5
        print(sorted(m for m in sys.modules if m.startswith(of_models + "s")))
        """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)],
        cwd=Path(called.__path__[0]).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = done.stdout.splitlines()
    package = f"{called.__name__}.tasks.image_inference"
    assert printed == [
        str([f"{package}.client", f"{package}.errors"]),
        str([f"{package}.sketch_5"]),
    ]


def _found(*pages: list[str], total: object) -> list[object]:
    """Return an answer function for each page of models."""

    def page(names: list[str]) -> object:
        def answer(tasks: Tasks) -> object:
            results = [{"name": name} for name in names]
            same = {name: tasks[0][name] for name in ("taskType", "taskUUID")}
            return {"data": [{**same, "results": results, "totalResults": total}]}

        return answer

    return [page(names) for names in pages]


@pytest.mark.parametrize(
    ("pages", "total", "asked"),
    [
        ([["a", "b"], ["c"]], 3, [None, 2]),
        ([["a", "b"], ["c"], []], None, [None, 2, 3]),
        ([["a"], []], 9, [None, 1]),  # fewer results than `totalResults`
        ([[]], 0, [None]),
    ],
)
def test_iterate_walks_all_pages(
    pages: list[list[str]],
    total: object,
    asked: list[int | None],
    caller: Caller,
    server: Server,
) -> None:
    server.script(*_found(*pages, total=total))

    async def work(client: Any) -> list[str]:
        found = client.model_search.iterate(search="ink", limit=2)
        assert server.calls == []  # iteration has not started
        return [model.name async for model in each(found)]

    assert caller.using(work) == [name for page in pages for name in page]
    assert [task.get("offset") for [task] in server.calls] == asked
    assert len({task["taskUUID"] for [task] in server.calls}) == len(asked)


@pytest.mark.parametrize(
    "end", [{}, {"results": None}, {"results": "none"}, {"results": {}}]
)
def test_iterate_ends_with_a_page_without_results(
    end: dict[str, object], caller: Caller, server: Server
) -> None:
    def last(tasks: Tasks) -> object:
        scope = {name: tasks[0][name] for name in ("taskType", "taskUUID")}
        return {"data": [scope | end]}

    server.script(*_found(["a", "b"], total=None), last)

    async def work(client: Any) -> list[str]:
        found = client.model_search.iterate(search="ink")
        return [model.name async for model in each(found)]

    assert caller.using(work) == ["a", "b"]


@pytest.mark.parametrize("total", [None, 9])
def test_iterate_ends_with_a_page_that_repeats_the_one_before(
    total: object, caller: Caller, server: Server
) -> None:
    server.script(*_found(["a", "b"], ["c"], ["c"], total=total))

    async def work(client: Any) -> list[str]:
        found = client.model_search.iterate(search="ink")
        return [model.name async for model in each(found)]

    assert caller.using(work) == ["a", "b", "c"]


def test_iterate_asks_for_no_page_that_is_not_reached(
    caller: Caller, server: Server
) -> None:
    server.script(*_found(["a", "b"], total=9))

    async def work(client: Any) -> str:
        async for model in each(client.model_search.iterate(offset=4)):
            return str(model.name)
        return ""

    assert caller.using(work) == "a"
    assert [task["offset"] for [task] in server.calls] == [4]


async def test_iterate_refuses_wrong_parameters_at_once(client: Any) -> None:
    with pytest.raises(pydantic.ValidationError, match="limit"):
        client.model_search.iterate(limit=0)


def test_a_webhook_is_read_as_a_class(called: ModuleType, images: ModuleType) -> None:
    item = {"taskUUID": "u", "imageURL": "https://a.example/b"}
    webhook = called.parse_webhook(item, images.Easel2Result)
    assert type(webhook.result) is images.Easel2Result
    assert type(called.parse_webhook(item).result) is called.TaskResult
    failed = called.parse_webhook({"taskUUID": "u", "error": "no"}, images.Easel2Result)
    assert failed.error is not None


async def _outcomes(client: Any, requests: list[Any]) -> list[Any]:
    return [outcome async for outcome in each(client.iter_many(requests))]


def test_an_outcome_has_its_request(
    caller: Caller, server: Server, images: ModuleType
) -> None:
    server.answer = _echo
    request = images.Sketch3Request(positive_prompt="dusk")

    async def work(client: Any) -> list[Any]:
        return [
            *await value(client.run_many([request])),
            *await _outcomes(client, [request.replace()]),
        ]

    for outcome in caller.using(work):
        assert outcome.request.positive_prompt == "dusk"
        assert outcome.results == outcome.unwrap()


class _Compiled:
    """A method as Nuitka compiles it: it can be called, and has no code of Python."""

    __name__ = __qualname__ = "run"

    def __call__(self, client: Any) -> Any:
        return client


@pytest.mark.parametrize("decorator", ["documented", "takes_parameters"])
def test_a_compiled_method_can_be_called(shipped: ModuleType, decorator: str) -> None:
    signatures = import_module(f"{shipped.__name__}._runtime.client.signatures")
    request = shipped.request_class("ping", None)
    members = {"task_type": "ping", "request": request}
    method = getattr(signatures, decorator)("Run a task.")(_Compiled())
    client = type("Client", (), {**members, "run": method})()
    assert client.run() is client
