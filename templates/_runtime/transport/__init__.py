"""Bytes to the server and back: HTTP, WebSocket, server-sent events, the envelope."""
