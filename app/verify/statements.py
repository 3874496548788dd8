"""Signed statements against the log and against what was taken out of them; what phones have seen of the log against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select

from app import jws
from app.custody import log
from app.custody.log import Said
from app.custody.models import LogEntry
from app.db import db
from app.enrol.models import Device
from app.intake.models import Commitment, Deletion, Handover, Statement
from app.verify.found import Damaged, by_verb, compare, receipt

SEEN = "seen.acknowledged"  # somebody has looked into what a phone says of the log


class Statements:
    def __init__(self) -> None:
        self._known = 0
        self._disputed: dict[str, str] = {}
        self.acknowledged: list[str] = []
        self._keys: dict[str, jws.Key | None] = {}
        self._first: int | None = None

    def page(self, said: Sequence[Said]) -> None:
        received = by_verb(said, "statement.received")
        hashes = [one.object for one in received]
        rows = {
            row.sha256: row
            for row in db.session.scalars(select(Statement).where(Statement.sha256.in_(hashes)))
        }
        payloads: list[tuple[Said, Statement, dict[str, Any]]] = []
        for one in received:
            row = rows.get(one.object)
            if row is None:
                raise Damaged(f"statement {one.object} of log entry {one.index} is missing")
            payloads.append((one, row, self._signed(one, row)))
        self._taken_out(payloads)
        self._seen(payloads)
        if said[0].index != self._first:  # a second look counts nothing twice
            self._known, self._first = self._known + len(received), said[0].index
        for one in by_verb(said, SEEN):
            if self._disputed.pop(one.object, None):
                self.acknowledged.append(one.object)

    def _signed(self, one: Said, row: Statement) -> dict[str, Any]:
        what = f"statement {row.sha256}"
        if (
            one.detail is None
            or jws.sha256(row.jws) != row.sha256
            or row.jws.decode() != one.detail["statement"]
        ):
            raise Damaged(f"{what} was altered")
        try:
            key = self._key(row.device_id)
            payload = jws.verify(row.jws.decode(), key, row.typ) if key else {}
        except jws.BadStatement as error:
            raise Damaged(f"{what}: its device, kind or signature was altered") from error
        compare(
            what,
            (
                ("device", row.device_id, payload.get("dev")),
                ("number", row.seq, one.detail["seq"]),
                ("number", row.seq, payload.get("seq")),
                ("kind", row.typ, one.detail["typ"]),
                ("flag", row.forked, one.detail["forked"]),
                ("place in the log", row.log_index, one.index),
            ),
        )
        if row.typ in {"temoin-commitment", "temoin-prefix"}:
            given = receipt(what, row.receipt, "temoin-commitment-receipt")
            ids = [item["id"] for item in payload.get("items", [payload.get("item")])]
            wanted = (row.device_id, row.sha256, ids, row.at, {"index": one.index, "hash": one.leaf})
            if tuple(given.get(name) for name in ("dev", "statement", "ids", "at", "log")) != wanted:
                raise Damaged(f"{what}: its receipt names something else")
        return payload

    def _key(self, device: str) -> jws.Key | None:
        if device not in self._keys:
            found = db.session.get(Device, device)
            self._keys[device] = jws.load_key(found.public_key) if found and found.public_key else None
        return self._keys[device]

    @staticmethod
    def _taken_out(payloads: list[tuple[Said, Statement, dict[str, Any]]]) -> None:
        """Rows that only repeat a statement must repeat it."""
        hashes = [row.sha256 for _one, row, _payload in payloads]
        kept: dict[str, list[tuple[object, ...]]] = {name: [] for name in hashes}
        for c in db.session.scalars(select(Commitment).where(Commitment.statement.in_(hashes))):
            kept[c.statement].append(
                (c.device_id, c.item_id, c.kind, c.head_size, c.head_sha256, c.body_size, c.body_sha256, c.prefix, c.cut)
            )  # fmt: skip
        for h in db.session.scalars(select(Handover).where(Handover.statement.in_(hashes))):
            kept[h.statement].append((h.device_id, h.from_device, h.item_id))
        for d in db.session.scalars(select(Deletion).where(Deletion.statement.in_(hashes))):
            kept[d.statement].append((d.device_id, d.item_id))
        for _one, row, payload in payloads:
            if sorted(map(repr, kept[row.sha256])) != sorted(map(repr, _wanted(row, payload))):
                raise Damaged(f"statement {row.sha256}: what was taken out of it was altered")

    def _seen(self, payloads: list[tuple[Said, Statement, dict[str, Any]]]) -> None:
        said = [
            (one, row, payload["seen"])
            for one, row, payload in payloads
            if isinstance(payload.get("seen"), dict)
        ]
        sizes = [seen.get("size") for _one, _row, seen in said]
        chains = log.chains(size for size in sizes if isinstance(size, int) and 0 <= size < 2**53)
        for one, row, seen in said:
            size = seen.get("size")
            if chains.get(size if isinstance(size, int) else -1) != seen.get("hash"):
                self._disputed[row.sha256] = (
                    f"statement {row.sha256} of log entry {one.index}: phone {row.device_id} has seen a log of {size} "
                    "entries that isn't this one"
                )

    def end(self, entries: int) -> None:
        for message in self._disputed.values():
            raise Damaged(message)
        astray = (
            select(Statement.sha256, Statement.log_index)
            .join(LogEntry, LogEntry.index == Statement.log_index, isouter=True)
            .where(
                or_(
                    LogEntry.index.is_(None),
                    LogEntry.verb != "statement.received",
                    LogEntry.object != Statement.sha256,
                )
            )
        )
        for sha256, index in db.session.execute(astray.limit(1)):
            raise Damaged(f"statement {sha256} names log entry {index}, which says nothing of it")
        before = select(func.count()).where(Statement.log_index < entries)
        if (db.session.scalar(before) or 0) != self._known:
            raise Damaged("the log and the statements don't count the same")
        orphan = select(Commitment.statement).where(Commitment.statement.not_in(select(Statement.sha256)))
        if found := db.session.scalar(orphan.limit(1)):
            raise Damaged(f"a commitment names statement {found}, which is missing")


def _wanted(row: Statement, payload: dict[str, Any]) -> list[tuple[object, ...]]:
    if row.typ in {"temoin-commitment", "temoin-prefix"}:
        prefix = row.typ == "temoin-prefix"
        return [
            (row.device_id, i["id"], i["kind"], i["head"]["size"], i["head"]["sha256"], i["body"]["size"],
             i["body"]["sha256"], prefix, bool(i.get("cut")))
            for i in ([payload["item"]] if prefix else payload["items"])
        ]  # fmt: skip
    if row.typ == "temoin-handover":
        return [(row.device_id, payload["from"], one) for one in payload["ids"] or [None]]
    if row.typ == "temoin-deletion" and payload["why"] == "person":
        return [(row.device_id, one) for one in payload["ids"]]
    return []


def acknowledge(statement: str, reason: str) -> None:
    """Log that somebody has looked into what a phone says of the log: a restore, or a phone that lies. Raises Damaged
    for a statement that isn't here."""
    from app.db import unit_of_work

    if db.session.get(Statement, statement) is None:
        raise Damaged(f"statement {statement} isn't here")
    with unit_of_work():
        log.append("server", SEEN, statement, {"reason": reason})
