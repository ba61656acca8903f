"""The comparison of two sides: matches documents, and compares each pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import NamedTuple

from runware_codegen.cache.parallel import available_processors, parallel_map
from runware_codegen.diff.entries import Entry
from runware_codegen.diff.members import compare_classes
from runware_codegen.diff.metadata import compare_metadata
from runware_codegen.diff.proof.decide import decide
from runware_codegen.diff.proof.validators import Version, version_of
from runware_codegen.diff.sides.texts import Pairs, Text, pair
from runware_codegen.documents import SourceDocument
from runware_codegen.documents.load import load_text
from runware_codegen.documents.sources import decoded, not_openapi
from runware_codegen.model import Document
from runware_codegen.parse.assembly import DocumentFilter
from runware_codegen.parse.document import parse_document
from runware_codegen.problems import InvalidInputError, Problem


@dataclass(slots=True)
class Comparison:
    """The differences of two sides.

    Attributes:
        entries: The differences, by document, the most severe first.
        compared: The number of documents that differ.
        unchanged: The number of documents that do not differ.
    """

    entries: list[Entry] = field(default_factory=list["Entry"])
    compared: int = 0
    unchanged: int = 0


_FEWEST = 3
"""For fewer documents, starting processes takes longer than it saves."""


class _Loaded(NamedTuple):
    """A text of a side, with its document and the model of it."""

    text: Text
    source: SourceDocument
    document: Document


def compare_sides(
    old: Sequence[Text], new: Sequence[Text], selection: DocumentFilter
) -> Comparison:
    """Compare two sides.

    Args:
        old: The old texts.
        new: The new texts.
        selection: Selects documents. A document that has another status is compared, and
            an entry reports if only one of its versions has a selected status.

    Raises:
        InvalidInputError: With all problems of documents that differ; or if the patterns of
            the selection match no document.
    """
    pairs = pair(old, new)
    matched = [*pairs.changed, *_matched(pairs, old, new)]
    compared = partial(_compared, selection)
    processors = available_processors()
    unchanged = pairs.unchanged
    if selection.only:
        is_selected = partial(_is_selected, selection)
        selected = parallel_map(is_selected, unchanged, processors, fewest=_FEWEST)
        unchanged = [*compress(unchanged, selected)]
    comparison = Comparison(unchanged=len(unchanged))
    problems: list[Problem] = []
    for found in parallel_map(compared, matched, processors, fewest=_FEWEST):
        if isinstance(found, tuple):
            problems += found
        elif found:
            comparison.entries += found
            comparison.compared += 1
        elif found is not None:
            comparison.unchanged += 1
    if problems:
        raise InvalidInputError(problems)
    comparison.entries.sort(key=lambda entry: entry.order)
    if selection.only and not comparison.compared and not comparison.unchanged:
        place = f"--only {' '.join(selection.only)}"
        message = "No document of either version has this id, AIR or task type."
        remedy = "Check the spelling. `runware-codegen list` prints all three."
        raise InvalidInputError.of(place, message, remedy)
    return comparison


def _is_selected(selection: DocumentFilter, text: Text) -> bool:
    """Return whether a text is a valid document that the patterns select."""
    try:
        loaded = _loaded(text)
    except InvalidInputError:
        return False
    return loaded is not None and _is_chosen(loaded.document, selection)


def _matched(
    pairs: Pairs, old: Sequence[Text], new: Sequence[Text]
) -> Iterator[tuple[Text | None, Text | None]]:
    """Pair documents whose files were renamed: by identifier, then by AIR."""
    left = [loaded for text in pairs.removed if (loaded := _loaded(text))]
    right = [loaded for text in pairs.added if (loaded := _loaded(text))]
    for match in (_have_same_id, _are_about_same_model):
        for one in list(left):
            same = (each for each in right if match(one.document, each.document))
            if other := next(same, None):
                left.remove(one)
                right.remove(other)
                yield one.text, other.text
    yield from ((one.text, _copy_of(one, new)) for one in left)
    yield from ((_copy_of(one, old), one.text) for one in right)


def _copy_of(one: _Loaded, other_side: Iterable[Text]) -> Text | None:
    """Find another version of a document in a file that the two sides share.

    Several folders may have copies of a document. If only one of these copies changes, the
    other copy still has the version that the other side lacks.
    """
    for text in other_side:
        other = _loaded(text) if text.stem == one.text.stem else None
        if other and _have_same_id(other.document, one.document):
            return text
    return None


def _have_same_id(one: Document, other: Document) -> bool:
    return one.id == other.id


def _are_about_same_model(one: Document, other: Document) -> bool:
    models = {*one.models, one.air} & {*other.models, other.air}
    return one.task_type == other.task_type and bool(models - {""})


def _compared(
    selection: DocumentFilter, versions: tuple[Text | None, Text | None]
) -> list[Entry] | tuple[Problem, ...] | None:
    """Compare two versions of a document, either of which may be absent.

    Returns:
        The entries; the problems if a version is invalid; or None if none is selected.
    """
    problems: list[Problem] = []
    loaded: list[_Loaded | None] = []
    for text in versions:
        try:
            loaded.append(text and _loaded(text))
        except InvalidInputError as invalid:
            problems += invalid.problems
    if problems:
        return tuple(problems)
    if not any(each and _is_chosen(each.document, selection) for each in loaded):
        return None
    return [*_entries(loaded[0], loaded[1], selection)]


def _entries(
    old: _Loaded | None, new: _Loaded | None, selection: DocumentFilter
) -> Iterator[Entry]:
    if old and new:
        one, other = old.document, new.document
        if _have_same_id(one, other) or _are_about_same_model(one, other):
            yield from _left_out(one, other, new.text.name, selection)
            yield from compare(
                version_of(old.source, one),
                version_of(new.source, other),
                new.text.name,
            )
            return
    if old and selection.matches(old.document):
        name, one = old.text.name, old.document
        yield Entry("document-removed", one.id, one.air, name, before=one.title)
    if new and selection.matches(new.document):
        name, one = new.text.name, new.document
        yield Entry("document-added", one.id, one.air, name, after=one.title)


def compare(old: Version, new: Version, file: str) -> list[Entry]:
    """Compare two versions of a document.

    Args:
        old: The version before.
        new: The version now.
        file: The file of the new version.

    Returns:
        An entry for each difference, the most severe first.
    """
    entries = {entry.fingerprint: entry for entry in _differences(old, new, file)}
    return sorted(entries.values(), key=lambda entry: entry.order)


def _differences(old: Version, new: Version, file: str) -> Iterator[Entry]:
    before, after = old.document, new.document
    for kind, was, now in compare_metadata(before, after):
        yield Entry(kind, after.id, after.air, file, before=was, after=now)
    for finding, proof, witness in decide(compare_classes(before, after), old, new):
        yield Entry(
            kind=finding.kind,
            document=after.id,
            air=after.air,
            file=file,
            python=finding.place.python,
            pointer=finding.place.pointer,
            before=finding.before,
            after=finding.after,
            proof=proof,
            witness=witness,
        )


def _left_out(
    old: Document, new: Document, file: str, selection: DocumentFilter
) -> Iterator[Entry]:
    """Report that the status decides whether `generate` uses a document."""
    before, after = (_is_taken(each, selection) for each in (old, new))
    if before != after:
        kind = "document-left-out" if before else "document-taken"
        yield Entry(kind, new.id, new.air, file, before=old.status, after=new.status)


def _is_taken(document: Document, selection: DocumentFilter) -> bool:
    """Return whether `generate` uses documents with the status of this document."""
    return document.status in ("", *selection.statuses)


def _is_chosen(document: Document, selection: DocumentFilter) -> bool:
    """Return whether a document has a selected name, whatever its status."""
    return DocumentFilter(selection.only, (document.status,)).matches(document)


def check_keywords(text: Text) -> None:
    """Check that a document has only keywords that `generate` accepts by default.

    Raises:
        InvalidInputError: If it has others, or is otherwise invalid.
    """
    _loaded(text, allow_unenforced=False)


def _loaded(text: Text, *, allow_unenforced: bool = True) -> _Loaded | None:
    """Load a document; return None for another file that was found in a folder.

    Raises:
        InvalidInputError: If the document is invalid.
    """
    source = load_text(text.source, decoded(text.source, text.content))
    if source is None:
        if text.discovered:
            return None
        raise InvalidInputError([not_openapi(text.source)])
    document = parse_document(source, allow_unenforced=allow_unenforced)
    return _Loaded(text, source, document)
