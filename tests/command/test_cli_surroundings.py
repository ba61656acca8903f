"""The command with its streams, its terminal and signals."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command import (
    COMMAND,
    GENERATE,
    environment,
    files,
    run,
    run_in_terminal,
    write,
)
from forks import run_forked

if TYPE_CHECKING:
    from collections.abc import Callable


def run_instead(
    work: str, *, cwd: Path, before: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with other code in place of its work."""
    program = f"""
import os, signal
{before}
from runware_codegen import cli
def main(**_):
    {work}
cli.cli.main = main
cli.main()
"""
    return run_forked(["-c", program], cwd=cwd, env=environment())


class TestStreams:
    @pytest.mark.parametrize(
        "arguments", [["list", "docs"], ["--help"], ["list", "--help"], ["--version"]]
    )
    def test_nobody_reads_the_results(self, here: Path, arguments: list[str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = [*COMMAND, *arguments]
        finished = subprocess.run(
            command, cwd=here, stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)
        assert (finished.returncode, finished.stderr) == (0, b"")

    def test_a_difference_is_one_also_when_nobody_reads(self, here: Path) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = [*COMMAND, *GENERATE, "--check"]
        finished = subprocess.run(
            command, cwd=here, stdout=writer, stderr=writer, check=False
        )
        os.close(writer)
        assert finished.returncode == 1

    @pytest.mark.parametrize("arguments", [["list", "docs"], GENERATE])
    def test_results_that_cannot_be_written(
        self, here: Path, arguments: list[str]
    ) -> None:
        with Path("/dev/full").open("wb") as full:
            finished = subprocess.run(
                [*COMMAND, *arguments],
                cwd=here,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert finished.returncode == 2
        assert finished.stderr == b"Error: No space left on device\n"
        assert (here / "out").exists() == (arguments == GENERATE)

    @pytest.mark.parametrize(
        ("arguments", "closed", "code"),
        [("list docs", ">&-", 0), ("list nothing", "2>&-", 2), ("list -", "<&-", 2)],
    )
    def test_a_stream_that_was_closed_before(
        self, here: Path, arguments: str, closed: str, code: int
    ) -> None:
        """Python then starts without the stream."""
        finished = subprocess.run(
            ["sh", "-c", f"{shlex.join(COMMAND)} {arguments} {closed}"],
            cwd=here,
            capture_output=True,
            check=False,
        )
        assert (finished.returncode, finished.stdout) == (code, b"")
        assert b"Traceback" not in finished.stderr

    def test_a_path_that_the_system_refuses_is_named(self, here: Path) -> None:
        name = "x" * 300
        for arguments in (["diff", name, "docs"], ["generate", "--project", name]):
            finished = run(*arguments, cwd=here)
            assert finished.returncode == 2
            assert finished.stderr.startswith(f"Error: {name}")
            assert finished.stderr.endswith(": File name too long\n")

    def test_a_current_folder_that_was_removed(self, here: Path) -> None:
        script = f"mkdir gone; cd gone; rmdir ../gone; exec {shlex.join(COMMAND)} list"
        finished = subprocess.run(
            ["sh", "-c", script], cwd=here, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 2
        assert finished.stderr.startswith("Error: The current folder was removed.")

    def test_a_stream_that_cannot_write_all_letters(self, here: Path) -> None:
        write(here / "docs", "kaese", {}, info={"x-status": "käse"})
        env = {"PYTHONIOENCODING": "ascii"}
        options = ["--include-status", "käse"]
        finished = run("list", "docs", *options, cwd=here, env=env)
        assert finished.returncode == 0
        assert "k\\xe4se" in finished.stdout
        finished = run("list", "other", cwd=here, env=env)
        assert "\n  -> Name one that exists" in finished.stderr

    def test_a_stream_without_an_encoding(self, here: Path) -> None:
        write(here / "docs", "odd", {"properties": {"x": {"unknown": 1}}})
        program = """
import contextlib, io, sys
from runware_codegen.cli import cli
with contextlib.redirect_stderr(io.StringIO()) as written:
    cli.main(sys.argv[1:], standalone_mode=False)
sys.stdout.write(written.getvalue())
"""
        arguments = [*GENERATE, "--allow-unenforced"]
        finished = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=here,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert "\n  → Remove it, or" in finished.stdout


class TestTerminal:
    def test_progress_is_one_line_that_goes_away(self, here: Path) -> None:
        session = run_in_terminal(*GENERATE, "--no-cache", cwd=here)
        assert session.code == 0
        first, *rest = session.shown.split("\r\n")
        steps = first.split("\r\x1b[K")
        assert "Reading documents" in steps
        assert "Made the module of one.json" in steps
        assert steps[-1] == "Generated out/client from 2 documents of 1 task type."
        assert "Made" not in "".join(rest)

    def test_progress_fits_the_terminal(self, here: Path) -> None:
        session = run_in_terminal("list", "docs", cwd=here, env={"COLUMNS": "10"})
        assert "\rReading d\r" in session.shown.replace("\x1b[K", "")

    @pytest.mark.parametrize(
        ("options", "env"),
        [(["-q"], {}), ([], {"TERM": "dumb"})],
        ids=["quiet", "dumb"],
    )
    def test_without_progress(
        self, here: Path, options: list[str], env: dict[str, str]
    ) -> None:
        session = run_in_terminal("list", "docs", *options, cwd=here, env=env)
        assert session.code == 0
        assert "\x1b" not in session.shown
        assert session.shown.startswith("ID ")

    def test_no_color_and_nothing_is_left_of_progress(self, here: Path) -> None:
        (here / "docs" / "bad.json").write_text('{"openapi": ')
        blank = f"\r{' ' * 29}\r"
        for env, progress in (
            ({"NO_COLOR": "1", "COLUMNS": "30"}, f"{blank}Reading documents{blank}"),
            ({"TERM": "dumb"}, ""),
        ):
            session = run_in_terminal("list", "docs", cwd=here, env=env)
            assert "\x1b" not in session.shown
            assert session.shown.startswith(progress)
            assert "docs/bad.json\r\n" in session.shown

    def test_a_problem_takes_the_place_of_progress(self, here: Path) -> None:
        (here / "docs" / "bad.json").write_text('{"openapi": ')
        session = run_in_terminal("list", "docs", cwd=here)
        assert session.code == 2
        assert "\r\x1b[K\x1b[1mdocs/bad.json\x1b[0m\r\n" in session.shown


class TestStopped:
    """A run that would change the package is stopped when it prints a certain text."""

    @staticmethod
    def once(
        shown: str, act: Callable[[Callable[[bytes], object], int], object]
    ) -> Any:
        acted: list[bool] = []

        def react(so_far: str, typed: Callable[[bytes], object], process: int) -> None:
            if shown in so_far and not acted:
                acted.append(True)
                act(typed, process)

        return react

    @pytest.mark.parametrize(
        ("act", "code", "word"),
        [
            (lambda typed, _: typed(b"\x03"), 130, "Interrupted"),
            (lambda _, process: os.kill(process, signal.SIGTERM), 143, "Terminated"),
        ],
        ids=["Ctrl-C", "SIGTERM"],
    )
    def test_the_package_is_as_it_was(
        self, made: Path, act: Any, code: int, word: str
    ) -> None:
        write(made / "docs", "three", {})
        before = files(made)
        react = self.once("Reading", act)
        session = run_in_terminal(*GENERATE, "--no-cache", cwd=made, react=react)
        assert session.code == code
        assert session.shown.count("\n") == 1
        line = session.shown.split("\r\x1b[K")[-1]
        assert line == f"{word}; out/client was not changed.\r\n"
        assert files(made) == before
        assert [path.name for path in (made / "out").iterdir()] == ["client"]

    @pytest.mark.parametrize("delay", [0, 0.001, 0.002, 0.004, 0.008])
    def test_killed_when_it_writes(self, made: Path, delay: float) -> None:
        def kill(_: object, process: int) -> None:
            time.sleep(delay)
            os.kill(process, signal.SIGKILL)

        write(made / "docs", "three", {})
        old = files(made / "out" / "client")
        react = self.once("Writing", kill)
        session = run_in_terminal(*GENERATE, cwd=made, react=react)
        left = files(made / "out" / "client")
        finished = run(*GENERATE, cwd=made)
        assert finished.returncode == 0
        new = files(made / "out" / "client")
        assert session.code in (-signal.SIGKILL, 0)
        assert left in (old, new)
        assert ("0 added, 0 changed" in finished.stdout) is (left == new)
        assert [path.name for path in (made / "out").iterdir()] == ["client"]

    @pytest.mark.parametrize("command", ["generate", "docs"])
    def test_when_it_prints_its_summary(self, here: Path, command: str) -> None:
        program = """
import io, os, signal, sys
from runware_codegen.__main__ import main
class Output(io.StringIO):
    def write(self, text):
        os.kill(os.getpid(), signal.SIGTERM)
sys.stdout = Output()
main()
"""
        arguments = ["-c", program, command, *GENERATE[1:]]
        finished = run_forked(arguments, cwd=here, env=environment())
        assert (finished.returncode, finished.stderr) == (143, b"Terminated.\n")
        assert any((here / "out").iterdir())

    def test_a_file_that_is_being_opened(self, here: Path) -> None:
        """It is freed unclosed: Python warns of it, which is an error in the tests."""
        work = "opened = open(os.devnull, 'rb', 0); os.kill(os.getpid(), signal.SIGINT)"
        finished = run_instead(work, cwd=here)
        assert (finished.returncode, finished.stderr) == (130, b"Interrupted.\n")

    def test_an_ignored_signal_stays_ignored(self, here: Path) -> None:
        """Ignored signals occur under nohup, and for background commands of a shell."""
        finished = run_instead(
            "os.kill(os.getpid(), signal.SIGINT)",
            before="signal.signal(signal.SIGINT, signal.SIG_IGN)",
            cwd=here,
        )
        assert (finished.returncode, finished.stderr) == (0, b"")


def test_a_fault_of_our_own_does_not_end_as_a_difference_does(here: Path) -> None:
    finished = run_instead("raise RuntimeError('\x1b[2J')", cwd=here)
    assert finished.returncode == 2
    told = finished.stderr.decode()
    assert told.startswith("Traceback (most recent call last):\n")
    *_, message, last = told.splitlines()
    assert message == "RuntimeError: \\x1b[2J"
    assert last == "This is a bug of runware-codegen. Report it."


def test_a_name_that_the_encoding_of_paths_does_not_have(here: Path) -> None:
    (here / "pyproject.toml").write_text(
        '[tool.runware-codegen]\ndocuments = ["Entwürfe"]\n', encoding="utf-8"
    )
    finished = run("list", cwd=here, env={"LC_ALL": "POSIX", "PYTHONUTF8": "0"})
    assert finished.returncode == 2
    assert finished.stderr.startswith("Error: Entw\\xfcrfe: ascii, the encoding of")
    assert finished.stderr.endswith("Set PYTHONUTF8=1.\n")


def test_bash_completes_with_the_line_of_the_page(here: Path) -> None:
    page = Path(__file__).parents[2] / "docs/how-to/command.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if "bash_source" in line]
    script = f"""
        {line}
        COMP_WORDS=(runware-codegen diff --format "")
        COMP_CWORD=3
        _runware_codegen_completion runware-codegen
        echo "${{COMPREPLY[@]}}"
    """
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    completed = subprocess.run(
        ["bash", "-c", script],
        cwd=here,
        env={**os.environ, "PATH": places},
        capture_output=True,
        text=True,
        check=True,
    )
    assert completed.stdout == "text markdown json github junit\n"
