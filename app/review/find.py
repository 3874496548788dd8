"""The find box: what somebody typed, understood as a reference, a RIO, a day, or words for codes, forces
and sites."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.db import db
from app.ids import CROCKFORD
from app.journal.models import Entry, Observation
from app.journal.reference import normalise
from app.register import rio, seen
from app.register.vocabulary import words_matching
from app.review import access

_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_DAY = re.compile(r"^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2}|\d{4}))?$")


@dataclass(frozen=True)
class Found:
    """What was understood: `by` is reference, rio, day, words or site."""

    by: str
    observation: Observation | None = None
    conditions: tuple[ColumnElement[bool], ...] = ()


def understand(viewer: User, text: str, zone: str, today: date, site: str = "") -> Found:
    """The most particular reading of a search. Words must all fit; each may fit a code or a site, or a force where the
    viewer may open what it is in. `site`: one picked from the list; then all else narrows it."""
    if site:
        narrower = (_word(viewer, word, zone, today) for word in text.split())
        return Found("site", conditions=(seen.at(site), *narrower))
    by_reference = _by_reference(text)
    if by_reference:
        return Found("reference", by_reference)
    day = _day(text.strip(), today)
    if day:
        return Found("day", conditions=(_within(day, zone),))
    if _like_rio(text):
        return Found("rio")
    words = text.split()
    return Found("words", conditions=tuple(_word(viewer, word, zone, today) for word in words))


def _by_reference(text: str) -> Observation | None:
    spoken = normalise(text)
    if (
        len(spoken) != 7
        or set(spoken) - set(CROCKFORD + "-")
        or len("".join(c for c in text if c.isalnum())) != 6
    ):
        return None
    return db.session.scalars(select(Observation).where(Observation.reference == spoken)).first()


def _like_rio(text: str) -> bool:
    tidy = rio.normalise(text)
    return bool(tidy) and not set(tidy) - set("0123456789?*") and sum(c.isdigit() for c in tidy) >= 3


def _day(text: str, today: date) -> date | None:
    try:
        if match := _ISO.match(text):
            return date(*map(int, match.groups()))
        if match := _DAY.match(text):
            day, month, year = match.groups()
            given = int(year) + (2000 if len(year) == 2 else 0) if year else today.year
            found = date(given, int(month), int(day))
            return found if year or found <= today else found.replace(year=today.year - 1)
    except ValueError:
        return None
    return None


def _within(day: date, zone: str) -> ColumnElement[bool]:
    """Observations that touch a local day; such a day may have 23 or 25 hours."""
    start = datetime.combine(day, time(), ZoneInfo(zone))
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return (Observation.started_at < int(end.timestamp() * 1000)) & (
        Observation.ended_at >= int(start.timestamp() * 1000)
    )


def _word(viewer: User, word: str, zone: str, today: date) -> ColumnElement[bool]:
    day = _day(word, today)
    if day:
        return _within(day, zone)
    codes, forces = words_matching("code", word), words_matching("force", word)
    here = and_(
        Entry.observation_id == Observation.id,
        Entry.corrected_by.is_(None),
        or_(Entry.corrects.is_(None), Entry.document["data"]["withdrawn"].as_boolean().is_not(True)),
    )
    # Escaped: what somebody types is text, never a pattern.
    return or_(
        seen.at(word),
        Observation.reference.istartswith(word, autoescape=True),
        exists().where(here, Entry.code.in_(codes)),
        and_(
            access.readable(viewer),
            exists().where(here, Entry.document["data"]["force"].as_string().in_(forces)),
        ),
    )
