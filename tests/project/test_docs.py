"""The project's pages are correct: their code runs, and their links have targets."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from command_reference import command_reference, configuration_reference
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from catalog_server import Catalog, serving_catalog
from command import COMMAND, environment, run
from environments import TOP
from making import a_document
from mocking import mocking
from page_blocks import DOCS, PAGES, blocks, page_id, run_python
from runware_codegen.cli import cli
from type_checkers import mypy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from mocking import Mock

RUN = [page for page in DOCS if blocks(page)]

_LONG_RUNNING = " mock "
_PACKAGE = "--package runware_client"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mocking() as mock:
        yield mock


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    """A catalogue with the model that the pages fetch."""
    size = {"type": "integer", "minimum": 128, "maximum": 2048, "multipleOf": 64}
    prompt = {"type": "string", "minLength": 1}
    schema = {
        "properties": {"positivePrompt": prompt, "width": size, "height": size},
        "required": ["positivePrompt", "width", "height"],
    }
    url = {"properties": {"imageURL": {"type": "string", "format": "uri"}}}
    with serving_catalog() as catalog:
        catalog.add("bfl-flux-1-dev", schema, air="runware:101@1", result=url)
        yield catalog


@pytest.mark.parametrize("page", RUN, ids=page_id)
def test_each_block_runs_as_it_stands(
    page: Path, mock: Mock, catalog: Catalog, tmp_path: Path
) -> None:
    """Run the blocks of a page in order, in one folder.

    A program that a page names as `NAME.py` is kept for the blocks after it.
    """
    for language, code, output, name in blocks(page):
        if language == "python":
            client = tmp_path if (tmp_path / "runware_client").exists() else None
            path = client or TOP / "generated"
            printed = run_python(code, tmp_path, mock.url, path, name)
            assert output is None or printed == output
        elif language == "console":
            _run_commands(code, tmp_path, catalog.url)
        elif language == "toml":
            assert tomllib.loads(code)
            (tmp_path / "pyproject.toml").write_text(code)
        elif language == "yaml":
            assert YAML(typ="safe").load(code)
        else:
            assert language in ("text", "make")


@pytest.mark.parametrize("name", ["tests", "fastapi"])
def test_programs_to_copy_are_typed(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = TOP / f"docs/how-to/{name}.md"
    [code] = [block.code for block in blocks(page) if block.name]
    (tmp_path / "copied.py").write_text(code, encoding="utf-8")
    path = TOP / "generated"
    done = mypy(tmp_path_factory, "copied.py", cwd=tmp_path, path=path)
    assert done.returncode == 0, done.stdout


FAILING = """
from starlette.testclient import TestClient
with TestClient(app) as browser:
    answer = browser.post("/draw", json={"prompt": "dusk"})
    print(answer.status_code, "UUID" in answer.text, "http" in answer.text)
"""


@pytest.mark.parametrize("name", ["web-service", "fastapi"])
@pytest.mark.parametrize(("fault", "status"), [("never", 504), ("fail", 503)])
def test_services_invite_to_send_again_only_what_has_not_run(
    name: str, fault: str, status: int, mock: Mock, tmp_path: Path
) -> None:
    page = TOP / f"docs/how-to/{name}.md"
    program = next(block.code for block in blocks(page) if "lifespan" in block.code)
    timeout = 1 if fault == "never" else 60
    options = f"timeout={timeout}, default_headers={{'x-mock-fault': {fault!r}}}"
    failing = program.replace("timeout=60", options) + FAILING
    printed = run_python(failing, tmp_path, mock.url, TOP / "generated")
    assert printed == f"{status} False False\n"


def _run_commands(code: str, folder: Path, index_url: str = "") -> None:
    for line in code.splitlines():
        command = line.removeprefix("$ ")
        if command.startswith("pytest "):
            _run_pytest(command, folder)
            continue
        assert command.startswith("runware-codegen ")
        if _LONG_RUNNING in command:  # the fixture already runs a mock
            continue
        arguments = command.split()[1:]
        if arguments[0] == "fetch":
            arguments += ["--index-url", index_url]
        done = run(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr


def _run_pytest(command: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environment({"PYTHONPATH": str(TOP / "generated")}),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_each_link_leads_somewhere(page: Path) -> None:
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    inner = [child for token in tokens for child in token.children or ()]
    for token in inner:
        target = str(token.attrs.get("href") or token.attrs.get("src") or "")
        path, _, _ = target.partition("#")
        if path and not path.startswith("https:"):
            assert (page.parent / path).exists(), target


def test_each_page_is_reached_from_the_index() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    linked = {
        (page.parent / path).resolve()
        for page, text in zip(PAGES, texts, strict=True)
        for path in re.findall(r"\]\(([^)#:]+\.md)", text)
    }
    assert {page.resolve() for page in DOCS} <= linked


def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    shutil.copytree(TOP / "docs", tmp_path / "build/docs")
    shutil.copy(TOP / "zensical.toml", tmp_path)
    _run_commands(
        f"runware-codegen docs --output build/docs/models {_PACKAGE}", tmp_path
    )
    zensical = Path(sys.executable).with_name("zensical")
    command = [zensical, "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    built = {path.parent.name for path in (tmp_path / "build/site").rglob("index.html")}
    assert {page.stem for page in DOCS} - {"index"} <= built
    assert {"models", "image_inference"} <= built


@pytest.mark.parametrize(
    ("name", "made"),
    [("command", command_reference), ("configuration", configuration_reference)],
)
def test_references_are_made_from_the_options(
    name: str, made: Callable[[], str]
) -> None:
    page = TOP / f"docs/reference/{name}.md"
    if os.environ.get("ACCEPT_GOLDEN"):
        page.write_text(made(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == made()


def test_the_problem_is_the_one_shown(tmp_path: Path) -> None:
    seed = {"type": "integer", "minimun": 0}
    (tmp_path / "schemas").mkdir()
    document = json.dumps(a_document({"properties": {"seed": seed}}))
    (tmp_path / "schemas" / "model.json").write_text(document)
    done = subprocess.run(
        [*COMMAND, "list", "schemas"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    shown = [block.code for block in blocks(TOP / "docs/reference/problems.md")]
    assert any(text in done.stderr for text in shown)


def test_the_table_of_task_types_is_right(shipped: ModuleType) -> None:
    attributes = import_module(f"{shipped.__name__}.tasks._task_types").ATTRIBUTES
    page = (TOP / "docs/reference/task-types.md").read_text(encoding="utf-8")
    rows = [
        f"| `{document.task_type}` | `{attributes[document.task_type]}` "
        f"| `{document.class_name}` | {', '.join(document.request.deliveries)} |"
        for document in shipped.documents()
    ]
    assert len(rows) == 23
    assert "\n".join(rows).replace("|  |", "| |") in page


def test_the_table_of_arguments_names_each_one_with_its_default(
    shipped: ModuleType,
) -> None:
    page = (TOP / "docs/reference/client.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) ?\|$", page, re.MULTILINE))
    for client in (shipped.Runware, shipped.AsyncRunware):
        for name, each in inspect.signature(client).parameters.items():
            if each.default is not None:
                assert rows[name].strip() == f"`{json.dumps(each.default)}`"
    assert rows.keys() >= inspect.signature(shipped.AsyncRunware).parameters.keys()


def test_every_option_is_named() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    options = {
        name
        for command in cli.commands.values()
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
    }
    assert len(options) > 40
    assert not [o for o in options if not any(f"`{o}`" in text for text in texts)]
