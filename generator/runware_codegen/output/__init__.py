"""The last stage: writes all files of a package, or none."""

from runware_codegen.output.folder import Change, compare, publish

__all__ = ["Change", "compare", "publish"]
