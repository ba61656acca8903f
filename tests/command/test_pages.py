"""The command `docs`: its pages are correct and current, and their code runs."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from command import environment, run, write, write_documents
from environments import TOP
from hostile_texts import CODE, SYNTAX
from making import a_document
from mocking import KEY, mocking
from runware_codegen.pages.text import code, heading, inline, paragraphs
from type_checkers import mypy

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it.token import Token

COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])

MARKUP = [
    "<script>alert(1)</script>",
    "<!-- comment",
    "# heading",
    "para\n===",
    "![image](https://example.com/a.png)",
    "[a](javascript:alert(1))",
    "[a]: https://example.com",
    "[a](https://example.com/ok)",
    ":::{include} /etc/passwd\n:::",
    "::: os.path",
    "```{eval-rst}\n.. include:: /etc/passwd\n```",
    "```\n--8<-- '/etc/passwd'",
    "--8<-- '/etc/passwd'",
    "{{ config }} and `{{ config }}` and {% raw %}",
    "{py:func}`open`",
    "!!! note\n    text",
    "| a | b |\n|---|---|\n| c | d |",
    "- item\n1. item\n\n    code",
    "> quote",
    "---",
    "**strong** and *weak* and `a|b` and ``x``",
    "&lt;b&gt; &#60;b&#62;",
    "$a$ costs $1 and $2",
]

TABLE = ("table", "thead", "tbody", "tr", "th", "td")
ALLOWED = {
    "bullet_list_open",
    "bullet_list_close",
    "code_inline",
    "fence",
    "inline",
    "link_close",
    "link_open",
    "list_item_close",
    "list_item_open",
    "paragraph_close",
    "paragraph_open",
    "strong_close",
    "strong_open",
    *(f"{part}_{end}" for part in TABLE for end in ("open", "close")),
    "text",
}
"""The Markdown tokens that text of a document may become."""


def _tokens(markdown: str) -> list[Token]:
    parsed = COMMONMARK.parse(markdown)
    return [inner for token in parsed for inner in (token, *(token.children or ()))]


def _is_tame(markdown: str) -> None:
    for token in _tokens(markdown):
        assert token.type in ALLOWED, token
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("https://", "http://"))
        if token.type == "fence":
            assert token.info == "text"
    assert not re.search(r"\{[{%#]|8<", markdown)
    prose = re.sub(r"^```text\n.*?\n```$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"^ *(:::|!!!|\?\?\?)", prose, re.MULTILINE)


TEXTS = st.lists(
    st.sampled_from([*MARKUP, *CODE, *SYNTAX, " ", "\n", "\n\n"]), max_size=4
).map("".join) | st.text(alphabet="`*_[]()<>#|!~$&{}%:+-.=\\ \n1ax/", max_size=60)


@given(TEXTS)
@example("[a](https://example.com/ok)")
@example("```\n:::{include} /etc/passwd\n:::\n```")  # no tool reads this in code
def test_text_of_a_document_stays_text(text: str) -> None:
    _is_tame(paragraphs(text))
    _is_tame(inline(text))
    _is_tame(code(text))


@given(
    st.lists(st.sampled_from([*MARKUP, *SYNTAX, "a|b", "`|`"]), min_size=1, max_size=3)
)
def test_text_of_a_document_stays_in_its_cell(texts: list[str]) -> None:
    row = " | ".join(["x", inline("".join(texts)), code("".join(texts))])
    parsed = COMMONMARK.parse(f"| | | |\n|---|---|---|\n| {row} |\n")
    assert sum(token.type == "td_open" for token in parsed) == 3


@given(TEXTS)
@example("</title><script>")
@example("<`/title>`")
@example("<**/title>**")
def test_a_heading_ends_no_title(text: str) -> None:
    """Zensical and MkDocs write `<title>` with the text of a heading, without its tags."""
    shown = COMMONMARK.renderInline(heading(text))
    assert "</" not in html.unescape(re.sub("<[^>]*>", "", shown))


def test_what_documents_use_is_kept() -> None:
    text = "Use `a_b` in **one** [page](https://example.com/a?b=c).\n\n- x\n- y"
    text += "\n\n| Rate | Bits |\n|---|---|\n| 8 | `64` |\n|  | &lt; |"
    assert paragraphs(text.replace("&lt;", "<")) == text


def test_a_table_keeps_its_columns() -> None:
    text = "Rates:\n| Rate | Bits |\n| :-- | --: |\n| 8 |\n| 9 | 1 | 2 |\nMore."
    rows = "| Rate | Bits |\n|---|---|\n| 8 |  |\n| 9 | 1 |"
    assert paragraphs(text) == f"Rates:\n\n{rows}\n\nMore."


def test_a_pipe_in_a_table_stays_in_its_cell() -> None:
    text = "| Form | Name |\n|---|---|\n| a \\| b | either\\| |"
    assert paragraphs(text).endswith("\n| a &#124; b | either&#124; |")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3~5 s or 8~10 s", "3&#126;5 s or 8&#126;10 s"),  # GitHub strikes "5 s or 8"
        ("a ~x~", "a ~x&#126;"),
        ("~~x~~", "&#126;~x&#126;&#126;"),
        ("at ~16:9, ~4:3 (~1)", "at ~16:9, ~4:3 (~1)"),
        ("import a; export b", "&#105;mport a; export b"),  # MDX runs it
        (":100: 16:9", "&#58;100: 16:9"),
        ("==x==", "&#61;=x&#61;="),  # Zensical marks it
    ],
)
def test_what_renderers_add_to_markdown_is_text_too(text: str, shown: str) -> None:
    assert inline(text) == shown


INFO: dict[str, Any] = {
    "summary": "Draws <b>lighthouses</b>",
    "x-creator": {"name": "Keeper"},
    "x-capabilities": ["text-to-image"],
    "x-released-at": "2026-01-31T00:00:00Z",
    "x-pricing": {
        "rates": [{"display": "$0.30 per run", "label": "any"}],
        "examples": [
            {"configuration": "small", "price": "$0.002", "latencyMs": 1500},
            {"configuration": "large", "price": 3e-1, "latencyMs": 4000},
        ],
    },
}
WORD: dict[str, Any] = {"type": "string", "not": {"const": "q"}}
TASK: dict[str, Any] = {
    "properties": {
        "positivePrompt": {"type": "string", "minLength": 2},
        "seedImage": {"type": "string", "format": "uri"},
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
        "color": {"type": "string", "pattern": "^#[a-f0-9]{6}$"},
        "tone": {"type": "string", "description": "声音的语气"},
        "duration": {
            "description": "In seconds.",
            "oneOf": [{"type": "integer", "minimum": 4}, {"const": "auto"}],
        },
        "pauses": {
            "description": "In seconds.\n\n- Short pauses are free.",
            "type": "array",
            "items": {"oneOf": [{"type": "integer", "minimum": 4}, {"const": "auto"}]},
        },
        "first": {
            "description": "A pause.\n\n- It is free.",
            "oneOf": [{"type": "integer"}, {"type": "boolean"}],
        },
        "mood": {"oneOf": [{"const": "calm", "title": "Few waves"}, {"const": "wild"}]},
        "tags": {"type": "array", "prefixItems": [WORD], "items": WORD},
        "pair": {"type": "array", "prefixItems": [WORD], "items": False},
        "styles": {
            "type": "object",
            "additionalProperties": {"enum": [*"abcdefghi"]},
        },
        "settings": {
            "type": "object",
            "properties": {"quad": {"type": "boolean"}},
            "additionalProperties": False,
        },
    },
    "dependentRequired": {"strength": ["seedImage"]},
    "anyOf": [{"required": ["seedImage"]}, {"required": ["positivePrompt"]}],
    "additionalProperties": False,
}
TEXT: dict[str, Any] = {"type": "string"}
NEEDED: dict[str, Any] = {
    "half": {"type": "number", "exclusiveMinimum": 2, "multipleOf": 0.5},
    "even": {"type": "integer", "minimum": 0.5, "maximum": 9, "multipleOf": 7},
    "whole": {"type": "integer", "default": 8.0},
    "pair": {"type": "array", "items": TEXT, "minItems": 2, "uniqueItems": True},
    "b2": {"type": "object", "properties": {"x": {"type": "integer"}}},
    "part": {"type": "number", "exclusiveMinimum": 0.2, "exclusiveMaximum": 0.8},
    "few": {"type": "number", "minimum": 0.2, "maximum": 0.6, "multipleOf": 0.4},
    "hasFlag": {"type": "boolean"},
    "nothing": {"type": "null"},
    "only": {"const": 0.5},
    "names": {"type": "object", "additionalProperties": TEXT},
    "anything": {},
    "some": {"type": ["array", "object"]},
    "maybe": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
    "odd": {**TEXT, "not": {"const": "lighthouse"}},
    "mask": {**TEXT, "anyOf": [{"format": "uuid"}, {"pattern": "^data:image/"}]},
    "file": {
        **TEXT,
        "anyOf": [{"pattern": "^data:audio/"}, {"format": "uri"}, {"format": "uuid"}],
    },
    "settings": {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a", "b"], "default": "b"},
            "level": {"type": "number", "minimum": 1, "maximum": 2},
        },
        "required": ["kind", "level"],
    },
    "beams": {
        "type": "array",
        "minItems": 2,
        "items": {
            "type": "object",
            "properties": {"x": TEXT, "role": TEXT},
            "required": ["role"],
        },
    },
}
SIZES: dict[str, Any] = {
    "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
    "dependentRequired": {"width": ["height"], "height": ["width"]},
    "if": {"properties": {"hasFlag": {"const": True}}, "required": ["hasFlag"]},
    "then": {
        "oneOf": [
            {
                "title": title,
                "properties": {"width": {"const": w}, "height": {"const": h}},
                "required": ["width", "height"],
            }
            for title, w, h in (("2:3", 512, 768), ("3:2", 768, 512))
        ]
    },
    "x-constraints": [
        {"operation": "area", "parameters": ["width", "height"], "maximum": 500000}
    ],
}
TOWER: dict[str, Any] = {
    "properties": {**NEEDED, "model": {"type": "string"}},
    "required": [*NEEDED],
    "allOf": [SIZES],
    "anyOf": [{"required": ["width"]}, {"properties": {"odd": {"const": "x"}}}],
}
"""A document whose tasks need a value of each type, and a size."""
CELLAR: dict[str, Any] = {
    "properties": {"code": {**TEXT, "pattern": "^x{7}y$"}},
    "required": ["code"],
}
"""A document of whose tasks no example is known."""


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    document = a_document(TASK, identifier="beacon", model="test:beacon@1", info=INFO)
    (folder / "beacon.json").write_text(json.dumps(document))
    write(folder, "tower", TOWER, task_type="sampleTask")
    write(folder, "cellar", CELLAR, task_type="otherTask")
    no_air = {"task_type": "openTask", "info": {"x-air-id": ""}}
    write(folder, "hut", {"properties": {"model": TEXT}}, **no_air)
    sources = [str(folder), str(TOP / "specs")]
    arguments = ["--output", ".", "--package", "runware_client", "--docs", "out"]
    done = run("generate", *sources, *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_a_rule_has_the_python_names_of_all_alternatives(tmp_path: Path) -> None:
    alternatives = [
        {
            "type": "object",
            "properties": {name: TEXT},
            "required": [name],
            "additionalProperties": False,
        }
        for name in ("firstName", "secondName")
    ]
    task = {
        "properties": {"somePart": {"oneOf": alternatives}, "outputFormat": TEXT},
        "if": {
            "properties": {"somePart": {"required": ["secondName"]}},
            "required": ["somePart"],
        },
        "then": {"required": ["outputFormat"]},
    }
    write(tmp_path, "easel", task)
    done = run("docs", tmp_path, "--output", "out", "--package", "made", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [page] = (tmp_path / "out").glob("*/easel.md")
    rule = "- `some_part.second_name` requires `output_format`."
    assert rule in page.read_text().splitlines()


def test_a_page_says_what_the_document_says(reference: Path) -> None:
    page = (reference / "image_inference" / "beacon.md").read_text()
    for line in (
        "Draws &lt;b&gt;lighthouses&lt;/b&gt;.",
        "| Creator | Keeper |",
        "| Call | `client.image_inference.beacon(...)` |",
        "| Released | 2026-01-31 |",
        "| Price | $0.30 per run (any) |",
        "| Latency | 1.5 to 4.0 s in the runs that the document reports |",
        "| large | 0.3 | 4.0 s |",
        "| `strength` | number | Between 0 and 1. Default: `0.5`. |  |",
        "| `settings` | [Settings](#object-settings) |  |  |",
        "| `color` | string | Matches `^#[a-f0-9]{6}$`. |  |",
        "| `tone` | string |  | 声音的语气 |",
        "| `duration` | integer or `auto` | An integer of at least 4; `auto`. |"
        " In seconds. |",
        "| `pauses` | list of integer or `auto` | Each item: an integer of at least 4;"
        " `auto`. | In seconds. |",
        "| `first` | integer or boolean |  | A pause. |",
        "| `mood` | `calm` or `wild` |  |  |",
        "| `tags` | list of string (must not be 'q') |  |  |",
        "| `pair` | list of string (must not be 'q') | At most 1 item. |  |",
        "Values of `mood`:",
        "- `calm`: Few waves",
        "- `wild`",
        "### Object Settings",
        "- `strength` requires `seed_image`.",
        "- Give at least one of `seed_image` and `positive_prompt`.",
    ):
        assert line in page.splitlines(), page
    tower = (reference / "sample_task" / "tower.md").read_text()
    for line in (
        "- `width` × `height` must be at most 500000.",
        "- `width` and `height` must be one of the sizes below where `has_flag` is true.",
        "| 768 | 512 | 3:2 |",
        "| `odd` (required) | string (must not be 'lighthouse') |  |  |",
        "| `mask` (required) | image |  |  |",
    ):
        assert line in tower.splitlines(), tower
    general = (reference / "image_inference" / "image_inference.md").read_text()
    assert "| Call | `client.image_inference.run(...)` |" in general.splitlines()
    index = (reference / "index.md").read_text()
    link = "[beacon](image_inference/beacon.md)"
    assert f"| {link} | `imageInference` | 0.002 | $0.30 per run (any) |" in index
    assert f"- `text-to-image`: {link}" in index
    assert f"- Keeper: {link}" in index
    assert link in (reference / "llms.txt").read_text()
    assert page in (reference / "llms-full.txt").read_text()


def test_values_that_are_listed_below_are(reference: Path) -> None:
    named = []
    for page in reference.glob("*/*.md"):
        for section in re.split(r"^##+ ", page.read_text(), flags=re.MULTILINE):
            names = re.findall(r"^\| (`\w+`).*listed below", section, re.MULTILINE)
            assert all(f"Values of {name}:" in section for name in names), section
            named += names
    assert {"`styles`", "`task_type`"} <= {*named}
    page = (reference / "get_response" / "get_response.md").read_text()
    assert "- `processing`: The result is waiting or in progress." in page


def test_strings_that_need_quotes_have_them(tmp_path: Path) -> None:
    forms = ["", "a", " b", "5", "null", "x\ny"]
    document = a_document({"properties": {"form": {"enum": forms, "default": ""}}})
    info = {"configuration": "small", "price": "$0.0000001"}
    document["info"]["x-pricing"] = {"examples": [info]}
    document["info"]["title"] = "Runware API - A [b](https://example.com/c) `d`"
    (tmp_path / "one.json").write_text(json.dumps(document))
    command = ("docs", "one.json", "--output", "pages", "--package", "client")
    assert run(*command, cwd=tmp_path).returncode == 0
    page = (tmp_path / "pages" / "image_inference" / "sample.md").read_text()
    shown = '`""`, `a`, `" b"`, `"5"`, `"null"` or `"x\\ny"`'
    assert f'| `form` | {shown} | Default: `""`. |  |' in page
    index = (tmp_path / "pages" / "index.md").read_text()
    links = [t for t in _tokens(index) if t.type == "link_open"]
    assert "image_inference/sample.md" in [t.attrs["href"] for t in links]
    assert "| 0.0000001 |" in index


def test_each_link_leads_somewhere(reference: Path) -> None:
    links = 0
    for page in [*reference.rglob("*.md"), reference / "llms.txt"]:
        for token in _tokens(page.read_text()):
            href = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
            path, _, anchor = href.partition("#")
            if not href or path.startswith("https:"):
                continue
            target = page.parent / path if path else page
            assert not anchor or anchor in _anchors(target.read_text()), href
            assert target.is_file()
            links += 1
    assert links > 60


def _anchors(markdown: str) -> list[str]:
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return [re.sub(r"[^\w-]", "", h.lower().replace(" ", "-")) for h in headings]


def test_each_first_call_runs_as_it_stands(reference: Path) -> None:
    texts = [page.read_text() for page in sorted(reference.glob("*/*.md"))]
    calls = [c for t in texts for c in re.findall(r"```python\n(.*?)```", t, re.DOTALL)]
    # getResponse and getTaskDetails need a task, and a cellar's code is not known.
    assert len(calls) == len(texts) - 3
    names = ("beacon", "hut", "tower")
    documents = [reference.parent / f"{name}.json" for name in names]
    with mocking(*documents, TOP / "specs") as mock:
        here = [
            c.replace("Runware()", f"Runware(base_url={mock.url!r})") for c in calls
        ]
        done = subprocess.run(
            [sys.executable, "-c", f"for call in {here!r}:\n    exec(call, {{}})"],
            cwd=reference.parent,
            env=environment({"RUNWARE_API_KEY": KEY}),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= len(calls)


def test_type_checkers_and_ruff_accept_first_calls(
    reference: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for page in reference.glob("*/*.md"):
        [call] = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL) or [""]
        (tmp_path / f"call_{page.stem.replace('-', '_')}.py").write_text(call)
    checked = mypy(tmp_path_factory, ".", cwd=tmp_path, path=reference.parent)
    assert checked.returncode == 0, checked.stdout
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "."]
    linted = subprocess.run(
        ruff, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


def test_generate_keeps_the_pages_current(tmp_path: Path) -> None:
    write_documents(tmp_path)
    table = '[tool.runware-codegen]\ndocuments = ["docs"]\noutput = "src"\n'
    table += 'package = "client"\ndocs = "pages"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert run("docs", "--check", cwd=tmp_path).returncode == 1
    assert run("generate", cwd=tmp_path).returncode == 0
    assert run("docs", "--check", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "src" / "pages").exists()
    page = tmp_path / "pages" / "image_inference" / "one.md"
    page.write_text(page.read_text().replace("# one", "# two"))
    for command in ("generate", "docs"):
        checked = run(command, "--check", cwd=tmp_path)
        assert checked.returncode == 1
        assert "would be changed: pages/image_inference/one.md" in checked.stdout
    assert "\n-# two" in run("docs", "--diff", cwd=tmp_path).stdout
    assert "# two" in page.read_text()
    (tmp_path / "docs" / "one.json").unlink()
    assert run("docs", cwd=tmp_path).returncode == 0
    assert not page.exists()


def test_pages_of_others_stay(tmp_path: Path) -> None:
    write_documents(tmp_path)
    command = ("docs", "docs", "--output", "pages", "--package", "client")
    assert run(*command, cwd=tmp_path).returncode == 0
    (tmp_path / "pages" / "notes.md").write_text(
        "Generated by runware-codegen; edits are lost when it runs again.\nOurs.\n"
    )
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 2
    assert "notes.md\n  This file was not generated by runware-codegen" in done.stderr


def test_a_command_on_a_page_holds_only_plain_identifiers(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    names = ["plain-1.0", "x; rm -r y", "$(touch y)", "--all", "a\n$ touch b", "`c`"]
    for number, name in enumerate(names):
        model = f"test:{number}@1"
        document = a_document({}, identifier=name, model=model)
        document["info"]["x-air-id"] = model
        (tmp_path / "docs" / f"{number}.json").write_text(json.dumps(document))
    command = ("docs", "docs", "--output", "pages", "--package", "client")
    assert run(*command, cwd=tmp_path).returncode == 0
    pages = [page.read_text() for page in (tmp_path / "pages").glob("*/*.md")]
    found = [c for page in pages for c in re.findall(r"```console\n(.*)\n```", page)]
    assert len(pages) == len(names)
    assert found == ["$ runware-codegen diff main --only plain-1.0"]


def test_a_first_call_is_one_that_its_model_can_run(reference: Path) -> None:
    def call(name: str, folder: str = "") -> str:
        page = (reference / (folder or name) / f"{name}.md").read_text()
        return page.partition("```python\n")[2].partition("```")[0]

    assert re.findall("^    (.*),$", call("tower", "sample_task"), re.MULTILINE) == [
        'model="test:tower@1"',
        "half=3",
        "even=7",
        "whole=8",
        'pair=["lighthouse", "A lighthouse at dusk, seen from the sea."]',
        "b2=B2()",
        "part=0.5",
        "few=0.4",
        "has_flag=True",
        "nothing=None",
        "names={}",
        "anything={}",
        "some={}",
        "maybe=1",
        'odd="A lighthouse at dusk, seen from the sea."',
        'mask="3d3b0bd1-21a5-4f1c-9ff0-8ff3d1a1d0fb"',
        'file="https://example.com/lighthouse.mp3"',
        'settings=Settings(kind="b", level=1)',
        'beams=[Beam(role="user"), Beam(role="user")]',
        "width=512",
        "height=768",
    ]
    assert 'model="runware:101@1"' in call("hut", "open_task")
    assert 'model="minimax:m2.7@0"' in call("text_inference")
    upscale = call("upscale")
    assert 'inputs=Inputs(image="https://example.com/lighthouse.jpg")' in upscale
    assert "positive_prompt" not in upscale
    assert "positive_prompt" in call("image_inference")


def test_a_first_call_that_would_be_very_long_is_left_out(tmp_path: Path) -> None:
    numbers = {"type": "array", "minItems": 10**6, "items": {"type": "integer"}}
    folder = tmp_path / "documents"
    write(folder, "many", {"properties": {"x": numbers}, "required": ["x"]})
    arguments = ["docs", folder, "--output", "pages", "--package", "client"]
    finished = run(*arguments, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    page = (tmp_path / "pages" / "image_inference" / "many.md").read_text()
    assert "## First call" not in page
