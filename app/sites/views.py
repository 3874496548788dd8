"""Pages of the site list: parse, allow, call one verb, answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import HiddenInput

from app import language
from app.clock import now_ms
from app.custody import log
from app.db import unit_of_work
from app.errors import Problem
from app.sites import facts, service

bp = Blueprint("sites", __name__, url_prefix="/desk/sites")
Answer = Response | str | tuple[str, int]
_QUIET = {"autocomplete": "off", "autocorrect": "off", "spellcheck": "false"}


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class SeenForm(FlaskForm):  # type: ignore[misc]
    """Which version somebody had before them."""

    seen = IntegerField(validators=[Optional()], widget=HiddenInput(), default=0)


class RetireForm(SeenForm):
    last = DateField(_l("Last day"), [DataRequired(_l("Please give a day."))])


class SiteForm(SeenForm):
    code = StringField(
        _l("Code"), [DataRequired(_l("Please fill this in.")), Length(max=20)], [_stripped],
        description=_l("As observers type it on the phone: B2, BX."), render_kw={**_QUIET, "autocapitalize": "characters"},
    )  # fmt: skip
    aliases = StringField(
        _l("Other names"), [Length(max=300)], [_stripped],
        description=_l("Set apart by commas; earlier codes too."), render_kw=_QUIET,
    )  # fmt: skip
    town = StringField(_l("Town"), [Length(max=80)], [_stripped], render_kw=_QUIET)
    positions = TextAreaField(
        _l("Positions"), [Length(max=1000)], [_stripped],
        description=_l("One circle a line: latitude, longitude, radius in metres. 50.95130, 1.85210, 80"),
        render_kw={**_QUIET, "rows": 3, "class": "mono"},
    )  # fmt: skip
    valid_from = DateField(_l("First day"), [Optional()])
    valid_to = DateField(_l("Last day"), [Optional()])
    note = TextAreaField(
        _l("Note"), [Length(max=2000)], [_stripped], render_kw={"rows": 2, "autocomplete": "off"}
    )

    def said(self) -> facts.Facts:
        """What the form says. Raises BadPosition."""
        return facts.Facts(
            code=" ".join(self.code.data.split()), aliases=facts.aliases(self.aliases.data or ""),
            town=self.town.data or "", positions=facts.positions(self.positions.data or ""),
            valid_from=self.valid_from.data, valid_to=self.valid_to.data, note=self.note.data or "",
        )  # fmt: skip

    def keep(self, verb: Any) -> service.Known | None:
        """Call `verb` with what the form says; None with the words beside the field when it can't be kept."""
        if not self.validate_on_submit():
            return None
        try:
            kept: service.Known = verb(self.said())
        except facts.BadPosition as error:
            self.positions.errors = [_("This line isn’t a position: %(line)s", line=str(error)[:60])]
            return None
        except Problem as problem:
            field = {"bad-day": self.valid_to}.get(problem.code, self.code)
            field.errors = [problem.message]
            return None
        return kept


def _filled(known: service.Known) -> SiteForm:
    said = known.facts
    return SiteForm(
        formdata=None, seen=known.number, code=said.code, aliases=", ".join(said.aliases), town=said.town,
        positions="\n".join(p.line() for p in said.positions), valid_from=said.valid_from,
        valid_to=said.valid_to, note=said.note,
    )  # fmt: skip


@bp.get("")
def sites() -> Answer:
    with unit_of_work():
        log.append(current_user.actor, "sites.opened", "sites")
    known = service.directory(withdrawn=True).sites
    return render_template(
        "desk/sites.html", sites=[s for s in known if not s.withdrawn], withdrawn=[s for s in known if s.withdrawn],
        today=language.local(now_ms()).date(),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
def add() -> Answer:
    form = SiteForm()
    kept = form.keep(lambda said: service.add(current_user, said))
    if kept is None:
        return render_template("desk/sites_new.html", form=form), 422 if form.errors else 200
    flash(_("%(code)s is on the list.", code=kept.facts.code))
    return redirect(url_for("sites.one", site_id=kept.id), 303)


@bp.get("/<site_id>")
def one(site_id: str) -> Answer:
    with unit_of_work():
        known = service.site(site_id)
        log.append(current_user.actor, "site.opened", site_id)
    return _page(known, _filled(known))


def _page(
    known: service.Known, form: SiteForm, retire: RetireForm | None = None, status: int = 200
) -> Answer:
    today = language.local(now_ms()).date()
    return render_template(
        "desk/sites_one.html", site=known, form=form, history=service.history(known.id), today=today,
        seen=SeenForm(formdata=None, seen=known.number),
        retire=retire or RetireForm(formdata=None, prefix="end-", seen=known.number, last=today),
    ), status  # fmt: skip


@bp.post("/<site_id>")
def change(site_id: str) -> Answer:
    known, form = service.site(site_id), SiteForm()
    kept = form.keep(lambda said: service.change(current_user, site_id, said, form.seen.data or 0))
    if kept is None:
        return _page(known, form, status=422)
    flash(_("Kept."))
    return redirect(url_for("sites.one", site_id=site_id), 303)


@bp.post("/<site_id>/retire")
def retire(site_id: str) -> Answer:
    known, form = service.site(site_id), RetireForm(prefix="end-")
    try:
        if form.validate_on_submit():
            service.retire(current_user, site_id, form.last.data, form.seen.data or 0)
            flash(_("%(code)s ends on that day. Earlier observations keep it.", code=known.facts.code))
            return redirect(url_for("sites.one", site_id=site_id), 303)
    except Problem as problem:
        form.last.errors = [problem.message]
    return _page(known, _filled(known), form, 422)


@bp.post("/<site_id>/undo")
def undo(site_id: str) -> Answer:
    form = SeenForm()
    if form.validate_on_submit():
        service.undo(current_user, site_id, form.seen.data or 0)
        flash(_("Taken back."))
    return redirect(url_for("sites.one", site_id=site_id), 303)
