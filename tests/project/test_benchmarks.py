"""The table, the picture and README show all results of the benchmarks."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from environments import TOP

if TYPE_CHECKING:
    from pathlib import Path

sys.path.insert(0, str(TOP / "benchmarks"))

import bench
import report
import results
from catalogue import Work
from measuring import Run, in_turns, run
from results import Bar, Panel, Results, Row, at_least, at_most

SVG = "{http://www.w3.org/2000/svg}"

FOUND = Results(
    "Measured on a machine.",
    "Of 3 documents.",
    [
        at_most("Time & <more>", 2.04, 2, "{:.1f} s"),
        at_least(
            "Speed", 6.2, 5, "{:.1f}×", figures="1 ms against 6 ms", headline=True
        ),
        Row("Size", "7"),
    ],
    [
        Panel(
            "Time & <more>",
            "seconds",
            [Bar("<us>", 3, "3 s", limit=2), Bar("0", 0, "0")],
        ),
        Panel("Speed", "a ratio", [Bar("others", 6, "6×", ours=False)]),
        Panel("Size", "lines", [Bar("a", 0, "none")]),
    ],
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the report of a run."""
    results.save(FOUND, tmp_path / report.JSON)
    command = [sys.executable, TOP / "benchmarks" / "report.py"]
    subprocess.run([*command, tmp_path / report.JSON], check=True)
    return tmp_path


@pytest.fixture
def picture(written: Path) -> ET.Element:
    return ET.fromstring((written / report.PICTURE).read_text("utf-8"))  # noqa: S314


def test_the_table_has_every_row(written: Path) -> None:
    table = (written / report.TABLE).read_text("utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "| Time & <more> | ≤ 2.0 s | 2.0 s | **no** |  |",
        "| Speed | ≥ 5.0× | 6.2× | yes | 1 ms against 6 ms |",
        "| Size |  | 7 |  |  |",
    ]
    assert "1 of 2 rows hold" in table
    assert "Measured on a machine. Of 3 documents." in table


def test_the_picture_has_every_bar(picture: ET.Element) -> None:
    shown = {text.text for text in picture.iter(f"{SVG}text")}
    told = picture.findtext(f"{SVG}desc") or ""
    for panel in FOUND.panels:
        assert {panel.title, panel.note} <= shown
        for bar in panel.bars:
            assert {bar.label, bar.text} <= shown
            assert f"{bar.label}: {bar.text}" in told
    assert picture.findtext(f"{SVG}title")
    assert picture.get("role") == "img"


def test_bars_are_as_long_as_their_values(picture: ET.Element) -> None:
    [_, *ours], [_, *others], [_, *allowed] = (  # the first one is in the legend
        [
            float(bar.get("width", 0))
            for bar in picture.iter(f"{SVG}rect")
            if bar.get("class") == kind
        ]
        for kind in ("ours", "other", "may")
    )
    [whole] = others
    assert sorted(ours)[2:] == [whole]
    assert allowed == [pytest.approx(whole * 2 / 3)]
    assert all(0 < nothing < whole / 100 for nothing in sorted(ours)[:2])


def test_the_picture_is_light_or_dark_by_itself(picture: ET.Element) -> None:
    light, dark = (picture.findtext(f"{SVG}style") or "").split(
        "@media (prefers-color-scheme: dark)"
    )
    colours = [
        dict(re.findall(r"\.(\w+) \{ fill: (#\w{6}); \}", part))
        for part in (light, dark)
    ]
    used = {name for part in picture.iter() for name in part.get("class", "").split()}
    assert colours[0].keys() == colours[1].keys()
    assert used - colours[0].keys() <= {"title", "panel", "value", "note"}
    for scheme in colours:
        assert _contrast(scheme["ink"], scheme["page"]) > 7
        assert _contrast(scheme["soft"], scheme["page"]) > 4.5
        for bar in ("ours", "other"):
            assert _contrast(scheme[bar], scheme["page"]) > 3
        assert _contrast(scheme["ours"], scheme["may"]) > 3


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(
        weight * part
        for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def test_the_picture_needs_nothing_from_elsewhere(written: Path) -> None:
    picture = (written / report.PICTURE).read_text("utf-8")
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import|href", picture)


def test_what_is_shown_is_of_the_last_run() -> None:
    found = results.read(report.FOLDER / report.JSON)
    assert len(found.rows) > len(bench.SUBJECTS)
    assert (report.FOLDER / report.TABLE).read_text("utf-8") == report.table(found)
    assert (report.FOLDER / report.PICTURE).read_text("utf-8") == report.drawn(found)


def test_readme_shows_figures_of_the_table() -> None:
    readme = (TOP / "README.md").read_text("utf-8")
    table = (report.FOLDER / report.TABLE).read_text("utf-8")
    shown = report.summary_of(readme)
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.*?) \|$", shown, re.MULTILINE)
    assert rows
    for what, measured, figures in rows:
        [row] = [line for line in table.splitlines() if line.startswith(f"| {what} |")]
        assert f" | {measured} | " in row
        assert row.endswith(f" | {figures} |")
    assert shown.split("\n\n")[0].strip() in table
    assert f"](benchmarks/{report.PICTURE})" in readme


def test_readme_is_changed_between_its_marks_alone() -> None:
    empty = "# Name\n\n<!-- results -->\n<!-- end of results -->\n\nMore.\n"
    once = report.with_summary(empty, FOUND)
    assert report.summary_of(once) == report.summary(FOUND)
    assert once.replace(report.summary(FOUND), "") == empty
    assert report.with_summary(once, FOUND) == once


def test_nothing_names_a_machine_or_a_folder() -> None:
    for name in (report.JSON, report.TABLE, report.PICTURE):
        text = (report.FOLDER / name).read_text("utf-8")
        assert not re.search(r"/(home|tmp|root|work|Users|var)/|\.venv", text)


def test_each_subject_is_a_script() -> None:
    for subject in bench.SUBJECTS:
        text = (report.FOLDER / f"{subject}.py").read_text("utf-8")
        assert text.startswith('"""')
        assert text.endswith("    script.main(__doc__, measured)\n")


def test_turns_are_taken() -> None:
    order: list[str] = []
    works = {name: lambda name=name: order.append(name) for name in "ab"}
    assert in_turns(works, 2) == {"a": [None, None], "b": [None, None]}
    assert order == ["a", "b", "a", "b"]


def test_a_process_is_measured_with_those_it_starts() -> None:
    inner = "import time; [0 for _ in iter(lambda: time.process_time() < 0.3, False)]"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    # This runs in a new process: a child inherits the peak memory of its parent.
    program = f"from measuring import run; print(run([{sys.executable!r}, '-c', {outer!r}], {{}}))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(TOP / "benchmarks")},
        capture_output=True,
        text=True,
        check=True,
    )
    measured = eval(done.stdout, {"Run": Run})  # noqa: S307 - our own text
    assert measured.processor >= 0.3
    assert measured.seconds >= 0.3
    assert 5 < measured.megabytes < 500


def test_a_process_that_fails_counts_for_nothing() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run([sys.executable, "-c", "raise SystemExit(1)"], {})


def test_a_catalogue_is_of_its_size_and_of_different_documents(tmp_path: Path) -> None:
    work = Work(tmp_path, quick=True)
    catalogue = work.catalogue(2 * work.variety + 1)
    texts = [path.read_text("utf-8") for path in catalogue.iterdir()]
    assert len(texts) == 2 * work.variety + 1 == len({*texts})
    package = work.package(work.variety) / "big" / "tasks"
    modules = {path.parent.name for path in package.glob("*/*_g0.py")}
    assert len(modules) > 5
