"""Where keys lie, and who may read them (docs/deploy.md gives the folders to two users).

keys/public/   intake-2026-11.txt, storage.txt, server.jwk, organisation.jwk, pins.jws
keys/web/      server.jwk (signs receipts), storage.key (opens working copies), desk.json
keys/worker/   intake-2026-11.key
practice/      custody.key, organisation.jwk: only until custody is set up
"""

from __future__ import annotations

import json
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from app import jws
from app.blobs import fsync_folder
from app.clock import now_ms
from app.seal import Identity, make_identity


def write_private(path: Path, text: str) -> None:
    """Create a file that only its owner reads; never replaces one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_public(path: Path, text: str) -> None:
    """Replace a file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}.partial")
    partial.write_text(text)
    partial.rename(path)


class Keys:
    """The keys of one instance. Reading a key that this process may not read raises PermissionError."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.public = instance / "keys" / "public"
        self.web = instance / "keys" / "web"
        self.worker = instance / "keys" / "worker"
        self.practice = instance / "practice"
        self._cache: dict[str, Any] = {}

    def _once(self, name: str, make: Any) -> Any:
        if name not in self._cache:
            self._cache[name] = make()
        return self._cache[name]

    @property
    def are_made(self) -> bool:
        """Whether `make` has run in this data folder."""
        return (self.public / "pins.jws").is_file()

    # server signing -------------------------------------------------------------
    @property
    def server_key(self) -> jws.Key:
        key: jws.Key = self._once("server", lambda: jws.load_key((self.web / "server.jwk").read_text()))
        return key

    @property
    def may_sign(self) -> bool:
        """Whether this process may read the signing key. Of two users (docs/deploy.md) the worker may not."""
        return os.access(self.web / "server.jwk", os.R_OK)

    @property
    def may_open(self) -> bool:
        """Whether this process may read intake keys. Of two users the web server may not."""
        return os.access(self.worker, os.R_OK | os.X_OK)

    @property
    def server_id(self) -> str:
        name: str = self._once("id", lambda: json.loads((self.public / "server.jwk").read_text())["kid"])
        return name

    def sign(self, payload: dict[str, Any], typ: str) -> str:
        """A server statement (docs/formats.md, "Server statements")."""
        return jws.sign({"iss": self.server_id, **payload}, typ, self.server_id, self.server_key)

    # storage --------------------------------------------------------------------
    @property
    def storage(self) -> Identity:
        key: Identity = self._once("storage", lambda: Identity((self.web / "storage.key").read_text()))
        return key

    @property
    def storage_recipient(self) -> str:
        return (self.public / "storage.txt").read_text().strip()

    # intake ---------------------------------------------------------------------
    def intake_recipient(self) -> str:
        """What phones seal to now: the newest month."""
        return max(self.public.glob("intake-*.txt")).read_text().strip()

    def intake_identities(self) -> list[Identity]:
        """Newest first; only the worker's user can read them."""
        return [Identity(path.read_text()) for path in sorted(self.worker.glob("intake-*.key"), reverse=True)]

    def intake_months(self) -> list[tuple[str, int]]:
        """Months whose private key is still here, oldest first, each with the time (ms) when phones could first have it."""
        return [
            (path.stem.removeprefix("intake-"), path.stat().st_mtime_ns // 1_000_000)
            for path in sorted(self.worker.glob("intake-*.key"))
        ]

    def destroy_intake(self, month: str) -> None:
        """Erase a month's private key: what is sealed to it opens with custody only, from now on."""
        (self.worker / f"intake-{month}.key").unlink()
        fsync_folder(self.worker)

    def renew_intake(self, month: str | None = None) -> bool:
        """Make this month's intake key if there is none yet. Called by the worker. True if one was made."""
        month = month or datetime.now(UTC).strftime("%Y-%m")
        if not re.fullmatch(r"\d{4}-\d{2}", month):
            raise ValueError("a month is YYYY-MM")
        if (self.public / f"intake-{month}.txt").exists():
            return False
        path = self.worker / f"intake-{month}.key"
        if not path.exists():
            write_private(path, str(make_identity().pyrage) + "\n")
        write_public(self.public / f"intake-{month}.txt", Identity(path.read_text()).recipient + "\n")
        return True

    # pins -----------------------------------------------------------------------
    @property
    def pins(self) -> str:
        return (self.public / "pins.jws").read_text().strip()

    @property
    def organisation_key(self) -> dict[str, str]:
        data: dict[str, str] = json.loads((self.public / "organisation.jwk").read_text())
        return data

    def pinned(self) -> dict[str, Any]:
        """Payload of the current pins: custody recipients, practice or not."""
        return jws.verify(self.pins, jws.load_key(self.organisation_key), "temoin-pins")

    @property
    def custody_recipients(self) -> list[str]:
        recipients: list[str] = self.pinned()["custody"]
        return recipients

    @property
    def is_practice(self) -> bool:
        return bool(self.pinned()["practice"])

    def publish_pins(self, pins: str, organisation: dict[str, str]) -> None:
        """Replace the pins. The caller has verified them."""
        write_public(self.public / "organisation.jwk", json.dumps(organisation))
        write_public(self.public / "pins.jws", pins + "\n")

    # first start ----------------------------------------------------------------
    def make(self, organisation_name: str) -> bool:
        """Make every key that is missing. Practice custody and organisation keys until real ones are set up.
        True if this was the first time."""
        first = not (self.public / "server.jwk").exists()
        self.public.mkdir(parents=True, exist_ok=True)
        if not (self.web / "storage.key").exists():
            write_private(self.web / "storage.key", str(make_identity().pyrage) + "\n")
        write_public(self.public / "storage.txt", self.storage.recipient + "\n")
        if not (self.web / "server.jwk").exists():
            write_private(self.web / "server.jwk", json.dumps(jws.make_key().as_dict(private=True)))
        if first:
            named = {**jws.public_jwk(self.server_key), "kid": secrets.token_hex(16)}
            write_public(self.public / "server.jwk", json.dumps(named))
        self.renew_intake()
        if not (self.public / "pins.jws").exists():
            self._make_practice(organisation_name)
        return first

    def _make_practice(self, name: str) -> None:
        custody, organisation = make_identity(), jws.make_key()
        self.practice.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.practice / "custody.key").unlink(missing_ok=True)
        (self.practice / "organisation.jwk").unlink(missing_ok=True)
        write_private(self.practice / "custody.key", str(custody.pyrage) + "\n")
        write_private(self.practice / "organisation.jwk", json.dumps(organisation.as_dict(private=True)))
        pins = {
            "v": 1, "server": self.server_id, "name": name, "server_key": jws.public_jwk(self.server_key),
            "custody": [custody.recipient], "practice": True, "at": now_ms(),
        }  # fmt: skip
        self.publish_pins(
            jws.sign(pins, "temoin-pins", "organisation", organisation), jws.public_jwk(organisation)
        )


def init_app(app: Flask) -> None:
    app.extensions["keys"] = Keys(app.config["TEMOIN"].instance)


def keys() -> Keys:
    """The keys of the running application."""
    found: Keys = current_app.extensions["keys"]
    return found
