"""Whether a version of a document accepts a task: the emitted checks and jsonschema-rs."""

from __future__ import annotations

import itertools
import sys
import weakref
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs
from pydantic import ValidationError

from runware_codegen.diff.proof.containment import covers
from runware_codegen.render import module_text
from runware_codegen.render.exports import schema_exports
from runware_codegen.resources import folder

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema_rs import Draft202012Validator

    from runware_codegen.model import Document

_NUMBERS: Final = itertools.count()
_MASK: Final = "the value"


class Judge:
    """One version of a document, which accepts tasks or refuses them."""

    def __init__(self, document: Document, schema: dict[str, Any]) -> None:
        """Prepare a judge.

        Args:
            document: The document, of whose module the emitted checks are.
            schema: The schema of a task, with all that it refers to.
        """
        self._document = document
        self._schema = schema

    def accepts(self, task: object) -> bool:
        """Whether jsonschema-rs accepts a task."""
        try:
            return self._validator.is_valid(task)
        except ValueError:  # it is nested more deeply than the validator goes
            return False

    def emitted_accepts(self, task: dict[str, Any]) -> bool:
        """Whether the emitted checks accept a task."""
        try:
            self._request.from_wire(task)
        except ValidationError:
            return False
        return True

    def covers(self, other: Judge) -> bool:
        """Whether it is proven that this version accepts all that another accepts."""
        return covers(self._schema, other._schema)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            self._schema, validate_formats=True, mask=_MASK
        )

    @cached_property
    def _request(self) -> Any:
        """The emitted class of the request, in a package that is nowhere on disk."""
        package = f"{_runtime()}.tasks.number{next(_NUMBERS)}"
        module = ModuleType(f"{package}.module")
        module.__package__ = package
        sys.modules[module.__name__] = module  # where pydantic finds its names
        weakref.finalize(self, sys.modules.pop, module.__name__, None)
        source = compile(module_text(self._document), module.__name__, "exec")
        exec(source, module.__dict__)  # noqa: S102  # it is what `generate` emits
        return getattr(module, self._document.request.name)


def _runtime() -> str:
    """Make the runtime of emitted packages importable, and return its name."""
    name = "runware_codegen_emitted"
    if name not in sys.modules:
        templates = folder("templates")
        _add_package(name, templates)
        import_module(f"{name}.tasks")
        import_module(f"{name}._runtime")
        schema = _add_package(f"{name}._runtime.schema", templates / "_runtime/schema")
        for path, names in schema_exports():
            module = import_module(f".{path}", schema.__name__)
            vars(schema).update((each, getattr(module, each)) for each in names)
    return name


def _add_package(name: str, path: Path) -> ModuleType:
    """Add a package to `sys.modules` whose `__init__.py` is a template."""
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(path)]
    return package
