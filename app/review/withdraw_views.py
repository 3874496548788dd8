"""Withdrawing and legal hold at the desk, for leads: two steps, what goes said before it goes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.accounts.models import User
from app.db import db
from app.errors import Problem
from app.journal.models import Observation
from app.review import hold, withdraw

bp = Blueprint("withdraw", __name__, url_prefix="/desk/withdraw")
Answer = Response | str | tuple[str, int]


class ReasonForm(FlaskForm):  # type: ignore[misc]
    reason = TextAreaField(
        _l("Reason"),
        [DataRequired(_l("Please fill this in.")), Length(max=hold.LONGEST)],
        description=_l("It stays in the log for ever: please write nothing of what is withdrawn."),
        render_kw={"rows": 3, "maxlength": hold.LONGEST, "autocomplete": "off"},
    )


class HoldForm(FlaskForm):  # type: ignore[misc]
    held = HiddenField()
    reason = TextAreaField(
        _l("Reason"),
        [DataRequired(_l("Please fill this in.")), Length(max=hold.LONGEST)],
        render_kw={"rows": 2, "maxlength": hold.LONGEST, "autocomplete": "off"},
    )


def _page(subject: str, form: ReasonForm, step: int, status: int = 200) -> Answer:
    found = withdraw.find(subject)
    if found is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    page = render_template(
        "desk/withdraw.html", subject=subject, name=_name(subject), parts=withdraw.parts(subject), form=form, step=step,
        held=hold.on(subject), gone=withdraw.tombstone(subject), hold_form=HoldForm(formdata=None), back=_address(subject),
    )  # fmt: skip
    return page, status


def _name(subject: str) -> str:
    seen = db.session.get(Observation, subject)
    return seen.reference if seen is not None else _("this item")


def _address(subject: str) -> str:
    """By its id: two observations may share a reference."""
    if db.session.get(Observation, subject) is not None:
        return url_for("review.observation", reference=subject)
    return url_for("review.item", item_id=subject)


@bp.get("/<subject>")
def first(subject: str) -> Answer:
    return _page(subject, ReasonForm(formdata=None), 1)


@bp.post("/<subject>")
def second(subject: str) -> Answer:
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(subject, form, 1, 422)
    return _page(subject, form, 2)


@bp.post("/<subject>/now")
def now(subject: str) -> Answer:
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(subject, form, 1, 422)
    withdraw.withdraw(current_user, subject, form.reason.data)
    flash(_("Withdrawn. What stays is on this page."))
    return redirect(_address(subject), 303)


@bp.post("/<subject>/hold")
def change_hold(subject: str) -> Answer:
    form = HoldForm()
    if withdraw.find(subject) is None or not form.validate_on_submit():
        return _page(subject, ReasonForm(formdata=None), 1, 422)
    hold.change(current_user, subject, form.held.data == "yes", form.reason.data)
    flash(_("A legal hold lies on it now.") if form.held.data == "yes" else _("The legal hold is lifted."))
    return redirect(url_for("withdraw.first", subject=subject), 303)


def tombstone(subject: str) -> str | None:
    """The page of a subject that was withdrawn; None for any other."""
    gone = withdraw.tombstone(subject)
    if gone is None:
        return None
    kind, _colon, who = gone.actor.partition(":")
    user = db.session.get(User, who) if kind == "user" else None
    return render_template(
        "desk/withdrawn.html", gone=gone, name=_name(subject), by=user.username if user else kind,
        parts=withdraw.parts(subject), observation=db.session.get(Observation, subject),
    )  # fmt: skip
