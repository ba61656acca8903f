"""Hostile documents: any text at any position is either data in the output or refused.

Each payload has its own documents, with the payload at one position or at several
independent positions. The accepted documents become one package, which the tests import
and use.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
import tempfile
import time
import uuid
from collections import Counter
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from command import GENERATE, files, run, write_documents
from hostile_documents import (
    CARRIED,
    IN_ONE_DOCUMENT,
    Emitted,
    emit,
    forget,
    plain_document,
    refusal,
    refusals,
    say,
    task_of,
    telling_document,
)
from hostile_texts import HALF_CHARACTERS, PAYLOADS, SENTINEL
from making import a_document, a_task, as_text, generated, simple_task
from random_text import CHARACTERS
from runware_codegen.naming.names import pascal_case
from runware_codegen.naming.reserved import CLIENT_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@pytest.fixture(autouse=True)
def _what_was_emitted_is_forgotten(tmp_path: Path) -> Iterator[None]:
    yield
    forget(tmp_path)


def test_what_a_document_says_is_never_code(tmp_path: Path) -> None:
    texts = ["An ordinary text", *filter(None, PAYLOADS)]
    documents = {}
    for name, text in _numbered(texts):
        documents[name] = telling_document(name)
        say(documents[name], text)
    modules = emit(tmp_path, documents, "told_client").texts()
    ordinary = modules["n0"]
    assert ordinary.count(texts[0]) > 8
    for name, text in _numbered(texts):
        assert _skeleton(modules[name]) == _skeleton(ordinary), ascii(text)


def _numbered(payloads: list[str]) -> list[tuple[str, str]]:
    return [(f"n{number}", text) for number, text in enumerate(payloads)]


def _skeleton(source: str) -> str:
    """Dump a module's syntax tree without docstrings, texts and the model's name."""
    tree = ast.dump(_Skeleton().visit(ast.parse(source)))
    return re.sub(r"\bN\d+(?=Request|Result)", "N", tree)


class _Skeleton(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant)
        return None if is_text else node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


@pytest.mark.parametrize("positions", IN_ONE_DOCUMENT, ids=", ".join)
def test_tasks_carry_the_text(positions: Sequence[str], tmp_path: Path) -> None:
    documents = {}
    for name, text in _numbered(PAYLOADS):
        documents[name] = plain_document(name)
        for position in positions:
            CARRIED[position].plant(documents[name], text)
    package = f"{positions[0].replace(' ', '_')}_client"
    emitted = emit(tmp_path, documents, package)
    with contextlib.chdir(tmp_path):
        for name, text in _numbered(PAYLOADS):
            task = simple_task(name)
            for position in positions:
                task |= CARRIED[position].members(text)
            assert _sent(emitted, task) == as_text(task), ascii(text)
    assert not (tmp_path / SENTINEL).exists()


def test_all_positions_are_tested() -> None:
    tested = [position for positions in IN_ONE_DOCUMENT for position in positions]
    assert sorted(tested) == sorted(CARRIED)


def _sent(emitted: Emitted, task: Mapping[str, Any]) -> str:
    """Return the JSON sent for a task. It shows the order of members, and 1 or 1.0."""
    return as_text(emitted.module.parse_request(task).to_wire())


def _apart(texts: list[str]) -> list[list[str]]:
    """Group texts so that no two texts in a group become the same name."""
    groups: dict[int, list[str]] = {}
    turns: Counter[str] = Counter()
    for text in texts:
        name = pascal_case(text).lower()
        groups.setdefault(turns[name], []).append(text)
        turns[name] += 1
    return [*groups.values()]


TASK_TYPES = _apart([*PAYLOADS, *sorted(CLIENT_ATTRIBUTES)])


@pytest.mark.parametrize("number", range(len(TASK_TYPES)))
def test_a_task_may_have_any_type_and_a_document_any_identifier(
    number: int, tmp_path: Path
) -> None:
    documents = {}
    for name, text in _numbered(TASK_TYPES[number]):
        documents[name] = plain_document(name)
        documents[name]["info"]["x-model-id"] = text
        task_of(documents[name])["properties"]["taskType"]["const"] = text
    package = f"task_type_client_{number}"
    emitted = emit(tmp_path, documents, package)
    # If the identifier is empty, the operation's name is used instead.
    expected = {text or name for name, text in _numbered(TASK_TYPES[number])}
    assert {document.id for document in emitted.module.documents()} == expected
    task_types = import_module(f"{package}.tasks._task_types")
    with emitted.module.Runware("key") as client:
        attributes = {
            getattr(client, name).task_type: name
            for name in task_types.ATTRIBUTES.values()
        }
        assert {*attributes} == {*TASK_TYPES[number]}
    for name, text in _numbered(TASK_TYPES[number]):
        task = simple_task(name, taskType=text)
        assert _sent(emitted, task) == as_text(task), ascii(text)


def test_results_may_have_any_members(tmp_path: Path) -> None:
    names = {text: {"type": "object", "properties": {"x": {}}} for text in PAYLOADS}
    result = {"type": "object", "properties": names, "required": [*names]}
    document = a_document({}, result=result)
    emitted = emit(tmp_path, {"plain": document}, "results_client")
    request = emitted.module.parse_request(a_task())
    item: dict[str, Any] = {name: {"x": name} for name in names}
    assert emitted.module.parse_result(request, item).to_wire() == item
    assert emitted.module.parse_result(request, {}).to_wire() == {}


def test_error_codes_may_be_any_text(tmp_path: Path) -> None:
    document = a_document({})
    code = {"properties": {"code": {"enum": PAYLOADS}}}
    errors = {"properties": {"errors": {"items": code}}}
    document["components"]["schemas"]["ErrorResponse"] = errors
    responses = document["paths"]["/"]["post"]["responses"]
    responses |= {text: {"description": text} for text in PAYLOADS}
    emit(tmp_path, {"plain": document}, "codes_client")
    module = import_module("codes_client.tasks.image_inference.errors")
    values = {str(member) for member in module.ImageInferenceErrors}
    assert values >= {*PAYLOADS}
    assert module.ImageInferenceErrors("") in PAYLOADS


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    names = [
        "x.json",
        '"""\n.json',
        "\u2028\u202e.json",
        "a b\\.json",
        "{{ 7*7 }}.json",
        "'.json",
        "-.json",
    ]
    documents = {name: plain_document(f"n{n}") for n, name in enumerate(names)}
    with contextlib.chdir(tmp_path):
        module = generated(tmp_path, documents, package="file_client")
        for number in range(len(names)):
            task = simple_task(f"n{number}")
            assert module.parse_request(task).to_wire() == task


def test_names_that_clash_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    long = "a-b " * 40
    others = [("a-b", other) for other in ("a-b", "a_b", "A-B", "a--b", "á-b")]
    for one, other in (*others, (long, f"{long}-c")):
        documents = [plain_document(one), plain_document(other)]
        task_of(documents[1])["properties"]["model"]["const"] = "another"
        for number, document in enumerate(documents):
            (folder / f"{number}.json").write_text(json.dumps(document))
        (problem,) = refusals(folder)
        assert "would both be named" in problem.message
        assert "fetch --remove" in problem.remedy


# -- refused ------------------------------------------------------------------


@pytest.mark.parametrize("half", HALF_CHARACTERS, ids=ascii)
def test_half_a_character_is_refused_everywhere(half: str, tmp_path: Path) -> None:
    positions = [say, *(carried.plant for carried in CARRIED.values())]
    for plant in positions:
        document = telling_document("plain")
        plant(document, half)
        problems = refusal(tmp_path, document)
        assert problems
        assert all("surrogate" in problem.message for problem in problems)


_TASK = "/components/schemas/RequestBody/items"


def test_a_reference_to_anything_is_refused(tmp_path: Path) -> None:
    forms = ("{}", "#/{}", "#{}", "other.json#{}")
    for text, form in product(PAYLOADS, forms):
        document = plain_document("plain")
        task_of(document)["properties"]["odd"] = {"$ref": form.format(text)}
        problems = refusal(tmp_path, document)
        pointers = [problem.pointer for problem in problems]
        assert pointers == [f"{_TASK}/properties/odd/$ref"], ascii(text)
        assert "points" in problems[0].message, ascii(text)


@pytest.mark.parametrize("items", [True, False, None, "text", []], ids=ascii)
def test_items_of_a_request_must_describe_a_task(items: Any, tmp_path: Path) -> None:
    document = plain_document("plain")
    schemas = document["components"]["schemas"]
    schemas["RequestBody"] = {"type": "array", "items": items}
    (problem,) = refusal(tmp_path, document)
    assert problem.pointer == _TASK


def test_schemas_may_be_named_by_anything(tmp_path: Path) -> None:
    for text in PAYLOADS:
        document = plain_document("plain")
        named = text.replace("~", "~0").replace("/", "~1")
        document["components"]["schemas"][text] = {
            "$id": f"schema:{quote(text)}",
            "$anchor": text,
            "$comment": text,
            "type": "object",
            "properties": {"x": {"$ref": f"#/components/schemas/{quote(named)}"}},
        }
        reference = {"$ref": f"schema:{quote(text)}"}
        task_of(document)["properties"]["odd"] = reference
        assert refusal(tmp_path, document) == (), ascii(text)


PATTERNS = [
    "(a+)+$",
    "(a|a)*b",
    "(.*)*x",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "\\s*\\s*\\s*\\s*\\s*\\s*b",
    "(a?){500}a{500}",
]
"""Patterns that take a backtracking engine forever."""


def test_a_pattern_takes_no_time(tmp_path: Path) -> None:
    document = plain_document("plain")
    for number, pattern in enumerate(PATTERNS):
        odd = {"type": "string", "pattern": pattern}
        task_of(document)["properties"][f"odd{number}"] = odd
    emitted = emit(tmp_path, {"plain": document}, "pattern_client")
    for number, pattern in enumerate(PATTERNS):
        for text in ("a" * 50_000 + "!", "x" * 50_000, " " * 50_000):
            began = time.process_time()
            with contextlib.suppress(ValidationError):
                emitted.module.parse_request(
                    simple_task("plain", **{f"odd{number}": text})
                )
            assert time.process_time() - began < 60, pattern


# -- everything together ------------------------------------------------------


def test_black_has_nothing_to_add(tmp_path: Path) -> None:
    document = telling_document("plain")
    for number, text in enumerate(PAYLOADS):
        schema = {"enum": [text, [text]], "title": text, "description": text}
        task_of(document)["properties"] |= {f"said {number}": schema, text: {}}
    say(document, PAYLOADS[0])
    emitted = emit(tmp_path, {"plain": document}, "black_client", formatted=True)
    for text in emitted.texts().values():
        assert black.format_str(text, mode=black.Mode()) == text


_ANY_TEXT = st.text(CHARACTERS) | st.sampled_from(PAYLOADS)


_ODD = st.tuples(_ANY_TEXT, _ANY_TEXT, _ANY_TEXT, _ANY_TEXT, st.integers())


@settings(max_examples=10, deadline=None)
@given(
    st.lists(_ODD.filter(lambda odd: odd[1] not in a_task()), min_size=4, max_size=4)
)
def test_any_texts_at_once(odds: list[tuple[str, str, str, str, int]]) -> None:
    documents = {}
    for number, (said, key, value, inner, integer) in enumerate(odds):
        documents[f"n{number}"] = document = telling_document(f"n{number}")
        say(document, said)
        task_of(document)["properties"][key] = {
            "enum": [value, integer, {inner: value}],
            "description": inner,
            "default": value,
        }
    with tempfile.TemporaryDirectory() as folder:
        package = f"any_{uuid.uuid4().hex}"
        emitted = emit(Path(folder), documents, package)
        for number, (_, key, value, inner, integer) in enumerate(odds):
            for given_value in (value, integer, {inner: value}):
                task = simple_task(f"n{number}", **{key: given_value})
                assert _sent(emitted, task) == as_text(task)
        forget(Path(folder))


def test_the_command_refuses_in_blocks(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert run(*GENERATE, cwd=tmp_path).returncode == 0
    before = files(tmp_path / "out")
    texts = ["\x1b[2J\u202e", "\n# line\r", '"""', "../../etc", "\0", "a" * 5000]
    for name, text in _numbered(texts):
        document = plain_document(name)
        task_of(document)["properties"][text] = {"$ref": text, "pattern": f"({text}"}
        (tmp_path / "docs" / f"{name}.json").write_text(json.dumps(document))
    finished = run(*GENERATE, cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stdout == ""
    for name, _ in _numbered(texts):
        assert f"docs/{name}.json#/components/schemas/RequestBody" in finished.stderr
    assert not _controls(finished.stderr)
    assert files(tmp_path / "out") == before


def _controls(text: str) -> list[str]:
    return [c for c in text if not c.isprintable() and c != "\n"]
