"""Differences between two versions of documents, judged by their effect on a caller.

`documents.py` compares two versions of one document as models: `members.py`, `types.py`,
`rules.py` and `metadata.py` each find the differences of one kind. `proof/` searches for a
task that proves a difference. `levels.py` is the table of all kinds of entries. `sides/`
reads what the command names, and `formats/` writes the report.
"""
