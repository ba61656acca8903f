"""The public names of the emitted packages, and their modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from runware_codegen.model import DocumentInfo, TaskType
from runware_codegen.naming.names import natural
from runware_codegen.naming.reserved import listed
from runware_codegen.render.imports import SCHEMA

Exports = list[tuple[str, list[str]]]
"""Modules with the names that each exports, in the order of import lines."""

_PACKAGE: Final = {
    "_runtime.client.async_handle": ("AsyncHandle",),
    "_runtime.client.async_stream": ("AsyncStream",),
    "_runtime.schema.requests": ("TaskRequest",),
    "_runtime.schema.results": ("TaskResult",),
    "_runtime.client.deltas": ("Delta",),
    "_runtime.client.document": ("Document",),
    "_runtime.client.documents": listed(
        "documents parse_request parse_result request_class"
    ),
    "_runtime.transport.envelope": ("Answer",),
    "_runtime.error_codes": ("ErrorCategory",),
    "_runtime.delivery.events": ("Event",),
    "_runtime.api_errors": listed("""
        APIError APIStatusError AuthenticationError BadRequestError NotFoundError
        PaymentRequiredError PermissionDeniedError RateLimitError ServerError TaskError
        """),
    "_runtime.exceptions": listed("""
        BudgetError ClosedError ConnectionError DownloadError ResponseError RunwareError
        TimeoutError
        """),
    "_runtime.saved_handle": ("SavedHandle",),
    "_runtime.client.handle": ("Handle",),
    "_runtime.schema.media_text": ("MediaSource",),
    "_runtime.delivery.outcome": ("DryRun", "Outcome", "RawResponse"),
    "_runtime.client.stream": ("Stream",),
    "_runtime.transport.waits": ("Waits",),
    "_runtime.webhook.webhook": ("Webhook", "parse_webhook"),
    "_runtime.webhook.app": ("webhook_app",),
    "async_client": ("AsyncRunware",),
    "client": ("Runware",),
}

_USED: Final = ("Any", "AttributeError")
"""Names that the `__init__.py` of a task type uses itself."""


def package_exports() -> Exports:
    """Return the exports of the package."""
    return [(module, sorted(names)) for module, names in sorted(_PACKAGE.items())]


def schema_exports() -> Exports:
    """Return the exports of the runtime for the modules of documents."""
    return [(module, sorted(names)) for module, names in SCHEMA.items()]


def task_type_exports(task_type: TaskType[DocumentInfo]) -> Exports:
    """Return the exports of the package of a task type.

    The class of a nested object is exported if no other class has its name.
    """
    stem = task_type.class_name
    exports = {
        "client": [f"Async{stem}Client", f"{stem}Client"],
        "errors": [f"{stem}Errors"],
        **{d.module: [d.request_name, d.result_name] for d in task_type.documents},
    }
    names = [name for d in task_type.documents for name in d.part_names]
    counts = Counter([*all_names([*exports.items()]), *names, *_USED])
    for document in task_type.documents:
        parts = [name for name in document.part_names if counts[name] == 1]
        exports[document.module] += parts
    return _sorted_imports(exports)


def request_exports(task_type: TaskType[DocumentInfo]) -> Exports:
    """Return the request classes of a task type."""
    return _sorted_imports({d.module: [d.request_name] for d in task_type.documents})


def _sorted_imports(exports: dict[str, list[str]]) -> Exports:
    """Sort modules and the names of each as ruff sorts import lines."""
    modules = sorted(exports, key=natural)
    return [(each, sorted(exports[each], key=import_order)) for each in modules]


def all_names(exports: Exports, submodules: Iterable[str] = ()) -> list[str]:
    """Return all names, sorted as ruff sorts `__all__`."""
    names = [*submodules, *(name for _, names in exports for name in names)]
    return sorted(names, key=lambda name: (_kind(name), natural(name)))


def import_order(name: str) -> tuple[int, object, object]:
    """Return the key that sorts the names of an import line as ruff does."""
    return _kind(name), natural(name.lower()), natural(name)


def _kind(name: str) -> int:
    """Return 0 for the name of a constant, 1 of a class, and 2 of a function."""
    return 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
