"""Pages of incidents: parse, allow, call one verb, answer. Addresses and titles hold only references."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.errors import Problem
from app.incidents import forms, gather, lanes, queries, service, timeline
from app.incidents.models import Act, Incident, Refusal
from app.journal.models import Observation
from app.journal.reference import normalise
from app.review import access
from app.review import service as desk
from app.review.observation import boxes, data_of

incidents = Blueprint("incidents", __name__, url_prefix="/desk/incidents")
Answer = Response | str | tuple[str, int]


def missing() -> Problem:
    return Problem("not-found", _("There is nothing at this address."), 404)


def incident_at(reference: str) -> Incident:
    found = queries.find(reference)
    if found is None or found.reference != reference:
        raise missing()
    return found


def _observation(spoken: str) -> Observation:
    """By id or by reference, if it shows to this person at all."""
    by = Observation.id == spoken if len(spoken) == 32 else Observation.reference == normalise(spoken)
    query = select(Observation).where(by, access.visible(current_user)).limit(2)
    found = list(db.session.scalars(query))
    if len(found) != 1:
        raise Problem("not-found", _("There is no observation of this reference."), 404)
    return found[0]


def address_of(spoken: str) -> str | None:
    """Where the find box leads for the reference of an incident."""
    found = queries.find(spoken) if sum(c.isalnum() for c in spoken) == 6 else None
    return url_for("incidents.show", reference=found.reference) if found else None


def to(incident: Incident, endpoint: str = "incidents.show", anchor: str | None = None) -> Response:
    return redirect(url_for(endpoint, reference=incident.reference, _anchor=anchor), 303)


def checked(form: forms.Act) -> forms.Act:
    """The form, if it came whole. Raises Problem."""
    if not form.validate_on_submit():
        raise Problem("bad-form", _("This can’t be read. Please go back and try again."), 400)
    return form


@incidents.get("/", endpoint="every")
def every() -> Answer:
    desk.seen(current_user, "incident.listed", "incidents")
    return render_template(
        "desk/incidents.html",
        rows=gather.rows(current_user),
        groups=gather.suggested_groups(current_user),
        find=None,
        seek=forms.ReferenceForm(formdata=None),
        act=forms.Act(formdata=None),
    )


@incidents.post("/find")
def seek() -> Answer:
    form = forms.ReferenceForm()
    found = queries.find(form.reference.data) if form.validate_on_submit() else None
    if found is None:
        flash(_("No incident of this reference."))
        return redirect(url_for("incidents.every"), 303)
    return to(found)


@incidents.post("/open", endpoint="open")
def open_() -> Answer:
    checked(forms.Act())
    chosen = [_observation(spoken) for spoken in request.form.getlist("observation")]
    incident = service.open_incident(current_user, [observation.id for observation in chosen])
    flash(_("Incident %(ref)s is open.", ref=incident.reference))
    return to(incident)


@incidents.post("/refuse", endpoint="refuse_group")
def refuse_group() -> Answer:
    """Observations that were suggested as one event are not."""
    checked(forms.Act())
    chosen = [_observation(spoken) for spoken in request.form.getlist("observation")][:12]
    for at, one in enumerate(chosen):
        for other in chosen[at + 1 :]:
            service.refuse(current_user, one.id, other.id)
    flash(_("Kept: they don’t belong together."))
    return redirect(url_for("incidents.every"), 303)


@incidents.get("/<reference>", endpoint="show")
def show(reference: str) -> Answer:
    incident = incident_at(reference)
    desk.seen(current_user, "incident.viewed", incident.id)
    return render_template(
        "desk/incident.html",
        incident=incident,
        into=db.session.get(Incident, incident.merged_into) if incident.merged_into else None,
        standing=gather.standing(current_user, incident),
        candidates=[] if incident.merged_into else gather.suggested_for(current_user, incident),
        refusals=gather.refusals(current_user, incident),
        history=[(act, name, service.can_undo(act)) for act, name in queries.history(incident)],
        references=_references(incident),
        sheet=queries.sheet_of(incident),
        act=forms.Act(formdata=None),
        reference_form=forms.ReferenceForm(formdata=None),
        refusal_form=forms.RefusalForm(formdata=None),
    )


def _references(incident: Incident) -> dict[str, str]:
    """References of all that the history names, but for observations that don't show to this person."""
    acts = [act for act, _name in queries.history(incident)]
    ids = {act.observation_id for act in acts} | {one for act in acts for one in act.moved}
    seen = select(Observation.id, Observation.reference).where(
        Observation.id.in_(ids), access.visible(current_user)
    )
    others = {act.incident_id for act in acts} | {act.came_from for act in acts}
    known = select(Incident.id, Incident.reference).where(Incident.id.in_(others))
    return {row[0]: row[1] for query in (seen, known) for row in db.session.execute(query)}


def _said(incident: Incident, words: str) -> None:
    """Say what was done to the grouping, with a way back."""
    (last, _name), *_rest = queries.history(incident)
    undo = url_for("incidents.undo", reference=incident.reference, act_id=last.id)
    flash({"words": words, "undo": undo, "fields": {}})  # type: ignore[arg-type]  # base.html draws a button


@incidents.post("/<reference>/put")
def put(reference: str) -> Answer:
    incident, form = incident_at(reference), forms.ReferenceForm()
    checked(form)
    try:
        observation = _observation(form.reference.data.strip())
    except Problem as mistyped:
        flash(mistyped.message)
        return to(incident)
    if service.put(current_user, incident, observation.id) is None:
        flash(_("%(ref)s is in this incident already.", ref=observation.reference))
    else:
        _said(incident, _("%(ref)s is in this incident now.", ref=observation.reference))
    return to(incident)


@incidents.post("/<reference>/take-out")
def take_out(reference: str) -> Answer:
    incident, form = incident_at(reference), forms.ReferenceForm()
    checked(form)
    observation = _observation(form.reference.data.strip())
    service.take_out(current_user, incident, observation.id)
    _said(incident, _("%(ref)s was taken out.", ref=observation.reference))
    return to(incident)


@incidents.post("/<reference>/merge")
def merge(reference: str) -> Answer:
    """All of another incident comes into this one."""
    incident, form = incident_at(reference), forms.ReferenceForm()
    checked(form)
    other = queries.find(form.reference.data)
    if other is None:
        flash(_("No incident of this reference."))
        return to(incident)
    service.merge(current_user, other, incident)
    _said(incident, _("%(other)s was merged into this incident.", other=other.reference))
    return to(incident)


@incidents.post("/<reference>/undo/<int:act_id>")
def undo(reference: str, act_id: int) -> Answer:
    incident, act = incident_at(reference), db.session.get(Act, act_id)
    if act is None or incident.id not in (act.incident_id, act.came_from):
        raise missing()
    checked(forms.Act())
    service.undo(current_user, act)
    flash(_("Undone."))
    return to(incident)


@incidents.post("/<reference>/refuse")
def refuse(reference: str) -> Answer:
    incident, form = incident_at(reference), forms.RefusalForm()
    checked(form)
    observation = _observation(request.form.get("observation", ""))
    service.refuse(current_user, observation.id, incident.id, form.reason.data or "")
    flash(_("Kept: %(ref)s doesn’t belong here.", ref=observation.reference))
    return to(incident)


@incidents.post("/<reference>/refusals/<int:refusal_id>/back")
def refusal_back(reference: str, refusal_id: int) -> Answer:
    incident, refusal = incident_at(reference), db.session.get(Refusal, refusal_id)
    if refusal is None or refusal.other != incident.id:
        raise missing()
    checked(forms.Act())
    service.take_refusal_back(current_user, refusal)
    return to(incident)


@incidents.get("/<reference>/together", endpoint="together")
def together(reference: str) -> Answer:
    incident = incident_at(reference)
    standing = gather.standing(current_user, incident)
    desk.seen(current_user, "incident.together-viewed", incident.id)
    for observation in standing.opened:
        desk.seen(current_user, "observation.opened", observation.id)
    return render_template(
        "desk/incident_together.html",
        incident=incident,
        standing=standing,
        view=lanes.together(incident, standing.opened),
        verdicts=queries.verdicts(incident),
        judges=queries.judges(incident),
        within=timeline.WITHIN // 60_000,
        shift_form=forms.ShiftForm(formdata=None),
        verdict_form=forms.VerdictForm(formdata=None),
        boxes=boxes,
        data_of=data_of,
    )


@incidents.post("/<reference>/shift/<observation_id>")
def shift(reference: str, observation_id: str) -> Answer:
    incident, form = incident_at(reference), forms.ShiftForm()
    if not queries.is_in(incident, observation_id):
        raise missing()
    access.require(current_user, observation_id)
    checked(form)
    service.shift_lane(current_user, incident, observation_id, form.ms.data)
    return to(incident, "incidents.together", "lanes")


@incidents.post("/<reference>/judge")
def judge(reference: str) -> Answer:
    incident, form = incident_at(reference), forms.VerdictForm()
    checked(form)
    for observation_id in queries.observations_of_entries(form.one.data, form.other.data):
        access.require(current_user, observation_id)
    service.judge(
        current_user, incident, form.one.data, form.other.data, form.verdict.data, form.note.data or ""
    )
    return to(incident, "incidents.together", "meetings")
