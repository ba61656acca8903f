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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
    valid: list[str]
    invalid: list[str]


UUID = "0f6b1c52-9a3e-4d07-8b21-5e7d90c4af13"
MAX_NAME = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

EXAMPLES = {
    "uuid": Examples(
        valid=[
            UUID,
            UUID.upper(),
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ],
        invalid=[
            "",
            UUID.replace("-", ""),
            f"{{{UUID}}}",
            f"urn:uuid:{UUID}",
            UUID[:-1],
            f"{UUID}0",
            UUID.replace("f", "g"),
            "0f6b1c529-a3e-4d07-8b21-5e7d90c4af13",
            UUID.replace("0", "\u0660"),
        ],
    ),
    "uri": Examples(
        valid=[
            "https://example.org/cat.png",
            "HTTPS://user:pa:ss@example.org:8080/a//b;c=1?q=%20&r=/?#top?",
            "data:image/png;base64,iVBORw0KGgo+/w==",
            "data:,",
            "a+b-c.d9:",
            "urn:isbn:0451450523",
            "mailto:someone@example.org",
            "file:///etc/hosts",
            "http://",
            "http://@:/",
            "http://host:99999999",
            "http://[::1]:80/",
            "http://u@[1:2::3.4.5.6]",
            "http://[v7.a:b!c]/",
            "http://%41%e2/",
            "a:/b:c@d",
            "a:@",
        ],
        invalid=[
            "",
            "./cat.png",
            "/cat.png",
            "cat.png",
            "//example.org/cat.png",
            "://example.org",
            "1a:b",
            "a_b:c",
            "https://example.org/a b",
            " https://example.org/",
            "https://example.org/caf\u00e9",
            "https://example.org/%4",
            "https://example.org/%zz",
            "https://example.org/%",
            "https://example.org/?%G1",
            "https://example.org/#%1G",
            "https://exa%ple.org/",
            "https://example.org/#a#b",
            "http://host:8a",
            "http://host:80:80",
            "http://a@b@c",
            "http://[::1",
            "http://::1]",
            "http://[::1]x",
            "http://[]",
            "http://[1.2.3.4]",
            "http://[1::2::3]",
            "http://[fe80::1%25eth0]",
            "http://[v.a]",
            "http://[vg.a]",
            "http://[v1.]",
            "http://a[b]/",
            "http://a/[b]",
            "C:\\cat.png",
            "a:{b}",
            "a:|",
            "a:^",
            "a:`",
            'a:"',
            "a:<b>",
            "a:\x7f",
            "a:\x00",
        ],
    ),
    "uri-reference": Examples(
        valid=[
            "",
            "https://example.org/cat.png",
            "//example.org/cat.png",
            "//user@[::1]:80",
            "./cat.png",
            "../a:b",
            "/a:b",
            "a/b:c",
            "cat.png",
            "a:b",
            "?a:b",
            "#a:b",
            "?#",
            "%41",
            "a@b",
        ],
        invalid=[
            "1:b",
            ":",
            "a_b:c",
            "%41:b",
            "@:b",
            "..:",
            "##",
            "a b",
            "%4",
            "[a]",
            "//host:port",
            "//[::g]",
            "//a@b@c",
            "\\\\host\\share",
            "caf\u00e9",
        ],
    ),
    "date": Examples(
        valid=["2024-02-29", "2000-02-29", "0000-02-29", "2023-12-31", "9999-04-30"],
        invalid=[
            "",
            "2023-02-29",
            "1900-02-29",
            "2024-02-30",
            "2024-04-31",
            "2024-00-01",
            "2024-13-01",
            "2024-01-00",
            "2024-1-01",
            "24-01-01",
            "12024-01-01",
            "20240101",
            "2024/01/01",
            "2024-W01-1",
            "2024-01-01Z",
            "2024-01-\u0660\u0661",
        ],
    ),
    "time": Examples(
        valid=[
            "00:00:00Z",
            "23:59:59z",
            "12:30:05.123456789012345678901234567890+05:45",
            "12:30:05-00:00",
            "12:30:05+23:59",
            "23:59:60Z",
            "23:59:60.5Z",
            "00:29:60+00:30",
            "15:59:60-08:00",
        ],
        invalid=[
            "",
            "12:30:05",
            "12:30Z",
            "24:00:00Z",
            "12:60:00Z",
            "12:30:61Z",
            "23:58:60Z",
            "22:59:60Z",
            "23:59:60+01:00",
            "23:59:60-08:00",
            "12:30:05+24:00",
            "12:30:05+00:60",
            "12:30:05+0530",
            "12:30:05+05",
            "12:30:05.Z",
            "12:30:05,5Z",
            "12:30:05 Z",
            "12:30:05Z+00:00",
            "2:30:05Z",
            "\u0661\u0662:30:05Z",
        ],
    ),
    "date-time": Examples(
        valid=[
            "2024-02-29T12:30:05Z",
            "2024-02-29t12:30:05.5z",
            "0000-01-01T00:00:00-23:59",
            "2016-12-31T23:59:60Z",
            "2017-01-01T08:59:60+09:00",
        ],
        invalid=[
            "",
            "2024-02-29",
            "12:30:05Z",
            "2023-02-29T12:30:05Z",
            "2024-02-29 12:30:05Z",
            "2024-02-29T12:30:05",
            "2024-02-29T24:00:00Z",
            "2016-12-31T23:59:61Z",
            "2016-12-31T22:59:60Z",
            "2024-02-29T12:30:05ZZ",
            "2024-02-29TT12:30:05Z",
        ],
    ),
    "duration": Examples(
        valid=[
            "P1Y",
            "P1Y2M3D",
            "P2M3D",
            "P1YT4H",
            "P1Y2M3DT4H5M6S",
            "PT4H5M",
            "PT5M6S",
            "PT0S",
            "P6W",
            f"P{'9' * 40}D",
        ],
        invalid=[
            "",
            "P",
            "PT",
            "P1",
            "P1DT",
            "1D",
            "p1D",
            "-P1D",
            "P1Y3D",
            "PT4H6S",
            "P3D2M",
            "P1W1D",
            "P1WT1H",
            "PT1D",
            "P1H",
            "PT1.5S",
            "P1D ",
            "P\u0661D",
        ],
    ),
    "email": Examples(
        valid=[
            "someone@example.org",
            "a@b",
            "first.last+tag@sub.example.org",
            "!#$%&'*+-/=?^_`{|}~@example.org",
            '"a b@c..d"@example.org',
            '"\\"\\\\"@example.org',
            '""@example.org',
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@[ipv6:1:2:3:4:5:6:7.8.9.10]",
            f"{'a' * 64}@example.org",
            f"a@{MAX_NAME}",
            "a@xn--bcher-kva.example",
        ],
        invalid=[
            "",
            "someone",
            "@example.org",
            "someone@",
            ".a@example.org",
            "a.@example.org",
            "a..b@example.org",
            "a b@example.org",
            "a@b@example.org",
            "a@exa_mple.org",
            "a@-b.org",
            "a@b..org",
            "a@b.org.",
            "a@[127.0.0.256]",
            "a@[127.0.0.1",
            "a@[127.0.0.1)",
            "a@127.0.0.1]",
            "a@[::1]",
            "a@[IPv6:::1%1]",
            "a@[IPv6:127.0.0.1]",
            "a@[tag:content]",
            "a@[]",
            "a@[",
            '"a@example.org',
            '"a"b@example.org',
            '"a\\"@example.org',
            '"\u00e9"@example.org',
            "caf\u00e9@example.org",
            "a@caf\u00e9.org",
            "<a@example.org>",
            "a(b)@example.org",
            f"{'a' * 65}@example.org",
            f"a@{MAX_NAME}d",
            "a@xn--x",
        ],
    ),
    "hostname": Examples(
        valid=[
            "example.org",
            "localhost",
            "EXAMPLE.ORG",
            "a-b--c.d",
            "1a.2",
            "127.0.0.1",
            "a" * 63,
            MAX_NAME,
            "xn--bcher-kva.example",
            "xn--4gbwdl.xn--wgbh1c",
            "xn--zca29lwxobi7a",  # letters and signs that are exceptions
            "xn--ll-0ea",  # a middle dot between two letters l
            "xn--wva3je",  # a keraia before Greek
            "xn--4dbc5h",  # a geresh after Hebrew
            "xn--bck0j",  # a katakana middle dot beside katakana
            "xn--11b2ezcw70k",  # a joiner after a virama
        ],
        invalid=[
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "a b",
            "caf\u00e9.org",
            "\u212aelvin",  # the Kelvin sign, whose lower case is an ASCII k
            "a\u3002b",
            "a" * 64,
            f"{MAX_NAME}d",
            "ab--c",  # reserved by RFC 5890
            "xn--",
            "xn--x",
            "xn--abc-",
            "xn---wdl",  # Punycode would not produce the first hyphen
            "xn--ls8h",  # a pictograph
            "xn--chb89f",  # letters that are exceptions
            "xn--hello-zed",  # begins with a combining mark
            "xn--al-0ea",
            "xn--wva3j",
            "xn--5db1e",
            "xn--defabc-k64e",
            "xn--ngb6iyr",  # two kinds of Arabic digits
            "xn--02b508i",  # a joiner without a virama
        ],
    ),
    "ipv4": Examples(
        valid=["127.0.0.1", "0.0.0.1", "255.255.255.255", "10.20.30.40"],
        invalid=[
            "",
            "127.0.0",
            "127.0.0.1.1",
            "127.0.0.256",
            "127.0.0.01",
            "127.0.0.",
            "127.0..1",
            "0x7f.0.0.1",
            "2130706433",
            "127.0.0.1/8",
            " 127.0.0.1",
            "127.0.0.\u0661",
        ],
    ),
    "ipv6": Examples(
        valid=[
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "ABCD:ef01::2345",
            "::ffff:127.0.0.1",
            "1:2:3:4:5:6:127.0.0.1",
        ],
        invalid=[
            "",
            ":",
            ":::",
            "1:",
            ":1",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "1::2::3",
            "12345::",
            "g::",
            "127.0.0.1",
            "::127.0.0.01",
            "127.0.0.1::",
            "1:2:3:4:5:6:7:127.0.0.1",
            "fe80::1%eth0",
            "::1/64",
            "[::1]",
            "::\u0661",
        ],
    ),
    "json-pointer": Examples(
        valid=["", "/", "/a/0", "/a//", "/~0~1", "/~01", "/caf\u00e9", "/\x00\n"],
        invalid=["a", "#/a", " /a", "/~", "/~2", "/~~0", "/a~"],
    ),
    "relative-json-pointer": Examples(
        valid=["0", "0#", "12/a/~0", "1/", "9" * 40],
        invalid=["", "/a", "#", "01", "-1", "+1", "1a", "0##", "1#/a", "1/~", "\u0661"],
    ),
    "regex": Examples(
        valid=[
            "",
            "^[a-z]+(?:-[0-9]{2,3})*?$",
            "a|b||",
            "(a)(?:b)(?=c)(?!d)(?<=e)(?<!f)",
            r"\d\D\w\W\s\S\b\B\f\n\r\t\v\0\cA",
            r"\x41\u0041\u{41}\u{0010FFFF}\ud83d\ude00",
            r"\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/\-\@",
            r"\p{L}\P{Script=Greek}[\p{Lu}_]",
            "[][^][-a][a-][a-b-c][(|{.*$]",
            r"[\b\-\]\^\d-][\x41-\u{42}][\cA-\cB][\0-\t]",
            r"[\ud83d\ude00-\u{1f601}][\uffff-\ud83d\ude00][a-a][\ca-\cB]",
            "a{0}b{1,}c{2,2}d{007,8}?",
            f"a{{{'9' * 30},1{'0' * 30}}}",
            r"\1(a)\1*",
            r"\k<n>(?<n>a)\k<\u006e>",
            "(?<$_a1>b)(?<\u00e9>c)(?<a\u200d>d)",
            "(?<n>a)|(?<n>b)",
            "(?:(?<n>a)|(?<m>b))(?<o>c)|(?<n>d)",
            "(?i:a)(?ms-i:b)(?-s:c)",
            "caf\u00e9\n\x00",
        ],
        invalid=[
            "(",
            ")",
            "(a",
            "a)",
            "[",
            "[a",
            "]",
            "{",
            "}",
            "a{",
            "a{1",
            "a{,1}",
            "{1}",
            "a{2,1}",
            "a{1,2}{3}",
            f"a{{1{'0' * 30},{'9' * 30}}}",
            "*",
            "a**",
            "a*+",
            "a???",
            "(*)",
            "a|*",
            "^*",
            r"\b+",
            "(?=a)*",
            "(?<!a)?",
            "\\",
            r"\a",
            r"\z",
            r"\e",
            r"\_a\q",
            r"\x4",
            r"\u004",
            r"\u{110000}",
            r"\u{}",
            r"\c1",
            r"\01",
            r"\8",
            r"\2(a)",
            rf"(a)\1{'0' * 30}",
            r"\k<n>",
            r"\k(?<n>a)",
            r"\p",
            r"\pL",
            r"\p{}",
            r"\p{A=}",
            "[z-a]",
            r"[\d-z]",
            r"[a-\w]",
            r"[\B]",
            r"[\1]",
            r"[\u{1f601}-\ud83d\ude00]",
            r"[\t-\0]",
            "(?<n>a)(?<n>b)",
            "(?<n>(?<n>a))",
            "(?<n>a|(?<n>b))",
            "(?:(?<n>a)|b)(?<n>c)",
            r"(?<n>a)(?<\u006e>b)",
            "(?<1>a)",
            "(?<>a)",
            "(?<a-b>c)",
            "(?<\u200da>b)",
            "(?<n",
            "(?P<n>a)",
            "(?>a)",
            "(?#a)",
            "(?i)a",
            "(?ii:a)",
            "(?i-i:a)",
            "(?-:a)",
            "(?u:a)",
        ],
    ),
}

# Texts for which jsonschema-rs, the judge, differs from the specification.
DEVIATIONS = {
    "date": Examples(valid=[], invalid=["+024-01-01", "20-4-01-01"]),
    "time": Examples(valid=[], invalid=["12:3+:00Z", "12:30:0.Z"]),
    "email": Examples(
        valid=['"\\ "@example.org'],
        invalid=['"\t"@example.org', "Someone <someone@example.org>"],
    ),
    "hostname": Examples(
        valid=["XN--BCHER-KVA", "Xn--4GBWDL"],  # RFC 5890 §2.3.1: in any case
        invalid=["xn---a-ecp", "xn--ab---1ra"],  # RFC 5891 §4.2.3.1: misplaced hyphens
    ),
    "regex": Examples(valid=["(?<\u2118>a)", "(?<a\u00b7>b)"], invalid=[]),
}


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
    examples, random = EXAMPLES[name], Random(name)
    sources = [*examples.valid, *examples.invalid, "\n \x00"]
    for _ in range(1000):
        text = random.choice(examples.valid)
        for _ in range(random.randint(0, 4)):
            source = random.choice(sources)
            piece_start = random.randint(0, len(source))
            piece = source[piece_start : piece_start + random.randint(0, 3)]
            start = random.randint(0, len(text))
            text = text[:start] + piece + text[start + random.randint(0, 2) :]
        yield text


@pytest.mark.parametrize("name", EXAMPLES)
def test_format(name: str) -> None:
    for text, verdict in verdicts(EXAMPLES[name]):
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
    for text in (*EXAMPLES[name].valid, *EXAMPLES[name].invalid):
        for line_end in ("", "\n"):
            assert accepts(text + line_end) is FORMATS[name](text + line_end)


@pytest.mark.parametrize("name", ["date", "time", "date-time"])
def test_only_digits_are_digits(name: str) -> None:
    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(EXAMPLES[name].valid), st.data())
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


@pytest.mark.parametrize("name", EXAMPLES)
def test_lone_surrogate_fits_nothing(name: str) -> None:
    for text, surrogate in product(EXAMPLES[name].valid, ("\ud800", "\udcff")):
        middle = len(text) // 2
        assert not FORMATS[name](text + surrogate), ascii(text)
        assert not FORMATS[name](surrogate + text), ascii(text)
        inside = text[:middle] + surrogate + text[middle:]
        assert not FORMATS[name](inside), ascii(text)


@pytest.mark.parametrize("name", sorted({*EXAMPLES} - {"json-pointer", "regex"}))
@pytest.mark.parametrize("sign", ["\n", "\r\n", "\x00", "\u2028"])
def test_line_ends_and_null_are_not_overlooked(name: str, sign: str) -> None:
    for valid in EXAMPLES[name].valid:
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
    assert set(FORMATS) == set(EXAMPLES)
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
