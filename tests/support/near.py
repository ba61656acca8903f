"""Tasks near the boundary of a document. Most violate one assertion, or none."""

from __future__ import annotations

import json
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import jsonschema_rs

if TYPE_CHECKING:
    import random
    from collections.abc import Container, Iterator
    from pathlib import Path as FilePath

_Each = TypeVar("_Each")

Json = Any
Object = dict[str, Any]

TEXTS = (
    "https://example.com/cat.png",
    "7f3b3b1e-6d0c-4a55-9d5c-0d5a3f0c7a11",
    "data:image/png;base64,iVBORw0KGgo=",
    "iVBORw0KGgo=",
    "./cat.png",
    "runware:101@1",
    "2026-05-01",
    "#ff8800",
    "720p",
    "a",
    "",
)

_SOME = 8
"""How many other members or conditions a member is changed with, unless thorough."""


class Judge:
    """The rules of a document for tasks: its schema, and `x-constraints` on numbers."""

    def __init__(self, path: FilePath) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        body = document["components"]["schemas"]["RequestBody"]
        self.schema: Object = resolved(body.get("items", body), document)
        self._validator = jsonschema_rs.Draft202012Validator(
            self.schema, validate_formats=True
        )

    def broken(self, task: Object) -> int:
        """Count the assertions that a task violates."""
        constraints = self.schema.get("x-constraints", [])
        figures = sum(not _holds(constraint, task) for constraint in constraints)
        return figures + sum(1 for _ in self._validator.iter_errors(task))

    def allows(self, task: Object) -> bool:
        """Return whether the document allows a task."""
        constraints = self.schema.get("x-constraints", [])
        return self._validator.is_valid(task) and all(
            _holds(constraint, task) for constraint in constraints
        )


def resolved(node: Json, document: Object) -> Json:
    """Replace references by their targets. Drop `$id`, which changes their meaning."""
    if isinstance(node, list):
        return [resolved(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if not (k == "$id" and isinstance(v, str))}
    if isinstance(reference := kept.pop("$ref", None), str):
        target: Json = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        kept = {**target, **kept}
    return {name: resolved(value, document) for name, value in kept.items()}


def _holds(constraint: Object, task: Object) -> bool:
    numbers: list[Json] = [task.get(name) for name in constraint["parameters"]]
    if len(numbers) != 2 or not all(type(n) in (int, float) for n in numbers):
        return True
    first, second = numbers
    if constraint["operation"] == "area":
        figure = first * second
    elif constraint["operation"] == "ratio" and second:
        figure = first / second
    else:
        return True
    return bool(
        constraint.get("minimum", figure) <= figure <= constraint.get("maximum", figure)
    )


class Tasks:
    """Draws tasks around one schema. They share parts, so they must not be modified."""

    def __init__(self, judge: Judge, rng: random.Random) -> None:
        self._judge = judge
        self._schema = judge.schema
        self._rng = rng
        self._partial = list(_conditions(judge.schema, root=True))
        self._members = list(_paths(judge.schema))
        self._texts: dict[str, list[str]] = {}
        self._found: list[Object] = []

    def near(self, count: int) -> Iterator[Object]:
        """Draw tasks, each with a few changes from one that is allowed."""
        task = self._allowed()
        for number in range(count):
            if number % 40 == 0:
                task = self._allowed()
            changed = task
            for _ in range(self._rng.choice([1, 1, 2, 3])):
                changed = self._change(changed)
            yield changed
            if self._judge.allows(changed):
                task = changed

    def _allowed(self) -> Object:
        """Draw a task that is allowed. The attempts vary in members and changes."""
        for attempt in range(400):
            task = self._object(self._schema, self._rng.choice([0.02, 0.1, 0.3]))
            for _ in range(attempt % 4):
                task = self._change(task)
            if self._judge.allows(task):
                return task
        raise AssertionError("no task was found that the document allows")

    def _change(self, task: Object) -> Object:
        """Change one member, at any depth."""
        rng = self._rng
        if self._partial and rng.random() < 0.3:
            return _merged(task, rng.choice(self._partial))
        path, schema = rng.choice(self._members)
        roll = rng.random()
        if roll < 0.3 and _has(task, path):
            return _without(task, path)
        if roll < 0.34:
            return _with(task, (*path[:-1], "unknownField"), 1)
        return _with(task, path, self._value(schema, odd=roll < 0.45))

    def _object(self, schema: Object, chance: float) -> Object:
        required = schema.get("required", [])
        return {
            name: self._value(member)
            for name, member in schema.get("properties", {}).items()
            if name in required or self._rng.random() < chance
        }

    def _value(self, schema: Json, *, odd: bool = False) -> Json:
        rng = self._rng
        if odd or not isinstance(schema, dict):
            return self._odd(schema if isinstance(schema, dict) else {})
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema and "properties" not in schema:
                branch = rng.choice(schema[keyword])
                rest = {k: v for k, v in schema.items() if k != keyword}
                return self._value({**rest, **branch})
        match schema.get("type"):
            case "object":
                return self._object(schema, 0.4)
            case "array":
                least = schema.get("minItems", 0)
                length = rng.choice([least, least + 1, schema.get("maxItems", 2)])
                items = schema.get("items", {})
                return [self._value(items) for _ in range(min(length, 5))]
            case "integer" | "number":
                return self._number(schema)
            case "boolean":
                return rng.random() < 0.5
            case "null":
                return None
            case _:
                return self._text(schema)

    def _number(self, schema: Object) -> Json:
        low: Json = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", low + 100)
        step = schema.get("multipleOf", 1)
        steps = self._rng.randint(0, max(int((high - low) / step), 0))
        between = round(low + steps * step, 6)
        number = self._rng.choice([low, high, between, between, between])
        return int(number) if schema["type"] == "integer" else number

    def _text(self, schema: Object) -> str:
        if "minLength" in schema or "maxLength" in schema:
            least: int = schema.get("minLength", 0)
            most: int = schema.get("maxLength", least + 9)
            return "é" * self._rng.choice([least, least + 1, most])
        key = json.dumps(schema, sort_keys=True)
        if key not in self._texts:
            valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            self._texts[key] = [text for text in TEXTS if valid.is_valid(text)]
        fitting = self._texts[key] if self._rng.random() < 0.95 else []
        return self._rng.choice(fitting or TEXTS)

    def _odd(self, schema: Object) -> Json:
        """Return a value just outside of a bound, or of another type."""
        other: list[Json] = [
            "",
            "zzz",
            -1,
            0,
            1,
            1.5,
            True,
            None,
            [],
            {},
            {"unknown": 1},
        ]
        return self._rng.choice([*other, *self._beyond(schema) * 4])

    def _beyond(self, schema: Object) -> list[Json]:
        """Return the values just outside of each bound of a schema."""
        step = schema.get("multipleOf", 1)
        found: list[Json] = []
        if "minimum" in schema:
            found.append(round(schema["minimum"] - step, 9))
        if "maximum" in schema:
            found.append(round(schema["maximum"] + step, 9))
        if "multipleOf" in schema:
            low, high = schema.get("minimum", 0), schema.get("maximum", 100 * step)
            found += [low + step / 2, round((low + high) / 2 / step) * step + step / 2]
        if "maxLength" in schema:
            found.append("x" * (schema["maxLength"] + 1))
        if schema.get("minLength"):
            found.append("x" * (schema["minLength"] - 1))
        items = schema.get("items", {})
        lengths = (schema.get("minItems", 0) - 1, schema.get("maxItems", -2) + 1)
        found += [[self._value(items) for _ in range(n)] for n in lengths if n >= 0]
        return found

    def directed(
        self, names: Container[str] | None = None, *, thorough: bool = True
    ) -> Iterator[Object]:
        """Violate each assertion of each member, at any depth, in tasks that have it.

        Args:
            names: The names of the members; None for all members and all rules.
            thorough: Whether to change each member together with every other, not only
                with some. If `names` is None, also whether to exceed bounds of rules
                under any two conditions.
        """
        number = max(len(self._members), len(self._partial)) if thorough else _SOME
        for path, member in self._members:
            if names is not None and path[-1] not in names:
                continue
            task = self._allowed_with(path)
            if task is None:
                continue
            yield _without(task, path)
            yield from (self._elsewhere(task) for _ in range(10))
            variants = list(self._variants(member))
            yield from (_with(task, path, value) for value in variants)
            for other, another in self._some(self._members, number):
                changed = _with(task, other, self._value(another))
                yield changed
                if thorough and _is_number(member) and _is_number(another):
                    # A rule about both, such as an area, may refuse the others.
                    yield from (_with(changed, path, value) for value in variants)
            for change in self._some(self._partial, number):
                yield _merged(task, change)
        if names is None and thorough:
            yield from self._conditional(self._schema, self._allowed())

    def _some(self, which: list[_Each], number: int) -> list[_Each]:
        return self._rng.sample(which, min(number, len(which)))

    def _allowed_with(self, path: Path) -> Object | None:
        """Draw an allowed task with a member. Return None if none is found."""
        known = [each for each in self._found if _has(each, path)]
        if len(known) > 2:
            return self._rng.choice(known)
        for _ in range(4):
            task = self._rng.choice([*self._found, self._allowed()])
            task = _with(task, path, self._value(_member(self._schema, path)))
            least = self._judge.broken(task)
            for _ in range(300):
                if not least:
                    self._found.append(task)
                    return task
                changed = self._elsewhere(task)
                broken = self._judge.broken(changed)
                if broken <= least and _has(changed, path):
                    task, least = changed, broken
        return None

    def _elsewhere(self, task: Object) -> Object:
        """Change a task in some steps: drop some members, or change some."""
        steps = self._rng.choice([1, 1, 2, 3])
        if self._rng.random() < 0.4:
            dropped = self._rng.sample(list(task), min(steps, len(task)))
            return {name: task[name] for name in task if name not in dropped}
        for _ in range(steps):
            task = self._change(task)
        return task

    def _conditional(self, schema: Object, whole: Object) -> Iterator[Object]:
        """Exceed each bound that a rule sets, under any two conditions of the rules."""
        branches = list(_branches(schema))
        beyond = [made for each in branches for made in self._exceeding(each)]
        conditions = [made for each in branches if (made := _example(each))]
        unique = list({json.dumps(made): made for made in conditions}.values())
        for change, one, other in product(beyond, unique, unique):
            yield reduce(_merged, (one, other, change), whole)

    def _exceeding(self, node: Object) -> Iterator[Object]:
        for name, member in node["properties"].items():
            if isinstance(member, dict) and "properties" in member:
                yield from ({name: made} for made in self._exceeding(member))
            elif isinstance(member, dict):
                yield from ({name: value} for value in self._beyond(member))

    def _variants(self, schema: Json) -> Iterator[Json]:
        """Yield values that each violate one assertion of a schema, at any depth."""
        if not isinstance(schema, dict):
            return
        yield from (
            {},
            [],
            "zzz",
            "./cat.png",
            1,
            1.5,
            True,
            None,
            *self._beyond(schema),
        )
        rest = {k: v for k, v in schema.items() if k not in ("oneOf", "anyOf")}
        if "properties" in schema:
            yield from self._objects(schema)
        else:
            for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
                yield from self._variants({**rest, **branch})
        least = schema.get("minItems", 1)
        for item in self._variants(schema.get("items")):
            yield [item] * max(least, 1)
        for value in self._variants(schema.get("additionalProperties")):
            yield {"unknownField": value}

    def _objects(self, schema: Object) -> Iterator[Object]:
        """Violate each assertion of an object's members, in allowed objects."""
        valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        chances = [0.0, 0.1, 0.3, 0.6]
        drawn = [self._object(schema, chances[n % 4]) for n in range(240)]
        allowed = sorted(filter(valid.is_valid, drawn), key=len)
        for name, member in schema["properties"].items():
            for whole in [each for each in allowed if name in each][:2]:
                yield {other: v for other, v in whole.items() if other != name}
                yield {**whole, "unknownField": 1}
                yield from ({**whole, name: value} for value in self._variants(member))
                for other, another in schema["properties"].items():
                    yield {**whole, other: self._value(another)}
        for whole in allowed[:2]:
            yield from ({**whole, **_example(each)} for each in _branches(schema))


Path = tuple[str, ...]


def _paths(schema: Object, above: Path = ()) -> Iterator[tuple[Path, Object]]:
    """Yield the members of an object and of nested objects, each with its schema."""
    for name, member in schema["properties"].items():
        if isinstance(member, dict) and (*above, name) not in _FIXED:
            yield (*above, name), member
            if "properties" in member:
                yield from _paths(member, (*above, name))


_FIXED = {("taskType",), ("model",)}


def _member(schema: Object, path: Path) -> Object:
    for name in path:
        schema = schema["properties"][name]
    return schema


def _has(task: Object, path: Path) -> bool:
    for name in path:
        if not isinstance(task, dict) or name not in task:
            return False
        task = task[name]
    return True


def _with(task: Object, path: Path, value: Json) -> Object:
    first, *rest = path
    if rest:
        inner = task.get(first)
        value = _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    return {**task, first: value}


def _without(task: Object, path: Path) -> Object:
    first, *rest = path
    if rest:
        return {**task, first: _without(task[first], tuple(rest))}
    return {name: value for name, value in task.items() if name != first}


def _is_number(schema: Object) -> bool:
    return schema.get("type") in {"integer", "number"}


def _branches(schema: Object) -> Iterator[Object]:
    """Yield the schemas with properties inside the rules of an object."""
    rules = {k: v for k, v in schema.items() if k != "properties"}
    stack: list[Json] = [rules]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                yield node
            stack.extend(node.values())


def _conditions(node: Json, *, root: bool = False) -> Iterator[Object]:
    """Yield small objects from conditions, such as a width and a height."""
    if isinstance(node, list):
        for item in node:
            yield from _conditions(item)
    elif isinstance(node, dict):
        if not root and isinstance(node.get("properties"), dict):
            example = _example(node)
            if example:
                yield example
        for keyword, value in node.items():
            if not (root and keyword == "properties"):
                yield from _conditions(value)


def _example(node: Object) -> Object:
    made: Object = {}
    for name, member in node["properties"].items():
        if not isinstance(member, dict):
            continue
        if "const" in member:
            made[name] = member["const"]
        elif member.get("enum"):
            made[name] = member["enum"][0]
        elif "properties" in member and (inner := _example(member)):
            made[name] = inner
    return made


def _merged(task: Object, change: Object) -> Object:
    merged = dict(task)
    for name, value in change.items():
        inner = merged.get(name)
        are_objects = isinstance(value, dict) and isinstance(inner, dict)
        merged[name] = _merged(inner, value) if are_objects else value
    return merged
