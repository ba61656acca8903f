"""Documents with a hostile text at a position, and packages generated from them."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from environments import TOP
from making import generated, simple_document
from runware_codegen.documents import load
from runware_codegen.output.names import is_device
from runware_codegen.parse import parse
from runware_codegen.problems import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from runware_codegen.problems import Problem

Document = dict[str, Any]


# -- positions that only inform readers ---------------------------------------


def say(document: Document, text: str) -> None:
    """Put a text at every position of a `telling_document` that is only for readers."""
    _say_in_info(document, text)
    _say_in_paths(document, text)
    task = task_of(document)
    told = {"title": text, "description": text, "$comment": text}
    task |= told
    task["properties"]["mode"] |= {**told, "default": text, "examples": [text]}
    task["properties"]["inner"] |= told
    task["properties"]["choice"]["oneOf"][0] |= told
    task["allOf"][0]["then"]["oneOf"][0] |= told
    task["allOf"][1]["then"]["oneOf"][0] |= told
    task["x-constraints"][0] |= {"title": text, "unit": text}


def _say_in_info(document: Document, text: str) -> None:
    told = ("title", "summary", "description", "version", "x-air-id")
    document["info"] |= dict.fromkeys(told, text)
    document["info"]["x-modes"] = [{"id": text, "title": text}]
    document["info"]["x-capabilities"] = [text, {"id": text}]
    rates = [{"display": text, "label": text}]
    document["info"]["x-pricing"] = {"rates": rates, "overview": text}
    document["externalDocs"] = {"url": text, "description": text}


def _say_in_paths(document: Document, text: str) -> None:
    post = document["paths"]["/"]["post"]
    post |= {"operationId": text, "summary": text, "description": text}
    for status in ("200", "404", "418"):
        post["responses"][status] = {"description": text}


# -- positions that define tasks ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Carried:
    """A position whose text a task must contain.

    Attributes:
        plant: Puts the text into a document.
        members: Returns members of a task that this document allows.
    """

    plant: Callable[[Document, str], None]
    members: Callable[[str], Mapping[str, Any]]


def _in_a_field(
    name: str, schema: Callable[[str], Any], value: Callable[[str], Any]
) -> Carried:
    """Make a position in a new field, with the value that a task has there."""

    def plant(document: Document, text: str) -> None:
        task_of(document)["properties"][name] = schema(text)

    return Carried(plant, lambda text: {name: value(text)})


def _key(document: Document, text: str) -> None:
    task_of(document)["properties"][text] = {"type": "integer"}


def _required_key(document: Document, text: str) -> None:
    task_of(document)["required"].append(text)


def _keys_that_go_together(document: Document, text: str) -> None:
    _key(document, text)
    task_of(document)["dependentRequired"] = {text: ["pair"], "pair": [text]}


def _key_in_rule(document: Document, text: str) -> None:
    _key(document, text)
    condition = {"properties": {text: {"const": 7}}, "required": [text]}
    task_of(document)["if"] = condition
    task_of(document)["then"] = {"required": ["mode"]}


def _object_of(text: str) -> Document:
    return {
        "type": "object",
        "properties": {text: {"type": "object", "properties": {text: {"const": 1}}}},
        "required": [text],
        "additionalProperties": False,
    }


def _model(document: Document, text: str) -> None:
    task_of(document)["properties"]["model"] = {"const": text}


CARRIED: Mapping[str, Carried] = {
    "key": Carried(_key, lambda text: {text: 1}),
    "required key": Carried(_required_key, lambda text: {text: [text]}),
    "key in a rule": Carried(_key_in_rule, lambda text: {text: 7, "mode": "x"}),
    "keys that go together": Carried(
        _keys_that_go_together, lambda text: {text: 7, "pair": "x"}
    ),
    "nested key": _in_a_field("nested", _object_of, lambda text: {text: {text: 1}}),
    "enum value": _in_a_field(
        "listed",
        lambda text: {"enum": [text, "another"], "default": text},
        lambda text: text,
    ),
    "constant": _in_a_field("fixed", lambda text: {"const": text}, lambda text: text),
    "constant inside": _in_a_field(
        "inside",
        lambda text: {"enum": [{text: [text, None]}, [text]]},
        lambda text: {text: [text, None]},
    ),
    "prefix items": _in_a_field(
        "prefix",
        lambda text: {"prefixItems": [{"const": text}], "minItems": 1},
        lambda text: [text],
    ),
    "model": Carried(_model, lambda text: {"model": text}),
}

IN_ONE_DOCUMENT: Sequence[Sequence[str]] = [
    ["key", "key in a rule", "keys that go together"],
    [
        "required key",
        "nested key",
        "enum value",
        "constant",
        "constant inside",
        "prefix items",
        "model",
    ],
]
"""All these positions, in groups that one document can have at the same time."""


# -- making packages ----------------------------------------------------------


def task_of(document: Document) -> Document:
    task: Document = document["components"]["schemas"]["RequestBody"]["items"]
    return task


def plain_document(name: str) -> Document:
    task = {"properties": {"mode": {"type": "string"}}}
    return simple_document(name, task)


def telling_document(name: str) -> Document:
    """Make a document that has all the positions where `say` puts a text."""
    document = plain_document(name)
    sizes = [{"required": ["width", "height"], "properties": _size(n)} for n in (1, 2)]
    given = [{"required": ["mode"]}, {"required": ["inner"]}]
    task = task_of(document)
    task["properties"] |= {
        "choice": {"oneOf": [{"const": "a"}, {"const": "b", "title": "B"}]},
        "inner": {"type": "object", "properties": {"depth": {"type": "integer"}}},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
    }
    task["allOf"] = [
        {"if": {"required": ["width"]}, "then": {"oneOf": sizes}},
        {"if": {"required": ["choice"]}, "then": {"oneOf": given}},
    ]
    task["x-constraints"] = [
        {"operation": "duration", "parameters": ["mode"], "minimum": 1}
    ]
    return document


def _size(width: int) -> Document:
    return {"width": {"const": width}, "height": {"const": 9}}


def refusal(folder: Path, document: Document) -> tuple[Problem, ...]:
    """Return the problems of a document; an empty tuple if it is accepted."""
    file = folder / "one.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return refusals(file)


def refusals(place: Path) -> tuple[Problem, ...]:
    try:
        parse(load([str(place)]).documents, package="one")
    except InvalidInputError as refused:
        for problem in refused.problems:
            assert problem.source.startswith(str(place))
            assert problem.message
            assert problem.remedy
        return refused.problems
    return ()


_TEMPLATES = TOP / "templates"
_THE_SAME_IN_EACH = frozenset(
    path.relative_to(_TEMPLATES).as_posix() for path in _TEMPLATES.rglob("*.py")
)
"""The files that are copied into each package unchanged."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A package, and the folder that contains it."""

    folder: Path
    module: ModuleType

    def texts(self) -> dict[str, str]:
        """Read the module of each document, by the document's identifier."""
        return {
            document.id: self._file(document.module).read_text(encoding="utf-8")
            for document in self.module.documents()
        }

    def _file(self, module: str) -> Path:
        return self.folder / self.module.__name__ / f"{module.replace('.', '/')}.py"


def emit(
    folder: Path, documents: Mapping[str, Document], package: str, **options: bool
) -> Emitted:
    """Generate a package, import its generated modules, and check which files exist."""
    files = {f"{name}.json": document for name, document in documents.items()}
    with contextlib.chdir(folder):
        module = generated(folder, files, package=package, **options)
        for file in sorted((folder / package).rglob("*.py")):
            _is_plain_path(file.relative_to(folder))
            if file.relative_to(folder / package).as_posix() in _THE_SAME_IN_EACH:
                continue
            name = ".".join(file.relative_to(folder).with_suffix("").parts)
            import_module(name.removesuffix(".__init__"))
    assert {path.name for path in folder.iterdir()} <= {"documents", package}
    return Emitted(folder, module)


def _is_plain_path(path: Path) -> None:
    assert not any(map(is_device, path.with_suffix("").parts))
    assert path.as_posix().isascii()


def forget(folder: Path) -> None:
    """Remove the modules of a folder from `sys.modules`.

    There are thousands. Hypothesis would search them for constants to try.
    """
    inside = f"{folder}/"
    for name, module in [*sys.modules.items()]:
        if (getattr(module, "__file__", None) or "").startswith(inside):
            del sys.modules[name]
