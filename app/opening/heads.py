"""Heads of opened originals: sealed to custody, logged, and then erased here. The only writer of `heads/<id>.age`."""

from __future__ import annotations

from sqlalchemy import select

from app import jws
from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.intake import uploads
from app.intake.models import Item, Superseded
from app.keys import keys
from app.opening.models import Opening, Viewing
from app.seal import parse_head, seal_bytes

KEEP_DAYS = 30


def seal(item: Item, head: bytes, *, erase: bool) -> None:
    """Close the original: its head goes to custody, and the head that the intake key opens is erased.

    Without a working copy the clear head stays for KEEP_DAYS, so that a later version may make one."""
    close_head(item, head)
    if erase:
        release(item)


def close_head(item: Item | Superseded, head: bytes) -> None:
    """Seal a head to custody and log the hash of what was sealed: from then on a swapped one is found. Safe to begin
    again after a crash at any line."""
    if item.head_age is not None or item.withdrawn is not None:
        return
    name = f"heads/{item.id}.age"
    blobs().erase(name)  # of a try whose hash was never logged
    sealed = seal_bytes(head, keys().custody_recipients)
    blobs().put(name, sealed)
    _note_head(item, jws.sha256(sealed))


def _note_head(item: Item | Superseded, digest: str) -> None:
    with unit_of_work() as session:
        found = session.get(Item, item.id) if isinstance(item, Item) else session.get(Superseded, item.id)
        if found is not None and found.head_age is None and found.withdrawn is None:
            found.head_age = digest
            log.append("worker", "head.closed", found.item_id, {"item": found.id, "head_age": digest})


def close_left() -> None:
    """Close the originals that a crash left open to the intake key after they had been opened, and note those that were
    closed before such hashes were logged."""
    waiting: list[Item | Superseded] = []
    waiting += db.session.scalars(
        select(Item).where(Item.state == "opened", Item.head_age.is_(None), Item.withdrawn.is_(None))
    )
    waiting += db.session.scalars(
        select(Superseded).where(Superseded.head_age.is_(None), Superseded.withdrawn.is_(None))
    )
    for item in waiting:
        if blobs().exists(f"heads/{item.id}"):
            with blobs().open(f"heads/{item.id}") as file:
                close_head(item, file.read())
            if isinstance(item, Superseded) or not _still_wanted(item):
                release(item)
        elif blobs().exists(f"heads/{item.id}.age"):
            with blobs().open(f"heads/{item.id}.age") as file:
                _note_head(item, jws.sha256(file.read()))


def _still_wanted(item: Item) -> bool:
    """Whether the clear head may yet make a copy."""
    last = db.session.scalars(
        select(Opening).where(Opening.item == item.id).order_by(Opening.id.desc()).limit(1)
    ).first()
    if last is None:
        return False  # an entry
    making = db.session.scalars(select(Viewing.state).where(Viewing.opening == last.id)).first()
    return last.working is None or making in {"waiting", "making"}


def _tail_to_custody(name: str, head: bytes) -> None:
    if not blobs().exists(f"heads/{name}.age"):
        blobs().put(f"heads/{name}.age", seal_bytes(head, keys().custody_recipients))


def release(item: Item | Superseded) -> None:
    """Erase the clear heads of an item and its tails, once custody has them. A foreign client that forgot custody has
    sealed to intake alone: then its clear head is all there is, and stays."""
    if not blobs().exists(f"heads/{item.id}") or not blobs().exists(f"heads/{item.id}.age"):
        return
    with blobs().open(f"heads/{item.id}") as file:
        if len(parse_head(file.read())[0]) <= len(keys().custody_recipients):
            return
    for tail in uploads.tails_of(item.device_id, item.item_id):
        if blobs().exists(f"heads/{tail.id}"):
            with blobs().open(f"heads/{tail.id}") as file:
                _tail_to_custody(tail.id, file.read())
            blobs().erase(f"heads/{tail.id}")
    blobs().erase(f"heads/{item.id}")


def close_old() -> None:
    """Erase the clear heads of items that got no working copy in time."""
    before = now_ms() - KEEP_DAYS * 86_400_000
    for item in db.session.scalars(
        select(Item).where(Item.state == "opened", Item.received_at < before)
    ).all():
        release(item)
