"""People at the desk and their roles."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts import grants, service
from app.accounts.forms import EmptyForm
from app.accounts.models import User
from app.admin import words
from app.db import db
from app.errors import Problem

bp = Blueprint("admin_people", __name__, url_prefix="/desk/people")
Answer = Response | str | tuple[str, int]


class RolesForm(FlaskForm):  # type: ignore[misc]
    roles = SelectMultipleField(
        _l("Roles"),
        [InputRequired(_l("Choose at least one role."))],
        choices=words.choices,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    active = BooleanField(_l("May log in"), default=True)
    sensitive = BooleanField(
        _l("Chosen for what is sensitive: body searches by the other sex, injuries, minors")
    )


class PersonForm(RolesForm):
    username = StringField(
        _l("Name to log in with"),
        [InputRequired(_l("Please fill this in.")), Length(min=2, max=64)],
        render_kw={"autocomplete": "off"},
    )


def _mine() -> frozenset[str]:
    """The roles that the person of this request may give."""
    return grants.may_give(current_user.role_names)


def _why_not() -> str:
    """In words, what the person of this request can't give."""
    if _mine() >= grants.EVERYTHING:
        return ""
    if grants.SEES_CONTENT & _mine():
        return str(_("An admin gives the roles admin and coordinator."))
    return grants.needs_lead()


def _page(form: PersonForm, status: int = 200, **more: Any) -> Answer:
    mine = _mine()
    form.roles.choices = [(name, says) for name, says in words.choices() if name in mine]
    return render_template(
        "admin/people.html",
        form=form,
        people=service.people(),
        factors={user.id for user in service.people() if service.has_factor(user)},
        linkable={user.id for user in service.people() if user.role_names <= mine},
        why_not=_why_not(),
        link_why=grants.link_needs_lead(),
        empty=EmptyForm(formdata=None),
        **more,
    ), status


def _person(user_id: str) -> User:
    found = db.session.get(User, user_id)
    if found is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    return found


@bp.get("")
def people() -> Answer:
    return _page(PersonForm(formdata=None))


@bp.post("")
def add() -> Answer:
    form = PersonForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        user = service.add(form.username.data, form.roles.data, current_user)
    except Problem as problem:
        field = form.username if problem.code in {"bad-name", "name-taken"} else form.roles
        field.errors = [problem.message]
        return _page(form, problem.status)
    return _link_page(user)


@bp.route("/<user_id>", methods=["GET", "POST"])
def change(user_id: str) -> Answer:
    user = _person(user_id)
    held = {"roles": sorted(user.role_names), "active": user.active, "sensitive": user.sensitive}
    form = RolesForm(data=held)
    lead = "lead" in current_user.role_names
    if form.validate_on_submit():
        try:
            anew = service.set_roles(user, form.roles.data, form.active.data, current_user)
            if lead and "reviewer" in user.role_names:
                service.set_sensitive(user, form.sensitive.data, current_user)
        except Problem as problem:
            form.roles.errors = [problem.message]
        else:
            flash(_("%(name)s: changed, and logged out everywhere.", name=user.username))
            if anew:
                flash(
                    _(
                        "%(name)s sees content from now on and begins anew, with a login link.",
                        name=user.username,
                    )
                )
                return _link_page(user)
            return redirect(url_for("admin_people.people"), 303)
    return render_template(
        "admin/person.html", form=form, user=user, lead=lead, why_not=_why_not()
    ), 422 if form.errors else 200


@bp.post("/<user_id>/link")
def link(user_id: str) -> Answer:
    return _link_page(_person(user_id))


def _link_page(user: User) -> Answer:
    """The answer of this POST is the only place where the link ever stands."""
    made = service.login_link(user, current_user, service.HANDED_LINK_MS)
    return render_template(
        "admin/person_link.html", user=user, link=made, hours=service.HANDED_LINK_MS // 3_600_000
    )
