"""The append-only log (docs/formats.md, "The log"). Entries are final bytes; only details can be erased."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text

from app.clock import now_ms
from app.custody.models import LogDetail, LogEntry
from app.db import db, unit_of_work

START = bytes(32)
_LAST = select(LogEntry.index, LogEntry.chain).order_by(LogEntry.index.desc()).limit(1)
_ENTRY, _DETAIL = insert(LogEntry), insert(LogDetail)


class LogBroken(Exception):
    """The stored log isn't the one that was written; the message names the first entry that is off."""


@dataclass(frozen=True)
class Place:
    """Where an entry stands: its index and leaf hash, as receipts name them."""

    index: int
    hash: str

    def to_json(self) -> dict[str, Any]:
        return {"index": self.index, "hash": self.hash}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def leaf_hash(line: bytes) -> bytes:
    """RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\0" + line).digest()


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"\2" + previous + leaf).digest()


def append(actor: str, verb: str, object_id: str, detail: dict[str, Any] | None = None) -> Place:
    """Write one entry, within the caller's unit of work. `actor`: `server`, `worker`, `device:<id>`, `user:<id>`."""
    with unit_of_work() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(7365)"))  # one writer of the log at a time
        # Tables, not objects: this runs under the write lock for everything that happens, and takes half the time.
        line = session.connection()
        last = line.execute(_LAST).first()
        index, chain = (last.index + 1, last.chain) if last else (0, START)
        salt, said = os.urandom(32), json.dumps(detail or {}, ensure_ascii=False, sort_keys=True).encode()
        at = now_ms()
        entry = json.dumps(
            {
                "i": index, "t": at, "a": actor, "v": verb, "o": object_id,
                "p": b64(chain), "n": b64(os.urandom(32)), "d": b64(hashlib.sha256(salt + said).digest()),
            },
            ensure_ascii=False, separators=(",", ":"),
        ).encode()  # fmt: skip
        leaf = leaf_hash(entry)
        line.execute(
            _ENTRY,
            {
                "index": index, "line": entry, "leaf": leaf, "chain": chain_hash(chain, leaf),
                "at": at, "verb": verb, "object": object_id,
            },
        )  # fmt: skip
        line.execute(_DETAIL, {"index": index, "salt": salt, "detail": said})
        return Place(index, b64(leaf))


def head() -> tuple[int, str]:
    """Number of entries and the chain value after the last: what phones quote as `seen`."""
    last = db.session.scalars(select(LogEntry).order_by(LogEntry.index.desc()).limit(1)).first()
    return (last.index + 1, b64(last.chain)) if last else (0, b64(START))


def verify() -> int:
    """Read the whole log again. Returns the number of entries; raises LogBroken at the first that is off."""
    chain, expected = START, 0
    for entry in db.session.scalars(
        select(LogEntry).order_by(LogEntry.index).execution_options(yield_per=500)
    ):
        if entry.index != expected:
            raise LogBroken(f"entry {expected} is missing")
        said = json.loads(entry.line)
        leaf = leaf_hash(entry.line)
        if said["i"] != expected or said["p"] != b64(chain) or leaf != entry.leaf:
            raise LogBroken(f"entry {expected} was altered")
        chain = chain_hash(chain, leaf)
        if chain != entry.chain or (said["t"], said["v"], said["o"]) != (entry.at, entry.verb, entry.object):
            raise LogBroken(f"entry {expected} was altered")
        detail = db.session.get(LogDetail, expected)
        if detail is None:
            raise LogBroken(f"the detail of entry {expected} is missing")
        if (
            detail.detail is not None
            and b64(hashlib.sha256((detail.salt or b"") + detail.detail).digest()) != said["d"]
        ):
            raise LogBroken(f"the detail of entry {expected} was altered")
        expected += 1
    return expected
