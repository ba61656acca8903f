"""The command `diff` as a process: its inputs, its formats and its exit codes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from command import run, write
from making import a_document
from runware_codegen.diff.formats.json_format import json_schema
from runware_codegen.diff.levels import KINDS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Diff = Callable[..., subprocess.CompletedProcess[str]]

OLD: dict[str, Any] = {
    "properties": {
        "size": {"type": "integer", "maximum": 10, "default": 4},
        "mode": {"type": "string", "enum": ["a", "b"]},
    },
    "additionalProperties": True,
}
NEW: dict[str, Any] = {
    "properties": {
        "size": {"type": "integer", "maximum": 5, "default": 3},
        "mode": {"type": "string", "enum": ["a", "b", "c"], "description": "Words."},
    },
    "additionalProperties": True,
}


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.com"]
    subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture
def sides(tmp_path: Path) -> Path:
    """A folder with the folders `old` and `new`, each with two documents."""
    for side, task in (("old", OLD), ("new", NEW)):
        write(tmp_path / side, "sample", task)
        write(tmp_path / side, "same", {})
    return tmp_path


@pytest.fixture
def diff(tmp_path: Path) -> Diff:
    def run_it(*arguments: str, **said: Any) -> subprocess.CompletedProcess[str]:
        return run("diff", *arguments, cwd=tmp_path, **said)

    return run_it


def report(finished: subprocess.CompletedProcess[str]) -> Any:
    assert not finished.stderr, finished.stderr
    return json.loads(finished.stdout)


def xml_of(finished: subprocess.CompletedProcess[str]) -> ET.Element:
    return ET.fromstring(finished.stdout)  # noqa: S314


def kinds(finished: subprocess.CompletedProcess[str]) -> set[str]:
    return {entry["id"] for entry in report(finished)["entries"]}


ALL = {
    "request-limit-narrowed",
    "request-default-changed",
    "request-value-added",
    "request-words-changed",
}


@pytest.mark.usefixtures("sides")
class TestReport:
    def test_for_a_terminal(self, diff: Diff) -> None:
        finished = diff("old", "new")
        lines = finished.stdout.splitlines()
        assert lines[0] == "sample (test:sample@1, new/sample.json)"
        assert lines[1].split() == [
            "breaking", "request-limit-narrowed", "SampleRequest.size", "/size",
        ]  # fmt: skip
        assert lines[2].strip() == "at most 10 → at most 5"
        assert lines[3].strip().startswith("was accepted, is refused now: {")
        assert lines[-1] == (
            "1 breaking, 1 risk, 1 compatible, 1 words; 1 document changed, 1 unchanged."
        )
        assert finished.returncode == 0

    def test_as_json(self, diff: Diff) -> None:
        whole = report(diff("old", "new", "--format", "json"))
        jsonschema_rs.validate(json_schema(), whole)
        assert {entry["id"] for entry in whole["entries"]} == ALL
        first = whole["entries"][0]
        assert first["python"] == "SampleRequest.size"
        assert first["pointer"] == "/size"
        assert 5 < first["witness"]["size"] <= 10
        assert whole["counts"]["breaking"] == 1

    def test_it_is_the_same_in_every_process(self, diff: Diff, sides: Path) -> None:
        """Witnesses of patterns use characters of ranges in a fixed order."""
        code = {"type": "string", "pattern": "^[a-z]{40}$"}
        for side, most in (("old", 10), ("new", 5)):
            size = {"type": "integer", "maximum": most}
            members = {"code": code, "size": size}
            write(
                sides / side, "sample", {"properties": members, "required": [*members]}
            )
        first, second = (
            diff("old", "new", "--format", "json", env={"PYTHONHASHSEED": seed})
            for seed in ("1", "2")
        )
        assert len(report(first)["entries"][0]["witness"]["code"]) == 40
        assert first.stdout == second.stdout

    def test_as_markdown(self, diff: Diff) -> None:
        text = diff("old", "new", "--format", "markdown").stdout
        headings = [line for line in text.splitlines() if line.startswith("#")]
        assert headings == ["### Breaking", "### Risk", "### Compatible", "### Words"]
        assert "- **sample** (`test:sample@1`)" in text

    def test_as_annotations(self, diff: Diff) -> None:
        lines = diff("old", "new", "--format", "github").stdout.splitlines()
        commands = [line.split(" ")[0] for line in lines]
        assert commands == ["::error", "::warning", "::notice", "::notice", "::notice"]
        assert "file=new/sample.json" in lines[0]

    def test_as_junit(self, diff: Diff) -> None:
        suites = xml_of(diff("old", "new", "--format", "junit"))
        assert suites.attrib["tests"] == "4"
        assert len(suites.findall(".//failure")) == 1
        [suite] = suites
        assert suite.attrib == {
            "name": "sample", "file": "new/sample.json", "tests": "4", "failures": "1",
        }  # fmt: skip

    def test_a_result_proves_a_change_of_results(self, diff: Diff, sides: Path) -> None:
        for side, required in (("old", ["seed"]), ("new", [])):
            result = {
                "type": "object",
                "properties": {"seed": {}},
                "required": required,
            }
            write(sides / side, "sample", {}, result=result)
        lines = diff("old", "new").stdout.splitlines()
        assert lines[1].split()[:2] == ["breaking", "result-member-optional"]
        assert lines[3].strip() == "was not described, is described now: {}"
        assert "    - was not described, is described now: `{}`" in (
            diff("old", "new", "--format", "markdown").stdout.splitlines()
        )

    def test_hostile_words_steer_nothing(self, diff: Diff, sides: Path) -> None:
        words = "\x1b[31m]]>\n::error::x\n# @everyone <b> `` ` ``"
        write(sides / "new", "same", {}, info={"description": words})
        for form in ("text", "markdown", "github", "junit", "json"):
            out = diff("old", "new", "--format", form).stdout
            assert "\x1b" not in out
            assert "\n::error::x" not in out
            assert "\n# " not in out
            assert form != "markdown" or "@everyone" not in out
        xml_of(diff("old", "new", "--format", "junit"))

    def test_only_some_documents(self, diff: Diff, sides: Path) -> None:
        write(sides / "new", "same", {"required": ["x"]})
        only = ("old", "new", "--only", "test:same@*", "--format", "json")
        assert {entry["document"] for entry in report(diff(*only))["entries"]} == {
            "same"
        }
        write(sides / "new", "same", {})
        assert report(diff(*only))["entries"] == []

    def test_long_texts_are_cut_around_the_difference(
        self, diff: Diff, sides: Path
    ) -> None:
        for side, length, end in (("old", 70, "b"), ("new", 71, "c")):
            code = {"type": "string", "pattern": f"^[a]{{{length}}}$"}
            items = {"type": "array", "items": code, "minItems": 1}
            info = {"description": f"{'a' * 200}{end}{'d' * 200}"}
            task = {"properties": {"codes": items}, "required": ["codes"]}
            write(sides / side, "sample", task, info=info)
        shown = diff("old", "new").stdout
        assert f'"codes": ["{"a" * 30}… (70 characters)"]' in shown
        before, after = (f"…{'a' * 40}{each}{'d' * 79}…" for each in "bc")
        assert f" {before} → {after}\n" in shown

    def test_a_pattern_that_selects_nothing(self, diff: Diff, sides: Path) -> None:
        for side in ("old", "new"):
            (sides / side / "broken.json").write_text('{"openapi": ')
        finished = diff("old", "new", "--only", "nope")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "No document of either version has this id" in finished.stderr

    def test_a_status_that_generate_leaves_out(self, diff: Diff, sides: Path) -> None:
        """The class of the model is removed from the client, with its module."""
        for side, status in (("old", "live"), ("new", "retired")):
            write(sides / side, "sample", {}, info={"x-status": status})
        arguments = ("--fail-on", "breaking", "--format", "json")
        finished = diff("old", "new", *arguments)
        assert finished.returncode == 1
        assert kinds(finished) == {"document-left-out", "status-changed"}
        assert kinds(diff("new", "old", *arguments)) == {
            "document-taken",
            "status-changed",
        }
        statuses = ("--include-status", "live", "--include-status", "retired")
        assert diff("old", "new", *arguments, *statuses).returncode == 0
        table = '[tool.runware-codegen]\ninclude-status = ["live", "retired"]\n'
        (sides / "pyproject.toml").write_text(table)
        assert diff("old", "new", *arguments).returncode == 0
        (sides / "pyproject.toml").unlink()
        (sides / "old" / "sample.json").unlink()
        assert kinds(diff("old", "new", *arguments)) == set()
        assert kinds(diff("new", "old", *arguments)) == set()

    def test_only_some_levels(self, diff: Diff) -> None:
        finished = diff("old", "new", "--level", "risk", "--format", "json")
        assert kinds(finished) == {"request-limit-narrowed", "request-default-changed"}

    def test_no_difference(self, diff: Diff, sides: Path) -> None:
        out = diff("old", "old", "--fail-on", "risk")
        assert out.stdout == "No differences; 0 documents changed, 2 unchanged.\n"
        assert out.returncode == 0
        for file in (sides / "old").iterdir():
            written = json.dumps(json.loads(file.read_text()), sort_keys=True)
            (sides / "new" / file.name).write_text(written)
        assert diff("old", "new").stdout == out.stdout
        out = diff("old", "old", "--level", "risk")
        assert out.stdout.startswith("No differences of level risk or more severe; ")


class TestEnding:
    @pytest.mark.parametrize(
        ("task", "level", "code"),
        [
            (NEW, "breaking", 1),
            ({**OLD, "additionalProperties": {}}, "risk", 0),
            ({**NEW, "properties": {**NEW["properties"], "size": OLD["properties"]["size"]}}, "risk", 0),
            ({**OLD, "properties": {**OLD["properties"], "mode": {"type": "string"}}}, "breaking", 0),
            ({**OLD, "properties": {**OLD["properties"], "mode": {"type": "string"}}}, "typing", 1),
        ],
    )  # fmt: skip
    def test_fail_on(
        self, diff: Diff, sides: Path, task: dict[str, Any], level: str, code: int
    ) -> None:
        write(sides / "new", "sample", task)
        assert diff("old", "new", "--fail-on", level).returncode == code

    @pytest.mark.usefixtures("sides")
    @pytest.mark.parametrize(
        "arguments",
        [
            ("nowhere", "new"),
            ("old", "new", "more"),
            ("-", "-"),
            ("-", "--new", "-"),
            ("old", "new", "--new", "new"),
            ("old", "--old", "old"),
            ("--old", "old/same.json", "old/sample.json", "--new", "new"),
            ("--new", "new"),
            ("--old", "old", "--old", "nowhere"),
            ("old", "new", "--accept"),
            ("old", "new", "--reason", "x"),
            ("old", "new", "--expires", "2030-01-01"),
            ("old", "new", "--fail-on", "words"),
        ],
    )
    def test_wrong_calls(self, diff: Diff, arguments: tuple[str, ...]) -> None:
        finished = diff(*arguments)
        assert finished.returncode == 2
        assert finished.stderr

    def test_a_document_that_is_none(self, diff: Diff, sides: Path) -> None:
        (sides / "new" / "sample.json").write_text('{"openapi": "3.1.0", "info": 1}')
        finished = diff("old", "new")
        assert finished.returncode == 2
        assert "new/sample.json" in finished.stderr

    def test_a_file_that_is_no_document(self, diff: Diff, sides: Path) -> None:
        """In a folder, it is something else; named, it is a mistake."""
        (sides / "new" / "settings.json").write_text('{"size": 1}')
        assert kinds(diff("old", "new", "--format", "json")) == ALL
        finished = diff("old/sample.json", "new/settings.json")
        assert finished.returncode == 2
        assert finished.stderr.startswith("new/settings.json\n")

    def test_a_folder_without_documents(self, diff: Diff, sides: Path) -> None:
        (sides / "empty").mkdir()
        finished = diff("old", "empty")
        assert finished.returncode == 2
        assert finished.stderr.startswith("empty\n")


@pytest.mark.usefixtures("sides")
class TestSides:
    def test_files(self, diff: Diff) -> None:
        files = ("old/sample.json", "new/sample.json")
        assert kinds(diff(*files, "--format", "json")) == ALL

    def test_several_files(self, diff: Diff) -> None:
        old = ("--old", "old/sample.json", "--old", "old/same.json")
        new = ("--new", "new/same.json", "--new", "new/sample.json")
        whole = report(diff(*old, *new, "--format", "json"))
        assert {entry["id"] for entry in whole["entries"]} == ALL
        assert (whole["compared"], whole["unchanged"]) == (1, 1)

    def test_a_side_and_several_files(self, diff: Diff) -> None:
        finished = diff("old", "--new", "new/sample.json", "--format", "json")
        assert kinds(finished) == ALL | {"document-removed"}

    def test_a_file_that_is_named_twice(self, diff: Diff) -> None:
        old = ("--old", "old/sample.json", "--old", "old")
        assert kinds(diff(*old, "--new", "new", "--format", "json")) == ALL

    def test_files_of_the_same_name_in_several_folders(
        self, diff: Diff, sides: Path
    ) -> None:
        folders = {"old": ("a", "b"), "new": ("b", "a")}
        for side, (one, other) in folders.items():
            for name, folder in (("sample", one), ("same", other)):
                (sides / side / folder).mkdir()
                file = sides / side / f"{name}.json"
                file.rename(sides / side / folder / "schema.json")
        changed = a_document(
            {"required": ["x"]}, identifier="same", model="test:same@1"
        )
        (sides / "new" / "a" / "schema.json").write_text(json.dumps(changed))
        found = report(diff("old", "new", "--format", "json"))["entries"]
        assert {entry["document"] for entry in found} == {"sample", "same"}
        assert "document-removed" not in {entry["id"] for entry in found}

    def test_one_of_several_copies(self, diff: Diff, sides: Path) -> None:
        """It is compared with the other copy, which still is as both were."""
        for side, content in (("old", OLD), ("new", NEW)):
            write(sides / side / "a", "sample", content)
            write(sides / side / "b", "sample", OLD)
            (sides / side / "sample.json").unlink()
        assert kinds(diff("old", "new", "--format", "json")) == ALL
        backwards = kinds(diff("new", "old", "--format", "json"))
        assert backwards.isdisjoint({"document-added", "document-removed"})

    def test_files_of_other_names(self, diff: Diff, sides: Path) -> None:
        (sides / "new" / "sample.json").rename(sides / "new" / "other.json")
        assert kinds(diff("old", "new", "--format", "json")) == ALL

    def test_standard_input(self, diff: Diff, sides: Path) -> None:
        stdin = (sides / "old" / "sample.json").read_bytes()
        finished = diff("-", "new/sample.json", "--format", "json", stdin=stdin)
        assert kinds(finished) == ALL

    def test_documents_that_came_and_went(self, diff: Diff, sides: Path) -> None:
        (sides / "old" / "same.json").unlink()
        (sides / "new" / "sample.json").unlink()
        found = kinds(diff("old", "new", "--format", "json"))
        assert found == {"document-added", "document-removed"}

    def test_a_document_with_another_identifier(self, diff: Diff, sides: Path) -> None:
        document = a_document(OLD, identifier="renamed", model="test:sample@1")
        (sides / "new" / "sample.json").unlink()
        (sides / "new" / "renamed.json").write_text(json.dumps(document))
        found = report(diff("old", "new", "--format", "json"))["entries"]
        assert found[0]["id"] == "document-renamed"

    def test_yaml_and_json(self, diff: Diff, sides: Path) -> None:
        (sides / "new" / "sample.json").unlink()
        document = json.loads((sides / "old" / "sample.json").read_text())
        (sides / "new" / "sample.yaml").write_text(json.dumps(document, indent=1))
        assert kinds(diff("old", "new", "--format", "json")) == set()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a folder of documents. One has changed since the commit."""
    git(tmp_path, "init", "-q", "-b", "trunk")
    write(tmp_path / "schemas", "sample", OLD)
    write(tmp_path / "schemas", "same", {})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    write(tmp_path / "schemas", "sample", NEW)
    return tmp_path


def lock(folder: Path, sha256: str) -> None:
    content = f"""\
version = 1

[[document]]
id = "sample"
air = "test:sample@1"
task-type = "imageInference"
file = "schemas/sample.json"
url = "https://example.com/sample/schema.json"
sha256 = "{sha256}"
etag = ""
fetched = 2026-01-31
"""
    (folder / "runware.lock").write_text(content)


class TestGit:
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("HEAD",),
            ("trunk", "schemas"),
            ("HEAD:schemas", "schemas"),
            ("HEAD:schemas/sample.json", "schemas/sample.json"),
        ],
    )
    @pytest.mark.usefixtures("project")
    def test_a_commit(self, diff: Diff, arguments: tuple[str, ...]) -> None:
        finished = diff(*arguments, "--format", "json", "-q")
        assert kinds(finished) == ALL

    def test_all_documents_of_a_project(self, diff: Diff, project: Path) -> None:
        """Those of each client, wherever they are, and one that the commit lacks."""
        git(project, "checkout", "-q", "--", ".")
        write(project / "others", "third", OLD)
        git(project, "add", ".")
        git(project, "commit", "-q", "-m", "another folder")
        write(project / "others", "third", NEW)
        write(project / "new", "fourth", {})
        clients = [
            f"[[tool.runware-codegen.clients]]\ndocuments = {documents}\n"
            for documents in (["schemas"], ["others/third.json", "new", "others"])
        ]
        (project / "pyproject.toml").write_text("".join(clients))
        wanted = ALL | {"document-added"}
        (project / "below").mkdir()
        for arguments in ((), ("HEAD",), ("HEAD", "--project", "..")):
            command = ("diff", *arguments, "--format", "json", "-q")
            assert kinds(run(*command, cwd=project / "below")) == wanted
        assert (
            kinds(diff("HEAD", "--documents", "schemas", "--format", "json")) == set()
        )
        accept = ("diff", "--accept", "--reason", "x")
        assert run(*accept, cwd=project / "below").returncode == 0
        assert diff("--fail-on", "breaking").returncode == 0

    def test_two_commits_from_a_folder_below(self, project: Path) -> None:
        git(project, "commit", "-q", "-a", "-m", "two")
        finished = run(
            "diff", "HEAD~1:.", "HEAD:.", "--format", "json", cwd=project / "schemas"
        )
        assert kinds(finished) == ALL

    def test_annotations_name_files_from_the_top(self, project: Path) -> None:
        (project / "schemas" / "same.json").unlink()
        finished = run(
            "diff", "HEAD:.", ".", "--format", "github",
            cwd=project / "schemas", env={"GITHUB_WORKSPACE": str(project)},
        )  # fmt: skip
        found = re.findall("file=([^,]*)", finished.stdout)
        assert {*found} == {"schemas/same.json", "schemas/sample.json"}

    def test_what_is_not_in_a_commit(self, diff: Diff, project: Path) -> None:
        assert diff("HEAD:nowhere", "schemas").returncode == 2
        assert diff("no-such-branch").returncode == 2
        assert (project / "schemas").is_dir()

    def test_links_in_a_commit(self, diff: Diff, project: Path) -> None:
        """Links to documents are followed. A link out of the repository is an error."""
        git(project, "checkout", "-q", "--", ".")
        documents, elsewhere = project / "schemas", project / "elsewhere"
        elsewhere.mkdir()
        (documents / "sample.json").rename(elsewhere / "sample.json")
        (documents / "sample.json").symlink_to("../elsewhere/sample.json")
        git(project, "add", ".")
        git(project, "commit", "-q", "-m", "links")
        write(elsewhere, "sample", NEW)
        assert kinds(diff("HEAD", "--format", "json", "-q")) == ALL
        (documents / "other.json").symlink_to("/nowhere/other.json")
        git(project, "add", ".")
        git(project, "commit", "-q", "-m", "a link out of the repository")
        finished = diff("HEAD")
        assert finished.returncode == 2
        assert finished.stderr.startswith("HEAD:schemas/other.json\n")
        assert "a link to such a file" in finished.stderr

    def test_a_folder_that_is_a_link_out_of_the_repository(
        self, diff: Diff, project: Path
    ) -> None:
        (project / "outside").symlink_to(project.parent)
        git(project, "add", "outside")
        git(project, "commit", "-q", "-m", "a link to a folder")
        finished = diff("HEAD:outside", "schemas")
        assert finished.returncode == 2
        assert "a link to such a file" in finished.stderr

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("arguments", [(), ("HEAD",)])
    def test_without_git(self, diff: Diff, arguments: tuple[str, ...]) -> None:
        finished = diff(*arguments, env={"PATH": ""})
        assert finished.returncode == 2
        assert "git: not installed" in finished.stderr

    def test_why_git_knows_no_revision(self, project: Path) -> None:
        owner = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        shallow = project / "shallow"
        git(project, "clone", "-q", "--depth", "1", f"file://{project}", str(shallow))
        assert "`git fetch --unshallow`" in run("diff", "HEAD~1", cwd=shallow).stderr
        for arguments in (["HEAD"], []):
            finished = run("diff", *arguments, cwd=project, env=owner)
            assert finished.returncode == 2
            assert "dubious ownership" in finished.stderr

    def test_the_state_of_the_lock(self, diff: Diff, project: Path) -> None:
        git(project, "show", "HEAD:schemas/sample.json")
        old = subprocess.run(
            ["git", "show", "HEAD:schemas/sample.json"],
            cwd=project, capture_output=True, check=True,
        ).stdout  # fmt: skip
        lock(project, hashlib.sha256(old).hexdigest())
        git(project, "commit", "-q", "-a", "-m", "The commit has the new version.")
        finished = diff("--format", "json", "-q")
        assert kinds(finished) == ALL | {"document-added"}  # `same` is not locked
        found = kinds(diff("runware.lock", "schemas/sample.json", "--format", "json"))
        assert found == ALL
        git(project, "add", "runware.lock")
        git(project, "commit", "-q", "-m", "a lock")
        found = kinds(diff("HEAD:runware.lock", "schemas", "--format", "json"))
        assert found == {"document-added"}

    def test_a_locked_version_that_is_only_on_disk(
        self, diff: Diff, sides: Path
    ) -> None:
        write(sides / "schemas", "sample", OLD)
        content = (sides / "schemas" / "sample.json").read_bytes()
        lock(sides, hashlib.sha256(content).hexdigest())
        found = kinds(diff("runware.lock", "new/sample.json", "--format", "json"))
        assert found == ALL

    def test_a_version_that_is_lost(self, diff: Diff, project: Path) -> None:
        lock(project, "0" * 64)
        file = project / "schemas" / "sample.json"
        for is_folder in (False, True):
            if is_folder:
                file.unlink()
                file.mkdir()
            for arguments in (("runware.lock", "schemas"), ()):
                finished = diff(*arguments)
                assert finished.returncode == 2
                assert "neither on disk nor in git" in finished.stderr


class TestAccepting:
    def test_what_is_accepted_does_not_fail_again(
        self, diff: Diff, sides: Path
    ) -> None:
        assert diff("old", "new", "--fail-on", "breaking").returncode == 1
        why = 'We ask for "5" at most.'
        finished = diff("old", "new", "--accept", "--reason", why)
        assert "accepted: request-limit-narrowed" in finished.stdout
        [kept] = tomllib.loads((sides / "runware-accepted.toml").read_text())[
            "accepted"
        ]
        assert kept["reason"] == why
        ended = diff("old", "new", "--fail-on", "breaking")
        assert ended.returncode == 0
        assert why in ended.stdout
        assert diff("old", "new", "--fail-on", "risk").returncode == 1
        suites = xml_of(diff("old", "new", "--format", "junit"))
        assert [each.attrib["message"] for each in suites.iter("skipped")] == [why]
        annotation, *_ = diff("old", "new", "--format", "github").stdout.splitlines()
        assert annotation.startswith("::notice ")
        assert why in annotation
        notes = diff("old", "new", "--format", "markdown").stdout
        assert f"    - accepted until {kept['expires']}: {why}\n" in notes

    @pytest.mark.usefixtures("sides")
    def test_any_text_can_be_the_reason(self, diff: Diff) -> None:
        assert (
            diff("old", "new", "--accept", "--reason", "so \x7f\t'\"\\").returncode == 0
        )
        assert diff("old", "new", "--fail-on", "breaking").returncode == 0

    def test_a_reason_that_is_not_unicode(self, diff: Diff, sides: Path) -> None:
        finished = diff("old", "new", "--accept", "--reason", "so \udcff")
        assert finished.returncode == 2
        assert "A file of TOML cannot contain this text" in finished.stderr
        assert not (sides / "runware-accepted.toml").exists()

    def test_nothing_to_accept(self, diff: Diff, sides: Path) -> None:
        finished = diff("old", "old", "--accept", "--reason", "x")
        assert finished.returncode == 0
        assert "There is no entry to accept." in finished.stdout
        assert not (sides / "runware-accepted.toml").exists()

    @pytest.mark.usefixtures("sides")
    def test_a_file_that_cannot_be_written(self, diff: Diff) -> None:
        file = "nowhere/accepted.toml"
        why = ("--reason", "x", "--accept-file", file)
        finished = diff("old", "new", "--accept", *why)
        assert finished.returncode == 2
        assert finished.stderr.startswith(f"{file}\n  No such file or directory")
        assert "run it again. The file is unchanged." in finished.stderr

    def test_a_day_that_is_none(self, diff: Diff) -> None:
        options = ("--accept", "--reason", "x", "--expires", "tomorrow")
        finished = diff("old", "new", *options)
        assert finished.returncode == 2
        assert "'tomorrow' is not a date in the form YYYY-MM-DD." in finished.stderr

    def test_until_it_expires(self, diff: Diff, sides: Path) -> None:
        diff("old", "new", "--accept", "--reason", "x", "--expires", "2020-01-01")
        ended = diff("old", "new", "--fail-on", "breaking")
        assert ended.returncode == 1
        assert "was accepted until 2020-01-01" in ended.stdout
        text = (sides / "runware-accepted.toml").read_text()
        tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
        changed = text.replace("2020-01-01", str(tomorrow))
        (sides / "runware-accepted.toml").write_text(changed)
        assert diff("old", "new", "--fail-on", "breaking").returncode == 0

    def test_another_change_is_not_accepted(self, diff: Diff, sides: Path) -> None:
        diff("old", "new", "--accept", "--reason", "x")
        size = {"type": "integer", "maximum": 4}
        write(sides / "new", "sample", {**NEW, "properties": {"size": size}})
        assert diff("old", "new", "--fail-on", "breaking").returncode == 1

    @pytest.mark.parametrize(
        "text",
        [
            "version = 2",
            "nothing",
            "a = " + "[" * 5000,
            'version = 1\n[[accepted]]\nreason = "x"',
        ],
    )
    @pytest.mark.usefixtures("sides")
    def test_a_file_that_is_none(self, diff: Diff, tmp_path: Path, text: str) -> None:
        (tmp_path / "runware-accepted.toml").write_text(text)
        finished = diff("old", "new")
        assert finished.returncode == 2
        assert "runware-accepted.toml" in finished.stderr


def test_every_kind_has_a_level_and_a_meaning() -> None:
    assert {kind.level for kind in KINDS.values()} == set(LEVELS)
    assert all(kind.meaning.endswith(".") for kind in KINDS.values())


@pytest.mark.parametrize("level", ["words", "breaking"])
def test_only_the_selected_documents_are_counted(tmp_path: Path, level: str) -> None:
    for side in ("old", "new"):
        for name in ("one", "two", "three"):
            write(tmp_path / side, name, {})
        (tmp_path / side / "broken.json").write_text('{"openapi": ')
    write(tmp_path / "new", "one", {"properties": {"more": {"type": "string"}}})
    for only, told in (
        (["tw*", "th*"], "0 documents changed, 2 unchanged."),
        (["two"], "0 documents changed, 1 unchanged."),
        (["one"], "1 document changed, 0 unchanged."),
        (["one", "two"], "1 document changed, 1 unchanged."),
    ):
        options = [part for pattern in only for part in ("--only", pattern)]
        finished = run("diff", "old", "new", "--level", level, *options, cwd=tmp_path)
        assert finished.stdout.rstrip().endswith(told)


def test_unchanged_documents_are_not_read(tmp_path: Path) -> None:
    """Files with the same bytes do not differ, even if they are not documents."""
    for side in ("old", "new"):
        write(tmp_path / side, "sample", {})
        (tmp_path / side / "broken.json").write_text('{"openapi": ')
    assert run("diff", "old", "new", cwd=tmp_path).returncode == 0
