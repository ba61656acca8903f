"""Communication with the server: HTTP, WebSockets, server-sent events, envelopes."""
