"""Validates values by a version of a document: by emitted code, and by jsonschema-rs."""

from __future__ import annotations

import itertools
import sys
import weakref
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from runware_codegen.diff.proof.containment import covers
from runware_codegen.model import Document
from runware_codegen.model.class_predicates import definitions_of, of_class
from runware_codegen.model.predicates import Predicate
from runware_codegen.parse.assertions.evaluate import Definitions
from runware_codegen.parse.schema.standalone import validator_of
from runware_codegen.render import module_text
from runware_codegen.render.exports import schema_exports
from runware_codegen.resources import folder

_NUMBERS: Final = itertools.count()


class SchemaValidator:
    """Validates values by their schema in one version of a document.

    Args:
        schema: The schema of a value, and the schemas it refers to.
        whole: The predicate of a value.
        known: The predicates that it refers to.
    """

    def __init__(
        self, schema: dict[str, Any], whole: Predicate, known: Definitions
    ) -> None:
        self._schema = schema
        self.whole = whole
        self.known = known

    def accepts(self, value: object) -> bool:
        """Return whether jsonschema-rs accepts a value."""
        try:
            return self._validator.is_valid(value)
        except ValueError:  # it is nested too deeply for the validator
            return False

    def emitted_accepts(self, value: dict[str, Any]) -> bool:
        """Return whether a value is valid. Emitted code accepts any result, so the schema decides."""
        return self.accepts(value)

    def covers(self, other: SchemaValidator) -> bool:
        """Return whether this version provably accepts all values that another accepts."""
        return covers(self._schema, other._schema)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return validator_of(self._schema)


class ResultValidator(SchemaValidator):
    """Validates results by one version of a document."""

    def __init__(self, document: Document, schema: dict[str, Any]) -> None:
        """Create it with a document, the schema of its results, and the schemas it refers to."""
        known = definitions_of(document.result_definitions, document.result_classes)
        super().__init__(schema, of_class(document.result), known)


class TaskValidator(SchemaValidator):
    """Validates tasks by one version of a document, with its emitted code too."""

    def __init__(self, document: Document, schema: dict[str, Any], source: str) -> None:
        """Create it with a document, the schema of its tasks, and the name of its file."""
        known = definitions_of(document.definitions, document.request_classes)
        super().__init__(schema, of_class(document.request), known)
        self._document = document.without_results
        self._source = source

    def emitted_accepts(self, value: dict[str, Any]) -> bool:
        """Return whether the emitted code accepts a task."""
        try:
            self._request.from_wire(value)
        except ValidationError:
            return False
        return True

    @cached_property
    def _request(self) -> Any:
        """The emitted request class, in a package that exists only in memory."""
        package = f"{_runtime()}.tasks.number{next(_NUMBERS)}"
        module = ModuleType(f"{package}.module")
        module.__package__ = package
        sys.modules[module.__name__] = module  # pydantic resolves names there
        weakref.finalize(self, sys.modules.pop, module.__name__, None)
        text = module_text(self._document, self._source)
        code = compile(text, module.__name__, "exec")
        exec(code, module.__dict__)  # noqa: S102  # code that `generate` emits
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
    """Add a package to `sys.modules`; its `__init__.py` is a template."""
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(path)]
    return package
