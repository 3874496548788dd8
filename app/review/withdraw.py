"""Withdrawing: what is taken out for good by a lead, with a reason. Working copies, the head that opens the original and
everything that was read out of it go; hashes, receipts, the sealed body that nobody can open and a tombstone stay.

In one transaction the log says it and the rows are emptied; then the files go, whose names the row of the withdrawal
keeps until then. A crash in between is finished by the worker's sweep, and so is what a phone brings later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db, unit_of_work
from app.errors import Problem
from app.intake import storing, uploads
from app.intake.models import Item, Superseded, Upload, Withdrawal
from app.journal.models import Entry, Observation
from app.keys import keys
from app.opening.models import Crop, Opening, Viewing
from app.review import hold
from app.review.models import Note, Work

# Hashes, sizes and reasons: what must stay so that everything is still accounted for.
KEPT_VERBS = frozenset(
    ("item.received", "item.differed", "upload.closed", "head.closed", "observation.withdrawn", "item.withdrawn",
     "hold.set", "hold.lifted")
)  # fmt: skip
# Rows that go whole, the ones that refer to others first. By name: some belong to parts above this one.
GONE = (
    "reading_pattern", "candidate_decision", "officer_link", "incident_verdict", "incident_member", "incident_shift",
    "reading", "marking", "sighting", "crop", "review_note", "review_choice",
)  # fmt: skip


@dataclass
class Parts:
    """What belongs to a subject. Ids of uploads name files; `entries`, `media`: how many there are of each."""

    items: set[str] = field(default_factory=set)  # Item.id and Superseded.id
    uploads: set[str] = field(default_factory=set)  # the same and unfinished ones
    named: set[str] = field(default_factory=set)  # item ids, as the phone gave them
    entries: int = 0
    media: int = 0
    notes: int = 0
    readings: int = 0


def find(subject: str) -> Observation | Item | None:
    return db.session.get(Observation, subject) or db.session.get(Item, subject)


def tombstone(subject: str) -> Withdrawal | None:
    """The first act that withdrew a subject."""
    return db.session.scalars(
        select(Withdrawal).where(Withdrawal.subject == subject).order_by(Withdrawal.log_index).limit(1)
    ).first()


def parts(subject: str) -> Parts:
    """Everything of an observation, or of an item that belongs to none."""
    found = Parts()
    if db.session.get(Observation, subject) is None:
        item = db.session.get(Item, subject)
        if item is not None:
            found.items, found.uploads, found.named, found.media = {item.id}, {item.id}, {item.item_id}, 1
        _add_superseded(found)
        _count(found, subject)
        return found
    entries = db.session.execute(
        select(Item.id, Item.item_id, Item.made_by, Entry.about_item)
        .join(Entry, Entry.id == Item.id)
        .where(Entry.observation_id == subject)
    ).all()
    found.items = {row.id for row in entries}
    found.named = {row.item_id for row in entries}
    found.entries = len(found.items)
    about = {(row.made_by, row.about_item) for row in entries if row.about_item}
    opened = set(db.session.scalars(select(Opening.item).where(Opening.observation_id == subject)))
    media: set[str] = set()
    for item in db.session.scalars(
        select(Item).where(or_(Item.id.in_(opened), Item.item_id.in_([name for _maker, name in about])))
    ):
        if item.id in opened or (item.made_by, item.item_id) in about:
            media.add(item.id)
            found.named.add(item.item_id)
    found.media = len(media | opened)
    found.items |= media
    found.uploads = found.items | opened
    _add_superseded(found)
    _count(found, subject)
    return found


def _add_superseded(found: Parts) -> None:
    before = set(db.session.scalars(select(Superseded.id).where(Superseded.by.in_(found.uploads))))
    found.items |= before
    found.uploads |= before


def _count(found: Parts, subject: str) -> None:
    found.notes = db.session.scalar(select(func.count()).where(Note.subject == subject)) or 0
    reading = db.metadata.tables["reading"]
    found.readings = (
        db.session.scalar(
            select(func.count()).select_from(reading).where(reading.c.observation_id == subject)
        )
        or 0
    )


def withdraw(user: User, subject: str, reason: str) -> Withdrawal:
    """Withdraw a subject. Raises Problem under legal hold, for a second time, and for what isn't there."""
    why = hold.reason_of(reason)
    _refuse(subject)
    # What has begun to come ends here first: then it is an item like the others.
    for upload in db.session.scalars(
        select(Upload).where(Upload.id.in_(parts(subject).uploads), Upload.finished_at.is_(None))
    ).all():
        storing.close_cut(upload, user.actor)
    with unit_of_work() as session:
        _refuse(subject)  # a hold may have been set meanwhile
        done = _empty(session, user.actor, subject, why)
    erase_files(done)
    return db.session.get_one(Withdrawal, done)


def _refuse(subject: str) -> None:
    if find(subject) is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    if hold.on(subject) is not None:
        raise Problem("held", _("A legal hold lies on it: nothing of it may be withdrawn."), 409)
    if tombstone(subject) is not None:
        raise Problem("withdrawn", _("It was withdrawn already."), 409)


def _empty(session: Session, actor: str, subject: str, why: str) -> int:
    """Say it in the log and empty the rows. Within the caller's unit of work. Returns the index of the log entry."""
    found, seen = parts(subject), session.get(Observation, subject)
    erased = _details_of(session, found, subject)
    place = log.append(
        actor, "observation.withdrawn" if seen is not None else "item.withdrawn", subject,
        {"reason": why, "items": sorted(found.items), "erased": erased},
    )  # fmt: skip
    files = _files(session, found, subject)
    for detail in session.scalars(select(LogDetail).where(LogDetail.index.in_(erased))):
        detail.salt = detail.detail = None
    _delete_rows(session, subject)
    _empty_rows(session, found, subject, place.index)
    if seen is not None and seen.withdrawn is None:
        seen.withdrawn, seen.site, seen.lat, seen.lon, seen.accuracy = place.index, None, None, None, None
    session.add(
        Withdrawal(
            log_index=place.index,
            subject=subject,
            at=now_ms(),
            actor=actor,
            reason=why,
            files=files,
            done=False,
        )
    )
    session.flush()
    return place.index


def _details_of(session: Session, found: Parts, subject: str) -> list[int]:
    """Indices of the log entries about these things whose details say more than a hash."""
    sightings = db.metadata.tables["sighting"]
    read = {
        str(one)
        for one in session.scalars(select(sightings.c.id).where(sightings.c.observation_id == subject))
    }
    about = (
        LogEntry.object.in_(found.uploads | found.named | {subject}) & LogEntry.verb.not_in(KEPT_VERBS)
    ) | (
        LogEntry.object.in_(read)
        & or_(LogEntry.verb.startswith("reading."), LogEntry.verb.startswith("sighting."))
    )
    return list(
        session.scalars(
            select(LogEntry.index)
            .join(LogDetail, LogDetail.index == LogEntry.index)
            .where(about, LogDetail.detail.is_not(None), LogDetail.detail != b"{}")
            .order_by(LogEntry.index)
        )
    )


def _files(session: Session, found: Parts, subject: str) -> list[str]:
    names = [f"heads/{one}{end}" for one in sorted(found.uploads) for end in ("", ".age")]
    openings = select(Opening.id).where(Opening.item.in_(found.uploads))
    blobs_of = (
        select(Opening.working).where(Opening.item.in_(found.uploads), Opening.working.is_not(None)),
        select(Viewing.copy).where(Viewing.opening.in_(openings), Viewing.copy.is_not(None)),
    )
    names += [f"working/{name}" for query in blobs_of for name in session.scalars(query)]
    cut = select(Crop).where(or_(Crop.observation_id == subject, Crop.item.in_(found.uploads)))
    names += [crop.blob for crop in session.scalars(cut)]
    tails = select(Upload.id).where(Upload.item_id.in_(found.named), Upload.tail >= 0)
    for tail in session.scalars(tails):
        names += [f"heads/{tail}", f"heads/{tail}.age", f"bodies/{tail}"]
    return names


def _delete_rows(session: Session, subject: str) -> None:
    tables = db.metadata.tables
    sightings = select(tables["sighting"].c.id).where(tables["sighting"].c.observation_id == subject)
    readings = select(tables["reading"].c.id).where(tables["reading"].c.observation_id == subject)
    entries = select(Entry.id).where(Entry.observation_id == subject)
    by_column: dict[str, Any] = {
        "subject": [subject], "observation_id": [subject], "reading_id": readings, "sighting": sightings, "a": sightings,
        "b": sightings, "one": entries, "other": entries,
    }  # fmt: skip
    for name in GONE:
        table: Table | None = tables.get(name)
        if table is None:
            continue
        where = [table.c[column].in_(values) for column, values in by_column.items() if column in table.c]
        session.execute(delete(table).where(or_(*where)))


def _empty_rows(session: Session, found: Parts, subject: str, index: int) -> None:
    def change(model: Any, where: Any, **values: Any) -> None:
        session.execute(
            update(model).where(where).values(**values).execution_options(synchronize_session=False)
        )

    change(
        Entry,
        Entry.observation_id == subject,
        document={},
        code=None,
        counted=None,
        corrects=None,
        corrected_by=None,
    )  # ids and times stay
    openings = select(Opening.id).where(Opening.item.in_(found.uploads))
    change(Viewing, Viewing.opening.in_(openings), state="failed", copy=None, problem="withdrawn")
    change(
        Opening, Opening.item.in_(found.uploads), working=None, report=None, facts=None, problem="withdrawn"
    )
    change(
        Item,
        Item.id.in_(found.items) & Item.withdrawn.is_(None),
        withdrawn=index,
        state="withdrawn",
        problem=None,
    )
    change(Superseded, Superseded.id.in_(found.items) & Superseded.withdrawn.is_(None), withdrawn=index)
    change(Item, Item.id.in_(found.items), state="withdrawn")
    change(Work, Work.subject == subject, why=None)
    session.expire_all()


def erase_files(index: int) -> None:
    """Erase what a withdrawal has named. Safe to begin again after a crash at any line."""
    row = db.session.get_one(Withdrawal, index)
    names = list(row.files)
    for name in names:
        blobs().erase(name)
    taken = select(Item.item_id, Item.device_id).where(Item.withdrawn == index)
    for item_id, device_id in db.session.execute(taken).all():
        storing.drop_tails(device_id, item_id)
    with unit_of_work() as session:
        found = session.get_one(Withdrawal, index)
        found.files, found.done = [], True


def sweep() -> None:
    """Finish what a crash left half done, and withdraw what came later to something withdrawn."""
    for index in db.session.scalars(select(Withdrawal.log_index).where(~Withdrawal.done)).all():
        erase_files(index)
    subjects = db.session.scalars(select(Withdrawal.subject).distinct()).all()
    for subject in subjects:
        if not _has_more(subject):
            continue
        if keys().may_sign:
            begun = select(Upload).where(
                Upload.id.in_(parts(subject).uploads),
                Upload.finished_at.is_(None),
                Upload.tail == uploads.ITEM,
            )
            for upload in db.session.scalars(begun).all():
                storing.close_cut(upload)
        with unit_of_work() as session:
            index = _empty(session, "worker", subject, "came after it was withdrawn")
        erase_files(index)


def _has_more(subject: str) -> bool:
    """Whether anything of a withdrawn subject is here again: late entries, late media, a copy that was being made."""
    found = parts(subject)
    late = (
        select(Item.id).where(
            Item.id.in_(found.items), or_(Item.withdrawn.is_(None), Item.state != "withdrawn")
        ),
        select(Opening.id).where(Opening.item.in_(found.uploads), Opening.working.is_not(None)),
        select(Viewing.id)
        .join(Opening, Opening.id == Viewing.opening)
        .where(Opening.item.in_(found.uploads), Viewing.copy.is_not(None)),
        select(Note.id).where(Note.subject == subject),
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in late) or any(
        blobs().exists(f"heads/{one}{end}") for one in found.uploads for end in ("", ".age")
    )
