"""`init` sets up a project, and keeps everything that the project has."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from catalog_server import Catalog, serving_catalog
from command import files, run, run_in_terminal, run_unprivileged, until_it_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROJECT = '[project]\nname = "app"  # ours\n\n# Colours\n[tool.other]\nx = """\n[y]"""'
HOOKS = """\
# ours
repos:
  - repo: https://example.com/hooks
    rev: v1
    hooks:
      - id: tidy   # keep

      - id: spell"""
END = "\n\n# the end\nfail_fast: true\n"
GENERAL = ["--task-type", "ping", "--package", "client"]


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    """A catalogue of two models."""
    with serving_catalog() as catalog:
        catalog.add("one")
        catalog.add("two")
        yield catalog


def init(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("init", *arguments, cwd=cwd)


def settings(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())
    settings: dict[str, Any] = table["tool"]["runware-codegen"]
    return settings


class TestAnEmptyFolder:
    def test_a_folder_whose_name_is_not_unicode(self, tmp_path: Path) -> None:
        finished = init(*GENERAL, "--output", "\udcff", cwd=tmp_path)
        assert finished.returncode == 2
        assert "A file of TOML cannot contain this text" in finished.stderr
        assert files(tmp_path) == {}

    def test_with_a_model(self, catalog: Catalog, tmp_path: Path) -> None:
        finished = init("--model", "one", "--index-url", catalog.url, cwd=tmp_path)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert settings(tmp_path) == {
            "documents": ["schemas"],
            "index-url": catalog.url,
            "output": ".",
            "package": "runware_client",
        }
        assert (tmp_path / "runware.lock").is_file()
        [*_, importing] = finished.stdout.splitlines()
        assert importing.startswith(
            "    from runware_client.tasks.image_inference import"
        )
        works = [sys.executable, "-c", importing.strip()]
        subprocess.run(works, cwd=tmp_path, check=True)
        check = run("generate", "--check", cwd=tmp_path)
        assert check.returncode == 0, check.stdout
        assert run("fetch", "two", cwd=tmp_path).returncode == 0
        assert (tmp_path / "schemas" / "two.json").is_file()

    def test_with_a_task_type(self, tmp_path: Path) -> None:
        (tmp_path / "src").mkdir()
        anew = {"PYTHONUNBUFFERED": ""}  # makes `run` start a new interpreter
        finished = run("init", *GENERAL, cwd=tmp_path, env=anew)
        assert finished.returncode == 0, finished.stderr
        expected = {"output": "src", "package": "client"}
        assert settings(tmp_path) == {"documents": ["builtin:ping"], **expected}
        assert (tmp_path / "src" / "client" / "tasks" / "ping").is_dir()
        assert run("generate", "--check", cwd=tmp_path).returncode == 0

    def test_with_a_model_and_general_documents(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        both = ["--model", "one", "--task-type", "ping", "--task-type", "image*"]
        finished = init(*both, "--index-url", catalog.url, cwd=tmp_path)
        assert (finished.returncode, finished.stderr) == (0, "")
        documents = ["schemas", "builtin:ping", "builtin:image*"]
        assert settings(tmp_path)["documents"] == documents
        tasks = tmp_path / "runware_client" / "tasks"
        assert (tasks / "image_inference" / "one.py").is_file()
        assert (tasks / "image_inference" / "image_inference.py").is_file()
        assert (tasks / "image_upload").is_dir()
        assert (tasks / "ping").is_dir()
        assert not (tasks / "caption").exists()
        assert run("generate", "--check", cwd=tmp_path).returncode == 0

    def test_with_documents_of_its_own(self, catalog: Catalog, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        document = next(iter(catalog.files.values()))
        (tmp_path / "docs" / "mine.json").write_bytes(document)
        assert init("--documents", "docs", cwd=tmp_path).returncode == 0
        assert settings(tmp_path)["documents"] == ["docs"]

    def test_with_documents_in_the_usual_folder(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        self.with_documents(catalog, tmp_path)
        finished = init(cwd=tmp_path)
        assert finished.returncode == 0, finished.stderr
        assert settings(tmp_path)["documents"] == ["schemas"]
        assert "run `runware-codegen generate` when a document" in finished.stdout

    def test_other_files_in_the_usual_folder_are_no_documents(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "schemas").mkdir()
        (tmp_path / "schemas" / "user.json").write_text('{"type": "object"}')
        (tmp_path / "schemas" / "lost.json").symlink_to("nowhere")
        react = TestInATerminal.answering(
            ("Models:", b"\n"),
            ("Task types [all]:", b"\n"),
            ("Folder that the package is in [.]:", b"\n"),
        )
        session = run_in_terminal("init", *GENERAL[2:], cwd=tmp_path, react=react)
        assert session.code == 0, session.shown
        assert "documents" not in settings(tmp_path)

    @staticmethod
    def with_documents(catalog: Catalog, folder: Path) -> None:
        (folder / "schemas").mkdir()
        document = next(iter(catalog.files.values()))
        (folder / "schemas" / "mine.json").write_bytes(document)


class TestAProject:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_keeps_everything_else(self, tmp_path: Path, end: str) -> None:
        project = tmp_path / "pyproject.toml"
        before = PROJECT.replace("\n", end).encode()
        project.write_bytes(before)
        project.chmod(0o640)
        assert init(*GENERAL, cwd=tmp_path).returncode == 0
        after = project.read_bytes()
        assert after.startswith(before + 2 * end.encode() + b"[tool.runware-codegen]")
        assert after.count(b"\r") == (after.count(b"\n") if end == "\r\n" else 0)
        assert project.stat().st_mode & 0o777 == 0o640
        assert settings(tmp_path)["package"] == "client"

    @pytest.mark.parametrize("name", ["pyproject.toml", ".pre-commit-config.yaml"])
    def test_a_file_that_is_read_only(
        self, catalog: Catalog, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / ".pre-commit-config.yaml").write_text(HOOKS)
        (tmp_path / "pyproject.toml").write_text(PROJECT)
        (tmp_path / name).chmod(0o444)
        before = files(tmp_path)
        model = ("init", "--model", "one", "--index-url", catalog.url)
        finished = run_unprivileged(*model, cwd=tmp_path)
        assert finished.returncode == 2
        assert f"Permission denied ({name})." in finished.stderr
        assert files(tmp_path) == before

    def test_a_second_time_writes_nothing(self, tmp_path: Path) -> None:
        (tmp_path / ".pre-commit-config.yaml").write_text(HOOKS)
        finished = init(*GENERAL, cwd=tmp_path)
        assert finished.returncode == 0
        assert "Next: `pip install pydantic httpx2`" in finished.stdout
        (tmp_path / "uv.lock").touch()
        before = files(tmp_path)
        finished = init(*GENERAL, cwd=tmp_path)
        assert finished.returncode == 0
        assert "Wrote" not in finished.stdout
        assert "Next: `uv add pydantic httpx2`" in finished.stdout
        assert files(tmp_path) == before

    def test_without_options_starts_from_what_is_set(self, tmp_path: Path) -> None:
        assert init(*GENERAL, cwd=tmp_path).returncode == 0
        with (tmp_path / "pyproject.toml").open("a") as file:
            file.write("jobs = 1\n")
        before = files(tmp_path)
        assert init(cwd=tmp_path).returncode == 0
        assert files(tmp_path) == before

    def test_paths_of_windows_are_written_for_every_system(
        self, tmp_path: Path
    ) -> None:
        assert init(*GENERAL, "--output", r"a\b", cwd=tmp_path).returncode == 0
        assert 'output = "a/b"\n' in (tmp_path / "pyproject.toml").read_text()
        assert run("generate", "--check", cwd=tmp_path).returncode == 0

    def test_other_settings_are_not_overwritten(self, tmp_path: Path) -> None:
        init(*GENERAL, cwd=tmp_path)
        before = files(tmp_path)
        finished = init("--task-type", "ping", "--package", "other", cwd=tmp_path)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert finished.stderr.startswith("pyproject.toml#/tool/runware-codegen\n")
        assert files(tmp_path) == before

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (b"[tool", "cannot be read"),
            (b"\xff", "not UTF-8"),
            (b"tool = {x = 1}\n", "separate table"),
            (b"tool = 1\n", "#/tool\n  This must be a table."),
            (b"[tool]\nrunware-codegen = 1\n", "-codegen\n  This must be a table."),
            (b"[[tool.runware-codegen.clients]]\n", "for several clients"),
            (b"[tool.runware-codegen]\noutput = 1\n", "Write a string."),
            (b"[tool.runware-codegen]\npackage = 'a-b'\n", "cannot be imported"),
        ],
    )
    def test_a_project_that_cannot_be_changed(
        self, tmp_path: Path, text: bytes, told: str
    ) -> None:
        (tmp_path / "pyproject.toml").write_bytes(text)
        finished = init(*GENERAL, cwd=tmp_path)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert told in finished.stderr
        assert list(tmp_path.iterdir()) == [tmp_path / "pyproject.toml"]

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--package", "class"], "keyword"),
            (["--task-type", "nonsense"], "builtin:nonsense\n"),
            (["--documents", "nowhere"], "nowhere"),
        ],
    )
    def test_what_is_wrong_changes_nothing(
        self, tmp_path: Path, arguments: list[str], told: str
    ) -> None:
        finished = init(*arguments, cwd=tmp_path)
        assert finished.returncode == 2
        assert told in finished.stderr
        assert list(tmp_path.iterdir()) == []


class TestPreCommit:
    @pytest.mark.parametrize("tail", [END, ""])
    @pytest.mark.parametrize("revision", ["v1", "2026-02-30"])  # a day that is none
    def test_the_hook_is_added_after_the_others(
        self, tmp_path: Path, tail: str, revision: str
    ) -> None:
        config = tmp_path / ".pre-commit-config.yaml"
        hooks = HOOKS.replace("v1", revision)
        config.write_text(hooks + tail)
        assert init(*GENERAL, cwd=tmp_path).returncode == 0
        after = config.read_text()
        assert after.startswith(f"{hooks}\n  - repo: local\n")
        assert after.endswith(tail)
        assert "      - id: runware-codegen\n" in after

    @pytest.mark.parametrize(
        ("text", "start", "end"),
        [
            ("", "", "\n"),
            ("# ours", "# ours\n", "\n"),
            ("repos: []\n", "", "\n"),
            ("# ours\nrepos: [ ] # yet\nci: {}\n", "# ours\n", " # yet\nci: {}\n"),
        ],
    )
    def test_the_hook_is_added_where_there_is_no_other(
        self, tmp_path: Path, text: str, start: str, end: str
    ) -> None:
        config = tmp_path / ".pre-commit-config.yaml"
        config.write_text(text)
        assert init(*GENERAL, cwd=tmp_path).returncode == 0
        after = config.read_text()
        assert after.startswith(f"{start}repos:\n- repo: local\n  hooks:\n    - id: ")
        assert after.endswith(f"require_serial: true{end}")

    @pytest.mark.parametrize(
        ("output", "documents", "watched", "others"),
        [
            ("src", ".", ["pyproject.toml", "src/x/a", "a.json"], []),
            ("src/../lib", "docs", ["lib/x", "docs/a", "runware.lock"], ["src/x", "a"]),
            ("../src", "../docs", ["pyproject.toml"], ["src/x", "../src/x", "docs/a"]),
            ("{cwd}/src", "{cwd}/docs", ["src/x/a", "docs/a", "runware.lock"], ["lib"]),
        ],
    )
    def test_the_hook_watches_what_is_in_the_repository(
        self,
        catalog: Catalog,
        tmp_path: Path,
        output: str,
        documents: str,
        watched: list[str],
        others: list[str],
    ) -> None:
        project = tmp_path / "project"
        project.mkdir()
        config = project / ".pre-commit-config.yaml"
        config.write_text(HOOKS)
        folders = [each.format(cwd=project) for each in (output, documents)]
        options = ("--output", folders[0], "--documents", folders[1])
        model = ("--model", "one", "--package", "x", "--index-url", catalog.url)
        assert init(*model, *options, cwd=project).returncode == 0
        pattern = config.read_text().partition(" files: '")[2].partition("'")[0]
        assert all(re.search(pattern, each) for each in watched)
        assert not any(re.search(pattern, each) for each in others)

    @pytest.mark.parametrize(
        "text",
        [
            *("repos:\n", "---\n", "- x\n", "repos: [\n", "{}", "[" * 2000),
            "fail_fast: true\nrepos: [{repo: meta, hooks: []}]\n",
        ],
    )
    def test_another_form_is_left_alone(self, tmp_path: Path, text: str) -> None:
        config = tmp_path / ".pre-commit-config.yaml"
        config.write_text(text)
        finished = init(*GENERAL, cwd=tmp_path)
        assert finished.returncode == 0
        assert "it has no list repos with a line for" in finished.stderr
        assert "id: runware-codegen" in finished.stderr
        assert config.read_text() == text


class TestInATerminal:
    @staticmethod
    def answering(*answers: tuple[str, bytes]) -> Any:
        """Return a function that types each answer when its question appears."""
        left, seen = list(answers), 0

        def react(shown: str, typed: Callable[[bytes], object], process: int) -> None:
            nonlocal seen
            if left and left[0][0] in shown[seen:]:
                until_it_waits(process)
                seen = len(shown)
                typed(left.pop(0)[1])

        return react

    def session(
        self, cwd: Path, *answers: tuple[str, bytes], url: str = "", model: str = ""
    ) -> str:
        """Run `init`, type all answers, and return the output of the terminal."""
        arguments = ["init", *(["--index-url", url] if url else [])]
        arguments += ["--model", model] if model else []
        react = self.answering(*answers)
        session = run_in_terminal(*arguments, cwd=cwd, react=react)
        assert session.code == 0, session.shown
        return session.shown

    def test_asks_for_what_is_not_said(self, catalog: Catalog, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()
        shown = self.session(
            tmp_path,
            ("Models:", b"one, test:tow@1\n"),
            ("Did you mean test:two@1?", b"test:two@1 one\n"),
            ("More models", b"\n"),
            ("Task types [none]:", b"pong\n"),
            ("Did you mean ping?", b"?\n"),
            ("vectorize, videoInference", b"ping\n"),
            ("Folder for documents [schemas]:", b"taken\n"),
            ("taken is a file, not a folder", b"docs\n"),
            ("Folder that the package is in [.]:", b"\n"),
            ("Name of the package [runware_client]:", b"class\n"),
            ("keyword", b"mine\n"),
            url=catalog.url,
        )
        assert "bfl-flux-1-dev, runware:101@1, google:*, flux dev" in shown
        made = settings(tmp_path)
        assert made["documents"] == ["docs", "builtin:ping"]
        assert made["package"] == "mine"
        fetched = sorted(path.name for path in (tmp_path / "docs").iterdir())
        assert fetched == ["one.json", "two.json"]
        assert (tmp_path / "mine" / "__init__.py").is_file()

    def test_documents_in_the_usual_folder_are_used(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        TestAnEmptyFolder.with_documents(catalog, tmp_path)
        shown = self.session(
            tmp_path,
            ("Models:", b"\n"),
            ("Task types [none]:", b"ping\n"),
            ("Folder that the package is in [.]:", b"\n"),
            ("Name of the package [runware_client]:", b"\n"),
        )
        assert "The documents in schemas are used too." in shown
        assert settings(tmp_path)["documents"] == ["schemas", "builtin:ping"]

    def test_models_are_searched_by_words_and_chosen_by_number(
        self, tmp_path: Path
    ) -> None:
        with serving_catalog() as catalog:
            for number in range(14):
                catalog.add(f"bird-{number:02}")
            catalog.add("fish")
            catalog.index[3]["capabilities"] = ["text-to-image"]
            catalog.index[4] |= {"name": "Heron\x1b[31m", "status": "coming-soon"}
            shown = self.session(
                tmp_path,
                ("Models:", b"?\n"),
                ("or search again", b"BIRD image\n"),
                ("or search again", b"1\n"),
                ("Chosen: bird-03\r\n", b"heron\n"),
                ("or search again", b"1, fish,, no such\n"),
                ("The catalogue has no model 'no such'", b"bird-0[01]\n"),
                ("fish, bird-0[01]\r\n", b"-bird-0[01], -test:fish@1\n"),
                ("Chosen: bird-03, bird-04\r\n", b"-fish\n"),
                ("'fish' is not chosen", b"\n"),
                ("Task types", b"\n"),
                ("Folder for documents", b"\n"),
                ("Folder that the package is in", b"\n"),
                ("Name of the package", b"\n"),
                url=catalog.url,
            )
        assert "1  bird-00  test:bird-00@1  Bird-00" in shown
        assert "5 more: search with more words" in shown
        assert "bird-13" not in shown
        assert "1  bird-04  test:bird-04@1  Heron\\x1b[31m  coming-soon" in shown
        fetched = sorted(path.name for path in (tmp_path / "schemas").iterdir())
        assert fetched == ["bird-03.json", "bird-04.json"]

    def test_an_index_that_cannot_be_read_is_asked_for_again(
        self, tmp_path: Path
    ) -> None:
        with serving_catalog() as catalog:
            catalog.add("one")
            catalog.faults["/docs/models/index.json"] = ["403"]
            other = f"{catalog.origin}/elsewhere.json"
            self.session(
                tmp_path,
                ("Models:", b"one\n"),
                ("HTTP 403", b"https://user:secret@x\n"),
                ("Write them into ~/.netrc", b"one\n"),
                ("More models", f"{other}\n".encode()),
                ("This URL has no index of a catalogue", f"{catalog.url}\n".encode()),
                ("More models", b"\n"),
                ("Task types", b"\n"),
                ("Folder for documents", b"\n"),
                ("Folder that the package is in", b"\n"),
                ("Name of the package", b"\n"),
                url=catalog.url,
            )
            assert settings(tmp_path)["index-url"] == catalog.url

    def test_a_document_that_cannot_be_fetched_keeps_the_answers(
        self, tmp_path: Path
    ) -> None:
        with serving_catalog() as catalog:
            for name in ("one", "two"):
                catalog.faults[catalog.add(name)] = ["html"]
            catalog.faults[catalog.add("lost")] = ["403"] * 3
            shown = self.session(
                tmp_path,
                ("Models:", b"one, lost\n"),
                ("More models", b"\n"),
                ("Task types", b"ping\n"),
                ("Folder for documents", b"docs\n"),
                ("Folder that the package is in", b"\n"),
                ("Name of the package", b"mine\n"),
                ("Chosen: one, lost\r\n", b"\n"),
                ("Task types [ping]:", b"\n"),
                ("Folder for documents [docs]:", b"\n"),
                ("Folder that the package is in", b"\n"),
                ("Name of the package [mine]:", b"\n"),
                ("Fetched already: one", b"-lost\n"),
                ("Chosen: one\r\n", b"\n"),
                ("Task types [ping]:", b"\n"),
                ("Folder for documents [docs]:", b"\n"),
                ("Folder that the package is in", b"\n"),
                ("Name of the package [mine]:", b"\n"),
                url=catalog.url,
            )
        assert "is a web page" in shown
        assert settings(tmp_path)["documents"] == ["docs", "builtin:ping"]
        assert [each.name for each in (tmp_path / "docs").iterdir()] == ["one.json"]

    def test_starts_from_what_is_set(self, catalog: Catalog, tmp_path: Path) -> None:
        enter = (
            ("Task types [none]:", b"\n"),
            ("Folder that the package is in [.]:", b"\n"),
            ("Name of the package [runware_client]:", b"\n"),
        )
        folder = ("Folder for documents [schemas]:", b"\n")
        self.session(tmp_path, folder, *enter[1:], url=catalog.url, model="one")
        before = files(tmp_path)
        shown = self.session(tmp_path, ("Fetched already: one", b"\n"), *enter)
        assert "Wrote" not in shown
        assert files(tmp_path) == before
        shown = self.session(
            tmp_path,
            ("Models:", b"two\n"),
            ("More models", b"\n"),
            ("Task types [none]:", b"ping\n"),
            folder,
            *enter[1:],
            ("Replace them?", b"y\n"),
        )
        assert '+documents = ["schemas", "builtin:ping"]' in shown
        assert settings(tmp_path)["documents"] == ["schemas", "builtin:ping"]
        shown = self.session(
            tmp_path,
            ("Fetched already: one, two", b"\n"),
            ("Task types [ping]:", b"none\n"),
            *enter[1:],
            ("Replace them?", b"y\n"),
        )
        assert settings(tmp_path)["documents"] == ["schemas"]

    def test_without_a_document_there_is_no_client(self, tmp_path: Path) -> None:
        for default, answer in (("all", b"ping\n"), ("ping", b"\n")):
            self.session(
                tmp_path,
                ("Models:", b"\n"),
                (f"Task types [{default}]:", b"none\n"),
                ("a task type is required", answer),
                ("Folder that the package is in", b"\n"),
                ("Name of the package", b"\n"),
            )
            assert settings(tmp_path)["documents"] == ["builtin:ping"]

    def test_settings_that_cannot_be_changed_are_said_before_any_question(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "pyproject.toml").write_text("tool = {x = 1}\n")
        session = run_in_terminal("init", cwd=tmp_path)
        assert session.code == 2
        assert "Models" not in session.shown

    @pytest.mark.parametrize(
        ("answer", "code", "package"),
        [(b"y\n", 0, "other"), (b"n\n", 0, "client"), (b"\x03", 130, "client")],
        ids=["yes", "no", "Ctrl-C"],
    )
    def test_asks_before_it_replaces_settings(
        self, tmp_path: Path, answer: bytes, code: int, package: str
    ) -> None:
        old = '[tool.runware-codegen]\noutput = "."\npackage = "client"\n'
        around = "[a]\n", "\n# of b\n[b]\n"
        (tmp_path / "pyproject.toml").write_text(old.join(around))
        said = ["init", "--task-type", "ping", "--output", ".", "--package", "other"]
        react = self.answering(("Replace them?", answer))
        session = run_in_terminal(*said, cwd=tmp_path, react=react)
        assert session.code == code, session.shown
        assert '-package = "client"' in session.shown
        assert '+package = "other"' in session.shown
        after = (tmp_path / "pyproject.toml").read_text()
        assert after.startswith(around[0])
        assert after.endswith(f'package = "{package}"\n{around[1]}')
        assert settings(tmp_path)["package"] == package

    def test_no_more_answers(self, tmp_path: Path) -> None:
        react = self.answering(("Models:", b"\x04"))
        session = run_in_terminal("init", cwd=tmp_path, react=react)
        assert session.code == 2
        assert "No answer was given" in session.shown
        assert list(tmp_path.iterdir()) == []
