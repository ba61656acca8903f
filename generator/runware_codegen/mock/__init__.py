"""A mock of Runware's API on a loopback socket, made from documents.

It validates tasks by the schemas of documents, makes results from these schemas, and keeps
a ledger of the tasks that were accepted, run, billed and collected. It can inject faults.
`server.serve` is the entry point. Only the command `mock` imports this package.
"""
