"""The price of a request, calculated from the rates of its document."""

from __future__ import annotations

import decimal
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from types import ModuleType

SECONDS = {"amount": 0.07, "unit": "durationSecond"}
OUTPUT = {"amount": 0.3, "unit": "output"}
INPUT = {"amount": 1e-05, "unit": "inputImage"}
SILENT = {**SECONDS, "label": "without audio"}
LOUD = {"amount": 0.14, "unit": "durationSecond", "label": "with audio"}
SMALL, LARGE = ({**OUTPUT, "amount": n, "label": f"{n}K"} for n in (1, 2))

PRICINGS: dict[str, dict[str, Any]] = {
    "output": {"currency": "USD", "rates": [OUTPUT]},
    "seconds": {"rates": [SECONDS]},
    "inputs": {"rates": [OUTPUT, INPUT]},
    "labels": {"rates": [SMALL, LARGE]},
    "sizes": {"rates": [{**SMALL, "label": "512×512"}, {**LARGE, "label": "960×540"}]},
    "open": {"rates": [SILENT, LOUD]},
    "floor": {"basis": "floor", "rates": [OUTPUT]},
    "least": {"rates": [{**OUTPUT, "minimum": 5}]},
    "tiers": {"rates": [OUTPUT], "discounts": [{"from": 10, "amount": 0.2}]},
    "token": {"rates": [{"amount": 5e-06, "unit": "inputToken"}]},
    "partly": {"rates": [OUTPUT, {"amount": 5e-06, "unit": "inputToken"}]},
    "euro": {"currency": "EUR", "rates": [OUTPUT]},
    "odd": {"rates": [OUTPUT, {"amount": "much", "unit": "output"}]},
    "words": {"overview": "From $1."},
    "empty": {"rates": []},
}

TASK = {
    "properties": {
        "numberResults": {"type": "integer", "minimum": 1},
        "duration": {"anyOf": [{"type": "number"}, {"const": "auto"}]},
        "resolution": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "inputs": {"type": "object"},
    }
}


IMAGE = {"type": "string", "anyOf": [{"format": "uuid"}, {"format": "uri"}]}
FILES = {"properties": {"inputs": {"type": "object", "properties": {"image": IMAGE}}}}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A package with a document for each kind of pricing."""
    files = a_document(
        FILES, identifier="files", info={"x-pricing": {"rates": [OUTPUT, INPUT]}}
    )
    documents = {"files.json": files} | {
        f"{name}.json": a_document(
            TASK,
            identifier=name,
            model=f"test:{name}@1",
            info={"x-pricing": pricing},
        )
        for name, pricing in PRICINGS.items()
    }
    folder = tmp_path_factory.mktemp("priced")
    return generated(folder, documents, package="priced_client")


@pytest.mark.parametrize(
    ("name", "members", "price"),
    [
        ("output", {}, "0.3"),
        ("output", {"numberResults": 4}, "1.2"),
        ("seconds", {"duration": 5}, "0.35"),
        ("seconds", {"duration": 2.5, "numberResults": 2}, "0.35"),
        ("seconds", {"duration": 2.5, "numberResults": 2.0}, "0.35"),
        ("inputs", {}, "0.3"),
        ("inputs", {"inputs": {"referenceImages": ["a", "b"]}}, "0.30002"),
        ("labels", {"resolution": "2k"}, "2"),
        ("labels", {"resolution": "1K", "numberResults": 3}, "3"),
        ("sizes", {"width": 960, "height": 540}, "2"),
    ],
)
def test_what_can_be_counted_is_added_up(
    package: ModuleType, name: str, members: dict[str, Any], price: str
) -> None:
    request = package.parse_request(a_task(f"test:{name}@1", **members))
    assert request.price == Decimal(price)


def test_a_price_is_exact_whatever_the_program_does_with_decimals(
    package: ModuleType,
) -> None:
    members = {"duration": 2.5, "numberResults": 2}
    request = package.parse_request(a_task("test:seconds@1", **members))
    with decimal.localcontext(decimal.Context(prec=1, traps=[decimal.Inexact])):
        assert request.price == Decimal("0.35")


def test_a_file_that_is_uploaded_first_is_counted(package: ModuleType) -> None:
    module = import_module(f"{package.__name__}.tasks.image_inference")
    image = b"\x89PNG\r\n\x1a\n" + bytes(20)
    request = module.FilesRequest(inputs={"image": image})
    with pytest.raises(ValueError, match="cannot be written as JSON yet"):
        request.to_wire()
    assert request.price == Decimal("0.30001")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("seconds", {}),
        ("seconds", {"duration": "auto"}),
        ("seconds", {"duration": 0}),
        ("seconds", {"duration": -1}),
        ("inputs", {"inputs": {"image": {"source": "a"}}}),
        ("inputs", {"inputs": {"mask": "a"}}),
        ("labels", {}),
        ("labels", {"resolution": "8K"}),
        ("sizes", {"width": 540, "height": 960}),
        ("open", {"duration": 5}),
        ("floor", {}),
        ("least", {}),
        ("tiers", {}),
        ("token", {}),
        ("partly", {}),
        ("euro", {}),
        ("odd", {}),
        ("words", {}),
        ("empty", {}),
    ],
)
def test_what_is_open_has_no_price(
    package: ModuleType, name: str, members: dict[str, Any]
) -> None:
    request = package.parse_request(a_task(f"test:{name}@1", **members))
    assert request.price is None
