"""Lowers schemas to predicates, with the schemas that they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Final, cast

from runware_codegen.model.logic import all_of
from runware_codegen.model.predicates import FALSE, TRUE, DefinitionRef, Predicate
from runware_codegen.naming.names import definition_name
from runware_codegen.parse.assertions.keywords import KEYWORDS, for_type
from runware_codegen.parse.schema.encoding import cache_key
from runware_codegen.parse.schema.merged import MergedSchema, merge
from runware_codegen.parse.schema.schemas import Schema, Schemas
from runware_codegen.problems import InvalidInputError, Path, json_pointer

INLINE_LIMIT = 40
"""A referenced schema with more nodes than this becomes a definition."""

TOTAL_LIMIT = 200_000
"""The maximum number of tests of a document. It limits the size of the output."""

SIZE_LIMIT = 40_000
"""The maximum number of nodes of a schema, with those of the schemas that it refers to. It
limits the time to validate a value."""

NESTING_LIMIT = 32
"""The maximum depth of nested schemas, references included."""


_CACHE: Final[dict[bytes, tuple[Predicate, int]]] = {}
"""Lowered schemas of all documents and the numbers of their tests, by `cache_key`."""

_MAX_CACHED: Final = 2**14


class Lowering:
    """Lowers the schemas of one document, and caches the results.

    Attributes:
        schemas: The document's schemas.
        definitions: The predicates that each `DefinitionRef` names.
        test_count: The number of tests so far.
    """

    def __init__(
        self, schemas: Schemas, skipped: frozenset[Path] = frozenset()
    ) -> None:
        """Create a lowering for one document.

        Args:
            schemas: The document's schemas.
            skipped: The paths of keywords that are not enforced.
        """
        self.schemas = schemas
        self.test_count = 0
        self._skipped = skipped
        self.definitions: dict[str, Predicate] = {}
        self._sizes: dict[str, int] = {}
        self._names: dict[Path, str] = {}
        self._lowered: dict[Path, Predicate] = {}
        self._entered: dict[Path, int] = {}
        self._depth = 0

    def lower(self, schema: Schema) -> Predicate:
        """Return what a schema asserts.

        Raises:
            InvalidInputError: If the schema refers to itself without end, is nested too
                deeply or is too large.
        """
        if isinstance(schema.node, bool):
            return TRUE if schema.node else FALSE
        if schema.path in self._lowered:
            return self._lowered[schema.path]
        if schema.path in self._entered:
            return self._recursive_reference(schema)
        if not self._entered and (code := self.cache_key(schema)):
            return self._lower_cached(schema, code)
        return self._lower(schema)

    def cache_key(self, schema: Schema) -> bytes:
        """Return a schema as bytes if its meaning depends on nothing else, or b""."""
        return b"" if self._skipped else cache_key(schema.node)

    def _lower_cached(self, schema: Schema, code: bytes) -> Predicate:
        """Lower a schema whose meaning does not depend on its place."""
        if code not in _CACHE:
            if len(_CACHE) >= _MAX_CACHED:
                _CACHE.clear()
            # With a new instance, the count does not depend on the schemas before.
            separate = Lowering(self.schemas)
            _CACHE[code] = separate._lower(schema), separate.test_count
        predicate, total = _CACHE[code]
        self.count_tests(schema, total)
        self._lowered[schema.path] = predicate
        return predicate

    def _lower(self, schema: Schema) -> Predicate:
        self.check_nesting(schema, len(self._entered))
        self._entered[schema.path] = self._depth
        predicate = all_of(self._assertions(schema))
        del self._entered[schema.path]
        if node_count(predicate, SIZE_LIMIT, self._sizes) >= SIZE_LIMIT:
            raise self._problem(
                schema,
                f"The schema has more than {SIZE_LIMIT} assertions.",
                "Use fewer alternatives, or nest fewer of them.",
            )
        if schema.path in self._names:
            predicate = self._define(schema, predicate)
        self._lowered[schema.path] = predicate
        return predicate

    def _assertions(self, schema: Schema) -> Iterable[Predicate]:
        """Lower each keyword, except an `allOf` that includes the schema itself."""
        if not schema.keywords.keys().isdisjoint(("$ref", "allOf")):
            merged = merge(self.schemas, schema)
            if merged.is_circular and merged.is_false:
                return [FALSE]
            if merged.is_circular:
                return self.lower_unhandled(merged, set())
        return (self.lower_keyword(schema, keyword) for keyword in schema.keywords)

    def lower_unhandled(
        self, merged: MergedSchema, handled: set[Path]
    ) -> list[Predicate]:
        """Lower the keywords of a merged schema, in the order of the document.

        Args:
            merged: The schema.
            handled: The paths of keywords to skip.
        """
        found = [
            self.lower_keyword(schema, keyword)
            for schema in merged.schemas
            for keyword in schema.keywords
            if keyword not in ("$ref", "allOf")
            and (*schema.path, keyword) not in handled
        ]
        return [predicate for predicate in dict.fromkeys(found) if predicate != TRUE]

    def lower_keyword(self, schema: Schema, keyword: str) -> Predicate:
        """Return what one keyword of a schema asserts, beside its siblings."""
        if keyword not in KEYWORDS:
            return TRUE  # an annotation
        json_type, _ = KEYWORDS[keyword]
        test = self.lower_test(schema, keyword)
        return for_type(json_type, test) if json_type else test

    def lower_test(self, schema: Schema, keyword: str) -> Predicate:
        """Return what a keyword asserts about values of the type that it is about."""
        if (*schema.path, keyword) in self._skipped:
            return TRUE
        _, lower = KEYWORDS[keyword]
        self.count_tests(schema, 1)
        return lower(self, schema)

    def count_tests(self, schema: Schema, tests: int) -> None:
        """Add to the number of tests of the document.

        Raises:
            InvalidInputError: If the document has too many.
        """
        self.test_count += tests
        if self.test_count > TOTAL_LIMIT:
            raise self._problem(
                schema,
                f"The document has more than {TOTAL_LIMIT} assertions.",
                "Split the document, or define repeated parts once and use $ref.",
            )

    def check_nesting(self, schema: Schema, levels: int) -> None:
        """Check that a schema is not nested too deeply.

        Args:
            schema: The schema.
            levels: The number of schemas around it.

        Raises:
            InvalidInputError: If there are `NESTING_LIMIT` or more.
        """
        if levels >= NESTING_LIMIT:
            raise self._problem(
                schema,
                f"Schemas are nested more than {NESTING_LIMIT} levels deep here,"
                " references included.",
                "Use fewer levels of objects and lists.",
            )

    def lower_child(self, schema: Schema) -> Predicate:
        """Lower a schema that applies to a part of the value."""
        self._depth += 1
        predicate = self.lower(schema)
        self._depth -= 1
        return predicate

    def lower_reference(self, schema: Schema) -> Predicate:
        """Lower the target of a `$ref`: inline, or as a definition if it is large."""
        target = self.schemas.target(schema)
        predicate = self.lower(target)
        if node_count(predicate, INLINE_LIMIT) < INLINE_LIMIT:
            return predicate
        self._name(target)
        return self._define(target, predicate)

    def _recursive_reference(self, schema: Schema) -> Predicate:
        if self._entered[schema.path] == self._depth:
            raise self._problem(
                schema,
                "The schema refers to itself for the same value, so validation never ends.",
                "Put a recursive reference below a keyword such as properties or items.",
            )
        return DefinitionRef(self._name(schema))

    def _name(self, schema: Schema) -> str:
        if schema.path not in self._names:
            taken = frozenset(self._names.values())
            self._names[schema.path] = definition_name(schema.path, taken)
        return self._names[schema.path]

    def _define(self, schema: Schema, predicate: Predicate) -> Predicate:
        name = self._names[schema.path]
        if predicate != DefinitionRef(name):
            self.definitions[name] = predicate
            self._sizes[name] = node_count(predicate, SIZE_LIMIT, self._sizes)
        self._lowered[schema.path] = DefinitionRef(name)
        return DefinitionRef(name)

    def _problem(self, schema: Schema, message: str, remedy: str) -> InvalidInputError:
        source, pointer = self.schemas.source, json_pointer(schema.places[0])
        return InvalidInputError.of(source, message, remedy, pointer=pointer)


def node_count(
    predicate: Predicate, limit: int, definitions: Mapping[str, int] = {}
) -> int:
    """Count the nodes of a predicate.

    Args:
        predicate: The predicate.
        limit: Counting may stop here.
        definitions: The counts of the definitions that it names; 1 for others.
    """
    count = 0
    stack: list[object] = [predicate]
    while stack and count < limit:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(cast("tuple[object, ...]", node))
        elif isinstance(node, DefinitionRef):
            count += definitions.get(node.definition, 1)
        elif is_dataclass(node):
            count += 1
            stack.extend(getattr(node, each.name) for each in fields(node))
    return count
