"""Generation as a step of building a package.

`step` does the work; `hatch` and `setuptools` tie it to the two build backends.
"""
