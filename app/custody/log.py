"""The append-only log (docs/formats.md, "The log"). Entries are final bytes; only details can be erased."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, cast

from sqlalchemy import insert, select, text

from app.clock import now_ms
from app.custody.models import LogDetail, LogEntry
from app.db import db, forget_reads, unit_of_work

START = bytes(32)
PAGE = 500  # entries read at a time
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


@dataclass(frozen=True)
class Entry:
    """What is to be written. `actor`: `server`, `worker`, `device:<id>`, `user:<id>`."""

    actor: str
    verb: str
    object: str
    detail: dict[str, Any]


def take_turn() -> None:
    """Be the only writer of the log until the caller's unit of work ends. SQLite's has its turn from the beginning."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(7365)"))


def append(actor: str, verb: str, object_id: str, detail: dict[str, Any] | None = None) -> Place:
    """Write one entry, within the caller's unit of work."""
    return append_all([Entry(actor, verb, object_id, detail or {})])[0]


def append_all(entries: Sequence[Entry]) -> list[Place]:
    """Write entries in their order, within the caller's unit of work."""
    with unit_of_work() as session:
        take_turn()
        # Tables, not objects: this runs under the write lock for everything that happens, and takes half the time.
        line = session.connection()
        last = line.execute(_LAST).first()
        index, chain = (last[0] + 1, last[1]) if last else (0, START)
        lines, details, places = [], [], []
        for entry in entries:
            row, detail = _written(entry, index, chain)
            lines.append(row)
            details.append(detail)
            places.append(Place(index, b64(row["leaf"])))
            index, chain = index + 1, row["chain"]
        if lines:
            line.execute(_ENTRY, lines)
            line.execute(_DETAIL, details)
        return places


def _written(entry: Entry, index: int, chain: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """An entry's row and its detail's, after `chain`."""
    salt, said = os.urandom(32), json.dumps(entry.detail, ensure_ascii=False, sort_keys=True).encode()
    at = now_ms()
    line = json.dumps(
        {
            "i": index, "t": at, "a": entry.actor, "v": entry.verb, "o": entry.object,
            "p": b64(chain), "n": b64(os.urandom(32)), "d": b64(hashlib.sha256(salt + said).digest()),
        },
        ensure_ascii=False, separators=(",", ":"),
    ).encode()  # fmt: skip
    leaf = leaf_hash(line)
    row = {
        "index": index, "line": line, "leaf": leaf, "chain": chain_hash(chain, leaf),
        "at": at, "verb": entry.verb, "object": entry.object,
    }  # fmt: skip
    return row, {"index": index, "salt": salt, "detail": said}


def head() -> tuple[int, str]:
    """Number of entries and the chain value after the last: what phones quote as `seen`."""
    last = db.session.scalars(select(LogEntry).order_by(LogEntry.index.desc()).limit(1)).first()
    return (last.index + 1, b64(last.chain)) if last else (0, b64(START))


@dataclass(frozen=True)
class Said:
    """One entry as verified: its line's parts, and what it says; `detail` is None where that was erased."""

    index: int
    at: int
    actor: str
    verb: str
    object: str
    leaf: str
    detail: dict[str, Any] | None


def walk(end: int) -> Iterator[list[Said]]:
    """The first `end` entries in pages, each held to the chain before it is given out, each page of a read of its own.
    Raises LogBroken at the first that is off."""
    chain = START
    for first in range(0, end, PAGE):
        forget_reads()
        rows = db.session.execute(
            select(LogEntry, LogDetail)
            .join(LogDetail, LogDetail.index == LogEntry.index, isouter=True)
            .where(LogEntry.index >= first, LogEntry.index < min(first + PAGE, end))
            .order_by(LogEntry.index)
        ).all()
        page = []
        for expected, row in zip_longest(range(first, min(first + PAGE, end)), rows):
            if row is None or row[0].index != expected:
                raise LogBroken(f"entry {expected} is missing")
            said, chain = _checked(row[0], row[1], chain)
            page.append(said)
        yield page


def _checked(entry: LogEntry, detail: LogDetail | None, chain: bytes) -> tuple[Said, bytes]:
    try:
        said = json.loads(entry.line)
        leaf = leaf_hash(entry.line)
    except (ValueError, TypeError) as error:
        raise LogBroken(f"entry {entry.index} was altered") from error
    if said["i"] != entry.index or said["p"] != b64(chain) or leaf != entry.leaf:
        raise LogBroken(f"entry {entry.index} was altered")
    chain = chain_hash(chain, leaf)
    if chain != entry.chain or (said["t"], said["v"], said["o"]) != (entry.at, entry.verb, entry.object):
        raise LogBroken(f"entry {entry.index} was altered")
    if detail is None:
        raise LogBroken(f"the detail of entry {entry.index} is missing")
    told = None
    if detail.detail is not None:
        salt = detail.salt or b""
        if not isinstance(detail.detail, bytes) or not isinstance(salt, bytes):
            raise LogBroken(f"the detail of entry {entry.index} was altered")
        if b64(hashlib.sha256(salt + detail.detail).digest()) != said["d"]:
            raise LogBroken(f"the detail of entry {entry.index} was altered")
        told = json.loads(detail.detail)
    return Said(entry.index, said["t"], said["a"], said["v"], said["o"], b64(leaf), told), chain


def chains(sizes: Iterable[int]) -> dict[int, str]:
    """By number of entries, the chain value after the last of them, as `seen` quotes it."""
    wanted = set(sizes)
    if not wanted:
        return {}
    found = {
        index + 1: b64(chain)
        for index, chain in db.session.execute(
            select(LogEntry.index, LogEntry.chain).where(LogEntry.index.in_([size - 1 for size in wanted]))
        )
    }
    return found | ({0: b64(START)} if 0 in wanted else {})


def hold(seen: Sequence[object]) -> list[bool | None]:
    """Of each phone's `seen`, whether it is this log's; None where it has seen nothing yet."""
    sizes = [_size(one) for one in seen]
    ours = chains({size for size in sizes if size is not None})
    return [
        None if not isinstance(one, dict) else size is not None and ours.get(size) == one.get("hash")
        for one, size in zip(seen, sizes, strict=True)
    ]


def _size(seen: object) -> int | None:
    size = seen.get("size") if isinstance(seen, dict) else None
    good = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**53
    return cast(int, size) if good else None


def verify() -> int:
    """Read the whole log again. Returns the number of entries; raises LogBroken at the first that is off."""
    end = head()[0]
    for _page in walk(end):
        pass
    return end
