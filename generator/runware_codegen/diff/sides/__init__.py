"""Reads the two sides of a comparison.

`places.py` resolves an argument: a file, a folder, standard input, a lock or a git
revision. `git.py` reads files of a revision. `texts.py` pairs the files of two sides.
"""
