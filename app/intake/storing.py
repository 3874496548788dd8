"""Storing an upload that has all its bytes: attested, named, logged, receipted. Safe to begin again after a crash."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, forget_reads, unit_of_work
from app.enrol.models import Device
from app.errors import Problem
from app.intake import handover, uploads
from app.intake.incoming import Incoming
from app.intake.models import Commitment, Item, Upload
from app.keys import keys


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
    if upload.tail != uploads.ITEM:
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
    return item


def _attest(device: Device, upload: Upload, found: tuple[int, str, int, str]) -> tuple[str, str | None, bool]:
    """(attested, kind, cut) of stored bytes against what was signed by the phone that sealed them, and by no other: a
    bearer's word for another's item attests nothing."""
    said = db.session.scalars(
        select(Commitment)
        .where(
            Commitment.device_id == handover.maker_of(device.id, upload.item_id),
            Commitment.item_id == upload.item_id,
            ~Commitment.prefix,
        )
        .order_by(Commitment.id.desc())
    ).all()
    if not said:
        return "none", None, False
    for one in said:
        if (one.head_size, one.head_sha256, one.body_size, one.body_sha256) == found:
            return "match", one.kind, one.cut
    return "differs", said[0].kind, said[0].cut


def _is_practice(maker: str, sender: Device) -> bool:
    """Sealed for the practice keys, whoever brings it later."""
    return (db.session.get(Device, maker) or sender).practice


def _refuse_once(upload: Upload, here: Incoming) -> None:
    with unit_of_work() as session:
        session.get_one(Upload, upload.id).refusals = 1
        log.append(f"device:{upload.device_id}", "item.differed", upload.item_id, {"upload": upload.id})
    here.set_aside()
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
        place = log.append(
            f"device:{device.id}", "item.received", item.item_id,
            {"item": item.id, "head": {"size": item.head_size, "sha256": item.head_sha256},
             "body": {"size": item.body_size, "sha256": item.body_sha256}, "attested": item.attested, "made_by": item.made_by},
        )  # fmt: skip
        item.log_index = place.index
        item.receipt = keys().sign(
            {"dev": device.id, "id": item.item_id, "head": {"size": item.head_size, "sha256": item.head_sha256},
             "body": {"size": item.body_size, "sha256": item.body_sha256}, "attested": item.attested,
             "at": item.received_at, "log": place.to_json()},
            "temoin-storage-receipt",
        ).encode()  # fmt: skip
        session.add(item)
        session.get_one(Upload, upload.id).finished_at = item.received_at
    return item


def _finish_tail(upload: Upload, here: Incoming) -> None:
    """A whole tail takes the place of the earlier one of its number, never before it is whole."""
    if not here.body.exists():
        here.body.touch()
    here.store()
    with unit_of_work() as session:
        older = session.scalars(
            select(Upload).where(
                Upload.device_id == upload.device_id, Upload.item_id == upload.item_id, Upload.tail == upload.tail,
                Upload.id != upload.id, Upload.finished_at.is_not(None),
            )
        ).all()  # fmt: skip
        session.get_one(Upload, upload.id).finished_at = now_ms()
        for old in older:
            session.delete(old)
    for old in older:
        blobs().erase(f"heads/{old.id}")
        blobs().erase(f"bodies/{old.id}")


def close_cut(upload: Upload, actor: str = "worker") -> Item | None:
    """End a silent upload where it is: what arrived becomes an item of its own. By the lead's act or after long silence.
    None when it can't be one yet, because not even its head arrived; then nothing has changed."""
    here = uploads.incoming(upload)
    if upload.finished_at is not None or not here.has_whole_head():
        return uploads.item_of(upload)
    device = db.session.get_one(Device, upload.device_id)
    with unit_of_work() as session:
        found = session.get_one(Upload, upload.id)
        found.length = uploads.offset_of(upload)
        found.refusals = 1  # what the phone committed to is longer: kept as it is
        log.append(actor, "upload.closed", upload.item_id, {"upload": upload.id, "size": found.length})
    return finish(device, upload)


def last_prefix(device_id: str, item_id: str) -> Commitment | None:
    """The longest prefix that the phone that seals it signed."""
    return db.session.scalars(
        select(Commitment)
        .where(
            Commitment.device_id == handover.maker_of(device_id, item_id),
            Commitment.item_id == item_id,
            Commitment.prefix,
        )
        .order_by(Commitment.body_size.desc())
    ).first()


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
    return done
