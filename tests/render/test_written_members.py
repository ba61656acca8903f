"""What emitted classes say about members that few documents have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import SIMPLE, generated, simple_document, simple_task

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

COUNT = {"type": "integer", "minimum": 3, "description": "A count."}
SIZES = {
    "anyOf": [
        {
            "properties": {"width": {"const": side}, "height": {"const": side}},
            "required": ["width", "height"],
        }
        for side in (64, 128)
    ]
}
TASKS: dict[str, dict[str, Any]] = {
    "described": {
        "properties": {
            "choice": {
                "anyOf": [
                    {
                        "oneOf": [
                            {"const": "a", "title": "Alpha"},
                            {"const": "b", "description": "Beta."},
                        ]
                    },
                    COUNT,
                ]
            },
            "box": {"anyOf": [{"type": "object", "title": "Box", "properties": {"w": COUNT}}, COUNT]},
            "note": {"type": "string", "description": "A text.\n\n> [!WARNING]\n> Not read."},
        }
    },
    "old": {
        "properties": {"label": {"type": "string", "deprecated": True}},
        "required": ["label"],
    },
    "separated": {
        "properties": {
            "gap": {
                "type": "string",
                "default": "  ",
                "description": "Between\tthe  \nparts.",
            },
        }
    },
    "sizes": {
        "properties": {
            "width": {"type": "integer"},
            "height": {"type": "integer"},
            "mode": {"enum": ["a", "b", "c"]},
        },
        "required": ["mode"],
        "allOf": [
            {"if": {"properties": {"mode": {"const": mode}}}, "then": SIZES}
            for mode in "ab"
        ],
    },
}  # fmt: skip
RESULT = {"properties": {"name": {"type": "string", "not": {"const": "x"}}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


@pytest.fixture(scope="module")
def package(folder: Path) -> ModuleType:
    documents = {f"{n}.json": simple_document(n, task) for n, task in TASKS.items()}
    schemas = documents["old.json"]["components"]["schemas"]
    schemas["ResponseBody"]["properties"]["data"]["items"] = RESULT
    return generated(folder, documents, package="written_members")


def text_of(package: ModuleType, folder: Path, name: str) -> str:
    [document] = package.documents(text=name)
    *_, task_type, module = document.request.__module__.split(".")
    path = folder / package.__name__ / "tasks" / task_type / f"{module}.py"
    return path.read_text(encoding="utf-8")


def test_the_alternatives_of_a_member_are_a_list(
    package: ModuleType, folder: Path
) -> None:
    text = text_of(package, folder, "described")
    count = "- an integer of at least 3: A count.\n"
    assert f"- `a`: Alpha\n    - `b`: Beta.\n    {count}" in text
    assert f"- `Box`\n    {count}" in text


def test_a_call_out_is_a_paragraph(package: ModuleType, folder: Path) -> None:
    assert "A text.\n\n    Warning: Not read.\n" in text_of(
        package, folder, "described"
    )


def test_the_description_of_a_parameter_is_one_line(
    package: ModuleType, folder: Path
) -> None:
    text = text_of(package, folder, "separated")
    assert '        gap: Between the parts. Default: `"  "`.\n' in text


def test_a_required_member_may_be_deprecated(package: ModuleType) -> None:
    task = simple_task("old", label="x")
    with pytest.warns(DeprecationWarning, match="`label` of OldRequest is deprecated"):
        request = package.parse_request(task)
    assert request.to_wire() == task
    with pytest.warns(DeprecationWarning, match="`label` is deprecated"):
        assert request.label == "x"
    with pytest.raises(ValidationError, match="label"):
        package.parse_request(simple_task("old"))


@pytest.mark.filterwarnings("ignore:`label` of OldRequest is deprecated")
def test_a_result_may_be_what_its_document_does_not_expect(package: ModuleType) -> None:
    request = package.parse_request(simple_task("old", label="x"))
    assert request.read({"taskType": SIMPLE, "name": "x"}).name == "x"
    assert request.result.model_fields["name"].annotation == str | None


def test_two_rules_share_a_table_of_sizes(package: ModuleType, folder: Path) -> None:
    text = text_of(package, folder, "sizes")
    assert text.count("Size(64, 64)") == 1
    for mode in "ab":
        task = simple_task("sizes", mode=mode, width=1, height=1)
        with pytest.raises(ValidationError, match=f"size when mode is '{mode}'"):
            package.parse_request(task)
    assert package.parse_request(simple_task("sizes", mode="b", width=64, height=64))
