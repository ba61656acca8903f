"""A language server, used over its standard input and output.

Source: the Language Server Protocol 3.17, https://microsoft.github.io/language-server-protocol.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

SERVER = Path(sys.executable).with_name("basedpyright-langserver")
_MARKDOWN = {"documentationFormat": ["markdown"]}
_CAPABILITIES = {
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "completion": {"completionItem": _MARKDOWN},
        "signatureHelp": {"signatureInformation": _MARKDOWN},
    }
}


class LanguageServer(NamedTuple):
    """A server with one open program.

    The methods take a text of the program. The position is the end of this text.
    """

    sent: IO[bytes]
    received: IO[bytes]
    program: str
    uri: str

    def hover(self, text: str) -> str:
        """Return the hover text of the last name in a text."""
        line, column = self._place(text)
        shown = self._ask_at("textDocument/hover", line, column - 1)
        return str(shown["contents"]["value"]) if shown else ""

    def completion(self, text: str) -> list[str]:
        """Return the completions after a text."""
        found = self._ask_at("textDocument/completion", *self._place(text))
        items = found["items"] if isinstance(found, dict) else found
        return [item["label"] for item in items]

    def signatures(self, text: str) -> list[str]:
        """Return the signatures of the call that contains the position."""
        shown = self._ask_at("textDocument/signatureHelp", *self._place(text))
        return [signature["label"] for signature in shown["signatures"]]

    def argument(self, text: str) -> str:
        """Return the documentation of the parameter at the position."""
        shown = self._ask_at("textDocument/signatureHelp", *self._place(text))
        signature = shown["signatures"][shown.get("activeSignature") or 0]
        parameter = signature["parameters"][shown["activeParameter"]]
        return str(parameter["documentation"]["value"])

    def _place(self, text: str) -> tuple[int, int]:
        end = self.program.index(text) + len(text)
        before = self.program[:end]
        return before.count("\n"), end - before.rfind("\n") - 1

    def _ask_at(self, method: str, line: int, column: int) -> Any:
        position = {"line": line, "character": column}
        return self.ask(
            method, {"textDocument": {"uri": self.uri}, "position": position}
        )

    def ask(self, method: str, parameters: object) -> Any:
        """Send a request. Answer the server's requests until the response arrives."""
        self.send({"id": 1, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if "method" not in message:
                return message["result"]
            if "id" in message:
                items = (message.get("params") or {}).get("items")
                settings = [{} for _ in items] if items is not None else None
                self.send({"id": message["id"], "result": settings})

    def send(self, message: dict[str, object]) -> None:
        """Send a message."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.sent.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.sent.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while header := self.received.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self.received.read(length))
        return message


@contextmanager
def language_server(folder: Path, program: str) -> Iterator[LanguageServer]:
    """Run a server in a folder, with an open program, while the context lasts."""
    file = folder / "program.py"
    file.write_text(program, encoding="utf-8")
    command = [SERVER, "--stdio"]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = LanguageServer(process.stdin, process.stdout, program, file.as_uri())
        try:
            root = {"uri": folder.as_uri(), "name": folder.name}
            given = {"processId": None, "capabilities": _CAPABILITIES}
            server.ask(
                "initialize",
                {**given, "rootUri": root["uri"], "workspaceFolders": [root]},
            )
            server.send({"method": "initialized", "params": {}})
            opened = {"uri": server.uri, "languageId": "python", "version": 1}
            document = {"textDocument": {**opened, "text": program}}
            server.send({"method": "textDocument/didOpen", "params": document})
            yield server
        finally:
            process.kill()
