"""A document for one model works together with the general one of its task type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from loopback import SPECS
from making import a_document, a_task, generated

if TYPE_CHECKING:
    from types import ModuleType

PARTICULAR = "test:sample@1"


@pytest.fixture(scope="module", params=["general first", "particular first"])
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ModuleType:
    """A package of both documents, generated in each order."""
    general = json.loads((SPECS / "image-inference.json").read_text("utf-8"))
    particular = a_document({"properties": {"odd": {"type": "integer"}}})
    documents = {"general.json": general, "particular.json": particular}
    if request.param == "particular first":
        documents = dict(reversed(documents.items()))
    name = request.param.replace(" ", "_")
    return generated(tmp_path_factory.mktemp("both"), documents, package=name)


def test_the_particular_one_takes_its_model(package: ModuleType) -> None:
    request = package.parse_request(a_task(odd=1))
    assert request.model == PARTICULAR
    assert type(request) is package.request_class("imageInference", PARTICULAR)
    assert type(request).air == PARTICULAR
    with pytest.raises(ValidationError, match="odd"):
        package.parse_request(a_task(odd="1"))


def test_the_general_one_takes_every_other(package: ModuleType) -> None:
    task: dict[str, Any] = a_task(odd="1", positivePrompt="dusk", model="other:model@1")
    request = package.parse_request(task)
    assert type(request) is package.request_class("imageInference", "other:model@1")
    assert type(request).air == ""
    assert request.to_wire() == task
