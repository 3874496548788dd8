"""Known officers: sightings that people hold to be one person, without a name. The only writer of decisions and links;
what is undone keeps its row and its reason."""

from __future__ import annotations

from sqlalchemy import func, select

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.ids import new_id
from app.register.models import Decision, KnownOfficer, OfficerLink, Reading, Sighting
from app.register.service import UnknownSighting


class TwoOfficers(Exception):
    """The sightings are linked to two known officers: to accept means to join these."""


class SameSighting(ValueError):
    """A sighting can't be a candidate for itself."""


class NotLinked(LookupError):
    """The sighting is linked to no known officer."""


def refuse(user: User, one: str, other: str, reason: str, tier: str | None) -> Decision:
    """Two sightings are not of one officer, or nobody can say so. Raises UnknownSighting, SameSighting."""
    with unit_of_work():
        decision = _decide(user, one, other, False, reason, tier)
        log.append(user.actor, "candidate.refused", one, {"other": other, "tier": tier, "reason": reason})
        return decision


def accept(
    user: User, one: str, other: str, reason: str, tier: str | None, join: bool = False
) -> KnownOfficer:
    """Hold two sightings to be of one officer. Raises UnknownSighting, SameSighting, and TwoOfficers unless `join`."""
    with unit_of_work() as work:
        decision = _decide(user, one, other, True, reason, tier)
        both = [_link_of(decision.a), _link_of(decision.b)]
        known = [link for link in both if link is not None]
        if len({link.known_officer for link in known}) == 2:
            if not join:
                raise TwoOfficers
            officer = work.get_one(KnownOfficer, min(known, key=lambda link: link.id).known_officer)
            left = next(link.known_officer for link in known if link.known_officer != officer.id)
            for link in _links(left):
                _end(link, user, reason)
                _add(officer, link.sighting, user, reason)
        elif known:
            officer = work.get_one(KnownOfficer, known[0].known_officer)
        else:
            officer = KnownOfficer(id=new_id(), made_at=now_ms(), user_id=user.id)
            work.add(officer)
            work.flush()
        for sighting, before in zip((decision.a, decision.b), both, strict=True):
            if before is None:
                _add(officer, sighting, user, reason)
        log.append(
            user.actor,
            "candidate.accepted",
            one,
            {"other": other, "tier": tier, "reason": reason, "officer": officer.id},
        )
        return officer


def unlink(user: User, sighting: str, reason: str) -> str:
    """A sighting is no longer held to be this officer. Against those that stay it counts as refused, so that it isn't
    offered again without news. The officer's id; raises NotLinked."""
    with unit_of_work():
        link = _link_of(sighting)
        if link is None:
            raise NotLinked(sighting)
        _end(link, user, reason)
        for other in _links(link.known_officer):
            _decide(user, sighting, other.sighting, False, reason, None)
        log.append(
            user.actor, "officer.unlinked", link.known_officer, {"sighting": sighting, "reason": reason}
        )
        return link.known_officer


def links(officer: str) -> list[OfficerLink]:
    """All links there were, the oldest first."""
    query = select(OfficerLink).where(OfficerLink.known_officer == officer).order_by(OfficerLink.id)
    return list(db.session.scalars(query))


def _decide(user: User, one: str, other: str, accepted: bool, reason: str, tier: str | None) -> Decision:
    if one == other:
        raise SameSighting(one)
    a, b = sorted((one, other))
    for sighting in (a, b):
        if db.session.get(Sighting, sighting) is None:
            raise UnknownSighting(sighting)
    decision = Decision(
        a=a, b=b, accepted=accepted, tier=tier, reason=reason, at=now_ms(), user_id=user.id,
        newest_a=_newest(a), newest_b=_newest(b),
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    return decision


def _newest(sighting: str) -> int | None:
    return db.session.scalar(select(func.max(Reading.id)).where(Reading.sighting == sighting))


def _link_of(sighting: str) -> OfficerLink | None:
    query = select(OfficerLink).where(OfficerLink.sighting == sighting, OfficerLink.ended_at.is_(None))
    return db.session.scalars(query).first()


def _links(officer: str) -> list[OfficerLink]:
    return [link for link in links(officer) if link.ended_at is None]


def _add(officer: KnownOfficer, sighting: str, user: User, reason: str) -> None:
    db.session.add(
        OfficerLink(known_officer=officer.id, sighting=sighting, at=now_ms(), user_id=user.id, reason=reason)
    )
    db.session.flush()


def _end(link: OfficerLink, user: User, reason: str) -> None:
    link.ended_at, link.ended_by, link.ended_reason = now_ms(), user.id, reason
    db.session.flush()
