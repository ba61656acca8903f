"""Reads the metadata of a document: `info`, links, statuses and error codes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, TypedDict

from runware_codegen.documents import JsonObject, JsonValue, SourceDocument
from runware_codegen.documents.members import (
    array_of,
    is_number,
    is_object,
    member,
    object_of,
    objects_of,
    text_of,
)
from runware_codegen.model import Measurement, Pricing, Rate
from runware_codegen.parse.metadata.markdown import clean_markdown

_OF_PRICING: Final = frozenset(
    ("currency", "docs", "examples", "measured", "overview", "rates")
)
"""Members of a pricing that do not change the meaning of its rates."""

_OF_RATE: Final = frozenset(("amount", "display", "label", "unit"))

_MEASUREMENT_NAMES: Final = ("id", "exampleId", "configuration")
"""Members that name a measurement; the first one present is used."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?(e-[0-2]?[0-9])?")
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
    info = object_of(document.tree, "info")
    creator, prices = object_of(info, "x-creator"), object_of(info, "x-pricing")
    pricing = read_pricing(prices)
    return Metadata(
        title=_PREFIX.sub("", text_of(info, "title")).strip(),
        summary=clean_markdown(text_of(info, "summary")),
        description=clean_markdown(text_of(info, "description")),
        air=text_of(info, "x-air-id"),
        status=text_of(info, "x-status"),
        creator=text_of(creator, "name"),
        creator_id=text_of(creator, "id"),
        released=_date(text_of(info, "x-released-at")),
        modes=tuple(
            name.replace("+", " + ").replace("-", " ")
            for mode in objects_of(info, "x-modes")
            if (name := text_of(mode, "id"))
        ),
        price=_price(prices),
        pricing=pricing,
        measurements=(*pricing.measured, *pricing.examples),
        capabilities=tuple(_texts(array_of(info, "x-capabilities"))),
        documentation_url=_link(document, text_of(info, "x-model-id")),
        status_texts=tuple(sorted(_statuses(document).items())),
        error_codes=tuple(_codes(document)),
    )


def read_id(document: SourceDocument) -> str:
    """Return the identifier of a document's model or operation; empty without one."""
    if model_id := text_of(object_of(document.tree, "info"), "x-model-id"):
        return model_id
    identifiers = (text_of(each, "operationId") for each in _operations(document))
    identifier = next(filter(None, identifiers), "")
    return identifier.removeprefix("run_").replace("_", "-")


def _operations(document: SourceDocument) -> Iterator[JsonObject]:
    for path in object_of(document.tree, "paths").values():
        yield object_of(path, "post")


def _link(document: SourceDocument, model_id: str) -> str:
    link = text_of(object_of(document.tree, "externalDocs"), "url")
    if link or not re.fullmatch(r"[A-Za-z0-9._-]+", model_id):
        return link
    return f"https://runware.ai/docs/models/{model_id}"


def _statuses(document: SourceDocument) -> dict[str, str]:
    """Return the descriptions of responses with an HTTP status of an error."""
    texts: dict[str, str] = {}
    for operation in _operations(document):
        for status, response in object_of(operation, "responses").items():
            if re.fullmatch(r"[45][0-9]{2}", status):
                texts.setdefault(status, text_of(response, "description"))
    return texts


def _codes(document: SourceDocument) -> list[str]:
    """Return the error codes that a document names as constants."""
    node: JsonObject = document.tree
    path = ("components", "schemas", "ErrorResponse", "properties", "errors", "items")
    for name in (*path, "properties", "code"):
        node = object_of(node, name)
    return _texts([node.get("const"), *array_of(node, "enum")])


def _price(pricing: JsonObject) -> str:
    rates = [
        f"{shown} ({label})" if (label := text_of(rate, "label")) else shown
        for rate in objects_of(pricing, "rates")
        if (shown := text_of(rate, "display"))
    ]
    overview = clean_markdown(text_of(pricing, "overview")).rstrip("; ")
    return "; ".join(rates) or overview


def read_pricing(pricing: JsonObject) -> Pricing:
    """Read `x-pricing`."""
    rates = map(_rate, objects_of(pricing, "rates"))
    return Pricing(
        currency=text_of(pricing, "currency"),
        rates=tuple(rate for rate in rates if rate != Rate("", "", "", "")),
        measured=tuple(_measurements(pricing, "measured")),
        examples=tuple(_measurements(pricing, "examples")),
        overview=clean_markdown(text_of(pricing, "overview")),
        adds_up=_adds_up(pricing),
    )


def _adds_up(pricing: JsonObject) -> bool:
    """Return whether the price of a task is the sum of its rates, in US dollars.

    If `basis` is present, the rates are a lower limit, or are not added. Another member
    that is not known may have such a meaning too.
    """
    listed = array_of(pricing, "rates")
    in_dollars = pricing.get("currency") in (None, "USD")
    is_sum = pricing.keys() <= _OF_PRICING and in_dollars
    return bool(listed) and is_sum and all(map(_is_complete, listed))


def _is_complete(rate: object) -> bool:
    """Return whether a rate has an amount, a unit, no malformed label, and no more."""
    read = _rate(rate)
    is_known = is_object(rate) and rate.keys() <= _OF_RATE
    has_label = isinstance(member(rate, "label"), str | None)
    return is_known and has_label and bool(read.amount and read.unit)


def _rate(rate: object) -> Rate:
    return Rate(
        amount=_dollars(member(rate, "amount")),
        unit=text_of(rate, "unit"),
        label=text_of(rate, "label"),
        text=text_of(rate, "display"),
    )


def _measurements(pricing: JsonObject, name: str) -> Iterator[Measurement]:
    """Yield the tasks that have a price or a latency."""
    for each in objects_of(pricing, name):
        price = _dollars(each.get("price"))
        latency = each["latencyMs"] if is_number(each.get("latencyMs")) else None
        if price or latency:
            names = (text_of(each, key) for key in _MEASUREMENT_NAMES)
            name = next(filter(None, names), "")
            yield Measurement(name, text_of(each, "configuration"), price, latency)


def _dollars(price: JsonValue) -> str:
    """Write a price in USD, which may be text such as "$1.17", as a decimal number."""
    text = str(price).removeprefix("$")
    return f"{Decimal(text):f}" if _NUMBER.fullmatch(text) else ""


def _date(time: str) -> str:
    """Return the date of a time in RFC 3339; empty if the time is invalid."""
    try:
        return dt.date.fromisoformat(time[:10]).isoformat()
    except ValueError:
        return ""


def _texts(values: list[JsonValue]) -> list[str]:
    return [each for each in values if isinstance(each, str)]
