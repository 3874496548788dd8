"""What people do at the desk besides claiming and reviewing (`work.py`): look, search, annotate. Every act is in the
log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from sqlalchemy import exists, select

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db, unit_of_work
from app.intake import storing, uploads
from app.intake.models import Deletion, Item, Upload
from app.journal.models import Observation
from app.opening.models import Opening
from app.review import work
from app.review.models import Note

SILENT = 20  # seconds without a byte before anybody may say that it ended
AGAIN_MS = 30 * 60_000  # playing one film is many requests; one entry in this time is enough


def _lately(user: User, verb: str, subject: str) -> bool:
    lines = db.session.scalars(
        select(LogEntry.line).where(
            LogEntry.verb == verb, LogEntry.object == subject, LogEntry.at > now_ms() - AGAIN_MS
        )
    )
    return any(json.loads(line)["a"] == user.actor for line in lines)


def seen(user: User, verb: str, subject: str) -> None:
    """Log that somebody looked at something, once in half an hour."""
    if not _lately(user, verb, subject):
        with unit_of_work():
            log.append(user.actor, verb, subject)


def searched(user: User, by: str) -> None:
    """Log a search by anything but a RIO: by what, not for what."""
    with unit_of_work():
        log.append(user.actor, "desk.searched", "queue", {"by": by})


@dataclass
class LookedUp:
    """What one person looked up for one purpose: how often, how many readings were shown, when last (ms)."""

    person: str
    purpose: str
    times: int = 0
    readings: int = 0
    last: int = 0


def look_ups(since: int) -> list[LookedUp]:
    """Look-ups from a moment on, by person and purpose, the most frequent first. Purposes are compared as people write
    them: case and spaces don't count."""
    query = (
        select(LogEntry.line, LogEntry.at, LogDetail.detail)
        .join(LogDetail, LogDetail.index == LogEntry.index)
        .where(LogEntry.verb == "rio.looked-up", LogEntry.at >= since)
        .order_by(LogEntry.index)
    )
    names = {user.actor: user.username for user in db.session.scalars(select(User))}
    found: dict[tuple[str, str], LookedUp] = {}
    for line, at, detail in db.session.execute(query):
        actor = json.loads(line)["a"]
        said = json.loads(detail) if detail is not None else {}
        purpose = " ".join(str(said.get("purpose") or "").split())
        one = found.setdefault((actor, purpose.casefold()), LookedUp(names.get(actor, ""), purpose))
        one.times, one.readings, one.last = one.times + 1, one.readings + len(said.get("readings", [])), at
    return sorted(found.values(), key=lambda one: (-one.times, -one.last))


def downloaded(user: User, opening: Opening) -> None:
    with unit_of_work():
        log.append(user.actor, "copy.downloaded", opening.item, {"working": opening.working_sha256})


def note(user: User, subject: str, text: str) -> None:
    with unit_of_work() as session:
        session.add(Note(subject=subject, user_id=user.id, at=now_ms(), text=text.strip()))
        log.append(user.actor, "note.added", subject, {"text": text.strip()})


def close(user: User, upload_id: str) -> bool:
    """End a silent upload where it is, as an interrupted item. False while bytes still come, or when there is nothing to
    end. The opening that was provisional stays beside the final one."""
    upload = db.session.get(Upload, upload_id)
    if upload is None or upload.tail != uploads.ITEM or upload.finished_at is not None:
        return False
    if time.time() - uploads.incoming(upload).touched() < SILENT:
        return False
    return storing.close_cut(upload, user.actor) is not None


def notes(subject: str) -> list[tuple[Note, str]]:
    """Notes with the names of who wrote them, oldest first."""
    query = (
        select(Note, User.username)
        .join(User, User.id == Note.user_id)
        .where(Note.subject == subject)
        .order_by(Note.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def user_name(user_id: str | None) -> str:
    return work.name_of(user_id)


def subject_exists(subject: str) -> bool:
    """Whether there is an observation, an item, an upload or a removed item of this id."""
    if any(db.session.get(table, subject) is not None for table in (Observation, Item, Upload)):
        return True
    return bool(db.session.scalar(select(exists().where(Deletion.item_id == subject))))
