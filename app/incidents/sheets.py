"""Pages of the incident sheet: read, print, write, and what to do when two people wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app import language
from app.accounts import drafts
from app.accounts.models import User
from app.db import db
from app.incidents import forms, gather, prefill, queries, service, sheet, words
from app.incidents.models import Incident, SheetVersion
from app.incidents.prefill import Proposal
from app.incidents.sheet import Clash, Document
from app.incidents.views import Answer, incident_at, missing
from app.journal.models import Entry
from app.review import service as desk
from app.review.observation import standing

incident_sheets = Blueprint("incident_sheets", __name__, url_prefix="/desk/incidents")
ROWS = frozenset(part.name for part in sheet.PARTS if part.rows)


@dataclass
class Page:
    """What the form shows: `document` as it stands or as it was typed; `ticked`: proposals that somebody wants to take."""

    incident: Incident
    base: int
    document: Document
    offered: list[Proposal]
    left_out: list[Proposal] = field(default_factory=list)
    ticked: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    newest: SheetVersion | None = None

    def of(self, part: str) -> list[Proposal]:
        return [one for one in self.offered if one.part == part]

    def unwanted(self, part: str) -> list[Proposal]:
        return [one for one in self.left_out if one.part == part]

    def clash(self, part: str, name: str | None = None, row: str | None = None) -> Clash | None:
        return next((c for c in self.clashes if (c.part, c.field, c.row) == (part, name, row)), None)


@incident_sheets.get("/<reference>/sheet", endpoint="sheet")
def show(reference: str) -> Answer:
    incident = incident_at(reference)
    number = request.args.get("version", type=int)
    version = queries.sheet_of(incident, number)
    if number is not None and version is None:
        raise missing()
    document = (version.document if version else None) or {}
    gather.require_sheet(current_user, incident, document)
    desk.seen(current_user, "incident.sheet-viewed", incident.id)
    return render_template(
        "desk/incident_sheet.html",
        incident=incident,
        version=version,
        document=document,
        versions=queries.versions(incident),
        observations=queries.observations_of(incident),
        custody=sheet.custody(document),
        parts=sheet.PARTS,
        words=words,
        act=forms.Act(formdata=None),
    )


@incident_sheets.route("/<reference>/sheet/edit", methods=["GET", "POST"], endpoint="edit")
def edit(reference: str) -> Answer:
    incident = incident_at(reference)
    newest = queries.sheet_of(incident)
    document = (newest.document if newest else None) or {}
    gather.require_sheet(current_user, incident, document)
    every = _proposals(incident)
    number = newest.number if newest else 0
    refused, fitting = service.left_out(incident), prefill.open_ones(every, document, ROWS)
    page = Page(
        incident,
        number,
        document,
        [one for one in fitting if one.key not in refused],
        [one for one in fitting if one.key in refused],
    )
    form = forms.SheetForm()
    if request.method == "GET":
        desk.seen(current_user, "incident.sheet-viewed", incident.id)
        return _page(page)
    if not form.validate_on_submit():
        raise missing()
    typed, faults = sheet.read(request.form, words.known())
    base = queries.sheet_of(incident, form.base.data)
    typed = sheet.keep_sources(typed, base.document if base else None, document)
    page.base, page.document, page.ticked = form.base.data, typed, request.form.getlist("take")
    # The page that comes now holds all that was typed; a draft would bring back what is older.
    if draft := request.form.get(drafts.FIELD):
        drafts.forget(current_user, draft)
    if faults:
        page.faults = {fault.at: _fault(fault.kind) for fault in faults}
        return _page(page, 422)
    chosen = [one for one in [*page.offered, *page.left_out] if one.key in page.ticked]
    try:
        taken = prefill.take(typed, chosen, ROWS, (base.document if base else None) or {})
        version = service.save_sheet(current_user, incident, page.base, taken)
    except service.Conflict as conflict:
        return _page(_both(page, typed, conflict), 409)
    unwanted, again = request.form.getlist("leave"), request.form.getlist("again")
    service.leave_out(current_user, incident, [one.key for one in page.offered if one.key in unwanted])
    service.offer_again(current_user, incident, again)
    flash(_("Version %(n)s is kept.", n=version.number))
    return redirect(url_for("incident_sheets.sheet", reference=incident.reference), 303)


def _both(page: Page, typed: Document, conflict: service.Conflict) -> Page:
    """Theirs and mine in one form, with what both of us changed beside it; the next save goes on from theirs."""
    theirs = conflict.newest.document or {}
    base = conflict.base.document if conflict.base else None
    merged, page.clashes = sheet.merge(base, typed, theirs)
    page.document = sheet.keep_sources(merged, typed, theirs)
    page.base, page.newest = conflict.newest.number, conflict.newest
    page.offered = prefill.open_ones(page.offered, theirs, ROWS)
    return page


def _page(page: Page, status: int = 200) -> Answer:
    form = forms.SheetForm(formdata=None, base=page.base)
    by = db.session.get_one(User, page.newest.user_id).username if page.newest else ""
    shown: str = render_template(
        "desk/incident_edit.html", page=page, form=form, parts=sheet.PARTS, words=words, by=by, incident=page.incident
    )  # fmt: skip
    return shown, status


def _fault(kind: str) -> str:
    words_of = {
        "day": _("A day looks like 2026-11-21."),
        "time": _("A time looks like 06:41."),
        "number": _("A number, please."),
        "choice": _("Please choose from the list."),
    }
    return str(words_of.get(kind, _("This is too long.")))


def _proposals(incident: Incident) -> list[Proposal]:
    seen = queries.observations_of(incident)
    entries: dict[str, list[Any]] = {observation.id: [] for observation in seen}
    query = (
        select(Entry).where(Entry.observation_id.in_(entries)).order_by(Entry.at, Entry.seq, Entry.entry_id)
    )
    for entry in db.session.scalars(query):
        entries[entry.observation_id].append(entry)
    speech = prefill.Speech(
        moment=lambda ms: (language.local(ms).strftime("%Y-%m-%d"), language.time(ms)),
        officer=lambda n: _("officer %(n)s", n=n),
    )
    return prefill.proposals([(o, standing(entries[o.id])) for o in seen], speech)


@incident_sheets.post("/<reference>/sheet/<int:number>/erase")
def erase(reference: str, number: int) -> Answer:
    incident = incident_at(reference)
    if not forms.Act().validate_on_submit():
        raise missing()
    service.erase_version(current_user, incident, number)
    flash(_("The words of version %(n)s are erased.", n=number))
    return redirect(url_for("incident_sheets.sheet", reference=incident.reference), 303)
