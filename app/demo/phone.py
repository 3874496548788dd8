"""A phone of the demonstration: enrols, seals, signs and sends as a real one does, over the server's own routes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app import jws
from app.clock import now_ms
from app.enrol import service as enrol
from app.ids import new_id
from app.seal import head_length, seal_bytes

TUS = {"Tus-Resumable": "1.0.0"}
A_STATEMENT = 16  # items that one commitment names, at most
BUILD = "0" * 16


class Refused(Exception):
    """The server did not take what a phone of the story sent; the message is its answer."""


@dataclass(frozen=True)
class Sealed:
    """A sealed item: id, kind, both parts, and whether it was cut."""

    id: str
    kind: str
    head: bytes
    body: bytes
    cut: bool = False

    def named(self) -> dict[str, Any]:
        parts = {"head": self.head, "body": self.body}
        sizes = {name: {"size": len(data), "sha256": jws.sha256(data)} for name, data in parts.items()}
        return {"id": self.id, "kind": self.kind, "cut": self.cut, **sizes}


@dataclass
class Phone:
    """An enrolled phone. `offset` is server minus phone in ms; what is sealed waits in `_outbox` until `send`."""

    app: Flask
    label: str
    offset: int
    _key: jws.Key = field(default_factory=jws.make_key)
    _outbox: list[Sealed] = field(default_factory=list)
    _seq: int = 0
    _prev: str | None = None
    _seen: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Through an invitation, like any phone."""
        self._http = self.app.test_client()
        with self.app.app_context():
            secret = enrol.invite(self.label).secret
        self._device = self._server = self._token = ""
        named = {"key": jws.public_jwk(self._key), "invitation": jws.sha256(secret.encode())}
        statement = self._sign("temoin-enrolment", {**named, "dev": None, "aud": None}, "new")
        said = self._ok(self._http.post("/api/enrol", json={"secret": secret, "statement": statement}))
        self._device, self._token, self._server = said["device"], said["token"], said["server"]
        intake = jws.unverified(said["intake"])["recipients"]
        self._recipients: list[str] = [*intake, *jws.unverified(said["pins"])["custody"]]

    @staticmethod
    def _ok(answer: TestResponse) -> Any:
        if answer.status_code >= 300:
            raise Refused(f"{answer.status_code} {answer.get_data(as_text=True)[:300]}")
        return answer.get_json(silent=True)

    @property
    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _sign(self, typ: str, body: dict[str, Any], kid: str | None = None) -> str:
        clock = {"wall": now_ms() - self.offset, "mono": self._seq, "offset": self.offset, "error": 40}
        payload = {
            "aud": self._server, "dev": self._device, "seq": self._seq, "prev": self._prev, "clock": clock,
            "app": BUILD, "seen": self._seen, **body,
        }  # fmt: skip
        token = jws.sign(payload, typ, kid or self._device, self._key)
        self._seq, self._prev = self._seq + 1, jws.sha256(token.encode())
        return token

    def seal(self, data: bytes, kind: str, item: str | None = None, kept: float = 1.0) -> str:
        """Seal an item and put it into the outbox; its id. `kept`: the part of the body that a dying phone kept."""
        whole = seal_bytes(data, self._recipients)
        length = head_length(whole)
        if length is None:
            raise ValueError("not an age file")
        body = whole[length:]
        cut = body if kept >= 1 else body[: int(len(body) * kept)]
        sealed = Sealed(item or new_id(), kind, whole[:length], cut, kept < 1)
        self._outbox.append(sealed)
        return sealed.id

    def entry(self, document: dict[str, Any]) -> None:
        self.seal(json.dumps(document, ensure_ascii=False).encode(), "entry", document["id"])

    def send(self) -> int:
        """Commit first, then the bytes, entries before media and the smallest first. How many items went."""
        waiting = sorted(self._outbox, key=lambda one: (one.kind != "entry", len(one.body)))
        self._outbox = []
        for at in range(0, len(waiting), A_STATEMENT):
            items = [sealed.named() for sealed in waiting[at : at + A_STATEMENT]]
            signed = self._sign("temoin-commitment", {"items": items})
            answer = self._http.post("/api/statements", json={"statements": [signed]}, headers=self._auth)
            said = self._ok(answer)["results"][0]
            if "receipt" not in said:
                raise Refused(str(said))
        for sealed in waiting:
            self._upload(sealed)
        self._status()
        return len(waiting)

    def _upload(self, sealed: Sealed) -> None:
        data = sealed.head + sealed.body
        metadata = f"item {base64.b64encode(sealed.id.encode()).decode()}"
        common = {**self._auth, **TUS, "Content-Type": "application/offset+octet-stream"}
        made = self._http.post(
            "/api/files", headers={**self._auth, **TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata}
        )  # fmt: skip
        self._ok(made)
        self._ok(
            self._http.patch(made.headers["Location"], data=data, headers={**common, "Upload-Offset": "0"})
        )

    def _status(self) -> None:
        holds = {"ids": [], "holds": {"items": 0, "bytes": 0}}
        self._seen = self._ok(self._http.post("/api/status", json=holds, headers=self._auth))["seen"]
