"""A server for a catalogue of documents on a loopback socket, with injected faults."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loopback import Handler, http_server
from making import a_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = "/docs"
INDEX = f"{ROOT}/models/index.json"
TOO_LARGE = 33 * 2**20

ANSWERS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "403": (403, b"no", {}),
    "500": (500, b"oh", {}),
    "503": (503, b"later", {"Retry_After": "1"}),
    "503_for_long": (503, b"later", {"Retry_After": "3600"}),
    "encoding": (200, b"{}", {"Content_Encoding": "gzip"}),
    "ftp": (302, b"", {"Location": "ftp://me:secret@files.example/a.json"}),
    "html": (200, b"<!doctype html>\n<p>Please log in", {}),
    "other": (200, b"{}", {}),
}
"""The responses of faults that depend on nothing: status, content and headers."""


@dataclass
class Catalog:
    """The content of the server, and the requests that it received.

    Attributes:
        index: The models that the index lists; any other value is sent as it is.
        files: Contents of files by path.
        faults: Faults by path, one for each request that is to fail.
        gate: Called with the path of each request before the response. It may block, or
            raise a ConnectionError, which ends the request without a response.
        asked: The requests: the path, and the status of the response.
        known: The paths that were requested with an If-None-Match header.
        most: The highest number of concurrent requests.
        credentials: The values of the Authorization header.
    """

    origin: str = ""
    index: Any = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    gate: Callable[[str], object] = lambda _: None
    asked: list[tuple[str, int]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    most: int = 0
    credentials: set[str] = field(default_factory=set)
    _now: int = 0
    _guard: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """The URL of the index."""
        return self.origin + INDEX

    @property
    def counts(self) -> Counter[str]:
        """The number of requests for each document, by the name of its folder."""
        paths = (path for path, _ in self.asked if path != INDEX)
        return Counter(path.split("/")[-2] for path in paths)

    def add(self, name: str, schema: dict[str, Any] | None = None, **said: Any) -> str:
        """Add a model to the index, and return the path of its document."""
        air = said.pop("air", f"test:{name}@1")
        status = said.pop("status", "live")
        path = f"{ROOT}/models/{name}/schema.json"
        listed = {"id": name, "air": air, "name": name.title(), "status": status}
        self.index = [entry for entry in self.index if entry["id"] != name]
        self.index += [{**listed, "schema": f"https://runware.invalid{path}"}]
        self.put(path, a_document(schema or {}, identifier=name, model=air, **said))
        return path

    def put(self, path: str, document: object) -> None:
        """Serve a document at a path."""
        content = document if isinstance(document, bytes) else _text(document)
        self.files[path] = content

    def forget(self) -> None:
        """Clear the recorded requests."""
        self.asked, self.known, self.most = [], [], 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request as running while the context lasts."""
        with self._guard:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            yield
        finally:
            with self._guard:
                self._now -= 1

    def content(self, path: str) -> bytes | None:
        """Return the content at a path; None if there is none."""
        return _text(self.index) if path == INDEX else self.files.get(path)

    def fault(self, path: str) -> str:
        """Remove and return the next fault of a path; "" if there is none."""
        with self._guard:
            left = self.faults.get(path, [])
            return left.pop(0) if left else ""


def _text(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, indent=1).encode()


@contextlib.contextmanager
def serving_catalog() -> Iterator[Catalog]:
    """Run a server while the context lasts."""
    catalog = Catalog()

    class Documents(Handler):
        def do_GET(self) -> None:  # noqa: N802 - http.server calls it
            with catalog.counted():
                path = urlsplit(self.path).path
                catalog.credentials.add(self.headers.get("Authorization", ""))
                catalog.gate(path)
                fault = catalog.fault(path)
                if fault in ANSWERS:
                    status, content, headers = ANSWERS[fault]
                    self.send(path, status, content, **headers)
                elif fault:
                    getattr(self, f"fail_by_{fault}")(path)
                else:
                    self.answer(path)

        def answer(self, path: str) -> None:
            content = catalog.content(path)
            if content is None:
                self.send(path, 404, b"not here")
                return
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if given := self.headers.get("If-None-Match"):
                catalog.known.append(path)
            if given == etag:
                self.send(path, 304, b"", ETag=etag)
            else:
                self.send(path, 200, content, ETag=etag)

        def send(self, path: str, status: int, content: bytes, **headers: str) -> None:
            catalog.asked.append((path, status))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if status != 304:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def fail_by_503_until(self, path: str) -> None:
            later = formatdate(time.time() + 3600, usegmt=True)
            self.send(path, 503, b"later", Retry_After=later)

        def fail_by_drop(self, path: str) -> None:
            catalog.asked.append((path, 0))
            self.close_connection = True

        def fail_by_cut(self, path: str) -> None:
            """Close the connection in the middle of a response."""
            content = catalog.content(path) or b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            catalog.asked.append((path, 200))
            self.close_connection = True

        def fail_by_half(self, path: str) -> None:
            """Send half of a document as a complete response."""
            content = catalog.content(path) or b""
            self.send(path, 200, content[: len(content) // 2])

        def fail_by_size(self, path: str) -> None:
            """Send a document that is larger than the limit."""
            self.send(path, 200, b'{"openapi": "3.1.0", "x": "' + b"x" * TOO_LARGE)

        def fail_by_loop(self, path: str) -> None:
            self.send(path, 302, b"", Location=path)
            catalog.faults[path].append("loop")

        def fail_by_moved(self, path: str) -> None:
            """Redirect with a body that ends too early."""
            catalog.asked.append((path, 302))
            self.send_response(302)
            self.send_header("Location", path)
            self.send_header("Content-Length", str(TOO_LARGE))
            self.end_headers()
            self.close_connection = True

        def fail_by_drip(self, path: str) -> None:
            """Send bytes slowly, until the client disconnects."""
            catalog.asked.append((path, 200))
            self.send_response(200)
            self.send_header("Content-Length", "10000")
            self.end_headers()
            for _ in range(10_000):
                self.wfile.write(b"{")
                self.wfile.flush()
                time.sleep(0.05)
            self.close_connection = True

        def fail_by_hints(self, path: str) -> None:
            """Send responses that others follow, until the client disconnects."""
            catalog.asked.append((path, 103))
            for _ in range(10_000):
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                time.sleep(0.05)
            self.close_connection = True

    with http_server(Documents) as catalog.origin:
        yield catalog
