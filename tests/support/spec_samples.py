"""Values that a schema of `specs/` allows, and the smallest task of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from near import resolved

if TYPE_CHECKING:
    from near import Judge

Schema = dict[str, Any]

TEXTS = {
    "uuid": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10",
    "uri": "https://example.com/pier.png",
    "date": "2026-10-01",
}
PATTERNS = {
    r"^\d+(\.\d+)?[KkPp]$": "1080p",
    r"^[a-zA-Z0-9._-]+(:[a-zA-Z0-9._/@-]+)?$": "acme:sample@1",
    "^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$": "#fff",
}


def whole(document: Schema) -> Schema:
    """Return a document with its references replaced by their targets."""
    put: Schema = resolved(document, document)
    return put


def constants_of(schema: Schema) -> list[Any]:
    """Return the constants of a schema. Each constant of its items is put in a list."""
    found = [schema["const"]] if "const" in schema else [*schema.get("enum", [])]
    for alternative in (*schema.get("oneOf", []), *schema.get("anyOf", [])):
        found += constants_of(alternative)
    if isinstance(schema.get("items"), dict):
        found += [[constant] for constant in constants_of(schema["items"])]
    return found


def sample(schema: Schema) -> Any:
    """Return a value that a schema allows."""
    if constants := constants_of(schema):
        return constants[0]
    if "type" not in schema and "anyOf" in schema:
        return sample(schema["anyOf"][0])
    if "type" not in schema and "oneOf" in schema:
        return sample(schema["oneOf"][0])
    types = schema.get("type", "object")
    match types if isinstance(types, str) else types[0]:
        case "object":
            return _object(schema)
        case "array":
            count = max(1, schema.get("minItems", 0))
            return [sample(schema.get("items", {}))] * count
        case "string":
            return _text(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _number(schema)


def least_task(judge: Judge) -> dict[str, Any]:
    """Return the smallest task that a document allows."""
    task: dict[str, Any] = _object(judge.schema)
    return task


def _object(schema: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = [*schema.get("required", [])]
    for alternative in schema.get("anyOf", [])[:1]:
        names += alternative.get("required", [])
        for name, inner in alternative.get("properties", {}).items():
            properties = {
                **properties,
                name: {**properties[name], "required": inner["required"]},
            }
    if schema.get("minProperties") and not names:
        names = [*properties][:1]
    names += [
        name
        for condition in schema.get("allOf", [])
        if "not" in condition.get("if", {})  # required if another member is missing
        for name in condition["then"].get("required", [])
    ]
    return {name: sample(properties[name]) for name in dict.fromkeys(names)}


def _text(schema: Schema) -> str:
    for form in (schema, *schema.get("anyOf", [])):
        if "format" in form:
            return TEXTS[form["format"]]
        if "pattern" in form:
            return PATTERNS[form["pattern"]]
    return "a text".ljust(schema.get("minLength", 0), ".")


def _number(schema: Schema) -> float:
    step = schema.get("multipleOf", 1)
    least = schema.get("minimum", schema.get("exclusiveMinimum", -step) + step)
    number = min(max(least, step), schema.get("maximum", max(least, step)))
    return number if isinstance(number, int) else float(number)
