"""Schemas of a document: references, keywords and their values."""
