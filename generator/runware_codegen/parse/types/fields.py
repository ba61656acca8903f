"""The fields of classes: their names, and what a schema says of them beside their type."""

from __future__ import annotations

from itertools import chain, islice

from runware_codegen.formats import FORMATS
from runware_codegen.model import Field, Type, literal_values
from runware_codegen.model.constants import Constant, bare, quoted
from runware_codegen.naming.names import member_name
from runware_codegen.parse.metadata.markdown import clean_markdown, without_other_values
from runware_codegen.parse.schema.merged import MergedSchema
from runware_codegen.wording import joined_paragraphs

_MAX_EXAMPLES = 5
_MAX_EXAMPLE_LENGTH = 200
_SECRET = ("apikey", "api_key", "password", "secret")


class FieldNames:
    """Python names of fields: none is the JSON name of another member."""

    def __init__(self, json_names: set[str], used: frozenset[str]) -> None:
        """Name the fields of one class.

        Args:
            json_names: The JSON names of its members.
            used: Names that no field may have.
        """
        self._taken = set(json_names)
        self._used = used

    def of(self, json_name: str) -> str:
        """Name the field of a member."""
        self._taken.remove(json_name)
        name = member_name(json_name, self._taken, self._used)
        self._taken.update((json_name, name))
        return name


def field_of(
    merged: MergedSchema,
    name: str,
    json_name: str,
    a_type: Type,
    *,
    required: bool,
) -> Field:
    """Make a field with what its schemas say: texts, default, examples and others.

    Args:
        merged: The schemas of the member.
        name: Its Python name.
        json_name: Its JSON name.
        a_type: Its type.
        required: Whether it is required.
    """
    values = {bare(each.constant.value) for each in literal_values(a_type)}
    doc = without_other_values(_doc(merged), values)
    return Field(
        name=name,
        json_name=json_name,
        type=a_type,
        required=required,
        doc=joined_paragraphs(doc, _access(merged)),
        default=next(map(Constant, merged.values("default")), None),
        secret=_is_secret(json_name, merged),
        deprecated=True in merged.values("deprecated"),
        examples=_examples(merged),
    )


def _is_secret(json_name: str, merged: MergedSchema) -> bool:
    return (
        json_name.replace("-", "").lower().endswith(_SECRET)
        or "password" in merged.values("format")
        or True in merged.values("writeOnly")
    )


def _access(merged: MergedSchema) -> str:
    if True in merged.values("readOnly"):
        return "Read-only: the server sets it."
    if True in merged.values("writeOnly"):
        return "Write-only: no result contains it."
    return ""


def _examples(merged: MergedSchema) -> tuple[Constant, ...]:
    """Read `examples` and OpenAPI's older `example`: the first few that are short."""
    lists = (each for each in merged.values("examples") if isinstance(each, list))
    listed = [*chain.from_iterable(lists), *merged.values("example")]
    constants = dict.fromkeys(map(Constant, listed))
    short = (c for c in constants if len(quoted(c.value)) <= _MAX_EXAMPLE_LENGTH)
    return tuple(islice(short, _MAX_EXAMPLES))


def _doc(merged: MergedSchema) -> str:
    doc = clean_markdown(merged.text("description"))
    form = merged.text("format")
    if not form or form in FORMATS:
        return doc
    return joined_paragraphs(doc, f"Format: {form}, which is not checked.")
