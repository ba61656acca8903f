"""Lets the class of a document accept the user's own models, such as fine-tunes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from runware_codegen.model import (
    Document,
    DocumentInfo,
    Literals,
    LiteralValue,
    String,
    Type,
    Union,
)
from runware_codegen.model.constants import Constant
from runware_codegen.model.predicates import Matches
from runware_codegen.parse.patterns import translate
from runware_codegen.problems import InvalidInputError, Problem
from runware_codegen.settings import OwnModels
from runware_codegen.wording import one_of

_ANY: Final = "[!-~]*"
"""The pattern for `*`: the characters of AIRs."""


def with_own_models(document: Document, own: OwnModels) -> Document:
    """Let the request class of a document accept the user's own models.

    Args:
        document: The document.
        own: The user's own models; those of other documents change nothing.

    Raises:
        InvalidInputError: If the document is not about one model.
    """
    named = own.of(document.id, document.air)
    if not named:
        return document
    field = document.request.field("model")
    if field is None or not isinstance(field.type, Literals) or not document.models:
        remedy = "Remove the line, or name the document of a single model."
        message = f"The document {document.id} does not describe one single model."
        raise InvalidInputError([own.problem(name, message, remedy) for name in named])
    patterns = tuple(name for name in named if "*" in name)
    new = tuple(name for name in named if name not in (*patterns, *document.models))
    wider = replace(field, type=_wider(field.type, new, patterns))
    fields = tuple(wider if each is field else each for each in document.request.fields)
    return replace(
        document,
        models=(*document.models, *new),
        own_models=new,
        patterns=patterns,
        request=replace(document.request, fields=fields),
    )


def without_documents(
    own: OwnModels, documents: Iterable[DocumentInfo]
) -> list[Problem]:
    """Find own models whose document is missing."""
    known = list(documents)
    names = one_of(sorted(document.id for document in known)) or "none"
    return [
        own.problem(
            name,
            f"This client has no document {target!r}.",
            f"Fetch it: `runware-codegen fetch {shlex.quote(name)} --like {target}`."
            f" Or write the identifier of a document that the client has: {names}. If"
            " another client has the document, move the line to the table models of that"
            " client.",
        )
        for name, target in own.lines
        if not any(target in (document.id, document.air) for document in known)
    ]


def _wider(known: Literals, names: Iterable[str], patterns: Iterable[str]) -> Type:
    added = (LiteralValue(Constant(name)) for name in names)
    literals = Literals((*known.values, *added))
    texts = [String(pattern=_matches(pattern)) for pattern in patterns]
    return Union((literals, *texts)) if texts else literals


def _matches(pattern: str) -> Matches:
    source = f"^{_ANY.join(map(re.escape, pattern.split('*')))}$"
    # `re` escapes more than ECMA-262 allows with the flag u.
    return translate(re.sub(r"\\([^\w$()*+./?\[\\\]^{|}])", r"\1", source))
