"""What the map shows: observations of some days at their sites or fixes, and the same as a list. Reads only.

Somebody who may not open an observation sees its row (time, site, codes): it stands on the map where its coded site is,
and its own position stays closed to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, exists, select

from app import language
from app.accounts.models import User
from app.db import db
from app.journal.models import Entry, Observation
from app.map import plan
from app.review import access
from app.sites import service as sites
from app.sites.facts import Position
from app.sites.geometry import metres

MOST = 400  # observations on one sheet; more can't be told apart


@dataclass(frozen=True)
class Asked:
    """Which observations: local days, both included, and a code or an empty text."""

    first: date
    last: date
    code: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """The same as times in ms: from, and the first moment after. A local day may have 23 or 25 hours."""
        after = self.last + timedelta(days=1)
        first, end = (language.from_local(datetime.combine(d, time())) for d in (self.first, after))
        return first, end


@dataclass
class Spot:
    """One observation: where it stands on the map (`at` is None where it doesn't), and by what."""

    observation: Observation
    readable: bool
    codes: list[str]
    placed: sites.Placed
    at: tuple[float, float] | None = None
    accuracy: float | None = None

    @property
    def place(self) -> sites.Known | None:
        """The site that it is listed under: the one its code names, else the one that its fix surely lies in."""
        near = self.placed.near
        return self.placed.coded or (near[0].site if near and near[0].sure and self.at else None)


@dataclass(frozen=True)
class Mark:
    """One or more observations as drawn between two levels of zoom, both included; `at` at level 0."""

    at: plan.Point
    spots: tuple[Spot, ...]
    first_level: int
    last_level: int

    @property
    def at_first(self) -> bool:
        """Whether it shows before anybody zooms."""
        return self.first_level <= 0 <= self.last_level


@dataclass(frozen=True)
class Circle:
    """A site's circle as drawn, in units of level 0; its code shows from a level on (None: never)."""

    site: sites.Known
    at: plan.Point
    radius: float
    label_from: int | None

    @property
    def labelled_at_first(self) -> bool:
        """Whether its code shows before anybody zooms."""
        return self.label_from is not None and self.label_from <= 0


@dataclass(frozen=True)
class Town:
    """The name of a town amid its sites, until one is so near that it says nothing any more."""

    name: str
    at: plan.Point
    last_level: int


@dataclass(frozen=True)
class Sheet:
    """All that is drawn. `frame` is None where there is nothing to draw."""

    frame: plan.Frame | None
    marks: list[Mark]
    circles: list[Circle]
    bars: list[plan.Bar]
    towns: list[Town]


@dataclass
class Group:
    """Observations listed under one place: a site, a code that no site has, or an empty text."""

    site: sites.Known | None
    typed: str
    spots: list[Spot] = field(default_factory=list)
    at: plan.Point | None = None


@dataclass(frozen=True)
class Shown:
    sheet: Sheet
    groups: list[Group]
    quiet: list[Group]  # sites without an observation in these days
    codes: list[str]  # that occur in these days
    total: int
    more: bool


def show(user: User, asked: Asked) -> Shown:
    """The map for somebody and some days."""
    found = list(db.session.scalars(_query(user, asked).limit(MOST + 1)))
    directory = sites.directory()
    spots = _spots(user, found[:MOST], directory)
    here = [s for s in directory.sites if _holds(s, asked)]
    here += [s for s in {spot.place.id: spot.place for spot in spots if spot.place}.values() if s not in here]
    sheet = _draw(spots, here)
    groups = _groups(spots)
    listed = {group.site.id for group in groups if group.site}
    quiet = [Group(site, site.facts.code) for site in here if site.id not in listed]
    for group in (*groups, *quiet):
        group.at = _middle(sheet.frame, group)
    return Shown(sheet, groups, quiet, _codes_between(user, asked), len(spots), len(found) > MOST)


def _query(user: User, asked: Asked) -> Select[Observation]:
    first, end = asked.span
    query = select(Observation).where(
        Observation.trial.is_(False), Observation.withdrawn.is_(None), Observation.started_at < end,
        Observation.ended_at >= first, access.visible(user),
    )  # fmt: skip
    if asked.code:
        query = query.where(
            exists().where(
                Entry.observation_id == Observation.id, Entry.code == asked.code, Entry.corrected_by.is_(None)
            )
        )
    return query.order_by(Observation.started_at.desc(), Observation.id)


def _holds(site: sites.Known, asked: Asked) -> bool:
    facts = site.facts
    return (facts.valid_from is None or facts.valid_from <= asked.last) and (
        facts.valid_to is None or facts.valid_to >= asked.first
    )


def _spots(user: User, found: Sequence[Observation], directory: sites.Directory) -> list[Spot]:
    ids = [o.id for o in found]
    open_to = set(
        db.session.scalars(select(Observation.id).where(Observation.id.in_(ids), access.readable(user)))
    )
    codes: dict[str, dict[str, None]] = {}
    said = select(Entry).where(
        Entry.observation_id.in_(ids), Entry.code.is_not(None), Entry.corrected_by.is_(None)
    )
    for entry in db.session.scalars(said.order_by(Entry.at, Entry.seq)):
        if not entry.withdrawn:
            codes.setdefault(entry.observation_id, {})[str(entry.code)] = None
    return [_spot(o, o.id in open_to, list(codes.get(o.id, ())), directory) for o in found]


def _spot(o: Observation, readable: bool, codes: list[str], directory: sites.Directory) -> Spot:
    lat, lon, accuracy = (o.lat, o.lon, o.accuracy) if readable else (None, None, None)
    spot = Spot(o, readable, codes, directory.placed(o.site, lat, lon, accuracy, o.started_at))
    if lat is not None and lon is not None:
        spot.at, spot.accuracy = (lat, lon), accuracy
    elif spot.placed.coded and spot.placed.coded.facts.positions:
        first = spot.placed.coded.facts.positions[0]
        spot.at = (first.lat, first.lon)
    return spot


def _draw(spots: Sequence[Spot], here: Iterable[sites.Known]) -> Sheet:
    circles = [(site, p) for site in here for p in site.facts.positions]
    drawn = [spot for spot in spots if spot.at]
    around = [(p.lat, p.lon, p.radius) for _site, p in circles]
    around += [(*spot.at, min(spot.accuracy or 0.0, sites.VAGUE)) for spot in drawn if spot.at]
    frame = plan.frame(around)
    if frame is None:
        return Sheet(None, [], [], [], [])
    bars = [plan.bar(frame.scale / 2**level) for level in range(frame.levels)]
    return Sheet(frame, _marks(frame, drawn), _circles(frame, circles), bars, _towns(frame, circles))


def _marks(frame: plan.Frame, drawn: Sequence[Spot]) -> list[Mark]:
    """Groups at every level; the same group at several levels is one mark."""
    places = [spot.at for spot in drawn if spot.at]
    levels: dict[tuple[int, ...], list[int]] = {}
    for level in frame.drawn:
        for cluster in plan.clusters([frame.point(lat, lon, level) for lat, lon in places]):
            levels.setdefault(cluster.members, []).append(level)
    marks = []
    for members, shown in levels.items():
        points = [frame.point(*places[n]) for n in members]
        middle = plan.Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))
        spots = tuple(drawn[n] for n in members)
        # Greedy groups could skip a level; then the mark comes twice.
        runs = [[shown[0], shown[0]]]
        for level in shown[1:]:
            if level == runs[-1][1] + 1:
                runs[-1][1] = level
            else:
                runs.append([level, level])
        marks += [Mark(middle, spots, first, last) for first, last in runs]
    return marks


def _circles(frame: plan.Frame, circles: Sequence[tuple[sites.Known, Position]]) -> list[Circle]:
    readable = {
        level: plan.readable([(frame.point(p.lat, p.lon, level), site.facts.code) for site, p in circles])
        for level in frame.drawn
    }
    found = []
    for n, (site, p) in enumerate(circles):
        levels = [level for level in frame.drawn if all(readable[m][n] for m in range(level, frame.levels))]
        label_from = min(levels) if levels else None
        found.append(Circle(site, frame.point(p.lat, p.lon), frame.units(p.radius), label_from))
    return found


def _towns(frame: plan.Frame, circles: Sequence[tuple[sites.Known, Position]]) -> list[Town]:
    """Each under the lowest of its sites, while these take less than a quarter of the sheet."""
    places: dict[str, list[plan.Point]] = {}
    for site, p in circles:
        if site.facts.town:
            places.setdefault(site.facts.town, []).append(frame.point(p.lat, p.lon))
    found = []
    for name, points in places.items():
        left, right = min(p.x for p in points), max(p.x for p in points)
        levels = [n for n in range(frame.levels) if (right - left) * 2**n < plan.WIDTH / 4]
        at = plan.Point((left + right) / 2, max(p.y for p in points))
        found.append(Town(name, at, max(levels, default=0)))
    return found


def _groups(spots: Sequence[Spot]) -> list[Group]:
    """By site, then by a code that no site has, then what has only a fix, then what has no place at all."""
    groups: dict[tuple[int, str], Group] = {}
    for spot in spots:
        site, typed = spot.place, spot.observation.site or ""
        key = (0, site.id) if site else (1, typed.casefold()) if typed else (2, "") if spot.at else (3, "")
        groups.setdefault(key, Group(site, typed)).spots.append(spot)
    by_size = sorted(groups.items(), key=lambda one: (one[0][0], -len(one[1].spots), one[0][1]))
    return [group for _key, group in by_size]


def _middle(frame: plan.Frame | None, group: Group) -> plan.Point | None:
    """Where the map goes for a group: the site's first circle, else its newest observation that is drawn."""
    if frame is None:
        return None
    if group.site and group.site.facts.positions:
        first = group.site.facts.positions[0]
        return frame.point(first.lat, first.lon)
    place = next((spot.at for spot in group.spots if spot.at), None)
    return frame.point(*place) if place else None


def _codes_between(user: User, asked: Asked) -> list[str]:
    ids = _query(user, Asked(asked.first, asked.last)).with_only_columns(Observation.id).order_by(None)
    found = select(Entry.code).where(
        Entry.observation_id.in_(ids), Entry.code.is_not(None), Entry.corrected_by.is_(None)
    )
    return sorted(str(code) for code in db.session.scalars(found.distinct()))


def how_far(spot: Spot) -> int | None:
    """Metres from the fix to the middle of the site that the code names: a question for somebody where they disagree."""
    coded = spot.placed.coded
    if coded is None or not coded.facts.positions or not spot.readable or spot.observation.lat is None:
        return None
    lat, lon = spot.observation.lat, float(spot.observation.lon or 0)
    return round(min(metres(lat, lon, p.lat, p.lon) for p in coded.facts.positions))
