"""HTTP for phones: enrolment, pins, time."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask_babel import gettext as _

from app.clock import now_ms
from app.documents import loads
from app.enrol import pins, service
from app.enrol.models import Device
from app.errors import Problem
from app.keys import keys

bp = Blueprint("enrol", __name__, url_prefix="/api")


def json_body(limit: int = 64 * 1024) -> dict[str, object]:
    """The request's JSON object. Raises Problem."""
    if (request.content_length or 0) > limit:
        raise Problem("too-large", _("This is larger than the server accepts."), 413)
    try:
        body = loads(request.get_data(cache=False)) if request.is_json else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem("bad-json", _("The request can't be read."), 400)
    return body


def this_device() -> Device:
    """The device of the request's token, once a request. Raises Problem. No read is open afterwards: a body that comes
    slowly must not hold a connection to the database."""
    if "device" not in g:
        g.device = service.authenticate(request.headers.get("Authorization"))
    device: Device = g.device
    return device


def device_known() -> str | None:
    """The id of the request's device, or None without a good token."""
    try:
        return this_device().id
    except Problem:
        return None


@bp.post("/enrol")
def enrol() -> tuple[Response, int]:
    body = json_body()
    secret, statement = body.get("secret"), body.get("statement")
    if not isinstance(secret, str) or not isinstance(statement, str) or len(secret) > 200:
        raise Problem("bad-json", _("The request can't be read."), 400)
    enrolled = service.redeem(secret, statement)
    answer = {
        "device": enrolled.device.id,
        "token": enrolled.token,
        "server": keys().server_id,
        **pins.handed_out(),
    }
    return jsonify(answer), 201


@bp.get("/pins")
def current_pins() -> Response:
    service.heard_from(this_device(), build=request.headers.get("Temoin-Build"), pins=True)
    return jsonify(pins.handed_out())


@bp.get("/time")
def time() -> Response:
    return jsonify({"time": now_ms()})


def init_app(app: Flask) -> None:
    service.init_app(app)
    app.register_blueprint(bp)
