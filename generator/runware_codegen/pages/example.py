"""Finds a small task that a document accepts."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from runware_codegen.documents import JsonValue
from runware_codegen.formats import EXAMPLES
from runware_codegen.model import (
    Class,
    Document,
    Field,
    Rule,
    SizeRule,
    Type,
    object_class,
)
from runware_codegen.model import predicates as p
from runware_codegen.model import types as t
from runware_codegen.model.class_predicates import of_rule
from runware_codegen.model.logic import has
from runware_codegen.model.predicates import Predicate, children
from runware_codegen.model.type_predicates import of_type
from runware_codegen.parse.assertions.evaluate import holds

Path: TypeAlias = tuple[str, ...]
Task: TypeAlias = dict[str, JsonValue]

_PROMPT: Final = "A lighthouse at dusk, seen from the sea."
_TEXTS: Final = (
    "lighthouse",
    _PROMPT,
    "en",
    *EXAMPLES.values(),
    "runware:101@1",
    "data:image/png;base64,iVBORw0KGgo=",
    "#ffffff",
    "16:9",
    "1",
)
_BY_NAME: Final[Mapping[str, JsonValue]] = {
    "air": "runware:101@1",
    "apiKey": "YOUR_API_KEY",
    "architecture": "sdxl",
    "content": "Write a haiku about a lighthouse.",
    "height": 1024,
    "model": "runware:101@1",
    "role": "user",
    "text": "Welcome to the lighthouse.",
    "transcript": "The words that are spoken in the recording.",
    "version": "1.0",
    "width": 1024,
}
_PROSE: Final = ("prompt", "text")
_MAX_CANDIDATES: Final = 400
_MAX_ADDITIONS: Final = 4
_MAX_DEPTH: Final = 8
_MAX_VALUES: Final = 10_000
"""Maximum number of values that a search makes: lists and objects may require many."""


class _NoExampleError(Exception):
    """No value of a type is known."""


def example_task(document: Document) -> Task | None:
    """Find a task with few fields that satisfies the types and rules of a document.

    Returns:
        The task in JSON; None if a bounded search does not find one.
    """
    search = _Search(document)
    try:
        start = search.object(document.request)
    except _NoExampleError:
        return None
    useful = [search.with_value(start, path) for path in _USEFUL]
    starts = [task for task in (*useful, start) if task is not None]
    queue = deque([(task, 0) for task in starts])
    seen = set(map(repr, starts))
    for _ in range(_MAX_CANDIDATES):
        if not queue:
            break
        task, added = queue.popleft()
        broken = search.broken(document.request, task)
        if not broken:
            return task
        if added == _MAX_ADDITIONS:
            continue
        for path in paths_of(broken):
            larger = search.with_value(task, path)
            if larger is not None and repr(larger) not in seen:
                seen.add(repr(larger))
                queue.append((larger, added + 1))
    return None


class _Search:
    """Finds values for the types of one document."""

    def __init__(self, document: Document) -> None:
        self._classes = {part.name: part for part in document.request_classes}
        self._request = document.request
        self._air = document.air
        self._definitions = dict(document.definitions)
        self._left = _MAX_VALUES

    def object(self, part: Class, depth: int = 0) -> Task:
        """Make an object with the required fields of a class, else those with examples."""
        required = [f for f in part.fields if f.required or f.json_name == "content"]
        fields = required or [field for field in part.fields if field.examples]
        return {
            field.json_name: self._value(field.type, field, depth + 1)
            for field in fields
        }

    def broken(self, part: Class, value: Task) -> list[Predicate]:
        """Return the predicates that an object, or an object inside of it, violates."""
        found = [
            predicate
            for predicate in map(_predicate_of, part.rules)
            if not holds(predicate, value, self._definitions)
        ]
        if any(not paths_of([predicate]) for predicate in found):  # it counts members
            found += [has(field.json_name) for field in part.fields]
        for field in part.fields:
            inner = value.get(field.json_name)
            name = object_class(field.type)
            if isinstance(inner, dict) and name in self._classes:
                nested = self.broken(self._classes[name], inner)
                found += [p.RequiredProperty(field.json_name, each) for each in nested]
        return found

    def with_value(self, task: Task, path: Path) -> Task | None:
        """Copy a task, and add a value at a path; None if that is not possible."""
        copied = copy.deepcopy(task)
        holder, part = copied, self._request
        for position, name in enumerate(path):
            field = part.field(name)
            if field is None:
                return None
            is_last = position == len(path) - 1
            if is_last and name in holder:
                return None
            if is_last and name in (size := _first_size(part)):
                holder.update(size)
            elif name not in holder:
                try:
                    holder[name] = self._value(field.type, field, position)
                except _NoExampleError:
                    return None
            inner = holder[name]
            class_name = object_class(field.type)
            if (
                is_last
                or not isinstance(inner, dict)
                or class_name not in self._classes
            ):
                break
            holder, part = inner, self._classes[class_name]
        return copied

    def _value(self, a_type: Type, field: Field, depth: int) -> JsonValue:
        self._left -= 1
        if self._left < 0:
            raise _NoExampleError
        for value in self._candidates(a_type, field, depth):
            return value
        raise _NoExampleError

    def _candidates(
        self, a_type: Type, field: Field, depth: int
    ) -> Iterator[JsonValue]:
        """Yield values of a type, the best first."""
        if depth > _MAX_DEPTH:
            return
        match a_type:
            case t.String():
                yield from _satisfying(a_type, self._texts(field))
            case t.Number():
                yield from _satisfying(a_type, [*_known(field), *_numbers(a_type)])
            case t.Boolean():
                yield from (True, False)
            case t.Null():
                yield None
            case t.Literals(values):
                given = [each.constant.value for each in values]
                known = _known(field)
                yield from sorted(given, key=lambda each: each not in known)
            case t.Array(item, count):
                number = max(count.minimum, 1)
                if not a_type.unique_items:
                    yield [self._value(item, field, depth + 1) for _ in range(number)]
                    return
                found = self._candidates(item, field, depth + 1)
                different = list({repr(each): each for each in found}.values())
                if len(different) >= number:
                    yield different[:number]
            case t.Map():
                yield {}
            case t.ClassRef(class_name):
                yield self.object(self._classes[class_name], depth + 1)
            case t.Union(alternatives):
                for each in sorted(alternatives, key=_preference):
                    yield from self._candidates(each, field, depth + 1)
            case t.Anything(types):
                yield from (_ANY[name] for name in _ANY if not types or name in types)
            case t.Constrained(inner, predicate):
                for value in self._candidates(inner, field, depth + 1):
                    if holds(predicate, value, self._definitions):
                        yield value
            case t.Media(kind, forms):
                for form in forms:
                    if isinstance(form, p.HasFormat) and form.name == "uri":
                        yield f"https://example.com/lighthouse{_SUFFIXES.get(kind, '')}"
                for text in _TEXTS:
                    if any(holds(form, text, {}) for form in forms):
                        yield text

    def _texts(self, field: Field) -> Iterator[JsonValue]:
        if field.json_name == "model" and self._air:
            yield self._air
        yield from _known(field)
        if field.json_name.lower().endswith(_PROSE):
            yield _PROMPT
        yield from _TEXTS


def _known(field: Field) -> list[JsonValue]:
    """Return the examples and the default of a field, and a usual value for its name."""
    shown = [*field.examples, *([field.default] if field.default else [])]
    usual = [_BY_NAME[field.json_name]] if field.json_name in _BY_NAME else []
    return [*(_whole(each.value) for each in shown), *usual]


_ANY: Final[Mapping[str, JsonValue]] = {
    "object": {},
    "string": "lighthouse",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
}
_SUFFIXES: Final = {"image": ".jpg", "video": ".mp4", "audio": ".mp3"}


def _preference(a_type: Type) -> int:
    """Return the rank of an alternative: strings first, null last."""
    return 2 if a_type == t.Null() else not isinstance(a_type, t.String)


def _predicate_of(rule: Rule | SizeRule) -> Predicate:
    """Return the predicate of a rule; of several sizes, only the first satisfies it."""
    return of_rule(
        replace(rule, sizes=rule.sizes[:1]) if isinstance(rule, SizeRule) else rule
    )


def _first_size(part: Class) -> Task:
    """Return a width and a height that a class allows; nothing if it allows any."""
    rules = [rule for rule in part.rules if isinstance(rule, SizeRule)]
    if not rules:
        return {}
    first = rules[0].sizes[0]
    return {"width": first.width, "height": first.height}


def paths_of(predicates: list[Predicate]) -> list[Path]:
    """Return the paths of the properties in predicates, the shortest first."""
    paths = {path for predicate in predicates for path in _paths(predicate, ())}
    return sorted(paths, key=lambda path: (len(path), path not in _LIKELY, path))


_USEFUL: Final = (
    ("positivePrompt",),
    ("inputs", "image"),
    ("prompt",),
    ("search",),
)
"""The paths of optional fields that a first call has if possible."""
_LIKELY: Final = {("positivePrompt",), ("prompt",), ("text",), ("inputs",)}


def _paths(predicate: Predicate, above: Path) -> Iterator[Path]:
    match predicate:
        case p.RequiredProperty(name, part) | p.OptionalProperty(name, part):
            yield (*above, name)
            yield from _paths(part, (*above, name))
        case p.FigureIn(_, first, second):
            yield from ((*above, first), (*above, second))
        case _:
            for child in children(predicate):
                yield from _paths(child, above)


def _satisfying(
    a_type: t.String | t.Number, values: Iterable[JsonValue]
) -> Iterator[JsonValue]:
    predicate = of_type(a_type)
    return (value for value in values if holds(predicate, value, {}))


def _numbers(wanted: t.Number) -> list[JsonValue]:
    bounds = wanted.bounds
    lows = [bound for bound in (bounds.ge, bounds.gt) if bound is not None]
    highs = [bound for bound in (bounds.le, bounds.lt) if bound is not None]
    given = [*lows, *highs]
    near = [bound + 1 for bound in given] + [bound - 1 for bound in given]
    between = [(max(lows) + min(highs)) / 2] if lows and highs else []
    step = [float(wanted.multiple_of.step)] if wanted.multiple_of else []
    return [_whole(number) for number in (1, *given, *near, *between, *step)]


def _whole(value: JsonValue) -> JsonValue:
    """Return a whole number as an int, as type checkers want it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
