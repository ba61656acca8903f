"""Proofs of differences: tasks that one version of a document accepts and the other refuses.

`values.py` changes a task until a predicate holds of it, or does not; `strings.py`
makes strings that match a pattern or have a format. `judges.py` asks the emitted checks
and jsonschema-rs whether a version accepts a task, `containment.py` whether a version
accepts all that another accepts. `witness.py` searches for tasks
and shrinks them, and `decide.py` turns findings into entries.
"""
