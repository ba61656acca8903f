"""Python names for names of a document."""
