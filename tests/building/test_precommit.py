"""The hooks, run by the real pre-commit in temporary repositories."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command import files, run, write
from environments import TOP, wheelhouse
from forks import forked_python, run_forked
from once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = """
[tool.runware-codegen]
documents = ["schemas"]
output = "src"
package = "runware_client"
"""
CONFIG = """
repos:
  - repo: {source}
    rev: {revision}
    hooks:
      - id: runware-codegen
      - id: runware-codegen-check
        stages: [manual]
"""
PRE_COMMIT = "pre_commit.main"  # imports everything that its commands need
FORKED = "RUNWARE_TEST_HOOK"  # a variable: the command that runs the hooks' command
CLIENT = Path("src/runware_client")
TASKS = CLIENT / "tasks" / "image_inference"
SIZE = {"properties": {"size": {"type": "integer"}}}


@dataclass(frozen=True)
class Repository:
    """A git repository that has the hooks.

    Attributes:
        folder: The folder of the repository.
        home: The folder in which pre-commit keeps the environments of hooks.
        forked: The command that runs the hooks' command instead of the environment's
            interpreter, which would import the generator each time.
    """

    folder: Path
    home: Path
    forked: str = ""

    def git(self, *arguments: str) -> str:
        """Run git, and return its output."""
        return git(self.folder, *arguments, env=self._environment())

    def hooks(
        self, *arguments: str, hook: str = "runware-codegen"
    ) -> subprocess.CompletedProcess[str]:
        """Run `pre-commit run` for a hook."""
        finished = self.pre_commit("run", hook, *arguments)
        assert "Traceback" not in finished.stdout + finished.stderr
        return finished

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of pre-commit."""
        command = ["-m", "pre_commit", *arguments]
        env = self._environment()
        done = run_forked(command, cwd=self.folder, env=env, imported=PRE_COMMIT)
        out, err = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(command, done.returncode, out, err)

    def _environment(self) -> dict[str, str]:
        return {**environment(self.home), FORKED: self.forked}

    def passes(self, *arguments: str, **more: Any) -> None:
        """Run a hook, and assert that it passes."""
        finished = self.hooks(*arguments, **more)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.rstrip().endswith("Passed")

    def fails(self, *arguments: str, **more: Any) -> str:
        """Run a hook, assert that it fails, and return the output."""
        finished = self.hooks(*arguments, **more)
        assert finished.returncode == 1
        assert "Failed\n" in finished.stdout
        return finished.stdout

    def write(self, name: str, schema: dict[str, Any]) -> None:
        """Write a document, and add it to the index."""
        write(self.folder / "schemas", name, schema)
        self.git("add", "schemas")

    def read(self, path: Path) -> str:
        """Read a file."""
        return (self.folder / path).read_text()

    def is_clean(self) -> bool:
        """Return whether the working tree has no uncommitted changes."""
        return not self.git("status", "--porcelain")


def environment(home: Path | None = None) -> dict[str, str]:
    """Return an environment in which git reads no user's configuration.

    Args:
        home: The folder in which pre-commit keeps the environments of hooks.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Tests"), ("EMAIL", "tests@example.org"))
    }
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    pre_commit = {"PRE_COMMIT_HOME": str(home)} if home else {}
    quick = {"PIP_NO_COMPILE": "1"}  # most modules are never imported
    return inherited | person | nobody | quick | pre_commit


def git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=env or environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def commit_all(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "Work")


def copy_of_this_repository(folder: Path) -> None:
    """Commit a copy of the checkout without tests, including uncommitted changes."""
    options = ["--cached", "--others", "--exclude-standard", "-z", "--", ":!tests"]
    listed = git(TOP, "ls-files", *options)
    for name in listed.split("\0")[:-1]:
        if (TOP / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, folder / name)
    git(folder, "init", "--quiet")
    commit_all(folder)


def make_everything(folder: Path, *, wheels: Path) -> None:
    """Create the hooks' source, the environment that they run in, and a repository.

    Args:
        folder: Where to create them.
        wheels: The only folder from which pip, run by pre-commit, installs.
    """
    source, project = folder / "source", folder / "project"
    for each in (source, project / "schemas"):
        each.mkdir(parents=True)
    copy_of_this_repository(source)
    revision = git(source, "rev-parse", "HEAD").strip()
    config = CONFIG.format(source=source.as_uri(), revision=revision)
    (project / ".pre-commit-config.yaml").write_text(config)
    (project / "pyproject.toml").write_text(SETTINGS)
    (project / "notes.txt").write_text("Nothing yet.\n")
    write(project / "schemas", "one", {})
    assert run("generate", cwd=project).returncode == 0
    git(project, "init", "--quiet")
    commit_all(project)
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install-hooks"],
        cwd=project,
        env={
            **environment(folder / "home"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
        },
        check=True,
        capture_output=True,
    )
    [command] = (folder / "home").glob("*/*/bin/runware-codegen")
    let_be_forked(command)


def let_be_forked(command: Path) -> None:
    """Replace an installed command by a script that prefers the command in `FORKED`."""
    own = command.with_name(f"{command.name}-of-its-own")
    command.rename(own)
    choice = (
        f'if [ -n "${FORKED}" ]; then exec ${FORKED} "$@"; else exec {own} "$@"; fi'
    )
    command.write_text(f"#!/bin/sh\n{choice}\n")
    command.chmod(0o755)


@pytest.fixture
def installed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with a document and its client, both committed."""
    make = partial(make_everything, wheels=wheelhouse(tmp_path_factory))
    made = once(tmp_path_factory, "pre-commit", make)
    folder = tmp_path / "project"
    shutil.copytree(made / "project", folder)
    return Repository(folder, made / "home")


@pytest.fixture
def repository(installed: Repository) -> Repository:
    """Like `installed`, but hooks run in processes that have imported the generator."""
    command = [*forked_python(), "-m", "runware_codegen"]
    return replace(installed, forked=shlex.join(command))


def test_a_changed_document_updates_the_client(
    installed: Repository, repository: Repository
) -> None:
    """The first run of the hook uses the command that pre-commit has installed."""
    installed.write("one", SIZE)
    said = installed.fails()
    assert f"changed: {TASKS / 'one.py'}\n" in said
    assert "files were modified by this hook" in said
    assert "    size: " in repository.read(TASKS / "one.py")
    repository.git("add", "--update")
    repository.passes()
    repository.passes("--all-files")


def test_a_module_that_git_does_not_know_holds_up_the_commit(
    repository: Repository,
) -> None:
    repository.write("two", {})
    assert f"added: {TASKS / 'two.py'}\n" in repository.fails()
    repository.git("add", "--update")
    for hook in ("runware-codegen", "runware-codegen-check"):
        stage = () if hook == "runware-codegen" else ("--hook-stage", "manual")
        said = repository.fails(*stage, hook=hook)
        assert f"not added to git: {TASKS / 'two.py'}\n" in said
        assert "files were modified" not in said
    repository.git("add", "--all")
    repository.passes()


def test_a_first_client_holds_up_the_commit(repository: Repository) -> None:
    repository.git("rm", "-r", "--quiet", str(CLIENT))
    repository.git("commit", "--quiet", "--no-verify", "--message", "No client")
    assert f"added: {CLIENT / '__init__.py'}\n" in repository.fails("--all-files")
    assert f"not added to git: {CLIENT / '__init__.py'}\n" in repository.fails("-a")
    (repository.folder / ".gitignore").write_text("/src/runware_client/\n")
    repository.passes("--all-files")


def test_a_document_that_git_does_not_know_holds_up_the_commit(
    repository: Repository,
) -> None:
    write(repository.folder / "schemas", "two", {})
    (repository.folder / "runware.lock").write_text("version = 1\n")
    assert f"added: {TASKS / 'two.py'}\n" in repository.fails("--all-files")
    repository.git("add", "src")
    said = repository.fails("--all-files")
    assert "not added to git: schemas/two.json\n" in said
    assert "not added to git: runware.lock\n" in said
    add = f"Run `git add {CLIENT} runware.lock schemas/two.json` and commit again.\n"
    assert add in said
    repository.git("add", "schemas", "runware.lock")
    repository.passes("--all-files")


def test_what_git_ignores_of_a_client_holds_up_the_commit(
    repository: Repository,
) -> None:
    """`.gitignore` files of frameworks have patterns such as `media`."""
    (repository.folder / ".gitignore").write_text("media\n__pycache__\n")
    bytecode = repository.folder / CLIENT / "__pycache__" / "client.pyc"
    bytecode.parent.mkdir()
    bytecode.write_bytes(b"")
    media = CLIENT / "_runtime" / "media"
    repository.git("rm", "-r", "--cached", "--quiet", str(media))
    said = repository.fails("--all-files")
    assert f"ignored by git: {media / '__init__.py'}\n" in said
    assert f"`git check-ignore --verbose {media}/" in said
    assert bytecode.name not in said
    shutil.rmtree(repository.folder / media)
    assert str(media) in repository.fails("--all-files")
    repository.git("add", "--force", str(media))
    repository.passes("--all-files")


def test_a_document_of_another_folder_hides_no_other(repository: Repository) -> None:
    """git fails when it is asked about a path outside of the repository."""
    outside = repository.folder.parent / "outside"
    write(outside, "two", {})
    write(repository.folder / "schemas", "three", {})
    write(repository.folder / ":odd*", "four", {})
    documents = ["../outside", "schemas", ":odd*"]
    finished = run("generate", *documents, "--as-hook", cwd=repository.folder)
    assert finished.returncode == 1
    for path in ("schemas/three.json", ":odd*/four.json"):
        assert f"not added to git: {path}\n" in finished.stderr
    assert "outside" not in finished.stderr


def test_a_hook_in_a_subfolder_of_a_linked_worktree(tmp_path: Path) -> None:
    """There, git sets GIT_DIR for hooks, and not GIT_WORK_TREE."""
    main, linked = tmp_path / "main", tmp_path / "linked"
    (main / "inside" / "schemas").mkdir(parents=True)
    write(main / "inside" / "schemas", "one", {})
    (main / "inside" / "pyproject.toml").write_text(SETTINGS)
    assert run("generate", cwd=main / "inside").returncode == 0
    git(main, "init", "--quiet")
    commit_all(main)
    git(main, "worktree", "add", "--quiet", str(linked))
    env = {"GIT_DIR": git(linked, "rev-parse", "--absolute-git-dir").strip()}
    finished = run("generate", "--as-hook", cwd=linked / "inside", env=env)
    assert (finished.returncode, finished.stderr) == (0, "")
    finished = run("diff", "HEAD", cwd=linked / "inside", env=env)
    assert "0 documents changed, 1 unchanged" in finished.stdout


def test_each_file_is_named_once_and_many_are_counted(repository: Repository) -> None:
    repository.write("two", {})
    said = repository.fails()
    assert said.count(str(TASKS / "two.py")) == 1
    repository.git("rm", "-r", "-f", "--quiet", str(CLIENT))
    said = repository.fails("--all-files")
    assert said.count(f"{CLIENT}/") == 10
    assert re.search(r"^and \d+ more$", said, re.MULTILINE)
    assert f"Run `git add {CLIENT}` and commit again.\n" in said


def test_without_a_configuration_the_hook_says_what_to_do(
    repository: Repository,
) -> None:
    (repository.folder / "pyproject.toml").write_text("")
    said = repository.fails("--all-files")
    assert "set output in [tool.runware-codegen] of pyproject.toml" in said
    assert "`runware-codegen init`" in said


def test_one_hook_has_all_clients(repository: Repository) -> None:
    with (repository.folder / "pyproject.toml").open("a") as file:
        for name in ("first", "second"):
            file.write(f'[[tool.runware-codegen.clients]]\noutput = "{name}"\n')
    repository.fails("--all-files")
    commit_all(repository.folder)
    repository.passes("--all-files")
    repository.write("one", SIZE)
    said = repository.fails()
    for name in ("first", "second"):
        changed = f"{name}/runware_client/tasks/image_inference/one.py"
        assert f"changed: {changed}\n" in said


def test_a_removed_document_takes_its_module_along(repository: Repository) -> None:
    repository.write("two", {})
    repository.fails()
    commit_all(repository.folder)
    repository.git("rm", "--quiet", "schemas/two.json")
    said = repository.fails("--all-files")
    assert f"removed: {TASKS / 'two.py'}\n" in said
    assert not (repository.folder / TASKS / "two.py").exists()


def test_output_edited_by_hand_is_restored_and_named(repository: Repository) -> None:
    edited, deleted = TASKS / "one.py", CLIENT / "client.py"
    with (repository.folder / edited).open("a") as file:
        file.write("edited = True\n")
    (repository.folder / deleted).unlink()
    repository.git("add", "--all")
    said = repository.fails()
    assert f"changed: {edited}\n" in said
    assert f"added: {deleted}\n" in said
    repository.git("add", "--all")
    assert repository.is_clean()


def test_a_broken_document_changes_nothing(repository: Repository) -> None:
    repository.write("one", {"properties": {"size": {"type": "integer", "min": 1}}})
    before = files(repository.folder / "src")
    said = repository.fails()
    place = "#/components/schemas/RequestBody/items/properties/size/min\n"
    assert f"schemas/one.json{place}" in said
    assert "  → " in said
    assert "1 problem\n" in said
    assert files(repository.folder / "src") == before


def test_a_commit_of_something_else_starts_nothing(repository: Repository) -> None:
    (repository.folder / "notes.txt").write_text("Something.\n")
    for name in ("src/app/main.py", ".github/workflows/test.yml", "docs/index.md"):
        path = repository.folder / name
        path.parent.mkdir(parents=True)
        path.touch()
    repository.git("add", "--all")
    said = repository.hooks().stdout
    assert "(no files to check)" in said
    assert said.rstrip().endswith("Skipped")


@pytest.mark.parametrize(
    "path",
    [
        "other/model.yaml",
        "src/acme_client/tasks/ping/ping.py",
        "other/runware.lock",
        "pyproject.toml",
    ],
)
def test_a_commit_of_what_counts_starts_a_run(
    repository: Repository, path: str
) -> None:
    file = repository.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as end:
        end.write("\n")
    repository.git("add", "--all")
    repository.passes()


def test_many_files_start_one_run(repository: Repository) -> None:
    folder = repository.folder / "data"
    folder.mkdir()
    for number in range(700):
        (folder / f"{number}-{'name' * 60}.json").touch()
    repository.git("add", "--all")
    said = repository.hooks("--verbose").stdout
    assert said.count("Generated ") == 1


def test_the_check_writes_nothing(repository: Repository) -> None:
    manual = ("--hook-stage", "manual", "--all-files")
    repository.passes(*manual, hook="runware-codegen-check")
    repository.write("one", SIZE)
    before = files(repository.folder / "src")
    said = repository.fails(*manual, hook="runware-codegen-check")
    assert f"would be changed: {TASKS / 'one.py'}\n" in said
    assert files(repository.folder / "src") == before


def test_a_commit_waits_for_the_client(repository: Repository) -> None:
    repository.pre_commit("install")
    repository.write("two", {})
    before = repository.git("rev-parse", "HEAD")
    for _ in range(2):  # the second time, the new module is not added yet
        with pytest.raises(subprocess.CalledProcessError):
            repository.git("commit", "--all", "--message", "Two")
    assert repository.git("rev-parse", "HEAD") == before
    repository.git("add", "--all")
    repository.git("commit", "--message", "Two")
    assert repository.is_clean()
