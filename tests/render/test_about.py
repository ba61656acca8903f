"""Metadata of models is written in black's format, without running black."""

from __future__ import annotations

import json
from typing import Any

import black
from hypothesis import example, given
from hypothesis import strategies as st

from making import a_document
from random_text import CHARACTERS
from runware_codegen.documents.load import load_text
from runware_codegen.documents.sources import Source
from runware_codegen.parse.document import parse_document
from runware_codegen.render import rendered_about

_TEXTS = st.text(CHARACTERS, max_size=120) | st.sampled_from(
    [
        "a" * 70,
        "漢字" * 17,
        'it\'s "quoted" \\ ' * 6,
        "https://x.example/" + "a" * 80,
        "👩‍🚀 é" * 14,
    ]
)
_LISTS = st.lists(_TEXTS, max_size=4)
_NUMBERS = st.floats(0, 1e6) | st.integers(0, 10**6)
_RATES = st.fixed_dictionaries(
    {},
    optional={"amount": _NUMBERS, "unit": _TEXTS, "label": _TEXTS, "display": _TEXTS},
)
_EXAMPLES = st.fixed_dictionaries(
    {},
    optional={
        "id": _TEXTS,
        "configuration": _TEXTS,
        "price": _NUMBERS,
        "latencyMs": _NUMBERS,
    },
)
_INFO = st.fixed_dictionaries(
    {"title": _TEXTS},
    optional={
        "summary": _TEXTS,
        "description": _TEXTS,
        "x-creator": st.fixed_dictionaries({"name": _TEXTS, "id": _TEXTS}),
        "x-capabilities": _LISTS,
        "x-modes": _LISTS.map(lambda ids: [{"id": each} for each in ids]),
        "x-released-at": st.dates().map(str),
        "x-pricing": st.fixed_dictionaries(
            {},
            optional={
                "currency": _TEXTS,
                "overview": _TEXTS,
                "rates": st.lists(_RATES, max_size=3),
                "measured": st.lists(_EXAMPLES, max_size=3),
                "examples": st.lists(_EXAMPLES, max_size=3),
            },
        ),
    },
)


@example({"title": "", "x-pricing": {"rates": [{"amount": 9.87654321e-96}]}})
@example({"title": "", "x-pricing": {"rates": [{"amount": 9.876543210123e-29}]}})
@given(info=_INFO)
def test_black_changes_nothing(info: dict[str, Any]) -> None:
    text = json.dumps(a_document({}, info=info))
    document = load_text(Source("<stdin>", None), text)
    assert document is not None
    about = rendered_about(parse_document(document, allow_unenforced=False))
    mode = black.Mode(target_versions={black.TargetVersion.PY311})
    assert black.format_str(about, mode=mode) == f"{about}\n"
