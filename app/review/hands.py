"""Whose hands a thing came through: which phone sealed it, which one brought it, and whether that was after the moment
from which a phone is suspect. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.intake import handover
from app.intake.models import Commitment, Deletion, Item, Statement


@dataclass(frozen=True)
class Hands:
    """`maker` sealed it, `bearer` sent it: labels of phones, the same one unless it was handed over. Times in ms."""

    maker: str
    bearer: str
    handed_over: bool
    suspect_since: int | None  # of the phone that sealed it or of the one that sent it, the earlier
    suspect: bool  # received or signed after that
    announced_before: bool  # the phone that sealed it had committed to exactly these bytes before that
    unproven: bool = False  # that `maker` sealed it is the bearer's word alone
    other: str = (
        ""  # where the observation is another phone's: "again", the same phone enrolled again, or "stranger"
    )

    @property
    def marks(self) -> list[str]:
        tests = (
            ("suspect", self.suspect),
            ("unproven", self.unproven),
            ("handed-over", self.handed_over and not self.unproven),
            ("by-another", self.other == "stranger" and not self.handed_over),
        )
        return [name for name, holds in tests if holds]


@dataclass(frozen=True)
class Removed:
    """A person took it off the phone before it was received, by a statement that the phone signed."""

    at: int
    phone: str
    log_index: int


def hands(
    made_by: str,
    device_id: str,
    at: int,
    announced: ColumnElement[bool] | None = None,
    unproven: bool = False,
    of: str | None = None,
) -> Hands:
    """What came from `device_id` at a moment and was sealed by `made_by`. `announced` tells its commitments; `of`: the
    device whose observation it stands in."""
    maker, bearer = db.session.get(Device, made_by), db.session.get(Device, device_id)
    since = min((d.suspect_since for d in (maker, bearer) if d and d.suspect_since is not None), default=None)
    suspect = since is not None and at >= since
    before = False
    if suspect and announced is not None:
        before = bool(
            db.session.scalar(
                select(
                    exists().where(
                        Statement.sha256 == Commitment.statement,
                        announced,
                        ~Commitment.prefix,
                        Statement.at < since,
                    )
                )
            )
        )
    return Hands(
        maker=maker.label if maker else "",
        bearer=bearer.label if bearer else "",
        handed_over=made_by != device_id,
        suspect_since=since,
        suspect=suspect,
        announced_before=before,
        unproven=unproven,
        other="" if of in (None, made_by) else "again" if made_by in enrol.line_of(str(of)) else "stranger",
    )


def of_item(item: Item, of: str | None = None) -> Hands:
    same_bytes = and_(
        Commitment.item_id == item.item_id,
        Commitment.device_id == item.made_by,
        Commitment.head_sha256 == item.head_sha256,
        Commitment.body_sha256 == item.body_sha256,
    )
    unproven = not handover.is_proven(item)
    return hands(item.made_by, item.device_id, item.received_at, same_bytes, unproven, of)


def worth_a_word() -> ColumnElement[bool]:
    """Items that were handed over or came from a phone that is suspect since some moment: few, as a rule."""
    suspects = select(Device.id).where(Device.suspect_since.is_not(None))
    return or_(Item.made_by != Item.device_id, Item.device_id.in_(suspects), Item.made_by.in_(suspects))


def of_items(ids: Iterable[str], of: str) -> dict[str, Hands]:
    """By `Item.id`, only of those that a page has to say something of: handed over, of a suspect phone, or of another
    phone than `of`, whose observation it is."""
    wanted = select(Item).where(Item.id.in_(list(ids)), or_(worth_a_word(), Item.made_by != of))
    found = {item.id: of_item(item, of) for item in db.session.scalars(wanted)}
    return {item: said for item, said in found.items() if said.marks or said.other}


def removed(item_ids: Iterable[str], devices: Iterable[str]) -> dict[str, Removed]:
    """By item id, what a person removed on one of these phones."""
    rows = db.session.execute(
        select(Deletion.item_id, Statement, Device.label)
        .join(Statement, Statement.sha256 == Deletion.statement)
        .join(Device, Device.id == Deletion.device_id)
        .where(Deletion.item_id.in_(list(item_ids)), Deletion.device_id.in_(list(devices)))
        .order_by(Deletion.id.desc())
    )
    return {row[0]: Removed(row[1].at, row[2], row[1].log_index) for row in rows}
