"""Old intake keys are destroyed when nothing sealed to them can still come: afterwards a seized server opens no more
than the present month's waiting items. When in doubt a key is kept; custody opens everything in any case.
"""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import ColumnElement, or_, select

from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.enrol.models import Device
from app.intake import uploads
from app.intake.models import Item
from app.keys import keys

REVOKED_MAY_RETURN = 90 * 86_400_000  # ms: a revoked phone's outbox may be handed over that long


def destroy_old() -> list[str]:
    """Destroy every intake key but the newest that nothing needs any more. Returns the months."""
    months = keys().intake_months()
    destroyed = []
    for (month, _published), (_next, replaced_at) in pairwise(months):
        if _may_be_needed(replaced_at):
            continue
        with unit_of_work():
            log.append("worker", "intake.destroyed", month)
        keys().destroy_intake(month)
        destroyed.append(month)
    return destroyed


def _may_be_needed(replaced_at: int) -> bool:
    """Whether anything sealed before `replaced_at` (ms) may still have to be opened here."""
    if (
        uploads.unfinished()
        or db.session.scalars(select(Item.id).where(Item.state.in_(["waiting", "opening"]))).first()
    ):
        return True
    opened = db.session.scalars(
        select(Item.id).where(Item.state == "opened", Item.received_at > now_ms() - 31 * 86_400_000)
    )
    if any(blobs().exists(f"heads/{item}") for item in opened):
        return True
    return (
        db.session.scalars(select(Device.id).where(or_(*_devices_that_may_send(replaced_at)))).first()
        is not None
    )


def _devices_that_may_send(replaced_at: int) -> tuple[ColumnElement[bool], ...]:
    active = Device.revoked_at.is_(None) & Device.retired_at.is_(None)
    phone = active & Device.public_key.is_not(None)
    return (
        # It seals to the old key until it has fetched newer pins, and holds what it sealed until it says otherwise.
        phone & (Device.pins_at.is_(None) | (Device.pins_at <= replaced_at)),
        phone & (Device.empty_at.is_(None) | (Device.empty_at <= Device.pins_at)),
        # A foreign client was told its recipients once.
        active & Device.public_key.is_(None) & (Device.enrolled_at <= replaced_at),
        ~active & (Device.holds_items > 0) & (Device.last_contact > now_ms() - REVOKED_MAY_RETURN),
    )
