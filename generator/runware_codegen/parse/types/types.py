"""Turns schemas into types; what a type does not express becomes a predicate.

A type may allow more than its schema. The keywords that it does not express are lowered
to a predicate: a rule of the class for an object, a `Constrained` type for every other
value. So every schema is enforced exactly; a type only makes it readable.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import combinations, islice, starmap

from runware_codegen.model import Type
from runware_codegen.model import types as t
from runware_codegen.model.constants import json_type
from runware_codegen.model.logic import all_of
from runware_codegen.model.predicates import FALSE, TRUE, Always, IsIn, Predicate
from runware_codegen.parse.assertions.lowering import NESTING_LIMIT, Lowering
from runware_codegen.parse.rules.sentences import must_be
from runware_codegen.parse.schema.merged import MergedSchema, branches_of, merge
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.parse.schema.vocabulary import ANNOTATIONS
from runware_codegen.parse.types.alternatives import (
    Alternative,
    describe_alternatives,
    union_of,
)
from runware_codegen.parse.types.containers import array, mapping
from runware_codegen.parse.types.leaves import Leaf, cached_leaf, depth
from runware_codegen.parse.types.literal_sets import find_literals
from runware_codegen.parse.types.media import recognize_media
from runware_codegen.parse.types.objects import ClassBuilder
from runware_codegen.parse.types.readings import Reading
from runware_codegen.parse.types.scalars import number, text
from runware_codegen.problems import InvalidInputError, Path, Problem, json_pointer

_BESIDE_REFERENCE = ANNOTATIONS | {"$ref", "$defs", "definitions"}
_STRUCTURE = ("properties", "items", "prefixItems", "additionalProperties", "required")
_COMPOSITE = frozenset({"array", "object"})
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_DECLARING = {"object": ("properties",), "array": ("items",)}
"""Keywords that show that a value without `type` is of a JSON type."""


class TypeBuilder:
    """Makes types of the schemas of one document.

    Attributes:
        classes: The classes that objects became.
        problems: Schemas that no value can satisfy.
    """

    def __init__(
        self,
        lowering: Lowering,
        taken: Iterable[str] = (),
        *,
        is_result: bool = False,
    ) -> None:
        """Create a builder for one document.

        Args:
            lowering: Lowers what a type does not express.
            taken: Names that no class may have.
            is_result: Whether the values are results.
        """
        self.lowering = lowering
        self.classes = ClassBuilder(self, taken, is_result=is_result)
        self.problems: list[Problem] = []
        self._in_progress: set[Path] = set()
        self._made: dict[Path, Type | None] = {}
        self._structural: dict[Path, bool] = {}
        self._lines: dict[Path, tuple[str, ...]] = {}
        self._alternative = 0

    def type_of(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema; None if no value satisfies it.

        Args:
            schema: The schema.
            name: The name of the value, for the name of a class.

        Raises:
            InvalidInputError: If a reference has no target, or if schemas are nested too
                deeply.
        """
        name = self._definition_name(schema) or name
        schema = self._target(schema)
        if schema.path in self._made:
            return self._made[schema.path]
        if schema.path in self._in_progress:
            return self._recursive_type(schema)
        make = partial(_leaf, self.lowering.schemas, schema, name)
        leaf = cached_leaf(self.lowering, schema, name, make)
        if leaf is not None and len(self._in_progress) + leaf.depth < NESTING_LIMIT:
            self.lowering.count_tests(schema, leaf.test_count)
            self._lines[schema.path] = leaf.lines
            self._made[schema.path] = leaf.type
            return leaf.type
        self.lowering.check_nesting(schema, len(self._in_progress))
        self._in_progress.add(schema.path)
        known = len(self._made)
        made = self.make(schema, name)
        self._in_progress.remove(schema.path)
        if made is None and schema.path in self.classes.recursive:
            # The types inside of it may refer to its class, which does not exist.
            self._made = dict(islice(self._made.items(), known))
        self._made[schema.path] = made
        return made

    def type_of_alternative(self, schema: Schema, name: str) -> Type | None:
        """Return the type of a schema that applies to some values only; see `type_of`."""
        self._alternative += 1
        made = self.type_of(schema, name)
        self._alternative -= 1
        return made

    def alternative_lines(self, schema: Schema) -> tuple[str, ...]:
        """Describe the alternatives of a value, or of its items.

        Args:
            schema: A schema whose type exists.

        Returns:
            The lines of a Markdown list; none if there is nothing to describe.
        """
        schema = self._target(schema)
        seen: set[Path] = set()
        while schema.path not in seen and "items" in schema.keywords:
            if lines := self._lines.get(schema.path):
                return lines
            seen.add(schema.path)
            schema = self._target(schema.child("items"))
        return self._lines.get(schema.path, ())

    def _recursive_type(self, schema: Schema) -> Type | None:
        """Return the type of a schema inside of itself: its class, if it is an object."""
        if merge(self.lowering.schemas, schema).types() == frozenset({"object"}):
            known = self.classes.recursive_reference(schema)
            if known is not None:
                return known
        return self._constrained(t.Anything(), [self.lowering.lower(schema)])

    def _target(self, schema: Schema) -> Schema:
        """Follow references without other keywords, so that a shared type is built once."""
        seen = {schema.path}
        while (
            "$ref" in schema.keywords and not schema.keywords.keys() - _BESIDE_REFERENCE
        ):
            schema = self.lowering.schemas.target(schema)
            if schema.path in seen:
                break  # a circle of references asserts nothing
            seen.add(schema.path)
        return schema

    def _definition_name(self, schema: Schema) -> str:
        """Return the name that the document gives to the target of a `$ref`."""
        if "$ref" not in schema.keywords:
            return ""
        path = self.lowering.schemas.target(schema).path
        named = path[-2:-1] in (("schemas",), ("$defs",), ("definitions",))
        return str(path[-1]) if named else ""

    def make(self, schema: Schema, name: str) -> Type | None:
        """Make the type of a schema, without the cache; None if no value satisfies it."""
        merged = merge(self.lowering.schemas, schema)
        if merged.is_false:
            return None
        found = find_literals(merged)
        if found is not None:
            return self._literals(merged, *found)
        branches = self._branches(merged)
        if branches is not None:
            return self._union(merged, branches, name)
        types = merged.types()
        if types is None and not any(merged.schemas_with("properties", "items")):
            rest = self.lowering.lower_unhandled(merged, set())
            return self._constrained(t.Anything(), rest)
        if types is not None and not types:
            self._contradiction(merged.schema, "no type is allowed by all of it")
            return None
        return self._by_json_type(merged, types or t.ALL_TYPES, name)

    # -- sets of constants ----------------------------------------------------

    def _literals(
        self,
        merged: MergedSchema,
        choices: tuple[t.LiteralValue, ...],
        handled: set[Path],
    ) -> Type | None:
        if any(json_type(c.constant.value) in _COMPOSITE for c in choices):
            whole = self.lowering.lower_unhandled(merged, set())
            return self._constrained(t.Anything(), whole)
        literals = t.Literals(choices)
        others = self.lowering.lower_unhandled(merged, handled)
        rest = self.classes.simplify(all_of(others), literals)
        if isinstance(rest, IsIn):
            kept = tuple(c for c in choices if c.constant in rest.values)
            literals, rest = t.Literals(kept), TRUE
        if rest == FALSE or not literals.values:
            why = "its other keywords allow none of its constants"
            self._contradiction(merged.schema, why)
            return None
        return self._constrained(literals, [rest])

    # -- alternatives ---------------------------------------------------------

    def _branches(self, merged: MergedSchema, levels: int = 0) -> Schema | None:
        """Find the schema whose `anyOf` or `oneOf` lists the types of a value."""
        if any(merged.schemas_with(*_STRUCTURE)):
            return None
        for schema in merged.schemas_with("anyOf", "oneOf"):
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
            self._structural[schema.path] = False  # the answer inside of itself
            merged = merge(self.lowering.schemas, schema)
            self._structural[schema.path] = (
                any(merged.schemas_with("type", "const", "enum", "properties"))
                or self._branches(merged, levels + 1) is not None
            )
        return self._structural[schema.path]

    def _union(self, merged: MergedSchema, at: Schema, name: str) -> Type | None:
        keyword = "oneOf" if "oneOf" in at.keywords else "anyOf"
        branches = [*branches_of(at, keyword)]
        made = [
            self.type_of_alternative(branch, str(branch.keywords.get("title") or name))
            for branch in branches
        ]
        possible = [each for each in made if each is not None]
        if not possible:
            return None
        self._lines[merged.schema.path] = describe_alternatives(
            Alternative(a_type, self._text_of(branch))
            for branch, a_type in zip(branches, made, strict=True)
            if a_type is not None
        )
        pairs = combinations(possible, 2)
        exact = keyword == "anyOf" or all(starmap(self.classes.are_disjoint, pairs))
        handled: set[Path] = {(*at.path, keyword)} if exact else set()
        rest = self.lowering.lower_unhandled(merged, handled)
        return self._constrained(union_of(possible), rest, name)

    def _text_of(self, schema: Schema) -> str:
        """Return the description of a schema, else its title."""
        merged = merge(self.lowering.schemas, schema)
        return merged.text("description") or merged.text("title")

    # -- by JSON type ---------------------------------------------------------

    def _by_json_type(
        self, merged: MergedSchema, types: frozenset[str], name: str
    ) -> Type | None:
        handled = merged.keyword_paths("type")
        made: list[Type] = []
        contradictions: list[str] = []
        undeclared = set(types)
        for json_name in sorted(types, key=_ORDER.index):
            declaring = _DECLARING.get(json_name, ())
            if types == t.ALL_TYPES and not any(merged.schemas_with(*declaring)):
                continue
            undeclared.discard(json_name)
            reading = self._reading(json_name, merged, name)
            handled |= {*reading.handled}
            contradictions += [reading.contradiction] if reading.contradiction else []
            made += [] if reading.type is None else [reading.type]
        if undeclared and types == t.ALL_TYPES:
            made.append(t.Anything(frozenset(undeclared)))
        if contradictions and not made:
            self._contradiction(merged.schema, contradictions[0])
        constrained = self._with_rest(made, merged, handled, name)
        kept = [each for each in constrained if each is not None]
        self._lines[merged.schema.path] = describe_alternatives(map(Alternative, kept))
        return union_of(kept) if kept else None

    def _with_rest(
        self, made: list[Type], merged: MergedSchema, handled: set[Path], name: str
    ) -> list[Type | None]:
        """Constrain types by what they do not express; classes have rules for it."""
        instances = all(isinstance(each, t.ClassRef) for each in made)
        if instances and self.lowering.cache_key(merged.schema):
            return [*made]  # with references, the rest still needs definitions
        rest = self.lowering.lower_unhandled(merged, handled)
        return [
            one if isinstance(one, t.ClassRef) else self._constrained(one, rest, name)
            for one in made
        ]

    def _reading(self, json_name: str, merged: MergedSchema, name: str) -> Reading:
        match json_name:
            case "string":
                return text(self.lowering, merged)
            case "integer" | "number":
                return number(merged, integer=json_name == "integer")
            case "boolean":
                return Reading(t.Boolean())
            case "null":
                return Reading(t.Null())
            case "array":
                return array(self, merged, name, self.classes.item_name)
            case _ if any(merged.schemas_with("properties")):
                return Reading(self.classes.make(merged, name))
            case _:
                return mapping(self, merged, name)

    # -- what the type does not express ---------------------------------------

    def _constrained(
        self, a_type: Type, rest: list[Predicate], name: str = ""
    ) -> Type | None:
        """Constrain a type by what it does not express."""
        predicate = self.classes.simplify(all_of(rest), a_type)
        if isinstance(predicate, Always):
            return a_type if predicate.value else None
        if isinstance(a_type, t.String):
            media = recognize_media(a_type, predicate, name)
            if media is not None:
                return media
        return t.Constrained(a_type, predicate, must_be(predicate))

    def _contradiction(self, schema: Schema, why: str) -> None:
        """Report that no value satisfies a schema, unless it is one of several."""
        if not self._alternative:
            pointer, *others = map(json_pointer, schema.places)
            beside = f", here and at {' and '.join(others)}" if others else ""
            problem = Problem(
                self.lowering.schemas.source,
                pointer,
                f"No value satisfies this schema: {why}.",
                f"Fix the keywords that contradict each other{beside}. To forbid a value "
                "on purpose, use the schema false.",
            )
            self.problems.append(problem)


def _leaf(schemas: Schemas, schema: Schema, name: str) -> Leaf | None:
    """Make the type of a schema independently of the rest of its document."""
    separate = TypeBuilder(Lowering(schemas))
    try:
        made = separate.make(schema, name)
    except InvalidInputError:
        return None  # reported in its place
    if separate.problems:
        return None
    lines = separate.alternative_lines(schema)
    return Leaf(made, lines, separate.lowering.test_count, depth(schema.node))
