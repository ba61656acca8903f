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
from runware_codegen.render.imports import import_lines
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
        self._expressions = Expressions(self._classes)
        self._annotations = Annotations(self._expressions)
        self._used: set[str] = {"ClassVar"}
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
        used = self._used | self._annotations.names | self._expressions.helpers
        view.imports = import_lines(used)
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
            made[name] = TestFunction(f"_{name}", doc, written, "judged_once")
        self._used |= {"Json", "judged_once"} if made else set()
        return [made[name] for name in sorted(made)]

    def _checks(self) -> list[TestFunction]:
        made: list[TestFunction] = []
        for name, checked in self._annotations.checks.items():
            self._used.add("Json")
            on = value_subject(checked.type)
            written = self._expressions.write_result(checked.predicate, on)
            it = "it " if checked.sentence.startswith("must ") else ""
            doc = f"Return whether a value is valid: {it}{checked.sentence}."
            made.append(TestFunction(name, doc, written))
        return made

    # -- classes --------------------------------------------------------------

    def _part(self, part: Class) -> ClassView:
        base = "OpenPart" if part.allows_extra else "Part"
        self._used.add(base)
        return ClassView(
            part.name,
            base,
            part_doc(part, self._classes),
            tuple(self._member(each) for each in part.fields),
            self._rules(part, "part"),
        )

    def _result(self, part: Class, base: str) -> ClassView:
        self._used.add(base)
        fields = tuple(self._result_member(each) for each in part.fields)
        doc = class_doc(part)
        if base == "TaskResult":
            doc = doc or f"One result of {self._document.title or self._document.id}."
        return ClassView(part.name, base, doc, fields)

    def _request(self, request: Class) -> ClassView:
        self._used.add("TaskRequest")
        document = self._document
        base = f"TaskRequest[{document.result.name}]"
        if request.allows_extra:
            self._used.add("OpenPart")
            base += ", OpenPart"
        status = document.status if document.status != "live" else ""
        texts, default = document.deliveries, document.default_delivery
        latency = repr(document.shortest_latency) if document.shortest_latency else ""
        variables = [
            Variable("air", "str", document.air and string(document.air)),
            Variable("status", "str", status and string(status)),
            Variable("result", "type[TaskResult]", document.result.name),
            Variable("deliveries", "tuple[str, ...]", strings(texts) if texts else ""),
            Variable("default_delivery", "str | None", default and string(default)),
            Variable("shortest_latency", "float | None", latency),
        ]
        rules = self._rules(request, "task")
        if self._view.sizes:
            variables.append(Variable("sizes", "tuple[Size, ...]", "SIZES"))
        if document.media_limits:
            self._used.add("MediaLimit")
            listed = "".join(map(_media_limit, document.media_limits))
            limits = Variable("media_limits", "tuple[MediaLimit, ...]", f"({listed})")
            variables.append(limits)
        if document.pricing.adds_up:
            self._used.add("Rate")
            rates = [(r.amount, r.unit, r.label) for r in document.pricing.rates]
            listed = "".join(f"Rate({', '.join(map(string, r))})," for r in rates)
            variables.append(Variable("rates", "tuple[Rate, ...]", f"({listed})"))
        fields = sorted(request.fields, key=self._comes_last)
        return ClassView(
            request.name,
            base,
            request_doc(document, fields, self._classes),
            tuple(self._member(each) for each in fields),
            rules,
            tuple(each for each in variables if each.value),
            subject="task",
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
        self._used.add("Deprecated")
        return f"Deprecated[{annotation}]"

    def _default(self, field: Field) -> str:
        alias = _alias(field)
        named = [f"alias={alias}"] if alias else []
        only = _only_value(field)
        if field.required and only:
            self._used.add("constant")
            return f"constant({', '.join([only, *named])})"
        if field.required and self._has_own_models(field):
            self._used.add("filled")
            return f"filled({string(self._document.models[0])})"
        if self._document.is_own_uuid(field):
            self._used.add("fresh_uuid")
            return f"fresh_uuid({', '.join(named)})"
        return self._field_call(field, alias)

    def _has_own_models(self, field: Field) -> bool:
        """Whether a field is the task's model, and accepts the user's own models."""
        document = self._document
        return document.takes_own_models and field is document.request.field("model")

    def _comes_last(self, field: Field) -> bool:
        """Whether callers seldom pass a field, because the constructor fills it in."""
        return field.json_name == "taskType" or self._document.is_own_uuid(field)

    def _result_member(self, field: Field) -> Member:
        annotation = self._annotations.result(field.type, required=field.required)
        default = self._field_call(field, _alias(field), result=True)
        annotation = self._deprecated(field, annotation)
        return Member(field.name, annotation, default, field_doc(field, result=True))

    def _field_call(self, field: Field, alias: str, *, result: bool = False) -> str:
        """Write the default of a field: its value, or a call with pydantic's options."""
        message = string(f"`{field.name}` is deprecated")
        if field.deprecated and not field.required:
            return f"Deprecated({message}{f', alias={alias}' if alias else ''})"
        arguments = [f"validation_alias={alias}"] if alias else []
        if field.deprecated and result:
            # A required member that is absent raises AttributeError, which pydantic's
            # `deprecated` would hide.
            arguments.append('json_schema_extra={"deprecated": True}')
        elif field.deprecated:
            arguments.append(f"deprecated={message}")
        if not arguments:
            return "" if field.required else "None"
        self._used.add("Field")
        start = [] if field.required else ["default=None"]
        return f"Field({', '.join([*start, *arguments])})"

    # -- rules ----------------------------------------------------------------

    def _rules(self, owner: Class, name: str) -> RulesView:
        if owner.rules:
            self._used |= {"Iterator", "Wire"}
        on = rule_subject(name, ClassRef(owner.name))
        broken = [self._broken(rule, on) for rule in owner.rules]
        return RulesView(tuple((on.local_names or {}).items()), tuple(broken))

    def _broken(self, rule: Rule | SizeRule, on: Subject) -> RuleView:
        if isinstance(rule, SizeRule):
            return self._size_rule(rule, on)
        broken = all_of([rule.when, not_(rule.must)])
        written = self._expressions.write(broken, on).text
        return RuleView(written, string(rule.sentence))

    def _size_rule(self, rule: SizeRule, on: Subject) -> RuleView:
        self._used |= {"Size", "is_size", "not_a_size"}
        tables = self._view.sizes
        new = f"SIZES_{len(tables) + 1}" if tables else "SIZES"
        table, name = tables.setdefault(rule.sizes, new), on.text
        test = f"not is_size({name}, {table})"
        if not rule.condition:
            return RuleView(test, f"not_a_size({name}, {table})")
        condition = self._expressions.write(rule.when, on).parenthesized(Precedence.AND)
        message = f"not_a_size({name}, {table}, {string(rule.condition)})"
        return RuleView(f"{condition} and {test}", message)


def _media_limit(limit: MediaLimit) -> str:
    names = string(limit.parameter), string(limit.operation)
    bounds = repr(limit.minimum), repr(limit.maximum)
    return f"MediaLimit({', '.join((*names, *bounds))}),"


def _alias(field: Field) -> str:
    """Write the name in JSON; empty if the Python name implies it."""
    implied = wire_name(field.name) == field.json_name
    return "" if implied else string(field.json_name)


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
