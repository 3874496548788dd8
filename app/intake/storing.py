"""Storing an upload that has all its bytes: attested, named, logged, receipted. Safe to begin again after a crash."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app import jws
from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, forget_reads, unit_of_work
from app.enrol.models import Device
from app.errors import Problem
from app.intake import allowance, handover, incoming, prefixes, uploads
from app.intake.incoming import Incoming
from app.intake.models import Commitment, Item, Superseded, Upload
from app.keys import keys

# Asked for every upload of every phone: built once.
_SIGNED = (
    select(Commitment)
    .where(
        Commitment.device_id == bindparam("device"),
        Commitment.item_id == bindparam("item"),
        ~Commitment.prefix,
    )
    .order_by(Commitment.id.desc())
)
_CLOSED = (
    select(Item)
    .join(Upload, Upload.id == Item.id)
    .where(
        Item.device_id == bindparam("device"), Item.item_id == bindparam("item"), Item.id != bindparam("id"),
        Upload.tail == uploads.CLOSED, Item.withdrawn.is_(None),
    )
)  # fmt: skip
_TAILS = select(Upload).where(Upload.item_id == bindparam("item"), Upload.tail >= 0)


def finish(device: Device, upload: Upload, kind: str | None = None) -> Item | None:
    """Store an upload that has all its bytes. Safe to call again after a crash at any line. Returns the item (None for a
    tail or when bytes are missing). `kind`: what it is where no commitment says. Raises Problem."""
    if upload.finished_at is not None:
        return uploads.item_of(upload)
    if not _has_all(upload):
        return None
    upload_id = upload.id
    with uploads.incoming(upload).storing():
        forget_reads()  # another request may have finished it while this one waited
        found = db.session.get(Upload, upload_id)
        return _finish(device, found, kind) if found is not None else None


def _has_all(upload: Upload) -> bool:
    length = uploads.session_length(upload)
    return length is not None and uploads.offset_of(upload) >= length


def _finish(device: Device, upload: Upload, kind: str | None) -> Item | None:
    here = uploads.incoming(upload)
    if upload.finished_at is not None:
        here.remove()  # what a repeated request wrote beside the stored bytes
        return uploads.item_of(upload)
    if not _has_all(upload):
        return None
    if not here.has_whole_head():
        here.remove()
        raise uploads.not_age()
    if upload.tail >= 0:
        _finish_tail(upload, here)
        return None
    head_hash, body_hash = (log.b64(digest) for digest in here.hashes())
    head_size, body_size = here.head.stat().st_size, here.body.stat().st_size
    attested, said, cut = _attest(device, upload, (head_size, head_hash, body_size, body_hash))
    if attested == "differs" and upload.refusals == 0 and not here.body_stored:
        _refuse_once(upload, here)
    here.store()
    maker = handover.maker_of(device.id, upload.item_id)
    item = _store(device, upload, Item(
        id=upload.id, device_id=device.id, item_id=upload.item_id, kind=said or kind, head_size=head_size,
        head_sha256=head_hash, body_size=body_size, body_sha256=body_hash, attested=attested, cut=cut,
        made_by=maker, practice=_is_practice(maker, device), received_at=now_ms(), state="waiting", tries=0,
    ))  # fmt: skip
    here.remove(aside_only=True)
    # The phone that sealed it signed that this is all of it: no tail adds anything.
    if attested == "match" and not cut:
        drop_tails(device.id, upload.item_id)
    return item


def _attest(device: Device, upload: Upload, found: tuple[int, str, int, str]) -> tuple[str, str | None, bool]:
    """(attested, kind, cut) of stored bytes against what was signed by the phone that sealed them, and by no other: a
    bearer's word for another's item attests nothing."""
    maker = handover.maker_of(device.id, upload.item_id)
    said = db.session.scalars(_SIGNED, {"device": maker, "item": upload.item_id}).all()
    if not said:
        return "none", prefixes.kind(maker, upload.item_id), False
    for one in said:
        if (one.head_size, one.head_sha256, one.body_size, one.body_sha256) == found:
            return "match", one.kind, one.cut
    return "differs", said[0].kind, said[0].cut


def _is_practice(maker: str, sender: Device) -> bool:
    """Sealed for the practice keys, whoever brings it later."""
    return (db.session.get(Device, maker) or sender).practice


def _refuse_once(upload: Upload, here: Incoming) -> None:
    # Set aside first: after a crash in between nothing is left that the sweep could take for the second try.
    here.set_aside()
    with unit_of_work() as session:
        session.get_one(Upload, upload.id).refusals = 1
        log.append(f"device:{upload.device_id}", "item.differed", upload.item_id, {"upload": upload.id})
    raise Problem(
        "differs-from-commitment",
        _("The bytes that arrived aren't the ones the phone committed to. It will send them once more."),
        409,
        Upload_Offset="0",
    )


def _store(device: Device, upload: Upload, item: Item) -> Item:
    with unit_of_work() as session:
        known = session.get(Item, item.id)
        if known is not None:
            return known
        before = _superseded(session, item)
        place = log.append(
            f"device:{device.id}", "item.received", item.item_id,
            {"item": item.id, "head": {"size": item.head_size, "sha256": item.head_sha256},
             "body": {"size": item.body_size, "sha256": item.body_sha256}, "attested": item.attested,
             "made_by": item.made_by, "supersedes": before},
        )  # fmt: skip
        item.log_index = place.index
        item.receipt = keys().sign(
            {"dev": device.id, "id": item.item_id, "head": {"size": item.head_size, "sha256": item.head_sha256},
             "body": {"size": item.body_size, "sha256": item.body_sha256}, "attested": item.attested,
             "at": item.received_at, "log": place.to_json()},
            "temoin-storage-receipt",
        ).encode()  # fmt: skip
        session.add(item)
        found = session.get_one(Upload, upload.id)
        found.finished_at = item.received_at
        if found.tail == uploads.CLOSED and item.attested == "match":
            found.tail = uploads.ITEM  # what had come was all there is
    return item


def _superseded(session: Session, item: Item) -> str | None:
    """Make room for an item that comes whole after it was closed. What was stored then stays, as what it was. Returns
    its id, if there was one."""
    old = session.scalars(
        select(Item).where(Item.device_id == item.device_id, Item.item_id == item.item_id)
    ).first()
    if old is None:
        return None
    same = (
        "id device_id made_by item_id kind head_size head_sha256 body_size body_sha256 attested received_at receipt "
        "log_index head_age withdrawn"
    )
    session.add(Superseded(by=item.id, **{name: getattr(old, name) for name in same.split()}))
    session.delete(old)
    session.flush()
    return old.id


def _finish_tail(upload: Upload, here: Incoming) -> None:
    """Earlier tails of its number stay until the item is whole: whoever holds the phone's token could replace them."""
    if not here.body.exists():
        here.body.touch()
    here.store()
    with unit_of_work() as session:
        session.get_one(Upload, upload.id).finished_at = now_ms()


def drop_tails(device_id: str, item_id: str) -> None:
    """Forget every tail of an item."""
    if db.session.scalars(_TAILS, {"item": item_id}).first() is None:
        return
    with unit_of_work() as session:
        mine = {device_id, handover.maker_of(device_id, item_id)}
        for upload in session.scalars(_TAILS, {"item": item_id}).all():
            if upload.device_id not in mine:
                continue
            # Files first: a file that no row names would be one that nobody sent.
            for blob in (f"heads/{upload.id}", f"heads/{upload.id}.age", f"bodies/{upload.id}"):
                blobs().erase(blob)
            Incoming(blobs(), upload.id).remove()
            session.delete(upload)


def close_cut(upload: Upload, actor: str = "worker") -> Item | None:
    """End a silent upload where it is: what arrived becomes an item of its own. By the lead's act or after long silence.
    Should the phone come back, it brings the item anew and the rest with it (`rejoin`). None when it can't be one yet, because not even its head arrived; then nothing has changed."""
    here = uploads.incoming(upload)
    if upload.finished_at is not None or not here.has_whole_head():
        return uploads.item_of(upload)
    device = db.session.get_one(Device, upload.device_id)
    with unit_of_work() as session:
        found = session.get_one(Upload, upload.id)
        found.length = uploads.offset_of(upload)
        found.refusals = 1  # what the phone committed to is longer: kept as it is
        found.tail = uploads.CLOSED
        log.append(actor, "upload.closed", upload.item_id, {"upload": upload.id, "size": found.length})
    return finish(device, upload)


def rejoin(upload: Upload) -> int | None:
    """Spare a returning phone what is here already: once the head of an upload that was closed has come again and is the
    same, the body goes on where it had come to. Returns the new offset, or None where nothing was closed or fits."""
    closed = _closed(upload)
    here = uploads.incoming(upload)
    if closed is None or upload.finished_at is not None or not here.has_whole_head():
        return None
    if jws.sha256(here.head_bytes()) != closed.head_sha256:
        return None
    length = uploads.session_length(upload)
    head, at = here.head.stat().st_size, here.body.stat().st_size
    end = min(closed.body_size, length - head if length is not None else closed.body_size)
    if at >= end:
        return None
    with blobs().open(f"bodies/{closed.id}") as stored, here.body.open("rb") as came:
        left = at
        while left:
            piece = came.read(min(left, 1 << 20))
            if not piece or stored.read(len(piece)) != piece:
                return None  # another sealing of the same name: it comes whole
            left -= len(piece)
        while at < end and (piece := stored.read(min(1 << 20, end - at))):
            here.write(piece, head + at)
            at += len(piece)
    here.sync()
    allowance.forget(upload.device_id)
    return head + at


def _closed(upload: Upload) -> Item | None:
    """What was stored of an upload's item when it was closed, before this upload of it began."""
    one = {"device": upload.device_id, "item": upload.item_id, "id": upload.id}
    return db.session.scalars(_CLOSED, one).first()


def finish_begun() -> int:
    """After a crash: store every upload that had all its bytes. Returns how many."""
    done = 0
    for upload in db.session.scalars(
        select(Upload).where(Upload.finished_at.is_(None), Upload.length.is_not(None))
    ).all():
        device = db.session.get_one(Device, upload.device_id)
        try:
            done += finish(device, upload) is not None
        except Problem as problem:
            current_app.logger.warning("sweep: upload %s: %s", upload.id, problem.code)
    whole = select(Item.device_id, Item.item_id).join(
        Upload, and_(Upload.item_id == Item.item_id, Upload.device_id == Item.device_id, Upload.tail >= 0)
    )
    for device_id, item_id in db.session.execute(
        whole.where(Item.attested == "match", ~Item.cut).distinct()
    ).all():
        drop_tails(device_id, item_id)
    _clear_aside()
    return done


def _clear_aside() -> None:
    """What was set aside goes once its upload is stored; a crash can fall in between."""
    left = incoming.set_aside(blobs())
    for upload in db.session.scalars(
        select(Upload.id).where(Upload.id.in_(left), Upload.finished_at.is_not(None))
    ).all():
        Incoming(blobs(), upload).remove(aside_only=True)
