"""Who works on what: claiming, letting go, handing over, what is reviewed and what needs more. The only writer of `Work`
and `Choice`; every step is in the log, and each has one that takes it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from app.review import access
from app.review.models import Choice, Mark, Work

STATES = ("new", "claimed", "more", "reviewed")
STALE_MS = 3 * 24 * 3_600_000  # a claim that stands longer is shown loudly
REGRET_MS = 10 * 60_000  # how long whoever handed something over may take it back


def of(subject: str) -> Work | None:
    """Where a subject stands; None while it is new and untouched."""
    return db.session.get(Work, subject)


def is_stale(work: Work, now: int) -> bool:
    """Whether it has been in somebody's hands for long without being reviewed."""
    return work.state in {"claimed", "more"} and work.since < now - STALE_MS


def tally(user: User, grouped: Iterable[Sequence[Any]]) -> Counter[str]:
    """How many stand where, for the tabs of the queue: from rows of state, holder and number. Without a state it is new."""
    found: Counter[str] = Counter()
    for state, holder, number in grouped:
        name = state or "new"
        found[name] += number
        found["all"] += number
        if holder == user.id and name in {"claimed", "more"}:
            found["mine"] += number
    return found


def claim(user: User, subject: str) -> None:
    """Take a subject in hand, which opens it for a reviewer. What nobody holds, and what was reviewed, is free to take.

    Raises Problem 409 where somebody else has it, 403 where a lead has to choose first."""
    with unit_of_work() as session:
        _require_listed(user, subject)
        work = _row(session, user, subject)
        if work.holder == user.id:
            return
        if work.holder is not None and work.state != "reviewed" and not _regrets(user, work):
            raise Problem("claimed", _("%(name)s has this in hand.", name=name_of(work.holder)), 409)
        _hold(work, user, user, "claimed" if work.state == "new" else work.state)
        log.append(user.actor, "work.claimed", subject)


def release(user: User, subject: str) -> None:
    """Let go: it is new again, or stays reviewed, or stays among those that need more."""
    with unit_of_work() as session:
        work = _held(session, user, subject)
        _hold(work, None, user, "new" if work.state == "claimed" else work.state)
        log.append(user.actor, "work.released", subject)


def hand_over(user: User, subject: str, to: str) -> None:
    """Give it to somebody who may open it. `to`: the id of a reviewer or lead."""
    with unit_of_work() as session:
        work = _held(session, user, subject)
        other = session.get(User, to)
        if other is None or other.id not in {one.id for one in colleagues()}:
            raise Problem("no-such-person", _("Choose somebody who reviews."))
        if not access.may_be_given(other, subject):
            raise Problem(
                "not-chosen",
                _("A lead has to choose %(name)s for this first: it is sensitive.", name=other.username),
            )
        _hold(work, other, user, "claimed" if work.state == "new" else work.state)
        log.append(user.actor, "work.handed-over", subject, {"to": other.actor})


def review(user: User, subject: str, reviewed: bool) -> None:
    """Mark reviewed, or take that back. Saying the same twice changes nothing."""
    with unit_of_work() as session:
        access.require(user, subject)
        work = _row(session, user, subject)
        if (work.state == "reviewed") == reviewed:
            return
        _state(work, user, "reviewed" if reviewed else _open_state(work))
        session.add(Mark(subject=subject, user_id=user.id, at=work.since, reviewed=reviewed))
        log.append(user.actor, "observation.reviewed" if reviewed else "observation.reopened", subject)


def needs_more(user: User, subject: str, why: str | None) -> None:
    """Say what is missing (`why`), or with None that nothing is any more."""
    with unit_of_work() as session:
        access.require(user, subject)
        work = _row(session, user, subject)
        if why is None and work.state != "more":
            return
        _state(work, user, "more" if why is not None else _open_state(work))
        work.why = why
        log.append(
            user.actor, "work.needs-more" if why is not None else "work.has-all", subject, {"why": why or ""}
        )


def mark_sensitive(user: User, subject: str, sensitive: bool) -> None:
    """By hand, by whoever may open it; only a lead takes it back. Codes make it so by themselves."""
    with unit_of_work() as session:
        access.require(user, subject)
        if not sensitive and "lead" not in user.role_names:
            raise Problem("not-allowed", _("Only a lead takes this back."), 403)
        work = _row(session, user, subject)
        if work.sensitive == sensitive:
            return
        work.sensitive = sensitive
        if sensitive and "lead" not in user.role_names and session.get(Choice, (subject, user.id)) is None:
            # Whoever noticed it goes on working on it.
            session.add(Choice(subject=subject, user_id=user.id, by=user.id, at=now_ms()))
        log.append(user.actor, "work.sensitive" if sensitive else "work.not-sensitive", subject)


def choose(lead: User, subject: str, person: str, chosen: bool) -> None:
    """Let a reviewer open one subject, sensitive or held by another, or take that back."""
    with unit_of_work() as session:
        if "lead" not in lead.role_names:
            raise Problem("not-allowed", _("Your role doesn't allow this."), 403)
        other = session.get(User, person)
        if other is None or other.id not in {one.id for one in colleagues()}:
            raise Problem("no-such-person", _("Choose somebody who reviews."))
        row = session.get(Choice, (subject, other.id))
        if (row is not None) == chosen:
            return
        if row is None:
            session.add(Choice(subject=subject, user_id=other.id, by=lead.id, at=now_ms()))
        else:
            session.delete(row)
        log.append(lead.actor, "work.chosen" if chosen else "work.not-chosen", subject, {"who": other.actor})


def colleagues() -> list[User]:
    """Everybody who may be given work: active reviewers and leads."""
    query = select(User).join(User.roles).where(User.active, Role.name.in_(("lead", "reviewer")))
    return list(db.session.scalars(query.distinct().order_by(User.username)))


def chosen_for(subject: str) -> list[User]:
    query = select(User).join(Choice, Choice.user_id == User.id).where(Choice.subject == subject)
    return list(db.session.scalars(query.order_by(User.username)))


def name_of(user_id: str | None) -> str:
    return (db.session.scalar(select(User.username).where(User.id == user_id)) or "") if user_id else ""


def may_undo_handover(user: User, work: Work) -> bool:
    return work.holder not in {None, user.id} and _regrets(user, work)


def _regrets(user: User, work: Work) -> bool:
    """Nobody has done anything with it since this person, a moment ago, gave it away."""
    return work.by == user.id and (work.held_since or 0) > now_ms() - REGRET_MS


def _row(session: Session, user: User, subject: str) -> Work:
    work = session.get(Work, subject)
    if work is None:
        work = Work(subject=subject, state="new", holder=None, by=user.id, since=now_ms(), sensitive=False)
        session.add(work)
    return work


def _held(session: Session, user: User, subject: str) -> Work:
    """Something that this person holds, or that a lead moves for somebody."""
    work = _row(session, user, subject)
    if work.holder == user.id or "lead" in user.role_names:
        return work
    if work.holder is None:
        raise Problem("not-claimed", _("Nobody has this in hand."), 409)
    raise Problem("not-claimed", _("%(name)s has this in hand.", name=name_of(work.holder)), 403)


def _hold(work: Work, holder: User | None, by: User, state: str) -> None:
    now = now_ms()
    if work.state != state:
        work.why = None
    work.holder, work.held_since = (holder.id, now) if holder else (None, None)
    work.state, work.by, work.since = state, by.id, now if work.state != state or holder else work.since


def _state(work: Work, by: User, state: str) -> None:
    work.state, work.by, work.since = state, by.id, now_ms()
    if state != "more":
        work.why = None


def _open_state(work: Work) -> str:
    return "claimed" if work.holder else "new"


def _require_listed(user: User, subject: str) -> None:
    if not access.may_be_given(user, subject):
        raise Problem(
            "not-chosen", _("This shows only to reviewers whom a lead has chosen. Please ask a lead."), 403
        )
