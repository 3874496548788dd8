"""Who may open what. Everything that gives content goes through here: pages, media, downloads, hits, notes.

A lead opens all. A reviewer opens what they hold, and what a lead has chosen them for. Of what nobody holds they see the
row: time, site, codes and count (`visible`). What is sensitive shows only to chosen reviewers, row and all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import Select, String, and_, literal, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.db import db
from app.errors import Problem
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.review.models import Choice, Work

Subject = ColumnElement[str] | InstrumentedAttribute[str]
_SET = Path(__file__).parent.parent / "register" / "sensitive.json"


@cache
def sensitive_set() -> dict[str, list[str]]:
    """Codes and counts that make an observation sensitive (app/register/sensitive.json)."""
    kept: dict[str, list[str]] = json.loads(_SET.read_text())
    return {name: kept[name] for name in ("codes", "counts")}


def sensitive(subject: Subject, among: Sequence[str] | None = None) -> ColumnElement[bool]:
    """Whether a subject is for chosen reviewers only. A code that was corrected or taken back still counts: its words
    stay on the time line. `among`: where only these are asked for, so that nothing else is looked into."""
    names = sensitive_set()
    said = select(Entry.observation_id).where(
        or_(Entry.code.in_(names["codes"]), Entry.counted.in_(names["counts"]))
    )
    by_hand = select(Work.subject).where(Work.sensitive)
    if among is not None:
        said, by_hand = said.where(Entry.observation_id.in_(among)), by_hand.where(Work.subject.in_(among))
    # A list, made once a query, rather than a look into the journal for every row.
    return subject.in_(union_all(said, by_hand))


def listed(user: User, subject: Subject) -> ColumnElement[bool]:
    """Whether the row of a subject shows to somebody: time, site, codes and count, no more."""
    if "lead" in user.role_names or user.sensitive:
        return true()
    return or_(~sensitive(subject), subject.in_(chosen(user)))


def visible(user: User) -> ColumnElement[bool]:
    """A condition on Observation for lists of rows (time, site, codes, count). What says more asks for `readable`."""
    return listed(user, Observation.id)


def readable(
    user: User, subject: Subject = Observation.id, among: Sequence[str] | None = None
) -> ColumnElement[bool]:
    """A condition for lists of content: hits, readings, candidates, notes. The same rule as `may_open`."""
    if "lead" in user.role_names:
        return true()
    held = select(Work.subject).where(Work.holder == user.id)
    mine: ColumnElement[bool] = subject.in_(held)
    if not user.sensitive:
        mine = and_(mine, ~sensitive(subject, among))
    return or_(subject.in_(chosen(user)), mine)


def may_open(user: User, observation_id: str) -> bool:
    """Whether somebody may see what a subject holds: by the id of an observation, or of an item that belongs to none."""
    return "lead" in user.role_names or _refusal(user, observation_id) is None


def require(user: User, observation_id: str) -> None:
    """Raises Problem 403: `not-chosen` where a lead has to choose them, `not-claimed` where a claim would open it."""
    refusal = None if "lead" in user.role_names else _refusal(user, observation_id)
    if refusal == "not-chosen":
        raise Problem(
            "not-chosen", _("This shows only to reviewers whom a lead has chosen. Please ask a lead."), 403
        )
    if refusal:
        raise Problem("not-claimed", _("Somebody opens this by claiming it. You don’t hold it."), 403)


def may_be_given(user: User, subject: str) -> bool:
    """Whether somebody may claim it, or have it handed over: not sensitive, or they are chosen."""
    if "lead" in user.role_names or user.sensitive or not is_sensitive(subject):
        return True
    return db.session.get(Choice, (subject, user.id)) is not None


def subject_of(upload_id: str) -> str:
    """What an item or an upload under way belongs to: its observation, else itself."""
    observation = db.session.scalar(
        select(Opening.observation_id)
        .where(Opening.item == upload_id, Opening.observation_id.is_not(None))
        .order_by(Opening.id.desc())
        .limit(1)
    )
    return observation or upload_id


def is_sensitive(subject: str) -> bool:
    return bool(db.session.scalar(select(sensitive(literal(subject, String), [subject]))))


def _refusal(user: User, subject: str) -> str | None:
    if db.session.get(Choice, (subject, user.id)) is not None:
        return None
    if not user.sensitive and is_sensitive(subject):
        return "not-chosen"
    work = db.session.get(Work, subject)
    return None if work is not None and work.holder == user.id else "not-claimed"


def chosen(user: User) -> Select[str]:
    """Subjects that a lead has chosen somebody for."""
    return select(Choice.subject).where(Choice.user_id == user.id)
