"""Options in the nearest pyproject.toml above, and messages about invalid ones."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import click
import pytest

from catalog_server import serving_catalog
from command import run, write
from runware_codegen.cli import cli

if TYPE_CHECKING:
    from pathlib import Path


CONFIGURED = ("generate", "list")
"""The commands whose options may be in the file."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three documents that have two statuses."""
    folder = tmp_path / "project"
    (folder / "src" / "deep").mkdir(parents=True)
    for name, status in [("one", "live"), ("two", "live"), ("three", "draft")]:
        write(folder / "docs", name, {}, info={"x-status": status})
    return folder


def configure(project: Path, table: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.runware-codegen]\n{table}\n")


def listed(*arguments: str | Path, cwd: Path) -> list[str]:
    """Return the identifiers that the command lists as JSON."""
    finished = run("list", *arguments, cwd=cwd)
    assert finished.returncode == 0, finished.stderr
    return [row["id"] for row in json.loads(finished.stdout)]


def refused(project: Path, *arguments: str) -> str:
    finished = run(*(arguments or ["list"]), cwd=project)
    assert (finished.returncode, finished.stdout) == (2, "")
    return finished.stderr


class TestWhatTheFileSays:
    def test_paths_are_relative_to_the_file(self, project: Path) -> None:
        configure(
            project, 'documents = ["docs/one.json", "docs/two.json"]\njson = true'
        )
        assert listed(cwd=project) == ["one", "two"]
        assert listed(cwd=project / "src" / "deep") == ["one", "two"]

    def test_absolute_paths_stay(self, project: Path) -> None:
        path = json.dumps(str(project / "docs" / "one.json"))
        configure(project, f"documents = [{path}]\njson = true")
        assert listed(cwd=project / "src") == ["one"]

    def test_standard_input_is_no_path(self, project: Path) -> None:
        configure(project, 'documents = ["-"]')
        text = (project / "docs" / "two.json").read_bytes()
        finished = run("list", cwd=project / "src", stdin=text)
        assert finished.stdout.splitlines()[1].startswith("two ")

    def test_everything_for_a_package(self, project: Path) -> None:
        table = 'documents = ["docs"]\noutput = "src"\npackage = "mine"\nquiet = true'
        configure(project, table)
        finished = run("generate", cwd=project / "src" / "deep")
        assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
        assert (project / "src" / "mine" / "__init__.py").is_file()

    def test_the_nearest_file_counts_alone(self, project: Path) -> None:
        configure(project, 'documents = ["docs"]\nnonsense = 1')
        (project / "src" / "pyproject.toml").write_text('[project]\nname = "other"\n')
        assert listed("../docs", "--json", cwd=project / "src") == ["one", "two"]

    def test_without_a_file_there_are_no_options(self, project: Path) -> None:
        assert listed("docs", "--json", cwd=project) == ["one", "two"]

    def test_help_needs_no_valid_file(self, project: Path) -> None:
        configure(project, "nonsense = 1")
        for arguments in (["--help"], ["list", "--help"], ["generate", "-h"]):
            finished = run(*arguments, cwd=project)
            assert finished.returncode == 0
            assert finished.stdout.startswith("Usage: runware-codegen")

    def test_each_option_can_stand_in_the_file(self, project: Path) -> None:
        """The keys are written out here, because users rely on them."""
        configure(
            project,
            """
            documents = ["docs"]
            output = "src"
            package = "mine"
            check = true
            diff = false
            only = ["*"]
            include-status = ["live"]
            allow-unenforced = false
            force = false
            as-hook = false
            cache = true
            jobs = 1
            catalog = false
            index-url = "https://example.com/index.json"
            build = "source"
            docs = "reference"
            json = true
            capability = ""
            creator = ""
            status = ""
            text = ""
            models = {}
            quiet = false
            verbose = false
            """,
        )
        assert listed(cwd=project) == ["one", "two"]
        assert run("generate", cwd=project).returncode == 1
        parameters = [p for name in CONFIGURED for p in cli.commands[name].params]
        options = [p for p in parameters if isinstance(p, click.Option)]
        assert {max(o.opts, key=len) for o in options if o.expose_value} == {
            *(
                "--output",
                "--docs",
                "--package",
                "--check",
                "--diff",
                "--only",
                "--include-status",
            ),
            *("--allow-unenforced", "--force", "--as-hook", "--cache", "--jobs"),
            *("--json", "--catalog", "--index-url", "--quiet", "--verbose"),
            *("--capability", "--creator", "--status", "--text"),
        }


class TestAnotherProject:
    """`--project DIR` uses the settings of a project from anywhere."""

    @pytest.fixture
    def outside(self, project: Path, tmp_path: Path) -> Path:
        """A folder with its own settings, beside the project."""
        configure(
            project, 'documents = ["docs/one.json"]\noutput = "src"\npackage = "mine"'
        )
        folder = tmp_path / "outside"
        folder.mkdir()
        configure(folder, 'documents = ["nowhere"]\npackage = "other"')
        return folder

    def test_list_reads_its_settings(self, outside: Path) -> None:
        assert listed("--json", "--project", "../project", cwd=outside) == ["one"]
        assert listed("--json", "--project", "project", cwd=outside.parent) == ["one"]

    def test_generate_and_docs_write_into_it(
        self, project: Path, outside: Path
    ) -> None:
        there = ["--project", project]
        assert run("generate", *there, cwd=outside).returncode == 0
        assert (project / "src" / "mine" / "__init__.py").is_file()
        assert run("generate", "--check", *there, cwd=outside).returncode == 0
        assert run("generate", "--check", cwd=project).returncode == 0
        with (project / "pyproject.toml").open("a") as file:
            file.write('docs = "pages"\n')
        assert run("docs", *there, cwd=outside).returncode == 0
        assert (project / "pages" / "llms.txt").is_file()
        assert [path.name for path in outside.iterdir()] == ["pyproject.toml"]

    def test_fetch_fills_its_folder(self, project: Path, outside: Path) -> None:
        configure(project, 'documents = ["schemas"]')
        with serving_catalog() as catalog:
            catalog.add("one")
            at = ["--index-url", catalog.url]
            finished = run("fetch", "one", "--project", project, *at, cwd=outside)
        assert finished.returncode == 0, finished.stderr
        assert (project / "schemas" / "one.json").is_file()
        assert (project / "runware.lock").is_file()

    def test_diff_compares_its_documents(self, project: Path, outside: Path) -> None:
        configure(project, 'documents = ["docs"]')
        shutil.copytree(project / "docs", outside / "old")
        (project / "docs" / "one.json").unlink()
        finished = run(
            *("diff", "old", "--project", "../project", "--format", "json"), cwd=outside
        )
        assert finished.returncode == 0, finished.stderr
        [entry] = json.loads(finished.stdout)["entries"]
        assert entry["document"] == "one"

    def test_a_folder_without_settings(self, outside: Path) -> None:
        told = refused(outside, "list", "--project", "../project/docs")
        assert told.startswith("../project/docs/pyproject.toml\n")
        assert "runware-codegen init" in told
        told = refused(outside, "list", "--project", "nowhere")
        assert told.startswith("nowhere/pyproject.toml\n")


class TestTheCommandLineWins:
    def test_over_documents(self, project: Path) -> None:
        configure(project, 'documents = ["docs/one.json"]\njson = true')
        assert listed("docs/two.json", cwd=project) == ["two"]

    def test_over_lists(self, project: Path) -> None:
        table = 'documents = ["docs"]\nonly = ["one"]\ninclude-status = ["live"]'
        configure(project, f"{table}\njson = true")
        assert listed(cwd=project) == ["one"]
        assert listed("--only", "tw*", cwd=project) == ["two"]
        arguments = ["--only", "*", "--include-status", "draft"]
        assert listed(*arguments, cwd=project) == ["three"]

    def test_over_flags(self, project: Path) -> None:
        configure(project, 'documents = ["docs"]\njson = true')
        finished = run("list", "--no-json", cwd=project)
        assert finished.stdout.startswith("ID ")

    def test_over_texts(self, project: Path) -> None:
        configure(project, 'documents = ["docs"]\noutput = "src"\npackage = "mine"')
        run("generate", "--package", "other", "--output", "elsewhere", cwd=project)
        assert (project / "elsewhere" / "other" / "__init__.py").is_file()
        assert not (project / "src" / "mine").exists()

    @pytest.mark.parametrize(
        ("setting", "option", "says"),
        [
            ("quiet", "--verbose", True),
            ("verbose", "--quiet", False),
            ("quiet", "--no-quiet", True),
        ],
    )
    def test_over_how_much_is_said(
        self, project: Path, setting: str, option: str, *, says: bool
    ) -> None:
        (project / "docs" / "other.json").write_text("{}")
        configure(project, f'documents = ["docs"]\n{setting} = true')
        finished = run("list", option, cwd=project)
        assert ("Skipped" in finished.stderr) is says

    def test_quiet_and_verbose_exclude_each_other(self, project: Path) -> None:
        assert "exclude each other" in refused(project, "list", "docs", "-q", "-v")


def configure_clients(project: Path, *tables: str) -> None:
    clients = "\n".join(f"[[tool.runware-codegen.clients]]\n{t}" for t in tables)
    configure(project, f'output = "src"\n{clients}')


class TestSeveralClients:
    def test_the_name_of_none_of_them(self, project: Path) -> None:
        configure_clients(project, 'package = "a"', 'package = "b.c"')
        for command in ("generate", "docs"):
            told = refused(project, command, "--package", "nope")
            assert "No client has the name 'nope'. The clients are a and b.c." in told

    def test_each_is_listed_with_its_own_module(self, project: Path) -> None:
        """Two clients may have copies of a document, which one client may not."""
        shutil.copytree(project / "docs", project / "copies")
        configure_clients(
            project,
            'package = "a"\ndocuments = ["docs"]',
            'package = "b"\ndocuments = ["copies"]',
        )
        finished = run("list", "--json", "--only", "one", cwd=project)
        rows = json.loads(finished.stdout)
        assert [row["module"].partition(".")[0] for row in rows] == ["a", "b"]
        assert listed("--json", "--package", "b", cwd=project) == ["one", "two"]

    def test_a_reference_without_a_folder(self, project: Path) -> None:
        """Its folder is not that of the package, which another setting names."""
        configure(project, 'output = "src"\npackage = "a"')
        assert "set docs in [tool.runware-codegen]" in refused(project, "docs")
        configure_clients(project, 'package = "a"\ndocs = "d"', 'package = "b"')
        told = refused(project, "docs", "--package", "b")
        assert "set docs in [tool.runware-codegen]" in told
        assert "init" not in told


class TestWhatIsWrong:
    def test_an_unknown_key_is_named_with_the_nearest(self, project: Path) -> None:
        configure(project, 'include_status = ["live"]\noutptu = "src"\nnonsense = 1')
        known = (
            "documents, only, include-status, allow-unenforced, output, package, "
            "docs, check, diff, force, cache, jobs, as-hook, quiet, verbose, capability, "
            "creator, status, text, json, catalog, index-url, build, models"
        )
        remedies = {
            "include_status": "Did you mean include-status?",
            "nonsense": f"The options are {known}.",
            "outptu": "Did you mean output?",
        }
        blocks = [
            f"pyproject.toml#/tool/runware-codegen/{key}\n"
            "  This is not an option of runware-codegen.\n"
            f"  → {remedy}\n"
            for key, remedy in remedies.items()
        ]
        assert refused(project) == "\n".join([*blocks, "3 problems\n"])

    def test_the_file_is_named_as_seen_from_here(self, project: Path) -> None:
        configure(project, "nonsense = 1")
        told = refused(project / "src" / "deep")
        assert told.startswith("../../pyproject.toml#/tool/runware-codegen/nonsense\n")

    @pytest.mark.parametrize(
        ("key", "value", "form"),
        [
            ("check", '"yes"', "true or false"),
            ("check", "1", "true or false"),
            ("output", "1", "a string"),
            ("package", '["a"]', "a string"),
            ("documents", '"docs"', "a list of strings"),
            ("only", "[1]", "a list of strings"),
            ("include-status", "{}", "a list of strings"),
            ("jobs", '"2"', "an integer"),
        ],
    )
    def test_a_value_of_a_wrong_type(
        self, project: Path, key: str, value: str, form: str
    ) -> None:
        configure(project, f"{key} = {value}")
        told = refused(project)
        assert told.startswith(f"pyproject.toml#/tool/runware-codegen/{key}\n")
        assert f"  → Write {form}.\n" in told

    @pytest.mark.parametrize(
        ("key", "value", "remedy"),
        [
            ("build", "whel", "Write source or wheel."),
            ("build", "", "Write source or wheel."),
            ("jobs", 0, "Write 1 or more."),
            ("index-url", "index.json", "Write the whole URL."),
            ("package", "json", "Use another name, such as json_client."),
        ],
    )
    def test_a_wrong_value_of_the_right_type(
        self, project: Path, key: str, value: object, remedy: str
    ) -> None:
        """Each command refuses it, also one that does not use it, as an unknown key."""
        configure(project, f"{key} = {json.dumps(value)}")
        for command in ("generate", "list", "fetch", "diff", "mock"):
            told = refused(project, command)
            assert told.startswith(f"pyproject.toml#/tool/runware-codegen/{key}\n")
            assert f"  → {remedy}\n" in told
        clients = f"[[tool.runware-codegen.clients]]\n{key} = {json.dumps(value)}\n"
        (project / "pyproject.toml").write_text(clients)
        assert f"clients/0/{key}\n" in refused(project)

    def test_a_path_that_only_windows_understands(self, project: Path) -> None:
        configure(project, "documents = ['docs', 'a\\b']\noutput = 'src\\vendor'")
        told = refused(project, "generate", "--package", "client")
        for key in ("documents", "output"):
            assert f"pyproject.toml#/tool/runware-codegen/{key}\n" in told
        assert told.count("→ Use / instead.\n") == 2

    @pytest.mark.parametrize("key", ["documents", "output", "docs"])
    def test_a_path_that_no_system_understands(self, project: Path, key: str) -> None:
        value = '["a\\u0000"]' if key == "documents" else '"a\\u0000"'
        configure(project, f"{key} = {value}")
        told = refused(project)
        assert told.startswith(f"pyproject.toml#/tool/runware-codegen/{key}\n")
        assert "U+0000" in told

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ('package = "a"', 'output = "./src"\npackage = "a"'),
            ('package = "a"', 'package = "A"'),
            ('package = "a"', 'package = "a.b"'),
            ('package = "a"\ndocs = "src"', 'package = "b"'),
        ],
        ids=["the same", "another case", "inside", "inside of the reference"],
    )
    def test_clients_in_one_folder(
        self, project: Path, first: str, second: str
    ) -> None:
        client = '[[tool.runware-codegen.clients]]\noutput = "src"'
        second = second if "output" in second else f'output = "src"\n{second}'
        (project / "pyproject.toml").write_text(
            f"{client}\n{first}\n[[tool.runware-codegen.clients]]\n{second}\n"
        )
        assert "would be written over another" in refused(project, "generate")
        assert not any((project / "src" / "deep").iterdir())

    def test_a_package_that_cannot_be(self, project: Path) -> None:
        configure(project, 'output = "src"\npackage = "json"')
        told = refused(project, "generate")
        assert told.startswith("pyproject.toml#/tool/runware-codegen/package\n")
        assert "json_client" in told
        configure(project, "")
        told = refused(project, "generate", "--package", "class")
        assert "Invalid value for '--package'" in told

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (b"[tool.runware-codegen\n", "\n  It cannot be read: "),
            (b"a = '\xff'\n", "\n  It cannot be read: it is not UTF-8."),
            (b"\xef\xbb\xbf[tool]\n", "\n  It starts with a byte order mark"),
            (b"a = " + b"[" * 5000, "\n  It cannot be read: its arrays or tables"),
            (b"tool = 1\n", "#/tool\n"),
            (b"[tool]\nrunware-codegen = []\n", "#/tool/runware-codegen\n"),
            (
                b"[tool.runware-codegen]\nclients = [1]\n",
                "#/tool/runware-codegen/clients\n",
            ),
        ],
    )
    def test_a_file_that_is_not_right(
        self, project: Path, text: bytes, told: str
    ) -> None:
        (project / "pyproject.toml").write_bytes(text)
        assert refused(project).startswith(f"pyproject.toml{told}")

    def test_a_file_that_cannot_be_read(self, project: Path) -> None:
        """These files cannot be read by root either, unlike one without permissions."""
        file = project / "pyproject.toml"
        for target, told in (
            ("/proc/self/mem", "Input/output error"),
            (file, "Too many levels of symbolic links"),
            ("nothing", "No such file or directory"),
            (project, "it is not a file"),
        ):
            file.unlink(missing_ok=True)
            file.symlink_to(target)
            for command in ("list", "init"):
                assert refused(project, command) == (
                    f"pyproject.toml\n  It cannot be read: {told}.\n"
                    "  → Make it a readable file.\n\n1 problem\n"
                )
            assert file.is_symlink()

    def test_a_key_that_would_steer_a_terminal(self, project: Path) -> None:
        configure(project, r'"\u001b[2J\u202e" = 1')
        assert "\\x1b[2J\\u202e" in refused(project)


def test_an_option_is_defined_once() -> None:
    """Options that both commands have are the same, except that `list` needs no package."""
    seen: dict[str, Any] = {}
    for name in CONFIGURED:
        for parameter in cli.commands[name].params:
            info = parameter.to_info_dict()
            if parameter.name == "package":
                assert info.pop("required") is (name != "list")
                assert info.pop("default") == (
                    "runware_client" if name == "list" else None
                )
            assert seen.setdefault(parameter.name, info) == info
    assert len(seen) == 23
