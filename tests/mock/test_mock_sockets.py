"""The mock over WebSockets: one connection for many tasks, and resumed sessions."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidMessage,
)
from websockets.sync.client import connect

from command import until
from mocking import KEY, Mock, authentication, entry, image, mocking, question, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

LATENCY = 0.2
PATIENCE = 2.0


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """A mock whose tasks take a moment, with a short idle timeout."""
    options = ["--latency", str(LATENCY), "--idle-timeout", str(PATIENCE)]
    with mocking(*options, "--delay", str(LATENCY)) as one:
        yield one


@contextlib.contextmanager
def connected(
    mock: Mock, session: str = "", fault: str = ""
) -> Iterator[tuple[ClientConnection, str]]:
    """Connect and authenticate.

    Yields:
        The connection, and the connectionSessionUUID.
    """
    headers = {"x-mock-fault": fault} if fault else {}
    with connect(mock.socket_url, additional_headers=headers) as socket:
        task = authentication(KEY)
        send(socket, task | ({"connectionSessionUUID": session} if session else {}))
        [item] = received(socket)["data"]
        assert item["taskType"] == "authentication"
        yield socket, item["connectionSessionUUID"]


def send(socket: ClientConnection, *tasks: object) -> None:
    """Send tasks in one frame."""
    socket.send(json.dumps(tasks))


def received(socket: ClientConnection) -> dict[str, Any]:
    """Receive the next frame."""
    frame: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return frame


def results(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """Receive frames until there are `count` items, and return the items."""
    items: list[dict[str, Any]] = []
    while len(items) < count:
        items += received(socket)["data"]
    return items


def test_results_come_as_they_are_made(mock: Mock) -> None:
    tasks = [image(numberResults=2), image()]
    with connected(mock) as (socket, _):
        send(socket, *tasks)
        items = results(socket, 3)
    assert sorted(item["taskUUID"] for item in items) == sorted(
        [tasks[0]["taskUUID"]] * 2 + [tasks[1]["taskUUID"]]
    )
    for task in tasks:
        assert entry(mock, task)["collected"] == entry(mock, task)["results"]


def test_tasks_that_come_later_are_asked_for(mock: Mock) -> None:
    task = image(deliveryMethod="async")
    with connected(mock) as (socket, _):
        send(socket, task)
        [acknowledged] = received(socket)["data"]
        assert acknowledged == {
            "taskType": "imageInference",
            "taskUUID": task["taskUUID"],
        }
        items: list[dict[str, Any]] = []
        while not items:
            send(socket, question(task))
            items = received(socket)["data"]
        assert items[0]["status"] == "success"


def test_pings_keep_it_open(mock: Mock) -> None:
    """The mock closes the connection after some time without pings, and not before."""
    with connected(mock) as (socket, _):
        for _ in range(15):
            time.sleep(PATIENCE / 10)
            began = time.monotonic()
            send(socket, {"taskType": "ping", "ping": True})
            assert received(socket)["data"] == [{"taskType": "ping", "pong": True}]
        with pytest.raises(ConnectionClosedOK):
            socket.recv(timeout=60)
        assert time.monotonic() - began >= PATIENCE


@pytest.mark.parametrize("first", [[image()], [authentication("")], "no JSON"])
def test_the_first_frame_has_to_authenticate(mock: Mock, first: object) -> None:
    with connect(mock.socket_url) as socket:
        socket.send(json.dumps(first))
        [error] = received(socket)["errors"]
        assert error["code"] in {"invalidApiKey", "invalidRequest"}
        with pytest.raises(ConnectionClosedError) as closed:
            socket.recv(timeout=60)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_errors_name_their_tasks(mock: Mock) -> None:
    bad = image(width=1)
    with connected(mock) as (socket, _):
        send(socket, bad)
        [error] = received(socket)["errors"]
        assert (error["taskUUID"], error["parameter"]) == (bad["taskUUID"], "height")
        send(socket, text())
        assert received(socket)["errors"][0]["parameter"] == "deliveryMethod"
        socket.send("no JSON")
        assert received(socket)["errors"][0]["code"] == "invalidJSON"


def test_the_rate_is_limited() -> None:
    ping = {"taskType": "ping", "ping": True}
    with mocking("--rate-limit", "1") as mock, connected(mock) as (socket, _):
        codes = set[str]()
        for _ in range(50):
            send(socket, ping)
            codes |= {error["code"] for error in received(socket).get("errors", ())}
        assert codes == {"rateLimitExceeded"}


class TestSessions:
    def test_what_was_not_delivered_is_kept(self, mock: Mock) -> None:
        task = image()
        with connected(mock) as (socket, session):
            send(socket, task)
        until(lambda: entry(mock, task)["billed"])
        assert entry(mock, task)["collected"] == []
        with connected(mock, session) as (socket, again):
            assert again == session
            [item] = received(socket)["data"]
            assert item["taskUUID"] == task["taskUUID"]
        assert entry(mock, task)["collected"] == [item["imageUUID"]]

    def test_not_for_ever(self, mock: Mock) -> None:
        is_kept, pause = True, LATENCY + PATIENCE
        while is_kept:  # a slow machine needs longer pauses
            with connected(mock) as (socket, session):
                send(socket, image())
            time.sleep(pause)
            pause *= 2
            with connected(mock, session) as (socket, again):
                send(socket, {"taskType": "ping", "ping": True})
                is_kept = "pong" not in received(socket)["data"][0]
            assert is_kept or again != session

    def test_one_that_there_is_not(self, mock: Mock) -> None:
        unknown = image()["taskUUID"]
        with connected(mock, unknown) as (_, session):
            assert session != unknown


class TestFaults:
    def test_it_is_closed_between_items(self, mock: Mock) -> None:
        task = image(numberResults=2)
        with connected(mock, fault="ws-drop") as (socket, session):
            send(socket, task)
            [first] = received(socket)["data"]
            with pytest.raises(ConnectionClosedError):
                socket.recv(timeout=60)
        until(lambda: len(entry(mock, task)["results"]) == 2)
        assert entry(mock, task)["collected"] == [first["imageUUID"]]
        with connected(mock, session) as (socket, _):
            [second] = received(socket)["data"]
        assert first["imageUUID"] != second["imageUUID"]
        assert len(entry(mock, task)["collected"]) == 2
        assert mock.ledger()["faults"]["ws-drop"] == 1

    @pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
    def test_it_is_closed_without_an_answer(self, mock: Mock, fault: str) -> None:
        task = image()
        with connected(mock, fault=fault) as (socket, _):
            send(socket, task)
            with pytest.raises(ConnectionClosedError):
                socket.recv(timeout=60)
        accepted = task["taskUUID"] in mock.ledger()["tasks"]
        assert accepted == (fault == "drop-after")

    def test_it_is_refused(self, mock: Mock) -> None:
        with (
            pytest.raises((InvalidMessage, ConnectionError)),
            connected(mock, fault="refuse"),
        ):
            pass

    def test_items_twice_and_in_disorder(self, mock: Mock) -> None:
        with connected(mock, fault="duplicate-items") as (socket, _):
            send(socket, image(numberResults=2))
            first, second, third, fourth = results(socket, 4)
            assert (first, third) == (second, fourth)
        task = image(numberResults=2, seed=1)
        with connected(mock, fault="reorder-items") as (socket, _):
            send(socket, task)
            assert [item["seed"] for item in results(socket, 2)] == [2, 1]

    def test_tasks_that_are_accepted_late(self) -> None:
        task = image()
        with mocking("--delay", "0.1") as mock:
            with connected(mock, fault="late-acceptance") as (socket, _):
                send(socket, task)
                with pytest.raises(ConnectionClosedError):
                    socket.recv(timeout=60)
            until(lambda: task["taskUUID"] in mock.ledger()["tasks"])
            assert mock.ledger()["faults"] == {"late-acceptance": 1}

    @pytest.mark.parametrize("delivery", ["async", "sync"])
    def test_a_late_answer_holds_nobody_up(self, mock: Mock, delivery: str) -> None:
        task = image(deliveryMethod=delivery)
        with connected(mock, fault="late-answer") as (socket, _):
            send(socket, task)
            send(socket, {"taskType": "ping", "ping": True})
            types = [item["taskType"] for item in results(socket, 2)]
        assert types == ["ping", "imageInference"]

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("rate-limit", "rateLimitExceeded"),
            ("unavailable", "serviceUnavailable"),
            ("error-500", "internalServerError"),
        ],
    )
    def test_it_is_refused_with_or_without_names(
        self, mock: Mock, fault: str, code: str
    ) -> None:
        seen = set()
        for _ in range(16):
            task = image()
            with connected(mock, fault=fault) as (socket, _):
                send(socket, task)
                [error] = received(socket)["errors"]
            assert error["code"] == code
            is_accepted = task["taskUUID"] in mock.ledger()["tasks"]
            assert not is_accepted or fault == "error-500"
            seen.add(is_accepted if fault == "error-500" else "taskUUID" in error)
        assert seen == {False, True}

    def test_too_many_at_once(self, mock: Mock) -> None:
        tasks = [image(deliveryMethod="async") for _ in range(2)]
        with connected(mock, fault="too-many") as (socket, _):
            send(socket, *tasks)
            [error] = received(socket)["errors"]
            assert (error["code"], "taskUUID" in error) == ("tooManyTasks", False)
            send(socket, *tasks)
            assert len(results(socket, 2)) == 2

    def test_questions_fail(self, mock: Mock) -> None:
        tasks = [image(), image()]
        with connected(mock) as (socket, _):
            send(socket, *tasks)
            results(socket, 2)
        for fault, number in [
            ("poll-empty", 0),
            ("poll-not-found", 2),
            ("poll-poisoned", 1),
        ]:
            with connected(mock, fault=fault) as (socket, _):
                send(socket, *map(question, tasks))
                frame = received(socket)
            assert frame.get("data", []) == []
            assert len(frame.get("errors", [])) == number

    def test_a_task_that_is_not_known(self, mock: Mock) -> None:
        with connected(mock) as (socket, _):
            send(socket, question(image()))
            assert received(socket) == {"data": []}

    def test_items_are_changed(self, mock: Mock) -> None:
        for fault, name in [
            ("other-status", "status"),
            ("cost-later", "cost"),
            ("new-signature", "imageURL"),
        ]:
            task = image(includeCost=True)
            with connected(mock, fault=fault) as (socket, _):
                send(socket, task)
                [item] = results(socket, 1)
                send(socket, question(task))
                [whole] = results(socket, 1)
            assert item.get(name) != whole[name]
            assert entry(mock, task)["collected"] == [item["imageUUID"]]

    def test_one_of_several_results_fails_first(self, mock: Mock) -> None:
        task = image(numberResults=3)
        with connected(mock, fault="item-error") as (socket, _):
            send(socket, task)
            [error] = received(socket)["errors"]
            assert error["taskUUID"] == task["taskUUID"]
            assert len(results(socket, 2)) == 2

    def test_results_in_parts(self, mock: Mock) -> None:
        task = image(numberResults=3)
        with connected(mock, fault="parts") as (socket, _):
            send(socket, task)
            assert len(results(socket, 2)) == 2
            until(lambda: len(entry(mock, task)["results"]) == 3)
            send(socket, question(task))
            assert len(results(socket, 3)) == 3

    def test_a_task_that_fails(self, mock: Mock) -> None:
        task = image()
        with connected(mock, fault="fail") as (socket, _):
            send(socket, task)
            [error] = received(socket)["errors"]
        assert (error["status"], error["taskUUID"]) == ("error", task["taskUUID"])

    def test_they_are_about_one_frame(self, mock: Mock) -> None:
        with connected(mock, fault="fail") as (socket, _):
            send(socket, image())
            assert received(socket)["errors"]
            send(socket, image())
            assert received(socket)["data"]

    def test_one_that_there_is_not(self, mock: Mock) -> None:
        headers = {"x-mock-fault": "cats"}
        with connect(mock.socket_url, additional_headers=headers) as socket:
            [error] = received(socket)["errors"]
        assert error["code"] == "invalidFault"
