"""The way in, step by step, and one's own account."""

from __future__ import annotations

import ipaddress
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app import language
from app.accounts import factor, passkeys, recovery, service, sessions
from app.accounts.forms import (
    CodeForm,
    EmptyForm,
    EnterForm,
    LanguageForm,
    LoginForm,
    OwnPasswordForm,
    PasskeyForm,
    PasswordForm,
)
from app.accounts.models import DeskSession, User
from app.errors import Problem

accounts = Blueprint("accounts", __name__, url_prefix="/desk")
Answer = Response | str | tuple[str, int]


def asked_for() -> str:
    """Where to go afterwards: a path of the desk, nothing else."""
    path = request.args.get("next", "")
    return (
        path
        if path.startswith("/desk/") and "//" not in path and "\\" not in path
        else url_for("review.home")
    )


def on_the_way() -> tuple[DeskSession, User]:
    row = sessions.current()
    assert row is not None  # the guard lets nobody else come here
    return row, sessions.user_of(row)


def go(user: User, stage: str, after: str | None = None, by: str = "none") -> Response:
    """On to the next stage; `by`: what the last one was passed with."""
    sessions.begin(user, stage)
    if stage == "in":
        service.came_in(user, by)
        return redirect(after or url_for("review.home"), 303)
    step = {"password": "accounts.password", "code": "accounts.code", "factor": "accounts.factor"}[stage]
    return redirect(url_for(step, next=after), 303)


def after_set_up(user: User, row: DeskSession, by: str) -> Response:
    """Something proves this person from now on: in, and to the recovery codes where there are none yet."""
    cookie.pop("renew_factor", None)
    codes = None if recovery.left(user) else url_for("accounts.recovery", next=asked_for())
    if row.stage == "in":
        return redirect(codes or url_for("accounts.me"), 303)
    return go(user, "in", codes or asked_for(), by=by)


@accounts.route("/login", methods=["GET", "POST"])
def login() -> Answer:
    form = LoginForm()
    if form.validate_on_submit():
        user = service.check_password(form.username.data, form.password.data)
        if user is None:
            form.password.errors = [_("Name and password don't go together.")]
            return render_template("accounts/login.html", form=form), 422
        return go(user, "code" if service.has_factor(user) else "factor", asked_for())
    return render_template("accounts/login.html", form=form), 422 if form.errors else 200


@accounts.route("/enter", methods=["GET", "POST"])
def enter() -> Answer:
    """A login link. Opening it does nothing; the button redeems it, so a preview or a prefetch can't use
    it up."""
    form = EnterForm()
    if form.validate_on_submit():
        try:
            return go(service.redeem(form.secret.data), "password")
        except Problem as problem:
            form.secret.errors = [problem.message]
            return render_template("accounts/enter.html", form=form), problem.status
    return render_template("accounts/enter.html", form=form), 422 if form.errors else 200


@accounts.route("/password", methods=["GET", "POST"])
def password() -> Answer:
    """After a login link: a new password; the second factor stays unless it is lost."""
    row, user = on_the_way()
    if row.stage != "password":
        return redirect(url_for("accounts.me"), 303)
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            service.choose_password(user, form.password.data, forget_factor=form.forget_factor.data)
        except service.WeakPassword as error:
            form.password.errors = [str(error)]
        else:
            return go(user, "code" if service.has_factor(user) else "factor")
    return render_template(
        "accounts/password.html", form=form, user=user, has_factor=service.has_factor(user)
    ), 422 if form.errors else 200


@accounts.route("/login/code", methods=["GET", "POST"])
def code() -> Answer:
    row, user = on_the_way()
    if row.stage != "code":
        return redirect(url_for("review.home"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        by = factor.check(user, form.code.data)
        if by:
            return _tell_what_is_left(user, go(user, "in", asked_for(), by=by), by)
        form.code.errors = [
            _("Too many wrong codes. Wait a quarter of an hour, or use a login link.")
            if factor.must_wait(user)
            else _("This code is wrong, or was used before. Wait for the next one.")
        ]
    return render_template(
        "accounts/code.html",
        form=form,
        passkey=PasskeyForm(formdata=None) if passkeys.of(user) and passkeys.possible() else None,
        digits=user.tf_totp_secret is not None,
    ), 422 if form.errors else 200


def _tell_what_is_left(user: User, answer: Response, by: str) -> Response:
    if by == "recovery":
        left = recovery.left(user)
        flash(ngettext("One recovery code is left.", "%(num)d recovery codes are left.", left))
    return answer


@accounts.route("/login/factor", methods=["GET", "POST"], endpoint="factor")
def set_up_factor() -> Answer:
    row, user = on_the_way()
    if row.stage == "code":
        return redirect(url_for("accounts.code"), 303)
    if row.stage == "in" and not cookie.get("renew_factor"):
        return redirect(url_for("accounts.me"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        if factor.adopt(user, row, form.code.data):
            return after_set_up(user, row, "totp")
        form.code.errors = [
            _("This isn't the code that belongs to this picture. Is the phone's clock right?")
        ]
    secret = factor.propose(row)
    page: dict[str, Any] = {
        "picture": factor.picture(user, secret),
        "typed": factor.typed(secret),
        "later": _loopback() and row.stage == "factor",
        "passkey": PasskeyForm(formdata=None) if passkeys.possible() else None,
    }
    return render_template(
        "accounts/factor.html", form=form, empty=EmptyForm(), **page
    ), 422 if form.errors else 200


@accounts.post("/login/later")
def later() -> Answer:
    """Without a second factor, this once: only from this very machine."""
    row, user = on_the_way()
    if row.stage != "factor" or not _loopback():
        raise Problem(
            "not-allowed", _("The second factor can only be put off on the server's own machine."), 403
        )
    return go(user, "in", asked_for())


@accounts.post("/logout")
def logout() -> Answer:
    sessions.end()
    return redirect(url_for("accounts.login"), 303)


@accounts.route("/me", methods=["GET", "POST"])
def me() -> Answer:
    _row, user = on_the_way()
    form = OwnPasswordForm()
    if form.validate_on_submit():
        if service.check_password(user.username, form.present.data) is None:
            form.present.errors = [_("This isn't your present password.")]
        else:
            try:
                return _change_own(user, form)
            except service.WeakPassword as error:
                form.password.errors = [str(error)]
    return render_template(
        "accounts/me.html",
        form=form,
        user=user,
        passkeys=passkeys.of(user),
        left=recovery.left(user),
        empty=EmptyForm(formdata=None),
    ), 422 if form.errors else 200


def _change_own(user: User, form: OwnPasswordForm) -> Response:
    if form.password.data:
        service.choose_password(user, form.password.data)
        flash(_("The new password is set. Other browsers are logged out."))
        sessions.begin(user, "in")
    if form.new_factor.data:
        cookie["renew_factor"] = True
        return redirect(url_for("accounts.factor"), 303)
    return redirect(url_for("accounts.me"), 303)


@accounts.post("/language", endpoint="language")
def choose_language() -> Answer:
    form = LanguageForm()
    if form.validate_on_submit() and form.language.data in language.LANGUAGES:
        cookie["language"] = form.language.data
        row = sessions.current()
        if row is not None and current_user.is_authenticated:
            service.set_language(sessions.user_of(row), form.language.data)
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/desk/") and "//" not in back else url_for("review.home"), 303)


def _loopback() -> bool:
    """Whether this request was made on the server's own machine: a loopback address at both ends, and no
    proxy between."""
    config = current_app.config["TEMOIN"]
    if (
        not (config.local or config.testing)  # behind a proxy everybody would look local
        or config.url
        or request.headers.get("X-Forwarded-For")
        or request.headers.get("Forwarded")
    ):
        return False
    host = request.host.rsplit(":", 1)[0].strip("[]")
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
        return here and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
