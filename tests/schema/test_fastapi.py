"""A FastAPI application receives requests and responds with results."""

from __future__ import annotations

import socket
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import fastapi

IMAGE = "https://im.runware.ai/a.png"


def _application(request_class: Any) -> fastapi.FastAPI:
    import fastapi  # noqa: PLC0415 - slow to import: not at collection

    application = fastapi.FastAPI()
    result_class = request_class.result

    def generate(request: Any) -> Any:
        task = request.to_wire()
        item = {
            "taskType": task["taskType"],
            "taskUUID": task["taskUUID"],
            "imageUUID": task["taskUUID"],
            "imageURL": IMAGE,
        }
        return request.read(item)

    def echo(request: Any) -> Any:
        return request

    generate.__annotations__ = {"request": request_class, "return": result_class}
    echo.__annotations__ = {"request": request_class, "return": request_class}

    def several(request: Any) -> Any:
        return [generate(request)] * 2

    several.__annotations__ = {"request": request_class, "return": list[result_class]}
    application.post("/url", response_model_include={"image_url"})(generate)
    for path, route in (("/one", generate), ("/echo", echo), ("/many", several)):
        application.post(path)(route)
    return application


@pytest.fixture(scope="module")
def url(image_inference: ModuleType) -> Iterator[str]:
    """The URL of the application, served on a socket."""
    import uvicorn  # noqa: PLC0415

    module = import_module(f"{image_inference.__name__}.image_inference")
    application = _application(module.ImageInferenceRequest)
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    listening.close()


TASK = {
    "taskType": "imageInference",
    "taskUUID": "11111111-1111-4111-8111-111111111111",
    "model": "runware:101@1",
    "positivePrompt": "a chair",
    "inputs": {"seedImage": IMAGE},
    "megapixels": 3,
}
RESULT = {
    "taskType": "imageInference",
    "taskUUID": TASK["taskUUID"],
    "imageUUID": TASK["taskUUID"],
    "imageURL": IMAGE,
}


def test_its_pages_are_answered(url: str) -> None:
    assert httpx2.get(f"{url}/docs", timeout=60).status_code == 200
    answer = httpx2.get(f"{url}/openapi.json", timeout=60)
    assert answer.status_code == 200
    schemas = answer.json()["components"]["schemas"]
    request = (
        schemas.get("ImageInferenceRequest") or schemas["ImageInferenceRequest-Input"]
    )
    assert "positivePrompt" in request["properties"]
    assert "imageURL" in schemas["ImageInferenceResult"]["properties"]


def test_a_body_is_the_wire(url: str) -> None:
    assert httpx2.post(f"{url}/echo", json=TASK, timeout=60).json() == TASK
    assert httpx2.post(f"{url}/one", json=TASK, timeout=60).json() == RESULT
    answer = httpx2.post(f"{url}/url", json=TASK, timeout=60)
    assert answer.json() == {"imageURL": IMAGE}
    assert httpx2.post(f"{url}/many", json=TASK, timeout=60).json() == [RESULT, RESULT]


def test_a_wrong_body_is_answered_with_its_places(url: str) -> None:
    wrong = {**TASK, "steps": 0, "inputs": {"seedImage": 3}}
    answer = httpx2.post(f"{url}/one", json=wrong, timeout=60)
    assert answer.status_code == 422
    places = sorted(error["loc"] for error in answer.json()["detail"])
    assert places == [["body", "inputs", "seedImage"], ["body", "steps"]]
