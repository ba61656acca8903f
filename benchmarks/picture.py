"""Draws the panels of a run as SVG, for a light page and for a dark one.

The picture has a background of its own, so that it can be read on any page. It takes the
colours that the reader's system prefers, uses fonts of that system alone, and tells in
words what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results import Bar, Panel, Results

_TITLE = "runware-codegen, measured"
_LEGEND = (
    ("ours", "runware-codegen"),
    ("other", "others"),
    ("may", "what is allowed"),
)

_MARGIN = 36
_COLUMN = 408
_GUTTER = 48
_WIDTH = 2 * _MARGIN + 2 * _COLUMN + _GUTTER

_HEADER = 84
_PANEL_HEADER = 56
_BAR_PITCH = 37
_PANEL_GAP = 26
_BAR = 9
_LEAST = 2
"""A bar of nothing is still to be seen."""

_LIGHT = {
    "page": "#ffffff",
    "edge": "#d1d9e0",
    "ink": "#1f2328",
    "soft": "#59636e",
    "ours": "#5b4fd9",
    "other": "#8c959f",
    "may": "#dedbfa",
}
_DARK = {
    "page": "#0d1117",
    "edge": "#3d444d",
    "ink": "#f0f6fc",
    "soft": "#9da7b3",
    "ours": "#9a91ff",
    "other": "#6e7681",
    "may": "#302b63",
}
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif'
_STYLE = f"""
text {{ font: 13px {_FONT}; font-variant-numeric: tabular-nums; }}
.title {{ font-size: 20px; font-weight: 600; }}
.panel {{ font-size: 15px; font-weight: 600; }}
.value {{ font-weight: 600; text-anchor: end; }}
.note {{ font-size: 12px; }}
.page {{ stroke-width: 1; }}
"""


def drawn(found: Results) -> str:
    """Draw the picture of a run."""
    panels = sorted(found.panels, key=lambda panel: len(panel.bars))
    pairs = [panels[start : start + 2] for start in range(0, len(panels), 2)]
    heights = [_height(pair) for pair in pairs]
    height = _HEADER + sum(heights) + _MARGIN - _PANEL_GAP
    parts: list[str] = []
    top = _HEADER
    for pair, space in zip(pairs, heights, strict=True):
        for number, panel in enumerate(pair):
            parts += _panel(panel, _MARGIN + number * (_COLUMN + _GUTTER), top)
        top += space
    return "\n".join([*_head(height, panels), *parts, "</svg>"]) + "\n"


def _head(height: int, panels: Sequence[Panel]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{_TITLE}</title>'
    yield f'<desc id="desc">{escape(" ".join(map(_in_words, panels)))}</desc>'
    dark = f"@media (prefers-color-scheme: dark) {{\n{_colours(_DARK)}\n}}"
    yield f"<style>{_STYLE}{_colours(_LIGHT)}\n{dark}\n</style>"
    yield (
        f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" '
        f'height="{height - 1}" rx="8"/>'
    )
    yield _text(_TITLE, _MARGIN, 48, "title ink")
    yield from _legend()


def _colours(colours: dict[str, str]) -> str:
    rules = [f".{name} {{ fill: {colour}; }}" for name, colour in colours.items()]
    edge = f".page {{ stroke: {colours['edge']}; }}"
    return "\n".join([*rules, edge, f".limit {{ fill: {colours['soft']}; }}"])


def _legend() -> Iterator[str]:
    """Draw the legend over the second column, each entry as wide as its words."""
    left = _MARGIN + _COLUMN + _GUTTER
    for name, label in _LEGEND:
        yield _bar_of(name, left, 39, 14)
        yield _text(label, left + 20, 48, "soft")
        left += 8 * len(label) + 44


def _in_words(panel: Panel) -> str:
    bars = "; ".join(f"{bar.label}: {bar.text}" for bar in panel.bars)
    return f"{panel.title}, {panel.note}. {bars}."


def _height(panels: Sequence[Panel]) -> int:
    most = max(len(panel.bars) for panel in panels)
    return _PANEL_HEADER + most * _BAR_PITCH + _PANEL_GAP


def _panel(panel: Panel, left: int, top: int) -> Iterator[str]:
    """Draw a panel; its longest bar, or what one may be, fills the column."""
    longest = max(max(bar.value, bar.limit or 0) for bar in panel.bars)
    yield _text(panel.title, left, top + 14, "panel ink")
    yield _text(panel.note, left, top + 33, "note soft")
    for number, bar in enumerate(panel.bars):
        yield from _row(
            bar,
            left,
            top + _PANEL_HEADER + number * _BAR_PITCH,
            _COLUMN / longest if longest else 0,
        )


def _row(bar: Bar, left: int, top: int, scale: float) -> Iterator[str]:
    """Draw a bar under its label and what it says."""
    yield _text(bar.label, left, top + 10, "ink")
    yield _text(bar.text, left + _COLUMN, top + 10, "value ink")
    if bar.limit is not None:
        yield _bar_of("may", left, top + 17, bar.limit * scale)
    yield _bar_of("ours" if bar.ours else "other", left, top + 17, bar.value * scale)
    if bar.limit is not None and bar.value > bar.limit:
        across = left + bar.limit * scale
        yield f'<rect class="limit" x="{across:.1f}" y="{top + 14}" width="2" height="15"/>'


def _bar_of(name: str, left: float, top: float, width: float) -> str:
    return (
        f'<rect class="{name}" x="{left}" y="{top}" width="{max(width, _LEAST):.1f}" '
        f'height="{_BAR}" rx="2"/>'
    )


def _text(text: str, left: float, top: float, names: str) -> str:
    return f'<text class="{names}" x="{left}" y="{top}">{escape(text)}</text>'
