"""The report as JUnit XML: a suite for each document, a test case for each entry."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.levels import Level
from runware_codegen.diff.report import Report, details_of, place_of
from runware_codegen.report import plain


def lines(report: Report) -> Iterator[str]:
    """Yield the report as XML. Entries fail by --fail-on; the default is breaking."""
    suites = ET.Element("testsuites", name="runware-codegen diff")
    suites.extend(_suite(report, section) for section in report.sections())
    for element in (suites, *suites):
        for attribute, tag in (("tests", "testcase"), ("failures", "failure")):
            element.set(attribute, str(len([*element.iter(tag)])))
    ET.indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ET.tostring(suites, encoding="unicode")


def _suite(report: Report, entries: list[Entry]) -> ET.Element:
    first = entries[0]
    suite = ET.Element("testsuite", name=plain(first.document), file=plain(first.file))
    suite.extend(_case(report, entry) for entry in entries)
    return suite


def _case(report: Report, entry: Entry) -> ET.Element:
    name = plain(f"{entry.kind} {place_of(entry)}".strip())
    case = ET.Element("testcase", name=name, classname=plain(entry.document))
    text = "\n".join(details_of(report, entry, entry.change))
    failing = report.fail_on or Level.BREAKING
    if known := report.acceptance(entry):
        ET.SubElement(case, "skipped", message=plain(known.reason))
    elif entry.level.rank <= failing.rank:
        message = plain(entry.change)
        ET.SubElement(case, "failure", type=entry.level, message=message).text = text
    else:
        ET.SubElement(case, "system-out").text = text
    return case
