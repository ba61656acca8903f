"""What a document says of its model: words, capabilities, prices, latencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Rate(NamedTuple):
    """What a unit costs.

    Attributes:
        amount: The price of a unit; None where the document has no plain number.
        unit: The unit as the document names it, such as "output" or "durationSecond".
        label: What the rate is for, such as "1080p"; or empty.
        text: The rate in words, such as "$0.05 per second"; or empty.
    """

    amount: Decimal | None = None
    unit: str = ""
    label: str = ""
    text: str = ""


class Measurement(NamedTuple):
    """The price and the latency of a task that Runware has run.

    Attributes:
        name: The identifier of the run, or else its settings.
        settings: The settings of the task in words, or empty.
        price: What it cost; None where the document has no plain number.
        latency: The seconds that it took; None where the document does not say.
    """

    name: str = ""
    settings: str = ""
    price: Decimal | None = None
    latency: float | None = None


class Price(NamedTuple):
    """What a document says of prices.

    Attributes:
        currency: The currency of all amounts.
        rates: What units cost.
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
    """What a document says of its model; `Document` has the same attributes."""

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
        ran = (*self.price.measured, *self.price.examples)
        latencies = sorted(each.latency for each in ran if each.latency is not None)
        middle = len(latencies) // 2
        if not latencies:
            return None
        if len(latencies) % 2:
            return latencies[middle]
        return (latencies[middle - 1] + latencies[middle]) / 2
