"""Generates the references of commands and settings from the option definitions."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from runware_codegen import settings
from runware_codegen.cli import cli
from runware_codegen.mock.faults import Fault
from runware_codegen.options import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator


def command_reference() -> str:
    """Return the page of the commands, as Markdown."""
    head = [
        "# Commands",
        "",
        "This page is made from the definitions of the options: `make golden` writes it.",
        "",
        "An option of `generate` or `list` can be set in `[tool.runware-codegen]` of the nearest"
        " `pyproject.toml`, with its name without the dashes. The command line wins.",
    ]
    lines = [*head]
    for name, command in sorted(cli.commands.items()):
        lines += ["", f"## {name}", "", *_command(name, command)]
        if name == "mock":
            lines += _faults()
    return "\n".join(lines) + "\n"


def _faults() -> Iterator[str]:
    """Yield the table of the kinds of faults, from the docstrings of their class."""
    yield from ("", "### Kinds of faults", "", "| Kind | What happens |", "|---|---|")
    shown = dict(re.findall(r' = "(.+)"\n +"""(.+)"""', inspect.getsource(Fault)))
    yield from (f"| `{fault}` | {shown[fault]} |" for fault in Fault)


_CONFIGURATION = """\
# Configuration

This page is made from the definitions of the options: `make golden` writes it.

The settings are in the table `[tool.runware-codegen]` of the nearest `pyproject.toml`, or of the one in the folder that `--project` names. The command line wins over the file. Paths are relative to the file. An unknown setting stops the run.

```toml
[tool.runware-codegen]
documents = ["builtin:imageInference"]
output = "src"
package = "runware_client"
docs = "docs/runware"
```

| Setting | Value | Meaning | Default |
|---|---|---|---|
"""
_AFTER = """
Each table `[[tool.runware-codegen.clients]]` is a client of its own. It has the same settings, which override those above it: see [Several clients](../how-to/keep-current.md#several-clients).
"""
_DOCUMENTS = (
    "Files, folders, and `builtin:PATTERN` for general documents by task type; all"
    " general documents by default."
)


def configuration_reference() -> str:
    """Return the page of the settings, as Markdown."""
    parameters = {settings.key(each): each for each in SETTINGS if each.expose_value}
    rows = [_setting(name, each) for name, each in parameters.items()]
    return _CONFIGURATION + "\n".join(rows) + "\n" + _AFTER


def _setting(name: str, parameter: click.Parameter) -> str:
    meaning, default = _DOCUMENTS, ""
    if isinstance(parameter, click.Option):
        meaning, default = _meaning(parameter), _default(parameter)
    value, _ = settings._form(parameter, None)
    return f"| `{name}` | {value} | {meaning} | {default} |"


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"runware-codegen {name}")
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield from ("```text", " ".join(usage.split()), "```", "")
    for paragraph in (command.help or "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    yield from ("| Option | Meaning | Default |", "|---|---|---|")
    for option in command.params:
        if isinstance(option, click.Option):
            yield _row(option)


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    metavar = f" {option.metavar}" if option.metavar else ""
    default = "required" if option.required else _default(option)
    return f"| {names}{metavar} | {_meaning(option)} | {default} |"


def _meaning(option: click.Option) -> str:
    meaning = (option.help or "").replace("|", "&#124;").replace("*", r"\*")
    if isinstance(option.type, click.Choice):
        choices = ", ".join(f"`{choice}`" for choice in option.type.choices)
        meaning += f" One of {choices}."
    return meaning


def _default(option: click.Option) -> str:
    shown = option.default if option.show_default else None
    values = shown if isinstance(shown, tuple) else [shown]
    given = (each for each in values if each is not None and each is not False)
    return ", ".join(f"`{value}`" for value in given)
