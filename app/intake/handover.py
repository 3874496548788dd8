"""Items that one enrolment sealed and another sends: after a phone was lost and enrolled again, or through an outbox file.

A phone's word for it is a signed statement; without one nobody may send what another enrolment has announced. That word
is the bearer's alone: it lets the bytes in, under both names. Who sealed them is proven by the maker's own signed
commitment, or known here because a person invited the one phone in the place of the other; nothing else is believed.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import bindparam, or_, select, union

from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.errors import Problem
from app.intake.models import Commitment, Handover, Item, Upload

# Asked for every upload of every phone: built once.
_MAKER = (
    select(Handover.from_device)
    .where(Handover.device_id == bindparam("device"), Handover.item_id == bindparam("item"))
    .order_by(Handover.id.desc())
    .limit(1)
)
_NAMED = union(
    select(Commitment.device_id).where(Commitment.item_id == bindparam("item")),
    select(Upload.device_id).where(Upload.item_id == bindparam("item")),
)


def refuse_unbacked(device_id: str, before: str, ids: list[str]) -> None:
    """Without ids a handover says "I go on as that phone": only a person's invitation in its place gives that. Raises
    Problem."""
    if not ids and before not in enrol.line_of(device_id):
        raise Problem(
            "not-handed-over",
            _("This phone wasn't invited in the place of the other one."),
            409,
        )


def record(device_id: str, statement: str, before: str, ids: list[str]) -> None:
    """Keep what a handover statement says. Within the caller's unit of work. What came before it stays as it came."""
    named: list[str | None] = [*ids] or [None]
    for item_id in named:
        db.session.add(
            Handover(statement=statement, device_id=device_id, from_device=before, item_id=item_id)
        )
    db.session.flush()


def maker_of(device_id: str, item_id: str) -> str:
    """The enrolment that sealed what `device_id` sends under this id, as `device_id` says."""
    return db.session.scalar(_MAKER, {"device": device_id, "item": item_id}) or device_id


def senders_of(maker: str, item_ids: Iterable[str]) -> dict[str, set[str]]:
    """By item id, every enrolment that may send these items of `maker`: itself, and whom it was handed over to."""
    found = {item_id: {maker} for item_id in item_ids}
    query = select(Handover).where(Handover.from_device == maker, Handover.item_id.in_(list(found)))
    for said in db.session.scalars(query):
        found[str(said.item_id)].add(said.device_id)
    return found


def kin(device_id: str) -> set[str]:
    """This enrolment and all that some phone has tied to it by a handover, in either direction, however long the chain.
    Only phones' words: what comes of it is shown under the bearer's name and changes nothing else."""
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


def is_proven(item: Item) -> bool:
    """Whether the enrolment named as its maker sealed it beyond the bearer's word: it sent it itself, it signed for
    exactly these bytes, or the bearer is the same phone, enrolled again."""
    return (
        item.made_by == item.device_id
        or item.attested == "match"
        or item.made_by in enrol.line_of(item.device_id)
    )


def refuse_anothers(device: Device, item_id: str) -> None:
    """Refuse an item that another enrolment has announced or begun to send. Raises Problem."""
    others = set(db.session.scalars(_NAMED, {"item": item_id})) - {device.id}
    maker = maker_of(device.id, item_id) if others else None
    if any(maker_of(other, item_id) != maker for other in others):
        raise Problem(
            "not-handed-over",
            _("Another phone has announced this item. It is taken from this one only after a handover."),
            409,
        )


def carries(device_id: str, other: str) -> bool:
    """Whether this enrolment may bring the other's statements: it has said that it sends something of it. They are
    checked against that one's own key."""
    return (
        db.session.scalar(
            select(Handover.id).where(Handover.device_id == device_id, Handover.from_device == other).limit(1)
        )
        is not None
    )
