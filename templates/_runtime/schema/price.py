"""The price of a task, calculated from the rates of its document.

There is a price only if the task states the number of units for each rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import isfinite

from ..amounts import AMOUNTS, amount, total
from ..json_values import is_array, is_number, is_object
from ..media.local_files import LocalFile
from .rules import Rate, Wire


def price_of(rates: Iterable[Rate], task: Wire) -> Decimal | None:
    """Return the price of a task in US dollars. It may contain files.

    None without rates, if the number of a unit is not known, or if it is not known which
    of several rates applies.
    """
    units: dict[str, list[Rate]] = {}
    for rate in rates:
        units.setdefault(rate.unit, []).append(rate)
    costs: list[Decimal] = []
    for unit, of_unit in units.items():
        number = _number_of_units(unit, task)
        applicable = [*_applicable(of_unit, task)]
        if number is None or len(applicable) != 1:
            return None
        costs.append(AMOUNTS.multiply(Decimal(applicable[0].amount), number))
    return total(costs) if units else None


def _applicable(rates: list[Rate], task: Wire) -> Iterator[Rate]:
    """Yield the rates that apply to a task; a label must equal the value of a member."""
    values = {v.casefold() for v in task.values() if isinstance(v, str)}
    width, height = task.get("width"), task.get("height")
    values.add(f"{width}x{height}")
    for rate in rates:
        if not rate.label or rate.label.casefold().replace("×", "x") in values:
            yield rate


def _number_of_units(unit: str, task: Wire) -> Decimal | None:
    """Return the number of units that a task orders; None if it is not known."""
    outputs = Decimal(task.get("numberResults", 1))
    if unit in ("image", "output", "outputImage"):
        return outputs
    if unit in ("durationSecond", "outputSecond", "second"):
        seconds: object = task.get("duration")
        if not is_number(seconds):
            return None
        is_time = isfinite(seconds) and seconds > 0
        return AMOUNTS.multiply(amount(seconds), outputs) if is_time else None
    if unit == "inputImage":
        return _input_images(task)
    return None


def _input_images(task: Wire) -> Decimal | None:
    """Return the number of images in `inputs`; None if it contains other media."""
    inputs = task.get("inputs", {})
    if not is_object(inputs):
        return None
    number = 0
    for name, value in inputs.items():
        images = value if is_array(value) else [value]
        if name not in ("image", "images", "referenceImages", "seedImage"):
            return None
        if not all(isinstance(image, (str, LocalFile)) for image in images):
            return None
        number += len(images)
    return Decimal(number)
