"""The user's own models: pyproject.toml sets which document's class accepts them."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from catalog_server import Catalog, serving_catalog
from command import environment, files, run, run_unprivileged, write
from forks import CLIENT, run_forked
from mocking import BEARER, mocking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mocking import Mock

SETTINGS = (
    '[tool.runware-codegen]\ndocuments = ["docs"]\noutput = "."\npackage = "client"\n'
)
UUID = "11111111-1111-4111-8111-111111111111"
NESTED = {
    "properties": {
        "size": {"type": "integer"},
        "refiner": {
            "type": "object",
            "properties": {"model": {"type": "string", "enum": ["a:1@1", "b:1@1"]}},
            "required": ["model"],
        },
    }
}


def configure(project: Path, *lines: str, settings: str = SETTINGS) -> None:
    table = "\n".join(["", "[tool.runware-codegen.models]", *lines, ""])
    (project / "pyproject.toml").write_text(settings + table)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two documents and with its own models."""
    write(tmp_path / "docs", "one", NESTED, info={"x-status": "live"})
    write(tmp_path / "docs", "two", {})
    configure(
        tmp_path,
        '"civitai:1@2" = "one"',
        '"civitai:7*@*" = "test:one@1"',
        '"civitai:*" = "two"',
    )
    return tmp_path


def executed(project: Path, code: str) -> str:
    made = run("generate", cwd=project)
    assert made.returncode == 0, made.stderr
    done = run_forked(["-c", code], cwd=project, env=environment(), imported=CLIENT)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_the_class_of_the_document_takes_them(project: Path) -> None:
    shown = executed(
        project,
        f"""
import client, pydantic
from client.tasks.image_inference import OneRequest
for model in ("test:one@1", "one", "civitai:1@2", "civitai:71@3", "civitai:1@3", "two"):
    task = {{"taskType": "imageInference", "taskUUID": "{UUID}", "model": model}}
    request = client.parse_request(task)
    print(type(request).__name__, request.to_wire()["model"])
for model in ("other:1@1", "xcivitai:1@2x"):
    try:
        client.parse_request({{**task, "model": model}})
    except pydantic.ValidationError as error:
        print("civitai:7*@*" in str(error))
for model in ("civitai:1@3", "civitai:71@3 "):
    try:
        OneRequest(model=model)
    except pydantic.ValidationError as error:
        print("civitai:1@2" in str(error))
print(OneRequest().model, OneRequest(model="civitai:72@1").replace(size=3).model)
print(OneRequest.model_json_schema()["properties"]["model"]["anyOf"][0]["enum"])
print([(each.id, each.takes("civitai:71@3")) for each in client.documents()])
""",
    )
    assert shown.splitlines() == [
        "OneRequest test:one@1",
        "OneRequest test:one@1",
        "OneRequest civitai:1@2",
        "OneRequest civitai:71@3",
        "TwoRequest civitai:1@3",
        "TwoRequest test:two@1",
        *["True"] * 4,
        "test:one@1 civitai:72@1",
        "['test:one@1', 'civitai:1@2']",
        "[('one', True), ('two', True)]",
    ]


def test_calls_take_them(project: Path) -> None:
    shown = executed(
        project,
        """
import client
task_client = client.Runware(api_key="key").image_inference
for model in ("one", "civitai:1@2", "civitai:71@3", "civitai:1@3", "two"):
    request = task_client.request(model=model)
    print(type(request).__name__, request.to_wire()["model"])
print(task_client.one.request().model, task_client.one.request(model="civitai:1@2").model)
""",
    )
    assert shown.splitlines() == [
        "OneRequest test:one@1",
        "OneRequest civitai:1@2",
        "OneRequest civitai:71@3",
        "TwoRequest civitai:1@3",
        "TwoRequest test:two@1",
        "test:one@1 civitai:1@2",
    ]


def test_list_shows_them(project: Path) -> None:
    shown = run("list", "--status", "live", cwd=project).stdout
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [
        ["one", "test:one@1"],
        ["one", "civitai:1@2"],
        ["one", "civitai:7*@*"],
    ]
    rows = json.loads(run("list", "--json", cwd=project).stdout)
    assert [row["models"] for row in rows] == [
        ["test:one@1", "civitai:1@2", "civitai:7*@*"],
        ["test:two@1", "civitai:*"],
    ]
    assert " ".join(rows[0]) == (
        "id air taskType status fields rules class module title creator capabilities"
        " modes released price documentation models"
    )


def test_a_changed_line_makes_another_package(project: Path) -> None:
    run("generate", cwd=project)
    assert run("generate", "--check", cwd=project).returncode == 0
    configure(project, '"civitai:1@2" = "two"')
    assert run("generate", "--check", cwd=project).returncode == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"civitai:1@2" = "three"', "This client has no document 'three'"),
        ('"mine:*" = "three"', "`runware-codegen fetch 'mine:*' --like three`"),
        (
            '"civitai:1@2" = "ping"',
            "The document ping does not describe one single model",
        ),
        ('"no air" = "one"', "neither an AIR nor"),
        ('"civitai:[12]@2" = "one"', "neither an AIR nor"),
        ('"civitai:1@2" = 1', "a table of strings"),
        ('"test:two@1" = "one"', "already described"),
    ],
)
def test_a_wrong_line_is_named(project: Path, line: str, told: str) -> None:
    configure(
        project, line, settings=SETTINGS.replace('["docs"', '["docs", "builtin:ping"')
    )
    for command in ("generate", "list"):
        finished = run(command, cwd=project)
        assert finished.returncode == 2
        assert told in finished.stderr


def test_a_line_of_a_document_that_is_not_wanted_is_right(project: Path) -> None:
    assert run("generate", "--only", "two", cwd=project).returncode == 0


class TestFilters:
    @pytest.fixture
    def catalog(self) -> Iterator[Catalog]:
        """A catalogue of three models with additional data for filters."""
        with serving_catalog() as catalog:
            catalog.add("qb-easel", status="coming-soon")
            catalog.index[-1] |= {
                "creator": "Quiet Brush",
                "capabilities": ["text-to-image"],
                "architecture": "sdxl",
            }
            catalog.add("lathe")
            catalog.index[-1] |= {"architecture": "sdxl", "capabilities": 3}
            catalog.add("zither")
            catalog.index[-1] |= {"architecture": "sdxl"}
            yield catalog

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            (["--capability", "Text-to-Image"], ["qb-easel"]),
            (["--creator", "quiet brush"], ["qb-easel"]),
            (["--creator", "qb"], ["qb-easel"]),
            (["--status", "live"], ["lathe", "zither"]),
            (["--text", "SDXL qb"], ["qb-easel"]),
            (["--text", "sdxl", "--status", "coming-soon"], ["qb-easel"]),
            (["--include-status", "live"], ["lathe", "zither"]),
        ],
    )
    def test_the_catalogue(
        self, catalog: Catalog, tmp_path: Path, options: list[str], found: list[str]
    ) -> None:
        url = ("--index-url", catalog.url)
        finished = run("list", "--catalog", "--json", *url, *options, cwd=tmp_path)
        assert [row["id"] for row in json.loads(finished.stdout)] == found

    def test_none(self, catalog: Catalog, tmp_path: Path) -> None:
        catalog.add("qb-frame")
        catalog.index[-1]["creator"] = "QUIET BRUSH"
        for options, told in (
            (["--capability", "x"], "Known capabilities: text-to-image."),
            (["--creator", "qb", "--status", "soon"], "Remove filters"),
            (["--creator", "x"], "\n  --creator selects none of 4 models.\n"),
            (["--creator", "x"], "Known creators: lathe, Quiet Brush, zither."),
            (["--text", "x", "--status", "y"], "\n  --text and --status select none"),
        ):
            url = ("--index-url", catalog.url)
            finished = run("list", "--catalog", *url, *options, cwd=tmp_path)
            assert finished.returncode == 2
            assert told in finished.stderr

    def test_documents(self, project: Path) -> None:
        for options, found in (
            (["--status", "live"], ["one"]),
            (["--text", "TWO"], ["two"]),
            (["--creator", "one"], ["one"]),
        ):
            finished = run("list", "--json", *options, cwd=project)
            assert [row["id"] for row in json.loads(finished.stdout)] == found
        finished = run("list", "--capability", "edit", cwd=project)
        assert finished.returncode == 2
        assert "--capability" in finished.stderr

    def test_fetch_like_writes_no_line_for_several_clients(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        """The clients without the document would refuse a line that they share."""
        clients = [
            f"[[tool.runware-codegen.clients]]\noutput = '.'\npackage = '{name}'\n"
            f"documents = ['{documents}']\n"
            for name, documents in (("a", "builtin:ping"), ("b", "schemas"))
        ]
        file = tmp_path / "pyproject.toml"
        file.write_text("".join(clients))
        arguments = ("fetch", "civitai:1@2", "--like", "zither")
        finished = run(*arguments, "--index-url", catalog.url, cwd=tmp_path)
        assert finished.returncode == 0, finished.stderr
        assert file.read_text() == "".join(clients)
        line = '[tool.runware-codegen.clients.models]\n"civitai:1@2" = "zither"\n'
        assert finished.stdout.endswith(line)
        file.write_text(f"{file.read_text()}{line}")
        assert run("generate", cwd=tmp_path).returncode == 0
        file.write_text(f"{line.replace('.clients', '')}{''.join(clients)}")
        told = run("generate", cwd=tmp_path).stderr
        assert "a document that the client has: ping." in told
        assert "move the line to the table models of that client" in told

    def test_fetch_like_writes_the_line(self, catalog: Catalog, tmp_path: Path) -> None:
        head = SETTINGS.replace("docs", "schemas") + "# a remark\n"
        file = tmp_path / "pyproject.toml"
        file.write_text(head)
        url = ("--index-url", catalog.url)
        for model, name in (("civitai:1@2", "SDXL"), ("civitai:7*", "zither")):
            finished = run("fetch", model, "--like", name, *url, cwd=tmp_path)
            assert finished.returncode == 0, finished.stderr
        text = file.read_text()
        assert text.startswith(f"{head}\n[tool.runware-codegen.models]\n")
        models = tomllib.loads(text)["tool"]["runware-codegen"]["models"]
        assert models == {"civitai:1@2": "lathe", "civitai:7*": "zither"}
        assert run("generate", cwd=tmp_path).returncode == 0
        again = ("fetch", "civitai:1@2", "--like", "zither", *url)
        file.write_text(f'{text}"civitai:8*" = """\nlathe"""')
        expected = dict.fromkeys(("civitai:7*", "civitai:1@2"), "zither")
        for told in ('Wrote to pyproject.toml: "civitai:1@2" = "zither"', "already."):
            assert told in run(*again, cwd=tmp_path).stdout
            table = tomllib.loads(file.read_text())["tool"]["runware-codegen"]
            assert table["models"] == {**expected, "civitai:8*": "lathe"}
        file.write_text(f'{head}models = {{"civitai:7*" = "zither"}}\n')
        assert "not in a table of their own" in run(*again, cwd=tmp_path).stderr

    def test_fetch_like_changes_nothing_if_the_settings_are_read_only(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(SETTINGS)
        (tmp_path / "pyproject.toml").chmod(0o444)
        before = files(tmp_path)
        arguments = ("fetch", "civitai:1@2", "--like", "zither")
        url = ("--index-url", catalog.url)
        finished = run_unprivileged(*arguments, *url, cwd=tmp_path)
        assert finished.returncode == 2
        assert "Permission denied (pyproject.toml)." in finished.stderr
        assert files(tmp_path) == before

    def test_an_architecture_is_known_from_the_lock(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        url = ("--index-url", catalog.url)
        run("fetch", "lathe", "zither", *url, cwd=tmp_path)
        settings = SETTINGS.replace("docs", "schemas")
        configure(tmp_path, '"civitai:1@2" = "sdxl"', settings=settings)
        rows = json.loads(run("list", "--json", cwd=tmp_path).stdout)
        assert rows[0]["models"] == ["test:lathe@1", "civitai:1@2"]
        catalog.add("plain")  # without an architecture
        run("fetch", "plain", *url, cwd=tmp_path)
        configure(tmp_path, '"civitai:1@2" = ""', settings=settings)
        assert "no document ''" in run("list", cwd=tmp_path).stderr

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["civitai:1@2", "--like", "flux"], "Known architectures: sdxl"),
            (["--like", "sdxl"], "--like requires MODEL"),
            (["civitai:1@2", "--like", "sdxl", "--all"], "exclude each other"),
            (["a b", "--like", "sdxl"], "neither an AIR nor"),
        ],
    )
    def test_a_wrong_call(
        self, catalog: Catalog, tmp_path: Path, arguments: list[str], told: str
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(SETTINGS)
        url = ("--index-url", catalog.url)
        finished = run("fetch", *arguments, *url, cwd=tmp_path)
        assert finished.returncode == 2
        assert told in finished.stderr
        assert (tmp_path / "pyproject.toml").read_text() == SETTINGS

    def test_without_a_project(self, catalog: Catalog, tmp_path: Path) -> None:
        url = ("--index-url", catalog.url)
        finished = run("fetch", "civitai:1@2", "--like", "lathe", *url, cwd=tmp_path)
        assert finished.returncode == 2
        assert "runware-codegen init" in finished.stderr


def test_init_keeps_them(project: Path) -> None:
    before = tomllib.loads((project / "pyproject.toml").read_text())
    finished = run("init", cwd=project)
    assert finished.returncode == 0, finished.stderr
    assert tomllib.loads((project / "pyproject.toml").read_text()) == before
    assert "civitai:1@2" in (project / "client/tasks/_index.py").read_text()
    configure(project, '"civitai:1@2" = "one"', settings="")  # as `fetch --like` does
    written = (project / "pyproject.toml").read_text()
    finished = run("init", "--documents", "docs", "--package", "client", cwd=project)
    assert finished.returncode == 0, finished.stderr
    assert (project / "pyproject.toml").read_text().startswith(f"{written}\n[tool.")


def _code(mock: Mock, model: str) -> str:
    """Return the error code of the mock's response to a task; empty for no error."""
    task = {"taskType": "imageInference", "taskUUID": str(uuid4()), "model": model}
    answer = mock.client.post(mock.url, json=[task], headers=BEARER).json()
    return str(answer["errors"][0]["code"]) if "errors" in answer else ""


def test_the_mock_takes_them(project: Path) -> None:
    with mocking("--project", project) as mock:
        models = ("test:one@1", "civitai:1@2", "civitai:71@3", "civitai:1@3")
        assert [_code(mock, model) for model in models] == [""] * 4
        assert _code(mock, "other:1@1") == "invalidModel"
        task = {"taskType": "imageInference", "taskUUID": str(uuid4()), "size": "x"}
        for model, code in (("civitai:71@3", 400), ("civitai:1@3", 200)):
            sent = [{**task, "model": model}]  # only the document `one` has `size`
            answer = mock.client.post(mock.url, json=sent, headers=BEARER)
            assert answer.status_code == code
