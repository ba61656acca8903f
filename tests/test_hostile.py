"""Documents that attack: any text anywhere is data in what is emitted, or refused.

Each pair of a position and a payload is a document of its own. Those that are accepted
come out as one package, which is imported and used.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import tempfile
import time
import uuid
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from command import GENERATE, files, run, write_documents
from hostile_texts import HALF_CHARACTERS, PAYLOADS, SENTINEL
from making import a_document, a_task, generated
from runware_codegen.documents import load
from runware_codegen.output.names import is_device
from runware_codegen.parse import parse
from runware_codegen.parse.reserved import CLIENT_ATTRIBUTES
from runware_codegen.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from runware_codegen.problems import Problem

Document = dict[str, Any]


# -- positions that only say something ----------------------------------------


def _say(document: Document, text: str) -> None:
    """Put a text everywhere where it changes nothing but what a reader is told."""
    _say_in_info(document, text)
    _say_in_paths(document, text)
    task = _task(document)
    told = {"title": text, "description": text, "$comment": text}
    task |= told
    task["properties"]["mode"] |= {**told, "default": text, "examples": [text]}
    task["properties"]["inner"] |= told
    task["properties"]["choice"]["oneOf"][0] |= told
    task["allOf"][0]["then"]["oneOf"][0] |= told
    task["allOf"][1]["then"]["oneOf"][0] |= told
    task["x-constraints"][0] |= {"title": text, "unit": text}


def _say_in_info(document: Document, text: str) -> None:
    told = ("title", "summary", "description", "version", "x-air-id")
    document["info"] |= dict.fromkeys(told, text)
    document["info"]["x-modes"] = [{"id": text, "title": text}]
    document["info"]["x-capabilities"] = [text, {"id": text}]
    rates = [{"display": text, "label": text}]
    document["info"]["x-pricing"] = {"rates": rates, "overview": text}
    document["externalDocs"] = {"url": text, "description": text}


def _say_in_paths(document: Document, text: str) -> None:
    post = document["paths"]["/"]["post"]
    post |= {"operationId": text, "summary": text, "description": text}
    for status in ("200", "404", "418"):
        post["responses"][status] = {"description": text}


# -- positions that tasks are made of -----------------------------------------


@dataclass(frozen=True, slots=True)
class Carried:
    """A position whose text a task has to carry.

    Attributes:
        plant: Puts the text into a document.
        members: The members of a task that then is valid.
    """

    plant: Callable[[Document, str], None]
    members: Callable[[str], Mapping[str, Any]]


def _new_field(schema: Callable[[str], Any]) -> Callable[[Document, str], None]:
    def plant(document: Document, text: str) -> None:
        _task(document)["properties"]["odd"] = schema(text)

    return plant


def _key(document: Document, text: str) -> None:
    _task(document)["properties"][text] = {"type": "integer"}


def _required_key(document: Document, text: str) -> None:
    _task(document)["required"].append(text)


def _keys_that_go_together(document: Document, text: str) -> None:
    _key(document, text)
    _task(document)["dependentRequired"] = {text: ["mode"], "mode": [text]}


def _key_in_rule(document: Document, text: str) -> None:
    _key(document, text)
    condition = {"properties": {text: {"const": 7}}, "required": [text]}
    _task(document)["if"] = condition
    _task(document)["then"] = {"required": ["mode"]}


def _object_of(text: str) -> Document:
    return {
        "type": "object",
        "properties": {text: {"type": "object", "properties": {text: {"const": 1}}}},
        "required": [text],
        "additionalProperties": False,
    }


def _model(document: Document, text: str) -> None:
    _task(document)["properties"]["model"] = {"const": text}


CARRIED: Mapping[str, Carried] = {
    "key": Carried(_key, lambda text: {text: 1}),
    "required key": Carried(_required_key, lambda text: {text: [text]}),
    "key in a rule": Carried(_key_in_rule, lambda text: {text: 7, "mode": "x"}),
    "keys that go together": Carried(
        _keys_that_go_together, lambda text: {text: 1, "mode": "x"}
    ),
    "nested key": Carried(
        _new_field(_object_of), lambda text: {"odd": {text: {text: 1}}}
    ),
    "enum value": Carried(
        _new_field(lambda text: {"enum": [text, "another"], "default": text}),
        lambda text: {"odd": text},
    ),
    "constant": Carried(
        _new_field(lambda text: {"const": text}), lambda text: {"odd": text}
    ),
    "constant inside": Carried(
        _new_field(lambda text: {"enum": [{text: [text, None]}, [text]]}),
        lambda text: {"odd": {text: [text, None]}},
    ),
    "prefix items": Carried(
        _new_field(lambda text: {"prefixItems": [{"const": text}], "minItems": 1}),
        lambda text: {"odd": [text]},
    ),
    "model": Carried(_model, lambda text: {"model": text}),
}


# -- making packages ----------------------------------------------------------


def _task(document: Document) -> Document:
    task: Document = document["components"]["schemas"]["RequestBody"]["items"]
    return task


def _plain_document(name: str) -> Document:
    sizes = [{"required": ["width", "height"], "properties": _size(n)} for n in (1, 2)]
    given = [{"required": ["mode"]}, {"required": ["inner"]}]
    task = {
        "properties": {
            "mode": {"type": "string"},
            "choice": {"oneOf": [{"const": "a"}, {"const": "b", "title": "B"}]},
            "inner": {"type": "object", "properties": {"depth": {"type": "integer"}}},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
        },
        "allOf": [
            {"if": {"required": ["width"]}, "then": {"oneOf": sizes}},
            {"if": {"required": ["choice"]}, "then": {"oneOf": given}},
        ],
        "x-constraints": [
            {"operation": "duration", "parameters": ["mode"], "minimum": 1}
        ],
    }
    return a_document(task, identifier=name, model=f"test:{name}@1")


def _size(width: int) -> Document:
    return {"width": {"const": width}, "height": {"const": 9}}


def _refusal(folder: Path, document: Document) -> tuple[Problem, ...]:
    """What is wrong with a document; nothing if it is accepted."""
    file = folder / "one.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return _refused(file)


def _refused(place: Path) -> tuple[Problem, ...]:
    try:
        parse(load([str(place)], io.BytesIO()).documents, package="one")
    except InvalidInput as refused:
        for problem in refused.problems:
            assert problem.source.startswith(str(place))
            assert problem.message
            assert problem.remedy
        return refused.problems
    return ()


@dataclass(frozen=True, slots=True)
class Emitted:
    """A package, and the folder that it is in."""

    folder: Path
    module: ModuleType

    def texts(self) -> dict[str, str]:
        """Read the modules of its documents, by the document's identifier."""
        return {
            document.id: self._file(document.module).read_text(encoding="utf-8")
            for document in self.module.documents()
        }

    def _file(self, module: str) -> Path:
        return self.folder / self.module.__name__ / f"{module.replace('.', '/')}.py"


def _emitted(
    folder: Path, documents: Mapping[str, Document], package: str, **options: bool
) -> Emitted:
    """Generate a package, import every module of it, and look for what must not be."""
    files = {f"{name}.json": document for name, document in documents.items()}
    with contextlib.chdir(folder):
        module = generated(folder, files, package=package, **options)
        for file in sorted((folder / package).rglob("*.py")):
            _is_plain_path(file.relative_to(folder))
            name = ".".join(file.relative_to(folder).with_suffix("").parts)
            import_module(name.removesuffix(".__init__"))
    assert {path.name for path in folder.iterdir()} <= {"documents", package}
    return Emitted(folder, module)


def _is_plain_path(path: Path) -> None:
    assert not any(map(is_device, path.with_suffix("").parts))
    assert path.as_posix().isascii()


# -- tests --------------------------------------------------------------------


def test_what_a_document_says_is_never_code(tmp_path: Path) -> None:
    texts = ["An ordinary text", *filter(None, PAYLOADS)]
    documents = {}
    for name, text in _numbered(texts):
        documents[name] = _plain_document(name)
        _say(documents[name], text)
    modules = _emitted(tmp_path, documents, "told_client", formatted=False).texts()
    ordinary = modules["n0"]
    assert ordinary.count(texts[0]) > 8
    for name, text in _numbered(texts):
        assert _skeleton(modules[name]) == _skeleton(ordinary), ascii(text)


def _numbered(payloads: list[str]) -> list[tuple[str, str]]:
    return [(f"n{number}", text) for number, text in enumerate(payloads)]


def _skeleton(source: str) -> str:
    """Write the syntax tree of a module without docstrings, texts and its own name."""
    tree = ast.dump(_Skeleton().visit(ast.parse(source)))
    return re.sub(r"\bN\d+(?=Request|Result)", "N", tree)


class _Skeleton(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant)
        return None if is_text else node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


@pytest.mark.parametrize("position", CARRIED)
def test_tasks_carry_the_text(position: str, tmp_path: Path) -> None:
    plant, members = CARRIED[position].plant, CARRIED[position].members
    documents = {}
    for name, text in _numbered(PAYLOADS):
        documents[name] = _plain_document(name)
        plant(documents[name], text)
    package = f"{position.replace(' ', '_')}_client"
    emitted = _emitted(tmp_path, documents, package, formatted=False)
    with contextlib.chdir(tmp_path):
        for name, text in _numbered(PAYLOADS):
            task = a_task(f"test:{name}@1") | members(text)
            assert _sent(emitted, task) == json.dumps(task), ascii(text)
    assert not (tmp_path / SENTINEL).exists()


def _sent(emitted: Emitted, task: Mapping[str, Any]) -> str:
    """What is sent of a task, in JSON, which tells the order of members and 1 from 1.0."""
    return json.dumps(emitted.module.parse_request(task).to_wire())


def test_a_document_may_have_any_identifier(tmp_path: Path) -> None:
    documents = {}
    for name, text in _numbered(PAYLOADS):
        documents[name] = _plain_document(name)
        documents[name]["info"]["x-model-id"] = text
        _task(documents[name])["properties"]["taskType"]["const"] = name
    emitted = _emitted(tmp_path, documents, "identifier_client", formatted=False)
    # An empty identifier is none: the operation's name stands in for it.
    expected = {text or f"n{number}" for number, text in enumerate(PAYLOADS)}
    assert {document.id for document in emitted.module.documents()} == expected
    for name, text in _numbered(PAYLOADS):
        task = a_task(f"test:{name}@1", taskType=name)
        assert _sent(emitted, task) == json.dumps(task), ascii(text)


@pytest.mark.parametrize("text", [*PAYLOADS, *sorted(CLIENT_ATTRIBUTES)], ids=ascii)
def test_a_task_may_have_any_type(text: str, tmp_path: Path) -> None:
    document = _plain_document("plain")
    _task(document)["properties"]["taskType"]["const"] = text
    package = f"task_type_client_{text.encode().hex()[:180]}"
    emitted = _emitted(tmp_path, {"plain": document}, package, formatted=False)
    task = a_task("test:plain@1", taskType=text)
    assert _sent(emitted, task) == json.dumps(task)
    with emitted.module.Runware("key") as client:
        (name,) = client._attributes.values()
        assert getattr(client, name).task_type == text


def test_results_may_have_any_members(tmp_path: Path) -> None:
    names = {text: {"type": "object", "properties": {"x": {}}} for text in PAYLOADS}
    result = {"type": "object", "properties": names, "required": [*names]}
    document = a_document({}, result=result)
    emitted = _emitted(tmp_path, {"plain": document}, "results_client")
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
    _emitted(tmp_path, {"plain": document}, "codes_client")
    module = import_module("codes_client.tasks.image_inference.errors")
    values = {str(member) for member in module.ImageInferenceErrors}
    assert values >= {*PAYLOADS}
    assert module.ImageInferenceErrors("") in PAYLOADS


@pytest.mark.parametrize(
    "name",
    [
        "x.json",
        '"""\n.json',
        "\u2028\u202e.json",
        "a b\\.json",
        "{{ 7*7 }}.json",
        "'.json",
        "-.json",
    ],
    ids=ascii,
)
def test_a_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    document = _plain_document("plain")
    package = f"file_client_{name.encode().hex()}"
    with contextlib.chdir(tmp_path):
        module = generated(tmp_path, {name: document}, package=package)
        task = a_task("test:plain@1")
        assert module.parse_request(task).to_wire() == task


def test_names_that_clash_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for other in ("a-b", "a_b", "A-B", "a--b", "á-b", "a-b " * 40):
        documents = [_plain_document("a-b"), _plain_document(other)]
        documents[1]["info"]["x-model-id"] = other
        _task(documents[1])["properties"]["model"]["const"] = "another"
        for number, document in enumerate(documents):
            (folder / f"{number}.json").write_text(json.dumps(document))
        (problem,) = _refused(folder)
        assert "would both be named" in problem.message or other.startswith("a-b ")


# -- refused ------------------------------------------------------------------


@pytest.mark.parametrize("half", HALF_CHARACTERS, ids=ascii)
def test_half_a_character_is_refused_everywhere(half: str, tmp_path: Path) -> None:
    positions = [_say, *(carried.plant for carried in CARRIED.values())]
    for plant in positions:
        document = _plain_document("plain")
        plant(document, half)
        problems = _refusal(tmp_path, document)
        assert problems
        assert all("surrogate" in problem.message for problem in problems)


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_a_reference_to_anything_is_refused(text: str, tmp_path: Path) -> None:
    for reference in (text, f"#/{text}", f"#{text}", f"other.json#{text}"):
        document = _plain_document("plain")
        _task(document)["properties"]["odd"] = {"$ref": reference}
        (problem,) = _refusal(tmp_path, document)
        assert problem.pointer.endswith("/properties/odd/$ref")
        assert "leads" in problem.message


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_schemas_may_be_named_by_anything(text: str, tmp_path: Path) -> None:
    document = _plain_document("plain")
    named = text.replace("~", "~0").replace("/", "~1")
    document["components"]["schemas"][text] = {
        "$id": f"schema:{quote(text)}",
        "$anchor": text,
        "$comment": text,
        "type": "object",
        "properties": {"x": {"$ref": f"#/components/schemas/{quote(named)}"}},
    }
    reference = {"$ref": f"schema:{quote(text)}"}
    _task(document)["properties"]["odd"] = reference
    assert _refusal(tmp_path, document) == ()


PATTERNS = [
    "(a+)+$",
    "(a|a)*b",
    "(.*)*x",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "\\s*\\s*\\s*\\s*\\s*\\s*b",
    "(a?){500}a{500}",
]
"""Patterns that a backtracking engine never ends with."""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_no_time(pattern: str, tmp_path: Path) -> None:
    document = _plain_document("plain")
    _task(document)["properties"]["odd"] = {"type": "string", "pattern": pattern}
    package = f"pattern_client_{PATTERNS.index(pattern)}"
    emitted = _emitted(tmp_path, {"plain": document}, package, formatted=False)
    for text in ("a" * 50_000 + "!", "x" * 50_000, " " * 50_000):
        began = time.process_time()
        with contextlib.suppress(ValidationError):
            emitted.module.parse_request(a_task("test:plain@1", odd=text))
        assert time.process_time() - began < 5


# -- everything at once -------------------------------------------------------


def test_black_has_nothing_to_add(tmp_path: Path) -> None:
    document = _plain_document("plain")
    for number, text in enumerate(PAYLOADS):
        schema = {"enum": [text, [text]], "title": text, "description": text}
        _task(document)["properties"] |= {f"said {number}": schema, text: {}}
    _say(document, PAYLOADS[0])
    emitted = _emitted(tmp_path, {"plain": document}, "black_client")
    for text in emitted.texts().values():
        assert black.format_str(text, mode=black.Mode()) == text


_ANY_TEXT = st.text() | st.sampled_from(PAYLOADS)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(_ANY_TEXT, min_size=4, max_size=4), numbers=st.integers())
def test_any_texts_at_once(texts: list[str], numbers: int) -> None:
    said, key, value, inner = texts
    document = _plain_document("plain")
    _say(document, said)
    _task(document)["properties"][key] = {
        "enum": [value, numbers, {inner: value}],
        "description": inner,
        "default": value,
    }
    if key in a_task():
        return
    with tempfile.TemporaryDirectory() as name:
        package = f"any_{uuid.uuid4().hex}"
        folder = Path(name)
        emitted = _emitted(folder, {"plain": document}, package, formatted=False)
        for given_value in (value, numbers, {inner: value}):
            task = a_task("test:plain@1", **{key: given_value})
            assert _sent(emitted, task) == json.dumps(task)


def test_the_command_refuses_in_blocks(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert run(*GENERATE, cwd=tmp_path).returncode == 0
    before = files(tmp_path / "out")
    for text in ("\x1b[2J\u202e", "\n# line\r", '"""', "../../etc", "\0", "a" * 5000):
        document = _plain_document("plain")
        _task(document)["properties"][text] = {"$ref": text, "pattern": f"({text}"}
        (tmp_path / "docs" / "plain.json").write_text(json.dumps(document))
        finished = run(*GENERATE, cwd=tmp_path)
        assert finished.returncode == 2
        assert finished.stdout == ""
        assert "docs/plain.json#/components/schemas/RequestBody" in finished.stderr
        assert finished.stderr.isprintable() or not _controls(finished.stderr)
        assert files(tmp_path / "out") == before


def _controls(text: str) -> list[str]:
    return [c for c in text if not c.isprintable() and c != "\n"]
