"""Generates the client while a package is built.

`step` does the work; `hatch` and `setuptools` tie it to the two build backends.
"""
