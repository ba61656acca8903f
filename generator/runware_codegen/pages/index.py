"""Makes the pages about all documents: the index, llms.txt and AGENTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from runware_codegen.model import DocumentInfo, Package
from runware_codegen.pages.environment import pages_environment
from runware_codegen.pages.model_page import page_path


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A document in the index.

    Attributes:
        document: The document.
        path: The path of its page.
        least: The lowest price of a reported run in USD, if one is reported.
    """

    document: DocumentInfo
    path: str
    least: Decimal | None


def shared_pages(
    package: Package[DocumentInfo], pages: Mapping[str, str]
) -> dict[str, str]:
    """Write the pages about all documents.

    Args:
        package: The model of the package.
        pages: The page of each document by its path.

    Returns:
        The text of each file by its path.
    """
    entries = [_entry(document) for document in package.documents]
    priced = [entry for entry in entries if entry.least is not None]
    capabilities = _groups((c, e) for e in entries for c in e.document.capabilities)
    context = {
        "package": package,
        "entries": entries,
        "capabilities": [
            (name, group) for name, group in capabilities if len(group) < len(entries)
        ],
        "creators": _groups(
            (e.document.creator, e) for e in entries if e.document.creator
        ),
        "priced": sorted(priced, key=lambda e: (e.least, e.document.id)),
        "pages": [text for _, text in sorted(pages.items())],
    }
    env = pages_environment()
    return {
        name: env.get_template(f"{name}.jinja").render(context)
        for name in ("index.md", "llms.txt", "llms-full.txt", "AGENTS.md")
    }


def _entry(document: DocumentInfo) -> PageEntry:
    prices = [Decimal(each.price) for each in document.measurements if each.price]
    path = page_path(document.task_type, document.module)
    return PageEntry(document, path, min(prices, default=None))


def _groups(
    pairs: Iterable[tuple[str, PageEntry]],
) -> list[tuple[str, list[PageEntry]]]:
    groups: dict[str, list[PageEntry]] = {}
    for name, entry in pairs:
        groups.setdefault(name, []).append(entry)
    return sorted(groups.items())
