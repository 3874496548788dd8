"""Uploads that fell silent: opened as far as they go, so that the desk sees what a smashed phone had sent."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from app.blobs import blobs
from app.db import db, unit_of_work
from app.intake import handover, prefixes, uploads
from app.intake.models import Upload
from app.journal import service as journal
from app.keys import keys
from app.opening import service as opening
from app.opening.models import Opening
from app.opening.run import ChildFailed, Order
from app.seal import SealError, whole_chunks

_tried: dict[str, int] = {}  # silent uploads that could not be opened, and how much of them there was


def open_silent(upload: Upload) -> bool:
    """Open an unfinished upload as far as it goes; head kept, upload still open. False if there was nothing new.

    Raises nothing for bytes that can't be opened: they may still become whole."""
    here = uploads.incoming(upload)
    if not here.body.exists() or not here.has_whole_head():
        return False
    size, head = here.body.stat().st_size, here.head_bytes()
    last = opening.newest_of(upload.id)
    if (last is not None and last.sealed_size == size) or _tried.get(upload.id) == size:
        return False
    config = current_app.config["TEMOIN"]
    try:
        order = Order(
            opening.unwrap(head), size, keys().storage_recipient, config.child_memory,
            opening.tails(upload.device_id, upload.item_id, size),
        )  # fmt: skip
        with here.body.open("rb") as body:
            made, name = opening.run_child(order, body)
    except (SealError, ChildFailed) as error:
        current_app.logger.warning("opening the silent %s: %s", upload.item_id, error)
        _tried[upload.id] = size
        return False
    if not made["original_size"]:
        _tried[upload.id] = size
        return False
    found = opening.record(upload.id, made, name)
    found.provisional, found.sealed_size = True, size
    maker = handover.maker_of(upload.device_id, upload.item_id)
    with here.body.open("rb") as body:
        found.attested_size = whole_chunks(prefixes.covered(maker, upload.item_id, head, body, size))
    found.observation_id = journal.observation_of_media(maker, upload.item_id)
    with unit_of_work() as session:
        session.add(found)
        opening.note(upload.item_id, found)
        replaced = _replace_provisional(upload.id, found)
    for copy in replaced:
        blobs().erase(f"working/{copy}")
    return True


def _replace_provisional(upload_id: str, by: Opening) -> list[str]:
    """The copies that earlier provisional openings made, no longer named: the log keeps what each one found, the disk
    needn't keep every beginning of a film."""
    db.session.flush()
    earlier = db.session.scalars(
        select(Opening).where(
            Opening.item == upload_id, Opening.provisional, Opening.working.is_not(None), Opening.id != by.id
        )
    ).all()
    names = [str(one.working) for one in earlier]
    for one in earlier:
        one.working, one.problem = None, "replaced"
    return names
