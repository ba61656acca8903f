"""Adds the hook to a .pre-commit-config.yaml, and keeps all other text."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any, cast

from runware_codegen.catalog.lock import input_paths, path_for
from runware_codegen.documents.members import array_of, is_array, is_object, text_of
from runware_codegen.init.answers import Answers
from runware_codegen.package_name import package_folder

_HOOKS = {"runware-codegen", "runware-codegen-check"}
_NO_REPOS = re.compile(r"^repos: *\[ *\]", re.MULTILINE)


def stanza(answers: Answers) -> str:
    """Write the item of `repos` with the hook, without indentation.

    The hook runs the command of the project's environment, so that a commit and a run by
    hand generate the same bytes.
    """
    documents = input_paths(answers.documents)
    folders = [Path(answers.output, package_folder(answers.package)), *documents]
    locks = [path_for(each.parent if each.is_file() else each) for each in documents]
    watched = [*_patterns([Path("pyproject.toml"), *locks], "$")]
    watched += _patterns(folders, "(/|$)")
    return f"""\
- repo: local
  hooks:
    - id: runware-codegen
      name: the client of Runware follows its documents
      entry: runware-codegen generate --as-hook
      language: system
      files: {_single_quoted(f"^({'|'.join(watched)})")}
      pass_filenames: false
      require_serial: true
"""


def _patterns(paths: Iterable[Path], end: str) -> Iterator[str]:
    """Yield a pattern for each path that is in this folder, and so in the repository."""
    for path in paths:
        inside = PurePath(os.path.relpath(path))
        if inside == PurePath():
            yield ".*"
        elif inside.parts[0] != "..":
            yield f"{re.escape(inside.as_posix())}{end}"


def added(text: str, item: str) -> str | None:
    """Add an item to the repos of a configuration.

    Args:
        text: The configuration.
        item: The item, without indentation.

    Returns:
        The configuration with the item after the other repos; unchanged if it has one of
        our hooks; None if its form is not supported.
    """
    if not re.sub("#.*", "", text).strip():
        text = f"{text}\nrepos: []\n".lstrip()
    before = _loaded(text)
    if not is_object(before):
        return None
    repos = array_of(before, "repos")
    hooks = [hook for repo in repos for hook in array_of(repo, "hooks")]
    if any(text_of(hook, "id") in _HOOKS for hook in hooks):
        return text
    after = _extended(text, item.splitlines(), "\r\n" if "\r\n" in text else "\n")
    expected = {**before, "repos": repos + cast("list[object]", _loaded(item))}
    return after if _loaded(after) == expected else None


def _extended(text: str, item: list[str], end: str) -> str:
    """Insert the lines of an item into the repos of a configuration.

    Returns:
        The configuration; unchanged if its form is not supported.
    """
    if _NO_REPOS.search(text):
        written = end.join(["repos:", *item])
        return _NO_REPOS.sub(lambda _: written, text, count=1)
    place = _end_of_repos(text)
    if place is None:
        return text
    line, column = place
    lines = text.splitlines(keepends=True)
    if not lines[line - 1].endswith("\n"):
        lines[line - 1] += end
    lines[line:line] = [f"{' ' * column}{each}{end}" for each in item]
    return "".join(lines)


def _end_of_repos(text: str) -> tuple[int, int] | None:
    """Return the line after the last repo, and the column of repos."""
    root = _composed(text)
    for name, node in root.value:
        if name.value == "repos" and is_array(node.value) and not node.flow_style:
            return _last_line(node) + 1, node.start_mark.column
    return None


def _last_line(node: Any) -> int:
    """Return the last line of a node's text."""
    if isinstance(node.value, str) or not node.value or node.flow_style:
        end: int = node.end_mark.line
        return end - 1 if node.end_mark.column == 0 and end else end
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _loaded(text: str) -> object:
    from ruamel.yaml import YAML  # noqa: PLC0415  # slow to import
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    reader: Any = YAML(typ="base", pure=True)
    try:
        return reader.load(text)
    except (YAMLError, RecursionError):
        return None


def _composed(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415  # slow to import

    reader: Any = YAML(pure=True)
    return reader.compose(text)


def _single_quoted(text: str) -> str:
    """Write a string as YAML: in single quotes, or in double quotes with escapes."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)
