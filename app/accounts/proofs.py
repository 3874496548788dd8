"""Passkeys and recovery codes: pages and answers. What they are is in passkeys.py and recovery.py."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import factor, passkeys, recovery
from app.accounts.forms import EmptyForm, PasskeyForm
from app.accounts.models import DeskSession, User
from app.accounts.views import accounts, after_set_up, asked_for, go, on_the_way
from app.errors import Problem

Answer = Response | str | tuple[str, int]


def _may_add(row: DeskSession) -> bool:
    """At set-up, or from within once the present password was given (views.me)."""
    return row.stage == "factor" or (row.stage == "in" and bool(cookie.get("renew_factor")))


@accounts.post("/login/passkey/ask")
def passkey_ask() -> Answer:
    """What the browser is to sign or to make, as JSON."""
    row, user = on_the_way()
    if row.stage == "code":
        options = passkeys.ask_to_use(user, row)
    elif _may_add(row):
        options = passkeys.ask_to_make(user, row)
    else:
        raise _not_now()
    return FlaskResponse(options, mimetype="application/json")


@accounts.post("/login/passkey")
def passkey() -> Answer:
    """The browser's answer: a signature on the way in, a new passkey at set-up."""
    row, user = on_the_way()
    form = PasskeyForm()
    given = form.validate_on_submit()
    if row.stage == "code":
        if given and not factor.must_wait(user) and passkeys.check(user, row, form.answer.data):
            return go(user, "in", asked_for(), by="passkey")
        flash(_("This passkey didn’t work. Try again, or use your six digits."))
        return redirect(url_for("accounts.code", next=request.args.get("next")), 303)
    if not _may_add(row):
        raise _not_now()
    if not given or not passkeys.keep(user, row, form.answer.data, form.name.data or _name(user)):
        flash(_("The passkey was not made. Try again."))
        return redirect(url_for("accounts.factor", next=request.args.get("next")), 303)
    answer = after_set_up(user, row, "passkey")
    flash(_("The passkey is kept."))
    return answer


@accounts.route("/me/recovery", methods=["GET", "POST"], endpoint="recovery")
def recovery_codes() -> Answer:
    """Ten codes. The answer of the POST is the only place where they ever stand."""
    _row, user = on_the_way()
    form = EmptyForm()
    codes = recovery.make(user) if form.validate_on_submit() else None
    return render_template(
        "accounts/recovery.html",
        form=form,
        codes=codes,
        left=recovery.left(user),
        user=user,
        after=asked_for(),
    )


@accounts.post("/me/passkeys/<key_id>/remove")
def passkey_remove(key_id: str) -> Answer:
    """The last proof besides the password stays: a new one first."""
    _row, user = on_the_way()
    if EmptyForm().validate_on_submit():
        if user.tf_totp_secret is None and len(passkeys.of(user)) == 1:
            flash(_("This is all that proves you besides your password. Set up another one first."))
        elif passkeys.remove(user, key_id):
            flash(_("The passkey opens nothing any more."))
    return redirect(url_for("accounts.me"), 303)


def _name(user: User) -> str:
    return str(_("Passkey %(n)d", n=len(passkeys.of(user)) + 1))


def _not_now() -> Problem:
    return Problem("not-allowed", _("Give your present password first, under your name."), 409)
