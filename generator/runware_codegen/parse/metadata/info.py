"""Reads the metadata of a document: `info`, links, statuses and error codes."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypedDict

from runware_codegen.model import Measurement, Pricing, Rate
from runware_codegen.parse.metadata.markdown import clean_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.documents import JsonObject, JsonValue, SourceDocument

_MEASUREMENT_NAMES: Final = ("id", "exampleId", "configuration")
"""Members that name a measurement; the first one present is used."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?(e-[0-9]{1,2})?")
_PREFIX = re.compile(r"^Runware API\s*[-–—:]\s*")


class Metadata(TypedDict):
    """Attributes of `model.Document`. A string is empty if the document has no value."""

    title: str
    summary: str
    description: str
    air: str
    status: str
    creator: str
    creator_id: str
    released: str
    modes: tuple[str, ...]
    price: str
    pricing: Pricing
    measurements: tuple[Measurement, ...]
    capabilities: tuple[str, ...]
    documentation_url: str
    status_texts: tuple[tuple[str, str], ...]
    error_codes: tuple[str, ...]


def read_metadata(document: SourceDocument) -> Metadata:
    """Read `info`, the links and the responses of a document."""
    info = _object(document.tree.get("info"))
    creator, prices = _object(info.get("x-creator")), _object(info.get("x-pricing"))
    pricing = _pricing(prices)
    return Metadata(
        title=_PREFIX.sub("", _text(info, "title")).strip(),
        summary=clean_markdown(_text(info, "summary")),
        description=clean_markdown(_text(info, "description")),
        air=_text(info, "x-air-id"),
        status=_text(info, "x-status"),
        creator=_text(creator, "name"),
        creator_id=_text(creator, "id"),
        released=_date(_text(info, "x-released-at")),
        modes=tuple(
            _text(mode, "id").replace("+", " + ").replace("-", " ")
            for mode in _objects(info.get("x-modes"))
        ),
        price=_price(prices),
        pricing=pricing,
        measurements=(*pricing.measured, *pricing.examples),
        capabilities=tuple(_texts(info.get("x-capabilities"))),
        documentation_url=_link(document, _text(info, "x-model-id")),
        status_texts=tuple(sorted(_statuses(document).items())),
        error_codes=tuple(_codes(document)),
    )


def read_id(document: SourceDocument) -> str:
    """Return the identifier of a document's model or operation; empty without one."""
    if model_id := _text(_object(document.tree.get("info")), "x-model-id"):
        return model_id
    identifiers = (_text(each, "operationId") for each in _operations(document))
    identifier = next(filter(None, identifiers), "")
    return identifier.removeprefix("run_").replace("_", "-")


def _operations(document: SourceDocument) -> Iterator[JsonObject]:
    for path in _object(document.tree.get("paths")).values():
        yield _object(_object(path).get("post"))


def _link(document: SourceDocument, model_id: str) -> str:
    link = _text(_object(document.tree.get("externalDocs")), "url")
    if link or not re.fullmatch(r"[A-Za-z0-9._-]+", model_id):
        return link
    return f"https://runware.ai/docs/models/{model_id}"


def _statuses(document: SourceDocument) -> dict[str, str]:
    """Return the descriptions of responses with an HTTP status of an error."""
    texts: dict[str, str] = {}
    for operation in _operations(document):
        for status, response in _object(operation.get("responses")).items():
            if re.fullmatch(r"[45][0-9]{2}", status):
                texts.setdefault(status, _text(_object(response), "description"))
    return texts


def _codes(document: SourceDocument) -> list[str]:
    """Return the error codes that a document names as constants."""
    node: JsonObject = document.tree
    path = ("components", "schemas", "ErrorResponse", "properties", "errors", "items")
    for name in (*path, "properties", "code"):
        node = _object(node.get(name))
    return _texts([node.get("const"), *_list(node.get("enum"))])


def _price(pricing: JsonObject) -> str:
    rates = [
        f"{shown} ({label})" if (label := _text(rate, "label")) else shown
        for rate in _objects(pricing.get("rates"))
        if (shown := _text(rate, "display"))
    ]
    overview = clean_markdown(_text(pricing, "overview")).rstrip("; ")
    return "; ".join(rates) or overview


def _pricing(pricing: JsonObject) -> Pricing:
    rates = map(_rate, _objects(pricing.get("rates")))
    return Pricing(
        currency=_text(pricing, "currency"),
        rates=tuple(rate for rate in rates if rate != Rate("", "", "", "")),
        measured=tuple(_measurements(pricing.get("measured"))),
        examples=tuple(_measurements(pricing.get("examples"))),
        overview=clean_markdown(_text(pricing, "overview")),
        adds_up=_adds_up(pricing),
    )


def _adds_up(pricing: JsonObject) -> bool:
    """Return whether the price of a task is the sum of its rates, in US dollars.

    If `basis` is present, the rates are a lower limit, or are not added.
    """
    listed = _list(pricing.get("rates"))
    in_dollars = pricing.get("currency") in (None, "USD")
    is_sum = "basis" not in pricing and in_dollars
    return bool(listed) and is_sum and all(map(_is_complete, listed))


def _is_complete(rate: JsonValue) -> bool:
    """Return whether a rate has an amount, a unit and no malformed label."""
    read = _rate(_object(rate))
    label = _object(rate).get("label")
    return bool(read.amount and read.unit) and isinstance(label, str | None)


def _rate(rate: JsonObject) -> Rate:
    return Rate(
        amount=_dollars(rate.get("amount")),
        unit=_text(rate, "unit"),
        label=_text(rate, "label"),
        text=_text(rate, "display"),
    )


def _measurements(listed: JsonValue) -> Iterator[Measurement]:
    """Yield the tasks that have a price or a latency."""
    for each in _objects(listed):
        price = _dollars(each.get("price"))
        latency = _number(each.get("latencyMs"))
        if price or latency:
            names = (_text(each, key) for key in _MEASUREMENT_NAMES)
            name = next(filter(None, names), "")
            yield Measurement(name, _text(each, "configuration"), price, latency)


def _dollars(price: JsonValue) -> str:
    """Write a price in USD, which may be text such as "$1.17", as a decimal number."""
    number = price.removeprefix("$") if isinstance(price, str) else _number(price)
    text = str(number)
    return f"{Decimal(text):f}" if _NUMBER.fullmatch(text) else ""


def _number(value: JsonValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value


def _date(time: str) -> str:
    """Return the date of a time in RFC 3339; empty if the time is invalid."""
    try:
        return dt.date.fromisoformat(time[:10]).isoformat()
    except ValueError:
        return ""


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: JsonValue) -> list[JsonObject]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _texts(value: JsonValue) -> list[str]:
    return [each for each in _list(value) if isinstance(each, str)]


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(holder: JsonObject, key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
