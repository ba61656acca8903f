"""Outputs of results, saved from a real socket or from the result itself."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import tracemalloc
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar

import httpx2
import pytest

from loopback import pickled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
UUID = "22222222-2222-4222-8222-222222222222"
TASK_UUID = "11111111-1111-4111-8111-111111111111"


@dataclass
class Files:
    """A host of files: what it sends for each path, and what it was asked."""

    url: str = ""
    replies: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(
        default_factory=dict
    )
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def add(
        self, path: str, body: bytes = PNG, status: int = 200, **headers: str
    ) -> str:
        """Answer a path, and give its URL."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            sent = {"Content-Length": str(len(body)), "Content-Type": "image/png"}
            names = {name.replace("_", "-"): text for name, text in headers.items()}
            for name, text in (sent | names).items():
                handler.send_header(name, text)
            handler.end_headers()
            handler.wfile.write(body)

        self.replies[path] = reply
        return self.url + path


@pytest.fixture
def files() -> Iterator[Files]:
    """A host of files on a loopback socket."""
    host = Files()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            headers = {name.lower(): text for name, text in self.headers.items()}
            host.asked.append((self.path, headers))
            with contextlib.suppress(ConnectionError):  # those who do not listen on
                host.replies[path](self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Sockets(ThreadingHTTPServer):
        daemon_threads = True

    with Sockets(("127.0.0.1", 0), Handler) as sockets:
        host.url = f"http://127.0.0.1:{sockets.server_port}"
        thread = Thread(target=sockets.serve_forever, args=(0.01,))
        thread.start()
        yield host
        sockets.shutdown()
        thread.join()


@dataclass
class Saver:
    """Saves the output of a result made of some members, sync or async."""

    kind: str
    package: ModuleType
    client: ClassVar[dict[str, Any]] = {
        "sync": httpx2.Client,
        "async": httpx2.AsyncClient,
    }

    def result(self, **members: Any) -> Any:
        """Make the result of a task."""
        module = import_module(f"{self.package.__name__}.tasks.image_inference")
        wire = {"taskType": "imageInference", "taskUUID": TASK_UUID} | members
        return module.ImageInferenceResult.model_validate(wire)

    def __call__(self, members: dict[str, Any], path: Any, **options: Any) -> Path:
        """Save."""
        result = self.result(**members)
        if self.kind == "sync":
            saved: Path = result.save(path, **options)
        else:
            saved = asyncio.run(result.asave(path, **options))
        return saved

    def error(self, members: dict[str, Any], path: Any, **options: Any) -> Any:
        """Save what cannot be saved, and give the exception."""
        with pytest.raises(self.package.DownloadError) as caught:
            self(members, path, **options)
        return caught.value


@pytest.fixture(params=["sync", "async"])
def save(request: pytest.FixtureRequest, shipped: ModuleType) -> Saver:
    """Saves, sync and async."""
    return Saver(request.param, shipped)


@pytest.fixture
def saving(save: Saver, files: Files, tmp_path: Path) -> tuple[Saver, Files, Path]:
    """All that saving takes."""
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
    path = save({"imageURL": "data:image/svg+xml,%3Csvg/%3E"}, tmp_path / "cat")
    assert path.name == "cat.svg"
    assert path.read_bytes() == b"<svg/>"


@pytest.mark.parametrize(
    ("path", "content_type", "body", "suffix"),
    [
        ("/a", "image/webp; charset=binary", b"x", ".webp"),
        ("/a", "audio/x-wav", b"x", ".wav"),
        ("/a.GLB", "application/octet-stream", b"x", ".glb"),
        ("/a.usdz", "binary", b"PK\x03\x04", ".usdz"),
        ("/a", "application/octet-stream", b"%PDF-1.7", ".pdf"),
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
    assert "no output to save in this result: it has taskType, taskUUID" in str(error)


def test_a_client_of_ones_own_is_used_and_left_open(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png")
    secret = {"Authorization": "Bearer SECRET", "X-Own": "yes"}

    async def saved_twice() -> None:
        async with httpx2.AsyncClient(headers=secret, auth=("a", "SECRET")) as client:
            for name in ("one.png", "two.png"):
                result = save.result(imageURL=url)
                await result.asave(tmp_path / name, http_client=client)

    if save.kind == "async":
        asyncio.run(saved_twice())
    else:
        with httpx2.Client(headers=secret, auth=("a", "SECRET")) as client:
            for name in ("one.png", "two.png"):
                save({"imageURL": url}, tmp_path / name, http_client=client)
    assert _names(tmp_path) == ["one.png", "two.png"]
    for _, headers in files.asked:
        assert headers["x-own"] == "yes"
        assert "authorization" not in headers


# -- redirects ----------------------------------------------------------------


def test_redirects_are_followed(save: Saver, files: Files, tmp_path: Path) -> None:
    files.add("/3", PNG)
    files.add("/2", b"moved", 307, Location="3")
    url = files.add("/1", b"moved", 302, Location=f"{files.url}/2")
    assert save({"imageURL": url}, tmp_path / "cat.png").read_bytes() == PNG


def test_redirects_in_a_circle_end(save: Saver, files: Files, tmp_path: Path) -> None:
    url = files.add("/1", b"", 302, Location="/1")
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "redirects more than 5 times" in str(error)
    assert len(files.asked) == 6
    assert not _names(tmp_path)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/a"])
def test_redirects_lead_to_the_web_only(
    location: str, save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/1", b"", 302, Location=location)
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "not of http or https" in str(error)
    assert not _names(tmp_path)


def test_a_redirect_from_https_to_http_is_refused(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    class Secure(httpx2.MockTransport):
        """Stands for a host with a certificate, and fails if asked without one."""

        def __init__(self) -> None:
            super().__init__(self.answer)

        @staticmethod
        def answer(request: httpx2.Request) -> httpx2.Response:
            assert request.url.scheme == "https"
            return httpx2.Response(302, headers={"location": files.add("/a.png")})

    client = Saver.client[save.kind](transport=Secure())
    error = save.error(
        {"imageURL": "https://host.example/1?signature=SECRET"},
        tmp_path / "cat.png",
        http_client=client,
    )
    assert "redirects from https to http" in str(error)
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
    ],
)
def test_only_the_web_is_asked(url: str, save: Saver, tmp_path: Path) -> None:
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "the output's URL" in str(error)
    assert not _names(tmp_path)


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
    assert f"{url} did not give the file" in str(error)
    assert isinstance(error.__cause__, httpx2.ConnectError)


def test_a_connection_that_breaks_leaves_nothing(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    url = files.add("/a.png", PNG, Content_Length=str(len(PNG) + 1), Connection="close")
    error = save.error({"imageURL": url}, tmp_path / "cat.png")
    assert "did not give the file" in str(error)
    assert not _names(tmp_path)


def test_a_host_that_is_silent(save: Saver, files: Files, tmp_path: Path) -> None:
    over = Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
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
    assert isinstance(error.__cause__, httpx2.ReadTimeout)
    assert not _names(tmp_path)


def test_a_file_is_not_larger_than_it_may(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"3e8\r\n" + bytes(1000) + b"\r\n")

    files.replies["/endless"] = endless
    url = files.add("/a.png")
    text = base64.b64encode(PNG).decode()
    size = len(PNG)
    for members in (
        {"imageURL": f"{files.url}/endless"},
        {"imageURL": url},
        {"imageBase64Data": text},
        {"imageDataURI": f"data:image/png;base64,{text}"},
        {"imageDataURI": f"data:image/png,{'x' * size}"},
    ):
        error = save.error(members, tmp_path / "cat.png", limit=size - 1)
        assert f"more than {size - 1:,} bytes" in str(error)
        assert not _names(tmp_path)
    for members in ({"imageURL": url}, {"imageBase64Data": text}):
        assert save(members, tmp_path / "cat.png", limit=size).read_bytes() == PNG


def test_an_empty_output_is_none(save: Saver, files: Files, tmp_path: Path) -> None:
    for members in (
        {"imageURL": files.add("/a.png", b"")},
        {"imageDataURI": "data:image/png;base64,"},
    ):
        assert "empty" in str(save.error(members, tmp_path / "cat.png"))
        assert not _names(tmp_path)


def test_what_is_no_base64_is_refused(save: Saver, tmp_path: Path) -> None:
    for text in ("not base64!", "abc", "ä"):
        error = save.error({"imageBase64Data": text}, tmp_path / "cat.png")
        assert "is not base64" in str(error)
        assert not _names(tmp_path)


def test_a_disk_that_refuses_raises_as_ever(
    save: Saver, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        save({"imageURL": files.add("/a.png")}, tmp_path / "file" / "cat.png")
    assert not files.asked


def test_an_interrupted_save_leaves_nothing(
    shipped: ModuleType, files: Files, tmp_path: Path
) -> None:
    began, over = Event(), Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
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

    def reply(handler: BaseHTTPRequestHandler) -> None:
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
