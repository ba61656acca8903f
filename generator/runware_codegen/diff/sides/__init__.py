"""The two sides of a comparison: what each names, read as texts.

`places.py` decides what an argument names: a file, a folder, standard input, a lock or a
git revision. `git.py` reads files of a revision.
"""
