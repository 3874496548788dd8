"""The desk's pages: parse, allow, call one verb, answer."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import language
from app.accounts.rights import may
from app.clock import now_ms
from app.db import db
from app.errors import Problem
from app.journal.models import Observation
from app.opening.models import Opening
from app.opening.service import newest_of
from app.review import (
    access,
    find,
    loose,
    media,
    medium,
    observation,
    queue,
    readings,
    rows,
    service,
    withdraw_views,
    work,
)
from app.review.forms import FindForm, MarkForm, NoteForm, StepForm
from app.review.readings_form import LookUpForm

review = Blueprint("review", __name__, url_prefix="/desk")
Answer = Response | str | tuple[str, int]


def _missing() -> Problem:
    return Problem("not-found", _("There is nothing at this address."), 404)


def _observation(reference: str) -> Observation:
    """By reference; by the id where two share one."""
    query = Observation.id == reference if len(reference) == 32 else Observation.reference == reference
    found = db.session.query(Observation).filter(query).limit(2).all()
    if len(found) != 1:
        raise _missing()
    return found[0]


def _copy(upload: str) -> Opening:
    """The newest working copy of an item or of an upload that is still open."""
    opening = newest_of(upload)
    if opening is None or opening.working is None:
        raise _missing()
    access.require(current_user, access.subject_of(upload))
    return opening


@review.get("/")
def home() -> Answer:
    for endpoint in ("review.queue", "admin_phones.phones", "admin_status.status"):
        if may(endpoint):
            return redirect(url_for(endpoint), 303)
    raise Problem("no-role", _("Nobody has given you a role yet. Ask your admin."), 403)


@review.get("/queue", endpoint="queue")
def show_queue() -> Answer:
    show = request.args.get("show", "new")
    trial = show == "trial"
    show = show if show in queue.TABS else "all" if trial else "new"
    service.seen(current_user, "queue.viewed", "queue")
    return render_template(
        "desk/queue.html",
        page=queue.observations(current_user, show=show, trial=trial),
        loose=None if trial else queue.loose_items(current_user, show),
        waiting=queue.waiting(current_user),
        show="trial" if trial else show,
        find=FindForm(formdata=None),
        step=StepForm(formdata=None),
    )


@review.route("/search", methods=["GET", "POST"])
def search() -> Answer:
    form = FindForm()
    if not form.validate_on_submit() or not form.asked:
        return redirect(url_for("review.queue"), 303)
    zone, today = current_app.config["TEMOIN"].timezone, language.local(now_ms()).date()
    text, site = form.text.data or "", form.site.data or ""
    found = find.understand(current_user, text, zone, today, site)
    if found.by == "rio":
        return readings.page(LookUpForm(formdata=None, number=text), find=form)
    service.searched(current_user, found.by)
    if found.observation is not None:
        return redirect(url_for("review.observation", reference=found.observation.reference), 303)
    if not site:
        for address_of in current_app.extensions["references"]:
            if address := address_of(text):
                return redirect(address, 303)
    page = queue.observations(current_user, found.conditions)
    return render_template("desk/found.html", page=page, find=form, step=StepForm(formdata=None))


@review.get("/look-ups")
def look_ups() -> Answer:
    """For leads: who looked what up for which purpose, how often. Numbers stand nowhere."""
    days = {"month": 30, "year": 365, "all": 0}
    show = request.args.get("show", "month")
    show = show if show in days else "month"
    since = now_ms() - days[show] * 24 * 3_600_000 if days[show] else 0
    service.seen(current_user, "look-ups.viewed", "register")
    return render_template("desk/look_ups.html", found=service.look_ups(since), show=show)


@review.get("/o/<reference>", endpoint="observation")
def show_observation(reference: str) -> Answer:
    found = _observation(reference)
    if found.withdrawn is not None and (stone := withdraw_views.tombstone(found.id)):
        return stone
    if not access.may_open(current_user, found.id):
        return _closed(found)
    service.seen(current_user, "observation.opened", found.id)
    return render_template(
        "desk/observation.html",
        sheet=observation.sheet(found),
        sightings=observation.sightings(found),
        subject=found.id,
        beside=queue.observations(current_user, show="new", most=queue.BESIDE),
        **_acts(found.id),
    )


def _closed(found: Observation) -> Answer:
    """What a reviewer sees of an observation that they don't hold: its row, and the button that opens it."""
    if not access.may_be_given(current_user, found.id):
        access.require(current_user, found.id)
    (row,) = rows.of_observations(current_user, [found])
    return render_template("desk/closed.html", row=row, step=StepForm(formdata=None))


@review.get("/i/<item_id>", endpoint="item")
def show_item(item_id: str) -> Answer:
    """Something that belongs to no observation: an item, a silent upload, or what was removed on a phone."""
    shown = loose.medium(item_id)
    if shown is None:
        raise _missing()
    if stone := withdraw_views.tombstone(item_id):
        return stone
    # Once an entry has named it, it opens with its observation.
    subject = access.subject_of(item_id)
    if not access.may_open(current_user, subject):
        if subject != item_id:
            return redirect(url_for("review.observation", reference=subject), 303)
        return _closed_item(item_id)
    service.seen(current_user, "item.opened", item_id)
    return render_template("desk/item.html", medium=shown, subject=item_id, **_acts(item_id))


def _closed_item(item_id: str) -> Answer:
    if not access.may_be_given(current_user, item_id):
        access.require(current_user, item_id)
    row = next(one for one in queue.loose_items(current_user).rows if one.subject == item_id)
    return render_template("desk/closed.html", row=row, step=StepForm(formdata=None))


def _acts(subject: str) -> dict[str, object]:
    """What the page of a subject needs beside its content: where it stands, and what can be done with it."""
    stands = work.of(subject)
    lead = "lead" in current_user.role_names
    others = [one for one in work.colleagues() if stands is None or one.id != stands.holder]
    return {
        "work": stands,
        "holder": work.name_of(stands.holder) if stands else "",
        "moved_by": work.name_of(stands.by) if stands else "",
        "stale": stands is not None and work.is_stale(stands, now_ms()),
        "mine": stands is not None and stands.holder == current_user.id,
        "is_lead": lead,
        "sensitive": access.is_sensitive(subject),
        "others": [one for one in others if one.id != current_user.id],
        "chosen": work.chosen_for(subject) if lead else [],
        "onward": queue.onward(current_user, subject),
        "notes": service.notes(subject),
        "note_form": NoteForm(formdata=None),
        "step": StepForm(formdata=None),
        "mark_form": MarkForm(formdata=None),
        "boxes": observation.boxes,
        "hex_hash": medium.hex_hash,
        "data_of": observation.data_of,
    }


@review.get("/media/<item_id>", endpoint="media")
def show_media(item_id: str) -> Answer:
    opening = _copy(item_id)
    service.seen(current_user, "item.viewed", item_id)
    return media.answer(opening)


@review.post("/media/<item_id>/download")
def download(item_id: str) -> Answer:
    opening = _copy(item_id)
    service.downloaded(current_user, opening)
    found = db.session.get(Observation, opening.observation_id) if opening.observation_id else None
    return media.answer(opening, name=f"{found.reference if found else 'item'}-{item_id[:8]}")


@review.post("/note/<subject>")
def note(subject: str) -> Answer:
    form = NoteForm()
    if not service.subject_exists(subject):
        raise _missing()
    access.require(current_user, subject)
    if form.validate_on_submit():
        service.note(current_user, subject, form.text.data)
        flash(_("The note is kept."))
    else:
        flash(_("An empty note wasn't kept."))
    return back_to(subject)


@review.post("/uploads/<upload_id>/close")
def close(upload_id: str) -> Answer:
    opening = newest_of(upload_id)
    if opening is None:
        raise _missing()
    if service.close(current_user, upload_id):
        flash(_("Closed as interrupted. It is being opened for good."))
    else:
        flash(_("It isn’t silent any more, so nothing was closed."))
    found = db.session.get(Observation, opening.observation_id) if opening.observation_id else None
    return redirect(
        url_for("review.observation", reference=found.reference) if found else url_for("review.queue"), 303
    )


def back_to(subject: str) -> Response:
    """The page of a subject."""
    found = db.session.get(Observation, subject)
    if found is None:
        return redirect(url_for("review.item", item_id=subject), 303)
    return redirect(url_for("review.observation", reference=found.reference), 303)
