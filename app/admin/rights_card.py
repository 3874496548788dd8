"""The card of rights on the phones, edited by the organisation."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app import language
from app.accounts.forms import EmptyForm
from app.clock import now_ms
from app.phone import rights

bp = Blueprint("admin_rights", __name__, url_prefix="/desk/rights")
Answer = Response | str | tuple[str, int]
LOOKS = {"rows": 22, "autocomplete": "off"}


def _today() -> date:
    return language.local(now_ms()).date()


def _well_built(_form: FlaskForm, field: Field) -> None:
    try:
        rights.parts(field.data)
    except rights.NoHeading as error:
        raise ValidationError(
            _("Begin with a heading: a line with # in front. Under each heading at least one line.")
        ) from error


class RightsForm(FlaskForm):  # type: ignore[misc]
    fr = TextAreaField(
        _l("The card in French"),
        [InputRequired(_l("Please fill this in.")), Length(max=20_000), _well_built],
        render_kw={**LOOKS, "lang": "fr"},
    )
    en = TextAreaField(
        _l("The card in English"),
        [InputRequired(_l("Please fill this in.")), Length(max=20_000), _well_built],
        render_kw={**LOOKS, "lang": "en"},
    )
    checked = BooleanField(_l("A lawyer has checked these texts"))
    by = StringField(
        _l("Checked by"),
        [Length(max=80)],
        description=_l("Shown on every phone: a bar or an office rather than a name."),
        render_kw={"autocomplete": "off"},
    )
    on = DateField(_l("Checked on"), [Optional()])

    def validate_by(self, field: Field) -> None:
        if self.checked.data and not (field.data or "").strip():
            raise ValidationError(_("Please say who has checked it."))

    def validate(self, extra_validators: Any = None) -> bool:
        well = bool(super().validate(extra_validators))
        if self.checked.data and (self.on.data is None or self.on.data > _today()):
            self.on.errors = [_("Please give the day of the check, today or before.")]
            return False
        return well


def _as_written() -> dict[str, Any]:
    card = rights.current()
    by_law = rights.checked(card)
    texts = {name: rights.text(card[name]) for name in language.LANGUAGES}
    return {
        **texts,
        "checked": by_law is not None,
        "by": by_law.by if by_law else "",
        "on": by_law.on if by_law else None,
    }


@bp.route("", methods=["GET", "POST"])
def rights_card() -> Answer:
    form = RightsForm(data=_as_written())
    if form.validate_on_submit():
        by_law = rights.Checked(form.by.data.strip(), form.on.data) if form.checked.data else None
        texts = {name: form[name].data for name in language.LANGUAGES}
        rights.keep(texts, by_law, _today(), current_user.actor)
        flash(_("The card is kept. Phones show it at their next connection."))
        return redirect(url_for("admin_rights.rights_card"), 303)
    page = render_template(
        "admin/rights.html",
        form=form,
        card=rights.current(),
        own=rights.is_own(),
        empty=EmptyForm(formdata=None),
    )
    return page, 422 if form.errors else 200


@bp.post("/draft")
def draft() -> Answer:
    rights.give_up(current_user.actor)
    flash(_("Phones show the draft that comes with the app again."))
    return redirect(url_for("admin_rights.rights_card"), 303)
