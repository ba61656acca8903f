"""Runware's catalogue of documents: what it lists, how it is asked, what is locked.

The lock is read by every run of `generate`, so this package imports nothing by itself.
"""
