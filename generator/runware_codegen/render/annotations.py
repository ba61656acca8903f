"""Writes types as annotations, and collects the names that they need."""

from __future__ import annotations

from typing import NamedTuple

from runware_codegen.documents.members import is_number
from runware_codegen.formats import predicate_name
from runware_codegen.model import Type, json_types
from runware_codegen.model import types as t
from runware_codegen.model.predicates import HasFormat, Matches
from runware_codegen.naming.names import numbered
from runware_codegen.render.expressions import Expressions
from runware_codegen.render.imports import Imports
from runware_codegen.render.literals import string, value

_ALIASES: dict[HasFormat | None, str] = {
    HasFormat("uuid"): "Uuid",
    HasFormat("uri"): "Uri",
}


class Annotation(NamedTuple):
    """A type and its metadata in `Annotated`, the innermost first."""

    base: str
    marks: tuple[str, ...] = ()

    def marked(self, *marks: str) -> Annotation:
        """Return the annotation with more metadata."""
        return Annotation(self.base, (*self.marks, *marks))


class Annotations:
    """Writes the annotations of one module.

    Attributes:
        media: The names of the aliases of media types.
        checks: The types that functions in annotations validate, by the function's name.
    """

    def __init__(self, expressions: Expressions, imports: Imports) -> None:
        """Create it with the expressions and the imports of the module."""
        self._expressions = expressions
        self._named, self._call = imports.named, imports.call
        self.media: dict[t.Media, str] = {}
        self.checks: dict[str, t.Constrained] = {}

    def request(
        self, a_type: Type, name: str = "value", *, secret: bool = False
    ) -> str:
        """Write the annotation of a field of a request, with all constraints.

        Args:
            a_type: The type of the field.
            name: The name of the field; functions that validate it are named after it.
            secret: Whether its value must not be shown.
        """
        made = self._of(a_type, name)
        return self._text_of(made.marked(self._call("Secret")) if secret else made)

    def _text_of(self, made: Annotation) -> str:
        if not made.marks:
            return made.base
        return f"{self._named('Annotated')}[{made.base}, {', '.join(made.marks)}]"

    def _of(self, a_type: Type, name: str) -> Annotation:
        match a_type:
            case t.String():
                return self._text(a_type)
            case t.Number():
                return self._number(a_type)
            case t.Boolean():
                return Annotation("bool")
            case t.Null():
                return Annotation("None")
            case t.Literals():
                return self._literals(a_type)
            case t.Array():
                return self._array(a_type, name)
            case t.Map(inner):
                return Annotation(f"dict[str, {self.request(inner, name)}]")
            case t.ClassRef(class_name):
                return Annotation(class_name)
            case t.Union():
                return self._union(a_type, name)
            case t.Anything(types):
                return self._anything(types)
            case t.Constrained():
                return self._checked(a_type, name)
            case t.Media():
                return Annotation(self._media(a_type))

    def result(self, a_type: Type, *, required: bool = True) -> str:
        """Write the annotation of a field of a result, without constraints."""
        kinds = [*self._result_kinds(a_type), *([] if required else ["None"])]
        different = dict.fromkeys(kinds)
        return " | ".join(sorted(different, key=_is_none))

    def _result_kinds(self, a_type: Type) -> list[str]:
        """Write the alternatives of a value in a result."""
        match a_type:
            case t.String() | t.Media():
                return ["str"]
            case t.Number(integer):
                return [self._named("Integer" if integer else "Number")]
            case t.Literals():
                return self._open_literals(a_type)
            case t.Array(item):
                return [f"list[{self.result(item)}]"]
            case t.Map(inner):
                return [f"dict[str, {self.result(inner)}]"]
            case t.Union(alternatives):
                return [k for each in alternatives for k in self._result_kinds(each)]
            case t.Constrained(inner):
                return self._result_kinds(inner)
            case t.Anything():
                return [self._named("Json")]
            case _:
                return [self.request(a_type)]

    def _text(self, text: t.String) -> Annotation:
        if text.format in _ALIASES and text == t.String(format=text.format):
            return Annotation(self._named(_ALIASES[text.format]))
        pattern = None if text.pattern is None else self._test(text.pattern)
        arguments = _keywords(
            min_length=text.length.minimum or None,
            max_length=text.length.maximum,
            matches=pattern,
            format=string(text.format.name) if text.format else None,
        )
        plain = Annotation("str")
        return plain.marked(self._call("Text", *arguments)) if arguments else plain

    def _test(self, test: HasFormat | Matches) -> str:
        if isinstance(test, Matches):
            return self._expressions.pattern(test, is_shown=True)
        return self._named(predicate_name(test.name))

    def _number(self, number: t.Number) -> Annotation:
        bounds, factor = number.bounds, number.multiple_of
        limits = _keywords(
            ge=bounds.ge,
            gt=bounds.gt,
            le=bounds.le,
            lt=bounds.lt,
            multiple_of=f"{factor.step:f}" if factor else None,
        )
        if not limits:
            return Annotation(self._named("Integer" if number.integer else "Number"))
        plain = Annotation("int" if number.integer else "float")
        return plain.marked(self._call("Limits", *limits))

    def _literals(self, literals: t.Literals) -> Annotation:
        values = [choice.constant.value for choice in literals.values]
        is_literal = all(map(_may_be_literal, values))
        numbers = [v for v in values if not is_literal and is_number(v)]
        kinds: list[str] = []
        listed = [v for v in values if v is not None and not (numbers and is_number(v))]
        if listed:
            kinds.append(f"{self._named('Literal')}[{', '.join(map(value, listed))}]")
        if numbers:
            whole = all(isinstance(each, int) for each in numbers)
            kinds.append("int" if whole else "float")
        if None in values:
            kinds.append("None")
        written = Annotation(" | ".join(kinds))
        if all(isinstance(each, str) for each in values):
            return written
        exactly = self._call("Exactly", *map(value, values if numbers else ()))
        nullable = [self._call("Nullable")] if None in values else []
        return written.marked(exactly, *nullable)

    def _open_literals(self, literals: t.Literals) -> list[str]:
        values = [choice.constant.value for choice in literals.values]
        texts = [each for each in values if isinstance(each, str)]
        different = dict.fromkeys(map(_python_type, values))
        kinds = sorted(different, key=_is_none)
        if len(texts) > 1 and {*kinds} <= {"str", "None"}:
            listed = ", ".join(map(value, texts))
            kinds.insert(0, f"{self._named('Literal')}[{listed}]")
        named = {"Integer", "Number"}
        return [self._named(k) if k in named else k for k in kinds]

    def _array(self, array: t.Array, name: str) -> Annotation:
        base = self._named("ListOf") if _is_mixed(array.item) else "list"
        items = Annotation(f"{base}[{self.request(array.item, name)}]")
        arguments = _keywords(
            at_least=array.count.minimum or None,
            at_most=array.count.maximum,
            different=array.unique_items or None,
        )
        return items.marked(self._call("Count", *arguments)) if arguments else items

    def _union(self, union: t.Union, name: str) -> Annotation:
        written = [self.request(each, name) for each in union.alternatives]
        written.sort(key=_is_none)
        joined = " | ".join(dict.fromkeys(written))
        marks = [self._call("Nullable")] if "null" in json_types(union) else []
        if len(set(written) - {"None"}) > 1:
            marks.append(self._call("Either"))
        return Annotation(joined).marked(*marks)

    def _anything(self, types: frozenset[str]) -> Annotation:
        json = Annotation(self._named("Json"))
        if not types:
            return json
        return json.marked(self._call("OfType", *map(string, sorted(types))))

    def _checked(self, checked: t.Constrained, name: str) -> Annotation:
        check = next((n for n, c in self.checks.items() if c == checked), "")
        if not check:
            check = numbered(f"_check_{name}", self.checks, "_")
            self.checks[check] = checked
        must = self._call("Must", check, string(checked.sentence))
        return self._of(checked.type, name).marked(must)

    def _media(self, media: t.Media) -> str:
        if media not in self.media:
            name = f"{media.kind.capitalize()}Input"
            self.media[media] = numbered(name, self.media.values(), "")
        return self.media[media]

    def media_alias(self, media: t.Media) -> str:
        """Write the annotation that an alias of a media type names."""
        bounds = _keywords(min_bytes=media.size.ge, max_bytes=media.size.le)
        arguments = (string(media.kind), *map(self._test, media.forms), *bounds)
        source = Annotation(self._named("MediaSource"))
        return self._text_of(source.marked(self._call("Media", *arguments)))


def _keywords(**values: float | str | None) -> list[str]:
    """Write keyword arguments, without those that are None."""
    return [f"{name}={each}" for name, each in values.items() if each is not None]


def _may_be_literal(constant: object) -> bool:
    """Return whether `Literal` allows a constant; of integers, mypy reads 63 bits."""
    if isinstance(constant, int):
        return abs(constant) < 2**63
    return not isinstance(constant, float)


def _is_none(annotation: str) -> bool:
    return annotation == "None"


def _is_mixed(item: Type) -> bool:
    """Return whether the items of a list may be of several types for type checkers."""
    match item:
        case t.Number(integer):
            return not integer
        case t.Array(inner) | t.Constrained(inner):
            return _is_mixed(inner)
        case _:
            return isinstance(item, (t.Media, t.Union))


def _python_type(constant: object) -> str:
    if constant is None:
        return "None"
    if isinstance(constant, bool):
        return "bool"
    if isinstance(constant, int):
        return "Integer"
    return "Number" if isinstance(constant, float) else "str"
