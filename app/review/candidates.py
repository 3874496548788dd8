"""Two sightings side by side, and what somebody decides of them: accepted or refused, each with a reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.accounts.models import User
from app.db import db
from app.errors import Problem
from app.journal.models import Observation
from app.journal.reference import normalise
from app.register import officers, units, written
from app.register.candidates import Likeness, likeness, officers_of
from app.register.models import Decision, Sighting
from app.register.whole import versions_of, wholes
from app.review import observation
from app.review import service as review
from app.review.candidates_rows import rows_of
from app.review.readings import Answer, missing, register, sighting_for
from app.review.readings_form import BesideForm, ReasonForm


@register.get("/sightings/<one>/beside/<other>", endpoint="beside")
def beside(one: str, other: str) -> Answer:
    return _show(*_pair(one, other), ReasonForm(formdata=None))


@register.post("/sightings/<one>/beside/<other>", endpoint="decide")
def decide(one: str, other: str) -> Answer:
    a, b = _pair(one, other)
    form = ReasonForm()
    if form.validate_on_submit() and _tells(form.reason.data, a, b):
        form.reason.errors = [_("Please leave the number out of the reason: it goes into the log.")]
    if form.errors or form.what.data not in {"accept", "join", "refuse"}:
        return _show(a, b, form)
    alike = _alike(a, b)
    tier = str(alike.tier) if alike.tier else None
    if form.what.data == "refuse":
        officers.refuse(current_user, a.id, b.id, form.reason.data, tier)
        flash(_("Refused. It is offered again only when one of them has been read again."))
        return redirect(url_for("register.sighting", id=a.id), 303)
    try:
        known = officers.accept(
            current_user, a.id, b.id, form.reason.data, tier, join=form.what.data == "join"
        )
    except officers.TwoOfficers:
        form.reason.errors = [
            _("Both are already linked to an officer, not the same one. To accept means to join the two.")
        ]
        return _show(a, b, form)
    flash(_("Linked. The link can be undone; both acts stay in the history."))
    return redirect(url_for("register.officer", id=known.id), 303)


@register.post("/sightings/<id>/find", endpoint="find_beside")
def find_beside(id: str) -> Answer:
    """Another sighting to lay beside this one, by reference and the observer's count."""
    here, form = sighting_for(current_user, id), BesideForm()
    found = _named(form.reference.data or "", form.officer.data or "") if form.validate_on_submit() else None
    if found is None or found.id == here.id:
        flash(_("No other sighting has this reference and number."))
        return redirect(url_for("register.sighting", id=id), 303)
    return redirect(url_for("register.beside", one=here.id, other=found.id), 303)


@register.post("/sightings/<id>/unlink", endpoint="unlink")
def unlink(id: str) -> Answer:
    found, form = sighting_for(current_user, id), ReasonForm()
    if not form.validate_on_submit() or _tells(form.reason.data, found):
        flash(_("Please say why in a few words, without the number."))
        return redirect(url_for("register.sighting", id=id), 303)
    try:
        officers.unlink(current_user, found.id, form.reason.data)
    except officers.NotLinked as error:
        raise missing() from error
    flash(_("The link is undone. What it was and why stays in the history."))
    return redirect(url_for("register.sighting", id=id), 303)


def _pair(one: str, other: str) -> tuple[Sighting, Sighting]:
    if one == other:
        raise missing()
    return sighting_for(current_user, one), sighting_for(current_user, other)


def _alike(a: Sighting, b: Sighting) -> Likeness:
    reads, belong = wholes([a, b]), units.belongings([a, b])
    return likeness(reads[a.id], reads[b.id], belong[a.id], belong[b.id])


def _show(a: Sighting, b: Sighting, form: ReasonForm) -> Answer:
    review.seen(current_user, "sighting.opened", a.id)
    review.seen(current_user, "sighting.opened", b.id)
    rows, versions, linked = rows_of([a, b]), versions_of([a, b]), officers_of([a.id, b.id])
    both = {linked.get(a.id), linked.get(b.id)}
    return render_template(
        "desk/candidates.html",
        pair=[(rows[s.id], list(reversed(versions[s.id])), linked.get(s.id)) for s in (a, b)],
        alike=_alike(a, b),
        decisions=_history(a, b),
        joins=None not in both and len(both) == 2,
        linked=None not in both and len(both) == 1,
        form=form,
        boxes=observation.boxes,
    ), 422 if form.errors else 200


def _history(a: Sighting, b: Sighting) -> list[tuple[Decision, str]]:
    """What was decided of these two so far, the newest first, with names."""
    first, second = sorted((a.id, b.id))
    query = (
        select(Decision, User.username)
        .join(User, User.id == Decision.user_id)
        .where(Decision.a == first, Decision.b == second)
        .order_by(Decision.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def _tells(reason: str, *sightings: Sighting) -> bool:
    numbers = [
        part
        for readings in versions_of(sightings).values()
        for reading in readings
        for part in (reading.pattern, reading.other, *(f["digits"] for f in reading.fragments))
        if part
    ]
    return written.gives_away(reason, [*numbers, *(s.pattern for s in sightings if s.pattern)])


def _named(reference: str, officer: str) -> Sighting | None:
    """Raises Problem 403 where it may not be opened."""
    query = (
        select(Sighting)
        .join(Observation, Observation.id == Sighting.observation_id)
        .where(Observation.reference == normalise(reference))
        .order_by(Sighting.officer, Sighting.made_at)
    )
    if officer.isdecimal():
        query = query.where(Sighting.officer == int(officer))
    found = list(db.session.scalars(query.limit(2)))
    if not found or (len(found) > 1 and not officer):
        if found:
            raise Problem(
                "which-officer", _("Several officers were seen there: please give the number of one."), 422
            )
        return None
    return sighting_for(current_user, found[0].id)
