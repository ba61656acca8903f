"""The formats of the emitted package's runtime, compared with jsonschema-rs."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import time
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, NamedTuple

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from json_schema_suite import groups
from runware_codegen.formats import FORMATS as NAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SOURCE = Path(__file__).parents[2] / "templates" / "_runtime/schema/formats.py"


def load(source: Path) -> ModuleType:
    """Import a module of the templates together with the modules beside it."""
    package = ModuleType("_schema_under_test")
    package.__path__ = [str(source.parent)]
    sys.modules[package.__name__] = package
    return importlib.import_module(f"{package.__name__}.{source.stem}")


formats = load(SOURCE)
FORMATS: Mapping[str, Callable[[str], bool]] = formats.FORMATS


class Examples(NamedTuple):
    valid: Sequence[str] = ()
    invalid: Sequence[str] = ()


UUID = "0f6b1c52-9a3e-4d07-8b21-5e7d90c4af13"
MAX_NAME = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

MORE = {
    "uuid": Examples(invalid=[UUID.replace("0", "\u0660")]),
    "uri": Examples(
        valid=[
            "HTTPS://user:pa:ss@example.org:8080/a//b;c=1?q=%20&r=/?#top?",
            "a+b-c.d9:",
            "http://",
            "http://@:/",
            "http://u@[1:2::3.4.5.6]",
            "http://[v7.a:b!c]/",
            "http://%41%e2/",
            "a:@",
        ],
        invalid=["https://exa%ple.org/", "http://[v.a]", "http://[v1.]"],
    ),
    "uri-reference": Examples(
        valid=["//user@[::1]:80", "/a:b", "a:b", "?a:b", "#a:b", "?#", "%41"],
        invalid=["1:b", ":", "%4", "//host:port", "//a@b@c"],
    ),
    "date": Examples(invalid=["2024-00-01", "2024-01-00", "2024-01-\u0660\u0661"]),
    "time": Examples(
        valid=[
            "20:00:00Z",
            "12:30:05.123456789012345678901234567890+05:45",
            "12:30:05+23:59",
        ],
        invalid=["12:30:05.Z", "12:30:05,5Z", "\u0661\u0662:30:05Z"],
    ),
    "date-time": Examples(invalid=["2024-02-29 12:30:05Z"]),
    "duration": Examples(valid=["P1Y2M3D", "P1Y2M3DT4H5M6S"], invalid=["P\u0661D"]),
    "email": Examples(
        valid=[
            "a@b",
            "I@b",
            "first.last+tag@sub.example.org",
            "!#$%&'*+-/=?^_`{|}~@example.org",
            '"\\"\\\\"@example.org',
            '""@example.org',
            f"{'a' * 64}@example.org",
            f"a@{MAX_NAME}",
        ],
        invalid=[
            "a b@example.org",
            "a@b@example.org",
            "a@[127.0.0.1)",
            "a@[IPv6:::1%1]",
            "a@[IPv6:127.0.0.1]",
            f"{'a' * 65}@example.org",
            f"a@{MAX_NAME}d",
        ],
    ),
    "hostname": Examples(
        valid=[
            "1a.2",
            "127.0.0.1",
            MAX_NAME,
            "xn--zca29lwxobi7a",  # letters and signs that are exceptions
            "xn--ll-0ea",  # a middle dot between two letters l
            "xn--wva3je",  # a keraia before Greek
            "xn--4dbc5h",  # a geresh after Hebrew
            "xn--bck0j",  # a katakana middle dot beside katakana
            "xn--11b2ezcw70k",  # a joiner after a virama
        ],
        invalid=[
            f"{MAX_NAME}d",
            "xn--x",
            "xn---wdl",  # Punycode would not produce the first hyphen
            "xn--ls8h",  # a pictograph
            "xn--hello-zed",  # begins with a combining mark
            "xn--al-0ea",
            "xn--wva3j",
            "xn--5db1e",
            "xn--defabc-k64e",
            "xn--ngb6iyr",  # two kinds of Arabic digits
            "xn--02b508i",  # a joiner without a virama
        ],
    ),
    "ipv4": Examples(invalid=["127.0.0.\u0661"]),
    "ipv6": Examples(invalid=["::\u0661"]),
    "relative-json-pointer": Examples(invalid=["\u0661"]),
    "regex": Examples(
        valid=[
            "^[a-z]+(?:-[0-9]{2,3})*?$",
            "(a)(?:b)(?=c)(?!d)(?<=e)(?<!f)",
            r"\d\D\w\W\s\S\b\B\f\n\r\t\v\0\cA",
            r"\x41\u0041\u{41}\u{0010FFFF}\ud83d\ude00",
            r"\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/\-\@",
            r"\p{L}\P{Script=Greek}[\p{Lu}_]",
            r"[\b\-\]\^\d-][\x41-\u{42}][\cA-\cB][\0-\t]",
            r"[\ud83d\ude00-\u{1f601}][\uffff-\ud83d\ude00][a-a][\ca-\cB]",
            "[][^][-a][a-][a-b-c][(|{.*$]",
            "a{0}b{1,}c{2,2}d{007,8}?",
            f"a{{{'9' * 30},1{'0' * 30}}}",
            r"[\0-\0]",
            r"\1(a)\1*",
            r"\k<n>(?<n>a)\k<\u006e>",
            "(?<$_a1>b)(?<\u00e9>c)(?<a\u200d>d)",
            "(?<n>a)|(?<n>b)",
            "(?:(?<n>a)|(?<m>b))(?<o>c)|(?<n>d)",
            "(?i:a)(?ms-i:b)(?-s:c)",
        ],
        invalid=[
            "(",
            ")",
            "(a",
            "a)",
            "]",
            "{",
            "}",
            "a{,1}",
            "a{2,1}",
            f"a{{1{'0' * 30},{'9' * 30}}}",
            "a*+",
            "a|*",
            "^*",
            r"\b+",
            "(?=a)*",
            "(?<!a)?",
            r"\u{110000}",
            r"\u{}",
            r"\01",
            r"\2(a)",
            rf"(a)\1{'0' * 30}",
            r"\k<n>",
            r"(?<n>a)\k<n",
            "(?<n>?a)",
            r"\p{}",
            r"\p{A=}",
            r"[\d-z]",
            r"[a-\w]",
            r"[\u{1f601}-\ud83d\ude00]",
            r"[\t-\0]",
            "(?<n>(?<n>a))",
            "(?<n>a|(?<n>b))",
            r"(?<n>a)(?<\u006e>b)",
            "(?<>a)",
            "(?<\u200da>b)",
            "(?>a)",
            "(?i)a",
            "(?ii:a)",
            "(?i-i:a)",
            "(?-:a)",
        ],
    ),
}
"""Examples that the JSON Schema Test Suite lacks."""

# Texts for which jsonschema-rs, the judge, differs from the specification.
DEVIATIONS = {
    "date": Examples(invalid=["+024-01-01", "20-4-01-01"]),
    "time": Examples(invalid=["12:3+:00Z", "12:30:0.Z"]),
    "email": Examples(
        valid=['"\\ "@example.org'],
        invalid=['"\t"@example.org', "Someone <someone@example.org>"],
    ),
    "hostname": Examples(
        valid=["XN--BCHER-KVA", "Xn--4GBWDL"],  # RFC 5890 §2.3.1: in any case
        invalid=["xn---a-ecp", "xn--ab---1ra"],  # RFC 5891 §4.2.3.1: misplaced hyphens
    ),
    "regex": Examples(valid=["(?<\u2118>a)", "(?<a\u00b7>b)"]),
}


@cache
def examples(name: str) -> Examples:
    """Return the examples of the suite, and more."""
    tests = [
        test
        for group in groups()
        if group.file == f"optional/format/{name}.json"
        for test in group.tests
        if isinstance(test["data"], str)
    ]
    more = MORE.get(name, Examples())
    return Examples(
        [*(test["data"] for test in tests if test["valid"]), *more.valid],
        [*(test["data"] for test in tests if not test["valid"]), *more.invalid],
    )


def verdicts(examples: Examples) -> list[tuple[str, bool]]:
    valid = [(text, True) for text in examples.valid]
    return [*valid, *((text, False) for text in examples.invalid)]


def judge(name: str, text: str) -> bool:
    return _judge(name).is_valid(text)


@cache
def _judge(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)


def judge_errs(name: str, text: str) -> bool:
    """Return whether the judge is known to be wrong about texts like `text`."""
    match name:
        case "date":
            digits = text[0:4] + text[5:7] + text[8:10]
            return re.search("[^0-9]", digits) is not None
        case "time":
            digits = text[0:2] + text[3:5] + text[6:8]
            return re.search("[^0-9]", digits) is not None
        case "date-time":
            return judge_errs("date", text[:10]) or judge_errs("time", text[11:])
        case "email":
            return re.search(r"\\ |<|xn--", text) is not None
        case "hostname":
            return "xn--" in text.lower()
    return False


def near_valid_texts(name: str) -> Iterator[str]:
    """Yield 1,000 valid examples with a few pieces of other examples inserted."""
    known, random = examples(name), Random(name)
    sources = [*known.valid, *known.invalid, "\n \x00"]
    for _ in range(1000):
        text = random.choice(known.valid)
        for _ in range(random.randint(0, 4)):
            source = random.choice(sources)
            piece_start = random.randint(0, len(source))
            piece = source[piece_start : piece_start + random.randint(0, 3)]
            start = random.randint(0, len(text))
            text = text[:start] + piece + text[start + random.randint(0, 2) :]
        yield text


@pytest.mark.parametrize("name", FORMATS)
def test_format(name: str) -> None:
    for text, verdict in verdicts(examples(name)):
        assert FORMATS[name](text) is verdict, ascii(text)
        assert judge(name, text) is verdict, ascii(text)


@pytest.mark.parametrize("name", DEVIATIONS)
def test_specification_goes_before_the_judge(name: str) -> None:
    for text, verdict in verdicts(DEVIATIONS[name]):
        assert FORMATS[name](text) is verdict, ascii(text)


@pytest.mark.parametrize("name", FORMATS)
def test_near_valid_texts_are_judged_alike(name: str) -> None:
    for text in near_valid_texts(name):
        if not judge_errs(name, text):
            assert FORMATS[name](text) is judge(name, text), ascii(text)


@pytest.mark.parametrize("name", ["uri", "uuid"])
def test_members_and_predicates_agree(shipped: ModuleType, name: str) -> None:
    schema = importlib.import_module(f"{shipped.__name__}._runtime.schema")
    member = TypeAdapter(Annotated[str, schema.Text(format=name)])

    def accepts(text: str) -> bool:
        try:
            return member.validate_python(text) == text
        except ValidationError:
            return False

    for text in near_valid_texts(name):
        assert accepts(text) is FORMATS[name](text), ascii(text)

    @settings(max_examples=250, deadline=None)
    @given(st.text(st.characters(exclude_categories=())))
    def compare(text: str) -> None:
        assert accepts(text) is FORMATS[name](text)

    compare()
    for text in (*examples(name).valid, *examples(name).invalid):
        for line_end in ("", "\n"):
            assert accepts(text + line_end) is FORMATS[name](text + line_end)


@pytest.mark.parametrize("name", ["date", "time", "date-time"])
def test_only_digits_are_digits(name: str) -> None:
    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(examples(name).valid), st.data())
    def replace_a_digit(text: str, data: st.DataObject) -> None:
        places = [place for place, sign in enumerate(text) if sign.isdigit()]
        place = data.draw(st.sampled_from(places))
        other = data.draw(st.characters(exclude_characters="0123456789"))
        assert not FORMATS[name](text[:place] + other + text[place + 1 :])

    replace_a_digit()


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_verdict(name: str, text: str) -> None:
    assert FORMATS[name](text) in {True, False}


@pytest.mark.parametrize("name", FORMATS)
def test_lone_surrogate_fits_nothing(name: str) -> None:
    for text, surrogate in product(examples(name).valid, ("\ud800", "\udcff")):
        middle = len(text) // 2
        assert not FORMATS[name](text + surrogate), ascii(text)
        assert not FORMATS[name](surrogate + text), ascii(text)
        inside = text[:middle] + surrogate + text[middle:]
        assert not FORMATS[name](inside), ascii(text)


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"json-pointer", "regex"}))
@pytest.mark.parametrize("sign", ["\n", "\r\n", "\x00", "\u2028"])
def test_line_ends_and_null_are_not_overlooked(name: str, sign: str) -> None:
    for valid in examples(name).valid:
        is_number = name == "relative-json-pointer"
        text = valid.partition("/")[0] if is_number else valid
        assert not FORMATS[name](text + sign), ascii(text)
        assert not FORMATS[name](sign + text), ascii(text)


def repeat(before: str, repeated: str, after: str = "") -> Callable[[int], str]:
    return lambda size: before + repeated * (size // len(repeated)) + after


def name_groups(opening: str, closing: str) -> Callable[[int], str]:
    def build(size: int) -> str:
        count = size // 6
        return "".join(f"({opening}<a{number}>" for number in range(count)) + (
            closing * count
        )

    return build


HOSTILE = [
    ("uuid", repeat("", "0")),
    ("uri", repeat("", "a")),
    ("uri", repeat("a://", "b:", " ")),
    ("uri", repeat("a://", "b@")),
    ("uri", repeat("a:", "/", " ")),
    ("uri", repeat("a:", "%41", "%")),
    ("uri", repeat("a://[", ":", "]")),
    ("uri", repeat("a://[v1.", ":")),
    ("uri-reference", repeat("", "a", "[")),
    ("uri-reference", repeat("", "%4")),
    ("date", repeat("", "2")),
    ("time", repeat("12:30:05.", "1")),
    ("date-time", repeat("2024-02-29T12:30:05.", "1")),
    ("duration", repeat("P", "1")),
    ("duration", repeat("P", "1Y")),
    ("email", repeat("", "a.", "@b")),
    ("email", repeat('"', "\\", "@b")),
    ("email", repeat("a@", "b.")),
    ("email", repeat("a@[IPv6:", "1:", "]")),
    ("hostname", repeat("", "a.")),
    ("hostname", repeat("xn--", "a")),
    ("ipv4", repeat("", "1.")),
    ("ipv6", repeat("", "1:")),
    ("ipv6", repeat("::", "1")),
    ("json-pointer", repeat("/", "~0", "~")),
    ("relative-json-pointer", repeat("", "1", "a")),
    ("regex", repeat("", "(")),
    ("regex", repeat("", "()")),
    ("regex", repeat("", "[")),
    ("regex", repeat("[", "a-z")),
    ("regex", repeat("[", r"\u{0")),
    ("regex", repeat(r"[\u{", "0")),
    ("regex", repeat("", "\\")),
    ("regex", repeat("\\", "1")),
    ("regex", repeat("a{", "1", ",2}")),
    ("regex", repeat("", "a*")),
    ("regex", repeat("(?", "i")),
    ("regex", repeat("(?<", "a")),
    ("regex", repeat("", "(?<n>a)|")),
    ("regex", name_groups("?", ")")),
    ("regex", name_groups("?:(?", ")|)")),
]


def seconds(predicate: Callable[[str], bool], text: str) -> float:
    start = time.thread_time()
    predicate(text)
    return time.thread_time() - start


@pytest.mark.parametrize(("name", "build"), HOSTILE)
def test_time_grows_with_the_length_only(
    name: str, build: Callable[[int], str]
) -> None:
    """The long text is 16 times as long. Quadratic time would be 256 times as long."""
    predicate = FORMATS[name]
    predicate("")  # compiles the pattern
    short, long = build(10_000), build(160_000)
    best = min(seconds(predicate, short) for _ in range(3))
    assert seconds(predicate, long) < 16 * 5 * best + 0.2


def test_long_data_uri_is_read_at_once() -> None:
    text = "data:image/png;base64," + "iVBORw0KGgo+" * 800_000
    assert formats.is_uri(text)
    assert seconds(formats.is_uri, text) < 2


def test_every_format_has_its_predicate() -> None:
    assert set(FORMATS) == set(NAMED)
    for name, predicate in FORMATS.items():
        assert predicate is getattr(formats, f"is_{name.replace('-', '_')}")


@pytest.mark.parametrize("name", ["formats", "ecma_regex"])
def test_module_needs_the_standard_library_only(name: str) -> None:
    tree = ast.parse(SOURCE.with_stem(name).read_text(encoding="utf-8"))
    imported = {
        module
        for node in ast.walk(tree)
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else (
                [name.name for name in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        )
    }
    assert "re" in imported
    others = {module.partition(".")[0] for module in imported} - {"ecma_regex"}
    assert others <= sys.stdlib_module_names
