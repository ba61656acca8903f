"""The second stage: from documents to the intermediate model."""

from runware_codegen.parse.package import parse

__all__ = ["parse"]
