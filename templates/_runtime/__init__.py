"""The runtime of the package, which is the same for all documents.

Imports between its packages go in one direction: `webhook` → `client` → `delivery` →
`transport` → `schema` → `media`. All of them use the modules in this folder.
"""

from __future__ import annotations

from typing import Final

PACKAGE: Final = __name__.rpartition(".")[0]
"""The full name of the package, wherever it is installed."""
