"""The build hooks: both backends build the real projects under `consumers/`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import environments
from command import files
from command import run as run_command
from environments import environment_from, install_from, oldest_backends
from forks import CLIENT, GENERATOR, forked_python, run_forked
from mocking import KEY, mocking
from once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSUMERS = Path(__file__).parents[1] / "consumers"
BACKENDS = ["hatch", "setuptools"]

# For each consumer: its program, the program's argument, and the client's folder.
PROGRAMS = {
    "hatch": ("postcards", "Atlantis", "src/postcards/runware_client"),
    "setuptools": ("subtitles", "A door opens.", "src/subtitles_client"),
    "makefile": ("stickers", "a fox", "src/stickers_client"),
}
# For each backend: the build step that generates the client.
GENERATING = {"hatch": "wheel", "setuptools": "sdist"}

# Exits when a program tries to use the network.
NO_NETWORK = """
import sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise SystemExit(f"network: {event}")

sys.addaudithook(refuse)
"""

PIP = "pip._internal.commands.install"

# Warnings of the backends do not concern this project. setuptools repeatedly reads the
# entry points of all installed packages; here they are read once.
_AS_A_FRONTEND = """
import warnings
from importlib import metadata
warnings.simplefilter("default")
metadata.entry_points = metadata.entry_points().select
"""
# Runs pip. pip runs the backend's hooks with the command in the first argument.
_PIP = """
import sys
from pip._internal.cli.main import main
sys.executable = sys.argv.pop(1)
sys.exit(main())
"""


@pytest.fixture
def wheelhouse(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the wheels of this project and of what consumers need.

    pip and uv install only from this folder.
    """
    folder = environments.wheelhouse(tmp_path_factory)
    for installer in ("PIP", "UV"):
        monkeypatch.setenv(f"{installer}_NO_INDEX", "1")
        monkeypatch.setenv(f"{installer}_FIND_LINKS", str(folder))
    return folder


def checkout(name: str, folder: Path, *, build: str = "") -> Path:
    """Copy a consumer. If `build` is given, it replaces the setting of that name."""
    project = Path(shutil.copytree(CONSUMERS / name, folder / name))
    if build:
        file = project / "pyproject.toml"
        lines = file.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("build = ")]
        file.write_text("\n".join([*kept, f'build = "{build}"', ""]))
    return project


def run(
    project: Path, *command: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)],
        cwd=project,
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
    )


def ran(project: Path, *command: str | Path) -> None:
    """Run a command, and assert that it succeeds."""
    finished = run(project, *command)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def command(file: Path, program: str) -> Path:
    """Write an executable shell script."""
    file.write_text(f"#!/bin/sh\n{program}")
    file.chmod(0o755)
    return file


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables without those that make sets."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return inherited | dict(more or {})


def run_here(
    folder: Path,
    program: str,
    *arguments: str | Path,
    imported: str,
    path: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a forked process that has already imported a package."""
    command = ["-c", program, *arguments]
    env = environment()
    done = run_forked(command, cwd=folder, env=env, imported=imported, path=path)
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def _forked(path: Path | None = None) -> str:
    """Return the command of an interpreter that has already imported the generator."""
    return shlex.join(forked_python(GENERATOR, path=path))


def build(
    project: Path, kind: str, *, backends: Path | None = None, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Build as a frontend does, with all requirements installed.

    Args:
        project: The folder of the project.
        kind: What to build: `sdist`, `wheel` or `editable`.
        backends: A folder of backends to use instead of the installed ones.
        before: Code that the process runs first.
    """
    file = (project / "pyproject.toml").read_text()
    backend = tomllib.loads(file)["build-system"]["build-backend"]
    script = f"import {backend} as backend; backend.build_{kind}('dist')"
    (project / "dist").mkdir(exist_ok=True)
    program = _AS_A_FRONTEND + before + script
    return run_here(project, program, imported=GENERATOR, path=backends)


def built(project: Path, kind: str, **more: Any) -> None:
    finished = build(project, kind, **more)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def wheel_content(project: Path) -> dict[str, bytes]:
    """Read the files in a project's wheel."""
    [archive] = (project / "dist").glob("*.whl")
    with zipfile.ZipFile(archive) as content:
        assert len(set(content.namelist())) == len(content.namelist())
        return {
            name: content.read(name)
            for name in content.namelist()
            if ".dist-info/" not in name
        }


def unpacked_sdist(project: Path, folder: Path) -> Path:
    [archive] = (project / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as content:
        content.extraction_filter = getattr(tarfile, "data_filter", None)
        content.extractall(folder)  # noqa: S202 - our own archive
    return folder / archive.name.removesuffix(".tar.gz")


def client_of(name: str, project: Path) -> Path:
    return project / PROGRAMS[name][2]


def in_wheel(name: str, content: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a consumer's client in the content of its wheel."""
    folder = PROGRAMS[name][2].removeprefix("src/") + "/"
    return {
        path.removeprefix(folder): data
        for path, data in content.items()
        if path.startswith(folder)
    }


def source(folder: Path) -> dict[str, bytes]:
    return {
        path: data
        for path, (data, _) in files(folder).items()
        if "__pycache__" not in path
    }


@pytest.fixture
def commands(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the dependencies of all consumers."""
    what = tomllib.loads((CONSUMERS / "hatch" / "pyproject.toml").read_text())
    required = what["project"]["dependencies"]

    def make(folder: Path) -> None:
        environment_from(wheelhouse, folder / "env", *required)

    return once(tmp_path_factory, "consumers", make) / "env" / "bin"


def distribute(name: str, project: Path, folder: Path) -> None:
    """Build an sdist of a consumer, and a wheel from that sdist.

    The step that generates the client runs in a frontend with an isolated environment.
    """
    if name == "makefile":
        python = command(
            folder / "python",
            f'case "$2" in build) exec {sys.executable} "$@" --installer uv;; esac\n'
            f'exec {_forked()} "$@"\n',
        )
        ran(project, "make", "dist", f"PYTHON={python}")
        return
    work = project
    for kind in ("sdist", "wheel"):
        if kind == GENERATING[name]:
            options = ["--installer", "uv", f"--{kind}", "--outdir", project / "dist"]
            ran(work, sys.executable, "-m", "build", *options)
        else:
            built(work, kind)
        if kind == "sdist":
            work = unpacked_sdist(project, folder / "sdist")
    if work / "dist" != project / "dist":
        for wheel in (work / "dist").glob("*.whl"):
            shutil.copy(wheel, project / "dist")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_consumer_from_checkout_to_call(
    name: str, tmp_path: Path, wheelhouse: Path, commands: Path
) -> None:
    project = checkout(name, tmp_path)
    distribute(name, project, tmp_path)
    [archive] = (project / "dist").glob("*.whl")
    install_from(wheelhouse, commands, str(archive))
    [site] = commands.parent.glob("lib/python*/site-packages")
    assert not (site / "runware_codegen").exists()
    content = wheel_content(project)
    assert "tasks/__init__.py" in in_wheel(name, content)
    built(project, "wheel")
    assert wheel_content(project) == content
    program, told, _ = PROGRAMS[name]
    with mocking(project / "schemas") as mock:
        env = {"RUNWARE_URL": mock.url, "RUNWARE_API_KEY": KEY}
        said = run(tmp_path, commands / "python", "-m", program, told, env=env)
        assert said.returncode == 0, said.stderr
        assert said.stdout.strip()
        assert len(mock.ledger()["tasks"]) == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_generated_into_the_source_tree(name: str, tmp_path: Path) -> None:
    project = checkout(name, tmp_path, build="source")
    (project / ".gitignore").write_text(f"/{PROGRAMS[name][2]}/\n")
    built(project, "sdist")
    made = source(client_of(name, project))
    unpacked = unpacked_sdist(project, tmp_path / "sdist")
    assert source(client_of(name, unpacked)) == made
    built(unpacked, "wheel")
    assert in_wheel(name, wheel_content(unpacked)) == made


@pytest.mark.parametrize("name", BACKENDS)
def test_generated_into_the_wheel_alone_without_a_network(
    name: str, tmp_path: Path
) -> None:
    project = checkout(name, tmp_path, build="wheel")
    asking = "import socket; socket.create_connection(('127.0.0.1', 9))"
    refused = run_here(tmp_path, NO_NETWORK + asking, imported=GENERATOR)
    assert refused.stderr.startswith("network: ")
    built(project, "sdist")
    unpacked = unpacked_sdist(project, tmp_path / "sdist")
    assert source(unpacked / "schemas") == source(project / "schemas")
    for folder in (project, unpacked):
        built(folder, "wheel", before=NO_NETWORK)
        assert not client_of(name, folder).exists()
    made = in_wheel(name, wheel_content(project))
    assert "tasks/__init__.py" in made
    assert in_wheel(name, wheel_content(unpacked)) == made


@pytest.mark.parametrize("where", ["source", "wheel"])
@pytest.mark.parametrize("name", BACKENDS)
def test_an_editable_install_imports_from_the_source_tree(
    name: str, where: str, tmp_path: Path
) -> None:
    project = checkout(name, tmp_path, build=where)
    built(project, "editable")
    [editable] = (project / "dist").glob("*.whl")
    shutil.unpack_archive(editable, tmp_path / "site", "zip")
    module = PROGRAMS[name][2].removeprefix("src/").replace("/", ".")
    script = (
        f"import site; site.addsitedir({str(tmp_path / 'site')!r}); "
        f"import {module} as client; print(client.__file__); client.Runware"
    )
    said = run_here(tmp_path, script, imported=CLIENT)
    assert said.stdout.strip() == str(client_of(name, project) / "__init__.py")


@pytest.mark.usefixtures("wheelhouse")
def test_uv_builds_a_project_again_if_a_document_has_changed(tmp_path: Path) -> None:
    project = checkout("hatch", tmp_path, build="source")
    page = (environments.TOP / "docs" / "how-to" / "build.md").read_text()
    [setting] = re.findall(r"^\[tool\.uv\]\n.*\n", page, re.MULTILINE)
    with (project / "pyproject.toml").open("a") as file:
        file.write(setting)
    sync = (sys.executable, "-m", "uv", "sync", "--quiet", "--python", sys.executable)
    ran(project, *sync)
    [document] = (project / "schemas").iterdir()
    text = document.read_text()
    document.write_text(re.sub(r'"x-model-id": "\w+"', '"x-model-id": "new"', text))
    ran(project, *sync)
    assert [*client_of("hatch", project).rglob("new.py")]


@pytest.mark.parametrize("name", BACKENDS)
def test_what_has_changed_is_written_and_nothing_else(
    name: str, tmp_path: Path
) -> None:
    project = checkout(name, tmp_path, build="source")
    client = client_of(name, project)
    [document] = (project / "schemas").iterdir()
    built(project, "wheel")
    before = files(client)
    built(project, "wheel")
    assert files(client) == before
    text = document.read_text()
    document.write_text(re.sub(r'"x-model-id": "\w+"', '"x-model-id": "new"', text))
    built(project, "wheel")
    after = files(client)
    [old] = {path for path in before.keys() - after.keys() if "tasks/" in path}
    [new] = {path for path in after.keys() - before.keys() if "tasks/" in path}
    assert (Path(old).stem, Path(new).stem) == (document.stem, "new")
    made = in_wheel(name, wheel_content(project))
    assert made == source(client)  # the old module is gone too
    assert after["_runtime/schema/parts.py"] == before["_runtime/schema/parts.py"]


FRONTEND = [sys.executable, "-m", "build", "--no-isolation", "--sdist"]


@pytest.mark.parametrize(
    ("name", "kind", "frontend"),
    [
        ("hatch", "wheel", []),
        ("setuptools", "wheel", []),
        ("setuptools", "sdist", FRONTEND),
    ],
    ids=["hatch", "setuptools", "frontend"],
)
def test_a_wrong_document_fails_the_build(
    name: str, kind: str, frontend: list[str], tmp_path: Path
) -> None:
    project = checkout(name, tmp_path, build="source")
    [document] = (project / "schemas").iterdir()
    document.write_text(document.read_text().replace('"minLength"', '"minLenght"'))
    finished = run(project, *frontend) if frontend else build(project, kind)
    assert finished.returncode == (1 if frontend else 2)
    said = finished.stdout + finished.stderr
    assert f"schemas/{document.name}#/components/schemas/RequestBody/" in said
    assert "→ Did you mean minLength?" in said
    assert "1 problem\n" in said
    assert "Traceback" not in said
    assert not client_of(name, project).exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "setuptools",
            'build = "source"',
            'build = "moon"',
            "pyproject.toml#/tool/runware-codegen/build\n  'moon' is not a known value.",
        ),
        (
            "hatch",
            'documents = ["schemas"]',
            'documents = ["../elsewhere"]',
            "pyproject.toml#/tool/runware-codegen/documents\n  ../elsewhere is outside",
        ),
        (
            "hatch",
            'documents = ["schemas"]',
            'documents = ["src"]',
            "src\n  The folder has no JSON or YAML files.",
        ),
        (
            "setuptools",
            'output = "src"',
            'output = "../src"',
            "pyproject.toml#/tool/runware-codegen/output\n  ../src is outside",
        ),
        (
            "hatch",
            "[tool.hatch.build.hooks.runware-codegen]",
            "[tool.hatch.build.hooks.runware-codegen]\noutput = 'src'",
            "pyproject.toml#/tool/hatch/build/hooks/runware-codegen/output\n"
            "  No options are read from this table.\n"
            "  → Move it to [tool.runware-codegen].",
        ),
        (
            "hatch",
            'output = "src/postcards"',
            "",
            "pyproject.toml, [tool.runware-codegen]: Missing option '--output'",
        ),
    ],
    ids=["place", "documents", "empty", "output", "table", "missing"],
)
def test_a_wrong_configuration_fails_the_build(
    name: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    project = checkout(name, tmp_path)
    file = project / "pyproject.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    finished = build(project, "sdist")
    assert finished.returncode != 0
    said = finished.stdout + finished.stderr
    assert message in said
    assert "Traceback" not in said


def test_setuptools_generates_only_when_asked(tmp_path: Path) -> None:
    project = checkout("setuptools", tmp_path)
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('build = "source"\n', ""))
    built(project, "wheel")
    assert not in_wheel("setuptools", wheel_content(project))
    assert not client_of("setuptools", project).exists()


def test_make_generates_when_a_document_is_newer(tmp_path: Path) -> None:
    project = checkout("makefile", tmp_path)
    client = ["make", "client", f"PYTHON={_forked()}"]
    assert "Files: " in run(project, *client).stdout
    assert "Nothing to be done" in run(project, *client).stdout
    assert run(project, *client[:1], "check", client[2]).returncode == 0
    document = project / "schemas" / "sticker.yaml"
    document.write_text(document.read_text().replace("minimum: 128", "minimum: 256"))
    later = document.stat().st_mtime + 10
    os.utime(document, (later, later))
    assert run(project, *client[:1], "check", client[2]).returncode != 0
    assert "1 changed" in run(project, *client).stdout


# -- bare projects ----------------------------------------------------------------

# For each layout: files beside the client, output, package, and the import name.
LAYOUTS = {
    "alone": ([], "src", "bare_client", "bare_client"),
    "beside": (["src/bare/__init__.py"], "src", "bare_client", "bare_client"),
    "inside": (["src/bare/__init__.py"], "src/bare", "client", "bare.client"),
    "namespace": ([], "src/bare", "client", "bare.client"),
    "dotted": ([], "src", "bare.vendor.client", "bare.vendor.client"),
}
HOWS = ["wheel", "sdist", "editable", "pip"]
GENERATORS = [(backend, age) for backend in BACKENDS for age in ("oldest", "newest")]

# Each pair of values of generator, layout, where and how is in at least one case.
PAIRWISE = [
    (generator, layout, ("source", "wheel")[(row // 2 + column) % 2], how)
    for row, layout in enumerate(LAYOUTS)
    for column, how in enumerate(HOWS)
    for generator in [GENERATORS[(row + column) % 4]]
]
BARE = {
    "hatch": """
[build-system]
requires = ["hatchling", "runware-codegen"]
build-backend = "hatchling.build"

[tool.hatch.build.hooks.runware-codegen]
""",
    "setuptools": """
[build-system]
requires = ["setuptools>=77", "runware-codegen"]
build-backend = "setuptools.build_meta"

[tool.setuptools.packages.find]
where = ["src"]
""",
}
SETTINGS = """
[project]
name = "bare"
version = "1.0"

[tool.runware-codegen]
documents = ["schemas"]
output = "{output}"
package = "{package}"
build = "{where}"
"""
LOCK = """
version = 1
[[document]]
id = "narrator"
file = "schemas/narrator.json"
url = "https://example.com/narrator.json"
sha256 = "{sha256}"
fetched = 2026-11-01
architecture = "narrating"
"""
IMPORT = """
import importlib, pathlib, site, sys
site.addsitedir(sys.argv[1])
client = importlib.import_module(sys.argv[2])
importlib.import_module(f"{sys.argv[2]}.tasks.text_inference").NarratorRequest
print(pathlib.Path(client.__file__).parent)
"""


def bare(folder: Path, backend: str, layout: str, where: str) -> Path:
    """Write a project with documents and only the files that the layout has."""
    beside, output, package, _ = LAYOUTS[layout]
    project = folder / "bare"
    shutil.copytree(CONSUMERS / "setuptools" / "schemas", project / "schemas")
    for name in beside:
        (project / name).parent.mkdir(parents=True)
        (project / name).touch()
    text = BARE[backend] + SETTINGS.format(output=output, package=package, where=where)
    (project / "pyproject.toml").write_text(text)
    return project


def install(
    project: Path, how: str, folder: Path, backends: Path | None = None
) -> Path:
    """Install a project without its dependencies, and return the site folder.

    Args:
        project: The folder of the project.
        how: What to build, or `pip`.
        folder: The folder in which to create the site folder.
        backends: A folder of backends to use instead of the installed ones.
    """
    site = folder / "site"
    if how == "pip":
        python = command(folder / "python", f'exec {_forked(backends)} "$@"\n')
        options = ["-q", "--no-build-isolation", "--no-deps", "--no-compile"]
        arguments = [python, "install", *options, "--target", site, "."]
        done = run_here(project, _PIP, *arguments, imported=PIP)
        assert done.returncode == 0, done.stdout + done.stderr
        return site
    if how == "sdist":
        built(project, "sdist", backends=backends)
        project = unpacked_sdist(project, folder / "sdist")
    built(project, "editable" if how == "editable" else "wheel", backends=backends)
    [wheel] = (project / "dist").glob("*.whl")
    shutil.unpack_archive(wheel, site, "zip")
    return site


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of the client of bare projects."""
    folder = tmp_path_factory.mktemp("modules")
    documents = CONSUMERS / "setuptools" / "schemas"
    options = ["--output", ".", "--package", "client"]
    assert run_command("generate", documents, *options, cwd=folder).returncode == 0
    return source(folder / "client").keys()


@pytest.mark.parametrize(("generator", "layout", "where", "how"), PAIRWISE)
def test_a_bare_project_has_its_client(  # noqa: PLR0917
    generator: tuple[str, str],
    layout: str,
    where: str,
    how: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    modules: set[str],
) -> None:
    backend, age = generator
    backends = oldest_backends(tmp_path_factory) if age == "oldest" else None
    project = bare(tmp_path, backend, layout, where)
    site = install(project, how, tmp_path, backends)
    _, output, package, imported = LAYOUTS[layout]
    said = run_here(tmp_path, IMPORT, site, imported, imported=CLIENT)
    assert said.returncode == 0, said.stderr
    found = Path(said.stdout.strip())
    target = project / output / Path(*package.split("."))
    if how == "editable":
        assert found.resolve() == target.resolve()
    else:
        assert found == site / Path(*imported.split("."))
        assert where == "source" or not target.exists()
    assert source(found).keys() == modules
    if backend == "setuptools":
        [names] = site.glob("*.dist-info/top_level.txt")
        assert imported.split(".")[0] in names.read_text().split()


def test_setuptools_that_takes_no_package_from_there(tmp_path: Path) -> None:
    project = bare(tmp_path, "setuptools", "alone", "source")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('output = "src"', 'output = "lib"'))
    (project / "src").mkdir()
    finished = build(project, "wheel")
    said = finished.stdout + finished.stderr
    assert finished.returncode != 0
    assert "pyproject.toml#/tool/runware-codegen/output\n  Lib is not in" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_sdist_has_the_lock(backend: str, tmp_path: Path) -> None:
    """The lock says which document has the architecture of an own model."""
    project = bare(tmp_path, backend, "alone", "wheel")
    [document] = (project / "schemas").iterdir()
    (project / "runware.lock").write_text(
        LOCK.format(sha256=sha256(document.read_bytes()).hexdigest())
    )
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.runware-codegen.models]\n"own:1@*" = "narrating"\n')
        if backend == "hatch":
            file.write('[tool.hatch.build.targets.sdist]\nonly-include = ["src"]\n')
    install(project, "sdist", tmp_path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_clients(backend: str, tmp_path: Path) -> None:
    project = bare(tmp_path, backend, "alone", "source")
    with (project / "pyproject.toml").open("a") as file:
        for name in ("first_client", "second_client"):
            file.write(f'[[tool.runware-codegen.clients]]\npackage = "{name}"\n')
        file.write('build = "wheel"\n')
    site = install(project, "wheel", tmp_path)
    for name in ("first_client", "second_client"):
        said = run_here(tmp_path, IMPORT, site, name, imported=CLIENT)
        assert said.returncode == 0, said.stderr
    assert (project / "src" / "first_client").is_dir()
    assert not (project / "src" / "second_client").exists()
