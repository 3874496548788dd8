"""Inviting, listing and revoking phones."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app import language
from app.accounts.forms import EmptyForm
from app.db import db
from app.enrol import service
from app.enrol.models import Device, Invitation
from app.errors import Problem
from config import Config

bp = Blueprint("admin_phones", __name__, url_prefix="/desk/phones")
Answer = Response | str | tuple[str, int]


class InviteForm(FlaskForm):  # type: ignore[misc]
    label = StringField(
        _l("Name of the phone"),
        [InputRequired(_l("Please fill this in.")), Length(max=60)],
        description=_l("A nickname for the phone, never a person’s name."),
        render_kw={"autocomplete": "off"},
    )


class RevokeForm(FlaskForm):  # type: ignore[misc]
    suspect_since = DateTimeLocalField(
        _l("It may have been out of its owner’s hands since"),
        [Optional()],
        description=_l("Leave empty if it was not. What it sent after this moment will be marked."),
    )


def _page(form: InviteForm, status: int = 200, **more: Any) -> Answer:
    page = render_template(
        "admin/phones.html", form=form, empty=EmptyForm(formdata=None),
        devices=service.devices(), invitations=service.open_invitations(), **more,
    )  # fmt: skip
    return page, status


@bp.get("")
def phones() -> Answer:
    return _page(InviteForm(formdata=None))


@bp.post("")
def invite() -> Answer:
    """The answer of this POST is the only place where link and code ever stand."""
    form = InviteForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    return _invited(service.invite(form.label.data, current_user.actor))


@bp.post("/<device_id>/again")
def again(device_id: str) -> Answer:
    """The same phone, after its enrolment has ended: what it goes on with is known as its own."""
    device = db.session.get(Device, device_id)
    if device is None or not EmptyForm().validate_on_submit():
        raise Problem("not-found", _("There is nothing at this address."), 404)
    return _invited(service.invite(device.label, current_user.actor, replaces=device))


def _invited(invited: service.Invited) -> Answer:
    config: Config = current_app.config["TEMOIN"]
    base = config.url.rstrip("/") or request.url_root.rstrip("/")
    link = f"{base}/m/#{invited.secret}"
    secure = base.startswith("https://")
    return render_template(
        "admin/invited.html", invited=invited, link=link, hours=config.invitation_hours, port=config.port,
        code=f"{invited.code[:5]} {invited.code[5:]}", picture=_picture(link) if secure else None,
    )  # fmt: skip


def _picture(link: str) -> Markup:
    drawn = segno.make(link, error="m", micro=False).svg_inline(
        scale=5, border=2, dark="#000", light="#fff", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 (segno's own SVG)


@bp.post("/invitations/<invitation_id>/cancel")
def cancel(invitation_id: str) -> Answer:
    found = db.session.get(Invitation, invitation_id)
    if found is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    service.cancel(found, current_user.actor)
    flash(_("The invitation has ended."))
    return redirect(url_for("admin_phones.phones"), 303)


@bp.route("/<device_id>/revoke", methods=["GET", "POST"])
def revoke(device_id: str) -> Answer:
    device = db.session.get(Device, device_id)
    if device is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    form = RevokeForm()
    if form.validate_on_submit():
        local = form.suspect_since.data
        since = language.from_local(local) if local else None
        if device.revoked_at is None:
            service.revoke(device, current_user.actor, since)
            flash(_("%(label)s is revoked: its next request is refused.", label=device.label))
        else:
            service.suspect(device, current_user.actor, since)
            flash(_("%(label)s: kept.", label=device.label))
        return redirect(url_for("admin_phones.phones"), 303)
    return render_template("admin/revoke.html", form=form, device=device), 422 if form.errors else 200
