"""A phone for tests: seals, signs and sends like the client does, over the real HTTP routes."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import jws
from app.clock import now_ms
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.ids import new_id
from app.keys import keys
from app.seal import head_length, seal_bytes

TUS = {"Tus-Resumable": "1.0.0"}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Sealed:
    """A sealed item: its id and both parts."""

    id: str
    head: bytes
    body: bytes

    @property
    def bytes(self) -> bytes:
        return self.head + self.body

    def named(self, kind: str, cut: bool = False) -> dict[str, Any]:
        return {
            "id": self.id, "kind": kind, "cut": cut,
            "head": {"size": len(self.head), "sha256": jws.sha256(self.head)},
            "body": {"size": len(self.body), "sha256": jws.sha256(self.body)},
        }  # fmt: skip


class Signing:
    """What signs and seals as the client does, however it then sends. `seq` and `prev` chain its statements."""

    key: jws.Key
    device: str
    server: str
    seq: int
    prev: str | None
    recipients: list[str]

    def enrolment(self, secret: str) -> str:
        """The statement that goes with an invitation's secret."""
        said = {
            "key": jws.public_jwk(self.key), "invitation": jws.sha256(secret.encode()), "dev": None, "aud": None,
        }  # fmt: skip
        return self.sign("temoin-enrolment", said, kid="new")

    def sign(self, typ: str, body: dict[str, Any], kid: str | None = None) -> str:
        payload = {
            "aud": self.server, "dev": self.device, "seq": self.seq, "prev": self.prev, "app": "0" * 16, "seen": None,
            "clock": {"wall": now_ms(), "mono": 1, "offset": None, "error": None}, **body,
        }  # fmt: skip
        token = jws.sign(payload, typ, kid or self.device, self.key)
        self.seq, self.prev = self.seq + 1, jws.sha256(token.encode())
        return token

    def seal(self, data: bytes, item: str | None = None, recipients: list[str] | None = None) -> Sealed:
        whole = seal_bytes(data, recipients or self.recipients)
        length = head_length(whole)
        assert length is not None
        return Sealed(item or new_id(), whole[:length], whole[length:])


@dataclass
class Phone(Signing):
    """An enrolled phone in this process, over Flask's test client."""

    app: Flask
    http: FlaskClient
    key: jws.Key = field(default_factory=jws.make_key)
    device: str = ""
    token: str = ""
    server: str = ""
    seq: int = 0
    prev: str | None = None
    recipients: list[str] = field(default_factory=list)

    def enrol(self, secret: str) -> TestResponse:
        statement = self.enrolment(secret)
        response = self.http.post("/api/enrol", json={"secret": secret, "statement": statement})
        if response.status_code == 201:
            said = response.get_json()
            self.device, self.token, self.server = said["device"], said["token"], said["server"]
            intake = jws.unverified(said["intake"])["recipients"]
            self.recipients = [*intake, *jws.unverified(said["pins"])["custody"]]
        return response

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def foreign(self) -> Phone:
        """A device of another client beside this one: it holds a token and no key to sign with."""
        with self.app.app_context():
            made = enrol.enrol_foreign("foreign")
            return Phone(
                self.app, self.app.test_client(), device=made.device.id, token=made.token, recipients=self.recipients
            )  # fmt: skip

    def say(self, *statements: str) -> list[dict[str, Any]]:
        response = self.http.post("/api/statements", json={"statements": list(statements)}, headers=self.auth)
        assert response.status_code == 200, response.get_json()
        results: list[dict[str, Any]] = response.get_json()["results"]
        return results

    def commit(self, sealed: Sealed, kind: str = "photo", cut: bool = False) -> dict[str, Any]:
        return self.say(self.sign("temoin-commitment", {"items": [sealed.named(kind, cut)]}))[0]

    def create(self, item: str, length: int | None = None, tail: int | None = None) -> TestResponse:
        metadata = f"item {b64(item)}" + (f",tail {b64(str(tail))}" if tail is not None else "")
        size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        return self.http.post("/api/files", headers={**self.auth, **TUS, **size, "Upload-Metadata": metadata})

    def patch(self, url: str, offset: int, data: bytes, **headers: str) -> TestResponse:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.patch(url, data=data, headers={
            **self.auth, **TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **more})  # fmt: skip

    def send(self, sealed: Sealed) -> TestResponse:
        created = self.create(sealed.id, len(sealed.bytes))
        assert created.status_code == 201, created.get_json()
        return self.patch(created.headers["Location"], 0, sealed.bytes)

    def status(self, *items: str) -> dict[str, Any]:
        response = self.http.post("/api/status", json={"ids": list(items)}, headers=self.auth)
        assert response.status_code == 200, response.get_json()
        said: dict[str, Any] = response.get_json()
        return said

    def entry(self, observation: str, type_: str, data: dict[str, Any], seq: int = 0, **more: Any) -> Sealed:
        """Seal, commit and send one journal entry."""
        item = more.pop("id", None) or new_id()
        document = {
            "v": 1, "type": type_, "id": item, "observation": observation, "seq": seq, "trial": False, "corrects": None,
            "clock": {"wall": now_ms(), "mono": 5, "offset": 0, "error": 10, "measured": now_ms()}, "place": None,
            "data": data, **more,
        }  # fmt: skip
        sealed = self.seal(json.dumps(document).encode(), item)
        self.commit(sealed, "entry")
        assert self.send(sealed).status_code == 204
        return sealed


def make_phone(app: Flask, label: str = "phone", replaces: Phone | None = None) -> Phone:
    """An enrolled phone on a fresh server, through the real invitation. `replaces`: the same phone before, revoked."""
    with app.app_context():
        keys().make("Test organisation")
        before = db.session.get_one(Device, replaces.device) if replaces else None
        if before is not None and before.active:
            enrol.revoke(before, "user:test")
        secret = enrol.invite(label, replaces=before).secret
    phone = Phone(app, app.test_client())
    response = phone.enrol(secret)
    assert response.status_code == 201, response.get_json()
    return phone


def sha256_b64(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
