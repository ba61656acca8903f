"""Counts of work: a run repeats only the work that is necessary."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command import environment, write
from hostile_texts import PAYLOADS
from making import a_document
from runware_codegen import pipeline, render
from runware_codegen.cache import modules, store
from runware_codegen.cli import cli
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.render import docstrings, formatting
from runware_codegen.render import package as package_texts
from runware_codegen.render.literals import LINE

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTS = 6
FIELDS = 40
MODULE = "tasks/image_inference/model_3.py"


@dataclass(frozen=True)
class Work:
    """The work of a run.

    Attributes:
        parsed: The number of documents that the run parsed.
        rendered: The number of documents whose module the run wrote.
        formatted: The number of pieces of source that black formatted.
        wrapped: The number of texts that were wrapped into lines.
        changed: The files of the package that the run wrote or removed.
        made: The number of files in the package.
    """

    parsed: int
    rendered: int
    formatted: int
    wrapped: int
    changed: frozenset[str]
    made: int


class Bench:
    """Runs the command in this process and counts the work."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._parsed: list[Any] = []
        self._rendered: list[Any] = []
        self._formatted: list[str] = []
        self._wrapped: list[str] = []
        self._made: list[pipeline.Generated] = []
        self._count(modules, "parse_document", self._parsed)
        self._count(modules, "rendered_module", self._rendered)
        self._count(formatting, "_black", self._formatted)
        self._count(docstrings, "wrap", self._wrapped)
        whole = pipeline.generate

        def generate(*arguments: Any) -> pipeline.Generated:
            self._made.append(whole(*arguments))
            return self._made[-1]

        monkeypatch.setattr(pipeline, "generate", generate)
        monkeypatch.setattr(store, "fingerprint", lambda: "this generator")
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.chdir(folder)

    def _count(self, module: Any, name: str, calls: list[Any]) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def counted(first: Any, *others: Any, **given: Any) -> Any:
            calls.append(first)
            return function(first, *others, **given)

        self._monkeypatch.setattr(module, name, counted)

    def run(self, *options: str) -> Work:
        """Generate with empty caches, as in a new process."""
        for cached in (formatting._format, formatting._formatted_alone):
            cached.cache_clear()
        for texts in (docstrings.docstring, docstrings._wrap_words):
            texts.cache_clear()
        for counted in (self._parsed, self._rendered, self._formatted, self._made):
            counted.clear()
        self._wrapped.clear()
        arguments = ["generate", "docs", "--output", "out", "--package", "client"]
        command = [*arguments, "--jobs", "1", "-q", *options]
        assert cli.main(command, standalone_mode=False) == 0
        [made] = self._made
        [written] = made.folders
        return Work(
            len(self._parsed),
            len(self._rendered),
            len(self._formatted),
            len(self._wrapped),
            frozenset(change.path for change in written.changes),
            written.files,
        )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Work]:
    """A folder of documents that have almost everything in common, and a first run."""
    folder = tmp_path_factory.mktemp("bench")
    for number in range(DOCUMENTS):
        _write(folder, number, most=10)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return folder, Bench(folder, monkeypatch).run()


@pytest.fixture
def cold(done: tuple[Path, Work]) -> Work:
    """The work of the first run."""
    return done[1]


@pytest.fixture
def warm(
    done: tuple[Path, Work], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A bench after the first run."""
    shutil.copytree(done[0], tmp_path, dirs_exist_ok=True)
    return Bench(tmp_path, monkeypatch)


@pytest.fixture
def bench(
    done: tuple[Path, Work], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A bench before the first run."""
    shutil.copytree(done[0] / "docs", tmp_path / "docs")
    return Bench(tmp_path, monkeypatch)


def _write(folder: Path, number: int, *, most: int) -> None:
    size = {"type": "integer", "minimum": 1, "maximum": most, "description": "A size."}
    own = {"type": "string", "description": f"Only model {number} has it."}
    fields = {f"size{each}": size for each in range(FIELDS)} | {f"own{number}": own}
    write(folder / "docs", f"model-{number}", {"properties": fields})


def test_a_cold_run_parses_each_document_once(cold: Work) -> None:
    assert cold.parsed == DOCUMENTS
    assert len(cold.changed) == cold.made > DOCUMENTS


def test_what_documents_share_is_formatted_once(done: tuple[Path, Work]) -> None:
    folder, work = done
    package = (folder / "out" / "client").rglob("model_*.py")
    statements = sum(path.read_text().count("\n    size") for path in package)
    assert statements >= DOCUMENTS * FIELDS
    assert work.formatted < statements + DOCUMENTS * 4


def test_what_documents_share_is_wrapped_once(cold: Work) -> None:
    others = 100  # texts of the files that every package has
    assert FIELDS < cold.wrapped < DOCUMENTS * FIELDS + others


def test_an_unchanged_run_does_nothing(warm: Bench) -> None:
    work = warm.run()
    assert (work.parsed, work.formatted, work.changed) == (0, 0, frozenset())


def test_a_changed_document_is_the_only_one_made(
    cold: Work, warm: Bench, tmp_path: Path
) -> None:
    _write(tmp_path, 3, most=11)
    work = warm.run()
    assert (work.parsed, work.changed) == (1, {MODULE})
    assert 0 < work.formatted < cold.formatted


def test_a_new_document_touches_what_lists_it(warm: Bench, tmp_path: Path) -> None:
    _write(tmp_path, DOCUMENTS, most=10)
    work = warm.run()
    assert work.parsed == 1
    folder = "tasks/image_inference"
    listing = {"__init__.py", "_about.py", "client.py", f"model_{DOCUMENTS}.py"}
    own = {"tasks/_index.py", *(f"{folder}/{name}" for name in listing)}
    assert work.changed == own


def test_documents_that_are_not_wanted_are_not_formatted(
    bench: Bench, cold: Work
) -> None:
    work = bench.run("--only", "model-3")
    assert work.parsed == DOCUMENTS
    assert len([path for path in work.changed if "model_" in path]) == 1
    assert work.rendered == 1 < cold.rendered == DOCUMENTS
    again = bench.run("--only", "model-3")
    assert (again.parsed, again.formatted) == (0, 0)


def test_a_wish_for_more_makes_the_rest(bench: Bench) -> None:
    bench.run("--only", "model-3")
    work = bench.run()
    assert work.parsed == DOCUMENTS - 1
    assert len([path for path in work.changed if "model_" in path]) == DOCUMENTS - 1


def test_without_cache_all_is_made_again(bench: Bench, tmp_path: Path) -> None:
    bench.run("--no-cache")
    work = bench.run("--no-cache")
    assert (work.parsed, work.changed) == (DOCUMENTS, frozenset())
    assert not (tmp_path / "cache").exists()


HEAVY = {"black", "jinja2", "pydantic", "openapi_pydantic", "ruamel", "httpx2"}

_LISTED = """
import json, sys
from runware_codegen.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""

_SAME_GENERATOR = """
from runware_codegen.cache import store
store.fingerprint = lambda: "this generator"
"""


def _imported(folder: Path, *arguments: str, before: str = "") -> set[str]:
    """Run the command, and return the packages that it has imported."""
    ran = subprocess.run(
        [sys.executable, "-c", before + _LISTED, *arguments],
        cwd=folder,
        env=environment({"XDG_CACHE_HOME": str(folder / "cache")}),
        capture_output=True,
        check=True,
        text=True,
    )
    names: list[str] = json.loads(ran.stderr)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["generate", "--help"]], ids=" ".join
)
def test_to_ask_for_help_imports_nothing_heavy(
    tmp_path: Path, arguments: list[str]
) -> None:
    imported = _imported(tmp_path, *arguments)
    assert "click" in imported
    assert not imported & HEAVY


@pytest.mark.usefixtures("warm")
def test_an_unchanged_run_does_not_import_black(tmp_path: Path) -> None:
    arguments = ["generate", "docs", "--output", "out", "--package", "client", "-q"]
    imported = _imported(tmp_path, *arguments, before=_SAME_GENERATOR)
    assert "pydantic" in imported
    assert "black" not in imported


# -- separate statements and whole files --------------------------------------

GOLDEN = Path(__file__).parents[1] / "golden" / "documents"
CORPUS = os.environ.get("RUNWARE_CORPUS")
FOLDERS = [GOLDEN, *([Path(CORPUS)] if CORPUS else [])]
TEXTS = [text for text in PAYLOADS if "\n" in text or '"' in text or "\\" in text]


def _templates_filled(folder: Path) -> list[str]:
    """Return the text of each file for the documents in a folder, before formatting."""
    package = parse(load([str(folder)]).documents, package="client")
    modules = [render.module_text(document, "") for document in package.documents]
    return [*modules, *(text for _, text in package_texts._written(package))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_file_comes_out_as_black_makes_the_whole_of_it(folder: Path) -> None:
    texts = _templates_filled(folder)
    assert len(texts) > 10
    for text in texts:
        assert _joined(text) == formatting._black(text)


def test_hostile_text_comes_out_as_black_makes_the_whole_of_it(tmp_path: Path) -> None:
    document = a_document(
        {"properties": {text: {"description": text} for text in TEXTS}}
    )
    (tmp_path / "hostile.json").write_text(json.dumps(document))
    module, *_ = _templates_filled(tmp_path)
    assert module.count("Field(") > len(TEXTS) / 2
    assert _joined(module) == formatting._black(module)


LONG = [
    'model: Literal["made:a-long-name-{0}@1"] = constant("made:a-model-with-a-long-name-{0}@1")',
    'model: Literal[\'it is "{0}"\', "it\'s {0}", \'a long plain text {0}\'] = f(b"{0}", "", \'a\')',
    'if "a member with a long name" in task and task["length"] not in ("short {0}", "#{0}"):',
    "x = task['one long name {0}']['another long name {0}']['and \\'one\\' more name {0}'] + y",
    'x = ["a naïve café with a façade {0}", "but not a wider one {0}", "a résumé {0}"]',
    'x = call("a long text {0}", "another long text {0}", member="{0}")  # not "this text {0}"',
]
"""Statements that are too long for a line, with places for other characters."""


@pytest.mark.parametrize("statement", LONG)
def test_a_long_statement_comes_out_as_black_makes_it(statement: str) -> None:
    block = "\n    yield x" if statement.endswith(":") else ""
    for character in "ax9~":
        line = statement.format(9 * character)
        text = f"{line}{block}\n"
        assert len(line) > LINE
        assert _joined(text) == formatting._black(text)


def test_texts_of_one_length_are_formatted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formatting._format.cache_clear()
    formatting._formatted_alone.cache_clear()
    black, made = formatting._black, list[str]()

    def counted(text: str) -> str:
        made.append(text)
        return black(text)

    monkeypatch.setattr(formatting, "_black", counted)
    written = {_joined(LONG[0].format(9 * character)) for character in "abcdefgh"}
    assert len(written) == 8
    assert len(made) < 4


def _joined(text: str) -> str:
    return formatting._joined(formatting._statements(text.split("\n")))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n# A comment.\nclass A: pass\n",
        "if x :\n    y = 1\nelse:\n    y = 2\n",
        "try:\n  x  =  1\nfinally:\n  pass\n",
        "x = [1,\n2]\n",
        "x = 1; y = 2\n",
        "x = '''\n1'''\n",
        '"""Not\nclosed."""; x = 1\n',
        "",
    ],
)
def test_what_no_template_lays_out_is_formatted_whole(text: str) -> None:
    assert formatting.formatted(text) == formatting._black(text)
