"""`fetch` with a catalogue on a loopback socket: fetched documents, and failures."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import threading
import time
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from catalog_server import INDEX, ROOT, Catalog, serving_catalog
from command import files, run, run_in_terminal, run_unprivileged
from loopback import NotSocks, http_server
from making import a_document

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Fetch = Callable[..., subprocess.CompletedProcess[str]]


LONGEST = 120
"""The most seconds to hold a request if a test fails."""


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    """A catalogue of three models and a utility."""
    with serving_catalog() as catalog:
        for name in ("one", "two", "three"):
            catalog.add(name)
        utility = {"properties": {"taskType": {"const": "ping"}}}
        path = catalog.add("ping", utility)
        catalog.index.pop()
        catalog.files[f"{ROOT}/platform/ping/schema.json"] = catalog.files.pop(path)
        yield catalog


@pytest.fixture
def fetch(catalog: Catalog, tmp_path: Path) -> Fetch:
    def run_it(*arguments: str, **said: Any) -> subprocess.CompletedProcess[str]:
        catalog.forget()
        return run(
            "fetch", *arguments, "--index-url", catalog.url, cwd=tmp_path, **said
        )

    return run_it


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestWhatIsFetched:
    def test_by_id_air_and_pattern(self, fetch: Fetch, tmp_path: Path) -> None:
        finished = fetch("one", "test:two@1", "th*")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.splitlines() == [
            "new: schemas/one.json",
            "new: schemas/three.json",
            "new: schemas/two.json",
            "Fetched schemas: 3 new, 0 changed, 0 restored, 0 unchanged.",
        ]
        assert names(tmp_path) == ["runware.lock", "schemas"]

    def test_the_bytes_are_those_of_the_server(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        fetch("one", "--output", "docs")
        fetched = (tmp_path / "docs" / "one.json").read_bytes()
        assert fetched == catalog.files[f"{ROOT}/models/one/schema.json"]

    def test_all_has_the_statuses_that_are_taken(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.add("soon", status="coming-soon")
        assert fetch("--all").returncode == 0
        assert names(tmp_path / "schemas") == ["one.json", "three.json", "two.json"]
        assert fetch("soon").returncode == 0
        assert (tmp_path / "schemas" / "soon.json").is_file()

    def test_by_task_type(self, fetch: Fetch, catalog: Catalog, tmp_path: Path) -> None:
        path = catalog.add("film", task_type="videoInference")
        film = json.loads(catalog.files[path])
        schemas = film["components"]["schemas"]
        schemas |= {
            "Body": schemas["RequestBody"],
            "Task": schemas["RequestBody"]["items"],
        }
        schemas["Body"]["items"] = {"$ref": "#/components/schemas/Task"}
        schemas["RequestBody"] = {"$ref": "#/components/schemas/Body"}
        catalog.put(path, film)
        catalog.add("chair", task_type="3dInference")
        finished = fetch("--task-type", "videoInference", "--task-type", "3dInference")
        assert finished.returncode == 0
        assert names(tmp_path / "schemas") == ["chair.json", "film.json"]
        lock = tomllib.loads((tmp_path / "runware.lock").read_text())
        assert lock["document"][0]["task-type"] == "3dInference"

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--task-type", "videoinference"], "Did you mean videoInference?"),
            (["--task-type", "x"], "has the task type 'x'"),
            (["--all", "--include-status", "x"], "has the status x"),
            (["soo*"], "has the status live or deprecated"),
        ],
    )
    def test_what_selects_nothing(
        self, fetch: Fetch, catalog: Catalog, arguments: list[str], told: str
    ) -> None:
        catalog.add("soon", status="coming-soon")
        for _ in ("nothing is fetched", "all models are fetched"):
            finished = fetch(*arguments)
            assert finished.returncode == 2
            assert told in finished.stderr
            assert fetch("--all").returncode == 0

    def test_a_utility(self, fetch: Fetch, tmp_path: Path) -> None:
        assert fetch("ping").returncode == 0
        assert names(tmp_path / "schemas") == ["ping.json"]
        lock = tomllib.loads((tmp_path / "runware.lock").read_text())
        assert lock["document"][0]["task-type"] == "ping"
        (tmp_path / "schemas" / "ping.json").unlink()
        assert fetch("--locked").returncode == 0
        assert names(tmp_path / "schemas") == ["ping.json"]

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("tow", "Did you mean two?"),
            ("TWO", "Did you mean two?"),
            ("x*", "list --catalog --index-url http://"),
        ],
    )
    def test_a_name_that_means_nothing(
        self, fetch: Fetch, name: str, told: str
    ) -> None:
        finished = fetch(name)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert f"no model '{name}'" in finished.stderr
        assert told in finished.stderr

    def test_nothing_named_and_nothing_locked(self, fetch: Fetch) -> None:
        finished = fetch()
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "No document of schemas is locked" in finished.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--locked", "--update"),
            ("--all", "one"),
            ("--all", "--task-type", "x"),
            ("--remove", "one", "--task-type", "x"),
        ],
    )
    def test_what_does_not_go_together(
        self, fetch: Fetch, arguments: tuple[str, ...]
    ) -> None:
        finished = fetch(*arguments)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "exclude each other" in finished.stderr

    def test_where_the_project_says(self, catalog: Catalog, tmp_path: Path) -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "pyproject.toml").write_text(
            f'[tool.runware-codegen]\ndocuments = ["extra.json", "docs"]\n'
            f'output = "src"\nindex-url = "{catalog.url}"\n'
        )
        assert run("fetch", "one", cwd=tmp_path / "src").returncode == 0
        assert (tmp_path / "docs" / "one.json").is_file()
        assert (tmp_path / "runware.lock").is_file()

    @pytest.mark.parametrize(
        ("settings", "unread"),
        [
            ("output = 'src'", True),
            ("output = 'src'\ndocuments = ['builtin:*', 'others']", True),
            ("output = 'src'\ndocuments = ['schemas']", False),
            ("output = 'src'\ndocuments = ['schemas/one.json']", False),
            ("index-url = 'https://example.com/index.json'", False),
        ],
    )
    def test_a_folder_that_the_client_does_not_read(
        self, fetch: Fetch, tmp_path: Path, settings: str, *, unread: bool
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(f"[tool.runware-codegen]\n{settings}")
        missing = run("list", "schemas", cwd=tmp_path).stderr
        assert "fetch documents: `runware-codegen fetch MODEL`" in missing
        told = fetch("one", "--output", "schemas").stderr
        assert ('documents = ["schemas", "builtin:*"]' in told) is unread

    def test_the_path_of_a_folder_that_the_client_does_not_read(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        """The path is relative to pyproject.toml, not to the current folder."""
        settings = "[tool.runware-codegen]\noutput = 'src'\n"
        (tmp_path / "pyproject.toml").write_text(settings)
        (tmp_path / "below").mkdir()
        options = ("--index-url", catalog.url, "--output", "schemas/images")
        told = run("fetch", "one", *options, cwd=tmp_path / "below").stderr
        assert 'documents = ["below/schemas/images", "builtin:*"]' in told

    def test_the_locked_documents_of_all_folders(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        """A document that cannot be fetched keeps no other from being fetched."""
        fetch("one", "two", "--output", "documents/a")
        fetch("three", "--output", "documents/b")
        clients = [
            f"[[tool.runware-codegen.clients]]\ndocuments = ['documents/{name}']\n"
            for name in ("a", "b", "not-there")
        ]
        (tmp_path / "pyproject.toml").write_text("".join(clients))
        del catalog.files[catalog.add("one")]
        for name in ("two", "three"):
            catalog.add(name, {"properties": {"size": {"type": "integer"}}})
        finished = fetch("--update")
        assert finished.returncode == 2
        assert finished.stderr.endswith("\n1 problem\n")
        for path in ("a/two", "b/three"):
            assert f"changed: documents/{path}.json" in finished.stdout
        catalog.add("three")
        finished = fetch("three", "one", "--update")
        assert finished.returncode == 2
        assert "changed: documents/b/three.json" in finished.stdout
        assert fetch("thr*", "two").returncode == 0  # a pattern may stand for others
        assert names(tmp_path / "documents" / "a") == [
            "one.json",
            "three.json",
            "two.json",
        ]
        assert (
            fetch("--remove", "tw*", "th*", "--output", "documents/a").returncode == 0
        )
        catalog.add("film", task_type="videoInference")
        assert fetch("--task-type", "videoInference").returncode == 0
        assert names(tmp_path / "documents" / "a") == ["film.json", "one.json"]
        assert names(tmp_path / "documents" / "b") == ["three.json"]
        (tmp_path / "documents" / "b" / "three.json").unlink()
        finished = run("fetch", "--update", "--output", "documents/b", cwd=tmp_path)
        assert finished.returncode == 0
        assert "restored: documents/b/three.json" in finished.stdout
        finished = run("fetch", "--remove", "*", cwd=tmp_path)
        assert finished.stdout.splitlines() == [
            "removed: documents/a/film.json",
            "removed: documents/a/one.json",
            "removed: documents/b/three.json",
        ]

    def test_by_a_proxy_of_the_environment(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        unset = {"NO_PROXY": "", "no_proxy": "", "http_proxy": catalog.origin}
        arguments = ["one", "--index-url", f"http://runware.invalid{INDEX}"]
        finished = run("fetch", *arguments, cwd=tmp_path, env=unset)
        assert finished.returncode == 0, finished.stderr
        assert catalog.counts == {"one": 1}


class TestNotAskingTwice:
    def test_what_is_there_is_not_fetched_again(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        fetch("--all")
        finished = fetch("--all")
        assert finished.stdout.endswith("0 restored, 3 unchanged.\n")
        assert [path for path, _ in catalog.asked] == [INDEX]
        assert fetch().returncode == 0
        assert catalog.asked == []

    def test_update_asks_with_the_version_that_is_known(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        fetch("one", "two")
        before = (tmp_path / "runware.lock").read_bytes()
        finished = fetch("--update")
        assert [status for _, status in catalog.asked] == [304, 304]
        assert "unchanged: schemas/one.json" in finished.stdout
        assert (tmp_path / "runware.lock").read_bytes() == before

    def test_versions_of_other_servers_are_not_compared(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        """Two servers may give different documents the same entity tag."""
        fetch("one")
        with serving_catalog() as mirror:
            mirror.files, mirror.index = catalog.files, catalog.index
            arguments = ["--update", "--index-url", mirror.url]
            assert run("fetch", *arguments, cwd=tmp_path).returncode == 0
            assert not mirror.known
            assert mirror.counts == {"one": 1}

    def test_update_tells_what_changed(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        fetch("one", "two")
        catalog.add("two", {"properties": {"size": {"type": "integer"}}})
        finished = fetch("--all", "--update")
        lines = finished.stdout.splitlines()
        assert lines[:4] == [
            "unchanged: schemas/one.json",
            "new: schemas/three.json",
            "changed: schemas/two.json",
            "Fetched schemas: 1 new, 1 changed, 0 restored, 1 unchanged.",
        ]
        assert lines[4] == "two (test:two@1, schemas/two.json)"
        assert "TwoRequest.size" in finished.stdout
        fetched = (tmp_path / "schemas" / "two.json").read_bytes()
        assert fetched == catalog.files[f"{ROOT}/models/two/schema.json"]

    def test_pages_tell_what_changed_last(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        def changed() -> str:
            page = (tmp_path / "pages" / "image_inference" / "two.md").read_text()
            return page.partition("## Last changes")[2].partition("\n## ")[0]

        docs = ("docs", "schemas", "--output", "pages", "--package", "client")
        fetch("one", "two")
        assert run(*docs, cwd=tmp_path).returncode == 0
        assert changed() == ""
        size = {"properties": {"size": {"type": "integer", "maximum": 9}}}
        catalog.add("two", size)
        fetch("--update")
        assert run(*docs, "--check", cwd=tmp_path).returncode == 1
        assert run(*docs, cwd=tmp_path).returncode == 0
        told = changed()
        lines = [line for line in told.splitlines() if line.startswith("- ")]
        assert lines == [
            "- breaking: request-type-narrowed TwoRequest.size: any value → an integer",
            "- compatible: request-member-added TwoRequest.size: added: an integer",
        ]
        catalog.add("two", {**size, "$comment": "It means the same."})
        assert "changed: schemas/two.json" in fetch("--update").stdout
        assert run(*docs, "--check", cwd=tmp_path).returncode == 0
        assert changed() == told
        catalog.add("two", {**size, "description": "Other."}, info={"summary": "New."})
        fetch("--update")
        assert run(*docs, cwd=tmp_path).returncode == 0
        assert "\n- words: words-changed: The description differs.\n" in changed()

    def test_what_would_break_callers_is_not_written(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        size = {"properties": {"size": {"type": "integer", "maximum": 9}}}
        catalog.add("one", size)
        catalog.add("two", size)
        fetch("one", "two")
        before = (tmp_path / "schemas" / "one.json").read_bytes()
        catalog.add("one", {"properties": {"size": {"type": "integer", "maximum": 8}}})
        catalog.add("two", {"properties": {"size": {"type": "integer"}}})
        finished = fetch("--update", "--check", "breaking", "--quiet")
        assert (finished.returncode, finished.stdout) == (1, "")
        assert "Run without --quiet to see the report" in finished.stderr
        finished = fetch("--update", "--check", "breaking")
        assert finished.returncode == 1
        assert "request-limit-narrowed" in finished.stdout
        assert "See the report." in finished.stderr
        assert "schemas/one.json\n" in finished.stderr
        assert (tmp_path / "schemas" / "one.json").read_bytes() == before
        fetched = (tmp_path / "schemas" / "two.json").read_bytes()
        assert fetched == catalog.files[f"{ROOT}/models/two/schema.json"]
        assert fetch("--update").returncode == 0
        assert (tmp_path / "schemas" / "one.json").read_bytes() != before

    def test_a_status_that_generate_leaves_out_breaks_callers(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        fetch("one")
        catalog.add("one", info={"x-status": "retired"})
        arguments = ("--update", "--check", "breaking")
        assert fetch(*arguments).returncode == 1
        assert fetch(*arguments, "--include-status", "retired").returncode == 0

    def test_a_keyword_that_generate_refuses_is_not_written(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        fetch("one")
        new = catalog.add("one", {"properties": {"size": {"minimun": 1}}})
        arguments = ("--update", "--check", "breaking")
        finished = fetch(*arguments)
        assert finished.returncode == 2
        assert "Did you mean minimum?" in finished.stderr
        path = tmp_path / "schemas" / "one.json"
        assert path.read_bytes() != catalog.files[new]
        (tmp_path / "pyproject.toml").write_text(
            "[tool.runware-codegen]\nallow-unenforced = true\n"
        )
        assert fetch(*arguments).returncode == 0
        assert path.read_bytes() == catalog.files[new]
        new = catalog.add("one", {"properties": {"size": {"type": "integre"}}})
        finished = fetch("--update")
        assert finished.returncode == 0
        assert "schemas/one.json cannot be compared: " in finished.stderr
        assert path.read_bytes() == catalog.files[new]

    def test_a_damaged_document_is_restored_without_a_comparison(
        self, fetch: Fetch, tmp_path: Path
    ) -> None:
        """The version of the server is the locked one, so it breaks nobody."""
        fetch("one")
        for damage in ("{}", json.dumps(a_document({"required": ["x"]}))):
            (tmp_path / "schemas" / "one.json").write_text(damage)
            finished = fetch("--update", "--check", "breaking")
            assert (finished.returncode, finished.stderr) == (0, "")
            assert "restored: schemas/one.json" in finished.stdout
            assert "breaking" not in finished.stdout

    def test_a_known_break_is_written(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.add("one", {"properties": {"size": {"type": "integer", "maximum": 9}}})
        fetch("one")
        new = catalog.add(
            "one", {"properties": {"size": {"type": "integer", "maximum": 8}}}
        )
        (tmp_path / "new.json").write_bytes(catalog.files[new])
        known = ("schemas/one.json", "new.json", "--accept", "--reason", "Known.")
        assert run("diff", *known, cwd=tmp_path).returncode == 0
        assert fetch("--update", "--check", "breaking").returncode == 0
        assert (tmp_path / "schemas" / "one.json").read_bytes() == catalog.files[new]

    def test_check_goes_with_update(self, fetch: Fetch) -> None:
        assert fetch("one", "--check", "breaking").returncode == 2

    def test_an_edited_document_is_restored(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        fetch("one", "two")
        (tmp_path / "schemas" / "one.json").write_text("{}")
        finished = fetch()
        assert "restored: schemas/one.json" in finished.stdout
        assert catalog.counts == {"one": 1}
        assert catalog.known == []  # a 304 response would not restore it

    def test_goes_on_where_it_failed(self, fetch: Fetch, catalog: Catalog) -> None:
        path = f"{ROOT}/models/two/schema.json"
        catalog.faults[path] = ["403"]
        assert fetch("--all").returncode == 2
        finished = fetch("--all")
        assert finished.returncode == 0
        assert catalog.counts == {"two": 1}
        assert "1 new, 0 changed, 0 restored, 2 unchanged" in finished.stdout


class TestFaults:
    @pytest.mark.parametrize("fault", ["500", "503", "drop", "cut", "drip"])
    def test_what_passes_is_tried_again(
        self, fetch: Fetch, catalog: Catalog, fault: str
    ) -> None:
        catalog.faults[f"{ROOT}/models/one/schema.json"] = [fault]
        finished = fetch("one", "--timeout", "2" if fault == "drip" else "120")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert catalog.counts == {"one": 2}

    def test_bodies_of_redirects_are_not_read(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        """They would have no limit of size."""
        catalog.faults[f"{ROOT}/models/one/schema.json"] = ["moved"] * 6
        finished = fetch("one")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert catalog.counts == {"one": 7}

    def test_what_does_not_pass_is_given_up(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.faults[f"{ROOT}/models/one/schema.json"] = ["500"] * 9
        finished = fetch("one", "--output", "new/folder")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "HTTP 500, 4 times." in finished.stderr
        assert catalog.counts == {"one": 4}
        assert names(tmp_path) == []

    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            ("403", "HTTP 403"),
            ("503_for_long", "HTTP 503, once"),
            ("503_until", "HTTP 503, once"),
            ("html", "starts with '<!doctype html>"),
            ("half", "schema.json"),
            ("size", "more than 32 MiB"),
            ("loop", "redirects too many times"),
        ],
    )
    def test_the_old_document_stays(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path, fault: str, told: str
    ) -> None:
        fetch("one", "two")
        catalog.add("one", {"properties": {"size": {"type": "integer"}}})
        catalog.add("two", {"properties": {"size": {"type": "integer"}}})
        before = (tmp_path / "schemas" / "one.json").read_bytes()
        catalog.faults[f"{ROOT}/models/one/schema.json"] = [fault]
        finished = fetch("--update")
        assert finished.returncode == 2
        assert told in finished.stderr
        assert finished.stderr.endswith("\n1 problem\n")
        assert "changed: schemas/two.json" in finished.stdout
        assert (tmp_path / "schemas" / "one.json").read_bytes() == before
        assert names(tmp_path / "schemas") == ["one.json", "two.json"]

    @pytest.mark.parametrize(
        ("fault", "told", "advice"),
        [
            ("html", "is a web page", "A proxy may have sent the response"),
            ("half", "Not JSON", "Fetch it again"),
            ("other", 'has no "openapi"', "Fetch it again"),
            ("cut", "truncated", "again later"),
            ("ftp", "  It redirects to ftp://files.example/a.json: ", "https://"),
            ("encoding", "invalid or truncated: Error -3", "again later"),
            ("drip", "timed out after 0.3 s, 4 times", "again later"),
            ("hints", "timed out after 0.3 s, 4 times", "again later"),
        ],
    )
    def test_a_document_that_does_not_come_whole_is_named(
        self, fetch: Fetch, catalog: Catalog, fault: str, told: str, advice: str
    ) -> None:
        path = f"{ROOT}/models/one/schema.json"
        catalog.faults[path] = [fault] * 4
        patience = ["--timeout", "0.3"] if fault in ("drip", "hints") else []
        finished = fetch("one", *patience)
        [place, what, remedy, *_] = finished.stderr.splitlines()
        assert place == f"{catalog.origin}{path}"
        assert told in what
        assert advice in remedy

    @pytest.mark.parametrize("fault", ["half", "cut", "html"])
    def test_an_index_that_does_not_come_whole(
        self, fetch: Fetch, catalog: Catalog, fault: str
    ) -> None:
        catalog.faults[INDEX] = [fault] * 4
        [place, what, remedy, *_] = fetch("one").stderr.splitlines()
        assert place == catalog.url
        assert {
            "half": "not JSON, or is truncated",
            "cut": "truncated",
            "html": "is a web page",
        }[fault] in what
        assert ("again later" if fault == "cut" else "--index-url") in remedy

    def test_a_listed_model_without_a_document(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        path = f"{ROOT}/models/one/schema.json"
        del catalog.files[path]
        [place, what, remedy, *_] = fetch("one").stderr.splitlines()
        assert place == f"{catalog.origin}{path}"
        assert "no document of one" in what
        assert f"list --catalog --index-url {catalog.url} --only test:one@1`" in remedy

    def test_a_model_that_has_another_identifier(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        assert fetch("one").returncode == 0
        del catalog.files[f"{ROOT}/models/one/schema.json"]
        catalog.index[:] = [each for each in catalog.index if each["id"] != "one"]
        catalog.add("uno", air="test:one@1")
        remedy = fetch("--update").stderr.splitlines()[2]
        [_, advised, _, removal, *_] = remedy.split("`")
        listed = run(*shlex.split(advised)[1:], cwd=tmp_path)
        assert listed.stdout.splitlines()[1].split()[:2] == ["uno", "test:one@1"]
        assert removal == "runware-codegen fetch --remove one"

    def test_no_index(self, catalog: Catalog, tmp_path: Path) -> None:
        wrong = f"{catalog.origin}/models.json"
        for command in (["fetch", "one"], ["list", "--catalog"]):
            finished = run(*command, "--index-url", wrong, cwd=tmp_path)
            assert (finished.returncode, finished.stdout) == (2, "")
            [place, what, remedy, *_] = finished.stderr.splitlines()
            assert place == wrong
            assert "no index" in what
            assert "https://runware.ai/docs/models/index.json" in remedy

    def test_progress_where_only_ascii_can_be_written(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        arguments = ("fetch", "one", "--index-url", catalog.url)
        env = {"PYTHONIOENCODING": "ascii"}
        shown = run_in_terminal(*arguments, cwd=tmp_path, env=env).shown
        assert "Fetching ------------------------ 0 of 1, waiting for one" in shown
        assert "Fetching ######################## 1 of 1" in shown

    def test_the_document_that_is_waited_for_is_shown(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        seen = threading.Event()
        hanging = f"{ROOT}/models/two/schema.json"

        def gate(path: str) -> None:
            if path == hanging:
                seen.wait(LONGEST)

        def react(shown: str, *_: object) -> None:
            if "1 of 2, waiting for two" in shown:
                seen.set()

        catalog.gate = gate
        command = ["fetch", "one", "two", "--index-url", catalog.url]
        session = run_in_terminal(*command, cwd=tmp_path, react=react)
        assert session.code == 0, session.shown
        assert "1 of 2, waiting for two" in session.shown

    @pytest.mark.parametrize(
        ("index", "told"),
        [
            (b"<html>", "is a web page"),
            (b"[" * 100_000, "is not JSON"),
            (b"\xff", "is not JSON"),
            (b"{}", "is not a list"),
            (b'[{"id": "../x"}]', "no model with a valid id"),
            (b"[]", "no model with a valid id"),
        ],
    )
    def test_an_index_that_is_none(
        self, fetch: Fetch, catalog: Catalog, index: bytes, told: str
    ) -> None:
        catalog.index = index
        finished = fetch("--all")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert finished.stderr.startswith(f"{catalog.url}\n")
        assert told in finished.stderr

    def test_a_server_that_is_not_there(self, tmp_path: Path) -> None:
        with serving_catalog() as catalog:
            url = catalog.url
        finished = run("fetch", "one", "--index-url", url, cwd=tmp_path)
        assert finished.returncode == 2
        assert "The server cannot be reached" in finished.stderr
        assert (
            "Check the network, and HTTPS_PROXY if it has a proxy. Run"
            in finished.stderr
        )

    @pytest.mark.parametrize(
        "url", ["file:///etc/passwd", "x", "http://", "http://[", "http://x?y=@z"]
    )
    def test_an_address_that_is_none(self, tmp_path: Path, url: str) -> None:
        finished = run("fetch", "one", "--index-url", url, cwd=tmp_path)
        assert finished.returncode == 2
        assert "is not a URL such as" in finished.stderr

    def test_a_name_of_a_server_that_cannot_be(self, tmp_path: Path) -> None:
        finished = run("fetch", "one", "--index-url", "http://..../", cwd=tmp_path)
        assert finished.returncode == 2
        assert finished.stderr.startswith("http://..../\n")

    @pytest.mark.parametrize("seconds", ["nan", "inf", "1e10"])
    def test_a_timeout_that_cannot_be(self, fetch: Fetch, seconds: str) -> None:
        finished = fetch("one", "--timeout", seconds)
        assert finished.returncode == 2
        assert "Invalid value for '--timeout'" in finished.stderr

    def test_users_and_passwords_come_from_netrc(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        """They are neither printed nor written to the lock."""
        secret = catalog.url.replace("http://", "http://someone:secret@")
        finished = run("fetch", "one", "--index-url", secret, cwd=tmp_path)
        assert finished.returncode == 2
        assert "~/.netrc" in finished.stderr
        assert "secret@" not in finished.stderr
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login someone password secret\n")
        netrc.chmod(0o600)
        assert fetch("one", env={"HOME": str(tmp_path)}).returncode == 0
        assert catalog.credentials == {"Basic c29tZW9uZTpzZWNyZXQ="}
        assert "secret" not in (tmp_path / "runware.lock").read_text()

    def test_a_home_that_is_no_folder(self, fetch: Fetch) -> None:
        assert fetch("one", env={"HOME": os.devnull}).returncode == 0

    def test_a_proxy_that_cannot_be(self, fetch: Fetch) -> None:
        finished = fetch("one", env={"http_proxy": "nonsense://x", "no_proxy": ""})
        assert finished.returncode == 2
        assert "HTTPS_PROXY" in finished.stderr

    def test_a_proxy_that_does_not_speak_socks(self, tmp_path: Path) -> None:
        arguments = (
            "fetch",
            "one",
            "--index-url",
            "https://runware.invalid/index.json",
        )
        unset = dict.fromkeys(("http_proxy", "https_proxy", "no_proxy"), "")
        with http_server(NotSocks) as origin:
            proxy = {"all_proxy": origin.replace("http:", "socks5:")}
            finished = run(*arguments, cwd=tmp_path, env=unset | proxy)
        assert finished.returncode == 2
        assert "The server cannot be reached: Malformed reply" in finished.stderr

    def test_a_folder_that_cannot_be(self, fetch: Fetch, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        finished = fetch("one", "--output", "file/docs")
        assert finished.returncode == 2
        assert finished.stderr.startswith("file/docs\n")


class TestHostileIndex:
    UNFIT: tuple[object, ...] = (
        *("../up", "/etc/x", "a/b", "a\\b", "..", ".hidden", "nul", "con.x", "end."),
        *("a\n", "é", "", "a" * 200, 7, None),
    )

    def test_no_path_leaves_the_folder(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.index += [{"id": unfit, "status": "live"} for unfit in self.UNFIT]
        catalog.index += ["no model"]
        finished = fetch("--all")
        assert finished.returncode == 0
        count = finished.stderr.count("Skipped model number")
        assert count == len(self.UNFIT) + 1
        assert names(tmp_path / "schemas") == ["one.json", "three.json", "two.json"]
        assert names(tmp_path) == ["runware.lock", "schemas"]

    def test_of_many_entries_the_first_are_named(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        catalog.index += [{"id": f"../{number}"} for number in range(1_000)]
        finished = fetch("--all")
        assert finished.returncode == 0
        assert finished.stderr.count("Skipped model number") == 20
        assert finished.stderr.endswith("\nand 980 more\n")

    def test_one_file_for_one_model(self, fetch: Fetch, catalog: Catalog) -> None:
        catalog.index += [{"id": "ONE", "status": "live"}]
        finished = fetch("--all")
        assert "another model has the same id" in finished.stderr

    def test_no_other_server_is_asked(self, fetch: Fetch, catalog: Catalog) -> None:
        with serving_catalog() as other:
            for entry, url in zip(
                catalog.index,
                [f"{other.origin}/x", "file:///etc/passwd", "http://[::1"],
                strict=True,
            ):
                entry["schema"] = url
            assert fetch("--all").returncode == 0
            assert other.asked == []

    def test_a_document_elsewhere_on_the_same_server(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        content = catalog.files.pop(f"{ROOT}/models/one/schema.json")
        catalog.put("/other/folder/one.json", content)
        catalog.index[0]["schema"] = "/other/folder/one.json"
        assert fetch("one").returncode == 0

    def test_an_air_that_steers_a_terminal(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.index[0]["air"] = 'x"\n[[document]]\x1b[2J'
        assert fetch("one").returncode == 0
        lock = tomllib.loads((tmp_path / "runware.lock").read_text())
        assert [one["air"] for one in lock["document"]] == ["test:one@1"]

    @pytest.mark.parametrize("text", ["a\nb", "a\x7f", "\ud800"])
    def test_an_architecture_that_a_lock_cannot_have(
        self, fetch: Fetch, catalog: Catalog, text: str
    ) -> None:
        catalog.index[0]["architecture"] = text
        assert fetch("one").returncode == 0
        assert fetch().returncode == 0

    def test_fetch_says_that_it_replaces_a_document_without_a_lock(
        self, fetch: Fetch, tmp_path: Path
    ) -> None:
        fetch("one")
        file, lock = tmp_path / "schemas" / "one.json", tmp_path / "runware.lock"
        document = file.read_bytes()
        for start, outcome in ((b"", "new"), (b" ", "changed")):
            file.write_bytes(start + document)
            lock.unlink()
            assert f"{outcome}: schemas/one.json\n" in fetch("one").stdout
            assert file.read_bytes() == document

    @pytest.mark.parametrize("kind", ["text", "pipe"])
    def test_a_file_of_something_else_is_not_replaced(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path, kind: str
    ) -> None:
        catalog.add("package")
        file = tmp_path / "package.json"
        file.write_text("{}") if kind == "text" else os.mkfifo(file)
        finished = fetch("package", "--output", ".")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert finished.stderr.startswith("package.json\n  This file is not a document")
        assert names(tmp_path) == ["package.json"]
        assert file.is_fifo() or file.read_text() == "{}"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("runware.lock", ["--update"]),
        ("runware.lock", ["two"]),
        ("runware.lock", ["--remove", "one"]),
        ("schemas/one.json", ["--update"]),
        (".", ["--update"]),
        (".", ["--remove", "one"]),
    ],
)
def test_a_file_that_is_read_only_is_not_replaced(
    fetch: Fetch, catalog: Catalog, tmp_path: Path, name: str, options: list[str]
) -> None:
    fetch("one")
    catalog.add("one", {"title": "Changed"})
    (tmp_path / name).chmod(0o555)
    before = files(tmp_path)
    arguments = ("fetch", *options, "--index-url", catalog.url)
    finished = run_unprivileged(*arguments, cwd=tmp_path)
    assert finished.returncode == 2
    place = tmp_path if name == "." else name
    assert f"Permission denied ({place})." in finished.stderr
    assert files(tmp_path) == before


def test_a_file_that_is_read_only_does_not_stop_the_others(
    fetch: Fetch, catalog: Catalog, tmp_path: Path
) -> None:
    fetch("--all")
    for name in ("one", "three", "two"):
        catalog.add(name, {"title": "Changed"})
    (tmp_path / "schemas" / "one.json").chmod(0o444)
    arguments = ("fetch", "--update", "--concurrency", "1")
    finished = run_unprivileged(*arguments, "--index-url", catalog.url, cwd=tmp_path)
    assert finished.returncode == 2
    assert "Permission denied (schemas/one.json)." in finished.stderr
    assert "Fetched schemas: 0 new, 2 changed" in finished.stdout


class TestAtTheSameTime:
    def test_folders_that_share_a_lock_are_not_filled_together(
        self, fetch: Fetch, catalog: Catalog, tmp_path: Path
    ) -> None:
        """Each run would write the lock without the entries of the other."""
        held: list[bool] = []

        def gate(path: str) -> None:
            if path != INDEX:
                descriptor = os.open(tmp_path, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    held.append(True)
                os.close(descriptor)

        catalog.gate = gate
        for output in ("docs", ".", "docs"):
            assert fetch("one", "two", "--output", output).returncode == 0
        assert held == [True] * 4

    @staticmethod
    def closed_after(
        count: int, catalog: Catalog, stopped: threading.Event
    ) -> Callable[[str], None]:
        """Return a gate that holds and then aborts requests after `count` documents."""

        def gate(path: str) -> None:
            if path != INDEX and catalog.counts.total() >= count:
                stopped.wait(LONGEST)
                raise ConnectionAbortedError

        return gate

    def test_as_many_as_wanted_and_no_more(
        self, fetch: Fetch, catalog: Catalog
    ) -> None:
        for number in range(12):
            catalog.add(f"model-{number}")
        together = threading.Barrier(3)

        def wait_for_the_others(path: str) -> None:
            if path != INDEX:
                together.wait(LONGEST)
                time.sleep(0.05)  # time for an excess request to arrive

        catalog.gate = wait_for_the_others
        assert fetch("--all", "--concurrency", "3").returncode == 0
        assert catalog.most == 3

    @pytest.mark.parametrize(
        ("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
    )
    def test_interrupted_it_goes_on_later(
        self, catalog: Catalog, fetch: Fetch, tmp_path: Path, stop: int, code: int
    ) -> None:
        stopped = threading.Event()
        catalog.gate = self.closed_after(1, catalog, stopped)

        def react(shown: str, _: object, process: int) -> None:
            if " 1 of 3" in shown and not stopped.is_set():
                os.kill(process, stop)
                stopped.set()

        arguments = ["fetch", "--all", "--index-url", catalog.url, "--concurrency", "1"]
        session = run_in_terminal(*arguments, cwd=tmp_path, react=react)
        assert session.code == code
        assert "fetched documents are complete" in session.shown
        [there] = (tmp_path / "schemas").iterdir()
        assert json.loads(there.read_bytes())
        catalog.gate = lambda _: None
        assert fetch("--all").returncode == 0
        assert set(catalog.counts) == {"one", "two", "three"} - {there.stem}

    def test_killed_it_leaves_nothing_half_written(
        self, catalog: Catalog, fetch: Fetch, tmp_path: Path
    ) -> None:
        stopped = threading.Event()
        catalog.gate = self.closed_after(2, catalog, stopped)

        def react(shown: str, _: object, process: int) -> None:
            if " 2 of 3" in shown and not stopped.is_set():
                os.kill(process, signal.SIGKILL)
                stopped.set()

        arguments = ["fetch", "--all", "--index-url", catalog.url, "--concurrency", "1"]
        run_in_terminal(*arguments, cwd=tmp_path, react=react)
        locked = tomllib.loads((tmp_path / "runware.lock").read_text())["document"]
        assert len(locked) == 2
        catalog.gate = lambda _: None
        assert fetch("--all").returncode == 0
        missing = {"one", "two", "three"} - {one["id"] for one in locked}
        assert set(catalog.counts) == missing
