"""The documentation in an emitted module, as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from runware_codegen.model import (
    Array,
    Constrained,
    Literals,
    Null,
    Number,
    String,
    Union,
)
from runware_codegen.model.constants import plain
from runware_codegen.model.predicates import Matches
from runware_codegen.naming.reserved import listed
from runware_codegen.wording import count_of, number_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runware_codegen.model import (
        Class,
        Document,
        DocumentInfo,
        Field,
        LiteralValue,
        Media,
        Type,
    )
    from runware_codegen.model.predicates import FrozenValue

_EMPTY_WORDS: Final = listed("""
    a an and assets configuration for global inference input inputs list object of
    options parameters setting settings structure task the unknown value values
    """)

_CONSTANT_ITEM: Final = re.compile(
    r"^[-*] `([^`\n]+)`:? [^\n]*(?:\n[ \t]+[^\n]*)*(?:\n|\Z)", re.MULTILINE
)
"""An item of a Markdown list that says what a constant means."""

_SENTENCE: Final = re.compile(
    r"(?![-*+#>|`~\d])[^\n]+?(?:\n(?![-*+#>|`~\n])[^\n]+?)*?"
    r"(?:[.!?](?=\s+[A-Z`])|(?=\n[-*+#>|`~\n])|\Z)"
)
"""The first sentence of Markdown that begins with a paragraph."""

_PARAMETER_LINE: Final = 84
"""Columns of an Args section in the docstring of a class."""


def module_doc(document: Document) -> str:
    """Return the docstring of a module: its model, facts, and source document."""
    title = document.title or document.id
    air = f" (`{document.air}`)" if document.air else ""
    head = f"{title}{air}, task type `{document.task_type}`."
    facts = _document_facts(document)
    if document.status:
        facts.append(f"Status: {document.status}.")
    if document.takes_own_models:
        own = ", ".join(code(each) for each in document.own_models + document.patterns)
        facts.append(f"Also accepts models of your own: {own}.")
    if document.documentation_url:
        facts.append(f"Documentation: {document.documentation_url}")
    unenforced = [f"- `{p.pointer}`: {p.message}" for p in document.unenforced]
    paragraphs = [
        head,
        document.description or sentence(document.summary),
        "\n".join(f"- {fact}" for fact in facts),
        "\n".join(["Not enforced:", "", *unenforced]) if unenforced else "",
        _origin(document),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def call_doc(document: DocumentInfo) -> str:
    """Return the docstring of a call: its model, modes and price."""
    title = document.title or document.id
    air = f" (`{document.air}`)" if document.air else ""
    facts = _document_facts(document)
    if document.status not in ("", "live"):
        facts.append(f"Status: {document.status}.")
    listed = "\n".join(f"- {fact}" for fact in facts)
    return _paragraphs(f"{title}{air}.", sentence(document.summary), listed)


def request_doc(document: Document, fields: Sequence[Field]) -> str:
    """Return the docstring of a request class, with its parameters.

    For a model, it has the docstring of its call too.

    Args:
        document: The document.
        fields: The fields of its request class, in the order of the class.
    """
    article = "An" if document.task_type[:1] in "aeiou" else "A"
    own = class_doc(document.request) or sentence(document.summary)
    doc = own or f"{article} `{document.task_type}` task."
    about = call_doc(replace(document, summary="")) if document.models else ""
    return _paragraphs(doc, about, _parameters_doc(fields))


def part_doc(part: Class) -> str:
    """Say what the class of an object in a request is, and its parameters."""
    parameters = _parameters_doc(part.fields)
    unnamed = "A part of the task." if parameters else ""
    return _paragraphs(class_doc(part) or unnamed, parameters)


def _parameters_doc(fields: Sequence[Field]) -> str:
    """Write the Args section of a constructor; fields without a text are left out.

    Language servers show it at the argument that is being written.
    """
    texts = {field.name: _parameter_text(field) for field in fields}
    lines = [
        line
        for name, text in texts.items()
        if text
        for line in _wrapped_parameter(f"{name}: {text}")
    ]
    return "\n".join(["Args:", *lines]) if lines else ""


def _parameter_text(field: Field) -> str:
    """Return the first sentence about a field, and its limits and default."""
    deprecated = ["Deprecated."] if field.deprecated else []
    first = _SENTENCE.match(field_text(field))
    said = [sentence(first[0])] if first else []
    return " ".join([*deprecated, *said, *_facts(field)])


def _wrapped_parameter(text: str) -> list[str]:
    return wrap(
        text,
        _PARAMETER_LINE,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(*paragraphs: str) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _document_facts(document: DocumentInfo) -> list[str]:
    facts = {"Modes": "; ".join(document.modes), "Price": document.price}
    return [f"{name}: {sentence(said)}" for name, said in facts.items() if said]


def _origin(document: Document) -> str:
    edits = "edits are lost when it runs again."
    return f"Generated by runware-codegen from {document.file_name}; {edits}"


def class_doc(part: Class) -> str:
    """Return the docstring of a class; empty if it only repeats the name."""
    name = part.name.replace("Result", "ResultResponse")  # documents say either
    return "" if _says_nothing(part.doc, name) else part.doc


def field_text(field: Field, *, result: bool = False) -> str:
    """Return the description of a field; empty if it only repeats the name."""
    doc = field.doc if result else _accepted_values(field.doc, field.type)
    first, _, more = doc.partition("\n\n")
    return more if _says_nothing(first, field.json_name) else doc


def field_doc(field: Field, *, result: bool = False) -> str:
    """Return the docstring of a field: its description, values, limits and default."""
    text = field_text(field, result=result)
    facts = [] if result else _facts(field)
    if field.examples:
        label = "Example" if len(field.examples) == 1 else "Examples"
        facts.append(f"{label}: {', '.join(code(e.value) for e in field.examples)}.")
    paragraphs = [
        "Deprecated." if field.deprecated else "",
        text,
        "\n".join(_choices(field.type)),
        " ".join(facts),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _facts(field: Field) -> list[str]:
    """Say what the limits of a field are, and its default."""
    facts = limits(field.type)
    if field.default is not None:
        facts.append(f"Default: {code(field.default.value)}.")
    return facts


def code(constant: FrozenValue) -> str:
    """Write a JSON value as a code span; a text has quotes only if it is blank."""
    shown = plain(constant)
    if isinstance(constant, str) and constant.strip():
        shown = constant
    elif isinstance(constant, str):
        shown = f'"{constant}"'
    ticks = "``" if "`" in shown else "`"
    padding = " " if ticks == "``" else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def media_doc(media: Media) -> str:
    """Return the docstring of a media alias: the accepted forms."""
    article = "An" if media.kind[0] in "aeiou" else "A"
    noun = "audio" if media.kind == "audio" else media.kind
    subject = "Audio" if noun == "audio" else f"{article} {noun}"
    takes_files = any(isinstance(way, Matches) for way in media.forms)
    file = ", or a file" if takes_files else ". Upload a file first"
    return f"{subject}: a text in one of these forms{file}."


def sentence(text: str) -> str:
    """End a text with a full stop, unless it ends already."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


@lru_cache(2**12)
def _says_nothing(doc: str, name: str) -> bool:
    """Whether a text has no word that the name does not have."""
    words = set(re.findall(r"[a-z0-9]+", doc.lower()))
    named = set(re.findall(r"[a-z0-9]+", re.sub(r"(?=[A-Z])", " ", name).lower()))
    squeezed = name.lower()
    return all(
        word in named or word in _EMPTY_WORDS or word in squeezed for word in words
    )


def _accepted_values(doc: str, a_type: Type) -> str:
    """Remove the constants from a Markdown list that this field does not accept.

    Several documents may share a text, and each accepts only some of the constants.
    """
    accepted = {plain(each.constant.value).strip("'") for each in constants(a_type)}
    items = [match[1] for match in _CONSTANT_ITEM.finditer(doc)]
    if not accepted or not accepted <= {*items}:
        return doc
    return _CONSTANT_ITEM.sub(
        lambda match: match[0] if match[1] in accepted else "", doc
    ).strip()


def constants(a_type: Type) -> tuple[LiteralValue, ...]:
    """Return the constants of a value or of its items; empty for other types."""
    match a_type:
        case Literals(choices):
            return choices
        case Constrained(inner) | Array(inner):
            return constants(inner)
        case Union(alternatives) if only := _only(alternatives):
            return constants(only)
        case _:
            return ()


def _choices(a_type: Type) -> list[str]:
    match a_type:
        case Literals(choices) if any(c.title or c.description for c in choices):
            return [_choice(choice) for choice in choices]
        case Constrained(inner) | Array(inner):
            return _choices(inner)
        case Union(alternatives) if only := _only(alternatives):
            return _choices(only)
        case _:
            return []


def _only(alternatives: tuple[Type, ...]) -> Type | None:
    """Return the only alternative besides null; None if there are several."""
    others = [each for each in alternatives if each != Null()]
    return others[0] if len(others) == 1 else None


def _choice(choice: LiteralValue) -> str:
    shown = plain(choice.constant.value).strip("'")
    said = choice.description or choice.title
    return f"- `{shown}`: {said}" if said else f"- `{shown}`"


def limits(a_type: Type) -> list[str]:
    """Return the limits of a value, in at most one sentence."""
    match a_type:
        case Number() if said := number_limits(a_type):
            return [_capital(said)]
        case String(least, most) if least or most is not None:
            return [_capital(count_of(least, most, "character"))]
        case Array(_, least, most) if least or most is not None:
            return [_capital(count_of(least, most, "item"))]
        case Constrained(inner):
            return limits(inner)
        case Union(alternatives) if only := _only(alternatives):
            return limits(only)
        case _:
            return []


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
