"""Creates HTTP clients, and finds the environment variable that prevents one from working."""

from __future__ import annotations

import codecs
import os
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2

from ..exceptions import RunwareError
from ..http_clients import trusted_certificates, unread_certificates, with_hint

codecs.lookup("idna")  # imports it now: a fork during a later import would hang

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""Variables with the URL of a proxy, also in lower case."""

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

ClientT = TypeVar("ClientT", httpx2.Client, httpx2.AsyncClient)


def new_client(kind: type[ClientT], concurrency: int) -> ClientT:
    """Create an HTTP client, which reads environment variables.

    Its connections are not limited, since a client limits its calls. It stores no
    cookies: responses could send more and more of them.

    Raises:
        RunwareError: An environment variable has a value that is not valid.
    """
    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=concurrency, keepalive_expiry=5
    )
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    try:
        return kind(verify=trusted_certificates(), limits=limits, cookies=no_cookies)
    except OSError as error:
        raise RunwareError(unread_certificates(error)) from None
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        reasons = filter(None, map(_unusable_proxy, _proxies().items()))
        reason = next(
            reasons, f"the HTTP client cannot be created: {type(error).__name__}"
        )
        raise RunwareError(reason) from None


def with_cause_hint(reason: str, url: httpx2.URL, peer: tuple[str, int] | None) -> str:
    """Return why a connection failed, with the certificates or the proxy involved.

    The peer is the host and the port that were connected to, if they are known.
    """
    reason = with_hint(reason)
    if peer and peer != _address(str(url)):
        reason += f" ({_proxy(*peer)})"
    return reason


def _proxy(host: str, port: int) -> str:
    proxies = _proxies().items()
    variables = ", ".join(
        name for name, url in proxies if _address(url) == (host, port)
    )
    named = f" from {variables}" if variables else ""
    return f"through the proxy {host}:{port}{named}"


def _proxies() -> dict[str, str]:
    """Return the URLs of proxies, by the names of their variables."""
    return {
        name: value if "://" in value else f"http://{value}"
        for name, value in os.environ.items()
        if name.upper() in PROXIES and value
    }


def _unusable_proxy(variable: tuple[str, str]) -> str | None:
    """Return why a proxy cannot be used, without its URL, which may have a password."""
    name, url = variable
    try:
        httpx2.HTTPTransport(proxy=url, verify=False, trust_env=False)
    except ImportError:
        return f"{name} is a SOCKS proxy, which needs: pip install 'httpx2[socks]'"
    except (ValueError, httpx2.InvalidURL):
        return f"{name} is not the URL of an http, https or socks5 proxy"
    return None


def _address(url: str) -> tuple[str | None, int | None]:
    """Return the host and the port of a URL; None if it is not valid."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 1080)
    except ValueError:
        return None, None
    return parts.hostname, port
