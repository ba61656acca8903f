"""Makes the view of a document's module, which the template lays out."""

from __future__ import annotations

from runware_codegen.model import (
    Class,
    ClassRef,
    Document,
    Field,
    Literals,
    LiteralValue,
    MediaLimit,
    Rate,
    Rule,
    SizeRule,
    json_types,
)
from runware_codegen.model.constants import Constant
from runware_codegen.model.logic import all_of, not_
from runware_codegen.render.annotations import Annotations
from runware_codegen.render.docs import (
    class_doc,
    field_doc,
    media_doc,
    module_doc,
    part_doc,
    request_doc,
)
from runware_codegen.render.expressions import Expressions
from runware_codegen.render.imports import Imports
from runware_codegen.render.literals import string, strings, value
from runware_codegen.render.python import Precedence
from runware_codegen.render.subjects import Subject, rule_subject, value_subject
from runware_codegen.render.views import (
    Alias,
    ClassView,
    Member,
    ModuleView,
    RulesView,
    RuleView,
    TestFunction,
    Variable,
)


class ModuleMaker:
    """Makes the module of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._classes = {each.name: each for each in document.request_classes}
        self._imports = Imports()
        self._named, self._call = self._imports.named, self._imports.call
        self._expressions = Expressions(self._classes, self._imports)
        self._annotations = Annotations(self._expressions, self._imports)
        self._view = ModuleView(module_doc(document))

    def make(self) -> ModuleView:
        """Return the parts of the module."""
        document, view = self._document, self._view
        parts = [self._part(part) for part in document.nested_request_classes]
        nested = document.nested_result_classes
        results = [self._result(part, "ResultPart") for part in nested]
        result = self._result(document.result, "TaskResult")
        request = self._request(document.request)
        view.classes = [*parts, *results, result, request]
        checks = self._checks()
        view.tests = [*self._definitions(), *checks]
        view.media = [
            Alias(name, self._annotations.media_alias(media), media_doc(media))
            for media, name in self._annotations.media.items()
        ]
        has_rules = any(each.rules.broken for each in view.classes)
        in_template = {
            "ClassVar": True,
            "Iterator": has_rules,
            "Json": view.tests,
            "Size": view.sizes,
            "Wire": has_rules,
        }
        for name in filter(in_template.get, in_template):
            self._named(name)
        view.imports = self._imports.lines()
        return view

    def _definitions(self) -> list[TestFunction]:
        """Write the definitions that expressions call, directly or indirectly."""
        definitions = dict(self._document.definitions)
        made: dict[str, TestFunction] = {}
        while missing := self._expressions.definitions - made.keys():
            name = min(missing)
            on = value_subject()
            written = self._expressions.write_result(definitions[name], on)
            doc = f"Return whether a value matches `{name.removeprefix('is_')}`."
            decorator = self._named("judged_once")
            made[name] = TestFunction(f"_{name}", doc, written, decorator)
        return [made[name] for name in sorted(made)]

    def _checks(self) -> list[TestFunction]:
        made: list[TestFunction] = []
        for name, checked in self._annotations.checks.items():
            on = value_subject(checked.type)
            written = self._expressions.write_result(checked.predicate, on)
            it = "it " if checked.sentence.startswith("must ") else ""
            doc = f"Return whether a value is valid: {it}{checked.sentence}."
            made.append(TestFunction(name, doc, written))
        return made

    # -- classes --------------------------------------------------------------

    def _part(self, part: Class) -> ClassView:
        return ClassView(
            part.name,
            self._named("OpenPart" if part.allows_extra else "Part"),
            part_doc(part, self._classes),
            tuple(self._member(each) for each in part.fields),
            self._rules(part, "part"),
        )

    def _result(self, part: Class, base: str) -> ClassView:
        fields = tuple(self._result_member(each) for each in part.fields)
        doc = class_doc(part)
        if base == "TaskResult":
            doc = doc or f"One result of {self._document.title or self._document.id}."
        return ClassView(part.name, self._named(base), doc, fields)

    def _request(self, request: Class) -> ClassView:
        document = self._document
        base = f"{self._named('TaskRequest')}[{document.result.name}]"
        if request.allows_extra:
            base += f", {self._named('OpenPart')}"
        status = document.status if document.status != "live" else ""
        texts, default = document.deliveries, document.default_delivery
        latency = repr(document.shortest_latency) if document.shortest_latency else ""
        rules = self._rules(request, "task")
        limits = "".join(map(self._media_limit, document.media_limits))
        rates = ""
        if document.pricing.adds_up:
            rates = "".join(map(self._rate, document.pricing.rates))
        variables = [
            Variable("air", "str", document.air and string(document.air)),
            Variable("status", "str", status and string(status)),
            Variable("result", "type[TaskResult]", document.result.name),
            Variable("deliveries", "tuple[str, ...]", strings(texts) if texts else ""),
            Variable("default_delivery", "str | None", default and string(default)),
            Variable("shortest_latency", "float | None", latency),
            Variable("sizes", "tuple[Size, ...]", "SIZES" if self._view.sizes else ""),
            Variable(
                "media_limits", "tuple[MediaLimit, ...]", limits and f"({limits})"
            ),
            Variable("rates", "tuple[Rate, ...]", rates and f"({rates})"),
        ]
        fields = sorted(request.fields, key=self._comes_last)
        return ClassView(
            request.name,
            base,
            request_doc(document, fields, self._classes),
            tuple(self._member(each) for each in fields),
            rules,
            tuple(each for each in variables if each.value),
        )

    # -- members --------------------------------------------------------------

    def _member(self, field: Field) -> Member:
        a_type, secret = field.type, field.secret
        annotation = self._annotations.request(a_type, field.name, secret=secret)
        if not field.required and "null" not in json_types(a_type):
            annotation = f"{annotation} | None"
        annotation = self._deprecated(field, annotation)
        return Member(field.name, annotation, self._default(field), field_doc(field))

    def _deprecated(self, field: Field, annotation: str) -> str:
        """Mark the type of a deprecated member for type checkers."""
        if not field.deprecated:
            return annotation
        return f"{self._named('Deprecated')}[{annotation}]"

    def _default(self, field: Field) -> str:
        alias, only = _alias(field, "alias"), _only_value(field)
        if field.required and only:
            return self._call("constant", only, *alias)
        if field.required and self._has_own_models(field):
            return self._call("filled", string(self._document.models[0]))
        if self._document.is_own_uuid(field):
            return self._call("fresh_uuid", *alias)
        return self._field_call(field)

    def _has_own_models(self, field: Field) -> bool:
        """Whether a field is the task's model, and accepts the user's own models."""
        document = self._document
        return document.takes_own_models and field is document.request.field("model")

    def _comes_last(self, field: Field) -> bool:
        """Whether callers seldom pass a field, because the constructor fills it in."""
        return field.json_name == "taskType" or self._document.is_own_uuid(field)

    def _result_member(self, field: Field) -> Member:
        annotation = self._annotations.result(field.type, required=field.required)
        default = self._field_call(field, result=True)
        annotation = self._deprecated(field, annotation)
        return Member(field.name, annotation, default, field_doc(field, result=True))

    def _field_call(self, field: Field, *, result: bool = False) -> str:
        """Write the default of a field: its value, or a call with pydantic's options."""
        message = string(f"`{field.name}` is deprecated")
        if field.deprecated and not field.required:
            return self._call("Deprecated", message, *_alias(field, "alias"))
        arguments = _alias(field, "validation_alias")
        if field.deprecated and result:
            # A required member that is absent raises AttributeError, which pydantic's
            # `deprecated` would hide.
            arguments.append('json_schema_extra={"deprecated": True}')
        elif field.deprecated:
            arguments.append(f"deprecated={message}")
        if not arguments:
            return "" if field.required else "None"
        start = [] if field.required else ["default=None"]
        return self._call("Field", *start, *arguments)

    # -- rules ----------------------------------------------------------------

    def _rules(self, owner: Class, name: str) -> RulesView:
        on = rule_subject(name, ClassRef(owner.name))
        broken = [self._broken(rule, on) for rule in owner.rules]
        parts = (on.local_names or {}).items()
        return RulesView(name, tuple(parts), tuple(broken))

    def _broken(self, rule: Rule | SizeRule, on: Subject) -> RuleView:
        if isinstance(rule, SizeRule):
            return self._size_rule(rule, on)
        broken = all_of([rule.when, not_(rule.must)])
        written = self._expressions.write(broken, on).text
        return RuleView(written, string(rule.sentence))

    def _size_rule(self, rule: SizeRule, on: Subject) -> RuleView:
        tables = self._view.sizes
        new = f"SIZES_{len(tables) + 1}" if tables else "SIZES"
        operands = on.text, tables.setdefault(rule.sizes, new)
        test = f"not {self._call('is_size', *operands)}"
        if not rule.condition:
            return RuleView(test, self._call("not_a_size", *operands))
        when = self._expressions.write(rule.when, on).parenthesized(Precedence.AND)
        condition = string(rule.condition)
        message = self._call("not_a_size", *operands, condition)
        return RuleView(f"{when} and {test}", message)

    # -- metadata -------------------------------------------------------------

    def _media_limit(self, limit: MediaLimit) -> str:
        names = string(limit.parameter), string(limit.operation)
        bounds = repr(limit.minimum), repr(limit.maximum)
        return f"{self._call('MediaLimit', *names, *bounds)},"

    def _rate(self, rate: Rate) -> str:
        texts = map(string, (rate.amount, rate.unit, rate.label))
        return f"{self._call('Rate', *texts)},"


def _alias(field: Field, keyword: str) -> list[str]:
    """Write an argument, the name in JSON; none if the Python name implies it."""
    implied = wire_name(field.name) == field.json_name
    return [] if implied else [f"{keyword}={string(field.json_name)}"]


def _only_value(field: Field) -> str:
    """Write the only value of a field; empty if it has several values."""
    match field.type:
        case Literals((LiteralValue(Constant(only)),)):
            return value(only)
        case _:
            return ""


def wire_name(name: str) -> str:
    """Return the wire name that a field has in the emitted package without an alias."""
    first, *rest = name.split("_")
    return first + "".join(
        word.upper() if word in ("uri", "url", "uuid") else word.capitalize()
        for word in rest
    )
