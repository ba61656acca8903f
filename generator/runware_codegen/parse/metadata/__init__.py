"""The parts of a document beside its schemas: metadata, error codes, media limits."""
