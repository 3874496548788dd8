"""Items that one enrolment sealed and another sends: after a phone was lost and enrolled again, or through an outbox file.

A phone's word for it is a signed statement; without one nobody may send what another enrolment has announced."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.db import db
from app.enrol.models import Device
from app.errors import Problem
from app.intake.models import Commitment, Handover, Item, Upload


def record(session: Session, device: Device, statement: str, before: str, ids: list[str]) -> None:
    """Keep what a handover statement says. Within the caller's unit of work; items that came first are told too."""
    named: list[str | None] = [*ids] or [None]
    for item_id in named:
        session.add(Handover(statement=statement, device_id=device.id, from_device=before, item_id=item_id))
    session.flush()
    session.execute(
        update(Item).where(Item.device_id == device.id, Item.item_id.in_(ids)).values(made_by=before)
    )


def maker_of(device_id: str, item_id: str) -> str:
    """The enrolment that sealed what `device_id` sends under this id."""
    named = db.session.scalar(
        select(Handover.from_device)
        .where(Handover.device_id == device_id, Handover.item_id == item_id)
        .order_by(Handover.id.desc())
        .limit(1)
    )
    return named or device_id


def senders_of(maker: str, item_ids: Iterable[str]) -> dict[str, set[str]]:
    """By item id, every enrolment that may send these items of `maker`: itself, and whom it was handed over to."""
    found = {item_id: {maker} for item_id in item_ids}
    query = select(Handover).where(Handover.from_device == maker, Handover.item_id.in_(list(found)))
    for said in db.session.scalars(query):
        found[str(said.item_id)].add(said.device_id)
    return found


def kin(device_id: str) -> set[str]:
    """This enrolment and all that it is tied to by handovers, in either direction, however long the chain."""
    known, waiting = {device_id}, [device_id]
    while waiting:
        here = waiting.pop()
        ties = db.session.execute(
            select(Handover.device_id, Handover.from_device)
            .where(or_(Handover.device_id == here, Handover.from_device == here))
            .distinct()
        )
        new = {one for row in ties for one in row} - known
        known |= new
        waiting += new
    return known


def refuse_anothers(device: Device, item_id: str) -> None:
    """Refuse an item that another enrolment has announced or begun to send. Raises Problem."""
    others = set(db.session.scalars(select(Commitment.device_id).where(Commitment.item_id == item_id)))
    others |= set(db.session.scalars(select(Upload.device_id).where(Upload.item_id == item_id)))
    others.discard(device.id)
    maker = maker_of(device.id, item_id)
    if any(maker_of(other, item_id) != maker for other in others):
        raise Problem(
            "not-handed-over",
            _("Another phone has announced this item. It is taken from this one only after a handover."),
            409,
        )


def carries(device_id: str, other: str) -> bool:
    """Whether this enrolment has said that it sends something of the other: then it may bring its statements."""
    return (
        db.session.scalar(
            select(Handover.id).where(Handover.device_id == device_id, Handover.from_device == other).limit(1)
        )
        is not None
    )
