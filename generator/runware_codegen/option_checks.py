"""The checks of values of options, for click."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from runware_codegen import settings
from runware_codegen.package_name import invalid_package
from runware_codegen.problems import InvalidInputError


class FiniteRange(click.FloatRange):
    """A range of numbers without NaN and infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert a value to a number of the range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def check_package(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Validate the name of a package.

    Raises:
        BadParameter: If the name on the command line is not valid.
        InvalidInputError: If the name in pyproject.toml is not valid.
    """
    if value is not None and (fault := invalid_package(value)):
        message, remedy = fault
        file = ctx.meta.get(settings.FILE)
        source = ctx.get_parameter_source(parameter.name)
        if file and source is ParameterSource.DEFAULT_MAP:
            path = (settings.key(parameter),)
            raise InvalidInputError(
                [settings.problem_with(file, path, message, remedy)]
            )
        raise click.BadParameter(f"{message} {remedy}")
    return value


def check_url(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Validate the URL of an index; an empty value is allowed.

    Raises:
        BadParameter: If the URL is not valid.
    """
    if value and (fault := url_fault(value)):
        raise click.BadParameter(" ".join(fault))
    return value


def url_fault(url: str) -> tuple[str, str] | None:
    """Return what is wrong with the URL of an index, and a remedy; None if it is valid."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.path
    except ValueError:
        fits = False
    example = "https://example.com/index.json"
    if "@" in re.split("[/?#]", url.partition("://")[2])[0]:
        remedy = f"Write them into ~/.netrc, and a URL such as {example}."
        return "runware.lock would contain the user and the password.", remedy
    if not fits:
        return f"{url!r} is not a URL such as {example}.", "Write the whole URL."
    return None
