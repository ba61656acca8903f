"""Commands that read options from pyproject.toml, once or for each client."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import click
from click.core import ParameterSource

from runware_codegen import settings
from runware_codegen.option_types import GenerateOptions
from runware_codegen.options import (
    ACCEPT_FILE,
    SETTINGS,
    documents_folders,
    documents_on_disk,
)
from runware_codegen.package_name import package_folder
from runware_codegen.resources import BUILTIN
from runware_codegen.wording import joined


class ProjectCommand(click.Command):
    """A command with default options from pyproject.toml.

    Attributes:
        setting_names: The keys in pyproject.toml of parameters that have another name there.
    """

    setting_names: ClassVar[Mapping[str, str]] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; its options override those of pyproject.toml."""
        ctx.default_map = _shared_by_clients(_read_clients(ctx, args))
        return self.parse_with_defaults(ctx, args)

    def parse_with_defaults(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line after the options of pyproject.toml are known."""
        try:
            rest = super().parse_args(ctx, args)
        except click.MissingParameter as missing:
            name = missing.param.name if missing.param else ""
            raise click.UsageError(self._not_configured(ctx, name), ctx) from None
        if not ctx.params["documents"]:
            ctx.params["documents"] = (ctx.default_map or {}).get("documents", ())
        table = (ctx.default_map or {}).get(settings.MODELS, {})
        ctx.params["own_models"] = settings.own_models(
            table, ctx.meta.get(settings.FILE)
        )
        return rest

    def _not_configured(self, ctx: click.Context, name: str) -> str:
        """Return the error message for a missing required option."""
        file = ctx.meta.get(settings.FILE)
        key = self.setting_names.get(name, name)
        remedies = [
            "Add it",
            f"set {key} in [tool.runware-codegen] of {file or 'a pyproject.toml'}",
        ]
        if key == name:  # `init` does not write the setting docs
            remedies.append("run `runware-codegen init`")
        return f"Missing option '--{name}'. {joined(remedies, 'or')}."


class ClientCommand(ProjectCommand):
    """A command that runs once for each client in pyproject.toml."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line for each client, in its own context."""
        clients = self.default_options(
            self._selected(_read_clients(ctx, args), ctx, args)
        )
        first, *others = clients
        ctx.default_map = first
        ctx.obj = [self._context_for(ctx, args, client) for client in others]
        return self.parse_with_defaults(ctx, list(args))

    def invoke(self, ctx: click.Context) -> int:
        """Run the command for each client; return the highest exit code."""
        contexts = each_client(ctx)
        self._check_folders(contexts)
        return max(super(ClientCommand, self).invoke(each) or 0 for each in contexts)

    def default_options(self, clients: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the default options of each client."""
        return clients

    def folders(self, ctx: click.Context) -> list[Path]:
        """Return the folders that the command writes."""
        return target_folders(cast("GenerateOptions", ctx.params))

    def _selected(
        self, clients: list[dict[str, Any]], ctx: click.Context, args: list[str]
    ) -> list[dict[str, Any]]:
        """Return the client that `--package` selects; without this option, all clients."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        package = given.get("package")
        chosen = [each for each in clients if each.get("package") == package]
        if package is not None and not chosen and len(clients) > 1:
            packages = [each["package"] for each in clients if each.get("package")]
            names = joined(packages, "and") or "without names"
            message = f"No client has the name {package!r}. The clients are {names}."
            raise click.BadParameter(message, ctx, param_hint="'--package'")
        return chosen or clients

    def _context_for(
        self, ctx: click.Context, args: list[str], client: dict[str, Any]
    ) -> click.Context:
        other = click.Context(self, ctx.parent, ctx.info_name, default_map=client)
        with other.scope(cleanup=False):
            self.parse_with_defaults(other, list(args))
        return other

    def _check_folders(self, contexts: list[click.Context]) -> None:
        folders = [folder for each in contexts for folder in self.folders(each)]
        for inner, outer in itertools.permutations(folders, 2):
            if _without_case(inner).is_relative_to(_without_case(outer)):
                place = "is set twice" if inner == outer else f"is in {outer}"
                raise click.UsageError(
                    f"{inner} {place}, so a package or reference would be written over"
                    " another. Set a different output, package or docs for each client,"
                    " or select a client with --package."
                )


class DocsCommand(ClientCommand):
    """The command `docs`, which writes to the folder of the setting `docs`."""

    setting_names: ClassVar[Mapping[str, str]] = {"output": "docs"}

    def default_options(self, clients: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the default options of the clients that have the setting `docs`."""
        having = [client for client in clients if client.get("docs")] or clients
        return [_options_of_pages(client) for client in having]

    def folders(self, ctx: click.Context) -> list[Path]:
        """Return the folder of the reference."""
        return [Path(ctx.params["output"])]


class ListCommand(ClientCommand):
    """The command `list`, which runs once for all clients."""

    def invoke(self, ctx: click.Context) -> int:
        """Run the command with the options of the first client."""
        return click.Command.invoke(self, ctx) or 0


@dataclass(frozen=True, slots=True)
class FetchProject:
    """What `fetch` has to know of a project.

    Attributes:
        folders: The folders of documents, the default one first.
        inputs: The inputs of all clients; None without a configured client.
        has_several_clients: Whether there are several clients.
        allows_unenforced: Whether a client allows unenforced keywords.
    """

    folders: list[str]
    inputs: list[str] | None = None
    has_several_clients: bool = False
    allows_unenforced: bool = False

    def reads(self, folder: str) -> bool:
        """Return whether the clients read a folder, or a file in it."""
        if self.inputs is None:
            return True
        here = Path(folder).absolute()
        inputs = [Path(each).absolute() for each in self.inputs]
        return any(i in (here, *here.parents) or i.parent == here for i in inputs)


class FetchCommand(click.Command):
    """The command `fetch`, which writes to the folder of the setting `documents`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line, with the options that it shares with `generate`."""
        clients = _read_clients(ctx, args)
        shared = _shared_by_clients(clients)
        documents = shared.get("documents", ())
        names = {"include_status", "index_url", "quiet", "verbose"}
        folders = documents_folders(documents)
        ctx.default_map = {**_only(shared, names), "output": folders[0]}
        rest = super().parse_args(ctx, args)
        is_default = ctx.get_parameter_source("output") is ParameterSource.DEFAULT_MAP
        is_configured = any("output" in client for client in clients)
        ctx.obj = FetchProject(
            folders if is_default else [ctx.params["output"]],
            list(documents) if is_configured else None,
            len(clients) > 1,
            any(client.get("allow_unenforced") for client in clients),
        )
        return rest


class DiffCommand(click.Command):
    """The command `diff`, which compares the documents of the setting `documents`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line, with the options that it shares with `generate`."""
        shared = _shared_by_clients(_read_clients(ctx, args))
        ctx.default_map = _only(shared, {"include_status", "quiet", "verbose"})
        ctx.default_map["documents"] = documents_on_disk(shared.get("documents", ()))
        ctx.default_map["accept_file"] = str(beside_settings(ctx, ACCEPT_FILE))
        return super().parse_args(ctx, args)


def fetch_project(ctx: click.Context) -> FetchProject:
    """Return the project of `fetch`; another command may have invoked it."""
    return cast("FetchProject | None", ctx.obj) or FetchProject([ctx.params["output"]])


def beside_settings(ctx: click.Context, name: str) -> Path:
    """Return the path of a file beside pyproject.toml; without one, in this folder."""
    file: Path | None = ctx.meta.get(settings.FILE)
    return file.with_name(name) if file else Path(name)


def each_client(ctx: click.Context) -> list[click.Context]:
    """Return the contexts of a `ClientCommand`, one for each client."""
    return [ctx, *ctx.obj]


def _options_of_pages(client: dict[str, Any]) -> dict[str, Any]:
    """Return the default options of `docs` for a client."""
    pages = {name: value for name, value in client.items() if name != "output"}
    pages["package_output"] = client.get("output")
    return {**pages, "output": pages["docs"]} if pages.get("docs") else pages


def _without_case(folder: Path) -> Path:
    """Return an absolute path that is equal for names that some file systems confuse."""
    return Path(os.path.realpath(folder).casefold())


def target_folders(options: GenerateOptions) -> list[Path]:
    """Return the folders that `generate` writes: of the package, and of its pages."""
    package = Path(options["output"]) / package_folder(options["package"])
    return [package, Path(options["docs"])] if options["docs"] else [package]


def _read_clients(ctx: click.Context, args: list[str]) -> list[dict[str, Any]]:
    """Read the options of each client in pyproject.toml, unless `--help` is given."""
    given, _, _ = ctx.command.make_parser(ctx).parse_args(list(args))
    help_option = ctx.command.get_help_option(ctx)
    if (help_option and help_option.name in given) or ctx.resilient_parsing:
        return [{}]
    file = ctx.meta[settings.FILE] = settings.find(given.get("project"))
    return settings.read(file, SETTINGS) if file else [{}]


def _only(options: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Return some of the options."""
    return {name: options[name] for name in options.keys() & names}


def _shared_by_clients(clients: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the options that are the same for all clients, with all their documents."""
    first, *others = clients
    shared = {k: v for k, v in first.items() if all(o.get(k) == v for o in others)}
    if others:
        documents = [each.get("documents") or [f"{BUILTIN}*"] for each in clients]
        shared["documents"] = tuple(dict.fromkeys(itertools.chain(*documents)))
        tables = [each.get(settings.MODELS, {}) for each in clients]
        shared[settings.MODELS] = {k: v for table in tables for k, v in table.items()}
    return shared
