"""Reads the index of the catalogue: the models, and the URLs of their documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from runware_codegen.catalog.names import is_air, is_identifier
from runware_codegen.documents.members import array_of, is_array, is_object, text_of
from runware_codegen.problems import InvalidInputError

URL = "https://runware.ai/docs/models/index.json"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A document of the catalogue: of a model, or of a utility, which no index lists.

    Attributes:
        id: The identifier, which is valid as a file name.
        air: The AIR; empty without one.
        status: The status, such as `live`; empty if the index does not have it.
        url: The URL of the document.
        name: The display name; or empty.
        creator: The name of the creator; or empty.
        capabilities: The capabilities, such as `text-to-image`.
        architecture: The architecture, which community models may have too; or empty.
    """

    id: str
    air: str
    status: str
    url: str
    name: str = ""
    creator: str = ""
    capabilities: tuple[str, ...] = ()
    architecture: str = ""

    @property
    def creator_id(self) -> str:
        """The identifier of the creator, which the index does not have."""
        return ""

    @property
    def words(self) -> tuple[str, ...]:
        """All texts in which words are searched."""
        names = (self.id, self.air, self.name, self.creator, self.architecture)
        return (*names, *self.capabilities)


@dataclass(frozen=True, slots=True)
class Index:
    """The index of a catalogue.

    Attributes:
        url: Its URL.
        entries: The models, sorted by identifier.
        invalid_entries: A description of each invalid entry.
    """

    url: str
    entries: tuple[CatalogEntry, ...]
    invalid_entries: tuple[str, ...]


def read_index(content: bytes, url: str) -> Index:
    """Parse the index of a catalogue.

    Documents are fetched from the server of the index: a URL in it is used only if it is
    on the same server. So a mirror serves all documents.

    Args:
        content: The body of the response.
        url: The URL of the index.

    Raises:
        InvalidInputError: If it is not an index.
    """
    try:
        tree: object = json.loads(content)
    except (ValueError, RecursionError):
        fault = (
            "is a web page" if is_web_page(content) else "is not JSON, or is truncated"
        )
        raise _no_index(url, fault) from None
    if not is_array(tree):
        raise _no_index(url, "is not a list")
    entries: dict[str, CatalogEntry] = {}
    invalid: list[str] = []
    for number, item in enumerate(tree, start=1):
        entry, fault = _entry(item, url)
        if entry and entry.id.casefold() in entries:
            entry, fault = None, "another model has the same id"
        if entry:
            entries[entry.id.casefold()] = entry
        else:
            invalid.append(f"model number {number} of {url}: {fault}")
    if not entries:
        raise _no_index(url, "has no model with a valid id")
    models = sorted(entries.values(), key=lambda entry: entry.id)
    return Index(url, tuple(models), tuple(invalid))


def is_web_page(content: bytes) -> bool:
    """Return whether bytes are HTML, such as the error page of a proxy."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def utility(name: str, index_url: str) -> CatalogEntry:
    """Return an entry for a utility; the utility may not exist."""
    return CatalogEntry(
        name, "", "", urljoin(index_url, f"../platform/{name}/schema.json")
    )


def list_command(index_url: str) -> str:
    """Return the command that lists the models of an index."""
    mirror = "" if index_url == URL else f" --index-url {index_url}"
    return f"runware-codegen list --catalog{mirror}"


def mirror_url(url: str, identifier: str, index_url: str) -> str:
    """Return the URL of a document in another catalogue."""
    if url.endswith(f"/platform/{identifier}/schema.json"):
        return utility(identifier, index_url).url
    return urljoin(index_url, f"{identifier}/schema.json")


def _entry(item: object, index_url: str) -> tuple[CatalogEntry | None, str]:
    """Parse a model; return it, or None and what is wrong."""
    if not is_object(item):
        return None, "it is not an object"
    identifier, air = item.get("id"), text_of(item, "air")
    if not isinstance(identifier, str) or not is_identifier(identifier):
        shown = json.dumps(identifier)[:80]
        return None, f"its id {shown} is not valid as the name of a file"
    texts = (each for each in array_of(item, "capabilities") if isinstance(each, str))
    architecture = text_of(item, "architecture")
    entry = CatalogEntry(
        id=identifier,
        air=air if is_air(air) else "",
        status=text_of(item, "status"),
        url=_url(item.get("schema"), identifier, index_url),
        name=text_of(item, "name"),
        creator=text_of(item, "creator"),
        capabilities=tuple(texts),
        architecture=architecture if architecture.isprintable() else "",
    )
    return entry, ""


def _url(listed: object, identifier: str, index_url: str) -> str:
    """Return the URL in the index if it is on the same server, else the usual one."""
    usual = urljoin(index_url, f"{identifier}/schema.json")
    if not isinstance(listed, str) or not listed.isascii() or not listed.isprintable():
        return usual
    try:
        absolute = urljoin(index_url, listed)
        same = same_server(absolute, index_url)
    except ValueError:
        return usual
    return absolute if same else usual


def same_server(url: str, other: str) -> bool:
    """Return whether two URLs are on the same server."""
    return _origin(url) == _origin(other)


def _origin(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port, parts.username


def _no_index(url: str, fault: str) -> InvalidInputError:
    remedy = "Set --index-url to the URL of the index of Runware's catalogue."
    return InvalidInputError.of(url, f"The response {fault}.", remedy)
