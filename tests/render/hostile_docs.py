"""Texts that tools would act on when they read docstrings and source lines."""

from __future__ import annotations

from hostile_texts import SENTINEL

_THEFT = f'open("{SENTINEL}", "w")'

DOCTESTS = [
    f">>> {_THEFT}",
    f"    >>> {_THEFT}",
    f"Try it:\n\n>>> {_THEFT}\n... # more\n",
    f"```python\n>>> {_THEFT}\n```",
    f"{'word ' * 14}>>> {_THEFT}",
    f"- item\n  >>> {_THEFT}",
    ">>>no blank",
    ">>>>>>> other",
    f"\\>>> {_THEFT}",
]
"""Examples that doctest would run."""

COMMENTS = [
    "# mypy: ignore-errors",
    "x\n\n# mypy: ignore-errors\n\n# mypy: disable-error-code=assignment",
    "# type: ignore",
    "# -*- coding: rot13 -*-",
    "x\n# coding: utf-7\n",
    "# fmt: off",
    "# noqa",
    "# flake8: noqa",
    "# pragma: no cover",
    "# %% cell",
    "isort:skip_file",
    "-*- mode: python; eval: (delete-file) -*-",
    "Local Variables:\neval: (delete-file)\nEnd:",
    "x vim: set modeline :",
    "x ex: set modeline :",
    "x\n<<<<<<< HEAD\n=======\n",
]
"""Comments that a tool would obey even inside a string."""

INCLUDED = "content of another file"
"""The content of `included.txt`, which a directive would insert into a page."""

DIRECTIVES = [
    ".. include:: included.txt",
    "- .. include:: included.txt",
    "| .. include:: included.txt |",
    ":x: .. include:: included.txt",
    "word\n\n.. include:: included.txt\n\nword",
    "..  literalinclude:: included.txt",
    ".. raw:: html\n\n   <script>stolen()</script>",
    ".. raw:: html\n   :file: included.txt",
    ".. csv-table::\n   :file: included.txt",
    ".. role:: raw-html(raw)\n   :format: html\n\n:raw-html:`<script>stolen()</script>`",
    ".. |x| replace:: y\n\n|x|",
    ".. _x: javascript:stolen()\n\nSee x_.",
    "See `x <javascript:stolen()>`_ and javascript:stolen().",
    "__ javascript:stolen()\n\nSee x__.",
    f"{'word ' * 15}.. include:: included.txt",
    '--8<-- "included.txt"',
    "::: os.path",
    ":::{include} included.txt\n:::",
    "```{include} included.txt\n```",
    '```python exec="1"\nstolen()\n```',
    f'{"word " * 14}```python exec="1" stolen()',
    "> ~~~python exec=on\n> stolen()\n> ~~~",
    "{download}`included.txt` :download:`included.txt` `included.txt`:download:",
]
"""Instructions to Sphinx, MyST, MkDocs and their extensions."""

HTML = [
    "<script>stolen()</script>",
    "x <img src=x onerror=stolen()> y",
    "` <img src=x onerror=stolen()>",
    "`a\n\nb <img src=x onerror=stolen()> `c",
    "\\`<img src=x onerror=stolen()>`",
    "\\\\`<img src=x onerror=stolen()>`",
    "``a`<img src=x onerror=stolen()>`b``",
    "```\n<script>stolen()</script>",
    "    <script>stolen()</script>",
    f"`{'word ' * 15}<script>stolen()</script>`",
    "<!-- hidden --><?php stolen() ?><![CDATA[x]]>",
    "</div><svg/onload=stolen()>",
    "<javascript:stolen()>",
    "[x](javascript:stolen())",
    "[x](java&#115;cript:stolen())",
    "[x](<javascript:stolen()>)",
    "[x](data:text/html,stolen)",
    "[x]( JaVaScript:stolen())",
    "![x](javascript:stolen())",
    "[x]\n\n[x]: javascript:stolen()",
    "[x][y]\n\n[y]:\n  java&#115;cript:stolen()",
]
"""Raw HTML and links that run code in a page generated from docstrings."""

INTERPRETED = [*DOCTESTS, *COMMENTS, *DIRECTIVES, *HTML]
