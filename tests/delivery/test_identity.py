"""The identity of an item: equal when it is delivered again, different for others."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopback import acknowledge, news
from random_text import odd_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from loopback import Caller, Server

TASK_UUID = "11111111-1111-4111-8111-111111111111"
UUID = "22222222-2222-4222-8222-222222222222"
OTHER = "33333333-3333-4333-8333-333333333333"

IMAGE = {
    "taskType": "imageInference",
    "taskUUID": TASK_UUID,
    "inputImageUUID": OTHER,
    "imageUUID": UUID,
    "imageURL": "https://files.example/a/1.png?sig=a#b",
    "seed": 7,
    "cost": 0.1,
}
MODEL = {
    "taskType": "3dInference",
    "taskUUID": TASK_UUID,
    "outputs": {
        "files": [
            {"uuid": UUID, "url": "https://files.example/1.glb?sig=a"},
            {"uuid": OTHER, "url": "https://files.example/1.png?sig=a"},
        ]
    },
}
ADDRESS = {"taskUUID": TASK_UUID, "videoURL": "https://files.example/1.mp4?sig=a"}
TEXT = {"taskUUID": TASK_UUID, "text": "a", "resultIndex": 0, "finishReason": "stop"}
BASE64 = {"taskUUID": TASK_UUID, "imageBase64Data": "AAAA", "seed": 1}
ERROR = {
    "taskUUID": TASK_UUID,
    "code": "a",
    "message": "b",
    "documentation": "https://x",
}
ITEMS = [IMAGE, MODEL, ADDRESS, TEXT, BASE64, ERROR]

LATER: dict[str, Any] = {
    "cost": 0.25,
    "NSFWContent": False,
    "usage": {"totalTokens": 3},
    "status": "success",
    "progress": 100,
    "taskType": "oldName",
    "finishReason": "length",
    "inputUUID": OTHER,
    "inputVideoUUID": UUID,
    "inputs": {"image": "https://files.example/in.png"},
    "webhookURL": "https://hooks.example/",
    "taskUUID": TASK_UUID.upper(),
}


@pytest.fixture(scope="module")
def identity_of(shipped: ModuleType) -> Callable[[Any], Any]:
    """The function `identity_of` of the package."""
    module = import_module(f"{shipped.__name__}._runtime.delivery.identity")
    function: Callable[[Any], Any] = module.identity_of
    return function


def _redelivered(value: Any) -> Any:
    """Return the JSON with other signatures, order of members and types of numbers."""
    if isinstance(value, dict):
        return {name: _redelivered(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [_redelivered(part) for part in value]
    if isinstance(value, str) and "?sig=" in value:
        return value.partition("?")[0] + "?sig=new&expires=9"
    return float(value) if type(value) is int and abs(value) < 2**53 else value


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_that_is_delivered_again_is_the_same(
    item: dict[str, Any], identity_of: Callable[[Any], Any]
) -> None:
    identity = identity_of(item)
    assert identity_of(_redelivered(item)) == identity
    for name, value in LATER.items():
        assert identity_of(item | {name: value}) == identity, name
        assert identity_of({name: value} | item) == identity, name
    without = {n: m for n, m in item.items() if n not in LATER}
    assert identity_of(without) == identity
    assert identity_of(item | {"somethingElse": None}) == identity
    assert len({identity, identity}) == 1


@pytest.mark.parametrize(
    ("item", "change"),
    [
        (IMAGE, {"imageUUID": OTHER}),
        (IMAGE, {"code": "a"}),
        (IMAGE, {"maskImageUUID": OTHER}),
        (MODEL, {"outputs": {"files": [{"uuid": UUID}]}}),
        (MODEL, {"outputs": {"files": [{"uuid": TASK_UUID}, {"uuid": OTHER}]}}),
        (ADDRESS, {"videoURL": "https://files.example/2.mp4?sig=a"}),
        (TEXT, {"text": "b"}),
        (TEXT, {"resultIndex": 1}),
        (TEXT, {"text": "https://x?a=1"}),
        (TEXT, {"text": None}),
        (BASE64, {"imageBase64Data": "AAAB"}),
        (BASE64, {"seed": 2}),
        (BASE64, {"seed": True}),
        (BASE64, {"seed": "1"}),
        (BASE64, {"detections": [1]}),
        (ERROR, {"code": "c"}),
        (ERROR, {"message": "c"}),
        (ERROR, {"parameter": "c"}),
    ],
)
def test_another_result_of_the_task_is_another(
    item: dict[str, Any], change: dict[str, Any], identity_of: Callable[[Any], Any]
) -> None:
    assert not identity_of(item | change).is_same(identity_of(item))


@pytest.mark.parametrize("item", [IMAGE, MODEL, ADDRESS, TEXT, BASE64])
def test_an_index_tells_items_apart_where_both_have_one(
    item: dict[str, Any], identity_of: Callable[[Any], Any]
) -> None:
    first, second = (identity_of(item | {"resultIndex": n}) for n in (0, 1))
    without = identity_of(item | {"resultIndex": None})
    assert not first.is_same(second)
    assert first.is_same(without)
    assert without.is_same(second)


@pytest.mark.parametrize("name", ["seed", "text", "structuredData"])
def test_a_member_that_one_delivery_lacks_does_not_tell_it_apart(
    name: str, identity_of: Callable[[Any], Any]
) -> None:
    first, second = (identity_of(ADDRESS | {name: value}) for value in ("a", "b"))
    assert not first.is_same(second)
    assert first.is_same(identity_of(ADDRESS))


def test_texts_that_differ_by_a_query_are_different(
    identity_of: Callable[[Any], Any],
) -> None:
    first, second = ({"text": f"https://x.example/?page={n}"} for n in (1, 2))
    assert identity_of(first) != identity_of(second)


_ITEMS = odd_objects(
    ["taskUUID", "imageUUID", "uuid", "url", "text", "seed", "outputs", "inputs"],
    [UUID, "https://x/a", "http://"],
)


@given(item=_ITEMS)
def test_nothing_odd_in_an_item_raises(
    item: dict[str, Any], identity_of: Callable[[Any], Any]
) -> None:
    identity = identity_of(item)
    assert identity_of(_redelivered(item)) == identity
    assert identity_of(item | {"cost": 3}) == identity
    assert hash(identity) == hash(identity_of(json.loads(json.dumps(item))))
    json.dumps(identity).encode("ascii")


@given(item=_ITEMS, own=st.lists(st.uuids(version=4).map(str), min_size=2, unique=True))
def test_an_own_uuid_tells_items_apart(
    item: dict[str, Any], own: list[str], identity_of: Callable[[Any], Any]
) -> None:
    identities = {identity_of(item | {"imageUUID": uuid}) for uuid in own}
    assert len(identities) == len(own)


_LISTS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab:", max_size=2),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(one=_LISTS, other=_LISTS)
def test_different_data_are_told_apart(
    one: Any, other: Any, identity_of: Callable[[Any], Any], shipped: ModuleType
) -> None:
    same = import_module(f"{shipped.__name__}._runtime.json_values").same
    first, second = (identity_of({"structuredData": each}) for each in (one, other))
    assert (first == second) is same(one, other)


def test_an_item_may_be_ever_so_deep(identity_of: Callable[[Any], Any]) -> None:
    item: Any = "x"
    for _ in range(50_000):
        item = [{"a": item}]
    assert identity_of({"data": item}) == identity_of({"data": item})
    found = identity_of({"data": item, "imageUUID": UUID})
    assert found.own == (("imageUUID", UUID),)


class Counted(str):
    """A string that counts how often it is encoded."""

    __slots__ = ()
    times = 0

    def encode(self, *args: Any) -> bytes:
        Counted.times += 1
        return super().encode(*args)


@pytest.fixture
def output() -> dict[str, Any]:
    """A result with the content of a file, and without a UUID."""
    Counted.times = 0
    return {"taskUUID": TASK_UUID, "imageBase64Data": Counted("A" * 1000)}


def test_the_content_of_a_file_is_not_read_beside_a_uuid(
    output: dict[str, Any], identity_of: Callable[[Any], Any]
) -> None:
    identity_of(output | {"imageUUID": UUID})
    assert Counted.times == 0
    identity_of(output)
    assert Counted.times == 1


def test_the_only_result_of_a_task_is_compared_with_nothing(
    output: dict[str, Any], shipped: ModuleType
) -> None:
    runtime = f"{shipped.__name__}._runtime"
    wire = {"taskType": "imageInference", "taskUUID": TASK_UUID}
    task = import_module(f"{runtime}.delivery.task").Task(wire, dict)
    account = import_module(f"{runtime}.delivery.account").Account()
    task.resume()
    task.apply(task.receive([output], [], is_complete=True))
    account.settle(task)
    assert task.is_done
    assert Counted.times == 0
    assert len(task.identities()) == Counted.times == 1


def test_a_result_that_its_caller_changes_is_known_again(
    caller: Caller, server: Server
) -> None:
    """A caller gets the first of two texts before the response that has both."""
    texts = [
        {"text": text, "tools": ["a"], "cost": 0.5} for text in ("first", "second")
    ]
    task = {"taskType": "textInference", "model": "a:b@1", "deliveryMethod": "async"}
    server.script(acknowledge, news(texts[0]), news(*texts))

    results = caller(
        "send",
        task | {"numberResults": 2},
        on_result=lambda result: result.tools.append("b"),
    )
    assert [result.text for result in results] == ["first", "second"]


def test_an_identity_is_the_same_in_each_process(
    identity_of: Callable[[Any], Any], shipped: ModuleType
) -> None:
    [folder] = shipped.__path__
    parent = folder.rpartition("/")[0]
    code = (
        f"import json, sys; sys.path.insert(0, {parent!r})\n"
        f"from {shipped.__name__}._runtime.delivery.identity import identity_of\n"
        f"print(json.dumps([identity_of(item) for item in {ITEMS!r}]))"
    )
    command = [sys.executable, "-c", code]
    environment = {"PYTHONHASHSEED": "3"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    expected = json.dumps([identity_of(item) for item in ITEMS])
    assert done.stdout.decode().strip() == expected
