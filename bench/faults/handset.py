"""A phone in Python over real HTTP, after docs/formats.md: seals, signs, sends, and believes only a verified receipt."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app import jws
from tests.phone import TUS, Sealed, Signing, b64

STREAM = {"Content-Type": "application/offset+octet-stream"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.content)
        return said

    @property
    def code(self) -> str:
        """The error's name as in docs/formats.md, or nothing."""
        try:
            return str(self.json()["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return ""


def _answer(line: http.client.HTTPConnection) -> Answer:
    answer = line.getresponse()
    return Answer(answer.status, answer.headers, answer.read())


def _results(answer: Answer) -> list[dict[str, Any]]:
    if answer.status != 200:
        raise ConnectionError(f"statements: {answer.status} {answer.code}")
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


@dataclass
class Handset(Signing):
    url: str
    key: jws.Key = field(default_factory=jws.make_key)
    device: str = ""
    token: str = ""
    server: str = ""
    server_key: jws.Key = field(default_factory=jws.make_key)  # nobody's, until it is enrolled
    recipients: list[str] = field(default_factory=list)
    seq: int = 0
    prev: str | None = None
    held: http.client.HTTPConnection | None = None

    def adopt(self, device: str, token: str, server: str, server_key: jws.Key, recipients: list[str]) -> None:
        self.device, self.token, self.server = device, token, server
        self.server_key, self.recipients = server_key, recipients

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        patience: float = 60,
    ) -> Answer:
        """One request, on a line of its own unless one is held. Raises OSError or HTTPException when the line breaks."""
        with nullcontext(self.held) if self.held else closing(self._line(patience)) as line:
            self._begin(line, method, path, body, headers)
            return _answer(line)

    def _begin(
        self,
        line: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str] | None,
    ) -> None:
        line.request(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})

    def _line(self, patience: float) -> http.client.HTTPConnection:
        address = urlsplit(self.url)
        assert address.hostname
        return http.client.HTTPConnection(address.hostname, address.port, timeout=patience)

    @contextmanager
    def one_line(self, patience: float = 60) -> Iterator[None]:
        """All requests meanwhile on one line, as a browser sends them."""
        with closing(self._line(patience)) as self.held:
            try:
                yield
            finally:
                self.held = None

    def ask(self, path: str, body: object) -> Answer:
        return self.call("POST", path, json.dumps(body).encode(), JSON)

    def say(self, *statements: str) -> list[dict[str, Any]]:
        return _results(self.ask("/api/statements", {"statements": list(statements)}))

    def begin_saying(self, *statements: str) -> socket.socket:
        """The same without waiting, on a line that stays this phone's. Its socket: once that can be read, `said`."""
        self.held = self._line(60)
        body = json.dumps({"statements": list(statements)}).encode()
        self._begin(self.held, "POST", "/api/statements", body, JSON)
        assert self.held.sock
        return self.held.sock

    def said(self) -> list[dict[str, Any]]:
        assert self.held
        return _results(_answer(self.held))

    def commitment(self, *sealed: Sealed, kind: str = "photo", cut: bool = False) -> str:
        """One signed statement that commits to items."""
        return self.sign("temoin-commitment", {"items": [one.named(kind, cut) for one in sealed]})

    def committed(self, statement: str, result: dict[str, Any], *sealed: Sealed) -> None:
        """Raises BadStatement unless the receipt in the answer names the statement, its items and this phone."""
        said = jws.verify(result["receipt"], self.server_key, "temoin-commitment-receipt")
        if said["statement"] != jws.sha256(statement.encode()) or said["ids"] != [one.id for one in sealed]:
            raise jws.BadStatement("a receipt for something else")

    def commit(self, *sealed: Sealed, kind: str = "photo", cut: bool = False) -> None:
        """Commit to items and check the receipt. Raises BadStatement."""
        statement = self.commitment(*sealed, kind=kind, cut=cut)
        [result] = self.say(statement)
        self.committed(statement, result, *sealed)

    def prefix(self, sealed: Sealed, size: int, kind: str = "film") -> None:
        """Sign that the body begins with these `size` bytes."""
        named = Sealed(sealed.id, sealed.head, sealed.body[:size]).named(kind)
        del named["cut"]
        self.say(self.sign("temoin-prefix", {"item": named}))

    def create(self, item: str, length: int | None = None, tail: int | None = None) -> Answer:
        metadata = f"item {b64(item)}" + (f",tail {b64(str(tail))}" if tail is not None else "")
        size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        return self.call("POST", "/api/files", b"", {**TUS, **size, "Upload-Metadata": metadata})

    def patch(self, upload: str, offset: int, data: bytes, length: int | None = None) -> Answer:
        told = {} if length is None else {"Upload-Length": str(length)}
        return self.call(
            "PATCH", urlsplit(upload).path, data, {**TUS, **STREAM, **told, "Upload-Offset": str(offset)}
        )

    def head(self, upload: str) -> Answer:
        return self.call("HEAD", urlsplit(upload).path, b"", TUS)

    def send(self, sealed: Sealed) -> Answer:
        """The whole item in one PATCH."""
        made = self.create(sealed.id, len(sealed.bytes))
        if made.status != 201:
            return made
        return self.patch(made.headers["Location"], 0, sealed.bytes)

    def receipt(self, jwt: str, sealed: Sealed) -> dict[str, Any]:
        """A storage receipt's content. Raises BadStatement unless it is the server's and names exactly these bytes."""
        said = jws.verify(jwt, self.server_key, "temoin-storage-receipt")
        named = sealed.named("photo")
        if (said["dev"], said["id"], said["head"], said["body"]) != (
            self.device,
            sealed.id,
            named["head"],
            named["body"],
        ):
            raise jws.BadStatement("a receipt for something else")
        return said

    def status(self, *items: str) -> dict[str, Any]:
        answer = self.ask("/api/status", {"ids": list(items)})
        if answer.status != 200:
            raise ConnectionError(f"status: {answer.status} {answer.code}")
        return answer.json()
