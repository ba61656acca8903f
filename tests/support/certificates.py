"""Shares one SSL context between the HTTP clients of a process.

For each new context, OpenSSL parses the certificates of the machine. This takes 50 ms.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import httpcore2

if TYPE_CHECKING:
    import ssl

_load = httpcore2.default_ssl_context


@cache
def _loaded(trust_env: bool, *_: str | None) -> ssl.SSLContext:
    return _load(_trust_env=trust_env)


def shared_ssl_context(*, _trust_env: bool = True) -> ssl.SSLContext:
    """Return the SSL context that httpx2 creates, from a cache."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    return _loaded(_trust_env, *map(os.environ.get, names))


def share() -> None:
    """Make the HTTP clients of this process share SSL contexts."""
    httpcore2.default_ssl_context = shared_ssl_context
