"""Reading a number from footage: its page, the frames of a film, crops, and the reading that is kept."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Answered

from app.blobs import BlobMissing
from app.db import db, unit_of_work
from app.errors import Problem
from app.opening import crops, cutting
from app.opening.cutting import Busy, CannotCut
from app.opening.models import Crop
from app.register import rio, undo, whole
from app.register import service as register
from app.register.models import Reading, Sighting
from app.register.service import Contradiction, Evidence, Region
from app.review import access, service
from app.review.footage_form import FAULTS, ReadingForm
from app.review.footage_page import Footage, open_footage
from app.review.observation import data_of
from app.review.phrases import reported

footage = Blueprint("footage", __name__, url_prefix="/desk/footage")
Answer = Answered | Response | str | tuple[str, int]


def _missing() -> Problem:
    return Problem("not-found", _("There is nothing at this address."), 404)


def _footage(item_id: str) -> Footage:
    found = open_footage(item_id)
    if found is None:
        raise _missing()
    return found


def _crop(crop_id: str) -> Crop:
    found = crops.find(crop_id)
    if found is None:
        raise _missing()
    access.require(current_user, found.observation_id)
    return found


def _json(status: int = 200, **said: object) -> Response:
    return Response(json.dumps(said, separators=(",", ":")), status, mimetype="application/json")


def _cannot(error: CannotCut | Busy) -> Response:
    """Why nothing came of it, in words: `error` is shown as it is."""
    if isinstance(error, Busy):
        return _json(503, error=_("The server is cutting for others just now. Please try again in a moment."))
    return _json(422, error=_("This can’t be cut: %(why)s.", why=reported(str(error))))


@footage.get("/<item_id>")
def page(item_id: str) -> Answer:
    found = _footage(item_id)
    service.seen(current_user, "item.viewed", item_id)
    return _page(found, ReadingForm(formdata=None))


def _page(found: Footage, form: ReadingForm, problem: str = "") -> Answer:
    fresh = [crop for crop in crops.of_item(found.opening.item) if crop.user_id == current_user.id]
    used = {version.reading.crop for who in found.officers for version in who.versions}
    return render_template(
        "desk/footage.html", footage=found, medium=found.medium, observation=found.observation, form=form,
        problem=problem, length=whole.length(), data_of=data_of,
        unused=[crop for crop in fresh if crop.id not in used or crop.id == form.crop.data][:6],
        begin=next((crop.media_ms for crop in fresh if crop.id == form.crop.data), None),
    ), 422 if problem else 200  # fmt: skip


@footage.get("/<item_id>/frames")
def frames(item_id: str) -> Answer:
    found = _footage(item_id)
    try:
        said = cutting.frames(found.opening, found.kind)
    except (CannotCut, Busy) as error:
        return _cannot(error)
    return _json(width=said.width, height=said.height, base=said.base, first=said.first, steps=said.steps)


@footage.get("/<item_id>/frame/<int(signed=True):tick>")
def frame(item_id: str, tick: int) -> Answer:
    """One frame of a film for the eye, where the browser can't show exactly this one."""
    found = _footage(item_id)
    if found.kind != "film":
        raise _missing()
    service.seen(current_user, "item.viewed", item_id)
    try:
        return Response(crops.frame_png(found.opening, tick), mimetype="image/png")
    except (CannotCut, Busy) as error:
        return _cannot(error)


@footage.post("/<item_id>/cut")
def cut(item_id: str) -> Answer:
    found = _footage(item_id)
    _not_a_trial(found)
    asked = request.get_json(silent=True)
    try:
        x, y, w, h = (int(asked["region"][side]) for side in "xywh")  # type: ignore[index]
        tick = int(asked["tick"]) if found.kind == "film" else None  # type: ignore[index]
    except (KeyError, TypeError, ValueError, OverflowError):
        return _json(422, error=_("The region is missing."))
    if max(map(abs, (x, y, w, h, tick or 0))) >= 1 << 62:
        return _json(422, error=_("The region is missing."))
    try:
        crop = crops.make(current_user, found.opening, found.kind, (x, y, w, h), tick)
    except (CannotCut, Busy) as error:
        return _cannot(error)
    address = url_for("footage.crop", crop_id=crop.id)
    return _json(crop=crop.id, address=address, tick=crop.tick, ms=crop.media_ms, region=crop.region)


def _not_a_trial(found: Footage) -> None:
    if found.observation.trial:
        raise Problem("trial", _("A trial stays out of the register."))


@footage.get("/crop/<crop_id>")
def crop(crop_id: str) -> Answer:
    found = _crop(crop_id)
    try:
        picture = crops.png(found)
    except BlobMissing as error:
        raise Problem("withdrawn", _("This was withdrawn."), 410) from error
    service.seen(current_user, "crop.viewed", found.id)
    return Response(picture, mimetype="image/png")


@footage.post("/<item_id>/read")
def read(item_id: str) -> Answer:
    found, form = _footage(item_id), ReadingForm()
    _not_a_trial(found)
    if problem := (None if form.validate_on_submit() else _first(form)) or form.problem():
        return _page(found, form, problem)
    evidence = _crop(form.crop.data)
    if evidence.item != item_id:
        raise _missing()
    try:
        kept = _keep(found, form, evidence)
    except Contradiction as error:
        return _page(found, form, str(FAULTS.get(error.args[0], _("This reading contradicts itself."))))
    except rio.OtherNumber:
        return _page(
            found, form, _("More digits than a RIO has, or letters: perhaps another number. It has a field.")
        )
    flash(_("Kept as version %(n)s.", n=kept.version))
    at = f"at={evidence.media_ms}" if evidence.media_ms is not None else None
    return redirect(url_for("footage.page", item_id=item_id, _anchor=at), 303)


def _first(form: ReadingForm) -> str:
    return str(next((said[0] for said in form.errors.values() if said), _("Please fill this in.")))


def _keep(found: Footage, form: ReadingForm, evidence: Crop) -> Reading:
    """Officer and version in one: a reading that contradicts itself leaves no officer behind."""
    said = form.said()
    seen_as = Evidence(
        media=evidence.item, media_ms=evidence.media_ms, region=Region(**evidence.region), crop=evidence.id,
        crop_sha256=evidence.sha256,
    )  # fmt: skip
    with unit_of_work():
        return register.read_again(current_user, _sighting(found, form, evidence).id, said, seen_as)


def _sighting(found: Footage, form: ReadingForm, evidence: Crop) -> Sighting:
    what, _colon, name = form.who.data.partition(":")
    if what == "officer" and int(name) in {who.number for who in found.officers}:
        return register.sighting_of(found.observation.id, int(name))
    if what == "new":
        at = found.medium.at + (evidence.media_ms or 0)
        known = dict(form.force.choices)
        force = form.force.data if form.force.data in known else None
        return register.add_sighting(
            current_user, found.observation.id, at, force or None, form.look.data or ""
        )
    sighting = db.session.get(Sighting, name) if what == "sighting" else None
    if sighting is None or sighting.observation_id != found.observation.id:
        raise _missing()
    return sighting


@footage.post("/reading/<int:reading_id>/undo", endpoint="undo")
def take_back(reading_id: int) -> Answer:
    reading = db.session.get(Reading, reading_id)
    if reading is None:
        raise _missing()
    access.require(current_user, reading.observation_id)
    try:
        made = undo.take_back(current_user, reading_id)
        flash(_("Taken back by version %(n)s.", n=made.version))
    except undo.NotToBeTakenBack:
        flash(_("This version no longer stands, so nothing was taken back."))
    item = reading.media
    return redirect(url_for("footage.page", item_id=item) if item else url_for("review.queue"), 303)
