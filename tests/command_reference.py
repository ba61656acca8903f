"""Writes the reference of the commands from their definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runware_codegen.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator


def command_reference() -> str:
    """Return the page, as Markdown."""
    head = [
        "# Commands",
        "",
        "This page is made from the definitions of the options: `make golden` writes it.",
        "",
        "An option of `generate` can stand in `[tool.runware-codegen]` of the nearest"
        " `pyproject.toml`, with its name without the dashes. The command line wins.",
    ]
    lines = [*head]
    for name, command in sorted(cli.commands.items()):
        lines += ["", f"## {name}", "", *_command(name, command)]
    return "\n".join(lines) + "\n"


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
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    metavar = f" {option.metavar}" if option.metavar else ""
    shown = option.default if option.show_default else None
    values = shown if isinstance(shown, tuple) else [shown]
    default = ", ".join(f"`{value}`" for value in values if value not in (None, False))
    meaning = (option.help or "").replace("|", "&#124;").replace("*", r"\*")
    if choices:
        meaning += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return f"| {names}{metavar} | {meaning} | {default} |"
