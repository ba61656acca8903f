"""The report as JSON, and the JSON Schema of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runware_codegen.diff.entries import Entry, Proof
from runware_codegen.diff.levels import Level
from runware_codegen.diff.report import Report


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AcceptedJson(_Object):
    """The acceptance of an entry."""

    reason: str = Field(description="Why the entry is accepted.")
    expires: dt.date = Field(description="The last day of the acceptance, in UTC.")


class EntryJson(_Object):
    """One difference."""

    id: str = Field(
        description="The kind of the entry, such as request-limit-narrowed."
    )
    fingerprint: str = Field(
        description="A hash of the kind, the document, the place and the change.",
        pattern="^[0-9a-f]{16}$",
    )
    level: Level = Field(description="The effect on a caller.")
    document: str = Field(description="The identifier of the document.")
    air: str = Field(description="The AIR of the model, or empty.")
    file: str = Field(description="The file of the new version, or of the old one.")
    python: str = Field(description="The Python name of the place, or empty.")
    pointer: str = Field(
        description="The JSON pointer of the place in a task or a result, with * for the"
        " items of a list; or empty."
    )
    before: str = Field(description="The old state, in words; or empty.")
    after: str = Field(description="The new state, in words; or empty.")
    proof: Proof | None = Field(
        description="How the entry is proven: by the value in witness, by containment of"
        " all accepted tasks, or not; null where there is nothing to prove."
    )
    witness: dict[str, JsonValue] | None = Field(
        description="A task or a result that only one version accepts: the old one if a"
        " request's level is breaking or a result's is compatible, else the new one."
    )
    accepted: AcceptedJson | None = Field(description="The acceptance, if it holds.")


class ReportJson(_Object):
    """The report of `runware-codegen diff --format json`."""

    version: Literal[1] = Field(description="The version of this format.")
    compared: int = Field(description="The number of documents that differ.", ge=0)
    unchanged: int = Field(
        description="The number of documents that do not differ.", ge=0
    )
    fails: bool = Field(description="Whether an entry fails the command, by --fail-on.")
    counts: dict[Level, int] = Field(description="The number of entries of each level.")
    entries: list[EntryJson] = Field(description="By document, the most severe first.")


def lines(report: Report) -> Iterator[str]:
    """Yield the report as one JSON object."""
    levels = [entry.level for entry in report.entries]
    whole = ReportJson(
        version=1,
        compared=report.compared,
        unchanged=report.unchanged or 0,
        fails=bool(report.failing()),
        counts={level: levels.count(level) for level in Level},
        entries=[_entry(report, entry) for entry in report.entries],
    )
    yield json.dumps(whole.model_dump(mode="json"), indent=2)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **ReportJson.model_json_schema(mode="serialization")}


def _entry(report: Report, entry: Entry) -> EntryJson:
    accepted = None
    if known := report.acceptance(entry):
        accepted = AcceptedJson(reason=known.reason, expires=known.expires)
    same = EntryJson.model_fields.keys() - {"id", "accepted"}
    values = {name: getattr(entry, name) for name in same}
    return EntryJson(id=entry.kind, accepted=accepted, **values)
