"""Validates values by a version of a document: by emitted code, and by jsonschema-rs."""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from runware_codegen.diff.proof.containment import covers
from runware_codegen.documents import SourceDocument
from runware_codegen.model import Class, Document
from runware_codegen.model.class_predicates import definitions_of, of_class
from runware_codegen.model.predicates import Predicate
from runware_codegen.parse.schema.body_schemas import standalone_result, task_schema
from runware_codegen.parse.schema.schemas import Schemas
from runware_codegen.parse.schema.standalone import standalone, validator_of
from runware_codegen.render import module_text
from runware_codegen.render.exports import schema_exports
from runware_codegen.resources import folder

_NUMBERS: Final = itertools.count()


class SchemaValidator:
    """Validates values by their schema in one version of a document.

    Attributes:
        whole: The predicate of a value.
        known: The predicates that it refers to.
    """

    def __init__(
        self,
        schema: dict[str, Any],
        classes: Sequence[Class],
        definitions: Iterable[tuple[str, Predicate]],
    ) -> None:
        """Create it with a schema and what it refers to, the class of a value first."""
        self._schema = schema
        self.whole = of_class(classes[0])
        self.known = definitions_of(definitions, classes)

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


class TaskValidator(SchemaValidator):
    """Validates tasks by one version of a document, with its emitted code too."""

    def __init__(self, schema: dict[str, Any], document: Document, source: str) -> None:
        """Create it with the schema of a task, its document, and the name of its file."""
        super().__init__(schema, document.request_classes, document.definitions)
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


class Version(NamedTuple):
    """One version of a document: its model, and its validators."""

    document: Document
    tasks: TaskValidator
    results: SchemaValidator


def version_of(source: SourceDocument, document: Document) -> Version:
    """Make a version of a document, with its validators."""
    schemas = Schemas(source.source, source.tree)
    task = standalone(schemas, task_schema(schemas))
    result = standalone_result(schemas)
    classes, definitions = document.result_classes, document.result_definitions
    results = SchemaValidator(result, classes, definitions)
    return Version(document, TaskValidator(task, document, source.source), results)


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
