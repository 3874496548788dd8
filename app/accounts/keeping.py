"""Half-filled forms and the time that is left: what a page asks for in the background. None of it is a page."""

from __future__ import annotations

from flask import jsonify, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import drafts, sessions
from app.accounts.views import accounts, on_the_way
from app.errors import Problem


@accounts.get("/idle")
def idle() -> Response:
    """Seconds until this session ends. Asking doesn't prolong it (sessions.QUIET)."""
    row, _user = on_the_way()
    return jsonify({"left": sessions.seconds_left(row)})


@accounts.post("/idle")
def stay() -> Response:
    """Somebody is there: the session goes on."""
    row, _user = on_the_way()
    sessions.touch(row)
    return jsonify({"left": sessions.seconds_left(row)})


@accounts.post("/drafts")
def keep_draft() -> Response:
    """What a form holds. JSON: `form`, its address; `fields`, by name, or null to forget them."""
    _row, user = on_the_way()
    form, fields = _said()
    if fields is None:
        drafts.forget(user, form)
    elif not drafts.keep(user, form, fields):
        raise Problem("too-large", _("This is larger than the server accepts."), 413)
    return jsonify({"kept": fields is not None})


@accounts.post("/drafts/find")
def find_draft() -> Response:
    """What a form held when it was left. A POST, because its address may hold a reference."""
    _row, user = on_the_way()
    form, _fields = _said()
    return jsonify({"fields": drafts.of(user, form)})


def _said() -> tuple[str, dict[str, str] | None]:
    said = request.get_json(silent=True)
    form = said.get("form") if isinstance(said, dict) else None
    fields = said.get("fields") if isinstance(said, dict) else None
    if not isinstance(form, str) or not form.startswith("/desk/") or len(form) > 300:
        raise Problem("unreadable", _("The request can't be read."), 400)
    if fields is not None and not (
        isinstance(fields, dict) and all(isinstance(one, str) for pair in fields.items() for one in pair)
    ):
        raise Problem("unreadable", _("The request can't be read."), 400)
    return form, fields
