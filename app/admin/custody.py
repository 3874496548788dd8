"""Setting up custody: keys are made in the lead's browser, proven here by canaries, and only public halves
arrive."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, session
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import jws
from app.documents import loads
from app.enrol import pins, service
from app.errors import Problem
from app.keys import keys

bp = Blueprint("admin_custody", __name__, url_prefix="/desk/custody")
Answer = BaseResponse | str | tuple[str, int]


@bp.get("")
def custody() -> Answer:
    retiring = [d for d in service.devices() if d.active and d.practice] if keys().is_practice else []
    return render_template("admin/custody.html", pinned=keys().pinned(), retiring=retiring)


def _body() -> dict[str, Any]:
    try:
        body = loads(request.get_data(cache=False)) if request.is_json else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem("bad-json", _("The request can't be read."), 400)
    return body


@bp.post("/canaries")
def canaries() -> Response:
    """One canary for each recipient, so that each saved file is proven. Their words stay here as hashes,
    in the cookie."""
    recipients = _body().get("recipients")
    if not isinstance(recipients, list) or not 1 <= len(recipients) <= 4:
        raise Problem("bad-recipient", _("Custody needs one to four age X25519 recipients."))
    made = [pins.canary([recipient]) for recipient in recipients]
    session["canaries"] = {
        r: hashlib.sha256(word.encode()).hexdigest()
        for r, (word, _sealed) in zip(recipients, made, strict=True)
    }
    sealed = [base64.b64encode(file).decode() for _word, file in made]
    return jsonify({"canaries": sealed, "proposal": pins.proposal()})


@bp.post("/start")
def start() -> Response:
    """Publish the signed pins, once every canary's word has come back."""
    body = _body()
    expected, words = session.get("canaries") or {}, body.get("words")
    signed, organisation = body.get("pins"), body.get("organisation")
    if not isinstance(signed, str) or not isinstance(organisation, dict) or not isinstance(words, dict):
        raise Problem("bad-json", _("The request can't be read."), 400)
    if (
        not expected
        or words.keys() != expected.keys()
        or not all(_same(words[r], expected[r]) for r in expected)
    ):
        raise Problem(
            "canary", _("The saved files didn't open what was sealed to them. Nothing has changed.")
        )
    if _recipients_of(signed) != sorted(expected):
        raise Problem("bad-pins", _("The signed keys aren't the ones that were proven. Nothing has changed."))
    retired = pins.set_up_custody(signed, organisation, current_user.actor)
    session.pop("canaries", None)
    return jsonify({"retired": retired})


def _recipients_of(signed: str) -> list[str]:
    """Before the signature is checked, which `set_up_custody` does."""
    try:
        named = jws.unverified(signed).get("custody")
    except jws.BadStatement:
        return []
    return sorted(r for r in named if isinstance(r, str)) if isinstance(named, list) else []


def _same(word: object, digest: str) -> bool:
    return isinstance(word, str) and hmac.compare_digest(hashlib.sha256(word.encode()).hexdigest(), digest)
