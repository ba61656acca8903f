"""Big, deep and recursive documents are processed in bounded time.

The generator makes either a correct client or one clear problem. The tests measure
processor time, which does not depend on other programs.
"""

from __future__ import annotations

import json
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from command import GENERATE, environment
from forks import CLIENT, GENERATOR, run_forked
from making import a_document, a_task, generated
from runware_codegen.documents import load
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

Schema = dict[str, Any]

MILLION = 1_000_000


def _document(
    odd: Schema | None = None,
    *,
    task: Schema | None = None,
    schemas: Mapping[str, Any] | None = None,
) -> Schema:
    """Make a document with a member `odd`, other keywords of the task, and schemas."""
    properties = {} if odd is None else {"odd": odd}
    document = a_document({**(task or {}), "properties": properties})
    document["components"]["schemas"] |= schemas or {}
    return document


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _nested(levels: int, around: Callable[[Schema], Schema]) -> Schema:
    schema: Schema = {"type": "integer"}
    for _ in range(levels):
        schema = around(schema)
    return schema


def _chain(levels: int, link: Callable[[Schema], Schema]) -> Schema:
    """Make a document with a chain of schemas, each of which contains the next."""
    schemas = {f"s{n}": link(_ref(f"s{n + 1}")) for n in range(levels)}
    last = {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}
    return _document(_ref("s0"), schemas={**schemas, f"s{levels}": last})


def _object(schema: Schema) -> Schema:
    return {"type": "object", "properties": {"inner": schema}, "required": ["inner"]}


def _doubled(keyword: str) -> Callable[[Schema], Schema]:
    """Return a function that refers to a schema twice, with different limits."""
    return lambda schema: {
        keyword: [{"allOf": [schema, {"minProperties": n}]} for n in (1, 2)]
    }


def _nested_constant(levels: int) -> str:
    text = json.dumps(_document({"const": "HERE"}))
    return text.replace('"HERE"', "[" * levels + "]" * levels)


# -- refused ------------------------------------------------------------------

REFUSED: Mapping[str, tuple[Schema | str, str]] = {
    "a chain of objects": (_chain(3000, _object), "nested more than"),
    "a chain of items": (_chain(3000, lambda s: {"items": s}), "nested more than"),
    "a chain of not": (_chain(3000, lambda s: {"not": s}), "nested more than"),
    "a chain of anyOf": (
        _chain(3000, lambda s: {"anyOf": [s, {"type": "null"}]}),
        "nested more than",
    ),
    "2^40 anyOf": (_chain(40, _doubled("anyOf")), "nested more than"),
    "2^12 oneOf": (_chain(12, _doubled("oneOf")), "assertions"),
    "2^40 unevaluated": (
        _chain(40, lambda s: {**_doubled("anyOf")(s), "unevaluatedProperties": False}),
        "nested more than",
    ),
    "2^25 if": (
        _chain(
            25,
            lambda s: {"if": s, "then": {"not": s}, "else": {"allOf": [s, {"not": s}]}},
        ),
        "nested more than",
    ),
    "objects of each other": (
        _document(
            _ref("s0"),
            schemas={
                f"s{i}": {
                    "type": "object",
                    "properties": {f"p{j}": _ref(f"s{j}") for j in range(60)},
                }
                for i in range(60)
            },
        ),
        "nested more than",
    ),
    "nested objects": (_document(_nested(50, _object)), "nested more than"),
    "nested oneOf": (
        _document(_nested(50, lambda s: {"oneOf": [s, {"type": "string"}]})),
        "nested more than",
    ),
    "nested if": (
        _document(_nested(100, lambda s: {"if": s, "then": {"minimum": 1}})),
        "nested more than",
    ),
    "a nested constant": (_nested_constant(1000), "nested too deeply"),
    "not itself": (
        _document(_ref("s"), schemas={"s": {"not": _ref("s")}}),
        "refers to itself",
    ),
    "one of itself": (
        _document(_ref("s"), schemas={"s": {"oneOf": [_ref("s"), {"type": "null"}]}}),
        "refers to itself",
    ),
    "all of any of each other": (
        _document(
            _ref("s"),
            schemas={
                "s": {"allOf": [_ref("t")]},
                "t": {"anyOf": [_ref("s"), {"type": "null"}]},
            },
        ),
        "refers to itself",
    ),
    "a huge key": (
        _document({"properties": {"k" * MILLION: True}}),
        "longer than 10,000 characters",
    ),
    "a huge constant": (_document({"const": "v" * MILLION}), "characters"),
    "a huge pattern": (_document({"pattern": "a" * MILLION}), "20,000 characters"),
    "a pattern of nested groups": (
        _document({"pattern": "(" * 5000 + "a" + ")" * 5000}),
        "nested more than",
    ),
    "a pattern of repetitions": (
        _document({"pattern": "((a{1000}){1000}){1000}"}),
        "steps",
    ),
    "a huge reference": (
        _document({"$ref": "#" + "/a" * MILLION}),
        "points to nothing",
    ),
    "a huge reference of tildes": (
        _document({"$ref": "#/" + "~1" * MILLION}),
        "points to nothing",
    ),
    "a huge index in a reference": (
        _document(
            {"allOf": [{"type": "string"}], "not": _ref("s/allOf/" + "9" * 5000)},
            schemas={"s": {"allOf": [{"type": "string"}]}},
        ),
        "points to nothing",
    ),
    "a reference that is no URI": (
        _document({"$id": "http://a/", "$ref": "//[x#/a"}),
        "points outside of the document",
    ),
    "an identifier that is no URI": (
        _document({"$id": "http://a\u2100b/", "$ref": "x"}),
        "points outside of the document",
    ),
    "names that are long in sum": (
        _document({"type": "object", "properties": {" " * n: {} for n in range(1000)}}),
        "characters",
    ),
    "ten thousand objects as values": (
        _document({"enum": [{"number": number} for number in range(10_000)]}),
        "characters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_too_much_is_refused(case: str, tmp_path: Path) -> None:
    document, message = REFUSED[case]
    (problem,) = _problems(tmp_path, document)
    assert message in problem.message
    assert problem.remedy
    assert problem.source.endswith("one.json")


def _problems(folder: Path, document: Schema | str) -> tuple[Problem, ...]:
    """Return the problems of a document or of its text."""
    text = document if isinstance(document, str) else json.dumps(document)
    file = folder / "one.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        _made_of(file)
    return caught.value.problems


def _made_of(file: Path) -> dict[str, str]:
    loaded = load([str(file)])
    return render(parse(loaded.documents, package="one"))


def test_many_limits_take_no_time(tmp_path: Path) -> None:
    limit = {"operation": "area", "parameters": ["odd", "odd"]}
    limits = [{**limit, "maximum": number} for number in range(8000)]
    began = time.process_time()
    (problem,) = _problems(tmp_path, _document({}, task={"x-constraints": limits}))
    assert "characters" in problem.message
    assert time.process_time() - began < 25


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "9" * 400, "NaN"])
def test_numbers_that_no_float_holds_are_refused(number: str, tmp_path: Path) -> None:
    for keyword in ("minimum", "const", "multipleOf", "maxLength", "default"):
        text = json.dumps(_document({keyword: 123456})).replace("123456", number)
        (problem,) = _problems(tmp_path, text)
        assert problem.pointer.endswith(f"/odd/{keyword}")


# -- generated ----------------------------------------------------------------

BIG: Mapping[str, tuple[Schema, Mapping[str, Any], Mapping[str, Any]]] = {
    "four thousand values": (
        _document({"enum": [f"value {number}" for number in range(4000)]}),
        {"odd": "value 3999"},
        {"odd": "value 4000"},
    ),
    "four thousand numbers": (
        _document({"enum": [*range(4000)]}),
        {"odd": 3999},
        {"odd": 4000},
    ),
    "nested conditions": (
        _document(
            _nested(
                28,
                lambda s: {"if": s, "then": {"maximum": 9}, "else": {"minLength": 2}},
            )
        ),
        {"odd": 9},
        {"odd": "a"},
    ),
    "two thousand members": (
        _document(
            {
                "type": "object",
                "properties": {f"p{n}": {"type": "integer"} for n in range(2000)},
            }
        ),
        {"odd": {"p1999": 1}},
        {"odd": {"p1999": "1"}},
    ),
    "two thousand alternatives": (
        _document(task={"oneOf": [{"required": [f"x{n}"]} for n in range(2000)]}),
        {"x1999": 1},
        {"x1999": 1, "x0": 1},
    ),
    "eight hundred ranges": (
        _document({"oneOf": [{"minimum": n, "maximum": n} for n in range(800)]}),
        {"odd": 799},
        {"odd": 800},
    ),
    "four hundred closed alternatives": (
        _document(
            {
                "type": "object",
                "properties": {"kind": {"type": "string"}},
                "oneOf": [
                    {
                        "properties": {"kind": True, f"p{n}": {"type": "integer"}},
                        "required": [f"p{n}"],
                        "additionalProperties": False,
                    }
                    for n in range(400)
                ],
            }
        ),
        {"odd": {"kind": "x", "p399": 1}},
        {"odd": {"p399": 1, "p0": 1}},
    ),
    "three hundred rules": (
        _document(
            task={
                "allOf": [
                    {"if": {"required": [f"x{n}"]}, "then": {"required": [f"y{n}"]}}
                    for n in range(300)
                ]
            }
        ),
        {"x299": 1, "y299": 1},
        {"x299": 1, "y0": 1},
    ),
    "long paragraphs of short lines": (
        _document(
            {
                "type": "object",
                "properties": {
                    f"p{n}": {"description": "-\n" * 9_900 + f"Ruler {n}"}
                    for n in range(9)
                },
            }
        ),
        {"odd": {"p0": 1}},
        {"odd": 1},
    ),
    "a million characters of text": (
        _document(
            {
                "type": "string",
                "title": "t" * MILLION,
                "description": "[word](( `" * (MILLION // 10),
            }
        ),
        {"odd": "x"},
        {"odd": 1},
    ),
}
"""For each case: a document, members of an accepted task, and of a refused one."""


@pytest.mark.parametrize("case", BIG)
def test_much_is_generated_in_time(case: str, tmp_path: Path) -> None:
    document, good, bad = BIG[case]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.json").write_text(json.dumps(document))
    made = _in_time(
        f"sys.argv[1:] = {GENERATE}\n"
        "runpy.run_module('runware_codegen', run_name='__main__', alter_sys=True)",
        tmp_path,
        imported=GENERATOR,
    )
    assert made.startswith("Generated out/client from 1 document")
    script = f"""
from client import parse_request
from pydantic import ValidationError
assert parse_request({a_task(**good)!r}).to_wire() == {a_task(**good)!r}
try:
    parse_request({a_task(**bad)!r})
except ValidationError:
    print("refused")
"""
    used = _in_time(script, tmp_path / "out", imported=CLIENT)
    assert used == "refused\n"


def _in_time(program: str, folder: Path, *, imported: str) -> str:
    """Run a program with a limit of 25 s of processor time, ten times what it needs."""
    limit = "resource.setrlimit(resource.RLIMIT_CPU, (25, 25))"
    command = ["-c", f"import resource, runpy, sys\n{limit}\n{program}"]
    done = run_forked(command, cwd=folder, env=environment(), imported=imported)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


# -- recursive ----------------------------------------------------------------


@pytest.fixture(scope="module")
def recursive(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package with recursive members, and with limits that no value can reach."""
    a, b = ({"type": "object", "properties": {n: _ref(n)}} for n in ("b", "a"))
    node = {"type": "object", "properties": {"next": _ref("node")}}
    members = {
        "node": _ref("node"),
        "a": _ref("a"),
        "list": _ref("list"),
        "whole": {"$ref": "#/components/schemas/RequestBody/items"},
        "any": True,
        "different": {"type": "array", "uniqueItems": True},
        "long": {"type": "string", "minLength": 10**18},
        "short": {"type": "string", "maxLength": 1e300},
        "few": {"type": "array", "maxItems": 1e30},
        "many": {"type": "object", "minProperties": 1e300},
        "found": {"type": "array", "contains": {}, "minContains": 1e300},
        "fine": {"type": "number", "multipleOf": 1e-300},
        "large": {"minimum": 10**300},
    }
    schemas = {
        "node": node,
        "a": a,
        "b": b,
        "list": {
            "anyOf": [{"type": "integer"}, {"type": "array", "items": _ref("list")}]
        },
    }
    result = {"type": "object", "properties": {"node": _ref("node"), "any": True}}
    document = a_document({"properties": members}, result=result)
    document["components"]["schemas"] |= schemas
    folder = tmp_path_factory.mktemp("recursive")
    return generated(folder, {"one.json": document}, package="recursive_client")


@pytest.mark.parametrize(
    "members",
    [
        {"node": {"next": {"next": {"next": {}}}}},
        {"a": {"b": {"a": {}}}},
        {"list": [[[1], 2], []]},
        {"whole": a_task(whole=a_task(node={}))},
        {"short": "x", "few": [1], "fine": 0.1, "large": 10**301},
    ],
)
def test_what_refers_to_itself_can_be_sent(
    recursive: ModuleType, members: Mapping[str, Any]
) -> None:
    task = a_task(**members)
    assert recursive.parse_request(task).to_wire() == task


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"node": {"next": {"next": {"next": 1}}}}, "node.next.next.next"),
        ({"a": {"b": {"a": 1}}}, "a.b.a"),
        ({"list": [[["1"], 2], []]}, "list"),
        ({"whole": a_task(whole=a_task(node=1))}, "whole.whole.node"),
        ({"long": "x"}, "long"),
        ({"many": {}}, "many"),
        ({"found": [1]}, "found"),
        ({"large": 10**299}, "large"),
    ],
)
def test_what_refers_to_itself_is_checked(
    recursive: ModuleType, members: Mapping[str, Any], where: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        recursive.parse_request(a_task(**members))
    (error,) = caught.value.errors()
    assert ".".join(map(str, error["loc"])).startswith(where)


ITSELF: Mapping[str, Mapping[str, Schema]] = {
    "all of itself": {"s": {"allOf": [_ref("s")], "type": "integer", "minimum": 3}},
    "all of each other": {
        "s": {"allOf": [_ref("t")], "minimum": 3},
        "t": {"allOf": [_ref("s")], "type": "integer"},
    },
    "a circle of references": {
        "s": {**_ref("t"), "minimum": 3},
        "t": {**_ref("s"), "type": "integer"},
    },
}
"""Schemas of integers from 3 that include themselves."""


@pytest.mark.parametrize("case", ITSELF)
def test_all_of_itself_adds_nothing(case: str, tmp_path: Path) -> None:
    tree = {"anyOf": [_ref("s"), {"type": "array", "items": _ref("tree")}]}
    members = {
        "alone": _ref("s"),
        "other": _ref([*ITSELF[case]][-1]),
        "found": {"type": "array", "contains": _ref("s")},
        "denied": {"not": _ref("s")},
        "tree": _ref("tree"),
    }
    document = a_document({"properties": members})
    document["components"]["schemas"] |= {**ITSELF[case], "tree": tree}
    name = f"itself_client_{[*ITSELF].index(case)}"
    package = generated(tmp_path, {"one.json": document}, package=name)
    task = a_task(alone=3, other=3, found=["3", 3], denied="3", tree=[[3]])
    assert package.parse_request(task).to_wire() == task
    wrong = {"alone": "3", "other": 2, "found": [2, "3"], "denied": 3, "tree": [[2]]}
    for member, value in wrong.items():
        with pytest.raises(ValidationError) as caught:
            package.parse_request(task | {member: value})
        assert {error["loc"][0] for error in caught.value.errors()} == {member}


def test_all_of_what_is_false_is_false(tmp_path: Path) -> None:
    schemas = {"s": {"allOf": [_ref("t")]}, "t": {"allOf": [_ref("s"), False]}}
    document = _document({"not": _ref("s")}, schemas=schemas)
    package = generated(tmp_path, {"one.json": document}, package="false_client")
    assert package.parse_request(a_task(odd=1)).odd == 1


TWICE: Mapping[str, tuple[Mapping[str, Schema], Callable[[Any], Any], Any]] = {
    "alternatives": (
        {
            name: {
                "type": "object",
                "properties": {"x": {"anyOf": [_ref(name), _ref(other)]}},
                "additionalProperties": False,
            }
            for name, other in ("st", "ts")
        },
        lambda value: {"x": value},
        ({}, {"y": 1}),
    ),
    "items and contains": (
        {
            "s": {
                "type": ["array", "integer"],
                "items": _ref("s"),
                "contains": _ref("s"),
            }
        },
        lambda value: [value],
        (1, "x"),
    ),
    "a member by name, by pattern, and all others": (
        {
            "s": {
                "type": "object",
                "properties": {"x": _ref("s")},
                "patternProperties": {"x": _ref("s")},
                "additionalProperties": _ref("s"),
            }
        },
        lambda value: {"x": value},
        ({}, 1),
    ),
    "parts of all and any": (
        {
            "s": {
                "type": ["object", "integer"],
                "allOf": [
                    {"properties": {"x": {"anyOf": [_ref("s"), {"const": "a"}]}}},
                    {"properties": {"x": {"anyOf": [_ref("s"), {"const": "b"}]}}},
                ],
            }
        },
        lambda value: {"x": value},
        (1, "x"),
    ),
    "a condition": (
        {
            "s": {
                "type": ["object", "integer"],
                "if": {"properties": {"x": _ref("s")}},
                "then": {"properties": {"x": _ref("s")}},
                "else": False,
            }
        },
        lambda value: {"x": value},
        (1, "x"),
    ),
    "each other": (
        {
            name: {
                "type": ["object", "integer"],
                "properties": {"x": {"allOf": [_ref("s"), _ref("t")]}},
            }
            for name in ("s", "t")
        },
        lambda value: {"x": value},
        (1, "x"),
    ),
    "unevaluated": (
        {
            "s": {
                "type": ["object", "integer"],
                "anyOf": [
                    {"properties": {"x": _ref("s")}, "required": ["x"]},
                    {"required": ["y"]},
                ],
                "unevaluatedProperties": _ref("s"),
            }
        },
        lambda value: {"x": value},
        (1, "x"),
    ),
    "alternatives that are near": (
        {
            "s": {
                "type": "object",
                "properties": {"x": {"anyOf": [_ref("s"), _ref("t")]}},
            },
            "t": {"type": "object", "properties": {"x": _ref("s"), "y": {"const": 1}}},
        },
        lambda value: {"x": value},
        ({}, "x"),
    ),
}
"""For each case: schemas that check the same part twice, a function that wraps a part,
and two innermost parts, one allowed and one refused.
"""


@pytest.mark.parametrize("case", TWICE)
def test_what_is_asked_twice_is_answered_once(case: str, tmp_path: Path) -> None:
    schemas, wrapped, innermost = TWICE[case]
    document = _document(_ref("s"), schemas=schemas)
    name = f"twice_client_{[*TWICE].index(case)}"
    package = generated(tmp_path, {"one.json": document}, package=name)
    good, bad = innermost
    for _ in range(20):
        good, bad = wrapped(good), wrapped(bad)
    began = time.process_time()
    assert package.parse_request(a_task(odd=good)).to_wire() == a_task(odd=good)
    with pytest.raises(ValidationError) as caught:
        package.parse_request(a_task(odd=bad))
    assert len(str(caught.value)) < 5000
    assert time.process_time() - began < 10  # not 2 ** 20 times as long


def _deep(member: str, levels: int) -> Any:
    """Make a value with a number of levels for a member of the recursive package."""
    value: Any = {} if member == "node" else []
    for _ in range(levels - 1):
        value = {"next": value} if member == "node" else [value]
    return value


LEVELS = [128, 200, 900, 1_000, 5_000, 100_000]
"""Numbers of levels that are too many for a member. The task is one more level."""


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("member", ["node", "list", "any", "different"])
def test_a_task_may_be_nested_only_so_deep(
    recursive: ModuleType, member: str, levels: int
) -> None:
    module = import_module(f".{recursive.documents()[0].module}", recursive.__name__)
    made = recursive.parse_request(a_task())
    value = _deep(member, levels)
    ways: list[Callable[[], object]] = [
        lambda: recursive.parse_request(a_task(**{member: value})),
        lambda: module.SampleRequest(**{member: value}),
        lambda: made.replace(**{member: value}),
        lambda: module.Node(next=value if member == "node" else {"next": value}),
    ]
    for make in ways:
        with pytest.raises(ValidationError, match="not be nested more than 128 levels"):
            make()
    assert recursive.parse_request(a_task(node={})).node is not None


@pytest.mark.parametrize("member", ["node", "list", "any", "different"])
def test_a_task_may_be_nested_so_deep(recursive: ModuleType, member: str) -> None:
    task = a_task(**{member: _deep(member, 127)})
    made = recursive.parse_request(task)
    assert made.to_wire() == task
    again = type(made)(**{member: task[member]}).to_wire()
    assert again[member] == task[member]


def test_objects_count_as_levels(recursive: ModuleType) -> None:
    half = recursive.parse_request(a_task(node=_deep("node", 70))).node
    value: Any = half
    for _ in range(70):
        value = {"next": value}
    with pytest.raises(ValidationError, match="not be nested more than 128 levels"):
        recursive.parse_request(a_task(node=value))


def test_levels_are_counted_once(
    recursive: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = import_module("._runtime.schema.parts", recursive.__name__)
    counted: list[Any] = []
    count = parts.is_too_deep

    def counting(value: Any) -> bool:
        counted.append(value)
        return bool(count(value))

    monkeypatch.setattr(parts, "is_too_deep", counting)
    request = recursive.parse_request(a_task(node=_deep("node", 100)))
    assert len(counted) == 1
    type(request)(node=request.node)
    assert len(counted) == 2


@pytest.mark.parametrize("levels", [*LEVELS, 250, 300])
@pytest.mark.parametrize("member", ["node", "any", "unknown"])
def test_a_result_may_be_nested_however_deep(
    recursive: ModuleType, member: str, levels: int
) -> None:
    item = {member: _deep(member, levels)}
    result = recursive.parse_result(recursive.parse_request(a_task()), item)
    assert _levels(result.to_wire()[member]) == levels


def _levels(value: Any) -> int:
    levels = 1
    while value:
        value = value["next"] if isinstance(value, dict) else value[0]
        levels += 1
    return levels
