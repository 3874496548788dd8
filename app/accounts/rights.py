"""Who may what: the one table of rights. A route that isn't named here is refused to everybody."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from app.accounts import sessions
from app.errors import Problem

PUBLIC = frozenset({"*"})  # nothing of the organisation behind it, or it asks for a token of its own
ALL = frozenset({"admin", "lead", "reviewer", "coordinator"})
CONTENT = frozenset({"lead", "reviewer"})  # admin and coordinator see no content
DEVICES = frozenset({"admin", "coordinator"})
STATUS = frozenset({"admin", "coordinator", "lead"})
CARD = frozenset({"admin", "lead"})
LEAD = frozenset({"lead"})

RIGHTS: dict[str, frozenset[str]] = {
    "static": PUBLIC,
    "home": PUBLIC,
    # Phones: /api takes only its own tokens, /m holds nothing about anybody.
    "enrol.*": PUBLIC,
    "intake.*": PUBLIC,
    "phone.*": PUBLIC,
    # The way in and one's own account.
    "accounts.login": PUBLIC,
    "accounts.enter": PUBLIC,
    "accounts.language": PUBLIC,
    "accounts.logout": ALL,
    "accounts.password": ALL,
    "accounts.code": ALL,
    "accounts.factor": ALL,
    "accounts.later": ALL,
    "accounts.me": ALL,
    "accounts.passkey_ask": ALL,
    "accounts.passkey": ALL,
    "accounts.passkey_remove": ALL,
    "accounts.recovery": ALL,
    "accounts.idle": ALL,
    "accounts.stay": ALL,
    "accounts.keep_draft": ALL,
    "accounts.find_draft": ALL,
    # The desk.
    "review.home": ALL,
    "review.queue": CONTENT,
    "review.search": CONTENT,
    "review.look_ups": LEAD,
    "review.observation": CONTENT,
    "review.item": CONTENT,
    "review.media": CONTENT,
    "review.download": CONTENT,
    "review.reviewed": CONTENT,
    "review.note": CONTENT,
    # Which observation: app/review/access.py.
    "review.claim": CONTENT,
    "review.release": CONTENT,
    "review.hand_over": CONTENT,
    "review.more": CONTENT,
    "review.sensitive": CONTENT,
    "review.choose": LEAD,
    "review.close": LEAD,
    "withdraw.first": LEAD,
    "withdraw.second": LEAD,
    "withdraw.now": LEAD,
    "withdraw.change_hold": LEAD,
    # Where coded sites lie: sensitive, so content; only a lead changes it.
    "sites.sites": CONTENT,
    "sites.one": CONTENT,
    "sites.add": LEAD,
    "sites.change": LEAD,
    "sites.retire": LEAD,
    "sites.undo": LEAD,
    "map.map": CONTENT,
    # Incidents.
    "incidents.every": CONTENT,
    "incidents.seek": CONTENT,
    "incidents.open": CONTENT,
    "incidents.refuse_group": CONTENT,
    "incidents.show": CONTENT,
    "incidents.put": CONTENT,
    "incidents.take_out": CONTENT,
    "incidents.merge": CONTENT,
    "incidents.undo": CONTENT,
    "incidents.refuse": CONTENT,
    "incidents.refusal_back": CONTENT,
    "incidents.together": CONTENT,
    "incidents.shift": CONTENT,
    "incidents.judge": CONTENT,
    "incident_sheets.sheet": CONTENT,
    "incident_sheets.edit": CONTENT,
    "incident_sheets.erase": LEAD,
    # The register of RIO numbers.
    "register.look_up": CONTENT,
    "register.sighting": CONTENT,
    "register.again": CONTENT,
    "register.beside": CONTENT,
    "register.decide": CONTENT,
    "register.find_beside": CONTENT,
    "register.unlink": CONTENT,
    "register.officer": CONTENT,
    "register.unidentified": CONTENT,
    # Reading a number from footage.
    "footage.page": CONTENT,
    "footage.frames": CONTENT,
    "footage.frame": CONTENT,
    "footage.cut": CONTENT,
    "footage.crop": CONTENT,
    "footage.read": CONTENT,
    "footage.undo": CONTENT,
    # Devices, people, the state of the server.
    "admin_phones.phones": DEVICES,
    "admin_phones.invite": DEVICES,
    "admin_phones.again": DEVICES,
    "admin_phones.cancel": DEVICES,
    "admin_phones.revoke": DEVICES,
    # Who may give whom what: app/accounts/grants.py.
    "admin_people.people": CARD,
    "admin_people.add": CARD,
    "admin_people.change": CARD,
    "admin_people.link": CARD,
    "admin_status.status": STATUS,
    "admin_rights.rights_card": CARD,
    "admin_rights.draft": CARD,
    "admin_custody.custody": LEAD,
    "admin_custody.canaries": LEAD,
    "admin_custody.start": LEAD,
}

# Where somebody on the way in may be, by stage (sessions.STAGES).
ON_THE_WAY = {
    "password": {"accounts.password", "accounts.logout"},
    "code": {"accounts.code", "accounts.passkey_ask", "accounts.passkey", "accounts.logout"},
    "factor": {
        "accounts.factor",
        "accounts.passkey_ask",
        "accounts.passkey",
        "accounts.later",
        "accounts.logout",
    },
}
NEXT_PAGE = {"password": "accounts.password", "code": "accounts.code", "factor": "accounts.factor"}

csrf = CSRFProtect()


def right(endpoint: str) -> frozenset[str]:
    """The roles that may call an endpoint; empty for one that isn't in the table."""
    return RIGHTS.get(endpoint) or RIGHTS.get(endpoint.split(".", 1)[0] + ".*") or frozenset()


def may(endpoint: str) -> bool:
    """Whether the person of this request may call an endpoint: for links that would only lead to a
    refusal."""
    row = sessions.current()
    return row is not None and row.stage == "in" and bool(right(endpoint) & sessions.user_of(row).role_names)


def _guard() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such address: the router says so
    roles = right(endpoint)
    if request.path.startswith("/desk"):
        csrf.protect()
    if roles == PUBLIC:
        return None
    row = sessions.current()
    if row is None:
        return _ask_to_log_in()
    if row.stage != "in":
        if endpoint in ON_THE_WAY[row.stage]:
            return None
        return _ask_to_log_in(NEXT_PAGE[row.stage])
    if not roles & sessions.user_of(row).role_names:
        raise Problem("not-allowed", _("Your role doesn't allow this."), 403)
    return None


def _ask_to_log_in(endpoint: str = "accounts.login") -> Response:
    if (
        request.method != "GET"
        or not request.accept_mimetypes.accept_html
        or request.path.startswith("/api/")
    ):
        raise Problem("not-logged-in", _("Please log in."), 401)
    # The path only: a query could hold what somebody looked for.
    return redirect(f"{url_for(endpoint)}?next={quote(request.path)}", 303)


def init_app(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # _guard asks for the desk; phones carry no cookie
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    csrf.init_app(app)
    app.before_request(_guard)
    app.jinja_env.globals["may"] = may
