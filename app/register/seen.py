"""What else is known of a sighting: force, unit, vehicle, day and place, as conditions on it. A unit or vehicle that was
noted of nobody in particular counts for all officers of its observation, and for no other day or place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, exists, false, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app import language
from app.db import db
from app.journal.models import Observation
from app.register.entries import to_find
from app.register.models import STANDS, Marking, Sighting
from app.sites import service as sites
from app.sites.facts import Facts, plain

UNIT = ("company", "back", "squadron", "town", "other")
VEHICLE = ("vehicle", "other")  # roof numbers have no field of their own


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for. Empty texts and None don't matter; `since` and `until` in ms, the latter excluded.
    `number`, `unit` and `vehicle` may hold `?` for one character and `*` for any run."""

    number: str = ""
    unit: str = ""
    force: str = ""
    vehicle: str = ""
    since: int | None = None
    until: int | None = None
    place: str = ""

    def __bool__(self) -> bool:
        return bool(self.by)

    @property
    def by(self) -> list[str]:
        """The names of what was given: for the log, which doesn't hold what was looked for."""
        return [one.name for one in fields(self) if getattr(self, one.name) not in ("", None)]


def conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """On Sighting and its Observation, for all but the number."""
    if wanted.force:
        yield or_(Sighting.force == wanted.force, _marked(("force",), _is("force", wanted.force)))
    if wanted.unit:
        yield _marked(UNIT, or_(_is("company", wanted.unit), _holds(wanted.unit)))
    if wanted.vehicle:
        yield _marked(VEHICLE, _holds(wanted.vehicle))
    if wanted.since is not None:
        yield Sighting.at >= wanted.since
    if wanted.until is not None:
        yield Sighting.at < wanted.until
    if wanted.place:
        yield at(wanted.place)


def without_sighting(wanted: Wanted, most: int) -> Sequence[Observation]:
    """Observations where the unit or vehicle was noted while no officer was, newest first."""
    if not (wanted.unit or wanted.vehicle):
        return []
    here = select(Marking.observation_id).where(Marking.state == STANDS)
    query = select(Observation).where(~exists().where(Sighting.observation_id == Observation.id))
    if wanted.force:
        query = query.where(Observation.id.in_(here.where(_is("force", wanted.force))))
    if wanted.unit:
        unit = or_(_is("company", wanted.unit), _holds(wanted.unit))
        query = query.where(Observation.id.in_(here.where(Marking.kind.in_(UNIT), unit)))
    if wanted.vehicle:
        query = query.where(Observation.id.in_(here.where(Marking.kind.in_(VEHICLE), _holds(wanted.vehicle))))
    if wanted.since is not None:
        query = query.where(Observation.ended_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Observation.started_at < wanted.until)
    if wanted.place:
        query = query.where(at(wanted.place))
    return db.session.scalars(query.order_by(Observation.started_at.desc(), Observation.id).limit(most)).all()


def at(place: str) -> ColumnElement[bool]:
    """As the observer typed it; and by the list of sites: another name of one, on the days that it holds, or its town."""
    typed, name = Observation.site.icontains(place, autoescape=True), plain(place)
    meant = [
        site.facts for site in sites.directory().sites if name in site.facts.names | {plain(site.facts.town)}
    ]
    if not name or not meant:
        return typed
    said = db.session.scalars(select(Observation.site).where(Observation.site.is_not(None)).distinct()).all()
    return or_(typed, *(_of(facts, [str(one) for one in said]) for facts in meant))


def _of(facts: Facts, said: list[str]) -> ColumnElement[bool]:
    """Where one of the site's names was typed on a day on which it holds."""
    codes = [one for one in said if plain(one) in facts.names]
    days: list[ColumnElement[bool]] = [Observation.site.in_(codes)]
    if facts.valid_from:
        days.append(Observation.started_at >= _midnight(facts.valid_from))
    if facts.valid_to:
        days.append(Observation.started_at < _midnight(facts.valid_to + timedelta(days=1)))
    return and_(*days)


def _midnight(day: date) -> int:
    return language.from_local(datetime.combine(day, time.min))


def _marked(kinds: tuple[str, ...], says: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        Marking.observation_id == Sighting.observation_id,
        or_(Marking.officer.is_(None), Marking.officer == Sighting.officer),
        Marking.state == STANDS,
        Marking.kind.in_(kinds),
        says,
    )


def _is(kind: str, written: str) -> ColumnElement[bool]:
    return (Marking.kind == kind) & (Marking.value == to_find(kind, written))


def _holds(written: str) -> ColumnElement[bool]:
    """Whether a marking holds a text; `?` and `*` as in a number, all else as it is written."""
    tidy = "".join(c for c in written.casefold() if c.isalnum() or c in "?*")
    if not any(c.isalnum() for c in tidy):
        return false()
    # Letters and digits only are left: none that LIKE reads in another way.
    pattern = tidy.replace("?", "_").replace("*", "%")
    return Marking.value.like(f"%{pattern}%")
