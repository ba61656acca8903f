"""The first stage: from texts to documents.

Reads OpenAPI 3.1 documents, as JSON or YAML, from files, folders and standard input. The
values of a document are kept exactly as written. An invalid or ambiguous document is
refused, with the place and a remedy.
"""

from runware_codegen.documents.load import Loaded, SourceDocument, load
from runware_codegen.documents.values import JsonObject, JsonValue

__all__ = ["JsonObject", "JsonValue", "Loaded", "SourceDocument", "load"]
