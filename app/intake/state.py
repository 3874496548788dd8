"""What a phone may know of its own items: how far they came, and their receipts."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.clock import now_ms
from app.custody import log
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.errors import Problem
from app.ids import is_id
from app.intake.models import Handover, Item, Upload
from app.intake.uploads import ITEM, offset_of


def of_items(device: Device, ids: object) -> dict[str, Any]:
    """The answer to `/api/status`. Raises Problem."""
    if not isinstance(ids, list) or len(ids) > 200 or not all(is_id(i) for i in ids):
        raise Problem("bad-json", _("The request can't be read."), 400)
    received = {
        item.item_id: item.receipt.decode()
        for item in db.session.scalars(
            # A receipt for what was closed here would be one for other bytes than the phone's: it brings the rest.
            select(Item)
            .join(Upload, Upload.id == Item.id)
            .where(
                Item.device_id == device.id,
                Item.item_id.in_(ids),
                or_(Upload.tail == ITEM, Item.withdrawn.is_not(None)),
            )
        )
    }
    started = {
        upload.item_id: upload
        for upload in db.session.scalars(
            select(Upload).where(Upload.device_id == device.id, Upload.item_id.in_(ids), Upload.tail == ITEM)
        )
    }
    received = (
        _of_the_same_phone(device, [i for i in ids if i not in received and i not in started]) | received
    )
    size, chain = log.head()
    return {
        "items": {item_id: _one(started.get(item_id), received.get(item_id)) for item_id in ids},
        "backed_up_to": 0,  # no backup command exists yet: nothing is covered, and phones wait
        "backup": current_app.config["TEMOIN"].backup,
        "seen": {"size": size, "hash": chain},
        "time": now_ms(),
    }


def _of_the_same_phone(device: Device, ids: list[str]) -> dict[str, str]:
    """Receipts that this phone had under an enrolment before, by a person's invitation: it may hold what they are for.
    Not for what it has begun to send again under this one."""
    before = enrol.line_of(device.id) - {device.id} if ids else set()
    if not before:
        return {}
    again = select(Handover.item_id).where(Handover.device_id == device.id, Handover.item_id.in_(ids))
    found = select(Item).where(Item.device_id.in_(before), Item.item_id.in_(ids), Item.item_id.not_in(again))
    return {item.item_id: item.receipt.decode() for item in db.session.scalars(found)}


def _one(upload: Upload | None, receipt: str | None) -> dict[str, Any]:
    if upload is None:
        return {"offset": None, "upload": None, "receipt": receipt}
    return {
        "offset": offset_of(upload),
        "upload": url_for("intake.head", upload_id=upload.id),
        "receipt": receipt,
    }
