"""The register at the desk: looking up, and one sighting with all its versions. Numbers come by POST and stand in no
address, title or log."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from app.journal.models import Observation
from app.register import rio, search, service, written
from app.register.candidates import Candidate, candidates, officers_of
from app.register.models import Reading, Sighting
from app.register.seen import Wanted
from app.register.service import Said
from app.register.together import together
from app.register.whole import as_read, by_weight, length, versions_of
from app.review import access, observation
from app.review import service as review
from app.review.candidates_rows import Row, rows_of
from app.review.footage_form import FAULTS
from app.review.readings_form import AgainForm, BesideForm, LookUpForm, ReasonForm

register = Blueprint("register", __name__, url_prefix="/desk")
Answer = Response | str | tuple[str, int]


def missing() -> Problem:
    return Problem("not-found", _("There is nothing at this address."), 404)


def sighting_for(user: User, id: str) -> Sighting:
    """Raises Problem 404, and 403 for who may not open its observation."""
    found = db.session.get(Sighting, id)
    if found is None:
        raise missing()
    access.require(user, found.observation_id)
    return found


@register.route("/look-up", methods=["GET", "POST"], endpoint="look_up")
def look_up() -> Answer:
    form = LookUpForm()
    found = None
    if form.validate_on_submit():
        try:
            found = looked_up(current_user, form.wanted(form.number.data or ""), form.purpose.data)
        except Problem as problem:
            field = form.purpose if problem.code == "number-in-purpose" else form.number
            field.errors = [problem.message]
    return page(form, found)


def page(form: LookUpForm, found: Found | None = None, **more: object) -> Answer:
    """The look-up page; also where the find box leads with a number that was typed there."""
    return render_template(
        "desk/look_up.html", form=form, found=found, boxes=observation.boxes, **more
    ), 422 if form.errors else 200


@dataclass(frozen=True)
class Found:
    """What a look-up shows: hits that this person may open, and the observations of those that they may not but whose
    row they see; `more`: the register may hold others."""

    hits: list[tuple[search.Hit, Row]]
    closed: list[Observation]
    observations: list[Observation]
    more: bool

    @property
    def total(self) -> int:
        return len(self.hits) + len(self.closed)


def looked_up(user: User, wanted: Wanted, purpose: str) -> Found:
    """Search for a purpose. The log names it, by what was searched and which sightings were shown, never what was typed.
    Raises Problem: `not-a-rio`, `too-few-digits`, `nothing`, `number-in-purpose`."""
    if written.gives_away(purpose, [wanted.number]):
        raise Problem(
            "number-in-purpose", _("Please leave the number out of the purpose: it goes into the log.")
        )
    try:
        found = search.search(wanted, *([] if "lead" in user.role_names else [access.visible(user)]))
    except rio.OtherNumber as error:
        raise Problem(
            "not-a-rio", _("A RIO has only digits; ? stands for one digit and * for any run of them.")
        ) from error
    except search.TooFewDigits as error:
        raise Problem(
            "too-few-digits", _("Please give at least %(n)d digits.", n=search.FEWEST_DIGITS)
        ) from error
    except search.NothingWanted as error:
        raise Problem("nothing", _("Please give some digits, a unit, a vehicle, a day or a site.")) from error
    may_open = _readable(
        user, {hit.observation.id for hit in found.hits} | {o.id for o in found.observations}
    )
    hits = [hit for hit in found.hits if hit.observation.id in may_open]
    closed = {hit.observation.id: hit.observation for hit in found.hits if hit.observation.id not in may_open}
    digits = sum(c.isdigit() for c in rio.normalise(wanted.number))
    rows = rows_of([hit.sighting for hit in hits])
    shown = {one.id for hit in hits if (one := hit.reading or rows[hit.sighting.id].reading)}
    with unit_of_work():
        log.append(
            user.actor,
            "rio.looked-up",
            "register",
            {
                "purpose": purpose,
                "by": wanted.by,
                "digits": digits,
                "readings": sorted(shown),
                "sightings": sorted(hit.sighting.id for hit in hits),
            },
        )
    return Found(
        [(hit, rows[hit.sighting.id]) for hit in hits],
        list(closed.values()),
        [o for o in found.observations if o.id in may_open],
        found.more,
    )


def _readable(user: User, observations: set[str]) -> set[str]:
    query = select(Observation.id).where(Observation.id.in_(observations), access.readable(user))
    return set(db.session.scalars(query))


@dataclass(frozen=True)
class Version:
    reading: Reading
    author: str  # empty: the phone


@register.get("/sightings/<id>", endpoint="sighting")
def show_sighting(id: str) -> Answer:
    return _show(sighting_for(current_user, id), AgainForm(formdata=None))


def _show(found: Sighting, again: AgainForm, **more: object) -> Answer:
    review.seen(current_user, "sighting.opened", found.id)
    versions = versions_of([found])[found.id]
    wrote = select(User).where(User.id.in_([v.user_id for v in versions if v.user_id]))
    names = {user.id: user.username for user in db.session.scalars(wrote)}
    suggested, closed = _suggestions(found)
    laid = together([as_read(reading) for reading in by_weight(versions)], length())
    seen = db.session.get_one(Observation, found.observation_id)
    return render_template(
        "desk/register.html",
        sighting=found,
        observation=seen,
        row=rows_of([found])[found.id],
        versions=[Version(v, names.get(v.user_id or "", "")) for v in reversed(versions)],
        whole=laid,
        against=[by_weight(versions)[n].version for n in laid.against],
        candidates=[(one, rows) for one, rows in suggested],
        closed=closed,
        officer=officers_of([found.id]).get(found.id),
        again=again,
        beside_form=BesideForm(formdata=None),
        unlink_form=ReasonForm(formdata=None),
        boxes=observation.boxes,
        **more,
    ), 422 if again.errors else 200


def _suggestions(found: Sighting) -> tuple[list[tuple[Candidate, Row]], list[Observation]]:
    """Candidates that this person may open, and observations whose row is all that they see."""
    where = [] if "lead" in current_user.role_names else [access.visible(current_user)]
    all_of_them = candidates(found, *where)
    may_open = _readable(current_user, {one.observation.id for one in all_of_them})
    shown = [one for one in all_of_them if one.observation.id in may_open]
    rows = rows_of([one.sighting for one in shown])
    closed = {
        one.observation.id: one.observation for one in all_of_them if one.observation.id not in may_open
    }
    return [(one, rows[one.sighting.id]) for one in shown], list(closed.values())


@register.post("/sightings/<id>/again", endpoint="again")
def again(id: str) -> Answer:
    """A reading without a picture, in words: told, or remembered."""
    found, form = sighting_for(current_user, id), AgainForm()
    if not form.validate_on_submit():
        return _show(found, form)
    said, suggestion, asks = _said(form)
    if said is None:
        return _show(found, form, suggestion=suggestion, asks_another=asks)
    try:
        service.read_again(current_user, found.id, said)
    except service.Contradiction as fault:
        form.number.errors = [FAULTS[fault.args[0]]]
        return _show(found, form)
    flash(_("Kept as a new version."))
    return redirect(url_for("register.sighting", id=found.id), 303)


def _said(form: AgainForm) -> tuple[Said | None, str | None, bool]:
    """The reading; None with an error on the form, what the letters look like, and whether to ask "another number?"."""
    text, other = form.number.data or "", ""
    number = written.Written()
    try:
        number = written.understand(text, length())
    except written.AnotherNumber as not_rio:
        if not form.another.data:
            form.number.errors = [_("This isn’t a RIO: it has letters, or more digits than one has.")]
            return None, not_rio.suggestion, True
        other = text
    if form.status.data == "NOT_WORN" and not form.checked.data:
        form.status.errors = [
            _("“Not worn” needs chest, shoulders and armband in view. Otherwise choose “could not look”.")
        ]
        return None, None, False
    places = {
        int(part) - 1 for part in (form.unsure.data or "").replace(",", " ").split() if part.isdecimal()
    }
    pattern = number.pattern
    return (
        Said(
            status=form.status.data,
            checked=bool(form.checked.data),
            asked=form.asked.data,
            how=form.how.data,
            pattern=pattern,
            fragments=number.fragments,
            unsure=frozenset(
                at for at in places if pattern and at < len(pattern) and pattern[at] != rio.UNKNOWN
            ),
            other=other,
        ),
        None,
        False,
    )
