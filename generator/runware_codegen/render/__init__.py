"""The third stage: from the model to source text, by templates and black."""

from runware_codegen.render.package import (
    document_files,
    module_text,
    render,
    rendered_about,
    rendered_module,
    shared_files,
)

__all__ = [
    "document_files",
    "module_text",
    "render",
    "rendered_about",
    "rendered_module",
    "shared_files",
]
