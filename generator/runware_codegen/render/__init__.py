"""The third stage: the model to source text, by templates and black."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.error_codes import error_members
from runware_codegen.render.environment import environment
from runware_codegen.render.exports import (
    offered,
    package_exports,
    task_type_exports,
)
from runware_codegen.render.formatting import formatted
from runware_codegen.render.module import ModuleMaker
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runware_codegen.model import Package, TaskType

__all__ = ["render"]

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
    exports = package_exports()
    for name in ("__init__", "_index", "client"):
        template = env.get_template(f"{name}.py.jinja")
        text = template.render(
            package=package, exports=exports, offered=offered(exports)
        )
        yield f"{name}.py", text
    for task_type in package.task_types:
        for path, text in _task_type_files(task_type):
            yield f"tasks/{task_type.module}/{path}", text


def _task_type_files(task_type: TaskType) -> Iterator[tuple[str, str]]:
    env = environment(folder("templates"))
    statuses = {s: text for d in task_type.documents for s, text in d.statuses}
    codes = [code for d in task_type.documents for code in d.codes]
    exports = task_type_exports(task_type)
    context = {
        "task_type": task_type,
        "errors": error_members(statuses, codes),
        "exports": exports,
        "offered": offered(exports),
    }
    for name in ("__init__", "client", "errors"):
        template = env.get_template(f"tasks/{{task_type}}/{name}.py.jinja")
        yield f"{name}.py", template.render(context)
    template = env.get_template("tasks/{task_type}/{document}.py.jinja")
    for document in task_type.documents:
        module = ModuleMaker(document).make()
        yield f"{document.module}.py", template.render(module=module)
