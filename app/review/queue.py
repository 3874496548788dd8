"""What came in, newest first, and where it stands. Reads only, in a handful of queries a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.clock import now_ms
from app.db import db
from app.journal.models import Observation
from app.review import access, loose, rows, work
from app.review.models import Work
from app.review.rows import Row
from app.review.rows import latest_openings as latest_openings

PAGE = 200
BESIDE = 40  # rows in the narrow column of an observation's page
TABS = ("new", "mine", "claimed", "more", "reviewed", "all")


@dataclass(frozen=True)
class Page:
    """Rows of one tab, how many there are of each, and whether older ones were left out."""

    rows: list[Row]
    counts: Counter[str]
    more: bool

    @property
    def total(self) -> int:
        return self.counts["all"]

    @property
    def new(self) -> int:
        return self.counts["new"]


@dataclass(frozen=True)
class Waiting:
    """What has stood for long: how many, and the one that has stood longest."""

    number: int
    subject: str
    reference: str
    holder: str
    since: int
    state: str


def standing(viewer: User, show: str) -> ColumnElement[bool]:
    """A condition on `Work`, joined from outside: where something stands."""
    if show == "new":
        return or_(Work.subject.is_(None), Work.state == "new")
    if show == "mine":
        return and_(Work.holder == viewer.id, Work.state.in_(("claimed", "more")))
    if show in {"claimed", "more", "reviewed"}:
        return Work.state == show
    return or_(Work.subject.is_(None), Work.subject.is_not(None))


def observations(
    viewer: User,
    where: Iterable[ColumnElement[bool]] = (),
    show: str = "all",
    trial: bool = False,
    most: int | None = None,
) -> Page:
    """One tab of the queue as somebody may see it, at most `most` rows (PAGE). Trial observations show only when they are asked
    for, and then alone. What was claimed longest ago comes first among claims, what came last first elsewhere."""
    most = most or PAGE
    conditions = [
        Observation.trial.is_(trial),
        Observation.withdrawn.is_(None),
        access.visible(viewer),
        *where,
    ]
    joined = select(Observation).join(Work, Work.subject == Observation.id, isouter=True).where(*conditions)
    order = [Observation.first_received_at.desc(), Observation.id]
    if show in {"claimed", "more"}:
        order.insert(0, Work.since.asc())
    chosen = joined.where(standing(viewer, show)).order_by(*order).limit(most + 1)
    found = list(db.session.scalars(chosen))
    return Page(rows.of_observations(viewer, found[:most]), _counts(viewer, joined), len(found) > most)


def loose_items(viewer: User, show: str = "all") -> Page:
    """The same for what belongs to no observation."""
    counts = loose.counted(viewer)
    found = loose.listed(viewer, standing(viewer, show), PAGE) if counts[show] else []
    return Page(found, counts, counts[show] > PAGE)


def waiting(viewer: User) -> Waiting | None:
    """What has been in somebody's hands, or short of something, for longer than work.STALE_MS, or is held by somebody
    who no longer logs in."""
    gone = Work.holder.in_(select(User.id).where(User.active.is_(False)))
    long = and_(Work.state.in_(("claimed", "more")), or_(Work.since < now_ms() - work.STALE_MS, gone))
    query = (
        select(Work, Observation.reference, User.username)
        .join(Observation, Observation.id == Work.subject, isouter=True)
        .join(User, User.id == Work.holder, isouter=True)
        .where(long, access.listed(viewer, Work.subject))
    )
    first = db.session.execute(query.order_by(Work.since).limit(1)).first()
    if first is None:
        return None
    number = db.session.scalar(
        select(func.count()).select_from(Work).where(long, access.listed(viewer, Work.subject))
    )
    stands, reference, holder = first
    return Waiting(
        int(number or 0), stands.subject, reference or "", holder or "", stands.since, stands.state
    )


def onward(viewer: User, after: str) -> str | None:
    """The reference of the next new observation to look at: the newest that isn't this one."""
    query = (
        select(Observation.reference)
        .join(Work, Work.subject == Observation.id, isouter=True)
        .where(
            Observation.trial.is_(False),
            Observation.withdrawn.is_(None),
            access.visible(viewer),
            standing(viewer, "new"),
            Observation.id != after,
        )
    )
    return db.session.scalars(
        query.order_by(Observation.first_received_at.desc(), Observation.id).limit(1)
    ).first()


def _counts(viewer: User, joined: Select[Observation]) -> Counter[str]:
    """How many of a list stand where: one query for all tabs."""
    query = joined.with_only_columns(Work.state, Work.holder, func.count()).order_by(None)
    return work.tally(viewer, db.session.execute(query.group_by(Work.state, Work.holder)))
