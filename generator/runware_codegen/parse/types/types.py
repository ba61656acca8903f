"""Schemas to types: what a person sees of a schema, and what is left to check.

A type may allow more than its schema. What it leaves is lowered to a predicate: a
rule of the class for an object, a check beside the type for every other value. So
nothing is lost whatever the schema looks like; a type only says it more readably.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runware_codegen.model import (
    ALL_TYPES,
    Anything,
    Array,
    Boolean,
    ClassRef,
    Constrained,
    Literals,
    LiteralValue,
    Null,
    String,
)
from runware_codegen.model.constants import json_type
from runware_codegen.model.logic import all_of
from runware_codegen.model.predicates import (
    FALSE,
    TRUE,
    IsIn,
    Predicate,
)
from runware_codegen.naming import reserved
from runware_codegen.naming.names import singular
from runware_codegen.parse.assertions.lowering import NESTING_LIMIT, Lowering
from runware_codegen.parse.rules.sentences import must_be
from runware_codegen.parse.schema.merged import Conjunction, branches_of, conjunction
from runware_codegen.parse.schema.vocabulary import ANNOTATIONS
from runware_codegen.parse.types.alternatives import Alternative, flat, joined, lines_of
from runware_codegen.parse.types.bounds import bounds, closed_lengths, is_empty
from runware_codegen.parse.types.leaves import leaf
from runware_codegen.parse.types.literal_sets import literals
from runware_codegen.parse.types.media import as_media
from runware_codegen.parse.types.objects import Classes
from runware_codegen.parse.types.scalars import number, text
from runware_codegen.problems import Problem, json_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runware_codegen.model import Type
    from runware_codegen.parse.schema.merged import Said
    from runware_codegen.parse.schema.schemas import Schema
    from runware_codegen.problems import Path

_ALONE = ANNOTATIONS | {"$ref", "$defs", "definitions"}
_ARRAY = ("minItems", "maxItems", "uniqueItems")
_STRUCTURE = ("properties", "items", "prefixItems", "additionalProperties", "required")


class Types:
    """Makes types of the schemas of one document.

    Attributes:
        classes: The classes that objects became.
        problems: Schemas that no value can satisfy.
    """

    def __init__(
        self,
        lowering: Lowering,
        taken: Iterable[str] = (),
        used: frozenset[str] = reserved.REQUEST_MEMBERS,
    ) -> None:
        """Prepare to make types.

        Args:
            lowering: Lowers what a type does not say.
            taken: Names that no class may have.
            used: Names that no member of a class may have.
        """
        self.lowering = lowering
        self.classes = Classes(self, taken, used)
        self.problems: list[Problem] = []
        self._open: set[Path] = set()
        self._made: dict[Path, Type | None] = {}
        self._structural: dict[Path, bool] = {}
        self._lines: dict[Path, tuple[str, ...]] = {}
        self._alternative = 0

    def of(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema; None when no value satisfies it.

        Args:
            schema: The schema.
            name: What the value is called, for the name of a class.

        Raises:
            InvalidInput: When a reference leads nowhere, or when schemas are nested
                too deeply.
        """
        name = self._named(schema) or name
        schema = self._target(schema)
        if schema.path in self._made:
            return self._made[schema.path]
        if schema.path in self._open:
            return self._again(schema)
        known = leaf(self, schema, name)
        if known and len(self._open) + known.levels < NESTING_LIMIT:
            self.lowering.count(schema, known.tests)
            self._lines[schema.path] = known.lines
            self._made[schema.path] = known.type
            return known.type
        self.lowering.check_nesting(schema, len(self._open))
        self._open.add(schema.path)
        try:
            made = self.make(schema, name)
        finally:
            self._open.discard(schema.path)
        self._made[schema.path] = made
        return made

    def of_alternative(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema that need not be satisfied; else as `of`."""
        self._alternative += 1
        try:
            return self.of(schema, name)
        finally:
            self._alternative -= 1

    def apart(self) -> Types:
        """Return a maker of types of the same schemas that has made none yet."""
        return Types(Lowering(self.lowering.schemas))

    def alternative_lines(self, schema: Schema) -> tuple[str, ...]:
        """Say what the alternatives of a value, or of its items, are.

        Args:
            schema: A schema whose type has been made.

        Returns:
            The lines of a list, as Markdown; none where there is nothing to say.
        """
        schema = self._target(schema)
        seen: set[Path] = set()
        while schema.path not in seen and "items" in schema.keywords:
            if lines := self._lines.get(schema.path):
                return lines
            seen.add(schema.path)
            schema = self._target(schema.child("items"))
        return self._lines.get(schema.path, ())

    def _again(self, schema: Schema) -> Type | None:
        """Return the type of a schema that is being made: its class, if it is one."""
        known = self.classes.again(schema)
        types = conjunction(self.lowering.schemas, schema).types()
        if known is not None and types == frozenset({"object"}):
            return known
        return self._checked(Anything(), [self.lowering.lower(schema)])

    def _target(self, schema: Schema) -> Schema:
        """Follow references that stand alone, so that what they share is made once."""
        seen = {schema.path}
        while "$ref" in schema.keywords and not schema.keywords.keys() - _ALONE:
            schema = self.lowering.schemas.target(schema)
            if schema.path in seen:
                break  # a circle, which says nothing
            seen.add(schema.path)
        return schema

    def _named(self, schema: Schema) -> str:
        """Return the name that a document gives to what a `$ref` leads to."""
        if "$ref" not in schema.keywords:
            return ""
        path = self.lowering.schemas.target(schema).path
        named = path[-2:-1] in (("schemas",), ("$defs",), ("definitions",))
        return str(path[-1]) if named else ""

    def make(self, schema: Schema, name: str) -> Type | None:
        """Make the type of a schema, known or not; None when no value satisfies it."""
        together = conjunction(self.lowering.schemas, schema)
        if together.impossible:
            return None
        found = literals(together)
        if found is not None:
            return self._literals(schema, together, *found)
        branches = self._branches(together)
        if branches is not None:
            return self._union(schema, together, branches, name)
        types = together.types()
        if types is None and not any(together.having("properties", "items")):
            return self._checked(Anything(), together.rest(self.lowering, set()))
        if types is not None and not types:
            return self._contradiction(schema, "its types exclude each other")
        return self._typed(schema, together, types or ALL_TYPES, name)

    # -- sets of constants ----------------------------------------------------

    def _literals(
        self,
        schema: Schema,
        together: Conjunction,
        choices: tuple[LiteralValue, ...],
        settled: set[Said],
    ) -> Type | None:
        scalars = [c for c in choices if json_type(c.constant.value) not in _COMPOSITE]
        whole = together.rest(
            self.lowering, settled if scalars == [*choices] else set()
        )
        if scalars != [*choices]:
            return self._checked(Anything(), whole)
        literals = Literals(choices)
        rest = self.classes.simplify(all_of(whole), literals)
        if isinstance(rest, IsIn):
            kept = tuple(c for c in choices if c.constant in rest.values)
            literals, rest = Literals(kept), TRUE
        if rest == FALSE or not literals.values:
            return self._contradiction(schema, "none of its constants is allowed by it")
        return self._checked(literals, [rest])

    # -- alternatives ---------------------------------------------------------

    def _branches(self, together: Conjunction, levels: int = 0) -> Schema | None:
        """Find the schema whose anyOf or oneOf tells apart what a value may be."""
        if any(together.having(*_STRUCTURE)):
            return None
        for schema in together.having("anyOf", "oneOf"):
            keyword = "oneOf" if "oneOf" in schema.keywords else "anyOf"
            branches = branches_of(schema, keyword)
            if all(self._is_structural(branch, levels) for branch in branches):
                return schema
        return None

    def _is_structural(self, schema: Schema, levels: int) -> bool:
        if schema.node is False:
            return True
        if schema.path not in self._structural:
            self.lowering.check_nesting(schema, levels)
            self._structural[schema.path] = False  # as long as that is being found out
            together = conjunction(self.lowering.schemas, schema)
            self._structural[schema.path] = (
                any(together.having("type", "const", "enum", "properties"))
                or self._branches(together, levels + 1) is not None
            )
        return self._structural[schema.path]

    def _union(
        self, schema: Schema, together: Conjunction, at: Schema, name: str
    ) -> Type | None:
        keyword = "oneOf" if "oneOf" in at.keywords else "anyOf"
        branches = [*branches_of(at, keyword)]
        made = [
            self.of_alternative(branch, str(branch.keywords.get("title") or name))
            for branch in branches
        ]
        alternatives = list(flat(each for each in made if each is not None))
        if not alternatives:
            return None
        self._lines[schema.path] = lines_of(
            Alternative(a_type, self._text_of(branch))
            for branch, a_type in zip(branches, made, strict=True)
            if a_type is not None
        )
        distinct = keyword == "anyOf" or self._are_disjoint(made)
        settled = {(at.path, keyword)} if distinct else set[tuple["Path", str]]()
        union = joined(alternatives)
        return self._checked(union, together.rest(self.lowering, settled), name)

    def _text_of(self, schema: Schema) -> str:
        """Return what a document says of a schema, or what it calls it."""
        together = conjunction(self.lowering.schemas, schema)
        return together.text("description") or together.text("title")

    def _are_disjoint(self, alternatives: list[Type | None]) -> bool:
        present = [each for each in alternatives if each is not None]
        return all(
            self.classes.are_disjoint(one, other)
            for index, one in enumerate(present)
            for other in present[:index]
        )

    # -- by JSON type ---------------------------------------------------------

    def _typed(
        self, schema: Schema, together: Conjunction, types: frozenset[str], name: str
    ) -> Type | None:
        settled = together.said(["type"])
        made: list[Type] = []
        others = set(types)
        for json_name in sorted(types, key=_ORDER.index):
            if types == ALL_TYPES and not any(together.having(*_SHAPES[json_name])):
                continue
            others.discard(json_name)
            one = self._single(json_name, schema, together, name, settled)
            made += [] if one is None else [one]
        if others and types == ALL_TYPES:
            made.append(Anything(frozenset(others)))
        checked = self._with_rest(made, schema, together, settled, name)
        kept = [each for each in checked if each is not None]
        self._lines[schema.path] = lines_of(map(Alternative, kept))
        return joined(kept) if kept else None

    def _with_rest(
        self,
        made: list[Type],
        schema: Schema,
        together: Conjunction,
        settled: set[Said],
        name: str,
    ) -> list[Type | None]:
        """Add to types what they leave to check; a class has made rules of it."""
        instances = all(isinstance(each, ClassRef) for each in made)
        if instances and self.lowering.code_alone(schema):
            return [*made]  # else references in the rest are to be named and checked
        rest = together.rest(self.lowering, settled)
        return [
            each if isinstance(each, ClassRef) else self._checked(each, rest, name)
            for each in made
        ]

    def _single(
        self,
        json_name: str,
        schema: Schema,
        together: Conjunction,
        name: str,
        settled: set[Said],
    ) -> Type | None:
        match json_name:
            case "string":
                return self._text(schema, together, settled)
            case "integer" | "number":
                integer = json_name == "integer"
                return self._number(schema, together, settled, integer=integer)
            case "boolean":
                return Boolean()
            case "null":
                return Null()
            case "array":
                return self._array(schema, together, name, settled)
            case _:
                return self.classes.make(together, name, settled)

    def _text(
        self, schema: Schema, together: Conjunction, settled: set[Said]
    ) -> Type | None:
        made = text(self.lowering, together, settled)
        if made.max_length is not None and made.min_length > made.max_length:
            return self._contradiction(schema, "its least length exceeds its greatest")
        return made

    def _number(
        self,
        schema: Schema,
        together: Conjunction,
        settled: set[Said],
        *,
        integer: bool,
    ) -> Type | None:
        made = number(together, settled, integer=integer)
        if is_empty(made):
            return self._contradiction(schema, "its least value exceeds its greatest")
        return made

    def _array(
        self, schema: Schema, together: Conjunction, name: str, settled: set[Said]
    ) -> Type | None:
        closed = closed_lengths(together)
        settled |= together.said(_ARRAY) | closed.keys()
        least, most = bounds(together, "Items", *closed.values())
        if most is not None and least > most:
            return self._contradiction(schema, "it has to have more items than it may")
        different = True in together.values("uniqueItems")
        item: Type | None = None
        for each in together.having("items", "prefixItems"):
            item = self._item(each, name, settled)
            break
        return Array(item or Anything(), least, most, different)

    def _item(self, each: Schema, name: str, settled: set[Said]) -> Type | None:
        """Make the type that all items have, wherever they stand; None for any."""
        first = [*branches_of(each, "prefixItems")]
        others = each.child("items") if "items" in each.keywords else None
        if not first and others:
            item = self.of(others, self.classes.name_of_item(others, singular(name)))
            settled |= set() if item is None else {(each.path, "items")}
            return item
        if others is None:
            return None
        made = [self.of_alternative(one, singular(name)) for one in (*first, others)]
        if made[-1] is None:
            made.pop()  # none of them
        elif made[-1] == joined(flat(filter(None, made))):
            settled.add((each.path, "items"))
        possible = [one for one in made if one is not None]
        if len({*made}) == 1 and possible:
            settled.add((each.path, "prefixItems"))
        if not possible or Anything() in possible:
            return None
        return joined(flat(possible))

    # -- what is left ---------------------------------------------------------

    def _checked(
        self, a_type: Type, rest: list[Predicate], name: str = ""
    ) -> Type | None:
        """Add to a type what it leaves to check."""
        left = self.classes.simplify(all_of(rest), a_type)
        if left == FALSE:
            return None
        if left == TRUE:
            return a_type
        if isinstance(a_type, String):
            return as_media(a_type, left, name) or Constrained(
                a_type, left, must_be(left)
            )
        return Constrained(a_type, left, must_be(left))

    def _contradiction(self, schema: Schema, why: str) -> Type | None:
        if not self._alternative:
            self.problems.append(
                Problem(
                    self.lowering.schemas.source,
                    json_pointer(schema.path),
                    f"No value satisfies this schema: {why}.",
                    "Mend the keywords that contradict each other; to forbid a "
                    "value on purpose write false.",
                )
            )
        return None


_COMPOSITE = frozenset({"array", "object"})
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_SHAPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ORDER, ()),
    "object": ("properties",),
    "array": ("items",),
}
