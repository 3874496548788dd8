"""Coded sites: added, changed, retired, undone; and found again by what an observer typed or where a phone was.
The only writer of sites. Positions of living places are sensitive: they never leave the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func, select

from app import language
from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from app.ids import new_id
from app.sites.facts import Facts, Position, plain
from app.sites.geometry import metres
from app.sites.models import Site, SiteVersion

VAGUE = 100.0  # metres of a fix's error that still count: a phone that knows less suggests nothing


@dataclass(frozen=True)
class Known:
    """A site as it stands now: its newest version."""

    id: str
    number: int
    act: str
    facts: Facts
    withdrawn: bool


@dataclass(frozen=True)
class Near:
    """A site that a fix may lie in. `distance` in metres to the middle of its nearest circle; `sure` when the whole
    error of the fix lies inside."""

    site: Known
    distance: float
    sure: bool


@dataclass(frozen=True)
class Placed:
    """Where an observation was: the site that its code names, and sites that its fix suggests, nearest first."""

    coded: Known | None
    near: tuple[Near, ...]


@dataclass(frozen=True)
class Directory:
    """All sites at once, for pages that place many observations."""

    sites: tuple[Known, ...]

    def coded(self, typed: str | None, day: date) -> Known | None:
        """The site that a code or another of its names means on a day."""
        name = plain(typed or "")
        return next((s for s in self.sites if name in s.facts.names and s.facts.valid(day)), None)

    def near(self, lat: float, lon: float, accuracy: float | None, day: date) -> tuple[Near, ...]:
        """Sites whose circle a fix may lie in. `accuracy` in metres; a fix vaguer than VAGUE suggests nothing."""
        error = accuracy or 0.0
        if error > VAGUE:
            return ()
        found = []
        for site in self.sites:
            circles = [(metres(lat, lon, p.lat, p.lon), p) for p in site.facts.positions]
            if not circles or not site.facts.valid(day):
                continue
            distance, circle = min(circles, key=lambda one: one[0] - one[1].radius)
            if distance <= circle.radius + error:
                sure = accuracy is not None and distance + error <= circle.radius
                found.append(Near(site, distance, sure))
        return tuple(sorted(found, key=lambda one: one.distance))

    def placed(
        self, typed: str | None, lat: float | None, lon: float | None, accuracy: float | None, at: int
    ) -> Placed:
        """Where something was at a moment (ms), by its code and by its fix."""
        day = language.local(at).date()
        near = self.near(lat, lon, accuracy, day) if lat is not None and lon is not None else ()
        return Placed(self.coded(typed, day), near)


def directory(withdrawn: bool = False) -> Directory:
    """All sites as they stand, by town and code; those added by mistake only when asked for."""
    newest = select(func.max(SiteVersion.id)).group_by(SiteVersion.site_id)
    rows = db.session.scalars(select(SiteVersion).where(SiteVersion.id.in_(newest)))
    found = [_known(row) for row in rows if withdrawn or not row.withdrawn]
    return Directory(tuple(sorted(found, key=lambda s: (s.facts.town.casefold(), s.facts.code.casefold()))))


def pick_list() -> list[tuple[str, str]]:
    """Every site as its code and its words, for a list to pick from. One that has ended is still looked for."""
    return [(site.facts.code, site.facts.words) for site in directory().sites]


def placed(
    typed: str | None, lat: float | None, lon: float | None, accuracy: float | None, at: int
) -> Placed:
    """As `Directory.placed`, for one."""
    return directory().placed(typed, lat, lon, accuracy, at)


def site(site_id: str) -> Known:
    """A site as it stands. Raises Problem where there is none."""
    return _known(_newest(site_id))


def history(site_id: str) -> list[tuple[SiteVersion, str]]:
    """Every version with the name of who wrote it, newest first."""
    query = (
        select(SiteVersion, User.username)
        .join(User, User.id == SiteVersion.user_id)
        .where(SiteVersion.site_id == site_id)
        .order_by(SiteVersion.number.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def add(user: User, facts: Facts) -> Known:
    """A new site. Raises Problem for a name that another one has on the same days."""
    with unit_of_work() as work:
        _check(facts, None)
        new = Site(id=new_id(), created_at=now_ms())
        work.add(new)
        work.flush()
        return _write(user, new.id, 1, "added", facts)


def change(user: User, site_id: str, facts: Facts, seen: int) -> Known:
    """Say something else of a site. `seen`: the version that the person had before them. Raises Problem."""
    with unit_of_work():
        before = _still(site_id, seen)
        if facts == before.facts and not before.withdrawn:
            return before
        _check(facts, site_id)
        return _write(user, site_id, before.number + 1, "changed", facts)


def retire(user: User, site_id: str, last: date, seen: int) -> Known:
    """The site ends: `last` is the last day on which its code means this place."""
    with unit_of_work():
        before = _still(site_id, seen)
        if before.facts.valid_from and last < before.facts.valid_from:
            raise Problem("bad-day", _("This day is before the site’s first day."))
        facts = replace(before.facts, valid_to=last)
        if facts == before.facts:
            return before
        _check(facts, site_id)
        return _write(user, site_id, before.number + 1, "retired", facts)


def undo(user: User, site_id: str, seen: int) -> Known:
    """Take back the last act: the site is as before it; one that had just been added is gone from the list. Done
    twice, the act holds again."""
    with unit_of_work():
        now = _still(site_id, seen)
        if now.number == 1:
            return _write(user, site_id, 2, "undone", now.facts, withdrawn=True)
        row = db.session.scalars(
            select(SiteVersion).where(SiteVersion.site_id == site_id, SiteVersion.number == now.number - 1)
        ).one()
        before = _known(row)
        if not before.withdrawn:
            _check(before.facts, site_id)
        return _write(user, site_id, now.number + 1, "undone", before.facts, withdrawn=before.withdrawn)


def _check(facts: Facts, own: str | None) -> None:
    """One code means one place on any day."""
    if not facts.names:
        raise Problem("no-code", _("A site needs a code."))
    if facts.valid_from and facts.valid_to and facts.valid_to < facts.valid_from:
        raise Problem("bad-day", _("The last day is before the first."))
    for other in directory().sites:
        both = facts.names & other.facts.names
        if other.id != own and both and facts.overlaps(other.facts):
            raise Problem(
                "code-taken",
                _("%(code)s already means another site on some of these days.", code=min(both)),
            )


def _still(site_id: str, seen: int) -> Known:
    now = _known(_newest(site_id))
    if now.number != seen:
        raise Problem(
            "changed-meanwhile",
            _("Somebody has changed this site meanwhile. Look at it again before you keep yours."),
            409,
        )
    return now


def _newest(site_id: str) -> SiteVersion:
    row = db.session.scalars(
        select(SiteVersion).where(SiteVersion.site_id == site_id).order_by(SiteVersion.number.desc()).limit(1)
    ).first()
    if row is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    return row


def _write(user: User, site_id: str, number: int, act: str, facts: Facts, withdrawn: bool = False) -> Known:
    version = SiteVersion(
        site_id=site_id, number=number, user_id=user.id, at=now_ms(), act=act, code=facts.code,
        aliases=list(facts.aliases), town=facts.town, positions=[p.to_json() for p in facts.positions],
        valid_from=_iso(facts.valid_from), valid_to=_iso(facts.valid_to), note=facts.note, withdrawn=withdrawn,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    # Which version, not where: the log is read by more people than the list of sites.
    log.append(user.actor, f"site.{act}", site_id, {"version": number})
    return _known(version)


def _known(row: SiteVersion) -> Known:
    facts = Facts(
        code=row.code, aliases=tuple(row.aliases), town=row.town, positions=tuple(_positions(row.positions)),
        valid_from=_day(row.valid_from), valid_to=_day(row.valid_to), note=row.note,
    )  # fmt: skip
    return Known(row.site_id, row.number, row.act, facts, row.withdrawn)


def _positions(stored: Iterable[dict[str, float]]) -> Iterable[Position]:
    return (Position(one["lat"], one["lon"], one["radius"]) for one in stored)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
