"""What was made of a document before is not made again.

The module of a document depends on its text, its file's name and the generator alone,
and is kept under a hash of these. Only what is new goes through parse and render, in
several processes where that pays. Nothing but time depends on what is kept.
"""

from runware_codegen.cache.catalogue import Catalogue, Means, make
from runware_codegen.cache.modules import Module, Order
from runware_codegen.cache.package_files import package_files
from runware_codegen.cache.processes import available
from runware_codegen.cache.store import Store, open_store
from runware_codegen.parse.assembly import Choice, assemble

__all__ = [
    "Catalogue",
    "Choice",
    "Means",
    "Module",
    "Order",
    "Store",
    "assemble",
    "available",
    "make",
    "open_store",
    "package_files",
]
