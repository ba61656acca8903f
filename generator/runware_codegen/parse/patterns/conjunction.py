"""Splits a regular expression into several that are equivalent together.

A linear-time engine has no lookarounds. Lookarounds at the start or the end of the text
all apply at one position: `^(?=A)(?!B)C` matches a text if `^A` and `^C` match and `^B`
does not. That is a conjunction of expressions without lookarounds.

The engine also expands counted repetitions, and a Unicode property is too large to be
copied many times. If the whole text is one such repetition, a separate expression counts
its length.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from runware_codegen.parse.patterns import nodes as n
from runware_codegen.parse.patterns.nodes import UnsupportedPatternError

Terms = tuple[n.Node, ...]
Conjunct = tuple[Terms, bool]

_START = n.Assertion("^")
_END = n.Assertion("$")
_ANY_CHAR = n.CharClass((), negated=True)


def split(terms: Iterable[n.Node]) -> list[Conjunct]:
    """Split a sequence into simpler ones.

    Lookarounds that are not at the start or the end stay in place.

    Returns:
        Sequences, each with whether it must match. The given sequence matches a text if
        and only if each of them matches or does not match as required.

    Raises:
        UnsupportedPatternError: If a sequence that must not match is a conjunction too.
    """
    return [
        (part, must_match)
        for conjunct, must_match in _without_lookarounds(terms)
        for part in (_with_separate_length(conjunct) if must_match else [conjunct])
    ]


def _without_lookarounds(terms: Iterable[n.Node]) -> list[Conjunct]:
    terms = _without_edge_lookarounds(_flattened(terms))
    start = tuple(takewhile(_is_zero_width, terms))
    at_start: list[Conjunct] = []
    if _START in start:
        kept, at_start = _lift(start, _START)
        terms = kept + terms[len(start) :]
    end = tuple(takewhile(_is_zero_width, reversed(terms)))[::-1]
    at_end: list[Conjunct] = []
    if _END in end:
        kept, at_end = _lift(end, _END)
        terms = terms[: len(terms) - len(end)] + kept
    lifted = at_start + at_end
    always_matches = terms in {(), (_START,), (_END,)}
    return lifted if lifted and always_matches else [*lifted, (terms, True)]


def _flattened(terms: Iterable[n.Node]) -> Terms:
    flat: list[n.Node] = []
    for term in terms:
        if isinstance(term, n.Alternatives) and len(term.branches) == 1:
            flat.extend(_flattened(term.branches[0]))
        else:
            flat.append(term)
    return tuple(flat)


def _without_edge_lookarounds(terms: Terms) -> Terms:
    """Turn `A(?=B)` and `(?<=A)B` into `AB`, which matches in the same texts."""
    while terms and (body := _required_body(terms[-1], ahead=True)) is not None:
        terms = (*terms[:-1], *body)
    while terms and (body := _required_body(terms[0], ahead=False)) is not None:
        terms = (*body, *terms[1:])
    return terms


def _required_body(term: n.Node, *, ahead: bool) -> Terms | None:
    if isinstance(term, n.Lookaround) and term.ahead == ahead and not term.negated:
        return _flattened((term.body,))
    return None


def _is_zero_width(term: n.Node) -> bool:
    return isinstance(term, n.Assertion | n.Lookaround)


def _lift(run: Terms, place: n.Assertion) -> tuple[Terms, list[Conjunct]]:
    """Split a run of zero-width terms into its other terms and its lookarounds."""
    kept = tuple(term for term in run if not isinstance(term, n.Lookaround))
    lookarounds = (term for term in run if isinstance(term, n.Lookaround))
    return kept, [c for each in lookarounds for c in _conjuncts_of(each, place)]


def _conjuncts_of(lookaround: n.Lookaround, place: n.Assertion) -> list[Conjunct]:
    """Turn a lookaround at a place into sequences that start or end there."""
    body = lookaround.body
    sequence = (place, body) if lookaround.ahead else (body, place)
    conjuncts = _without_lookarounds(sequence)
    if not lookaround.negated:
        return conjuncts
    if len(conjuncts) > 1:
        raise UnsupportedPatternError(
            "a negated lookaround that contains other lookarounds cannot be matched in "
            "bounded time"
        )
    return [(terms, not must_match) for terms, must_match in conjuncts]


def _with_separate_length(terms: Terms) -> list[Terms]:
    """Split a counted repetition of a Unicode property into characters and length."""
    match terms:
        case (
            n.Assertion("^"),
            n.Repeat(n.CharClass(items) as char, low, int(high)),
            n.Assertion("$"),
        ) if any(isinstance(item, n.UnicodeProperty) for item in items):
            characters = (_START, n.Repeat(char, 0, None), _END)
            length = (_START, n.Repeat(_ANY_CHAR, low, high), _END)
            return [characters, length]
        case _:
            return [terms]
