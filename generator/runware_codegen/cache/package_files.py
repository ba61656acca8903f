"""All files of a package, from the modules of its documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from runware_codegen.cache.modules import Module
from runware_codegen.cache.store import Store
from runware_codegen.model import DocumentInfo, Package
from runware_codegen.pages import LastChange, finished, page_paths, shared_pages
from runware_codegen.render import document_files, shared_files


def package_files(
    package: Package[DocumentInfo], modules: Sequence[Module], store: Store | None
) -> dict[str, str]:
    """Make all files of a package.

    Args:
        package: The model of the package.
        modules: The modules of its documents.
        store: The cache of the other files, if there is one.

    Returns:
        The text of each file by its path in the package.
    """
    texts = {module.document: module.text or "" for module in modules}
    about = {module.document: module.about for module in modules}
    own = document_files(package, texts.__getitem__, about.__getitem__)
    return dict(sorted({**own, **_shared(package, store)}.items()))


def page_files(
    package: Package[DocumentInfo],
    modules: Sequence[Module],
    changes: Mapping[str, LastChange],
) -> dict[str, str]:
    """Make all pages of a package.

    Args:
        package: The model of the package.
        modules: The modules of its documents, with their pages.
        changes: The last changes of documents, by the names of their files.

    Returns:
        The text of each file by its path in the folder of pages.
    """
    texts = {
        each.document: finished(
            each.page or "", each.document, changes.get(each.document.file_name)
        )
        for each in modules
    }
    pages = {path: texts[document] for path, document in page_paths(package)}
    return dict(sorted({**pages, **shared_pages(package, pages)}.items()))


def _shared(package: Package[DocumentInfo], store: Store | None) -> dict[str, str]:
    if store is None:
        return shared_files(package)
    key = store.key("shared", repr(package))
    if entry := store.get(key):
        cached: dict[str, str] = json.loads(entry)
        return cached
    files = shared_files(package)
    store.put(key, json.dumps(files))
    return files
