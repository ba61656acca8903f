"""A local Runware: the API on a loopback socket, made from documents.

It validates tasks by their documents' schemas, makes results from them, keeps a ledger of
what was accepted, run, billed and collected, and fails on purpose where it is told to.
`server.serve` is the entry; the rest of the program never imports this package unless
the `mock` command runs.
"""
