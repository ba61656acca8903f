"""What never varies: it serves the modules of all documents alike.

Arrows run down: `webhook` → `client` → `delivery` → `transport` → `schema` → `media`. The
modules beside these rooms are for all of them.
"""

from __future__ import annotations

from typing import Final

PACKAGE: Final = __name__.rpartition(".")[0]
"""The name of the package, wherever it was put."""
