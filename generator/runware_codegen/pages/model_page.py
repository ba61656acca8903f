"""Makes the page of one document."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from runware_codegen.model import (
    Class,
    Document,
    DocumentInfo,
    DocumentT,
    Field,
    LiteralValue,
    Package,
    Rule,
    Size,
    SizeRule,
    Type,
    class_names,
    types_in,
    unconstrained,
)
from runware_codegen.model import types as t
from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import Predicate
from runware_codegen.naming.names import module_name, pascal_case
from runware_codegen.pages.environment import pages_environment
from runware_codegen.pages.example import paths_of
from runware_codegen.pages.first_call import first_call, is_filled_in
from runware_codegen.pages.text import cell, code, inline
from runware_codegen.render.docs import class_doc, field_text, limits, sentence
from runware_codegen.wording import joined

_MAX_LISTED: Final = 8
_FORMATS: Final = {"uri": "URI", "uuid": "UUID"}


@dataclass(frozen=True, slots=True)
class Row:
    """A field in a table; its texts are Markdown."""

    name: str
    type: str
    limits: str
    doc: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """The constants of a field, each with its description in Markdown."""

    name: str
    values: tuple[tuple[str, str], ...]

    @property
    def explained(self) -> bool:
        """Whether a constant has a description."""
        return any(text for _, text in self.values)


@dataclass(frozen=True, slots=True)
class ClassSection:
    """The section of a class: a table of fields, their constants, and rules."""

    name: str
    doc: str
    rows: tuple[Row, ...]
    values: tuple[Values, ...] = ()
    rules: tuple[str, ...] = ()
    sizes: tuple[tuple[Size, ...], ...] = ()
    allows_extra: bool = False


class LastChange(NamedTuple):
    """The differences for callers in the last update of a document.

    Attributes:
        day: The day of the update.
        differences: A line for each difference, the most severe first.
    """

    day: dt.date
    differences: Sequence[str]


def page_paths(package: Package[DocumentT]) -> Iterator[tuple[str, DocumentT]]:
    """Yield the path of the page of each document, with the document."""
    for document in package.documents:
        yield page_path(document.task_type, document.module), document


def page_path(task_type: str, module: str) -> str:
    """Return the path of the page of a module."""
    return f"{module_name(task_type)}/{module}.md"


def model_page(document: Document, package: str) -> str:
    """Write the page of one document.

    Args:
        document: The document.
        package: The import name of the client.
    """
    folder = module_name(document.task_type)
    module = f"tasks.{folder}.{document.module}"
    requests = _in_order(document.request_classes, document)
    results = _in_order(document.result_classes, document)
    template = pages_environment().get_template("model.md.jinja")
    return template.render(
        document=document,
        attribute=folder,
        errors=f"{pascal_case(document.task_type)}Errors",
        call=first_call(document, package, module),
        latency=latency(document),
        requests=[_request_section(each, requests, document) for each in requests],
        results=[_result_section(each, results) for each in results],
    )


def finished(page: str, document: DocumentInfo, changed: LastChange | None) -> str:
    """Add the last changes of a document and its source to its page.

    Args:
        page: The page, as `model_page` writes it.
        document: The document.
        changed: The last changes, if they are known.
    """
    template = pages_environment().get_template("model_end.md.jinja")
    # An identifier that needs no quotes in a shell.
    word = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", document.id)
    return page + template.render(
        document=document, changed=changed, command_word=word[0] if word else ""
    )


def latency(document: Document) -> str:
    """Return the durations of the runs that the document reports: "1.8 to 6.7 s"."""
    known = [m.latency_ms for m in document.measurements if m.latency_ms is not None]
    if not known:
        return ""
    low, high = min(known) / 1000, max(known) / 1000
    return f"{low:.1f} s" if low == high else f"{low:.1f} to {high:.1f} s"


def _in_order(parts: tuple[Class, ...], document: Document) -> tuple[Class, ...]:
    """Sort the first class and those below it by the fields that refer to them."""
    classes = {part.name: part for part in parts}
    top = parts[0]
    found: dict[str, Class] = {top.name: top}

    def visit(part: Class) -> None:
        for field in _shown(part, document):
            for name in class_names(field.type):
                if name not in found:
                    found[name] = classes[name]
                    visit(classes[name])

    visit(top)
    return tuple(found.values())


def _shown(part: Class, document: Document) -> list[Field]:
    """Sort fields: required ones first, those that constructors set last."""

    def place(field: Field) -> int:
        return 2 if is_filled_in(field, document) else not field.required

    return sorted(part.fields, key=place)


def _request_section(
    part: Class, classes: Iterable[Class], document: Document
) -> ClassSection:
    fields = _shown(part, document)
    return ClassSection(
        part.name,
        class_doc(part),
        tuple(_request_row(field, classes, document) for field in fields),
        _values(fields),
        tuple(_rule_text(rule, part, classes) for rule in part.rules),
        tuple(rule.sizes for rule in part.rules if isinstance(rule, SizeRule)),
        part.allows_extra,
    )


def _request_row(field: Field, classes: Iterable[Class], document: Document) -> Row:
    facts = [*limits(field.type), *_pattern(field.type)]
    if field.alternatives:
        facts.append(_alternatives(field))
    filled_in = is_filled_in(field, document)
    if filled_in:
        facts.append("Filled in.")
    if field.default is not None:
        facts.append(f"Default: {_constant(field.default)}.")
    if field.examples:
        facts.append(f"Example: {_constant(field.examples[0])}.")
    needed = field.required and not filled_in
    return _row(field, classes, " ".join(facts), required=needed)


def _result_section(part: Class, classes: Iterable[Class]) -> ClassSection:
    rows = tuple(_row(field, classes) for field in part.fields)
    return ClassSection(part.name, class_doc(part), rows, _values(part.fields))


def _row(
    field: Field, classes: Iterable[Class], facts: str = "", *, required: bool = False
) -> Row:
    doc = cell(_in_brief(field_text(field), field.type, classes))
    return Row(code(field.name), _type_text(field.type), facts, doc, required)


def _pattern(a_type: Type) -> Iterator[str]:
    """Yield a sentence about the pattern of a string."""
    inner = unconstrained(a_type)
    alternatives = inner.alternatives if isinstance(inner, t.Union) else (inner,)
    match [each for each in alternatives if each != t.Null()]:
        case [t.String(pattern=pattern)] if pattern is not None:
            yield f"Matches {code(pattern.source)}."
        case _:
            pass


def _alternatives(field: Field) -> str:
    """Write the alternatives of a value, or of the items of a list, in one sentence."""
    listed = cell(field.alternatives)
    if isinstance(unconstrained(field.type), t.Array):
        return f"Each item: {listed}."
    return f"{listed[0].upper()}{listed[1:]}."


def _in_brief(text: str, a_type: Type, classes: Iterable[Class]) -> str:
    """Return the first paragraph, or only one sentence if a class has the same text."""
    paragraph = text.partition("\n\n")[0]
    names = {*class_names(a_type)}
    if any(part.name in names and part.doc.startswith(paragraph) for part in classes):
        return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]
    return paragraph


def _constant(value: Constant) -> str:
    """Write a constant as code, a string without quotes where that is clear."""
    given = value.value
    if isinstance(given, str) and _is_clear(given):
        return code(given)
    return code(json.dumps(given, ensure_ascii=False))


def _is_clear(text: str) -> bool:
    """Return whether a string without quotes shows all of it, and is no other value."""
    if not text.isprintable() or not text or text != " ".join(text.split()):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _values(fields: Iterable[Field]) -> tuple[Values, ...]:
    """Return the constants of fields that are many, or have descriptions."""
    return tuple(
        Values(field.name, tuple(map(_value_row, choices)))
        for field in fields
        for choices in _choices(field.type)
        if len(choices) > _MAX_LISTED
        or any(each.title or each.description for each in choices)
    )


def _choices(a_type: Type) -> Iterable[tuple[LiteralValue, ...]]:
    """Return the constants of each enumeration in a type."""
    literals = (each for each in types_in(a_type) if isinstance(each, t.Literals))
    return dict.fromkeys(each.values for each in literals)


def _value_row(choice: LiteralValue) -> tuple[str, str]:
    meaning = choice.description or choice.title
    return _constant(choice.constant), inline(meaning)


def _rule_text(rule: Rule | SizeRule, part: Class, classes: Iterable[Class]) -> str:
    """Write the error message of a rule of a class as a sentence."""
    if isinstance(rule, Rule):
        text, used = sentence(rule.sentence), [rule.when, rule.must]
        return inline(_with_python_names(text, used, part, classes))
    condition = _with_python_names(rule.condition, [rule.when], part, classes)
    where = f" where {inline(condition)}" if condition else ""
    return f"`width` and `height` must be one of the sizes below{where}."


def _with_python_names(
    text: str, used: list[Predicate], part: Class, classes: Iterable[Class]
) -> str:
    """Write the members of predicates by their Python names, as errors of calls do."""
    named = {each.name: each for each in classes}
    names = {".".join(path): _python_path(path, part, named) for path in paths_of(used)}
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    member = rf"(?<![\w.'])(?:{listed})(?![\w']|\.\w)"
    marked = re.sub(member, lambda m: code(names[m[0]]), text) if names else text
    return marked.replace("give ", "Give ", 1) if text.startswith("give ") else marked


def _python_path(path: Iterable[str], part: Class, classes: Mapping[str, Class]) -> str:
    names: list[str] = []
    parts = [part]
    for step in path:
        fields = [field for each in parts for field in each.fields]
        field = next((each for each in fields if each.json_name == step), None)
        names.append(field.name if field else step)
        inner = class_names(field.type) if field else ()
        parts = [classes[name] for name in inner if name in classes]
    return ".".join(names)


def _type_text(a_type: Type) -> str:
    """Write a type in words, as Markdown for a table cell."""
    match a_type:
        case t.String(format=form):
            return _FORMATS.get(form.name if form else "", "string")
        case t.Number(integer):
            return "integer" if integer else "number"
        case t.Boolean():
            return "boolean"
        case t.Null():
            return "null"
        case t.Literals(values) if len(values) > _MAX_LISTED:
            return f"one of {len(values)} values, listed below"
        case t.Literals(values):
            return joined([_value_row(each)[0] for each in values], "or")
        case t.Array(item):
            return f"list of {_type_text(item)}"
        case t.Map(value):
            return f"object of {_type_text(value)}"
        case t.ClassRef(name):
            return f"[{name}](#object-{name.lower()})"
        case t.Union(alternatives):
            return joined(list(dict.fromkeys(map(_type_text, alternatives))), "or")
        case t.Anything(types):
            return joined(sorted(types), "or") if types else "any JSON value"
        case t.Constrained(inner, _, text):
            return f"{_type_text(inner)} ({inline(text)})"
        case t.Media(kind):
            return kind
