"""The third stage: from the model to source text, by templates and black."""

from runware_codegen.render.package import (
    about_files,
    module_paths,
    module_text,
    render,
    rendered_about,
    rendered_module,
    shared_files,
)

__all__ = [
    "about_files",
    "module_paths",
    "module_text",
    "render",
    "rendered_about",
    "rendered_module",
    "shared_files",
]
