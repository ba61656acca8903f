"""A member may have any name, even one of its class, its metaclass or pydantic.

`make golden` writes the current names of the classes.
"""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pytest

from loopback import pickled
from making import a_document, a_task, generated
from runware_codegen.naming import attributes
from runware_codegen.naming.names import snake_case
from runware_codegen.naming.reserved import CLIENT_ATTRIBUTES, OWN_CLASSES, listed

if TYPE_CHECKING:
    from types import ModuleType

LISTED = {
    "REQUEST": listed(attributes.REQUEST),
    "RESULT": listed(attributes.RESULT),
}


@pytest.fixture(scope="module")
def current(shipped: ModuleType) -> dict[str, set[str]]:
    """The attributes of the base classes with this version of pydantic."""
    base = import_module(f"{shipped.__name__}._runtime.schema")
    return {
        "REQUEST": _attributes(base.TaskRequest, base.OpenPart),
        "RESULT": _attributes(base.TaskResult),
    }


def _attributes(*classes: type) -> set[str]:
    """Return the names of attributes of instances, classes and their metaclasses."""
    return {
        name
        for cls in classes
        for known in (cls, type(cls))
        for base in known.__mro__
        for name in vars(base)
        if not name.startswith("_")
    }


def test_all_attributes_are_listed(current: dict[str, set[str]]) -> None:
    if "ACCEPT_GOLDEN" in os.environ:
        _accept(current)
        return
    for name, known in LISTED.items():
        missing = current[name] - known
        assert not missing, "`make golden` lists the attributes of the classes"


def _accept(current: dict[str, set[str]]) -> None:
    texts = "".join(
        f'\n{name}: Final = """\n{_wrapped(found)}\n"""\n'
        for name, found in current.items()
    )
    path = Path(attributes.__file__)
    head, _, _ = path.read_text("utf-8").partition("\nREQUEST")
    path.write_text(f"{head}{texts}", encoding="utf-8")


def _wrapped(names: set[str]) -> str:
    margin = " " * 4
    return fill(
        " ".join(sorted(names)), 88, initial_indent=margin, subsequent_indent=margin
    )


def test_all_attributes_of_clients_are_listed(shipped: ModuleType) -> None:
    with shipped.Runware("key") as client:
        own = [type(client).__base__, type(client.model_search)]
        of_tasks = import_module(f"{shipped.__name__}._runtime.client.task_client")
        more = [of_tasks.AsyncPagedTaskClient, of_tasks.AsyncStreamingTaskClient]
        twin = shipped.AsyncRunware.__base__
        found = {n for n in vars(client) if not n.startswith("_")} - {"model_search"}
        found |= _attributes(*own, *more, twin) - _attributes(object) - {"errors"}
    assert found <= CLIENT_ATTRIBUTES


def test_all_classes_of_the_schema_room_are_listed(shipped: ModuleType) -> None:
    schema = import_module(f"{shipped.__name__}._runtime.schema")
    assert {name for name in schema.__all__ if name[0].isupper()} <= OWN_CLASSES


NAMES = sorted(LISTED["REQUEST"] | LISTED["RESULT"] | {"mro", "register", "from_wire"})


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@pytest.mark.parametrize("wire", [str, _camel], ids=["as it is", "as JSON has it"])
def test_a_member_may_have_the_name_of_an_attribute(wire: Any, tmp_path: Path) -> None:
    names = [*dict.fromkeys(map(wire, NAMES))]
    members = {"properties": {name: {"type": "integer"} for name in names}}
    part = {"type": "object", **members, "additionalProperties": False}
    whole = {**members["properties"], "within": part}
    document = a_document(
        {"properties": whole, "additionalProperties": wire is str},
        result={"type": "object", "properties": whole, "required": names},
    )
    package = f"reserved_{wire.__name__}_client"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = generated(tmp_path, {"a.json": document}, package=package)
        values = {name: number for number, name in enumerate(names)}
        task = a_task(**values, within=values)
        request = made.parse_request(task)
        result = made.parse_result(request, task)
    assert request.to_wire() == result.to_wire() == task
    by_name = {_python_name(type(request), name): n for name, n in values.items()}
    again = type(request)(**by_name, within=by_name, task_uuid=request.task_uuid)
    assert again == request
    assert pickled(request) == request
    assert request.replace(within=None).to_wire().keys() == task.keys() - {"within"}
    for shown in (request, request.within, result, result.within):
        cls = type(shown)
        assert [getattr(shown, _python_name(cls, n)) for n in names] == [
            *values.values()
        ]
        assert cls.model_validate(shown.model_dump(by_alias=True)) == shown


def test_a_member_may_have_the_python_name_of_the_task_uuid(tmp_path: Path) -> None:
    document = a_document({"properties": {"task_uuid": {"type": "integer"}}})
    made = generated(tmp_path, {"a.json": document}, package="second_uuid_client")
    task = a_task(task_uuid=1)
    request = made.parse_request(task)
    assert request.to_wire() == task
    assert type(request).model_validate(request.model_dump()) == request
    created = type(request)(task_uuid=1).to_wire()
    assert created.keys() == task.keys()
    assert created["taskUUID"] != task["taskUUID"]


def _python_name(cls: Any, wire: str) -> str:
    plain = snake_case(wire)
    return plain if plain in cls.model_fields else f"{plain}_"
