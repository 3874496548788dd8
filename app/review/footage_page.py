"""What the page for reading from footage shows: the medium, the officers it may be about, what was read of each so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_login import current_user
from sqlalchemy import select

from app.accounts.models import User
from app.db import db
from app.journal.models import Observation
from app.opening import cutting
from app.opening.models import Opening
from app.opening.service import newest_of
from app.register.models import STANDS, Reading, Sighting
from app.review import access, observation
from app.review.medium import Medium
from app.review.observation import Box, boxes


@dataclass(frozen=True)
class Version:
    """One reading as a row: newest first. `may_undo`: it is the desk's and stands."""

    reading: Reading
    author: str  # empty: the phone
    boxes: list[Box]
    may_undo: bool

    @property
    def alternatives(self) -> list[tuple[int, str]]:
        """(place from 1, digits that it may be instead)."""
        return [(int(at) + 1, more) for at, more in sorted(self.reading.alternatives.items())]

    @property
    def empty(self) -> bool:
        """It only took another back."""
        return self.reading.state != STANDS and not self.reading.how


@dataclass
class Who:
    """An officer of the observation: `value` as the form names them. `number`: the observer's count; none for one who was
    first seen at the desk."""

    value: str
    number: int | None
    sighting: Sighting | None = None
    forces: list[str] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)


@dataclass(frozen=True)
class Footage:
    """One medium that can be read from."""

    opening: Opening
    kind: cutting.Kind
    observation: Observation
    medium: Medium
    officers: list[Who]


def open_footage(item_id: str) -> Footage | None:
    """None where there is nothing to read from. Raises Problem 403 for who may not open it."""
    opening = newest_of(item_id)
    if opening is None:
        return None
    access.require(current_user, access.subject_of(item_id))
    kind = cutting.kind_of(opening)
    seen = db.session.get(Observation, opening.observation_id) if opening.observation_id else None
    if kind is None or seen is None:
        return None
    sheet = observation.sheet(seen)
    medium = next((one for one in sheet.media if one.upload == item_id), None)
    if medium is None:
        return None
    return Footage(opening, kind, seen, medium, officers(seen, sheet.officers))


def officers(seen: Observation, counted: Iterable[observation.Officer]) -> list[Who]:
    """Those whom the observer counted, then those whom somebody at the desk has added."""
    found = {one.number: Who(f"officer:{one.number}", one.number, forces=one.forces) for one in counted}
    added = []
    wanted = (
        select(Sighting).where(Sighting.observation_id == seen.id).order_by(Sighting.made_at, Sighting.id)
    )
    for sighting in db.session.scalars(wanted):
        if sighting.officer is None:
            who = Who(f"sighting:{sighting.id}", None)
            added.append(who)
        else:
            who = found.setdefault(sighting.officer, Who(f"officer:{sighting.officer}", sighting.officer))
        who.sighting = who.sighting or sighting
        if not who.forces and sighting.force:
            who.forces = [sighting.force]
        who.versions += _versions(sighting)
    return [found[number] for number in sorted(found)] + added


def _versions(sighting: Sighting) -> list[Version]:
    rows = db.session.execute(
        select(Reading, User.username)
        .outerjoin(User, User.id == Reading.user_id)
        .where(Reading.sighting == sighting.id)
        .order_by(Reading.version.desc())
    )
    return [
        Version(r, name or "", boxes(r.pattern, r.unsure), r.user_id is not None and r.state == STANDS)
        for r, name in ((row[0], row[1]) for row in rows)
    ]
