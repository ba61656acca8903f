"""Writes text of a document as Markdown: one function for each position.

Text of a document is data. Nothing in it becomes raw HTML, a directive, a heading, an image
or a macro of CommonMark, GitHub, Python-Markdown, MyST or an extension of them. A link stays
a link only if its target is an absolute HTTP URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runware_codegen.render.literals import visible

# A code span, a link to an absolute URL, or strong text.
_SPAN: Final = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|(?<!!)\[(?P<text>[^][]{1,300})\]"
    r"\((?P<url>https?://[A-Za-z0-9][A-Za-z0-9.:-]*(?:/[\w./~%?=&#+,;-]*)?)\)"
    r"|\*\*(?P<strong>[^*`\s](?:[^*`]{0,300}[^*`\s])?)\*\*",
    re.ASCII,
)
_ITEM: Final = re.compile(r"\s*(?:[-*+]|[0-9]{1,9}[.)])\s+")
_BULLET: Final = r"[^\S\n]*[-*+][^\S\n]+"
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_ROW: Final = re.compile(r"\s*\|")
_PIPE: Final = re.compile(r"(?<!\\)\|")
_OUTER_PIPES: Final = re.compile(r"\A\||(?<!\\)\|\Z")
_DELIMITERS: Final = re.compile(r"\s*\|(?:\s*:?-+:?\s*\|)+\s*")

# A backslash escapes these characters in Python-Markdown too; others become entities.
_BACKSLASH: Final = re.compile(r"[\\`*{}\[\]]|(?<![^\W_])_|_(?![^\W_])")
_ENTITY: Final = re.compile(
    r"[<>|^]|&(?=[#\w]+;)|(?<=[^\s!-/:-@\[-`{-~])~|(?<!\s)~(?!\w)|~(?=~)|\$(?=\S[^$]*(?<=\S)\$)|:(?=[\w+-]{0,40}:)|=(?==)"
    r"|(?<=\+)\+|(?<=%)%|(?<=\{)[%\#]"
)
_BLOCK: Final = re.compile(r"^(?:[#>+=!?:;%@(.-]|[0-9]+(?=[.)])|[ie](?=[mx]port\b))")

# These start macros even in code.
_MACRO: Final = re.compile(r"(?<=\{)(?=[{%#])|(?<=8)(?=<)")


def inline(text: str) -> str:
    """Write text for one line of a paragraph, a table cell, or an item of a list."""
    line = " ".join(visible(text).split())
    return _BLOCK.sub(_entities, _spans(line))


def label(text: str) -> str:
    """Write text for a place without links, code and strong text, such as a link."""
    return _escaped(" ".join(visible(text).split()))


def heading(text: str) -> str:
    """Write text for the heading of a page, which Zensical copies to `<title>` unescaped."""
    return label(text).replace("&lt;/", "&lt; /")


def cell(text: str) -> str:
    """Write text for a table cell: the items of a list in one line, with semicolons."""
    first, *items = re.split(rf"(?:\A|\n){_BULLET}", text)
    listed = "; ".join(item.strip().removesuffix(".") for item in items)
    return inline(f"{first} {listed}")


def code(text: str) -> str:
    """Write a name or a value as code, or as text if it has characters that end code."""
    shown = visible(text)
    if not shown.strip() or shown != shown.strip() or re.search(r"[`|\n]", shown):
        return _BLOCK.sub(_entities, _escaped(" ".join(shown.split())))
    return f"`{_MACRO.sub(' ', shown)}`"


def link(url: str) -> str:
    """Write a URL as a link to itself, or as text if it is not an absolute HTTP URL."""
    written = f"[{url}]({url})"
    return inline(written if _SPAN.fullmatch(written) else url)


def paragraphs(text: str) -> str:
    """Write Markdown of a document: its paragraphs, lists, tables, code and links."""
    blocks: list[str] = []
    for block in _blocks(text):
        item = block.startswith("- ")
        if item and blocks and blocks[-1].startswith("- "):
            blocks[-1] = f"{blocks[-1]}\n{block}"
        else:
            blocks.append(block)
    return "\n\n".join(blocks)


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs and items of lists, each as one line, tables and blocks of code."""
    lines: list[str] = []
    in_code = False
    for line in text.split("\n"):
        if fence := bool(_FENCE.match(line)):
            yield from [_fence(lines)] if in_code else _block(lines)
            in_code = not in_code
        elif not in_code and (not line.strip() or _starts_block(line, lines)):
            yield from _block(lines)
        elif in_code or lines:
            lines.append(line)
            continue
        lines = [] if fence else [line]
    yield from [_fence(lines)] if in_code else _block(lines)


def _starts_block(line: str, lines: list[str]) -> bool:
    """Return whether a line begins an item, or begins or follows a table."""
    if _ITEM.match(line):
        return True
    return bool(lines) and bool(_ROW.match(line)) != bool(_ROW.match(lines[-1]))


def _block(lines: list[str]) -> list[str]:
    if len(lines) > 1 and _ROW.match(lines[0]) and _DELIMITERS.fullmatch(lines[1]):
        return [_table([_cells(lines[0]), *map(_cells, lines[2:])])]
    joined = "\n".join(lines)
    item = _ITEM.match(joined)
    shown = inline(joined[item.end() :] if item else joined)
    return [f"- {shown}" if item else shown] if shown else []


def _cells(row: str) -> list[str]:
    inner = _OUTER_PIPES.sub("", row.strip())
    return [inline(each.replace("\\|", "|")) for each in _PIPE.split(inner)]


def _table(rows: list[list[str]]) -> str:
    """Write a table with as many columns as its first row has."""
    width = len(rows[0])
    padded = [[*row, *[""] * width][:width] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|---" * width + "|", *lines[1:]])


def _fence(lines: list[str]) -> str:
    """Write lines as a block of code that nothing in them can end."""
    content = visible("\n".join(lines)).replace("```", "'''").replace("~~~", "---")
    return f"```text\n{_MACRO.sub(' ', content)}\n```"


def _spans(line: str) -> str:
    """Escape what is outside of code spans, links and strong text."""
    written: list[str] = []
    end = 0
    for match in _SPAN.finditer(line):
        written += [_escaped(line[end : match.start()]), _span(match)]
        end = match.end()
    return "".join([*written, _escaped(line[end:])])


def _span(match: re.Match[str]) -> str:
    if match["code"] is not None:
        return code(match["code"].strip())
    if match["strong"] is not None:
        return f"**{_escaped(match['strong'])}**"
    return f"[{_escaped(match['text'])}]({match['url']})"


def _escaped(text: str) -> str:
    return _ENTITY.sub(_entities, _BACKSLASH.sub(r"\\\g<0>", text))


def _entities(match: re.Match[str]) -> str:
    """Write characters as entities; of a number at the start of a list, the first digit."""
    text = match[0]
    if text.isdigit():
        return f"&#{ord(text[0])};{text[1:]}"
    named = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    return "".join(named.get(each, f"&#{ord(each)};") for each in text)
