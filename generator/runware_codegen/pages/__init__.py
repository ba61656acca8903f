"""Writes a reference in Markdown: an index, and a page for each document."""

from runware_codegen.pages.index import shared_pages
from runware_codegen.pages.model_page import (
    LastChange,
    finished,
    model_page,
    page_paths,
)

__all__ = ["LastChange", "finished", "model_page", "page_paths", "shared_pages"]
