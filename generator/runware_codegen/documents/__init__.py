"""The first stage: from texts to documents.

Reads OpenAPI 3.1 documents, as JSON or YAML, from files, folders and standard input.
What a document says is kept exactly as it is written; what is no document, or may be
understood in two ways, is refused with the place and the remedy.
"""

from runware_codegen.documents.load import Loaded, SourceDocument, load
from runware_codegen.documents.values import JsonObject, JsonValue

__all__ = ["JsonObject", "JsonValue", "Loaded", "SourceDocument", "load"]
