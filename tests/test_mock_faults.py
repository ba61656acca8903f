"""The mock fails on purpose, and its ledger knows how."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mocking import BEARER, Mock, answer, entry, image, mocking, post, question, text

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_ACCEPTED = ["refuse", "drop-before", "rate-limit", "unavailable"]
WITHOUT_ANSWER = ["refuse", "drop-before", "drop-after", "drop-during"]


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    """A mock that fails where it is asked to."""
    with mocking("--delay", "0.3", "--retry-after", "2") as mock:
        yield mock


@pytest.fixture
def mock(running: Mock) -> Mock:
    """The same, with an empty ledger."""
    running.clear()
    return running


def failing(
    mock: Mock, fault: str, *tasks: dict[str, Any], timeout: float = 5
) -> httpx2.Response | Exception:
    """Send tasks in an exchange that fails in this way."""
    headers = {**BEARER, "x-mock-fault": fault}
    try:
        return mock.client.post(mock.url, json=tasks, headers=headers, timeout=timeout)
    except httpx2.TransportError as error:
        return error


def failed(mock: Mock, fault: str, *tasks: dict[str, Any]) -> httpx2.Response:
    """Send tasks in an exchange that fails with an answer."""
    response = failing(mock, fault, *tasks)
    assert isinstance(response, httpx2.Response), response
    return response


@pytest.mark.parametrize("fault", WITHOUT_ANSWER)
def test_a_connection_that_breaks(mock: Mock, fault: str) -> None:
    error = failing(mock, fault, image(numberResults=2))
    # A reset may reach the client before it reads, or while it does.
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
    assert type(failing(mock, "delay", image(), timeout=0.1)) is httpx2.ReadTimeout
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
        assert [item["status"] for item in items] == [
            *["processing"] * 2,
            "success",
        ]
        assert entry(mock, task)["billed"] == 0
        waiting = failing(mock, "never", image(), timeout=0.2)
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
        options = ["--faults", "0.9", "--delay", "0", "--seed", "1"]
        with mocking(*options) as mock:
            for _ in range(150):
                with contextlib.suppress(httpx2.TransportError):
                    post(mock, image(numberResults=2), timeout=5)
            ledger = mock.ledger()
        assert set(ledger["faults"]) == {
            *NOT_ACCEPTED,
            *("drop-after", "drop-during", "delay", "error-500", "bad-gateway"),
            *("truncated", "duplicate-items", "reorder-items"),
        }
        assert sum(ledger["faults"].values()) > 110
        assert ledger["exchanges"] == 150

    def test_without_a_share_it_is_always(self) -> None:
        assert set(statuses("--fault", "rate-limit")) == {"429"}


def statuses(*options: str) -> list[str]:
    """The statuses of 50 answers of a mock."""
    with mocking(*options) as mock:
        return [str(post(mock, image()).status_code) for _ in range(50)]


def test_a_fault_that_there_is_not(mock: Mock) -> None:
    response = failed(mock, "cats", image())
    assert response.headers["x-request-id"]
    assert response.status_code == 400
    assert "drop-before" in response.json()["errors"][0]["message"]
