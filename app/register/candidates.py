"""Sightings that may be of the same officer, by tier. Suggestions: a person decides (officers.py). Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.journal.models import Observation
from app.register import index, rio, units
from app.register.models import TAKEN_BACK, Decision, Marking, OfficerLink, Reading, Sighting
from app.register.together import most_known
from app.register.units import belongings
from app.register.whole import length, versions_of, whole, wholes

MOST = 60  # suggestions on a page; what is beyond is weaker
_LOOKED_AT = 600  # sightings compared, those with most digits in common first
_WAYS = 32  # a sighting that may be laid in more ways is compared by its surest digits only


@dataclass(frozen=True)
class Likeness:
    """How two sightings lie on one another: `a` and `b` are patterns of them."""

    tier: rio.Tier | None
    a: str = ""
    b: str = ""
    shared: rio.Shared | None = None
    slip: str | None = None
    same_unit: bool = False
    lowered: bool = False  # another force or unit on the same day


@dataclass(frozen=True)
class Candidate:
    """A suggestion. `refused`: somebody has refused it before this evidence was there. `officer`: the known officer that
    the other sighting is linked to."""

    sighting: Sighting
    observation: Observation
    likeness: Likeness
    refused: Decision | None
    officer: str | None


def candidates(sighting: Sighting, *where: ColumnElement[bool]) -> list[Candidate]:
    """Suggestions for a sighting, the strongest first. `where`: more conditions on Sighting and Observation."""
    own = whole(sighting, versions_of([sighting])[sighting.id])
    if most_known(own, length()) < rio.FEWEST:
        return []
    rows = _near_by(sighting, own, where)
    others = [other for other, _ in rows]
    reads, belong = wholes(others), belongings([sighting, *others])
    decided, officers = _refusals(sighting), officers_of([other.id for other in others])
    mine = officers_of([sighting.id]).get(sighting.id)
    newest = _newest([sighting.id, *(other.id for other in others)])
    found = []
    for other, observation in rows:
        alike = likeness(own, reads[other.id], belong[sighting.id], belong[other.id])
        refused = decided.get(other.id)
        if alike.tier is None or (mine and officers.get(other.id) == mine):
            continue
        if refused and not _is_news(refused, newest):
            continue
        found.append(Candidate(other, observation, alike, refused, officers.get(other.id)))
    return sorted(found, key=_rank)[:MOST]


def likeness(own: rio.Read, other: rio.Read, here: units.Belongs, there: units.Belongs) -> Likeness:
    """How alike two sightings are, by their numbers and units."""
    same, lowered = units.same_unit(here, there), units.other_unit_same_day(here, there)
    tier = rio.tier(own, other, same, lowered, length())
    laid = [
        (rio.compare(a, b, own.unsure, other.unsure, own.alternatives, other.alternatives), a, b)
        for a in rio.patterns(own, length())
        for b in rio.patterns(other, length())
    ]
    if not laid:
        return Likeness(tier, same_unit=same, lowered=lowered)
    shared, a, b = min(laid, key=lambda one: (len(one[0].conflicts), -one[0].agree))
    return Likeness(tier, a, b, shared, rio.slip(a, b, shared.conflicts), same, lowered)


def officers_of(sightings: list[str]) -> dict[str, str]:
    """The known officer that each is linked to now."""
    query = select(OfficerLink.sighting, OfficerLink.known_officer).where(
        OfficerLink.sighting.in_(sightings), OfficerLink.ended_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _near_by(
    sighting: Sighting, own: rio.Read, where: tuple[ColumnElement[bool], ...]
) -> list[tuple[Sighting, Observation]]:
    """Sightings worth a closer look: five digits in common or nearly so, or three and the same unit."""
    ways = sorted(index.ways(own, length()), key=lambda way: (-rio.known(way), way))[:_WAYS]
    close = index.nearly(ways, lambda _query, n: 5 - n)
    readings = {**close, **index.agreeing(ways, 5)}
    best = sorted(readings, key=lambda reading: (-readings[reading], -reading))[: 4 * _LOOKED_AT]
    by_number = select(Reading.sighting).where(index.among(Reading.id, best), Reading.state != TAKEN_BACK)
    query = (
        select(Sighting, Observation)
        .join(Observation, Observation.id == Sighting.observation_id)
        .where(
            Sighting.id != sighting.id,
            *([] if sighting.officer is None else [_not_counted_beside(sighting)]),
            or_(Sighting.id.in_(by_number), _same_stint(sighting)),
            *where,
        )
        .order_by(Sighting.known.desc(), Sighting.at.desc())
        .limit(_LOOKED_AT)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def _not_counted_beside(sighting: Sighting) -> ColumnElement[bool]:
    """Two whom one observer counted apart are two."""
    return or_(Sighting.observation_id != sighting.observation_id, Sighting.officer.is_(None))


def _same_stint(sighting: Sighting) -> ColumnElement[bool]:
    """Of a unit of this sighting, within 30 days, with digits enough for tier C."""
    names = belongings([sighting])[sighting.id].units
    if not names:
        return Sighting.id.in_([])
    noted = exists().where(
        Marking.observation_id == Sighting.observation_id,
        or_(Marking.officer.is_(None), Marking.officer == Sighting.officer),
        or_(*(and_(Marking.kind == kind, Marking.value == value) for kind, value in sorted(names))),
    )
    return and_(
        Sighting.known >= rio.FEWEST,
        Sighting.at.between(sighting.at - units.STINT, sighting.at + units.STINT),
        noted,
    )


def _refusals(sighting: Sighting) -> dict[str, Decision]:
    """The newest refusal of each other sighting, by its id."""
    query = (
        select(Decision)
        .where(or_(Decision.a == sighting.id, Decision.b == sighting.id))
        .order_by(Decision.id)
    )
    newest = {one.b if one.a == sighting.id else one.a: one for one in db.session.scalars(query)}
    return {other: one for other, one in newest.items() if not one.accepted}


def _newest(sightings: list[str]) -> dict[str, int]:
    """The id of the newest reading of each."""
    query = select(Reading.sighting, Reading.id).where(Reading.sighting.in_(sightings)).order_by(Reading.id)
    return {str(row[0]): row[1] for row in db.session.execute(query)}


def _is_news(decision: Decision, newest: dict[str, int]) -> bool:
    return newest.get(decision.a, 0) > (decision.newest_a or 0) or newest.get(decision.b, 0) > (
        decision.newest_b or 0
    )


def _rank(one: Candidate) -> tuple[str, bool, int, int]:
    shared = one.likeness.shared
    return (
        str(one.likeness.tier),
        one.refused is not None,
        -(shared.agree if shared else 0),
        -one.sighting.at,
    )
