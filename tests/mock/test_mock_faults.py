"""The mock fails on request, and its ledger records the faults."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from command import until
from mocking import (
    BEARER,
    Mock,
    answer,
    entry,
    image,
    mocking,
    post,
    question,
    text,
    the_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_ACCEPTED = ["refuse", "drop-before", "rate-limit", "unavailable"]
LONG = httpx2.Timeout(60)
SHORT = httpx2.Timeout(60, read=0.1)
"""A delayed response exceeds this timeout. Everything before it does not."""

WITHOUT_ANSWER = ["refuse", "drop-before", "drop-after", "drop-during"]


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    """A mock that fails when a request asks for a fault."""
    options = ["--delay", "0.3", "--retry-after", "2", "--running-task", "status"]
    with mocking(*options) as mock:
        yield mock


@pytest.fixture
def mock(running: Mock) -> Mock:
    """The running mock with an empty ledger."""
    running.clear()
    return running


def failing(
    mock: Mock, fault: str, *tasks: dict[str, Any], timeout: httpx2.Timeout = LONG
) -> httpx2.Response | Exception:
    """Send tasks in an exchange with this fault."""
    headers = {**BEARER, "x-mock-fault": fault}
    try:
        return mock.client.post(mock.url, json=tasks, headers=headers, timeout=timeout)
    except httpx2.TransportError as error:
        return error


def failed(mock: Mock, fault: str, *tasks: dict[str, Any]) -> httpx2.Response:
    """Send tasks in an exchange with this fault, and return the response."""
    response = failing(mock, fault, *tasks)
    assert isinstance(response, httpx2.Response), response
    return response


@pytest.mark.parametrize("fault", WITHOUT_ANSWER)
def test_a_connection_that_breaks(mock: Mock, fault: str) -> None:
    error = failing(mock, fault, image(numberResults=2))
    # A reset can reach the client before it reads or while it reads.
    kinds = {httpx2.RemoteProtocolError, *([httpx2.ReadError] * (fault == "refuse"))}
    assert type(error) in kinds
    assert ("incomplete" in str(error) or "without sending complete" in str(error)) == (
        fault == "drop-during"
    )


@pytest.mark.parametrize("fault", [*NOT_ACCEPTED, "drop-after", "drop-during"])
def test_what_is_accepted(mock: Mock, fault: str) -> None:
    task = image()
    failing(mock, fault, task)
    ledger = mock.ledger()
    assert ledger["faults"] == {fault: 1}
    assert ledger["exchanges"] == 1
    assert list(ledger["tasks"]) == (
        [] if fault in NOT_ACCEPTED else [task["taskUUID"]]
    )
    assert ledger["totals"]["collected"] == 0
    if fault in NOT_ACCEPTED:
        answer(mock, task)
    else:
        assert entry(mock, task)["run"] == entry(mock, task)["billed"] == 1
        [item] = answer(mock, question(task))["data"]
        assert item["status"] == "success"
    assert entry(mock, task)["collected"] == entry(mock, task)["results"]


@pytest.mark.parametrize(
    ("fault", "status"), [("rate-limit", 429), ("unavailable", 503)]
)
def test_asked_to_wait(mock: Mock, fault: str, status: int) -> None:
    response = failed(mock, fault, image())
    assert response.status_code == status
    assert response.headers["retry-after"] == "2"
    assert response.json()["errors"][0]["code"]


@pytest.mark.parametrize(
    ("fault", "status"), [("error-500", 500), ("bad-gateway", 502)]
)
def test_accepted_or_not(mock: Mock, fault: str, status: int) -> None:
    for _ in range(20):
        response = failed(mock, fault, image())
        assert response.status_code == status
        assert "retry-after" not in response.headers
    is_html = "<html>" in response.text
    assert is_html == (fault == "bad-gateway")
    assert 0 < mock.ledger()["totals"]["accepted"] < 20
    assert mock.ledger()["faults"] == {fault: 20}


def test_json_that_breaks_off(mock: Mock) -> None:
    task = image()
    response = failed(mock, "truncated", task)
    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        response.json()
    assert entry(mock, task)["billed"] == 1
    assert entry(mock, task)["collected"] == []


def test_items_twice_and_in_disorder(mock: Mock) -> None:
    first, second = image(numberResults=2), image()
    twice = failed(mock, "duplicate-items", first).json()["data"]
    assert twice[::2] == twice[1::2]
    assert len(twice) == 4
    tasks = [first, second]
    for task in tasks:
        task["taskUUID"] = image()["taskUUID"]
    turned = failed(mock, "reorder-items", *tasks).json()["data"]
    assert [item["taskUUID"] for item in turned] == [
        second["taskUUID"],
        first["taskUUID"],
        first["taskUUID"],
    ]
    assert len(entry(mock, first)["collected"]) == 2


def test_a_fault_that_changes_nothing_is_not_counted(mock: Mock) -> None:
    failed(mock, "reorder-items", image())
    assert mock.ledger()["faults"] == {}


def test_a_late_answer(mock: Mock) -> None:
    assert type(failing(mock, "delay", image(), timeout=SHORT)) is httpx2.ReadTimeout
    assert failed(mock, "delay", image()).status_code == 200


def test_questions_fail_too(mock: Mock) -> None:
    task = image(deliveryMethod="async")
    answer(mock, task)
    asked = question(task)
    assert isinstance(failing(mock, "drop-before", asked), httpx2.RemoteProtocolError)
    assert failed(mock, "unavailable", asked).status_code == 503
    assert failed(mock, "bad-gateway", asked).status_code == 502
    assert len(failed(mock, "duplicate-items", asked).json()["data"]) == 2
    assert entry(mock, task)["run"] == 1


def test_tasks_that_are_accepted_late(mock: Mock) -> None:
    task = image()
    error = failing(mock, "late-acceptance", task)
    assert isinstance(error, httpx2.RemoteProtocolError)
    assert mock.ledger()["tasks"] == {}
    until(lambda: task["taskUUID"] in mock.ledger()["tasks"])
    assert answer(mock, question(task))["data"][0]["imageURL"]


def test_a_late_answer_tells_what_was_so(mock: Mock) -> None:
    task = image(deliveryMethod="async")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(failed, mock, "late-answer", question(task))
        until(lambda: mock.ledger()["faults"])
        answer(mock, task)
        assert asked.result().json() == {"data": []}
    assert answer(mock, question(task))["data"]


def test_a_request_that_a_gateway_repeats(mock: Mock) -> None:
    task = image()
    error = the_error(failed(mock, "repeated", task))
    assert (error["code"], error["taskUUID"]) == ("conflictTaskUUID", task["taskUUID"])
    assert entry(mock, task)["run"] == 1


@pytest.mark.parametrize("fault", ["redirect-away", "redirect-back"])
def test_redirects(mock: Mock, fault: str) -> None:
    statuses = set()
    for _ in range(60):
        task = image()
        response = failed(mock, fault, task)
        statuses.add(response.status_code)
        is_back = response.headers["location"] == mock.url
        assert is_back == (fault == "redirect-back")
        assert entry(mock, task)["run"] == 1
    assert statuses == {301, 302, 303, 307, 308}


def test_errors_in_odd_shapes(mock: Mock) -> None:
    shapes = set()
    for _ in range(60):
        response = failed(mock, "odd-error", image())
        body, status = response.json(), response.status_code
        assert 500 <= status < 600
        assert "retry-after" not in response.headers
        if response.headers["content-type"] == "application/problem+json":
            assert body["status"] == status
            assert body["detail"]
        shapes.add("array" if isinstance(body, list) else ",".join(sorted(body)))
    assert {"array", "error", "errors"} < shapes
    assert len(shapes) == 5
    assert 0 < mock.ledger()["totals"]["accepted"] < mock.ledger()["exchanges"]


def test_too_many_at_once(mock: Mock) -> None:
    first, second = image(), image()
    assert the_error(failed(mock, "too-many", first, second), 413)
    assert mock.ledger()["tasks"] == {}
    assert failed(mock, "too-many", first).status_code == 200
    asked = question(first)
    assert the_error(failed(mock, "too-many", asked, question(second)), 413)
    assert failed(mock, "too-many", asked).json()["data"]


class TestPolls:
    """Polls fail, and their tasks do not change."""

    @pytest.fixture
    def tasks(self, mock: Mock) -> list[dict[str, Any]]:
        """Two finished tasks."""
        tasks = [image(deliveryMethod="async") for _ in range(2)]
        answer(mock, *tasks)
        return tasks

    def test_no_word_of_any(self, mock: Mock, tasks: list[dict[str, Any]]) -> None:
        response = failed(mock, "poll-empty", *map(question, tasks))
        assert response.status_code == 200
        assert response.json() == {"data": []}
        assert len(answer(mock, *map(question, tasks))["data"]) == 2

    def test_not_found(self, mock: Mock, tasks: list[dict[str, Any]]) -> None:
        response = failed(mock, "poll-not-found", *map(question, tasks))
        assert response.status_code == 400
        assert [(e["code"], e["taskUUID"]) for e in response.json()["errors"]] == [
            ("taskFailedOrNotFound", task["taskUUID"]) for task in tasks
        ]

    def test_refused(self, mock: Mock, tasks: list[dict[str, Any]]) -> None:
        seen = set()
        for _ in range(100):
            response = failed(mock, "poll-refused", *map(question, tasks))
            is_plain = response.status_code == 200
            for error in response.json()["errors"] if is_plain else []:
                seen.add(tuple(sorted({"taskType", "taskUUID"} & error.keys())))
                assert error.get("taskType") in {"getResponse", None}
            seen.add(response.status_code)
        names = {(), ("taskType",), ("taskUUID",), ("taskType", "taskUUID")}
        assert seen == {200, 400, *names}

    def test_one_is_poisoned(self, mock: Mock, tasks: list[dict[str, Any]]) -> None:
        error = the_error(failed(mock, "poll-poisoned", *map(question, tasks)))
        assert error["taskType"] == "getResponse"
        assert error["taskUUID"] in {task["taskUUID"] for task in tasks}
        assert failed(mock, "poll-poisoned", question(tasks[0])).json()["data"]
        assert mock.ledger()["faults"] == {"poll-poisoned": 1}

    @pytest.mark.parametrize(
        "fault", ["poll-empty", "poll-not-found", "poll-refused", "poll-poisoned"]
    )
    def test_tasks_are_left_alone(self, mock: Mock, fault: str) -> None:
        assert failed(mock, fault, image(), image()).json()["data"]
        assert mock.ledger()["faults"] == {}


class TestItems:
    def test_acknowledgements_with_more_members(self, mock: Mock) -> None:
        task = image(deliveryMethod="async")
        [item] = failed(mock, "more-members", task).json()["data"]
        assert item.keys() == {"taskType", "taskUUID", "cost", "estimatedTime"}

    def test_statuses_that_are_in_no_document(self, mock: Mock) -> None:
        task = image(deliveryMethod="async")
        [item] = failed(mock, "other-status", task).json()["data"]
        assert item["status"] not in {"processing", "success", "error"}
        [item] = failed(mock, "other-status", question(task)).json()["data"]
        assert item["status"] == "COMPLETED"
        assert item["imageURL"]
        assert entry(mock, task)["collected"] == [item["imageUUID"]]

    @pytest.mark.parametrize(
        "reading", ["poll-status", "poll-progress", "other-status"]
    )
    def test_items_in_flight(self, reading: str) -> None:
        task = image(deliveryMethod="async")
        with mocking("--latency", "60") as mock:
            answer(mock, task)
            [item] = failed(mock, reading, question(task)).json()["data"]
            assert answer(mock, question(task)) == {"data": []}
            assert mock.ledger()["faults"] == {reading: 1}
        assert ("imageUUID" in item) == (reading == "poll-progress")
        assert ("status" in item) == (reading != "poll-progress")
        assert "imageURL" not in item

    def test_a_member_with_an_odd_value(self, mock: Mock) -> None:
        task = image()
        [whole] = answer(mock, task)["data"]
        seen = set()
        for _ in range(60):
            [item] = failed(mock, "odd-member", question(task)).json()["data"]
            usual = whole | {"status": "success"}
            seen |= {name for name in item if (name, item[name]) not in usual.items()}
        assert seen == {"status", "progress", "cost", "resultIndex"}
        paid = image(includeCost=True)
        answer(mock, paid)
        for _ in range(20):
            [item] = failed(mock, "odd-member", question(paid)).json()["data"]
            assert 0 < item["cost"] < 1

    def test_urls_are_signed_anew(self, mock: Mock) -> None:
        task = image()
        answer(mock, task)
        items = [
            failed(mock, "new-signature", question(task)).json()["data"][0]
            for _ in range(2)
        ]
        urls = [item.pop("imageURL") for item in items]
        assert items[0] == items[1]
        assert urls[0] != urls[1]
        assert urls[0].split("?")[0] == urls[1].split("?")[0]
        assert mock.client.get(urls[0]).content == mock.client.get(urls[1]).content

    def test_the_cost_comes_later(self, mock: Mock) -> None:
        task = image(includeCost=True)
        [first] = failed(mock, "cost-later", task).json()["data"]
        [second] = answer(mock, question(task))["data"]
        assert "cost" not in first
        assert second["cost"] > 0
        assert entry(mock, task)["collected"] == [first["imageUUID"]]

    def test_results_in_parts(self, mock: Mock) -> None:
        task = image(numberResults=3)
        assert len(failed(mock, "parts", task).json()["data"]) == 2
        assert len(entry(mock, task)["collected"]) == 2
        assert len(answer(mock, question(task))["data"]) == 3


class TestOneTask:
    def test_it_never_finishes(self, mock: Mock) -> None:
        task = image(deliveryMethod="async", numberResults=2)
        acknowledged = failed(mock, "never", task).json()["data"]
        assert acknowledged == [
            {"taskType": "imageInference", "taskUUID": task["taskUUID"]}
        ]
        other = image(deliveryMethod="async")
        answer(mock, other)
        items = answer(mock, question(task), question(other))["data"]
        assert [item["status"] for item in items] == [*["processing"] * 2, "success"]
        assert entry(mock, task)["billed"] == 0
        waiting = failing(mock, "never", image(), timeout=SHORT)
        assert type(waiting) is httpx2.ReadTimeout

    @pytest.mark.parametrize("delivery", ["async", "sync"])
    def test_it_fails(self, mock: Mock, delivery: str) -> None:
        task = image(deliveryMethod=delivery)
        response = failed(mock, "fail", task)
        if delivery == "async":
            assert "errors" not in response.json()
            response = post(mock, question(task))
        assert response.status_code == 200
        [error] = response.json()["errors"]
        assert error["status"] == "error"
        assert error["taskUUID"] == task["taskUUID"]
        assert entry(mock, task)["status"] == "error"
        assert entry(mock, task)["billed"] == 0

    @pytest.mark.parametrize("delivery", ["async", "sync"])
    def test_one_of_its_items_fails(self, mock: Mock, delivery: str) -> None:
        task = image(deliveryMethod=delivery, numberResults=3)
        body = failed(mock, "item-error", task).json()
        if delivery == "async":
            body = answer(mock, question(task))
        assert len(body["data"]) == 2
        [error] = body["errors"]
        assert (error["code"], error["status"]) == ("contentPolicyViolation", "error")
        assert error["taskUUID"] == task["taskUUID"]
        assert len(entry(mock, task)["collected"]) == 2
        assert entry(mock, task)["billed"] == 1
        assert failed(mock, "item-error", image()).json()["data"]


class TestStreams:
    def test_it_breaks_off(self, mock: Mock) -> None:
        task = text()
        headers = {**BEARER, "x-mock-fault": "drop-during"}
        stream = mock.client.stream("POST", mock.url, json=[task], headers=headers)
        came: list[str] = []
        with stream as response, pytest.raises(httpx2.RemoteProtocolError):
            came.extend(response.iter_text())
        assert "".join(came).count("data: ") > 3
        assert "[DONE]" not in "".join(came)
        assert entry(mock, task)["collected"] == []
        assert answer(mock, question(task))["data"][0]["text"]

    def test_it_fails(self, mock: Mock) -> None:
        response = failed(mock, "fail", text())
        assert '"errors"' in response.text
        assert "[DONE]" in response.text


class TestShares:
    def test_a_share_by_seed(self) -> None:
        runs = [statuses("--fault", "unavailable=0.3", "--seed", "3") for _ in range(2)]
        assert runs[0] == runs[1]
        assert 5 < runs[0].count("503") < 25
        assert set(runs[0]) == {"200", "503"}
        assert statuses("--fault", "unavailable=0.3", "--seed", "4") != runs[0]

    def test_a_mix_of_all(self) -> None:
        options = ["--faults", "0.9", "--delay", "0", "--seed", "2"]
        with mocking(*options) as mock:
            for _ in range(150):
                with contextlib.suppress(httpx2.TransportError):
                    post(mock, image(numberResults=2), timeout=60)
            ledger = mock.ledger()
        assert set(ledger["faults"]) == {
            *NOT_ACCEPTED,
            *("drop-after", "drop-during", "delay", "error-500", "bad-gateway"),
            *("truncated", "duplicate-items", "reorder-items", "late-acceptance"),
            *("late-answer", "repeated", "redirect-away", "redirect-back", "odd-error"),
            *("other-status", "odd-member", "new-signature", "parts"),
        }
        assert sum(ledger["faults"].values()) > 70
        assert ledger["exchanges"] == 150

    def test_without_a_share_it_is_always(self) -> None:
        assert set(statuses("--fault", "rate-limit")) == {"429"}


def statuses(*options: str) -> list[str]:
    """Return the statuses of 50 responses of a mock."""
    with mocking(*options) as mock:
        return [str(post(mock, image()).status_code) for _ in range(50)]


def test_a_request_without_a_fault() -> None:
    with mocking("--fault", "rate-limit") as mock:
        assert failed(mock, "none", image()).status_code == 200


def test_a_fault_that_there_is_not(mock: Mock) -> None:
    response = failed(mock, "cats", image())
    assert response.headers["x-request-id"]
    assert response.status_code == 400
    assert "drop-before" in response.json()["errors"][0]["message"]
