"""What came in and belongs to no observation: items and silent uploads that no journal entry names, and what was removed
on a phone without ever having been named. Nothing of it may fall through. Reads only."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.clock import now_ms
from app.db import db
from app.enrol.models import Device
from app.intake import handover, uploads
from app.intake.models import Commitment, Deletion, Handover, Item, Statement, Upload
from app.journal.models import Entry
from app.opening.models import Opening
from app.review import access, rows, work
from app.review.medium import Medium, fill, lone
from app.review.models import Work
from app.review.rows import Row

SILENT_MS = 15 * 60_000  # an upload that began this long ago and has no name should have one by now
STILL = 20  # seconds without a byte: nothing is coming just now


@dataclass(frozen=True)
class Kind:
    """One sort of loose thing: how to find all of it, by what it is named, when it came."""

    query: Select[Any]
    subject: InstrumentedAttribute[str]
    at: InstrumentedAttribute[int]


def kinds() -> dict[str, Kind]:
    return {
        "item": Kind(_items(), Item.id, Item.received_at),
        "upload": Kind(_uploads(), Upload.id, Upload.created_at),
        "removed": Kind(_removed(), Deletion.item_id, Deletion.id),
    }


def _items() -> Select[Any]:
    """Received items that no journal entry names: from a foreign client, or ahead of their entries. Looked for only among
    those that opening hasn't tied to an observation."""
    naming = aliased(Item)
    named = exists().where(
        Entry.about_item == Item.item_id, naming.id == Entry.id, naming.made_by == Item.made_by
    )
    untied = union_all(
        select(Item.id).where(Item.state.in_(("waiting", "opening", "failed"))),
        select(Opening.item).where(Opening.observation_id.is_(None)),
    )
    kind = or_(Item.kind.is_(None), Item.kind.not_in(("entry", "tail")), Item.state == "failed")
    return select(Item).where(
        Item.id.in_(untied), kind, ~named, ~exists().where(Entry.id == Item.id), Item.withdrawn.is_(None)
    )


def _uploads() -> Select[Any]:
    """Uploads that began long ago, were never finished, and that no journal entry names."""
    naming = aliased(Item)
    carried = (
        exists()
        .where(
            Handover.device_id == Upload.device_id,
            Handover.item_id == Upload.item_id,
            Handover.from_device == naming.made_by,
        )
        .correlate(Upload, naming)
    )
    named = exists().where(
        Entry.about_item == Upload.item_id,
        naming.id == Entry.id,
        or_(naming.made_by == Upload.device_id, carried),
    )
    opened = exists().where(Opening.item == Upload.id)
    return select(Upload).where(
        Upload.tail == uploads.ITEM,
        Upload.finished_at.is_(None),
        ~exists().where(Item.id == Upload.id),
        ~named,
        or_(opened, Upload.created_at < now_ms() - SILENT_MS),
    )


def _removed() -> Select[Any]:
    """Items that a person removed on the phone before they were received, without an entry that says what they were."""
    newest = (
        select(func.max(Deletion.id))
        .where(
            ~exists().where(Item.item_id == Deletion.item_id),
            ~exists().where(Entry.about_item == Deletion.item_id),
        )
        .group_by(Deletion.item_id)
    )
    return select(Deletion).where(Deletion.id.in_(newest))


def counted(viewer: User) -> Counter[str]:
    """How many there are by state; `mine` and `all` besides."""
    found: Counter[str] = Counter()
    for kind in kinds().values():
        inner = kind.query.with_only_columns(kind.subject.label("subject")).subquery()
        grouped = (
            select(Work.state, Work.holder, func.count())
            .select_from(inner)
            .join(Work, Work.subject == inner.c.subject, isouter=True)
            .where(access.listed(viewer, inner.c.subject))
            .group_by(Work.state, Work.holder)
        )
        found += work.tally(viewer, db.session.execute(grouped))
    return found


def listed(viewer: User, standing: ColumnElement[bool], most: int) -> list[Row]:
    """The newest of each kind that stand so (`queue.standing`), newest first."""
    found: list[Row] = []
    for name, kind in kinds().items():
        query = kind.query.join(Work, Work.subject == kind.subject, isouter=True).where(
            standing, access.listed(viewer, kind.subject)
        )
        chosen: list[Any] = list(db.session.scalars(query.order_by(kind.at.desc()).limit(most)))
        if chosen:
            found += _MAKERS[name](chosen)
    subjects = [row.subject for row in found]
    if subjects:
        held = select(Work.subject).where(Work.subject.in_(subjects))
        marked: set[str] = set(db.session.scalars(held.where(Work.sensitive)))
        mine: set[str] = set(db.session.scalars(held.where(access.readable(viewer, Work.subject))))
        lead = "lead" in viewer.role_names
        chosen_for: set[str] = set(db.session.scalars(access.chosen(viewer)))
        opened = {s: (s in marked, lead or s in mine or s in chosen_for) for s in subjects}
        rows.stand(viewer, found, opened)
    return sorted(found, key=lambda row: row.received_at, reverse=True)[:most]


def _item_rows(items: list[Item]) -> list[Row]:
    openings = rows.latest_openings(item.id for item in items)
    return [
        Row(
            subject=item.id,
            at=item.received_at,
            received_at=item.received_at,
            media=Counter({item.kind or "import": 1}),
            marks=rows.marks_of([item], [openings[item.id]] if item.id in openings else [], 1),
            loose="item",
        )
        for item in items
    ]


def _upload_rows(found: list[Upload]) -> list[Row]:
    return [
        Row(
            subject=upload.id,
            at=upload.created_at,
            received_at=upload.created_at,
            media=Counter({_kind(upload.item_id): 1}),
            marks=["arriving" if arriving(upload) else "silent"],
            loose="upload",
        )
        for upload in found
    ]


def _removed_rows(found: list[Deletion]) -> list[Row]:
    labels = {device.id: device.label for device in db.session.scalars(select(Device))}
    made = []
    for deletion in found:
        at = said_at(deletion)
        made.append(
            Row(
                subject=deletion.item_id,
                at=at,
                received_at=at,
                media=Counter({_kind(deletion.item_id): 1}),
                marks=["removed"],
                loose="removed",
                phone=labels.get(deletion.device_id, ""),
            )
        )
    return made


_MAKERS: dict[str, Callable[[list[Any]], list[Row]]] = {
    "item": _item_rows,
    "upload": _upload_rows,
    "removed": _removed_rows,
}


def arriving(upload: Upload) -> bool:
    """Whether bytes of it came a moment ago."""
    try:
        return time.time() - uploads.incoming(upload).touched() < STILL
    except OSError:
        return False


def said_at(deletion: Deletion) -> int:
    """When the server took the phone's word for it, ms."""
    found = db.session.scalar(select(Statement.at).where(Statement.sha256 == deletion.statement))
    return int(found or 0)


def _kind(item_id: str) -> str:
    """What the phone committed to, in the words of media; `import` where it said nothing."""
    said = db.session.scalar(
        select(Commitment.kind).where(Commitment.item_id == item_id).order_by(Commitment.id.desc()).limit(1)
    )
    return said or "import"


def medium(subject: str) -> Medium | None:
    """What a loose thing is, for its page: by `Item.id` or `Upload.id`, else by the item id of something removed."""
    item = db.session.get(Item, subject)
    if item is not None:
        return lone(item)
    upload = db.session.get(Upload, subject)
    if upload is not None and upload.tail == uploads.ITEM:
        maker = handover.maker_of(upload.device_id, upload.item_id)
        shown = Medium(1, upload.item_id, _kind(upload.item_id), upload.created_at, {}, made_by=maker)
        fill([shown])
        return shown
    deletion = db.session.scalars(_removed().where(Deletion.item_id == subject)).first()
    if deletion is None:
        return None
    shown = Medium(1, subject, _kind(subject), said_at(deletion), {}, made_by=deletion.device_id)
    fill([shown])
    return shown
