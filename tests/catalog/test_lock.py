"""`runware.lock`: the same commit gives the same code, or an error message."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from catalog_server import ROOT, Catalog, serving_catalog
from command import GENERATE, run, write

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

CHANGED = {"properties": {"size": {"type": "integer"}}}
FETCH = ["fetch", "--output", "docs"]


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    """A catalogue of three models."""
    with serving_catalog() as catalog:
        yield catalog


def offer(catalog: Catalog) -> None:
    catalog.index = []
    for name in ("one", "two", "three"):
        catalog.add(name)


@pytest.fixture(scope="module")
def locked_once(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has locked two models. Tests do not change it."""
    offer(catalog)
    folder = tmp_path_factory.mktemp("locked")
    finished = run(*FETCH, "one", "two", "--index-url", catalog.url, cwd=folder)
    assert finished.returncode == 0
    return folder


@pytest.fixture
def here(catalog: Catalog, locked_once: Path, tmp_path: Path) -> Path:
    """A project that has locked two models."""
    offer(catalog)
    return shutil.copytree(locked_once, tmp_path / "here")


def refused(finished: subprocess.CompletedProcess[str], *told: str) -> None:
    assert (finished.returncode, finished.stdout) == (2, "")
    assert all(text in finished.stderr for text in told), finished.stderr
    assert finished.stderr.endswith("\n1 problem\n")


class TestGenerate:
    def test_takes_what_is_locked_and_what_is_not(self, here: Path) -> None:
        write(here / "docs", "mine", {})
        lock = here / "runware.lock"
        lock.write_text(lock.read_text().replace("http:", "https:", 1))
        write(here / "docs" / "ours", "another", {})
        finished = run(*GENERATE, cwd=here)
        assert finished.returncode == 0, finished.stderr
        assert "from 4 documents" in finished.stdout
        for said in (finished.stderr, run(*GENERATE, "--check", cwd=here).stderr):
            assert said.endswith(" runware.lock does not list: docs/mine.json.\n")

    @pytest.mark.parametrize("option", [(), ("--check",), ("--diff",)])
    def test_refuses_another_version(self, here: Path, option: tuple[str]) -> None:
        write(here / "docs", "one", CHANGED)
        (here / "docs" / "two.json").unlink()
        told = ("docs/one.json differs, docs/two.json is missing", "fetch --locked")
        refused(run(*GENERATE, *option, cwd=here), "runware.lock\n", *told)
        assert not (here / "out").exists()

    def test_a_folder_that_is_not_there_yet(self, here: Path) -> None:
        for path in (here / "docs").iterdir():
            path.unlink()
        (here / "docs").rmdir()
        refused(run(*GENERATE, cwd=here), "docs/one.json is missing")
        assert run(*FETCH, "--locked", cwd=here).returncode == 0
        assert run(*GENERATE, cwd=here).returncode == 0

    def test_many_are_told_in_one_block(self, here: Path, catalog: Catalog) -> None:
        for number in range(5):
            catalog.add(f"model-{number}")
        run(*FETCH, "model-*", "--index-url", catalog.url, cwd=here)
        for path in (here / "docs").iterdir():
            path.unlink()
        refused(run(*GENERATE, cwd=here), "and 4 more")

    def test_of_a_file_that_is_named_alone(self, here: Path) -> None:
        write(here / "docs", "two", CHANGED)
        alone = ["--output", "out", "--package", "client"]
        assert run("generate", "docs/one.json", *alone, cwd=here).returncode == 0
        refused(run("generate", "docs/two.json", *alone, cwd=here), "two.json differs")

    def test_a_lock_in_the_folder(self, here: Path) -> None:
        lock = here / "runware.lock"
        text = lock.read_text().replace('"docs/', '"')
        (here / "docs" / "runware.lock").write_text(text)
        lock.unlink()
        assert run(*GENERATE, cwd=here).returncode == 0
        write(here / "docs", "two", CHANGED)
        refused(run(*GENERATE, cwd=here), "docs/runware.lock\n", "two.json differs")
        assert run(*FETCH, cwd=here).returncode == 0
        assert not lock.exists()

    def test_two_entries_for_a_document(self, here: Path) -> None:
        """A merge may leave them."""
        lock = here / "runware.lock"
        text = lock.read_text()
        lock.write_text(text + text[text.index("[[document]]") :])
        refused(run(*GENERATE, cwd=here), "It has two entries for docs/one.json.")

    def test_of_another_folder_it_says_nothing(self, here: Path) -> None:
        write(here / "docs", "one", CHANGED)
        write(here / "others", "mine", {})
        arguments = ["generate", "others", "--output", "out", "--package", "client"]
        finished = run(*arguments, cwd=here)
        assert (finished.returncode, finished.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("version = 1", "version = 2", "is not 1, the only supported version"),
            ("[[document]]", "<<<<<<< HEAD", "Resolve the conflict"),
            ('sha256 = "', 'id = "two"\nsha256 = "', "give each its own [[document]]"),
            ("version = 1", f"a = {'[' * 5000}", "nested too deeply"),
            ("version = 1", "a = '\udcff'", "not UTF-8"),
            ("[[document]]", "[document.x]", "cannot be read"),
            ('"docs/one.json"', '"../one.json"', "number 1"),
            ('"docs/one.json"', '"docs/two.json"', "number 1"),
            ('"docs/one.json"', '"/docs/one.json"', "number 1"),
            ('"docs/one.json"', '"\\u0000/one.json"', "number 1"),
            ('id = "one"', 'id = "../one"', "number 1"),
            ('id = "one"', "id = 1", "number 1"),
            ('url = "http', 'url = "file', "number 1"),
            ('sha256 = "', 'sha256 = "x', "number 1"),
            ('sha256 = "', 'changed = 1\nsha256 = "', "number 1"),
            ('sha256 = "', 'changes = 1\nsha256 = "', "number 1"),
        ],
    )
    def test_a_lock_that_is_none(
        self, here: Path, old: str, new: str, told: str
    ) -> None:
        lock = here / "runware.lock"
        text = lock.read_text()
        assert old in text
        lock.write_text(text.replace(old, new, 1), errors="surrogateescape")
        refused(run(*GENERATE, cwd=here), "runware.lock\n", told)

    def test_a_lock_that_cannot_be_read(self, here: Path) -> None:
        lock = here / "runware.lock"
        for change, told in (
            (lambda: lock.write_text("version = 1\ndocument = [1]"), "number 1"),
            (lock.unlink, ""),
            (lambda: lock.symlink_to("nothing"), "No such file or directory"),
            (lambda: (lock.unlink(), lock.symlink_to(lock)), "symbolic links"),
            (lambda: (lock.unlink(), lock.mkdir()), "it is not a file"),
            (lambda: (lock.rmdir(), os.mkfifo(lock)), "it is not a file"),
        ):
            change()
            if told:
                refused(run(*GENERATE, cwd=here), "runware.lock\n", told)


def test_line_ends_that_git_converted_are_no_change(
    here: Path, catalog: Catalog
) -> None:
    two = f"{ROOT}/models/two/schema.json"
    catalog.put(two, catalog.files[two].replace(b"\n", b"\r\n") + b"\r\n")
    catalog.add("one", CHANGED)
    update = run(*FETCH, "--update", "--index-url", catalog.url, cwd=here)
    assert update.stdout.endswith("; 1 document changed.\n"), update.stdout
    command = [*GENERATE, "--docs", "pages"]
    assert run(*command, cwd=here).returncode == 0
    shutil.copytree(here / "docs", here / "other")
    for pattern in ("docs/*.json", "pages/**/*.*", "runware.lock"):
        for file in here.glob(pattern):
            lf = file.read_bytes().replace(b"\r\n", b"\n")
            if file.suffix == ".json":  # a hook adds or removes the last line end
                lf = lf[:-1] if lf.endswith(b"\n") else lf + b"\n"
            file.write_bytes(lf if file.stem == "two" else lf.replace(b"\n", b"\r\n"))
    checked = run(*command, "--check", cwd=here)
    assert checked.returncode == 0, checked.stderr
    assert "2 unchanged." in run(*FETCH, "--locked", cwd=here).stdout
    assert "0 changed, 0 restored" in run(*FETCH, "--update", cwd=here).stdout
    diff = run("diff", "other", "docs", cwd=here).stdout
    assert diff == "No differences; 0 documents changed, 2 unchanged.\n"


class TestLocked:
    def test_fetches_what_the_lock_names(self, here: Path, catalog: Catalog) -> None:
        (here / "docs" / "one.json").unlink()
        before = (here / "runware.lock").read_bytes()
        catalog.forget()
        finished = run(*FETCH, "--locked", cwd=here)
        assert finished.returncode == 0
        assert "restored: docs/one.json" in finished.stdout
        assert catalog.counts == {"one": 1}
        assert (here / "runware.lock").read_bytes() == before

    def test_refuses_what_differs(self, here: Path, catalog: Catalog) -> None:
        catalog.add("one", CHANGED)
        before = (here / "runware.lock").read_bytes()
        (here / "docs" / "one.json").unlink()
        finished = run(*FETCH, "--locked", cwd=here)
        assert finished.returncode == 2
        assert finished.stderr.startswith("docs/one.json\n")
        assert "Checksum mismatch" in finished.stderr
        assert not (here / "docs" / "one.json").exists()
        assert (here / "runware.lock").read_bytes() == before

    def test_from_a_mirror(self, here: Path, catalog: Catalog) -> None:
        (here / "docs" / "one.json").unlink()
        with serving_catalog() as mirror:
            mirror.files, mirror.index = catalog.files, catalog.index
            arguments = ["--locked", "--index-url", mirror.url]
            assert run(*FETCH, *arguments, cwd=here).returncode == 0
            assert mirror.counts == {"one": 1}

    def test_a_name_that_is_not_locked(self, here: Path) -> None:
        finished = run(*FETCH, "--locked", "three", cwd=here)
        refused(
            finished,
            "runware.lock\n",
            "No locked document of docs matches 'three'",
            "→ To lock it, run `runware-codegen fetch three`",
        )


class TestRemove:
    """`fetch --remove` removes a document that nobody wants, or that the catalogue lost."""

    def test_document_and_entry(self, here: Path, catalog: Catalog) -> None:
        catalog.forget()
        finished = run(*FETCH, "--remove", "test:one@1", cwd=here)
        assert finished.stdout == "removed: docs/one.json\n"
        assert 'id = "one"' not in (here / "runware.lock").read_text()
        assert run(*GENERATE, cwd=here).returncode == 0
        assert run(*FETCH, "--remove", "*", cwd=here).returncode == 0
        assert not any((here / "docs").glob("*.json"))
        assert not catalog.asked

    def test_one_that_the_catalogue_lost(self, here: Path, catalog: Catalog) -> None:
        del catalog.files[catalog.add("one")]
        (here / "docs" / "one.json").unlink()
        advice = "runware-codegen fetch --remove"
        refused(run(*GENERATE, cwd=here), f"{advice} MODEL")
        for option in ("--locked", "--update"):
            assert f"{advice} one" in run(*FETCH, option, cwd=here).stderr
        assert run(*FETCH, "--remove", "one", cwd=here).returncode == 0
        assert run(*GENERATE, cwd=here).returncode == 0

    def test_what_cannot_be_removed(self, here: Path) -> None:
        refused(
            run(*FETCH, "--remove", "three", cwd=here),
            "No locked document of docs matches 'three'",
        )
        for arguments, told in (
            ([], "--remove requires MODEL."),
            (["one", "--update"], "--remove and --update exclude each other."),
            (["a:*", "--like", "one"], "--like and --remove exclude each other."),
        ):
            finished = run(*FETCH, "--remove", *arguments, cwd=here)
            assert (finished.returncode, finished.stdout) == (2, "")
            assert told in finished.stderr
        assert (here / "docs" / "one.json").is_file()


def test_facts_of_the_catalogue_are_kept_current(here: Path, catalog: Catalog) -> None:
    """A document that has moved is locked where it is, by the AIR that it has now."""
    lock = here / "runware.lock"
    path = catalog.add("two", air="test:two@2")
    assert run(*FETCH, "--update", cwd=here).returncode == 0
    assert 'air = "test:two@2"' in lock.read_text()
    moved = path.replace("two", "two-moved")
    catalog.files[moved] = catalog.files.pop(path)
    listed = {"id": "two", "air": "test:two@3", "status": "live", "schema": moved}
    catalog.index = [listed, *(each for each in catalog.index if each["id"] == "one")]
    assert run(*FETCH, "two", "--index-url", catalog.url, cwd=here).returncode == 0
    assert 'air = "test:two@3"' in lock.read_text()
    with serving_catalog() as mirror:
        mirror.files, mirror.index = catalog.files, catalog.index
        arguments = ["one", "two", "--index-url", mirror.url]
        assert run(*FETCH, *arguments, cwd=here).returncode == 0
    (here / "docs" / "two.json").unlink()
    assert run(*FETCH, "--locked", cwd=here).returncode == 0
    assert f'url = "{catalog.origin}{moved}"' in lock.read_text()


def test_one_more_document_adds_lines_alone(here: Path, catalog: Catalog) -> None:
    lock = here / "runware.lock"
    before = lock.read_text().splitlines()
    catalog.index = [each for each in catalog.index if each["id"] != "one"]
    run(*FETCH, "three", "--index-url", catalog.url, cwd=here)
    after = lock.read_text().splitlines()
    added = after.index('id = "three"') - 1
    count = len(after) - len(before)
    assert after[:added] + after[added + count :] == before


class TestListCatalog:
    def test_shows_what_is_there_and_what_is_here(
        self, here: Path, catalog: Catalog
    ) -> None:
        catalog.add("soon", status="coming-soon")
        (here / "docs" / "two.json").unlink()
        write(here / "docs", "three", {})
        arguments = ["list", "docs", "--catalog", "--index-url", catalog.url]
        finished = run(*arguments, "--only", "[ost]*", cwd=here)
        assert finished.returncode == 0
        assert [
            line.split(maxsplit=3) for line in finished.stdout.splitlines()[:2]
        ] == [
            ["ID", "AIR", "TASK", "TYPE       STATUS       HERE"],
            ["one", "test:one@1", "imageInference", "live         locked"],
        ]
        rows = json.loads(run(*arguments, "--json", cwd=here).stdout)
        assert " ".join(rows[0]) == (
            "id air taskType status name creator capabilities architecture installed"
            " locked"
        )
        names = ("installed", "locked", "taskType", "name")
        here_now = {row["id"]: [row[name] for name in names] for row in rows}
        assert here_now["one"] == [True, True, "imageInference", "One"]
        assert here_now["two"] == [False, True, "imageInference", "Two"]
        assert here_now["three"] == [True, False, "", "Three"]
        assert here_now["soon"] == [False, False, "", "Soon"]

    def test_nothing_is_chosen(self, here: Path, catalog: Catalog) -> None:
        arguments = ["list", "--catalog", "--only", "x", "--index-url", catalog.url]
        refused(run(*arguments, cwd=here), "\n  --only selects none of ")
