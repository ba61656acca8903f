"""Writes the files of a package, with the templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from runware_codegen import __version__
from runware_codegen.model import (
    Document,
    DocumentInfo,
    DocumentT,
    Package,
    TaskType,
)
from runware_codegen.problems import InvalidInputError
from runware_codegen.render.docs import call_doc
from runware_codegen.render.environment import GENERATED, template
from runware_codegen.render.exports import (
    all_names,
    package_exports,
    request_exports,
    schema_exports,
    task_type_exports,
)
from runware_codegen.render.formatting import formatted
from runware_codegen.render.module import ModuleMaker
from runware_codegen.resources import folder

_MAX_LENGTH = 250_000
"""A module with more characters takes too long to format and to import."""

_CALL = re.compile(r"^ *(?:\w+ ?= ?)?([A-Za-z]+)\(", re.MULTILINE)
"""The name in a call, in metadata: at the start of a line, or after `=`."""

_HEADER = f"# {GENERATED}"
"""The header of the files that every package has; others say it in their docstring."""


def render(package: Package[Document]) -> dict[str, str]:
    """Write the files of a package.

    Args:
        package: The model.

    Returns:
        The text of each file by its path in the package, with `/` between folders.

    Raises:
        InvalidInputError: If the module of a document would be too long.
    """
    own = document_files(
        package, lambda each: rendered_module(each, each.file_name), rendered_about
    )
    return dict(sorted({**shared_files(package), **own}.items()))


def document_files(
    package: Package[DocumentT],
    module_of: Callable[[DocumentT], str],
    about_of: Callable[[DocumentT], str],
) -> dict[str, str]:
    """Write the modules of the documents, and a file of metadata for each task type.

    Args:
        package: The model.
        module_of: Returns the output of `rendered_module` for a document.
        about_of: Returns the output of `rendered_about` for a document.

    Returns:
        The text of each file by its path in the package.
    """
    about = template("tasks/{task_type}/_about.py.jinja")
    files: dict[str, str] = {}
    for task_type in package.task_types:
        path = f"tasks/{task_type.module}"
        texts = [about_of(document) for document in task_type.documents]
        names = {name for text in texts for name in _CALL.findall(text)}
        files[f"{path}/_about.py"] = about.render(
            task_type=task_type, names=names, texts=texts
        )
        for document in task_type.documents:
            files[f"{path}/{document.module}.py"] = module_of(document)
    return files


def rendered_about(document: Document) -> str:
    """Write the metadata of one document: a statement of its task type's file.

    The template formats it as black does. Its texts are unique to the document, so the
    cache of formatted statements would not help, and black would be slow.
    """
    about = template("tasks/{task_type}/_about_document.jinja")
    return about.render(document=document).rstrip("\n")


def shared_files(package: Package[DocumentInfo]) -> dict[str, str]:
    """Write all files except the modules and the metadata of documents.

    Args:
        package: The model. Only the names of its documents' classes are used.

    Returns:
        The text of each file by its path in the package.
    """
    written = {path: formatted(text) for path, text in _written(package)}
    # Its template formats it as black does: it has an item for each document.
    index = template("tasks/_index.py.jinja").render(package=package)
    return {**dict(_copied()), **written, "tasks/_index.py": f"{index}\n"}


def rendered_module(document: Document, source: str) -> str:
    """Write the module of one document; see `module_text`."""
    return formatted(module_text(document, source))


def _copied() -> Iterator[tuple[str, str]]:
    """Yield the files that are copied unchanged, below a header."""
    templates = folder("templates")
    for file in sorted(templates.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        yield file.relative_to(templates).as_posix(), f"{_HEADER}\n{text}"
    yield "py.typed", ""
    attributes = (templates / "gitattributes.jinja").read_text(encoding="utf-8")
    yield ".gitattributes", f"{_HEADER}\n{attributes}"


def _written(package: Package[DocumentInfo]) -> Iterator[tuple[str, str]]:
    for path, exports in (
        ("__init__", package_exports()),
        ("_runtime/common_errors", []),
        ("_runtime/schema/__init__", schema_exports()),
        ("_runtime/version", []),
        ("async_client", []),
        ("client", []),
        ("tasks/__init__", []),
        ("tasks/_task_types", []),
    ):
        text = template(f"{path}.py.jinja").render(
            package=package,
            exports=exports,
            offered=partial(all_names, exports),
            version=__version__,
        )
        yield f"{path}.py", text
    for task_type in package.task_types:
        for path, text in _task_type_files(task_type):
            yield f"tasks/{task_type.module}/{path}", text


def _task_type_files(task_type: TaskType[DocumentInfo]) -> Iterator[tuple[str, str]]:
    exports = task_type_exports(task_type)
    context = {
        "task_type": task_type,
        "errors": task_type.errors,
        "exports": exports,
        "offered": partial(all_names, exports),
        "calls": [
            (document, "Streams" if document.streams else "Runs")
            for document in task_type.documents
            if document.models
        ],
        "call_doc": call_doc,
        "requests": request_exports(task_type),
    }
    for name in ("__init__", "client", "errors"):
        made = template(f"tasks/{{task_type}}/{name}.py.jinja")
        yield f"{name}.py", made.render(context)


def module_text(document: Document, source: str) -> str:
    """Write the module of one document, before it is formatted.

    Args:
        document: The document.
        source: Its file as the user named it, for messages.

    Raises:
        InvalidInputError: If it would be too long.
    """
    module = template("tasks/{task_type}/{document}.py.jinja")
    text = module.render(module=ModuleMaker(document).make())
    if len(text) > _MAX_LENGTH:
        raise InvalidInputError.of(
            source,
            f"Its module would have {len(text):,} characters; at most {_MAX_LENGTH:,} are"
            " allowed.",
            "Use fewer or shorter names and values.",
        )
    return text
