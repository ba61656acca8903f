"""The report as JUnit XML: a suite for each document, a test case for each entry."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from runware_codegen.diff.entries import Entry
from runware_codegen.diff.levels import Level
from runware_codegen.diff.report import Report, notes_of, place_of, proof_of
from runware_codegen.report import plain


def lines(report: Report) -> Iterator[str]:
    """Yield the report as XML. Entries fail by --fail-on; the default is breaking."""
    failing = set(map(id, report.at_least(report.fail_on or Level.BREAKING)))
    suites = ET.Element("testsuites", name="runware-codegen diff")
    count = len(report.entries)
    suites.attrib |= {"tests": str(count), "failures": str(len(failing))}
    for section in report.sections():
        suites.append(_suite(report, section, failing))
    ET.indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ET.tostring(suites, encoding="unicode")


def _suite(report: Report, entries: list[Entry], failing: set[int]) -> ET.Element:
    failures = sum(id(entry) in failing for entry in entries)
    first = entries[0]
    suite = ET.Element("testsuite", name=plain(first.document), file=plain(first.file))
    suite.attrib |= {"tests": str(len(entries)), "failures": str(failures)}
    for entry in entries:
        suite.append(_case(report, entry, fails=id(entry) in failing))
    return suite


def _case(report: Report, entry: Entry, *, fails: bool) -> ET.Element:
    name = plain(f"{entry.kind} {place_of(entry)}".strip())
    case = ET.Element("testcase", name=name, classname=plain(entry.document))
    details = (entry.change, proof_of(entry), *notes_of(report, entry))
    text = "\n".join(plain(detail) for detail in details if detail)
    if fails:
        message = plain(entry.change)
        ET.SubElement(case, "failure", type=entry.level, message=message).text = text
    elif known := report.acceptance(entry):
        ET.SubElement(case, "skipped", message=plain(known.reason))
    else:
        ET.SubElement(case, "system-out").text = text
    return case
