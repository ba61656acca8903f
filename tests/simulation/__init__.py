"""A deterministic world for the client's I/O-free core: virtual time, a network, a server with a ledger."""
