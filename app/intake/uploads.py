"""Uploads: created, written, finished, stored. The only writer of uploads and items."""

from __future__ import annotations

import hmac
from typing import BinaryIO

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import bindparam, exists, select
from sqlalchemy.exc import IntegrityError

from app.blobs import blobs, is_full
from app.clock import now_ms
from app.db import db, forget_reads, unit_of_work
from app.enrol.models import Device
from app.errors import Problem, disk_full
from app.ids import is_id, new_id
from app.intake import handover
from app.intake.allowance import Meter, forget
from app.intake.incoming import Incoming, Overtaken, append_from, pieces, spool
from app.intake.models import Commitment, Item, Upload
from app.intake.tus import Creation, Patch
from app.seal import SealError

ITEM = -1  # Upload.tail of an upload that is an item itself
CLOSED = -2  # the same, closed here before it was whole: the phone may bring it anew, with the rest
TAIL_LIMIT = 128 * 1024  # bytes; a tail holds less than one chunk

# Asked for every piece of every phone: built once.
_OF_ITEM = select(Upload).where(
    Upload.device_id == bindparam("device"), Upload.item_id == bindparam("item"), Upload.tail == ITEM
)
# A closed upload whose item was withdrawn since: nothing more is taken of it.
_WITHDRAWN = (
    select(Upload)
    .join(Item, Item.id == Upload.id)
    .where(
        Upload.device_id == bindparam("device"),
        Upload.item_id == bindparam("item"),
        Item.withdrawn.is_not(None),
    )
)
_LENGTH = select(Upload.length).where(Upload.id == bindparam("id"))


def not_age() -> Problem:
    return Problem("not-age", _("This isn't a sealed file. Nothing was stored."), 415)


def _too_large() -> Problem:
    return Problem("too-large", _("This is larger than the server accepts."), 413)


def incoming(upload: Upload) -> Incoming:
    return Incoming(blobs(), upload.id)


def offset_of(upload: Upload) -> int:
    """Bytes that have arrived."""
    if upload.finished_at is not None:
        return upload.length or 0
    return incoming(upload).offset()


def limit_of(upload: Upload) -> int:
    """The most bytes that it may have."""
    return TAIL_LIMIT if upload.tail >= 0 else int(current_app.config["TEMOIN"].max_item)


def find(device: Device, upload_id: str) -> Upload:
    """An upload of this device. Raises Problem: another device's doesn't exist for it, nor does one that was closed: the
    phone then creates it anew."""
    upload = db.session.get(Upload, upload_id) if is_id(upload_id) else None
    if upload is None or upload.device_id != device.id or upload.tail == CLOSED:
        raise Problem("not-found", _("There is no such upload."), 404)
    return upload


def create(device: Device, creation: Creation) -> Upload:
    """A new upload, or the one that this device already has for this item. Raises Problem."""
    item_id, tail = _named(creation.metadata)
    if tail != ITEM and (creation.length or 0) > TAIL_LIMIT:
        raise _too_large()
    meter = Meter.of(device)
    with unit_of_work() as session:
        known = _known(device, item_id, tail, creation.length)
        if known is not None:
            return known
        meter.begin(creation.length or 0)
        handover.refuse_anothers(device, item_id)
        upload = Upload(
            id=new_id(), device_id=device.id, item_id=item_id, tail=tail, length=creation.length,
            created_at=now_ms(), refusals=0,
        )  # fmt: skip
        session.add(upload)
    meter.begun()
    return upload


def _known(device: Device, item_id: str, tail: int, length: int | None) -> Upload | None:
    """The upload that this device already has for an item. Within the caller's unit of work. Raises Problem."""
    if tail != ITEM:
        return None
    known = db.session.scalars(_OF_ITEM, {"device": device.id, "item": item_id}).first()
    if known is None:
        return db.session.scalars(_WITHDRAWN, {"device": device.id, "item": item_id}).first()
    if known.length is None and length is not None:
        if length < offset_of(known):
            raise Problem("bad-header", _("The upload's length is below what has arrived."), 400)
        known.length = length
    return known


def _named(metadata: dict[str, bytes]) -> tuple[str, int]:
    item_id = metadata.get("item", b"").decode("ascii", "replace") or new_id()
    tail = metadata.get("tail", b"").decode("ascii", "replace")
    if not is_id(item_id) or tail not in {"", "0", "1"}:
        raise Problem("bad-metadata", _("The upload doesn't name an item."), 400)
    return item_id, int(tail) if tail else ITEM


def write(device: Device, upload: Upload, patch: Patch, stream: BinaryIO) -> int:
    """Take a PATCH's body. Returns the new offset, durable. Raises Problem; then what arrived is kept too, except with
    a checksum, where it is all or nothing."""
    meter = Meter.of(device)
    meter.room(0)
    if patch.length is not None:
        with unit_of_work() as session:
            session.get_one(Upload, upload.id).length = patch.length
    final = session_length(upload)
    limit = (final if final is not None else limit_of(upload)) - patch.offset
    here = incoming(upload)
    upload_id = upload.id
    forget_reads()
    try:
        if patch.checksum is None:
            return _write_plain(here, stream, patch.offset, limit, patch.size, meter)
        return _write_checked(here, stream, patch, limit, meter)
    except SealError as error:
        current_app.logger.info("refused upload %s: %s", upload_id, error)
        here.remove()
        raise not_age() from error
    except Overtaken as error:
        raise Problem(
            "offset", _("Another request is writing this upload. Ask for its offset again."), 409
        ) from error
    except OSError as error:
        if is_full(error):
            here.sync()
            raise disk_full() from error
        raise


def session_length(upload: Upload) -> int | None:
    return db.session.scalar(_LENGTH, {"id": upload.id})


def _write_plain(
    here: Incoming, stream: BinaryIO, offset: int, limit: int, size: int | None, meter: Meter
) -> int:
    wanted = limit if size is None else min(limit, size)
    taken = 0
    try:
        # A cut line ends the body early without an error: what came is written, and the offset tells the truth.
        for piece in pieces(stream, wanted):
            meter.take(len(piece))
            here.write(piece, offset + taken)
            taken += len(piece)
    finally:
        here.sync()
    if size is None and taken == wanted and stream.read(1):
        raise _too_large()
    return offset + taken


def _write_checked(here: Incoming, stream: BinaryIO, patch: Patch, limit: int, meter: Meter) -> int:
    assert patch.checksum is not None
    running = patch.checksum.start()
    spooled = here.body.with_name(f"{here.upload}.{new_id()[:8]}-check")
    try:
        with spooled.open("wb") as target:
            size = spool(stream, target, running, limit, meter.take)
        if not hmac.compare_digest(running.digest(), patch.checksum.digest) or size != (patch.size or size):
            raise Problem(
                "checksum", _("The bytes don't match their checksum. Nothing of this part was kept."), 460
            )
        return append_from(here, spooled, patch.offset)
    finally:
        here.sync()
        spooled.unlink(missing_ok=True)


def item_of(upload: Upload) -> Item | None:
    return db.session.get(Item, upload.id)


def tails_of(device_id: str, item_id: str) -> list[Upload]:
    """Whole tails of an item, newest first; the enrolment that sealed it may have sent some before it was lost."""
    return list(
        db.session.scalars(
            select(Upload)
            .where(
                Upload.device_id.in_({device_id, handover.maker_of(device_id, item_id)}),
                Upload.item_id == item_id,
                Upload.tail != ITEM,
                Upload.finished_at.is_not(None),
            )
            .order_by(Upload.finished_at.desc())
        )
    )


def unfinished() -> list[Upload]:
    """Uploads of items that have begun and not ended, but for those whose item came whole by a handover."""
    came_otherwise = exists().where(
        Item.item_id == Upload.item_id, Item.made_by == Upload.device_id, Item.attested == "match"
    )
    return list(
        db.session.scalars(
            select(Upload).where(Upload.finished_at.is_(None), Upload.tail == ITEM, ~came_otherwise)
        )
    )


def terminate(upload: Upload) -> None:
    """Forget an upload that isn't finished. What is stored, or announced by a signed statement, or already shown at the
    desk can't be withdrawn: whoever took the phone has its token too."""
    device = upload.device_id
    kept = Problem("finished", _("This item is stored and can't be withdrawn by the phone."), 403)
    announced = exists().where(Commitment.item_id == upload.item_id, Commitment.device_id == upload.device_id)
    if upload.finished_at is not None or db.session.scalar(select(announced)):
        raise kept
    try:
        with unit_of_work() as session:
            session.delete(session.get_one(Upload, upload.id))
    except IntegrityError as error:  # an opening refers to it
        raise kept from error
    incoming(upload).remove()
    forget(device)
