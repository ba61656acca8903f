"""Caches the modules of documents, and builds the others in several processes.

The module of a document depends only on its text, its file's name and the generator. The
cache key is a hash of these. Only new documents are parsed and rendered, in several
processes if there are many. The cache changes only the time, never the output.
"""
