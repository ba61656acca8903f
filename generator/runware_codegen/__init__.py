"""Turns Runware's OpenAPI documents into a typed Python client."""

__version__ = "0.1.0"
