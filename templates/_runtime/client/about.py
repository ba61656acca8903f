"""The metadata of a document: texts, capabilities, prices and latencies of its model."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Rate(NamedTuple):
    """The price of a unit.

    Attributes:
        amount: The price; None if the document does not state it as a number.
        unit: The unit in the document, such as "output" or "durationSecond".
        label: The case in which the rate applies, such as "1080p"; or empty.
        text: The rate in words, such as "$0.05 per second"; or empty.
    """

    amount: Decimal | None = None
    unit: str = ""
    label: str = ""
    text: str = ""


class Measurement(NamedTuple):
    """The price and the latency of a task that Runware has run.

    Attributes:
        name: The identifier of the run, else its settings.
        settings: The settings of the task in words; or empty.
        price: The cost; None if the document does not state it as a number.
        latency: The latency in seconds; None if the document does not state it.
    """

    name: str = ""
    settings: str = ""
    price: Decimal | None = None
    latency: float | None = None


class Price(NamedTuple):
    """The prices in a document.

    Attributes:
        currency: The currency of all amounts.
        rates: The prices of units.
        measured: Tasks that were run to measure prices.
        examples: Tasks that were run as examples.
        overview: The prices in words, as Markdown; or empty.
    """

    currency: str = "USD"
    rates: tuple[Rate, ...] = ()
    measured: tuple[Measurement, ...] = ()
    examples: tuple[Measurement, ...] = ()
    overview: str = ""


class About(NamedTuple):
    """The metadata of a document; `Document` has the same attributes."""

    title: str = ""
    summary: str = ""
    description: str = ""
    creator: str = ""
    creator_id: str = ""
    capabilities: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    released: date | None = None
    price: Price = Price()
    documentation: str = ""

    @property
    def latency(self) -> float | None:
        """The median of the latencies of its measured tasks and examples, in seconds."""
        from statistics import median  # slow to import

        ran = (*self.price.measured, *self.price.examples)
        latencies = [each.latency for each in ran if each.latency is not None]
        return median(latencies) if latencies else None
