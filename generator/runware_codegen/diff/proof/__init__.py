"""Proofs of differences: tasks that only one version of a document accepts.

`values.py` changes a task until it satisfies a predicate, or violates it, with the numbers
and strings of `scalars.py`. `strings.py` makes strings for patterns.
`validators.py` validates a task by the emitted code and by jsonschema-rs. `containment.py`
proves that a version accepts all tasks that another accepts. `witness.py` searches for
tasks and shrinks them. `decide.py` proves findings.
"""
