"""What is kept of incidents, read. Writes nothing and judges nothing."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.accounts.models import User
from app.db import db
from app.incidents.models import Act, Incident, Member, SheetVersion, Shift, Verdict
from app.journal.models import Entry, Observation
from app.journal.reference import normalise


def find(spoken: str) -> Incident | None:
    """By reference, as heard."""
    return db.session.scalars(select(Incident).where(Incident.reference == normalise(spoken))).first()


def of_observation(observation_id: str) -> Incident | None:
    return db.session.scalars(
        select(Incident).join(Member, Member.incident_id == Incident.id).where(Member.observation_id == observation_id)
    ).first()  # fmt: skip


def observations_of(incident: Incident) -> list[Observation]:
    """By their beginning."""
    query = select(Observation).join(Member, Member.observation_id == Observation.id)
    return list(
        db.session.scalars(
            query.where(Member.incident_id == incident.id).order_by(Observation.started_at, Observation.id)
        )
    )


def sheet_of(incident: Incident, number: int | None = None) -> SheetVersion | None:
    """The newest version, or the one of a number."""
    query = select(SheetVersion).where(SheetVersion.incident_id == incident.id)
    if number is not None:
        query = query.where(SheetVersion.number == number)
    return db.session.scalars(query.order_by(SheetVersion.number.desc()).limit(1)).first()


def shifts(incident: Incident) -> dict[str, int]:
    """Observation id -> ms, as moved last."""
    rows = db.session.scalars(select(Shift).where(Shift.incident_id == incident.id).order_by(Shift.id))
    return {row.observation_id: row.ms for row in rows}


def verdicts(incident: Incident) -> dict[tuple[str, str], Verdict]:
    rows = db.session.scalars(select(Verdict).where(Verdict.incident_id == incident.id).order_by(Verdict.id))
    return {(row.one, row.other): row for row in rows}


def history(incident: Incident) -> list[tuple[Act, str]]:
    """What was done to the grouping, newest first, with the names of who did it."""
    query = select(Act, User.username).join(User, User.id == Act.user_id)
    here = or_(Act.incident_id == incident.id, Act.came_from == incident.id)
    return [(row[0], row[1]) for row in db.session.execute(query.where(here).order_by(Act.id.desc()))]


def versions(incident: Incident) -> list[tuple[SheetVersion, str]]:
    query = select(SheetVersion, User.username).join(User, User.id == SheetVersion.user_id)
    query = query.where(SheetVersion.incident_id == incident.id).order_by(SheetVersion.number.desc())
    return [(row[0], row[1]) for row in db.session.execute(query)]


def members(incident_id: str) -> list[Member]:
    return list(db.session.scalars(select(Member).where(Member.incident_id == incident_id)))


def is_in(incident: Incident, observation_id: str) -> bool:
    member = db.session.get(Member, observation_id)
    return member is not None and member.incident_id == incident.id


def observations_of_entries(*entries: str) -> list[str]:
    return list(db.session.scalars(select(Entry.observation_id).where(Entry.id.in_(entries)).distinct()))


def judges(incident: Incident) -> dict[str, str]:
    """Names of those who judged here, by their id."""
    ids = select(Verdict.user_id).where(Verdict.incident_id == incident.id)
    return {
        row[0]: row[1] for row in db.session.execute(select(User.id, User.username).where(User.id.in_(ids)))
    }
