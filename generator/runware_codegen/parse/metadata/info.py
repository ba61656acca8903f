"""Reads the metadata of a document: `info`, links, statuses and error codes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from runware_codegen.model import Measurement, Pricing, Rate
from runware_codegen.parse.metadata.markdown import clean_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runware_codegen.documents import JsonObject, JsonValue, SourceDocument

_MEASUREMENT_NAMES: Final = ("id", "exampleId", "configuration")
"""Settings that distinguish measurements, in the order of preference."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?(e-[0-9]{1,2})?")
_PREFIX = re.compile(r"^Runware API\s*[-–—:]\s*")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of a document. A string is empty if the document has no value for it."""

    id: str
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
    capabilities: tuple[str, ...]
    link: str
    statuses: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]


def read_metadata(document: SourceDocument) -> Metadata:
    """Read `info`, the links and the responses of a document."""
    info = _object(document.tree.get("info"))
    creator, pricing = _object(info.get("x-creator")), _object(info.get("x-pricing"))
    model_id = _text(info, "x-model-id")
    return Metadata(
        id=model_id or _operation_id(document),
        title=_PREFIX.sub("", _text(info, "title")).strip(),
        summary=clean_markdown(_text(info, "summary")),
        description=clean_markdown(_text(info, "description")),
        air=_text(info, "x-air-id"),
        status=_text(info, "x-status"),
        creator=_text(creator, "name"),
        creator_id=_text(creator, "id"),
        released=_date(_text(info, "x-released-at")),
        modes=tuple(_mode(mode) for mode in _objects(info.get("x-modes"))),
        price=_price(pricing),
        pricing=_pricing(pricing),
        capabilities=tuple(_texts(info.get("x-capabilities"))),
        link=_link(document, model_id),
        statuses=tuple(_statuses(document).items()),
        codes=tuple(_codes(document)),
    )


def _operation_id(document: SourceDocument) -> str:
    for path in _object(document.tree.get("paths")).values():
        identifier = _text(_object(_object(path).get("post")), "operationId")
        if identifier:
            return identifier.removeprefix("run_").replace("_", "-")
    return ""


def _link(document: SourceDocument, model_id: str) -> str:
    link = _text(_object(document.tree.get("externalDocs")), "url")
    if link or not re.fullmatch(r"[A-Za-z0-9._-]+", model_id):
        return link
    return f"https://runware.ai/docs/models/{model_id}"


def _statuses(document: SourceDocument) -> dict[str, str]:
    said: dict[str, str] = {}
    for path in _object(document.tree.get("paths")).values():
        responses = _object(_object(_object(path).get("post")).get("responses"))
        for status, response in responses.items():
            if re.fullmatch(r"[45][0-9]{2}", status):
                said.setdefault(status, _text(_object(response), "description"))
    return dict(sorted(said.items()))


def _codes(document: SourceDocument) -> list[str]:
    """Return the error codes that a document names as constants."""
    node: JsonObject = document.tree
    way = ("components", "schemas", "ErrorResponse", "properties", "errors", "items")
    for name in (*way, "properties", "code"):
        node = _object(node.get(name))
    return _texts([node.get("const"), *_list(node.get("enum"))])


def _mode(mode: JsonObject) -> str:
    return _text(mode, "id").replace("+", " + ").replace("-", " ")


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
    """Whether the price of a task is the sum of its rates, in US dollars.

    A `basis` says that they are a lower limit, or of another kind.
    """
    listed = _list(pricing.get("rates"))
    is_in_dollars = pricing.get("currency") in (None, "USD")
    is_whole = "basis" not in pricing and is_in_dollars
    return bool(listed) and is_whole and all(map(_is_known, listed))


def _is_known(rate: JsonValue) -> bool:
    """Whether a rate says what a unit costs, and for what."""
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
    """Give the tasks whose price or latency the document has."""
    for each in _objects(listed):
        price = _dollars(each.get("price"))
        latency = _number(each.get("latencyMs"))
        if price or latency:
            yield Measurement(
                name=next(
                    filter(None, (_text(each, key) for key in _MEASUREMENT_NAMES)), ""
                ),
                settings=_text(each, "configuration"),
                price=price,
                latency_ms=latency,
            )


def _dollars(price: JsonValue) -> str:
    """Write a price in USD as a decimal number: 0.0013; documents also say "$1.17"."""
    number = price.removeprefix("$") if isinstance(price, str) else _number(price)
    text = str(number)
    return f"{Decimal(text):f}" if _NUMBER.fullmatch(text) else ""


def _number(value: JsonValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value


def _date(time: str) -> str:
    """Return the date of a time in RFC 3339, or empty."""
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
