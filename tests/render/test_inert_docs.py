"""Text of a document has no effect in the tools that read Python files.

The tests run the tools: doctest through pytest, mypy's parser of comments, black,
Python's tokenizer, docutils, and a Markdown parser that allows everything.
"""

from __future__ import annotations

import ast
import doctest
import io
import re
import subprocess
import sys
import tokenize
from typing import TYPE_CHECKING

import black
import pytest
from docutils.core import publish_parts
from hostile_docs import COMMENTS, DIRECTIVES, DOCTESTS, HTML, INCLUDED, INTERPRETED
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mypy.util import get_mypy_comments

from hostile_documents import Emitted, emit, forget, say, telling_document
from hostile_texts import SENTINEL
from runware_codegen.render.docstrings import docstring
from runware_codegen.render.literals import LINE, string

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

ORDINARY = "An ordinary text."


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emitted]:
    """A package of documents that have the texts at every possible position."""
    folder = tmp_path_factory.mktemp("inert")
    documents = {}
    for number, text in enumerate([ORDINARY, *INTERPRETED]):
        documents[f"n{number}"] = telling_document(f"n{number}")
        say(documents[f"n{number}"], text)
    yield emit(folder, documents, "inert_client")
    forget(folder)


def test_doctest_finds_nothing_to_run(tmp_path: Path) -> None:
    documents = {}
    for number, text in enumerate(DOCTESTS):
        documents[f"n{number}"] = telling_document(f"n{number}")
        say(documents[f"n{number}"], text)
    emit(tmp_path, documents, "doctest_client")
    tasks = "doctest_client/tasks"
    options = ("-q", "-p", "no:cacheprovider", "--doctest-modules", tasks)
    command = [sys.executable, "-m", "pytest", *options]
    finished = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    forget(tmp_path)
    assert finished.returncode == 5, finished.stdout  # no tests were collected
    assert not (tmp_path / SENTINEL).exists()


def test_tools_obey_no_text(emitted: Emitted) -> None:
    texts = emitted.texts()
    ordinary = _comments(texts["n0"])
    for text in texts.values():
        assert get_mypy_comments(text) == []
        assert _comments(text) == ordinary
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text.encode()).readline)
        assert encoding == "utf-8"
        for line in text.split("\n"):
            assert not _OBEYED.search(line)


_OBEYED = re.compile(
    r"^[ \t\f]*\#.*?coding[:=]|\#\s*(?:flake8|fmt|isort|mypy|noqa|pragma|type)\b|\#\s*%%"
    r"|isort:\s*skip_file|(?:^|\s)(?:vi|vim|ex):|-\*-|Local\ Variables:"
    r"|^(?:<{7}|={7}|>{7})(?:\s|$)",
    re.VERBOSE,
)
"""Markers of line-based tools: PEP 263, flake8, coverage, isort, vim, emacs, git."""


def _comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("text", COMMENTS, ids=ascii)
def test_what_is_said_stays_the_same(text: str) -> None:
    assert ast.literal_eval(docstring(text, 0)).split() == text.split()
    assert ast.literal_eval(string(text)) == text


def test_black_formats_each_module(tmp_path: Path) -> None:
    document = telling_document("n0")
    say(document, "\n\n".join(INTERPRETED))
    made = emit(tmp_path, {"n0": document}, "black_inert_client", formatted=True)
    (text,) = made.texts().values()
    forget(tmp_path)
    assert black.format_str(text, mode=black.Mode()) == text


_WORDS = [
    "word ",
    "word " * 17,
    "x" * 83,
    "x" * 90,
    "# noqa",
    "- ",
    "1. ",
    "> ",
    "\n```\n",
]
_PIECES = st.sampled_from([*_WORDS, "    ", '"""', *' \n"\\`\t\r\x0c\xa0\u2028é漢|'])


@given(pieces=st.lists(_PIECES, min_size=1, max_size=12), level=st.integers(0, 2))
@example(pieces=["x" * 82], level=0)
@example(pieces=["word " * 16, '"'], level=0)
@settings(deadline=None)
def test_black_leaves_docstrings_as_they_are(pieces: list[str], level: int) -> None:
    nest = "".join(f"{'    ' * depth}class A:\n" for depth in range(level))
    margin = "    " * level
    source = f"{nest}{margin}{docstring(''.join(pieces), len(margin))}\n"
    assert black.format_str(source, mode=black.Mode()) == source


@pytest.mark.parametrize("text", ['"{}" a', 'a "{}"', '"{}"'])
def test_a_line_with_quotes_is_not_too_long(text: str) -> None:
    for size in range(90):
        lines = docstring(text.format(("a word " * 20)[:size]), 0).split("\n")
        assert max(map(len, lines)) <= LINE


# -- pages made from docstrings -----------------------------------------------


def _docstrings(text: str) -> Iterator[str]:
    """Yield docstrings of a module, a class and a field with a text."""
    for indent in (0, 4, 8):
        yield ast.literal_eval(docstring(text, indent))
        yield ast.literal_eval(docstring(f"Title.\n\n{text}\n\nMore.", indent))


@pytest.mark.parametrize("text", [*DIRECTIVES, *HTML], ids=ascii)
def test_docutils_includes_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "included.txt").write_text(INCLUDED)
    for doc in _docstrings(text):
        errors = io.StringIO()
        page = publish_parts(
            doc,
            source_path=str(tmp_path / "page.rst"),
            writer="html5",
            settings_overrides={
                "file_insertion_enabled": True,
                "raw_enabled": True,
                "warning_stream": errors,
            },
        )["body"]
        assert INCLUDED not in page
        assert not re.search(r"<script|<img|href=.javascript", page, re.IGNORECASE)
        assert not re.search(r"directive|role ", errors.getvalue())


@pytest.mark.parametrize("text", [*DIRECTIVES, *HTML], ids=ascii)
def test_markdown_has_no_html_and_no_code_to_run(text: str) -> None:
    _has_no_html_and_no_code_to_run(text)


_FRAGMENTS = st.sampled_from(
    [
        *(
            "`",
            "``",
            "```",
            "~~~",
            "\n",
            "\n\n",
            "\n    ",
            " ",
            "\\",
            "> ",
            "- ",
            "1. ",
        ),
        *("word ", "word " * 15, "[x]", "(", ")", "](", ":", "|", '"', "{a}", "#", "x"),
        *("<script>", "</div>", "<img src=x>", "<!--", "<a:b>", "<https://a.b>"),
        *(
            ">>> x",
            "..",
            " include:: x",
            ":::",
            "-8<-",
            "javascript:",
            "exec=1",
            "&#1;",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=12).map("".join))
@example("`{a}`1. ")
@example("``{a}`x`")
@example("`b`{a}`x`")
@example("a ` b\n`{a}`x`")
@example("\\`{a}`x`")
@example("`" + "word " * 15 + "````>>> x<script>`")
@example("`" + "word " * 15 + "- x` `a<b>`")
def test_no_mixture_of_markers_does_more(text: str) -> None:
    _has_no_html_and_no_code_to_run(text)
    parser = doctest.DocTestParser()
    assert not any(map(parser.get_examples, _docstrings(text)))


@pytest.mark.parametrize("container", ["> ", "- ", "1. ", "> - ", "* > "])
@pytest.mark.parametrize("fence", ["```", "~~~"])
@pytest.mark.parametrize("line", ["python exec=1", "{code-cell}", "`"])
def test_no_line_is_joined_to_a_fence(container: str, fence: str, line: str) -> None:
    _has_no_html_and_no_code_to_run(f"{container}{fence}\n{line}")


@pytest.mark.parametrize(
    "text", [":::::", "::::::", "-8<-8<-", ">>>> 1", ">>>>>> open('x')", "a >>>>> b"]
)
def test_no_marker_is_left_of_overlapping_ones(text: str) -> None:
    _has_no_html_and_no_code_to_run(text)
    for doc in _docstrings(text):
        assert ">>>" not in doc


def _has_no_html_and_no_code_to_run(text: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).disable("text_join")
    parser.validateLink = lambda _: True  # type: ignore[method-assign]
    for doc in _docstrings(text):
        assert not re.search(r":::|-8<-", doc)
        for token in _tokens(parser.parse(doc)):
            assert not _ROLE.search(_without_code(token))
            assert not token.type.startswith("html")
            assert re.fullmatch(r"[\w+#.-]*", token.info) or token.type != "fence"
            for name in ("href", "src"):
                address = str(token.attrGet(name) or "https://")
                assert address.startswith("https://")


_ROLE = re.compile(r"\{[\w:-]+\}`")
"""A role of MyST: in its parsers, it wins over a code span that begins after it."""


def _without_code(token: Token) -> str:
    """Return the text of a paragraph, with marks for code spans and escaped characters."""
    special = {"code_inline": "`", "text_special": "\\", "softbreak": "\n"}
    parts = token.children or []
    return "".join(special.get(part.type, part.content) for part in parts)


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])


def test_code_and_addresses_stay_as_they_are() -> None:
    text = (
        "Write `<lora:x:1>` or `{name}`, see [docs](https://example.com/a#b) or "
        "<https://example.com>.\n\n- `fast`: quick\n\n```python\nrun(1)\n```"
    )
    assert ast.literal_eval(docstring(text, 0)).split() == text.split()


@pytest.mark.parametrize("emoji", ["😀", "❤️", "👩‍🚀", "1️⃣", "🇫🇷", "👍🏽"], ids=ascii)
def test_an_emoji_stays_one(emoji: str) -> None:
    assert docstring(f"Smile {emoji} now.", 4) == f'"""Smile {emoji} now."""'
    assert ast.literal_eval(string(emoji)) == emoji


@pytest.mark.parametrize(
    "hidden", ["a\ufe0f", "a\u200db", "\u200d", "1\u20e3"], ids=ascii
)
def test_what_makes_no_emoji_is_spelled_out(hidden: str) -> None:
    assert docstring(hidden, 4).isascii()
