"""Taking a reading of the desk back: by a version of its own, so that what was read, and that it was taken back, stay."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import unit_of_work
from app.register import service
from app.register.models import REPLACED, STANDS, TAKEN_BACK, Reading, Sighting

_CONTENT = (
    "status", "checked", "asked", "how", "pattern", "fragments", "unsure", "alternatives", "other", "faults", "media", "media_ms",
    "region", "crop", "crop_sha256",
)  # fmt: skip
NOTHING: dict[str, Any] = {"status": "NOT_CHECKED", "asked": "NOT_ASKED", "how": "", "pattern": None, "fragments": [], "unsure": [],
           "alternatives": {}, "other": "", "faults": []}  # fmt: skip


class NotToBeTakenBack(ValueError):
    """It isn't a reading of the desk, or no longer the one that stands."""


def take_back(user: User, reading_id: int) -> Reading:
    """Append the version that undoes one: what the desk had read before it, or, where that was nothing, an empty one
    that counts nowhere. What the phone read stands in any case. Raises NotToBeTakenBack."""
    with unit_of_work() as work:
        undone = work.get(Reading, reading_id)
        if undone is None or undone.user_id is None or undone.state != STANDS or undone.sighting is None:
            raise NotToBeTakenBack(reading_id)
        sighting = work.get_one(Sighting, undone.sighting)
        versions = list(
            work.scalars(select(Reading).where(Reading.sighting == sighting.id).order_by(Reading.version))
        )
        before = next(
            (r for r in reversed(versions) if r.state == REPLACED and r.user_id and not _same(r, undone)),
            None,
        )
        undone.state = TAKEN_BACK
        content = {name: getattr(before, name) for name in _CONTENT} if before else dict(NOTHING)
        made = Reading(
            observation_id=sighting.observation_id, officer=sighting.officer, at=sighting.at, user_id=user.id,
            made_at=now_ms(), sighting=sighting.id, version=versions[-1].version + 1,
            state=STANDS if before else TAKEN_BACK, **content,
        )  # fmt: skip
        work.add(made)
        work.flush()
        service.settle(sighting)
        log.append(
            user.actor, "reading.taken-back", sighting.id,
            {"reading": undone.id, "version": undone.version, "by_version": made.version,
             "as_version": before.version if before else None},
        )  # fmt: skip
        return made


def _same(one: Reading, other: Reading) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _CONTENT)
