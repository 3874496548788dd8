"""What was made of items against the log: openings, working copies and copies for viewing, crops, entries, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.blobs import BlobMissing
from app.custody.log import Said
from app.custody.models import LogEntry
from app.db import db
from app.intake.models import Item, Superseded, Upload, Withdrawal
from app.journal import service as journal
from app.journal.models import Entry, Observation
from app.journal.reference import reference
from app.opening import crops
from app.opening.copies import open_copy, open_viewing
from app.opening.models import Crop, Opening, Viewing
from app.opening.service import digest_of_reading
from app.review.models import Note
from app.seal import SealError
from app.verify.copies import hashes, sha256_of
from app.verify.found import Damaged, by_verb, compare


class Openings:
    def __init__(self) -> None:
        self._known: dict[int, int] = {}  # Opening.id -> index of the entry that speaks of it
        self._entries: set[str] = set()
        self._notes: Counter[tuple[str, str]] = Counter()
        self._first = -1

    def page(self, said: Sequence[Said]) -> None:
        for one in by_verb(said, "item.opened"):
            if one.detail is not None and "original" in one.detail:
                self._opening(one, one.detail)
            elif one.detail is not None and "entry" in one.detail:
                self._entry(one, one.detail)
        for one in by_verb(said, "viewing.made"):
            if one.detail is not None:
                self._viewing(one, one.detail)
        for one in by_verb(said, "crop.cut"):
            if one.detail is not None:
                self._crop(one, one.detail)
        if said[0].index != self._first:
            self._first = said[0].index
            for one in by_verb(said, "note.added"):
                if one.detail is not None:
                    self._notes[one.object, one.detail["text"]] += 1

    def _opening(self, one: Said, detail: dict[str, Any]) -> None:
        what = f"the opening of item {one.object}, log entry {one.index}"
        rows = [
            row
            for row in db.session.scalars(select(Opening).where(Opening.item == detail["item"]).order_by(Opening.id))
            if self._known.get(row.id, one.index) == one.index
            and (row.original_sha256, row.original_size, row.working_sha256, row.interrupted)
            == (detail["original"], detail["size"], detail["working"], detail["interrupted"])
        ]  # fmt: skip
        if not rows:
            raise Damaged(f"{what}: its row is missing or was altered")
        row = rows[0]
        replaced = db.session.scalar(select(Superseded.id).where(Superseded.id == row.item)) is not None
        if row.provisional != detail["provisional"] and not (row.provisional and replaced):
            raise Damaged(f"{what}: whether it was provisional was altered")
        if row.working is not None:
            self._copy(
                f"the working copy of item {one.object}",
                lambda: sha256_of(open_copy(row)),
                row.working_sha256,
            )
        elif row.working_sha256 is not None and not self._rightly_gone(row):
            raise Damaged(f"the working copy of item {one.object} is missing")
        if row.problem != "withdrawn" and detail.get("read") not in (None, digest_of_reading(row)):
            raise Damaged(f"{what}: what was read out of it was altered")
        self._known[row.id] = one.index

    @staticmethod
    def _rightly_gone(row: Opening) -> bool:
        later = select(Opening.id).where(Opening.item == row.item, Opening.id > row.id)
        return row.problem == "replaced" and row.provisional and db.session.scalar(later.limit(1)) is not None

    @staticmethod
    def _copy(what: str, read: Callable[[], tuple[str, str]], wanted: str | None) -> None:
        try:
            found = read()
        except BlobMissing as error:
            raise Damaged(f"{what} is missing") from error
        except (SealError, OSError, ValueError) as error:
            raise Damaged(f"{what} was altered") from error
        if wanted is not None and wanted not in found:
            raise Damaged(f"{what} was altered")

    def _viewing(self, one: Said, detail: dict[str, Any]) -> None:
        what = f"the copy for viewing of item {one.object}"
        row = db.session.scalars(
            select(Viewing)
            .join(Opening, Opening.id == Viewing.opening)
            .where(Opening.item == detail["item"], Viewing.sha256 == detail["made"])
        ).first()
        if row is None or row.copy is None:
            raise Damaged(f"{what} is missing")
        self._copy(what, lambda: sha256_of(open_viewing(row)), row.sha256)

    def _crop(self, one: Said, detail: dict[str, Any]) -> None:
        what = f"picture {detail['crop']}, cut out of item {one.object},"
        row = db.session.get(Crop, detail["crop"])
        if row is None:
            raise Damaged(f"{what} is missing")
        compare(
            what,
            (
                ("hash", row.sha256, detail["sha256"]),
                ("observation", row.observation_id, detail["observation"]),
                ("region", row.region, detail["region"]),
                ("place in the log", row.log_index, one.index),
            ),
        )
        self._copy(what, lambda: hashes(crops.png(row)), row.sha256)

    def _entry(self, one: Said, detail: dict[str, Any]) -> None:
        what = f"entry {one.object}"
        row = db.session.get(Entry, detail["item"])
        if row is None:  # the same entry had come by another way
            row = db.session.scalars(select(Entry).where(Entry.entry_id == one.object).limit(1)).first()
        if row is None:
            raise Damaged(f"{what} of log entry {one.index} is missing")
        if "document" in detail and journal.digest(row.document) != detail["document"]:
            raise Damaged(f"{what} was altered")
        self._entries.add(row.id)
        said = journal.read(row.document)
        free = {None}  # what counts for nothing links to nothing
        compare(
            what,
            (
                ("id", row.entry_id, said.entry_id),
                ("observation", row.observation_id, said.observation),
                ("type", row.type, said.type),
                ("number", row.seq, said.seq),
                ("time", row.at, said.at),
                ("code", row.code, said.code),
                ("correction", row.corrects in free | {said.corrects}, True),
                ("medium", row.about_item in free | {said.about}, True),
            ),
        )

    def end(self, entries: int) -> None:
        self._withdrawn()
        known = or_(Opening.problem.is_(None), Opening.problem != "withdrawn")
        for row in db.session.scalars(select(Opening).where(known)):
            item = db.session.scalar(select(Upload.item_id).where(Upload.id == row.item)) or ""
            if row.id not in self._known and not _since("item.opened", item, entries):
                raise Damaged(f"an opening of item {item}: the log doesn't know it")
        gone = select(Observation.id).where(Observation.withdrawn.is_not(None))
        for entry in db.session.scalars(select(Entry).where(Entry.observation_id.not_in(gone))):
            if entry.id not in self._entries and not _since("item.opened", entry.entry_id, entries):
                raise Damaged(f"entry {entry.entry_id}: the log doesn't know it")
        self._links()
        for subject, text in db.session.execute(select(Note.subject, Note.text)):
            if not self._notes[subject, text] and not _since("note.added", subject, entries):
                raise Damaged(f"a note on {subject} isn't the one that was written")
            self._notes[subject, text] -= 1
        if left := [subject for (subject, _text), n in self._notes.items() if n > 0]:
            raise Damaged(f"a note on {left[0]} is missing")

    @staticmethod
    def _withdrawn() -> None:
        """Nothing may pass for withdrawn that wasn't."""
        said = exists().where(
            Withdrawal.subject == Observation.id, Withdrawal.log_index == Observation.withdrawn
        )
        for name in db.session.scalars(
            select(Observation.reference).where(Observation.withdrawn.is_not(None), ~said).limit(1)
        ):
            raise Damaged(f"observation {name}: said to be withdrawn, which the log doesn't know")
        items = exists().where(Item.id == Opening.item, Item.withdrawn.is_not(None))
        before = exists().where(Superseded.id == Opening.item, Superseded.withdrawn.is_not(None))
        hidden = select(Opening.item).where(Opening.problem == "withdrawn", ~items, ~before)
        for name in db.session.scalars(hidden.limit(1)):
            raise Damaged(f"the opening of {name}: said to be withdrawn, which the log doesn't know")

    @staticmethod
    def _links() -> None:
        other = aliased(Entry)
        linked = exists().where(
            and_(
                other.entry_id == Entry.corrected_by,
                other.corrects == Entry.entry_id,
                other.observation_id == Entry.observation_id,
            )
        )
        astray = select(Entry.entry_id).where(Entry.corrected_by.is_not(None), ~linked)
        for entry_id in db.session.scalars(astray.limit(1)):
            raise Damaged(f"entry {entry_id}: said to be corrected by one that doesn't correct it")
        for seen in db.session.scalars(select(Observation)):
            if seen.reference != reference(seen.id):
                raise Damaged(f"observation {seen.id}: its reference was altered")


def _since(verb: str, subject: str, entries: int) -> bool:
    """Whether the log speaks of it beyond where the walk ended: it came while this was reading."""
    query = select(LogEntry.index).where(
        LogEntry.verb == verb, LogEntry.object == subject, LogEntry.index >= entries
    )
    return db.session.scalar(query.limit(1)) is not None
