"""Stored items against the log: rows, receipts, commitments, bodies and heads, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import func, or_, select

from app import jws
from app.blobs import BlobMissing, blobs
from app.custody.log import Said, b64
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.intake.hashing import file_sha256
from app.intake.models import Commitment, Item, Superseded, Upload
from app.verify.found import Damaged, by_verb, compare, receipt

Stored = Item | Superseded


class Items:
    def __init__(self, read: Callable[[int], None]) -> None:
        self._read = read
        self._known: set[str] = set()
        self._closed: set[str] = set()
        self.withdrawn: dict[str, int] = {}  # Item.id -> index of the entry that withdrew it

    @property
    def count(self) -> int:
        return len(self._known)

    def page(self, said: Sequence[Said]) -> None:
        for one in by_verb(said, "item.received"):
            if one.detail is None:
                raise Damaged(f"log entry {one.index}: what it says of item {one.object} was erased")
            if one.detail["item"] in self._known:
                continue
            item = self._row(one, str(one.detail["item"]))
            self._hold(one, item)
            self._known.add(item.id)
            self._read(item.head_size + item.body_size)
        for one in by_verb(said, "head.closed"):
            self._head_closed(one)
        for one in by_verb(said, "observation.withdrawn", "item.withdrawn"):
            for name in (one.detail or {}).get("items", []):
                gone = _stored(name)
                if gone is None or gone.withdrawn is None:
                    raise Damaged(f"item {name}: withdrawn by entry {one.index}, but its row doesn't say so")

    @staticmethod
    def _row(one: Said, name: str) -> Stored:
        item = _stored(name)
        if item is None:
            raise Damaged(f"item {one.object} of log entry {one.index} is missing")
        return item

    def _hold(self, one: Said, item: Stored) -> None:
        what, detail = f"item {one.object}", one.detail or {}
        compare(
            what,
            (
                ("id", item.item_id, one.object),
                ("device", f"device:{item.device_id}", one.actor),
                ("maker", item.made_by, detail.get("made_by", item.made_by)),
                ("head's size or hash", {"size": item.head_size, "sha256": item.head_sha256}, detail["head"]),
                ("body's size or hash", {"size": item.body_size, "sha256": item.body_sha256}, detail["body"]),
                ("attestation", item.attested, detail["attested"]),
                ("place in the log", item.log_index, one.index),
            ),
        )
        if detail.get("supersedes"):
            before = db.session.get(Superseded, detail["supersedes"])
            if before is None or before.by != item.id:
                raise Damaged(f"{what}: what was stored of it before is missing")
        self._receipt(what, one, item)
        self._commitment(what, item)
        self._bytes(what, item)

    @staticmethod
    def _receipt(what: str, one: Said, item: Stored) -> None:
        given = receipt(what, item.receipt, "temoin-storage-receipt")
        wanted = {
            "dev": item.device_id, "id": item.item_id, "attested": item.attested, "at": item.received_at,
            "head": {"size": item.head_size, "sha256": item.head_sha256},
            "body": {"size": item.body_size, "sha256": item.body_sha256},
            "log": {"index": one.index, "hash": one.leaf},
        }  # fmt: skip
        compare(what, (("receipt", given.get(name), value) for name, value in wanted.items()))

    @staticmethod
    def _commitment(what: str, item: Stored) -> None:
        """What is called attested must still have the commitment that attests it."""
        if item.attested != "match":
            return
        said = db.session.scalars(
            select(Commitment).where(
                Commitment.item_id == item.item_id,
                Commitment.head_sha256 == item.head_sha256,
                Commitment.body_sha256 == item.body_sha256,
                ~Commitment.prefix,
            )
        ).all()
        if not said:
            raise Damaged(f"{what}: no commitment attests it")
        if isinstance(item, Item) and (item.kind, item.cut) not in {(one.kind, one.cut) for one in said}:
            raise Damaged(f"{what}: its kind, or whether it was cut, was altered")

    def _bytes(self, what: str, item: Stored) -> None:
        name = f"bodies/{item.id}"
        try:
            size = blobs().size(name)
        except BlobMissing as error:
            raise Damaged(f"{what}: its body is missing") from error
        if size != item.body_size or b64(file_sha256(blobs().path(name))) != item.body_sha256:
            raise Damaged(f"{what}: its body was altered")
        head, closed = f"heads/{item.id}", f"heads/{item.id}.age"
        if item.withdrawn is not None:
            self._withdrawn(what, item)
            return
        if blobs().exists(head):
            with blobs().open(head) as file:
                if jws.sha256(file.read()) != item.head_sha256:
                    raise Damaged(f"{what}: its head was altered")
        elif item.head_age is None:
            raise Damaged(f"{what}: its head is missing")
        if item.head_age is not None:
            if not blobs().exists(closed):
                raise Damaged(f"{what}: its head, sealed to custody, is missing")
            if b64(file_sha256(blobs().path(closed))) != item.head_age:
                raise Damaged(f"{what}: its head, sealed to custody, was altered")

    def _withdrawn(self, what: str, item: Stored) -> None:
        index = item.withdrawn
        row = db.session.execute(
            select(LogEntry.verb, LogDetail.detail)
            .join(LogDetail, LogDetail.index == LogEntry.index)
            .where(LogEntry.index == index)
        ).first()
        verbs = {"observation.withdrawn", "item.withdrawn"}
        if row is None or row.verb not in verbs or f'"{item.id}"'.encode() not in (row.detail or b""):
            raise Damaged(f"{what}: said to be withdrawn by entry {index}, which says nothing of it")
        if blobs().exists(f"heads/{item.id}") or blobs().exists(f"heads/{item.id}.age"):
            raise Damaged(f"{what}: withdrawn by entry {index}, but its head is still here")
        self.withdrawn[item.id] = int(index or 0)

    def _head_closed(self, one: Said) -> None:
        detail = one.detail or {}
        item = _stored(str(detail.get("item")))
        if item is None:
            raise Damaged(f"item {one.object} of log entry {one.index} is missing")
        if item.head_age != detail["head_age"]:
            raise Damaged(f"item {one.object}: the hash of its closed head was altered")
        self._closed.add(item.id)

    def end(self, entries: int) -> None:
        models: tuple[type[Item] | type[Superseded], ...] = (Item, Superseded)
        for model in models:
            astray = (
                select(model.id, model.item_id, model.log_index)
                .join(LogEntry, LogEntry.index == model.log_index, isouter=True)
                .where(
                    or_(
                        LogEntry.index.is_(None),
                        LogEntry.verb != "item.received",
                        LogEntry.object != model.item_id,
                    )
                )
            )
            for _id, item_id, index in db.session.execute(astray.limit(1)):
                raise Damaged(f"item {item_id} names log entry {index}, which says nothing of it")
            kept: list[Stored] = list(db.session.scalars(select(model).where(model.log_index < entries)))
            for item in kept:
                if item.id not in self._known:
                    raise Damaged(f"item {item.item_id}: the log doesn't know it")
                if item.head_age is not None and item.id not in self._closed:
                    self._recent(item, entries)
        self._files()

    @staticmethod
    def _recent(item: Stored, entries: int) -> None:
        since = select(func.count()).where(
            LogEntry.object == item.item_id, LogEntry.verb == "head.closed", LogEntry.index >= entries
        )
        if not db.session.scalar(since):
            raise Damaged(f"item {item.item_id}: the log doesn't know that its head was closed")

    @staticmethod
    def _files() -> None:
        """Bytes that nobody is said to have sent: their rows and entries were taken away."""
        for shelf in ("bodies", "heads"):
            names = sorted(path.name for path in (blobs().root / shelf).iterdir())
            for at in range(0, len(names), 500):
                some = {name.partition(".")[0]: name for name in names[at : at + 500]}
                known = set(db.session.scalars(select(Upload.id).where(Upload.id.in_(some))))
                for name in sorted(some.keys() - known):
                    if (blobs().root / shelf / some[name]).exists():
                        raise Damaged(f"{shelf}/{some[name]}: nothing is known of it")


def _stored(name: str) -> Stored | None:
    return db.session.get(Item, name) or db.session.get(Superseded, name)
