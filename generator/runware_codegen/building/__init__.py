"""Generates the client while a package is built.

`step` generates the client; `hatch` and `setuptools` connect it to the build backends.
"""
