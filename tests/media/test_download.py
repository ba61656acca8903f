"""Saving outputs: downloaded from a real socket, or decoded from the result."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import os
import socket
import ssl
import threading
import tracemalloc
import zlib
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import httpcore2
import httpx2
import pytest

from loopback import Handler, NotSocks, http_server, pickled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400 + b"!"  # base64 is padded
UUID = "22222222-2222-4222-8222-222222222222"
TASK_UUID = "11111111-1111-4111-8111-111111111111"


@dataclass
class Files:
    """A file server, with a response for each path and a record of its requests."""

    url: str = ""
    replies: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    peers: set[tuple[str, int]] = field(default_factory=set)

    def add(
        self, path: str, body: bytes = PNG, status: int = 200, **headers: str
    ) -> str:
        """Add the response of a path, and return its URL."""

        def reply(handler: Handler) -> None:
            handler.send_response(status)
            sent = {"Content-Length": str(len(body)), "Content-Type": "image/png"}
            names = {name.replace("_", "-"): text for name, text in headers.items()}
            for name, text in (sent | names).items():
                handler.send_header(name, text)
            handler.end_headers()
            handler.wfile.write(body)

        self.replies[path] = reply
        return self.url + path

    def add_raw(self, path: str, *pieces: bytes) -> str:
        """Answer a path with these bytes, then close the connection."""

        def reply(handler: Handler) -> None:
            handler.close_connection = True
            for piece in pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()

        self.replies[path] = reply
        return self.url + path

    def drip(self, path: str, start: bytes, drop: bytes, over: Event) -> str:
        """Answer a path with `start`, then repeat `drop` until `over` is set."""

        def reply(handler: Handler) -> None:
            handler.close_connection = True
            handler.wfile.write(start)
            while not over.wait(0.01):
                handler.wfile.write(drop)
                handler.wfile.flush()

        self.replies[path] = reply
        return self.url + path


@pytest.fixture
def files() -> Iterator[Files]:
    """A file server on a loopback socket."""
    host = Files()

    class Replies(Handler):
        def do_GET(self) -> None:  # noqa: N802 - http.server calls it
            path = self.path.partition("?")[0]
            headers = {name.lower(): text for name, text in self.headers.items()}
            host.asked.append((self.path, headers))
            host.peers.add(self.client_address[:2])
            host.replies[path](self)

    with http_server(Replies) as host.url:
        yield host


@dataclass
class Saver:
    """Saves the output of a result, with the sync or the async method."""

    kind: str
    package: ModuleType
    client: ClassVar[dict[str, Any]] = {
        "sync": httpx2.Client,
        "async": httpx2.AsyncClient,
    }

    def result(self, **members: Any) -> Any:
        """Make a result with some members."""
        module = import_module(f"{self.package.__name__}.tasks.image_inference")
        wire = {"taskType": "imageInference", "taskUUID": TASK_UUID} | members
        return module.ImageInferenceResult.model_validate(wire)

    def __call__(self, members: dict[str, Any], path: Any, **options: Any) -> Path:
        """Save the output of a result with some members."""
        result = self.result(**members)
        if self.kind == "sync":
            saved: Path = result.save(path, **options)
        else:
            saved = asyncio.run(result.asave(path, **options))
        return saved

    def error(self, members: dict[str, Any], path: Path, **options: Any) -> Any:
        """Return the exception that saving an output raises. It leaves no file."""
        before = _names(path.parent)
        with pytest.raises(self.package.DownloadError) as caught:
            self(members, path, **options)
        assert _names(path.parent) == before
        return caught.value


@pytest.fixture(params=["sync", "async"])
def save(request: pytest.FixtureRequest, shipped: ModuleType) -> Saver:
    """Saves outputs, sync and async."""
    return Saver(request.param, shipped)


@pytest.fixture
def saving(save: Saver, files: Files, tmp_path: Path) -> tuple[Saver, Files, Path]:
    """The saver, the file server and a folder."""
    return save, files, tmp_path


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


# -- what is saved ------------------------------------------------------------


def test_an_output_is_fetched_from_its_url(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png")
    path = save({"imageURL": url}, tmp_path / "cat.png")
    assert path == tmp_path / "cat.png"
    assert path.read_bytes() == PNG
    assert _names(tmp_path) == ["cat.png"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    [(asked, headers)] = files.asked
    assert asked == "/a.png"
    assert "authorization" not in headers


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    "members",
    [
        {"imageBase64Data": base64.b64encode(PNG).decode()},
        {"imageDataURI": "data:image/png;base64," + base64.b64encode(PNG).decode()},
        {"imageBase64Data": base64.encodebytes(PNG).decode()},  # with line breaks
        {"imageBase64Data": base64.urlsafe_b64encode(PNG).decode()},
        {"imageDataURI": "data:image/png;BASE64," + quote(base64.b64encode(PNG))},
        {"imageDataURI": "DATA:image/PNG; base64," + base64.b64encode(PNG).decode()},
        {"imageURL": "Data:image/png;base64," + base64.b64encode(PNG).decode()},
        {
            "imageURL": "http://127.0.0.1:1/unreachable.png",
            "imageBase64Data": base64.b64encode(PNG).decode(),
        },
    ],
)
def test_an_output_that_came_with_the_result_is_decoded(
    members: dict[str, str], save: Saver, tmp_path: Path
) -> None:
    path = save(members, tmp_path / "cat")
    assert path == tmp_path / "cat.png"
    assert path.read_bytes() == PNG


def test_a_data_uri_may_be_plain_text(save: Saver, tmp_path: Path) -> None:
    path = save({"imageURL": "data:image/svg+xml,%3Csvg/%3E"}, tmp_path / "a/b/cat")
    assert path == tmp_path / "a/b/cat.svg"  # the folders were missing
    assert path.read_bytes() == b"<svg/>"


@pytest.mark.parametrize(
    ("path", "content_type", "body", "suffix"),
    [
        ("/a", "image/webp; charset=binary", b"x", ".webp"),
        ("/a", "audio/x-wav", b"x", ".wav"),
        ("/a.GLB", "application/octet-stream", b"x", ".glb"),
        ("/a.usdz", "binary", b"PK\x03\x04", ".usdz"),
        ("/a.usdz", "application/zip", b"PK\x03\x04", ".usdz"),
        ("/a.obj", "text/plain; charset=utf-8", b"v 0 0 0", ".obj"),
        ("/a.gltf", "application/json", b"{}", ".gltf"),
        ("/a.php", "image/png", b"x", ".png"),
        ("/a", "text/plain", b"x", ".txt"),
        ("/a", "application/octet-stream", b"%PDF-1.7", ".pdf"),
        ("/a", "application/octet-stream", b"OggS" + bytes(24) + b"theora", ".ogv"),
        ("/a", "application/octet-stream", b"OggS" + bytes(24) + b"Opus", ".ogg"),
        ("/a.x-y", "application/octet-stream", b"x", ".bin"),
    ],
)
def test_the_suffix_tells_the_type(
    path: str,
    content_type: str,
    body: bytes,
    suffix: str,
    saving: tuple[Saver, Files, Path],
) -> None:
    save, files, tmp_path = saving
    url = files.add(path, body, Content_Type=content_type)
    assert save({"imageURL": f"{url}?x=y.z"}, tmp_path / "cat").name == f"cat{suffix}"


def test_a_file_in_a_folder_is_named_by_its_uuid(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    members = {"imageURL": files.add("/a.png"), "imageUUID": UUID}
    assert save(members, tmp_path) == tmp_path / f"{UUID}.png"
    assert save(members, f"{tmp_path}/new/deep/").name == f"{UUID}.png"
    assert save(members, str(tmp_path)) == tmp_path / f"{UUID}.png"
    assert _names(tmp_path) == [f"{UUID}.png", f"{UUID}.png", "deep", "new"]


def test_outputs_without_a_uuid_do_not_replace_each_other(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    odd: list[dict[str, Any]] = [{}, {}, {"imageUUID": "../evil"}, {"imageUUID": 3}]
    for members in odd:
        saved = save({"imageURL": files.add("/a.png")} | members, folder)
        assert saved.parent == folder
        assert saved.suffix == ".png"
    assert len(_names(folder)) == len(odd)
    assert _names(tmp_path) == sorted([*_names(folder), "folder"])


def test_a_file_that_was_there_is_replaced(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"older")
    save({"imageURL": files.add("/a.png")}, tmp_path / "cat.png")
    assert (tmp_path / "cat.png").read_bytes() == PNG


def test_a_replaced_file_keeps_its_permissions(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    there = tmp_path / "cat.png"
    there.touch()
    there.chmod(0o4600)  # with the permission to run as its owner, which is not kept
    save({"imageURL": files.add("/a.png")}, there)
    assert there.stat().st_mode & 0o7777 == 0o600


def test_one_of_several_outputs_is_chosen(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    members = {
        "imageURL": files.add("/a.png"),
        "maskImageURL": files.add("/mask.png", PNG + b"mask"),
        "outputs": {"files": [{"uuid": UUID, "url": files.add("/b.png", PNG + b"b")}]},
        "webhookURL": files.add("/hook", b"no output"),
        "heroImageURL": None,
    }
    error = save.error(members, tmp_path / "cat.png")
    assert "'image', 'maskImage', 'outputs.files.0'" in str(error)
    assert "output=" in str(error)
    assert not files.asked
    assert "no output 'video'" in str(
        save.error(members, tmp_path / "cat.png", output="video")
    )
    saved = save(members, tmp_path / "cat.png", output="maskImage")
    assert saved.read_bytes() == PNG + b"mask"
    saved = save(members, tmp_path, output="outputs.files.0")
    assert saved.name == f"{UUID}.png"
    assert saved.read_bytes() == PNG + b"b"


def test_a_result_without_output_says_what_it_has(save: Saver, tmp_path: Path) -> None:
    error = save.error({}, tmp_path / "cat.png")
    assert "no output to save. Its members are: taskType, taskUUID" in str(error)


def test_a_client_of_ones_own_is_used_and_left_open(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png") + "?signature=1"
    secret = {"Authorization": "Bearer SECRET", "X-Own": "yes"}
    options: dict[str, Any] = {
        "headers": secret,
        "auth": ("a", "SECRET"),
        "params": {"own": "1"},
    }

    async def saved_twice() -> None:
        async with httpx2.AsyncClient(**options) as client:
            for name in ("one.png", "two.png"):
                result = save.result(imageURL=url)
                await result.asave(tmp_path / name, http_client=client)

    if save.kind == "async":
        asyncio.run(saved_twice())
    else:
        with httpx2.Client(**options) as client:
            for name in ("one.png", "two.png"):
                save({"imageURL": url}, tmp_path / name, http_client=client)
    assert _names(tmp_path) == ["one.png", "two.png"]
    for path, headers in files.asked:
        assert path == "/a.png?signature=1"
        assert headers["x-own"] == "yes"
        assert "authorization" not in headers


def test_a_client_of_the_other_kind_is_refused(save: Saver, tmp_path: Path) -> None:
    kind = {"sync": "async", "async": "sync"}[save.kind]
    members = {"imageURL": "https://host.example/a.png"}
    with pytest.raises(
        TypeError, match=r"http_client must be an httpx2\.\w*Client, not"
    ):
        save(members, tmp_path / "a", http_client=Saver.client[kind]())
    assert not _names(tmp_path)


# -- redirects ----------------------------------------------------------------


def test_redirects_are_followed(save: Saver, files: Files, tmp_path: Path) -> None:
    files.add("/3", PNG, Location="/1")  # this status is no redirect
    files.add("/2", b"moved", 307, Location="3")
    url = files.add("/1", b"moved", 302, Location=f"{files.url}/2")
    assert save({"imageURL": url}, tmp_path / "cat.png").read_bytes() == PNG


def test_redirects_in_a_circle_end(save: Saver, files: Files, tmp_path: Path) -> None:
    url = files.add("/1", b"", 302, Location="/1")
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "redirects more than 5 times" in str(error)
    assert len(files.asked) == 6


@pytest.mark.parametrize("location", ["http://h:x/", "http://[::1/", "//\x7f/"])
def test_a_redirect_that_cannot_be_read(
    location: str, save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/1", b"", 302, Location=location)
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "the output's URL is not valid" in str(error)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/a"])
def test_redirects_lead_to_the_web_only(
    location: str, save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/1", b"", 302, Location=location)
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "must be http or https" in str(error)


def test_a_redirect_from_https_to_http_is_refused(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    class Secure(httpx2.MockTransport):
        """A mock of an HTTPS host, which fails if it gets a request over HTTP."""

        def __init__(self) -> None:
            super().__init__(self.answer)

        @staticmethod
        def answer(request: httpx2.Request) -> httpx2.Response:
            assert request.url.scheme == "https"
            is_first = request.url.host == "host.example"
            target = "https://cdn.example/2" if is_first else files.add("/a.png")
            return httpx2.Response(302, headers={"location": target})

    client = Saver.client[save.kind](transport=Secure())
    error = save.error(
        {"imageURL": "https://host.example/1?signature=SECRET"},
        tmp_path / "cat.png",
        http_client=client,
    )
    assert "https://cdn.example/2 redirects from https to http" in str(error)
    assert "SECRET" not in str(error)
    assert not files.asked


# -- what cannot be saved -----------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host/a.png",
        "a.png",
        "https://",
        "https://host:port/",
        "https://host:0/",
        "https://host:99999/",
        "https://host/\ud800",
        "https://\ud800/",
        f"https://{'a' * 300}ä.example/",
    ],
)
def test_only_the_web_is_asked(url: str, save: Saver, tmp_path: Path) -> None:
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "the output's URL" in str(error)


def test_a_refusal_for_now_has_its_wait(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png", b"busy", 503, Retry_After="7")
    error = save.error({"imageURL": url}, tmp_path)
    assert (error.retryable, error.retry_after) == (True, 7.0)


def test_a_refusal_has_its_status(save: Saver, files: Files, tmp_path: Path) -> None:
    url = files.add("/a.png", b"gone", 410)
    (tmp_path / "cat.png").write_bytes(b"older")
    error = save.error({"imageURL": f"{url}?signature=SECRET"}, tmp_path / "cat.png")
    assert "HTTP 410 Gone" in str(error)
    assert "SECRET" not in str(error)
    assert error.http_status == 410
    assert (tmp_path / "cat.png").read_bytes() == b"older"
    assert _names(tmp_path) == ["cat.png"]
    again = pickled(error)
    assert (str(again), again.http_status) == (str(error), 410)


def test_a_host_that_is_not_there(save: Saver, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.png"
        error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert f"the download from {url} failed: [Errno" in str(error)
    assert isinstance(error.__cause__, httpx2.ConnectError)


def test_a_host_that_cannot_be(save: Saver, tmp_path: Path) -> None:
    url = f"http://{'a' * 300}.invalid/a.png"
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "the download from" in str(error)


def test_an_answer_that_was_read_already(save: Saver, tmp_path: Path) -> None:
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, content=PNG))
    client = Saver.client[save.kind](transport=answer)
    members = {"imageURL": "https://host.example/a.png"}
    saved = save(members, tmp_path / "cat.png", http_client=client)
    assert saved.read_bytes() == PNG


def test_an_environment_without_a_client(
    save: Saver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://proxy")
    error = save.error({"imageURL": "https://host/a.png"}, tmp_path / "cat.png")
    assert "the HTTP client cannot be created" in str(error)
    assert "nonsense" in str(error)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("_collected")
def test_a_proxy_that_does_not_speak_socks(
    save: Saver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with http_server(NotSocks) as origin:
        monkeypatch.setenv("ALL_PROXY", origin.replace("http:", "socks5:"))
        error = save.error({"imageURL": "https://host/a.png"}, tmp_path / "cat.png")
    assert "the download from https://host/a.png failed: Malformed reply" in str(error)


def test_certificates_that_cannot_be_read_are_named(
    save: Saver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    error = save.error({"imageURL": "https://host/a.png"}, tmp_path / "cat.png")
    assert "the certificates in SSL_CERT_FILE cannot be read" in str(error)


def test_an_error_that_is_handled_is_not_the_cause(save: Saver, tmp_path: Path) -> None:
    def break_off(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("")

    client = Saver.client[save.kind](transport=httpx2.MockTransport(break_off))
    members = {"imageURL": "https://host.example/a.png"}
    try:
        raise FileNotFoundError(2, "of the caller")
    except OSError:
        error = save.error(members, tmp_path / "cat.png", http_client=client)
    assert "failed: ReadError." in str(error)


def test_certificates_that_are_not_trusted_are_named(
    save: Saver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] has expired")

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    client = Saver.client[save.kind](transport=httpx2.MockTransport(refuse))
    members = {"imageURL": "https://host.example/a.png"}
    error = save.error(members, tmp_path / "cat.png", http_client=client)
    assert (
        "has expired (by default, trusted certificates are read from SSL_CERT_FILE)"
        in str(error)
    )


def test_certificates_are_read_once(
    save: Saver, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[ssl.SSLContext] = []

    def read(**_: bool) -> ssl.SSLContext:
        reads.append(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return reads[-1]

    monkeypatch.setattr(httpcore2, "default_ssl_context", read)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))  # new for this process
    for name in ("cat.png", "dog.png"):
        save({"imageURL": files.add(f"/{name}")}, tmp_path / name)
    save.package.Runware("secret-key").close()
    assert len(reads) == 1


def test_a_connection_that_breaks_leaves_nothing(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png", PNG, Content_Length=str(len(PNG) + 1), Connection="close")
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "the download from" in str(error)
    assert (error.category, error.retryable) == ("connection", True)


def test_a_host_that_is_silent(save: Saver, files: Files, tmp_path: Path) -> None:
    over = Event()

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.wfile.flush()
        over.wait(10)

    files.replies["/a.png"] = reply
    url = f"{files.url}/a.png"
    error = save.error({"imageURL": url}, tmp_path / "cat.png", timeout=0.1)
    over.set()
    assert f"the download from {url} timed out after 0.1 s" in str(error)
    assert (error.category, error.retryable) == ("timeout", True)


def _raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


GZIP = gzip.compress(PNG, mtime=0)
MEMBERS = b"".join(gzip.compress(PNG[n : n + 999]) for n in range(0, len(PNG), 999))
CODED = {
    "gzip": GZIP,
    "GZIP": gzip.compress(b"") + MEMBERS + gzip.compress(b""),
    "x-gzip": gzip.compress(PNG, 0),
    "identity, gzip": MEMBERS,
    "deflate": zlib.compress(PNG),
    "Deflate": _raw_deflate(PNG),
    "": PNG,
    "identity": PNG,
}


def _answer(coding: str, body: bytes, *, is_chunked: bool) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
    head += f"Content-Encoding: {coding}\r\n".encode() if coding else b""
    if is_chunked:
        size = max(77, len(body) // 99)
        chunks = [body[n : n + size] for n in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("coding", CODED)
def test_what_a_host_compresses_is_decompressed(
    coding: str, is_chunked: bool, saving: tuple[Saver, Files, Path]
) -> None:
    save, files, tmp_path = saving
    answer = _answer(coding, CODED[coding], is_chunked=is_chunked)
    for pieces in ([answer], [answer[:300], answer[300:301], answer[301:]]):
        url = files.add_raw("/a.png", *pieces)
        assert save({"imageURL": url}, tmp_path / "cat.png").read_bytes() == PNG
    assert files.asked[-1][1]["accept-encoding"] == "identity"


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", GZIP[: len(GZIP) // 2]),
        ("gzip", GZIP[:-8]),
        ("gzip", GZIP[:-1]),
        ("gzip", GZIP + GZIP[:-1]),
        ("gzip", GZIP[:-8] + bytes(8)),
        ("gzip", GZIP[:-4] + bytes(4)),
        ("gzip", GZIP + b"more"),
        ("gzip", PNG),
        ("gzip", b""),
        ("deflate", zlib.compress(PNG)[:-1]),
        ("deflate", zlib.compress(PNG)[:-4] + bytes(4)),
        ("deflate", _raw_deflate(PNG)[:-1]),
        ("deflate", _raw_deflate(PNG)[:-50]),
        ("gzip, gzip", gzip.compress(GZIP)),
        ("br", PNG),
        ("zstd", PNG),
        ("x-own", PNG),
    ],
)
def test_what_is_not_whole_is_not_saved(
    coding: str, body: bytes, is_chunked: bool, saving: tuple[Saver, Files, Path]
) -> None:
    save, files, tmp_path = saving
    url = files.add_raw("/a.png", _answer(coding, body, is_chunked=is_chunked))
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert f"the download from {url} failed: " in str(error)


@pytest.mark.parametrize("lost", [1, 5, 6, 7, 82, 50_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_answer_that_ends_early_is_not_saved(
    is_chunked: bool, lost: int, saving: tuple[Saver, Files, Path]
) -> None:
    save, files, tmp_path = saving
    answer = _answer("", PNG, is_chunked=is_chunked)
    url = files.add_raw("/a.png", answer[:-lost])
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert f"the download from {url} failed: " in str(error)


def test_an_answer_whose_end_nothing_tells_is_not_saved(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    url = files.add_raw("/a.png", head + b"\r\n" + PNG)
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "neither Content-Length nor chunked" in str(error)
    files.add_raw("/a.png", head + b"Content-Encoding: gzip\r\n\r\n" + GZIP)
    assert save({"imageURL": url}, tmp_path / "cat.png").read_bytes() == PNG


def test_a_transport_that_does_not_count_is_not_trusted(
    save: Saver, tmp_path: Path
) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"Content-Length": str(len(PNG))}
        return httpx2.Response(200, headers=headers, content=PNG[:-1])

    client = Saver.client[save.kind](transport=httpx2.MockTransport(answer))
    members = {"imageURL": "https://host.example/a.png"}
    error = save.error(members, tmp_path / "cat.png", http_client=client)
    assert f"{len(PNG) - 1:,} of {len(PNG):,} bytes arrived" in str(error)


def test_a_page_in_place_of_the_file_is_not_saved(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    """For example, the login page of a proxy."""
    page = {"body": b"<html>Log in</html>", "Content_Type": "text/html; charset=utf-8"}
    url = files.add("/a.png", **page)  # type: ignore[arg-type]
    error = save.error({"imageURL": url}, tmp_path / "a")
    assert "an HTML page" in str(error)
    for name in ("report.html", "report.htm"):
        url = files.add(f"/{name}", **page)  # type: ignore[arg-type]
        assert save({"fileURL": url}, tmp_path / "report").name == name


@pytest.mark.parametrize(
    ("path", "content_type", "body", "is_file"),
    [
        ("/a.PNG", "application/json; charset=utf-8", b'{"code": 1}', False),
        ("/a.jpeg", "image/jpeg", b"\xef\xbb\xbf\n<!doctype html>", False),
        ("/a", "video/mp4", b"<Error/>", False),
        ("/a.svg", "text/xml", b"<svg/>", True),
        ("/a", "application/json", b"{}", True),
        ("/a.png", "application/json", PNG, True),
    ],
)
def test_an_error_in_place_of_a_medium_is_not_saved(
    path: str,
    content_type: str,
    body: bytes,
    is_file: bool,
    saving: tuple[Saver, Files, Path],
) -> None:
    save, files, tmp_path = saving
    members = {"imageURL": files.add(path, body, Content_Type=content_type)}
    if is_file:
        assert save(members, tmp_path / "a").read_bytes() == body
    else:
        assert "It starts with: " in str(save.error(members, tmp_path / "a"))
        assert not _names(tmp_path)


def test_a_part_is_not_saved(save: Saver, files: Files, tmp_path: Path) -> None:
    url = files.add("/a.png", PNG, 206, Content_Range=f"bytes 0-999/{len(PNG)}")
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "HTTP 206" in str(error)
    assert error.http_status == 206


@cache
def _bomb(coding: str) -> bytes:
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(64))
    return body + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_stopped_at_the_limit(
    coding: str, save: Saver, files: Files, tmp_path: Path
) -> None:
    files.add_raw("/bomb", _answer(coding, _bomb(coding), is_chunked=False))
    members = {"imageURL": f"{files.url}/bomb"}
    save({"imageURL": files.add("/warm")}, tmp_path / "warm.png")
    tracemalloc.start()
    error = save.error(members, tmp_path / "cat.bin", limit=16 * 2**20)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "the limit is 16,777,216" in str(error)
    assert most < 8 * 2**20


# -- timeouts -----------------------------------------------------------------

_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (_HEAD + b"X-Slow: ", b"a"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"),
        (_HEAD + b"Content-Length: 1000000\r\n\r\n", b"a"),
        (_CHUNKED, b"1\r\na\r\n"),
        (_CHUNKED + b"1;", b"a"),
        (
            _HEAD + b"Content-Length: 99999\r\nContent-Encoding: gzip\r\n\r\n"
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\0\0\0\xff\xff",
        ),
    ],
    ids=["header", "103", "body", "chunks", "chunk extension", "empty gzip"],
)
def test_a_host_that_drips_is_left_in_time(
    start: bytes, drop: bytes, saving: tuple[Saver, Files, Path]
) -> None:
    save, files, tmp_path = saving
    over = Event()
    guard = Timer(60, over.set)
    guard.start()
    threads = threading.enumerate()
    url = files.drip("/a.png", start, drop, over)
    error = save.error({"imageURL": url}, tmp_path / "cat.png", timeout=0.3)
    assert not over.is_set()
    for thread in threading.enumerate():
        if thread not in threads and thread.name == "runware":
            thread.join(60)
            assert not thread.is_alive()
    assert not over.is_set()
    over.set()
    guard.cancel()
    assert f"the download from {url} timed out after 0.3 s" in str(error)


def test_redirects_do_not_begin_the_time_anew(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    over = Event()
    url = files.drip("/4", b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", over)
    for number in (3, 2, 1):

        def reply(handler: Handler, number: int = number) -> None:
            over.wait(0.2)
            handler.send_response(302)
            handler.send_header("Location", f"/{number + 1}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        files.replies[f"/{number}"] = reply
    url = f"{files.url}/1"
    error = save.error({"imageURL": url}, tmp_path / "cat.png", timeout=0.5)
    over.set()
    assert "timed out after 0.5 s" in str(error)
    assert "/4" not in [path for path, _ in files.asked]  # it would come after 0.6 s


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time(
    timeout: float, save: Saver, files: Files, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="a number of seconds above 0"):
        save({"imageURL": files.add("/a.png")}, tmp_path / "cat.png", timeout=timeout)
    assert not files.asked


def test_a_timeout_may_be_ever_so_long(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    members = {"imageURL": files.add("/a.png")}
    assert save(members, tmp_path / "cat.png", timeout=1e12).read_bytes() == PNG


def test_a_client_of_ones_own_keeps_its_connection(
    files: Files, tmp_path: Path, shipped: ModuleType
) -> None:
    members = {"imageURL": files.add("/a.png")}
    save = Saver("sync", shipped)
    with httpx2.Client() as client:
        for name in ("one.png", "two.png"):
            save(members, tmp_path / name, http_client=client)
    assert len(files.peers) == 1


def test_a_closed_client_is_said_to_be_closed(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    client = Saver.client[save.kind]()
    if save.kind == "sync":
        client.close()
    else:
        asyncio.run(client.aclose())
    members = {"imageURL": files.add("/a.png")}
    error = save.error(members, tmp_path / "cat.png", http_client=client)
    assert "closed" in str(error)


def test_a_file_is_not_larger_than_it_may(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"3e8\r\n" + bytes(1000) + b"\r\n")

    files.replies["/endless"] = endless
    url = files.add("/a.png")
    text = base64.b64encode(PNG).decode()
    size = len(PNG)
    # Each download must release the only connection.
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=0)
    given = {"http_client": save.client[save.kind](limits=limits, trust_env=False)}
    over = Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    for members in (
        {"imageURL": f"{files.url}/endless"},
        {"imageURL": files.drip("/silent", head, b"", over)},
        {"imageURL": url},
        {"imageBase64Data": text},
        {"imageDataURI": f"data:image/png;base64,{text}"},
        {"imageDataURI": f"data:image/png,{'x' * size}"},
    ):
        limited = {"limit": size - 1, "timeout": 30, **given}
        error = save.error(members, tmp_path / "cat.png", **limited)
        assert f"the limit is {size - 1:,}" in str(error)
    over.set()
    for members in ({"imageURL": url}, {"imageBase64Data": text}):
        saved = save(members, tmp_path / "cat.png", limit=size, timeout=30, **given)
        assert saved.read_bytes() == PNG


def test_an_empty_output_is_none(save: Saver, files: Files, tmp_path: Path) -> None:
    for members in (
        {"imageURL": files.add("/a.png", b"")},
        {"imageDataURI": "data:image/png;base64,"},
    ):
        assert "empty" in str(save.error(members, tmp_path / "cat.png"))


def test_what_is_no_base64_is_refused(save: Saver, tmp_path: Path) -> None:
    for text in ("not base64!", "abc", "ä"):
        error = save.error({"imageBase64Data": text}, tmp_path / "cat.png")
        assert "is not valid base64" in str(error)


def test_a_disk_that_refuses_raises_as_ever(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        save({"imageURL": files.add("/a.png")}, tmp_path / "file" / "cat.png")
    assert not files.asked


@pytest.mark.parametrize("name", ["a\0b.png", "a" * 253, "folder/" + "a" * 300])
def test_a_name_that_no_file_can_have_is_refused_before_the_download(
    save: Saver, files: Files, tmp_path: Path, name: str
) -> None:
    with pytest.raises((ValueError, OSError)):
        save({"imageURL": files.add("/a.png")}, tmp_path / name)
    assert not files.asked


def test_a_full_disk_leaves_nothing(save: Saver, files: Files, tmp_path: Path) -> None:
    """Also if the pieces are so small that they fill the buffer of the file first."""
    resource = pytest.importorskip("resource")
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 99999\r\n\r\n"
    )
    url, over = files.url + "/a.png", Event()
    files.drip("/a.png", head, bytes(4000), over)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        with pytest.raises(OSError, match="too large"):
            save({"imageURL": url}, tmp_path / "cat.png")
    finally:
        over.set()
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not _names(tmp_path)


def test_an_interrupted_save_leaves_nothing(
    shipped: ModuleType, files: Files, tmp_path: Path
) -> None:
    began, over = Event(), Event()

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.wfile.flush()
        began.set()
        over.wait(10)

    files.replies["/a.png"] = reply

    async def cancelled() -> None:
        result = Saver("async", shipped).result(imageURL=f"{files.url}/a.png")
        task = asyncio.create_task(result.asave(tmp_path / "cat.png"))
        assert await asyncio.to_thread(began.wait, 10)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(cancelled())
    over.set()
    assert not _names(tmp_path)


def test_a_large_file_takes_little_memory(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    size = 32 * 2**20

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        block = bytes(2**16)
        for _ in range(size // len(block)):
            handler.wfile.write(block)

    files.replies["/a.bin"] = reply
    save({"imageURL": files.add("/warm")}, tmp_path / "warm.png")
    tracemalloc.start()
    path = save({"imageURL": f"{files.url}/a.bin"}, tmp_path / "large.bin")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size == size
    assert most < 8 * 2**20
