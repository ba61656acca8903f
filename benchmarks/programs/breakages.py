"""Counts what griffe finds between versions of packages.

Reads lines of JSON with two folders and the name of a package that is in both; writes a
line with the number of breakages for each.
"""

import json
import sys

import griffe

for line in sys.stdin:
    old, new, package = json.loads(line)
    before = griffe.load(package, search_paths=[old])
    after = griffe.load(package, search_paths=[new])
    print(sum(1 for _ in griffe.find_breaking_changes(before, after)), flush=True)
