"""Results of tasks that are not known, such as those of an earlier process."""

from __future__ import annotations

import json
from collections import OrderedDict

from .envelope import Item
from .pending import add

MAX_STRAYS = 500
"""Maximum number of unknown tasks whose results are kept."""

MAX_STRAY_BYTES = 64 << 20
"""Maximum size of their results as JSON text, except the newest."""


class Strays:
    """Keeps the newest results of unknown tasks, so that they can be collected later."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, list[Item]] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def add(self, key: str, item: Item) -> None:
        """Keep a result of a task; drop the oldest tasks beyond the limits."""
        items = self._items.setdefault(key, [])
        before = len(items)
        add(item, items)
        if len(items) > before:
            self._sizes[key] = self._sizes.get(key, 0) + _size(item)
        self._items.move_to_end(key)
        while len(self._items) > MAX_STRAYS or self._is_too_large():
            self.pop(next(iter(self._items)))

    def pop(self, key: str) -> list[Item]:
        """Return the results of a task, and keep them no longer."""
        self._sizes.pop(key, None)
        return self._items.pop(key, [])

    def _is_too_large(self) -> bool:
        return len(self._items) > 1 and sum(self._sizes.values()) > MAX_STRAY_BYTES


def _size(item: Item) -> int:
    try:
        return len(json.dumps(item))
    except RecursionError:
        return MAX_STRAY_BYTES
