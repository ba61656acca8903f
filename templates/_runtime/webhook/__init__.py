"""What Runware posts, and an ASGI app that takes it."""
