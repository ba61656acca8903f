"""Webhooks: parsing what Runware posts, and an ASGI app that receives it."""
