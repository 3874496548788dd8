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
from app.intake.models import Item
from app.journal.models import Observation
from app.opening.models import Opening
from app.opening.service import newest_of
from app.review import find, media, medium, observation, queue, service
from app.review.forms import FindForm, LookUpForm, MarkForm, NoteForm

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
    loose = queue.loose_items(only_new=show == "new")
    page = queue.observations(only_new=show == "new", trial=show == "trial")
    return render_template(
        "desk/queue.html",
        page=page,
        loose=loose if show != "trial" else None,
        show=show,
        find=FindForm(formdata=None),
    )


@review.route("/search", methods=["GET", "POST"])
def search() -> Answer:
    form = FindForm()
    if not form.validate_on_submit():
        return redirect(url_for("review.queue"), 303)
    zone = current_app.config["TEMOIN"].timezone
    found = find.understand(form.text.data, zone, language.local(now_ms()).date())
    if found.by == "rio":
        look_up_form = LookUpForm(formdata=None, number=form.text.data.strip())
        return render_template("desk/look_up.html", form=look_up_form, hits=None, find=form)
    service.searched(current_user, found.by)
    if found.observation is not None:
        return redirect(url_for("review.observation", reference=found.observation.reference), 303)
    return render_template("desk/found.html", page=queue.observations(found.conditions), find=form)


@review.route("/look-up", methods=["GET", "POST"])
def look_up() -> Answer:
    form = LookUpForm()
    hits = None
    if form.validate_on_submit():
        try:
            hits = service.look_up(current_user, form.number.data, form.purpose.data)
        except Problem as problem:
            field = form.purpose if problem.code == "number-in-purpose" else form.number
            field.errors = [problem.message]
    return render_template(
        "desk/look_up.html", form=form, hits=hits, boxes=observation.boxes
    ), 422 if form.errors else 200


@review.get("/o/<reference>", endpoint="observation")
def show_observation(reference: str) -> Answer:
    found = _observation(reference)
    service.seen(current_user, "observation.opened", found.id)
    return render_template(
        "desk/observation.html",
        sheet=observation.sheet(found),
        subject=found.id,
        beside=queue.observations(only_new=True),
        **_acts(found.id),
    )


@review.get("/i/<item_id>", endpoint="item")
def show_item(item_id: str) -> Answer:
    """An item that belongs to no observation."""
    item = db.session.get(Item, item_id)
    if item is None:
        raise _missing()
    service.seen(current_user, "item.opened", item.id)
    return render_template("desk/item.html", medium=medium.lone(item), subject=item.id, **_acts(item.id))


def _acts(subject: str) -> dict[str, object]:
    mark = service.newest_mark(subject)
    return {
        "mark": mark,
        "marked_by": service.user_name(mark.user_id) if mark else "",
        "notes": service.notes(subject),
        "note_form": NoteForm(formdata=None),
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


@review.post("/reviewed/<subject>")
def reviewed(subject: str) -> Answer:
    form = MarkForm()
    if not service.subject_exists(subject) or not form.validate_on_submit():
        raise _missing()
    done = form.reviewed.data == "yes"
    service.mark(current_user, subject, done)
    flash(_("Marked as reviewed.") if done else _("Back among the new ones."), "undo" if done else "message")
    return _back_to(subject)


@review.post("/note/<subject>")
def note(subject: str) -> Answer:
    form = NoteForm()
    if not service.subject_exists(subject):
        raise _missing()
    if form.validate_on_submit():
        service.note(current_user, subject, form.text.data)
        flash(_("The note is kept."))
    else:
        flash(_("An empty note wasn't kept."))
    return _back_to(subject)


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


def _back_to(subject: str) -> Response:
    found = db.session.get(Observation, subject)
    if found is None:
        return redirect(url_for("review.item", item_id=subject), 303)
    return redirect(url_for("review.observation", reference=found.reference), 303)
