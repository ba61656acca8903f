"""Adds the hook to a .pre-commit-config.yaml, and keeps all other text."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import Any, cast

from runware_codegen.catalog.lock import NAME, input_paths
from runware_codegen.documents.members import array_of, is_object, text_of
from runware_codegen.init.answers import Answers
from runware_codegen.package_name import package_folder

_HOOKS = {"runware-codegen", "runware-codegen-check"}


def stanza(answers: Answers) -> str:
    """Write the item of `repos` with the hook, without indentation.

    The hook runs the command of the project's environment, so that a commit and a run by
    hand generate the same bytes.
    """
    documents = [PurePath(p) for p in input_paths(answers.documents)]
    folders = [PurePath(answers.output, package_folder(answers.package)), *documents]
    watched = ["pyproject\\.toml$", *(f"{_escaped(path)}(/|$)" for path in folders)]
    watched += [f"{_escaped(path.with_name(NAME))}$" for path in documents]
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


def added(text: str, item: str) -> str | None:
    """Add an item to the repos of a configuration.

    Args:
        text: The configuration.
        item: The item, without indentation.

    Returns:
        The configuration with the item after the other repos; unchanged if it has one of
        our hooks; None if its form is not supported.
    """
    before = _loaded(text)
    repos = array_of(before, "repos")
    if not is_object(before) or not repos:
        return None
    hooks = [hook for repo in repos for hook in array_of(repo, "hooks")]
    if any(text_of(hook, "id") in _HOOKS for hook in hooks):
        return text
    place = _end_of_repos(text)
    if place is None:
        return None
    line, column = place
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if not lines[line - 1].endswith("\n"):
        lines[line - 1] += end
    lines[line:line] = [f"{' ' * column}{each}{end}" for each in item.splitlines()]
    after = "".join(lines)
    expected = {**before, "repos": repos + cast("list[object]", _loaded(item))}
    return after if _loaded(after) == expected else None


def _end_of_repos(text: str) -> tuple[int, int] | None:
    """Return the line after the last repo, and the column of repos."""
    root = _composed(text)
    for name, node in root.value:
        if name.value == "repos" and node.value and not node.flow_style:
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

    reader: Any = YAML(typ="safe", pure=True)
    try:
        return reader.load(text)
    except (YAMLError, RecursionError):
        return None


def _composed(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415  # slow to import

    reader: Any = YAML(pure=True)
    return reader.compose(text)


def _escaped(path: PurePath) -> str:
    return re.escape(path.as_posix())


def _single_quoted(text: str) -> str:
    """Write a string as YAML: in single quotes, or in double quotes with escapes."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)
