"""HTTP clients: checks those of callers; certificates and errors of TLS."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import httpx2

if TYPE_CHECKING:
    from ssl import SSLContext

CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables with the path of trusted certificates; the first that is set counts."""

REFUSAL: Final = r"_ALERT_\w*(CERTIFICATE|UNKNOWN_CA)"
"""Alerts of TLS with which a server refuses the certificate of a client, or demands one."""

ClientT = TypeVar("ClientT")


def checked_client(http_client: object, kind: type[ClientT]) -> ClientT | None:
    """Return the HTTP client of the caller, or None.

    Raises:
        TypeError: It is not of the kind that the client uses.
    """
    if http_client is None or isinstance(http_client, kind):
        return http_client
    given = f"{type(http_client).__module__}.{type(http_client).__qualname__}"
    raise TypeError(f"http_client must be an httpx2.{kind.__name__}, not {given}")


def trusted_certificates() -> SSLContext:
    """Return the SSL context of the HTTP clients that this package creates.

    They share it. For each new one, OpenSSL would read all certificates of the machine,
    which blocks an event loop meanwhile.

    Raises:
        OSError: The certificates cannot be read.
    """
    return _read(*map(os.environ.get, CERTIFICATES))


@cache
def _read(*_: str | None) -> SSLContext:
    return httpx2.create_ssl_context()


def unread_certificates(error: OSError) -> str:
    """Return why the certificates cannot be read, with the variable that names them."""
    name = _variable() or "the system's store"
    reason = error.strerror or type(error).__name__
    return f"the certificates in {name} cannot be read: {reason}"


def with_hint(reason: str) -> str:
    """Return why a connection failed, with what to do about an error of TLS."""
    hint = _hint(reason)
    return f"{reason} ({hint})" if hint else reason


def is_tls_error(reason: str) -> bool:
    """Return whether a connection failed by an error of TLS that no retry mends."""
    return _hint(reason) is not None


def _hint(reason: str) -> str | None:
    """Return what an error of TLS means; None for other errors."""
    trusted = _variable() or "the system's store"
    hints = {
        "CERTIFICATE_VERIFY_FAILED": (
            f"by default, trusted certificates are read from {trusted}"
        ),
        REFUSAL: "use an http_client with a client certificate that the server accepts",
        "HANDSHAKE_FAILURE": "the server may require a client certificate",
        "WRONG_VERSION_NUMBER": "the server does not use TLS on this port",
        "record layer failure": "the server may not use TLS on this port",
    }
    return next((hints[part] for part in hints if re.search(part, reason)), None)


def _variable() -> str | None:
    """Return the name of the variable with the path of certificates, if one is set."""
    return next(filter(os.environ.get, CERTIFICATES), None)
