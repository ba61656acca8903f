"""Media in requests: files become strings that the document allows, or are refused."""

from __future__ import annotations

import base64
import copy
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from making import a_document, a_task, generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(20)
MP3 = b"ID3\x04" + bytes(20)

UUID, URI = {"format": "uuid"}, {"format": "uri"}
BASE64 = {"pattern": "^[a-zA-Z0-9+/=]+$"}


def _data_uri(kind: str, subtypes: str = "[a-zA-Z0-9.+-]+") -> dict[str, str]:
    return {"pattern": f"^data:{kind}/{subtypes};base64,[a-zA-Z0-9+/=]+$"}


def _text(*ways: dict[str, str]) -> dict[str, Any]:
    return {"type": "string", "anyOf": list(ways)}


IMAGE = _text(UUID, URI, _data_uri("image"), BASE64)
FIELDS: dict[str, Any] = {
    "seedImage": IMAGE,
    "bareImage": _text(UUID, URI, BASE64),
    "jpegImage": _text(UUID, URI, _data_uri("image", "jpeg")),
    "smallImage": _text(UUID, URI, _data_uri("image"), BASE64),
    "linkedImage": _text(UUID, URI),
    "linkedVideo": _text(UUID, URI),
    "videoOrWord": {"anyOf": [_text(UUID, URI), {"type": "string", "maxLength": 9}]},
    "video": _text(UUID, URI, _data_uri("video")),
    "audio": _text(UUID, URI, _data_uri("audio")),
    "archive": _text(UUID, URI, _data_uri("application")),
    "images": {"type": "array", "items": IMAGE, "uniqueItems": True},
    "frames": {
        "type": "array",
        "items": {
            "anyOf": [
                IMAGE,
                {
                    "type": "object",
                    "properties": {"image": IMAGE, "at": {"type": "integer"}},
                    "required": ["image"],
                    "additionalProperties": False,
                },
            ]
        },
    },
    "byName": {"type": "object", "additionalProperties": IMAGE},
    "title": {"type": "string"},
}
LIMITS = [
    {"operation": "fileSize", "parameters": ["inputs.smallImage"], "maximum": 30},
    {"operation": "fileSize", "parameters": ["inputs.smallImage"], "minimum": 10},
    {"operation": "fileSize", "parameters": ["inputs.frames"], "maximum": 1_000_000},
]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module of a document with all kinds of media."""
    inputs = {"type": "object", "properties": FIELDS, "additionalProperties": False}
    task = {"properties": {"inputs": inputs}, "x-constraints": LIMITS}
    folder = tmp_path_factory.mktemp("media")
    package = generated(folder, {"m.json": a_document(task)}, package="media_client")
    return import_module(f"{package.__name__}.tasks.image_inference.sample")


@pytest.fixture
def sent(media: ModuleType) -> Callable[..., Any]:
    """Makes inputs and returns them as they are sent."""
    return lambda **members: media.Inputs(**members).to_wire()


@pytest.fixture
def refused(media: ModuleType) -> Callable[..., dict[str, str]]:
    """Makes invalid inputs and returns the error message of each field."""

    def refuse(**members: Any) -> dict[str, str]:
        with pytest.raises(ValidationError) as caught:
            media.Inputs(**members)
        return {
            ".".join(map(_wire_name, each["loc"])): each["msg"]
            for each in caught.value.errors()
        }

    return refuse


def _wire_name(name: object) -> str:
    first, *rest = str(name).split("_")
    return first + "".join(map(str.capitalize, rest))


def _uri(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


# -- what is sent -------------------------------------------------------------


class _OwnPath(os.PathLike[str]):
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


@pytest.mark.parametrize("how", ["path", "own path", "bytes", "open", "memory"])
def test_a_file_is_sent_as_a_data_uri(
    how: str, sent: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        given = {
            "path": path,
            "own path": _OwnPath(path),
            "bytes": PNG,
            "open": file,
            "memory": io.BytesIO(PNG),
        }[how]
        assert sent(seed_image=given) == {"seedImage": _uri("image/png", PNG)}


def test_a_file_is_sent_as_base64_where_only_that_is_taken(
    sent: Callable[..., Any],
) -> None:
    assert sent(bare_image=PNG) == {"bareImage": base64.b64encode(PNG).decode()}


def test_files_are_found_at_any_depth(media: ModuleType) -> None:
    uri = _uri("image/png", PNG)
    request = media.SampleRequest(
        inputs={
            "images": [PNG, "https://example.com/a.png"],
            "frames": [PNG, {"image": PNG, "at": 1}, media.Frame(image=JPEG)],
            "byName": {"one": PNG},
        }
    )
    assert request.to_wire()["inputs"] == {
        "images": [uri, "https://example.com/a.png"],
        "frames": [
            uri,
            {"image": uri, "at": 1},
            {"image": _uri("image/jpeg", JPEG)},
        ],
        "byName": {"one": uri},
    }
    again = request.replace(inputs={"seedImage": PNG})
    assert again.to_wire()["inputs"] == {"seedImage": uri}


def test_an_open_file_is_read_from_where_it_stands(sent: Callable[..., Any]) -> None:
    file = io.BytesIO(b"skipped" + PNG)
    file.seek(7)
    assert sent(seed_image=file) == {"seedImage": _uri("image/png", PNG)}


def test_texts_stay_as_they_are(media: ModuleType, sent: Callable[..., Any]) -> None:
    uuid = "11111111-1111-4111-8111-111111111111"
    texts = [uuid, "https://example.com/a.png", _uri("image/png", PNG), "iVBORw0K"]
    assert sent(images=texts) == {"images": texts}
    task = a_task(inputs={"images": texts})
    assert media.SampleRequest.model_validate(task).to_wire() == task


TYPES = {
    "image": {
        "png": PNG,
        "jpeg": JPEG,
        "gif": b"GIF89a" + bytes(9),
        "webp": b"RIFF\x09\x00\x00\x00WEBPVP8 ",
        "bmp": b"BM\x40\x00\x00\x00\x00\x00\x00\x00\x36",
        "avif": b"\x00\x00\x00\x20ftypavif" + bytes(9),
        "heic": b"\x00\x00\x00\x20ftypheic" + bytes(9),
        "tiff": b"II*\x00" + bytes(9),
        "svg+xml": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    },
    "video": {
        "mp4": MP4,
        "quicktime": b"\x00\x00\x00\x14ftypqt  " + bytes(9),
        "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm",
        "x-matroska": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
        "x-msvideo": b"RIFF\x09\x00\x00\x00AVI LIST",
        "ogg": b"OggS" + bytes(24) + b"\x80theora",
    },
    "audio": {
        "mpeg": MP3,
        "wav": b"RIFF\x09\x00\x00\x00WAVEfmt ",
        "flac": b"fLaC" + bytes(9),
        "ogg": b"OggS" + bytes(24) + b"OpusHead",
        "mp4": b"\x00\x00\x00\x20ftypM4A " + bytes(9),
        "aac": b"\xff\xf1\x50\x80",
        "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm",
    },
}


@pytest.mark.parametrize("kind", TYPES)
def test_the_type_is_found_by_the_bytes(kind: str, sent: Callable[..., Any]) -> None:
    field = "seedImage" if kind == "image" else kind
    found = {
        subtype: sent(**{field.replace("I", "_i"): content})[field]
        for subtype, content in TYPES[kind].items()
    }
    assert found == {
        subtype: _uri(f"{kind}/{subtype}", content)
        for subtype, content in TYPES[kind].items()
    }


def test_mp3_without_a_tag_is_known_by_its_frame(sent: Callable[..., Any]) -> None:
    whole = [bytes([0xFF, second, 0x90, 0x00]) for second in (0xFB, 0xF3, 0xFA)]
    for content in (*whole, b"\xff\xfb"):
        assert sent(audio=content) == {"audio": _uri("audio/mpeg", content)}


def test_files_whose_type_is_not_at_their_start(sent: Callable[..., Any]) -> None:
    for name in (b"moov", b"mdat", b"wide"):
        old = b"\x00\x00\x00\x08" + name + bytes(20)
        assert sent(video=old) == {"video": _uri("video/quicktime", old)}
    entity = b'<!ENTITY ns "http://ns.example/Extensibility/1.0/">'
    drawn = b'<?xml version="1.0"?>\n<!DOCTYPE svg [' + entity * 20 + b"]>\n<svg/>"
    assert sent(seed_image=drawn) == {"seedImage": _uri("image/svg+xml", drawn)}


def test_other_files_are_sent_where_any_are_taken(sent: Callable[..., Any]) -> None:
    for media_type, content in (
        ("application/pdf", b"%PDF-1.7\n"),
        ("application/zip", b"PK\x03\x04" + bytes(9)),
        ("application/octet-stream", b"what is this"),
        ("application/octet-stream", b"I\xfb"),  # the second byte of an MP3 frame
        ("application/octet-stream", b"\xff"),
    ):
        assert sent(archive=content) == {"archive": _uri(media_type, content)}


# -- what is refused ----------------------------------------------------------


def test_files_that_cannot_be_read_are_refused(
    refused: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "words.txt").write_text("words")
    os.mkfifo(tmp_path / "pipe.png")
    closed = io.BytesIO(PNG)
    closed.close()

    def said(given: Any) -> str:
        [(place, sentence)] = refused(seed_image=given).items()
        assert place == "seedImage"
        return sentence

    assert said(tmp_path / "no.png") == "the file 'no.png' does not exist"
    assert said(tmp_path / "empty.png") == "'empty.png' is empty"
    assert said(b"") == "the file is empty"
    assert said(io.BytesIO()) == "the rest of the file is empty"
    assert said(tmp_path).endswith("is a folder")
    assert said(tmp_path / "pipe.png").endswith("is not a regular file")
    assert said(closed).startswith("the file cannot be read: ")
    assert "open(..., 'rb')" in said(io.StringIO("words"))
    assert said(Path("nul\0.png")).startswith(
        "the file 'nul\\x00.png' cannot be read: "
    )
    with (tmp_path / "words.txt").open() as file:
        assert "open(..., 'rb')" in said(file)
    (tmp_path / "words.txt").write_bytes(PNG)
    with (tmp_path / "words.txt").open(encoding="ascii") as file:
        assert "open(..., 'rb')" in said(file)


class _Broken(io.BytesIO):
    """A file whose `read` raises an error of its own class, such as a truncated gzip."""

    def read(self, _: int | None = -1) -> bytes:
        raise EOFError("it ends too early")


class _Awaited:
    """A file of asyncio, such as an upload of a web framework."""

    async def read(self) -> bytes:
        return PNG


class _Array:
    """An object whose comparisons have no truth value, such as an array of pixels."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        raise ValueError("the truth value is ambiguous")


@pytest.mark.filterwarnings("error")
def test_objects_that_are_no_files_are_refused(
    refused: Callable[..., dict[str, str]],
) -> None:
    said = refused(seed_image=_Broken(), bare_image=_Awaited(), images=[_Array()])
    assert said == {
        "seedImage": "the file cannot be read: it ends too early",
        "bareImage": "is a file of async code. Pass its content: await file.read()",
        "images.0": "must be a UUID, a URL (https://…), a data URI (data:image/…;base64,…) "
        "or base64, or a file as pathlib.Path(…), bytes or an open file",
    }
    assert {*refused(seed_image=_Array(), title=_Array())} == {"seedImage", "title"}


def test_a_medium_of_another_kind_is_refused(
    refused: Callable[..., dict[str, str]],
) -> None:
    said = refused(seed_image=MP3, video=PNG, audio=b"%PDF-1.7", bare_image=b"words")
    assert said == {
        "seedImage": "must be an image, but the file is audio/mpeg",
        "video": "must be a video, but the file is image/png",
        "audio": "must be audio, but the file is application/pdf",
        "bareImage": "must be an image, but the kind of the file is unknown",
    }


def test_a_path_of_another_kind_is_named(
    refused: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    """Also if its name is that of a member, which has another name in Python."""
    for name, content in (("a.mp3", MP3), ("a.txt", b"words"), ("jpegImage.png", PNG)):
        (tmp_path / name).write_bytes(content)
    said = refused(
        seed_image=tmp_path / "a.mp3",
        bare_image=tmp_path / "a.txt",
        jpeg_image=tmp_path / "jpegImage.png",
    )
    assert said["seedImage"] == "must be an image, but the file 'a.mp3' is audio/mpeg"
    unknown = "must be an image, but the kind of the file 'a.txt' is unknown"
    assert said["bareImage"] == unknown
    assert said["jpegImage"].endswith(", but the file 'jpegImage.png' is image/png")


def test_no_word_of_the_refusal_is_a_member(shipped: ModuleType) -> None:
    """Reference videos may be objects with a member `type`, in Python `type_`."""
    tasks = import_module(f"{shipped.__name__}.tasks.video_inference")
    said = "must be a video, but the kind of the file is unknown"
    with pytest.raises(ValidationError, match=said):
        tasks.VideoInferenceRequest(
            model="a:b@1", inputs={"referenceVideos": [b"words"]}
        )


def test_a_format_that_the_document_does_not_name_is_refused(
    sent: Callable[..., Any], refused: Callable[..., dict[str, str]]
) -> None:
    assert sent(jpeg_image=JPEG) == {"jpegImage": _uri("image/jpeg", JPEG)}
    said = refused(jpeg_image=PNG)["jpegImage"]
    assert said.startswith("must be a UUID, ")
    assert said.endswith(", but the file is image/png")


def test_a_file_is_to_be_uploaded_first_where_any_text_is_taken(
    refused: Callable[..., dict[str, str]],
) -> None:
    said = refused(video_or_word=MP4)
    assert "Upload the file with a mediaStorage task" in said["videoOrWord"]


def test_the_size_of_a_file_is_checked(
    sent: Callable[..., Any], refused: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    assert sent(small_image=JPEG) == {"smallImage": _uri("image/jpeg", JPEG)}
    large = "has 1,234,567 bytes; the maximum is 30"
    assert refused(small_image=bytes(1_234_567)) == {"smallImage": large}
    sparse = tmp_path / "large.png"  # no memory would hold it
    with sparse.open("wb") as file:
        file.truncate(2**40)
    large = large.replace("1,234,567", "1,099,511,627,776")
    assert refused(small_image=sparse) == {"smallImage": large}
    few = "has 4 bytes; the minimum is 10"
    assert refused(small_image=b"1234") == {"smallImage": few}
    large = large.replace("is 30", "is 1,000,000")
    assert large in refused(frames=[PNG, sparse])["frames.1"]


def test_a_text_in_base64_is_not_measured(sent: Callable[..., Any]) -> None:
    text = _uri("image/png", PNG + bytes(1000))
    assert sent(small_image=text) == {"smallImage": text}


def test_all_that_is_wrong_is_said_at_once(
    refused: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    said = refused(seed_image=tmp_path / "no.png", images=[PNG, b""], title=3)
    assert set(said) == {"seedImage", "images.1", "title"}


def test_equal_files_are_equal_items(refused: Callable[..., dict[str, str]]) -> None:
    said = refused(images=[PNG, io.BytesIO(PNG)])
    assert said == {"images": "must not repeat an item"}


def test_an_open_file_is_read_once(refused: Callable[..., dict[str, str]]) -> None:
    files = {"seed_image": io.BytesIO(PNG), "video_or_word": io.BytesIO(MP4)}
    said = refused(**files, frames=[io.BytesIO(PNG)], title=3)
    assert set(said) == {"title", "videoOrWord"}
    assert "Upload the file with a mediaStorage task" in said["videoOrWord"]


def test_a_file_that_is_not_sent_yet_is_not_lost_as_text(media: ModuleType) -> None:
    made = media.Inputs(linked_video=MP4)
    for again in (
        media.Inputs(linked_video=made.linked_video),
        media.Inputs(**made.model_dump()),
        copy.replace(made) if sys.version_info >= (3, 13) else made.model_copy(),
    ):
        assert again.linked_video.content == MP4
        with pytest.raises(ValueError, match="linkedVideo is a file"):
            again.to_wire()


def test_files_are_no_other_texts(refused: Callable[..., dict[str, str]]) -> None:
    assert set(refused(title=PNG)) == {"title"}


def test_files_stand_in_nested_objects(media: ModuleType, tmp_path: Path) -> None:
    for name in ("seedImage", "seed_image"):
        request = media.SampleRequest(inputs={name: PNG})
        assert request.to_wire()["inputs"] == {"seedImage": _uri("image/png", PNG)}
        with pytest.raises(ValidationError, match=rf"inputs\.{name}"):
            media.SampleRequest(inputs={name: tmp_path})


def test_a_path_as_text_is_told_from_a_path(
    refused: Callable[..., dict[str, str]],
) -> None:
    said = refused(seed_image="./cat.png", linked_image="./cat.png")
    assert said["seedImage"].endswith("or a file as pathlib.Path(…)")
    assert said["linkedImage"].endswith("or a file as pathlib.Path(…)")


def test_nothing_shows_the_content(media: ModuleType) -> None:
    secret = b"do-not-show-this"
    inputs = media.Inputs(seed_image=PNG + secret)
    encoded = base64.b64encode(PNG + secret).decode()
    assert inputs.to_wire()["seedImage"].endswith(encoded)
    shown = repr(inputs)
    with pytest.raises(ValidationError) as caught:
        media.Inputs(seed_image=MP3 + secret, jpeg_image=PNG + secret, title=secret)
    shown += str(caught.value) + repr(caught.value) + caught.value.json()
    shown += repr(caught.value.errors())
    assert "do-not-show" not in shown
    assert base64.b64encode(secret).decode()[4:-4] not in shown
    assert encoded not in shown
