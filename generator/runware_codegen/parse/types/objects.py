"""Turns object schemas into classes: fields, extra properties, rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from runware_codegen.documents import JsonValue
from runware_codegen.model import Class, Field, Type, including_integers, json_types
from runware_codegen.model import types as t
from runware_codegen.model.logic import lacks
from runware_codegen.model.predicates import FALSE, TRUE, EvaluatedProperties, Predicate
from runware_codegen.naming import reserved
from runware_codegen.naming.names import class_name, is_class_title, pascal_case
from runware_codegen.parse.assertions.facts import Facts
from runware_codegen.parse.assertions.simplify import Simplifier
from runware_codegen.parse.assertions.unevaluated import evaluated_properties
from runware_codegen.parse.metadata.markdown import clean_markdown
from runware_codegen.parse.rules.rules import rules_of
from runware_codegen.parse.schema import keyword_values
from runware_codegen.parse.schema.encoding import encode
from runware_codegen.parse.schema.merged import MergedSchema, merge, properties_of
from runware_codegen.parse.schema.schemas import Schema
from runware_codegen.parse.types.alternatives import union_of
from runware_codegen.parse.types.branches import (
    BranchProperty,
    branch_properties,
    closed_names,
    names_of_alternatives,
)
from runware_codegen.parse.types.fields import FieldNames, field_of
from runware_codegen.parse.types.readings import PartTypes
from runware_codegen.problems import Path


class ImpossibleError(Exception):
    """No object satisfies a schema; the text is the reason, if it is known."""


class ClassBuilder:
    """The classes of one document.

    Attributes:
        by_name: All classes, in the order of the document.
        recursive: The paths of the objects that contain themselves.
    """

    def __init__(
        self, types: PartTypes, taken: Iterable[str], *, is_result: bool
    ) -> None:
        """Create a builder for one document.

        Args:
            types: Makes the types of properties.
            taken: Names that no class may have.
            is_result: Whether the objects are results, or in results.
        """
        self.by_name: dict[str, Class] = {}
        self.recursive: set[Path] = set()
        self._types = types
        self._taken = frozenset(taken)
        self._is_result = is_result
        self._used = reserved.RESULT_MEMBERS if is_result else reserved.REQUEST_MEMBERS
        self._names: dict[Path, str] = {}
        self._by_content: dict[Class, str] = {}
        self._simplifier = Simplifier(self.by_name, types.lowering.definitions)

    def recursive_reference(self, schema: Schema) -> Type | None:
        """Return a reference to the class of an object that contains itself.

        Args:
            schema: The schema of the object, whose type is being made.

        Returns:
            The reference; None if the schema does not become a class.
        """
        name = self._names.get(schema.path)
        if name is None:
            return None
        self.recursive.add(schema.path)
        return t.ClassRef(name)

    def simplify(self, predicate: Predicate, a_type: Type) -> Predicate:
        """Simplify a predicate of values of a type."""
        return self._simplifier.simplify(predicate, Facts.of(a_type))

    def make(self, merged: MergedSchema, name: str) -> Type | None:
        """Make a class of an object schema that declares properties.

        Args:
            merged: The schemas that describe the object.
            name: The name of the object.

        Returns:
            The type; None if no object satisfies the schema.
        """
        free = class_name(name, self._taken | self.by_name.keys())
        self._names[merged.schema.path] = free
        try:
            self.build(merged, free)
        except ImpossibleError:
            return None
        is_recursive = merged.schema.path in self.recursive
        return t.ClassRef(free if is_recursive else self._deduplicated(free))

    def item_name(self, items: Schema, member: str) -> str:
        """Name the items of a list: by their title if it can name a class.

        Args:
            items: The schema of the items.
            member: The name of one item after the property that has the list.
        """
        title = items.keywords.get("title")
        if "properties" not in items.keywords or not isinstance(title, str):
            return member
        taken = self._taken | self.by_name.keys()
        free = class_name(title, taken) == pascal_case(title)
        return title if free and is_class_title(title) else member

    def build(self, merged: MergedSchema, name: str) -> Class:
        """Make the class of some schemas, with a name that is free.

        Raises:
            ImpossibleError: If no object satisfies the schemas.
        """
        json_types = merged.types()
        if merged.is_false or (json_types is not None and "object" not in json_types):
            raise ImpossibleError("it allows no object")
        doc = clean_markdown(merged.text("description"))
        self.by_name[name] = Class(name, doc, (), allows_extra=True)
        try:
            made = self._built(merged, name, doc)
        except ImpossibleError:
            del self.by_name[name]
            raise
        self.by_name[name] = made
        return made

    def _built(self, merged: MergedSchema, name: str, doc: str) -> Class:
        closing = [*self._closed_names(merged)]
        allowed = [names for names, _ in closing]
        closed = allowed[0].intersection(*allowed) if allowed else None
        fields = self._fields(merged, closed)
        made = Class(name, doc, fields, allows_extra=closed is None)
        self.by_name[name] = made  # the rules refer to it
        names = {field.json_name for field in fields}
        declared = dict.fromkeys(name for name, _ in properties_of(merged.schemas))
        absent = () if closed is not None else declared
        unexpressed = [lacks(each) for each in absent if each not in names]
        handled = merged.keyword_paths("type", "properties")
        handled |= {path for _, path in closing if path is not None}
        handled.update(_expressed_requirements(merged, names))
        unexpressed += self._types.lowering.lower_unhandled(merged, handled)
        rest = [self.simplify(part, t.ClassRef(name)) for part in unexpressed]
        if FALSE in rest:
            raise ImpossibleError
        required = {field.json_name for field in fields if field.required}
        rules = rules_of([part for part in rest if part != TRUE], required)
        return replace(made, rules=rules)

    def _closed_names(
        self, merged: MergedSchema
    ) -> Iterator[tuple[frozenset[str], Path | None]]:
        """Yield the allowed names of a closed object.

        With them comes the path of the keyword, if the names express all of it.
        """
        for each in merged.schemas_with("additionalProperties"):
            names = closed_names(each)
            if names is not None:
                yield names, (*each.path, "additionalProperties")
        for each in merged.schemas_with("unevaluatedProperties"):
            found = evaluated_properties(self._types.lowering, each)
            by_name = all(e == EvaluatedProperties(e.condition, e.names) for e in found)
            if each.keywords["unevaluatedProperties"] is False and by_name:
                certain = all(e.condition == TRUE for e in found)
                names = frozenset(name for e in found for name in e.names)
                yield names, (*each.path, "unevaluatedProperties") if certain else None
        for names in names_of_alternatives(self._types.lowering.schemas, merged):
            yield names, None

    def _deduplicated(self, name: str) -> str:
        """Replace the newest class by an older one that is equal; return its name."""
        made = self.by_name[name]
        known = self._by_content.setdefault(replace(made, name="", doc=""), name)
        if known != name:
            del self.by_name[name]
        return known

    def _fields(
        self, merged: MergedSchema, closed: frozenset[str] | None
    ) -> tuple[Field, ...]:
        """Make a field of each member that an object may have, and that is known.

        Raises:
            ImpossibleError: If a required member has no valid value.
        """
        required = merged.required()
        declared: dict[str, list[Schema]] = {}
        for json_name, schema in properties_of(merged.schemas):
            declared.setdefault(json_name, []).append(schema)
        in_branches = branch_properties(self._types.lowering.schemas, merged)
        known = {*declared, *in_branches, *required, *(closed or ())}
        allowed = known if closed is None else closed
        names = FieldNames(known, self._used)
        fields: list[Field] = []
        for json_name, schemas in declared.items():
            if json_name not in allowed:
                continue
            schema, sure = _joined(schemas), json_name in required
            a_type = self._types.type_of(schema, json_name)
            if a_type is not None:
                name = names.of(json_name)
                made = self._field(json_name, name, a_type, schema, required=sure)
                fields.append(made)
            elif sure:
                raise _without_value(json_name)
        for json_name, member in in_branches.items():
            if json_name in allowed and json_name not in declared:
                sure = member.required or json_name in required
                name = names.of(json_name)
                made = self._field_of_branches(json_name, name, member, required=sure)
                fields.append(made)
        done = {*declared, *(field.json_name for field in fields)}
        for json_name in sorted(required.union(closed or ()) - done):
            if json_name not in allowed:
                raise _without_value(json_name)
            name, sure = names.of(json_name), json_name in required
            fields.append(Field(name, json_name, t.Anything(), required=sure))
        return tuple(fields)

    def _field_of_branches(
        self, json_name: str, name: str, member: BranchProperty, *, required: bool
    ) -> Field:
        """Make a field of a property that only branches declare.

        In a request, a rule checks it. In a result, nothing does: the type is what the
        branches say.
        """
        certain = member.certain or self._is_result
        schemas = member.schemas if certain else member.schemas[:1]
        types = [self._types.type_of_alternative(each, json_name) for each in schemas]
        possible = [each for each in types if each is not None]
        known = certain and possible
        a_type = union_of(possible) if known else t.Anything()
        return self._field(json_name, name, a_type, schemas[0], required=required)

    def _field(
        self, json_name: str, name: str, a_type: Type, schema: Schema, *, required: bool
    ) -> Field:
        merged = merge(self._types.lowering.schemas, schema)
        field = field_of(merged, name, json_name, a_type, required=required)
        lines = self._types.alternative_lines(schema)
        return replace(field, alternatives="\n".join(lines)) if lines else field

    def are_disjoint(self, one: Type, other: Type) -> bool:
        """Return whether no value is of both types; False if that is not decided."""
        if isinstance(one, t.Literals) and isinstance(other, t.Literals):
            values = {choice.constant for choice in one.values}
            return not values & {choice.constant for choice in other.values}
        if isinstance(one, t.ClassRef) and isinstance(other, t.ClassRef):
            return self._are_discriminated(one, other)
        return not including_integers(json_types(one)) & including_integers(
            json_types(other)
        )

    def _are_discriminated(self, one: t.ClassRef, other: t.ClassRef) -> bool:
        first, second = (
            {
                field.json_name: field.type
                for field in self.by_name[each.class_name].fields
                if field.required and isinstance(field.type, t.Literals)
            }
            for each in (one, other)
        )
        shared = first.keys() & second.keys()
        return any(self.are_disjoint(first[name], second[name]) for name in shared)


def _without_value(json_name: str) -> ImpossibleError:
    return ImpossibleError(f"it requires {json_name!r}, which has no valid value")


def _expressed_requirements(merged: MergedSchema, names: set[str]) -> Iterator[Path]:
    """Yield the path of each `required` that is only about fields."""
    for each in merged.schemas_with("required"):
        if names.issuperset(keyword_values.names(each.keywords["required"])):
            yield (*each.path, "required")


def _joined(schemas: list[Schema]) -> Schema:
    """Join the schemas of a property into one."""
    if len(schemas) == 1:
        return schemas[0]
    unlike: dict[tuple[str, bytes], Schema] = {}
    for each in schemas:
        if each.node is not True and each.node != {}:
            unlike.setdefault((each.resource.uri, encode(each.node)), each)
    parts = tuple(unlike.values()) or tuple(schemas[:1])
    first = parts[0]
    if len(parts) == 1:
        return first
    nodes: list[JsonValue] = [each.node for each in parts]
    path = chain.from_iterable((*each.path, "allOf") for each in parts)
    return Schema({"allOf": nodes}, tuple(path), first.resource, parts)
