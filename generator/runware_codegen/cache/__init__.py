"""Caches the modules of documents, and builds the others in several processes.

The module of a document depends only on its text, its file's name and the generator. The
cache key is a hash of these. Only new documents are parsed and rendered, in several
processes if there are many. The cache changes only the time, never the output.
"""

from runware_codegen.cache.build import BuildResult, build_modules
from runware_codegen.cache.modules import BuildOptions, Module
from runware_codegen.cache.package_files import package_files, page_files
from runware_codegen.cache.parallel import available_processors
from runware_codegen.cache.store import Store, open_store

__all__ = [
    "BuildOptions",
    "BuildResult",
    "Module",
    "Store",
    "available_processors",
    "build_modules",
    "open_store",
    "package_files",
    "page_files",
]
