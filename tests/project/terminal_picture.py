"""Draws the output of a program in a terminal as SVG, for light and dark pages."""

from __future__ import annotations

from xml.sax.saxutils import escape

_LINE = 20
_MARGIN = 24
_BAR = 36
_CHARACTER = 8.43
"""The width of a character in pixels, in a monospaced font of 14 pixels."""

_STYLE = """
.page { fill: #ffffff; stroke: #d1d9e0; }
.bar { fill: #d1d9e0; }
text { font: 14px ui-monospace, "SF Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
.typed { font-weight: 600; }
.error { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; stroke: #3d444d; }
.bar { fill: #3d444d; }
text { fill: #f0f6fc; }
.error { fill: #ff7b72; }
}
"""


def terminal_picture(title: str, typed: str, shown: str) -> str:
    """Draw a terminal.

    Args:
        title: What the picture shows, for users who cannot see it.
        typed: The command that was typed.
        shown: The output of the program.
    """
    lines = [("typed", line) for line in typed.splitlines()]
    lines += [("typed", "")]
    lines += [("error", line) for line in shown.splitlines()]
    width = round(max(len(line) for _, line in lines) * _CHARACTER) + 2 * _MARGIN
    height = _BAR + len(lines) * _LINE + _MARGIN
    spoken = escape(f"{typed}\n{shown}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{spoken}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    parts += [f'<circle class="bar" cx="{x}" cy="18" r="5"/>' for x in (24, 42, 60)]
    for number, (name, line) in enumerate(lines):
        top = _BAR + number * _LINE + 14
        parts.append(
            f'<text class="{name}" x="{_MARGIN}" y="{top}">{escape(line)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
