"""The third stage: the model to source text, by templates and black."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.error_codes import error_members
from runware_codegen.render.environment import environment
from runware_codegen.render.formatting import formatted
from runware_codegen.render.module import ModuleMaker
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runware_codegen.model import Package, TaskType

__all__ = ["render"]

_EXPORTS = {
    "_documents": ("Document", "documents", "parse_request", "parse_result"),
    "client": ("AsyncRunware", "Runware"),
}


def render(
    package: Package, *, on_file: Callable[[str], None] | None = None
) -> dict[str, str]:
    """Write the files of a package.

    Args:
        package: The model.
        on_file: Called with the path of each file when it is done.

    Returns:
        The text of each file by its path in the package, with `/` between folders.
    """
    files: dict[str, str] = {}
    for path, text in _files(package):
        files[path] = formatted(text) if text else text
        if on_file is not None:
            on_file(path)
    return dict(sorted(files.items()))


def _files(package: Package) -> Iterator[tuple[str, str]]:
    templates = folder("templates")
    for path in sorted(templates.rglob("*.py")):
        yield path.relative_to(templates).as_posix(), path.read_text(encoding="utf-8")
    yield "py.typed", ""
    env = environment(templates)
    for name in ("__init__", "_index", "client"):
        template = env.get_template(f"{name}.py.jinja")
        yield f"{name}.py", template.render(package=package, exports=_exports())
    for task_type in package.task_types:
        for path, text in _task_type_files(task_type):
            yield f"tasks/{task_type.module}/{path}", text


def _exports() -> dict[str, list[str]]:
    return {module: list(names) for module, names in sorted(_EXPORTS.items())}


def _task_type_files(task_type: TaskType) -> Iterator[tuple[str, str]]:
    env = environment(folder("templates"))
    stem = task_type.class_name
    names = [f"Async{stem}Client", f"{stem}Client", f"{stem}Errors"]
    statuses = {s: text for d in task_type.documents for s, text in d.statuses}
    codes = [code for d in task_type.documents for code in d.codes]
    context = {
        "task_type": task_type,
        "errors": error_members(statuses, codes),
        "names": sorted(
            [
                *names,
                *(d.request.name for d in task_type.documents),
                *(d.result.name for d in task_type.documents),
            ]
        ),
    }
    for name in ("__init__", "client", "errors"):
        template = env.get_template(f"tasks/{{task_type}}/{name}.py.jinja")
        yield f"{name}.py", template.render(context)
    template = env.get_template("tasks/{task_type}/{document}.py.jinja")
    for document in task_type.documents:
        module = ModuleMaker(document).make()
        yield f"{document.module}.py", template.render(module=module)
