"""Known officers: every sighting that people have linked, over time; and sightings whose number says too little, which
are looked through by look, unit, day and site. There is no list of officers: the register isn't there to be browsed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app import language
from app.accounts.models import User
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from app.journal.models import Observation
from app.register import officers, rio
from app.register.candidates import officers_of
from app.register.models import KnownOfficer, OfficerLink, Sighting
from app.register.seen import conditions
from app.register.together import Together, together
from app.register.whole import length, wholes
from app.review import access, observation
from app.review import service as review
from app.review.candidates_rows import Row, rows_of
from app.review.readings import Answer, missing, register
from app.review.readings_form import ReasonForm, UnidentifiedForm

FORCES = 250_000  # officers in France who wear a number, assumed
COMPANY = 130
MOST = 200


@dataclass(frozen=True)
class Linked:
    """A link as a row; `by` and `ended_by` are names."""

    link: OfficerLink
    row: Row
    by: str
    ended_by: str


@dataclass(frozen=True)
class Digit:
    """A place of the best pattern, and the observations whose sightings say this digit."""

    digit: str
    state: str
    said_by: list[str]


@register.get("/officers/<id>", endpoint="officer")
def show_officer(id: str) -> Answer:
    if db.session.get(KnownOfficer, id) is None:
        raise missing()
    everything = officers.links(id)
    seen = {
        s.id: s
        for s in db.session.scalars(
            select(Sighting).where(Sighting.id.in_([link.sighting for link in everything]))
        )
    }
    may_open = set(
        db.session.scalars(
            select(Observation.id).where(
                Observation.id.in_({s.observation_id for s in seen.values()}), access.readable(current_user)
            )
        )
    )
    links = [link for link in everything if seen[link.sighting].observation_id in may_open]
    if not links:
        raise Problem("not-claimed", _("Somebody opens this by claiming it. You don’t hold it."), 403)
    review.seen(current_user, "officer.opened", id)
    rows = rows_of([seen[link.sighting] for link in links])
    names = {user.id: user.username for user in db.session.scalars(select(User))}
    shown = [
        Linked(link, rows[link.sighting], names.get(link.user_id, ""), names.get(link.ended_by or "", ""))
        for link in links
    ]
    now = sorted((one for one in shown if one.link.ended_at is None), key=lambda one: one.row.sighting.at)
    whole, order = _best([one.row.sighting for one in now])
    open_places = len(whole.unsure) + length() - whole.known if whole else length()
    return render_template(
        "desk/officers.html",
        now=now,
        ended=[one for one in shown if one.link.ended_at is not None],
        closed=len({link.sighting for link in everything} - {link.sighting for link in links}),
        whole=whole,
        digits=_digits(whole, order, rows) if whole else [],
        against=[rows[order[n].id] for n in whole.against] if whole else [],
        others=rio.others(open_places, FORCES, length()),
        in_company=rio.others(open_places, COMPANY, length()),
        forces=FORCES,
        company=COMPANY,
        open_places=open_places,
        form=ReasonForm(formdata=None),
        boxes=observation.boxes,
    )


def _best(sightings: list[Sighting]) -> tuple[Together | None, list[Sighting]]:
    """The sightings laid together, the surest first, and in which order that was."""
    order = sorted(sightings, key=lambda s: (len(s.unsure) - s.known, s.at))
    reads = wholes(order)
    return (together([reads[s.id] for s in order], length()) if order else None), order


def _digits(whole: Together, order: list[Sighting], rows: dict[str, Row]) -> list[Digit]:
    return [
        Digit(
            "" if digit == rio.UNKNOWN else digit,
            "unknown" if digit == rio.UNKNOWN else "unsure" if at in whole.unsure else "sure",
            [rows[order[n].id].observation.reference for n in whole.backing[at]],
        )
        for at, digit in enumerate(whole.pattern)
    ]


@register.route("/unidentified", methods=["GET", "POST"], endpoint="unidentified")
def unidentified() -> Answer:
    """Sightings without a number that tells them apart. What is filtered by comes by POST: a plate has no place in an
    address."""
    form = UnidentifiedForm()
    asked = form.is_submitted() and form.validate()
    wanted = form.wanted() if asked else None
    query = (
        select(Sighting)
        .join(Observation, Observation.id == Sighting.observation_id)
        .where(Sighting.known < rio.FEWEST, Observation.trial.is_(False), access.readable(current_user))
    )
    if wanted:
        query = query.where(*conditions(wanted))
    if asked and form.look.data:
        query = query.where(
            *(Sighting.look.icontains(word, autoescape=True) for word in form.look.data.split())
        )
    found = list(db.session.scalars(query.order_by(Sighting.at.desc(), Sighting.id).limit(MOST + 1)))
    with unit_of_work():
        by = [*(wanted.by if wanted else []), *(["look"] if asked and form.look.data else [])]
        log.append(
            current_user.actor, "unidentified.viewed", "register", {"by": by, "shown": len(found[:MOST])}
        )
    rows = rows_of(found[:MOST])
    linked = _linked([s.id for s in found[:MOST]])
    days = groupby(
        [rows[s.id] for s in found[:MOST]],
        lambda row: (language.local(row.sighting.at).date(), row.observation.site or ""),
    )
    return render_template(
        "desk/officers_unidentified.html",
        form=form,
        asked=asked,
        days=[(list(group), site) for (_day, site), group in days],
        linked=linked,
        total=len(found[:MOST]),
        more=len(found) > MOST,
        boxes=observation.boxes,
    ), 422 if form.errors else 200


def _linked(sightings: list[str]) -> set[str]:
    return set(officers_of(sightings))
