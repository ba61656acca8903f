"""Turns Runware's OpenAPI documents into a typed Python client."""

from importlib.metadata import version

__version__ = version("runware-codegen")
