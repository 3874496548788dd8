"""What the pages of incidents show, brought together for one person: only what they may see. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.db import db
from app.errors import Problem
from app.incidents import suggest
from app.incidents.models import Incident, Member, Refusal, SheetVersion
from app.incidents.queries import observations_of
from app.incidents.sheet import Document
from app.incidents.suggest import FARTHEST_APART, Likeness, Seen
from app.journal.models import Entry, Observation
from app.journal.service import NONE_COUNTED
from app.review import access

LOOKED_AT = 200  # newest observations that no incident has
SHOWN = 12  # suggestions on a page
PAGE = 200
_SAID = {"year": 4, "month": 7}  # how much of a day is known, by its precision


@dataclass(frozen=True)
class Row:
    """One line of the list of incidents: when by its observations, and how many there are. Where it has none, what its
    sheet says of day, town and codes."""

    incident: Incident
    start: int | None
    end: int | None
    observations: int
    phones: int
    sites: list[str]
    day: str = ""
    town: str = ""
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """Observations without an incident that may be of one event, and the links between them."""

    observations: list[Observation]
    links: list[Likeness]


@dataclass(frozen=True)
class Candidate:
    """An observation that may belong to an incident; `there`: the other incident that it is in."""

    observation: Observation
    link: Likeness
    there: Incident | None


@dataclass(frozen=True)
class Standing:
    """The observations of an incident for one person: those whose content opens to them, and those that they see only
    as a row. What shows only to chosen reviewers is in neither."""

    opened: list[Observation] = field(default_factory=list)
    shut: list[Observation] = field(default_factory=list)
    hidden: bool = False

    @property
    def rows(self) -> list[Observation]:
        return sorted([*self.opened, *self.shut], key=lambda o: (o.started_at, o.id))


def standing(user: User, incident: Incident) -> Standing:
    every = observations_of(incident)
    ids = [observation.id for observation in every]
    within = select(Observation.id).where(Observation.id.in_(ids))
    open_ids = set(db.session.scalars(within.where(access.readable(user))))
    seen_ids = set(db.session.scalars(within.where(access.visible(user)))) | open_ids
    return Standing(
        [o for o in every if o.id in open_ids],
        [o for o in every if o.id in seen_ids - open_ids],
        len(seen_ids) < len(every),
    )


def require_sheet(user: User, incident: Incident, document: Document) -> None:
    """A sheet tells what was seen in all observations of its incident, so it opens to whoever may open each of them; and
    where its own words are sensitive, to chosen reviewers. Raises Problem."""
    for observation in observations_of(incident):
        access.require(user, observation.id)
    if not _may_read(user, document):
        raise Problem(
            "not-chosen", _("This shows only to reviewers whom a lead has chosen. Please ask a lead."), 403
        )


def _may_read(user: User, document: Document) -> bool:
    return "lead" in user.role_names or user.sensitive or not _is_sensitive(document)


def _is_sensitive(document: Document) -> bool:
    named = access.sensitive_set()
    counted = {
        row.get("what") for row in document.get("figures", []) if row.get("qualifier") not in NONE_COUNTED
    }
    minors = any(
        row.get("minor") == "yes" for part in ("people", "custody") for row in document.get(part, [])
    )
    coded = {row.get("code") for row in document.get("codes", [])}
    return bool(
        document.get("injuries")
        or minors
        or coded & {*named["codes"]}
        or counted & {*named["counts"], "minors_alone"}
    )


def rows(user: User) -> list[Row]:
    """The newest incidents, and last those without an observation, by what their sheets say. An observation that shows
    only to chosen reviewers isn't counted for others."""
    seen = select(
        Member.incident_id,
        func.min(Observation.started_at).label("start"),
        func.max(Observation.ended_at).label("end"),
        func.count().label("n"),
        func.count(func.distinct(Observation.device_id)).label("phones"),
    ).join(Observation, Observation.id == Member.observation_id)
    per = seen.where(access.visible(user)).group_by(Member.incident_id).subquery()
    query = (
        select(Incident, per.c.start, per.c.end, per.c.n, per.c.phones)
        .outerjoin(per, per.c.incident_id == Incident.id)
        .where(Incident.merged_into.is_(None))
        .order_by(per.c.start.is_(None), per.c.start.desc(), Incident.opened_at.desc(), Incident.id)
        .limit(PAGE)
    )
    found = [tuple(row) for row in db.session.execute(query)]
    sites = _sites(user, [row[0].id for row in found])
    listed = [
        Row(incident, start, end, n or 0, phones or 0, sites.get(incident.id, []))
        for incident, start, end, n, phones in found
    ]
    sheets = _only_sheets(listed)
    timed = [row for row in listed if row.start]
    by_sheet = [_by_sheet(user, row, sheets) for row in listed if not row.start]
    return [*timed, *sorted(by_sheet, key=lambda row: row.day, reverse=True)]


def _only_sheets(rows: Sequence[Row]) -> dict[str, Document]:
    """The newest sheets of incidents that hold no observation: one that is hidden keeps the sheet to itself too."""
    ids = [row.incident.id for row in rows if not row.observations]
    held = select(Member.incident_id).where(Member.incident_id.in_(ids))
    query = select(SheetVersion).where(
        SheetVersion.incident_id.in_(ids), SheetVersion.incident_id.not_in(held)
    )
    ordered = db.session.scalars(query.order_by(SheetVersion.number))
    return {version.incident_id: version.document or {} for version in ordered}


def _by_sheet(user: User, row: Row, sheets: dict[str, Document]) -> Row:
    document = sheets.get(row.incident.id)
    if document is None or not _may_read(user, document):
        return row
    event, codes = document.get("event", {}), document.get("codes", [])
    day = str(event.get("day") or "")[: _SAID.get(event.get("precision"), 10)]
    town = str(event.get("town") or event.get("place") or "")
    return replace(row, day=day, town=town, codes=[str(one["code"]) for one in codes if one.get("code")])


def _sites(user: User, incidents: Sequence[str]) -> dict[str, list[str]]:
    query = (
        select(Member.incident_id, Observation.site)
        .join(Observation, Observation.id == Member.observation_id)
        .where(Member.incident_id.in_(incidents), Observation.site.is_not(None), access.visible(user))
        .distinct()
    )
    found: dict[str, list[str]] = {}
    for incident_id, site in db.session.execute(query):
        found.setdefault(incident_id, []).append(str(site))
    return {incident_id: sorted(names) for incident_id, names in found.items()}


def suggested_groups(user: User) -> list[Group]:
    """Among the newest observations that no incident has: what may be of one event, the strongest first."""
    inside = select(Member.observation_id)
    query = (
        select(Observation)
        .where(
            Observation.trial.is_(False),
            Observation.withdrawn.is_(None),
            Observation.id.not_in(inside),
            access.visible(user),
        )
        .order_by(Observation.started_at.desc())
        .limit(LOOKED_AT)
    )
    found = {observation.id: observation for observation in db.session.scalars(query)}
    pairs = suggest.alike(as_seen(found.values()), refused_pairs(found))
    pairs = _told(user, pairs)
    groups = []
    for links in suggest.groups(pairs):
        ids = {id_ for link in links for id_ in (link.one, link.other)}
        members = sorted((found[id_] for id_ in ids), key=lambda o: (o.started_at, o.id))
        groups.append(Group(members, links))
    groups.sort(key=lambda g: (-g.links[0].why.score, -g.observations[0].started_at))
    return groups[:SHOWN]


def suggested_for(user: User, incident: Incident) -> list[Candidate]:
    """Observations that may belong to an incident, in another or in none; without those refused for it."""
    members = observations_of(incident)
    return _candidates(user, members, _refused_for(incident))


def suggested_beside(user: User, observation: Observation) -> list[Candidate]:
    """Observations that may be of the same event as one that no incident has."""
    return _candidates(user, [observation], frozenset())[:3]


def _candidates(user: User, members: Sequence[Observation], refused_ids: frozenset[str]) -> list[Candidate]:
    if not members:
        return []
    ids = {observation.id for observation in members}
    near = or_(
        *(
            (Observation.started_at <= member.ended_at + FARTHEST_APART)
            & (Observation.ended_at >= member.started_at - FARTHEST_APART)
            for member in members[:50]
        )
    )
    query = select(Observation).where(
        near,
        Observation.trial.is_(False),
        Observation.withdrawn.is_(None),
        Observation.id.not_in(ids),
        access.visible(user),
    )
    found = [o for o in db.session.scalars(query.limit(LOOKED_AT)) if o.id not in refused_ids]
    refused = refused_pairs({o.id: o for o in [*found, *members]})
    inside = as_seen(members)
    there = _incidents_of([o.id for o in found])
    candidates = []
    for observation, seen in zip(found, as_seen(found), strict=True):
        link = suggest.best(seen, inside, refused)
        if link:
            candidates.append(Candidate(observation, link, there.get(observation.id)))
    links = _told(user, [candidate.link for candidate in candidates])
    candidates = [replace(candidate, link=link) for candidate, link in zip(candidates, links, strict=True)]
    return sorted(candidates, key=lambda c: (-c.link.why.score, c.observation.started_at))[:SHOWN]


def _told(user: User, links: Sequence[Likeness]) -> list[Likeness]:
    """The same without the forces where somebody sees only the row of an observation: they are content."""
    ids = {id_ for link in links for id_ in (link.one, link.other)}
    opened = set(
        db.session.scalars(select(Observation.id).where(Observation.id.in_(ids), access.readable(user)))
    )
    return [
        link
        if {link.one, link.other} <= opened
        else replace(link, why=replace(link.why, forces=(), other_forces=False))
        for link in links
    ]


def as_seen(observations: Iterable[Observation]) -> list[Seen]:
    """Observations as suggestions look at them, in the same order."""
    listed = list(observations)
    forces = _forces([observation.id for observation in listed])
    return [
        Seen(o.id, o.started_at, o.ended_at, o.lat, o.lon, o.accuracy, o.site, forces.get(o.id, frozenset()), o.device_id)
        for o in listed
    ]  # fmt: skip


def _forces(ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """The forces that standing entries of each observation name."""
    later = aliased(Entry)
    corrected = select(later.id).where(
        later.corrects == Entry.entry_id, later.observation_id == Entry.observation_id
    )
    force = Entry.document["data"]["force"].as_string()
    query = select(Entry.observation_id, force).where(
        Entry.observation_id.in_(ids), Entry.type.in_(("officer", "unit")), ~corrected.exists()
    )
    found: dict[str, frozenset[str]] = {}
    for observation_id, name in db.session.execute(query.distinct()):
        if name:
            found[observation_id] = found.get(observation_id, frozenset()) | {str(name)}
    return found


def refused_pairs(among: dict[str, Any]) -> frozenset[frozenset[str]]:
    query = select(Refusal.one, Refusal.other).where(
        Refusal.back_at.is_(None), Refusal.one.in_(list(among)), Refusal.other.in_(list(among))
    )
    return frozenset(frozenset((one, other)) for one, other in db.session.execute(query))


def _refused_for(incident: Incident) -> frozenset[str]:
    query = select(Refusal.one).where(Refusal.other == incident.id, Refusal.back_at.is_(None))
    return frozenset(db.session.scalars(query))


def _incidents_of(ids: Sequence[str]) -> dict[str, Incident]:
    query = select(Member.observation_id, Incident).join(Incident, Incident.id == Member.incident_id)
    return {row[0]: row[1] for row in db.session.execute(query.where(Member.observation_id.in_(ids)))}


def refusals(user: User, incident: Incident) -> list[tuple[Refusal, Observation, str]]:
    """What was refused for an incident and stands: the observation, and who refused."""
    query = (
        select(Refusal, Observation, User.username)
        .join(Observation, Observation.id == Refusal.one)
        .join(User, User.id == Refusal.user_id)
        .where(Refusal.other == incident.id, Refusal.back_at.is_(None), access.visible(user))
        .order_by(Refusal.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]
