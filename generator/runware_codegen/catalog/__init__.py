"""Runware's catalogue of documents: its index, downloads, and `runware.lock`.

The lock is read by every run of `generate`, so this package imports nothing by itself.
"""
