"""Differences of the metadata of documents: status, price, limits, texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from runware_codegen.model import Document, Measurement, MediaLimit, Pricing, Rate


class Difference(NamedTuple):
    """A difference of metadata: the identifier of its kind, and both sides in words."""

    kind: str
    before: str
    after: str


def compare_metadata(old: Document, new: Document) -> Iterator[Difference]:
    """Find the differences of the metadata of two versions of a document."""
    if old.id != new.id:
        yield Difference("document-renamed", old.id, new.id)
    if old.task_type != new.task_type:
        yield Difference("task-type-changed", old.task_type, new.task_type)
    yield from _models(old, new)
    for kind, before, after in _texts(old, new):
        if before.split() != after.split():
            yield Difference(kind, before or "none", after or "none")
    yield from _measurements(old, new)
    yield from _limits(old.media_limits, new.media_limits)
    yield from _names("error-code", old.error_codes, new.error_codes)
    yield from _statuses(dict(old.status_texts), dict(new.status_texts))
    before, after = _unenforced(old), _unenforced(new)
    if before != after:
        yield Difference("unenforced-changed", before, after)


def _models(old: Document, new: Document) -> Iterator[Difference]:
    if old.models and new.models:
        yield from _names("model", old.models, new.models)
    is_shared = old.air in new.models or new.air in old.models
    if old.air != new.air and (is_shared or old.models == new.models):
        yield Difference("air-changed", old.air or "none", new.air or "none")


def _texts(old: Document, new: Document) -> Iterator[tuple[str, str, str]]:
    for kind, attribute in (
        ("status-changed", "status"),
        ("default-delivery-changed", "default_delivery"),
        ("title-changed", "title"),
        ("words-changed", "summary"),
        ("words-changed", "description"),
        ("documentation-url-changed", "documentation_url"),
        ("price-changed", "price"),
    ):
        yield kind, getattr(old, attribute), getattr(new, attribute)
    for kind, attribute in (
        ("capabilities-changed", "capabilities"),
        ("modes-changed", "modes"),
    ):
        before, after = getattr(old, attribute), getattr(new, attribute)
        yield kind, ", ".join(sorted(before)), ", ".join(sorted(after))
    if old.price.split() == new.price.split():
        yield "price-changed", _figures(old.pricing), _figures(new.pricing)


def _names(noun: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Difference]:
    before, after = set(old), set(new)
    for name in sorted(before - after):
        yield Difference(f"{noun}-removed", name, "")
    for name in sorted(after - before):
        yield Difference(f"{noun}-added", "", name)


def _statuses(old: dict[str, str], new: dict[str, str]) -> Iterator[Difference]:
    yield from _names("http-status", old, new)
    for status in sorted(old.keys() & new.keys()):
        if old[status].split() != new[status].split():
            kind = "http-status-words-changed"
            before, after = f"{status}: {old[status]}", f"{status}: {new[status]}"
            yield Difference(kind, before, after)


def _figures(pricing: Pricing) -> str:
    """Return the prices as data, which `Document.price` may round or leave out."""
    parts = [_rate(rate, pricing.currency or "USD") for rate in pricing.rates]
    if pricing.adds_up:
        parts.append("the rates add up")
    return "; ".join(filter(None, (*parts, pricing.overview)))


def _rate(rate: Rate, currency: str) -> str:
    per = f" per {rate.unit}" if rate.unit else ""
    label = f" ({rate.label})" if rate.label else ""
    return f"{rate.amount or rate.text} {currency}{per}{label}"


def _measurements(old: Document, new: Document) -> Iterator[Difference]:
    """Compare the measurements that both versions have.

    Measured prices are compared too if only one version has them; examples vary.
    """
    before = {each.name: each for each in old.measurements}
    after = {each.name: each for each in new.measurements}
    listed = {each.name for each in (*old.pricing.measured, *new.pricing.measured)}
    for name in sorted((before.keys() & after.keys()) | listed):
        was, now = before.get(name), after.get(name)
        prices = _dollars(was), _dollars(now)
        if prices[0] != prices[1]:
            yield Difference("price-changed", *(f"{name}: {each}" for each in prices))
        if was and now and was.latency_ms != now.latency_ms:
            latencies = f"{name}: {was.latency_ms} ms", f"{name}: {now.latency_ms} ms"
            yield Difference("latency-changed", *latencies)


def _dollars(measurement: Measurement | None) -> str:
    return f"${measurement.price}" if measurement and measurement.price else "none"


def _limits(
    old: Iterable[MediaLimit], new: Iterable[MediaLimit]
) -> Iterator[Difference]:
    before = {(limit.parameter, limit.operation): _limit(limit) for limit in old}
    after = {(limit.parameter, limit.operation): _limit(limit) for limit in new}
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key, "none"), after.get(key, "none")
        if one != other:
            yield Difference("media-limit-changed", one, other)


def _limit(limit: MediaLimit) -> str:
    bounds = {"from": limit.minimum, "to": limit.maximum}
    words = [f"{word} {bound}" for word, bound in bounds.items() if bound is not None]
    return f"{limit.operation} of {limit.parameter} {' '.join(words)}"


def _unenforced(document: Document) -> str:
    return ", ".join(sorted(each.pointer for each in document.unenforced)) or "none"
