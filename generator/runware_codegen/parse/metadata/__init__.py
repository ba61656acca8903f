"""What surrounds the schemas of a document: metadata, Markdown, error codes, limits."""
