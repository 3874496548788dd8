"""What a phone pins, and the change from practice to real custody."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from pyrage import RecipientError

from app import demonstration, jws
from app.clock import now_ms
from app.custody import log
from app.db import unit_of_work
from app.enrol import service
from app.errors import Problem
from app.keys import keys
from app.seal import seal_bytes


def handed_out() -> dict[str, Any]:
    """Pins and this month's intake recipient, each signed, as `/api/enrol` and `/api/pins` give them."""
    config = current_app.config["TEMOIN"]
    intake = keys().sign({"recipients": [keys().intake_recipient()], "at": now_ms()}, "temoin-intake")
    return {
        "pins": keys().pins, "organisation_key": keys().organisation_key, "intake": intake,
        "app": {"name": config.app_name, "icon": config.app_icon, "rio_digits": config.rio_digits}, "time": now_ms(),
    }  # fmt: skip


def proposal() -> dict[str, Any]:
    """What the lead's browser must sign besides its own recipients: the server's half of the pins."""
    return {
        "v": 1, "server": keys().server_id, "name": current_app.config["TEMOIN"].organisation,
        "server_key": jws.public_jwk(keys().server_key), "practice": False,
    }  # fmt: skip


def canary(recipients: list[str]) -> tuple[str, bytes]:
    """A random word and its age file to these recipients; who returns the word holds a key to one of them."""
    word = secrets.token_urlsafe(24)
    try:
        return word, seal_bytes(word.encode(), _checked(recipients))
    except RecipientError as error:
        raise Problem("bad-recipient", _("One of the custody keys isn't an age X25519 recipient.")) from error


def _checked(recipients: object) -> list[str]:
    if (
        not isinstance(recipients, list)
        or not 1 <= len(recipients) <= 4
        or not all(isinstance(r, str) and r.startswith("age1") and len(r) == 62 for r in recipients)
    ):
        raise Problem("bad-recipient", _("Custody needs one to four age X25519 recipients."))
    return recipients


def set_up_custody(pins: str, organisation: dict[str, Any], actor: str) -> int:
    """Publish real pins and retire the phones of the practice time. Returns how many were retired.

    The caller has seen the canary's word come back. Raises Problem when the pins aren't this server's, or when real
    pins exist and the new ones aren't signed by the organisation key that phones already trust."""
    demonstration.refuse()
    try:
        key = jws.load_key(organisation)
        payload = jws.verify(pins, key, "temoin-pins")
    except jws.BadStatement as error:
        raise Problem("bad-pins", _("The signed keys can't be read.")) from error
    expected = {name: value for name, value in proposal().items() if name != "name"}
    if any(payload.get(name) != value for name, value in expected.items()):
        raise Problem("bad-pins", _("The signed keys belong to another server."))
    _checked(payload.get("custody"))
    if not keys().is_practice and jws.public_jwk(key) != keys().organisation_key:
        raise Problem(
            "bad-pins", _("Phones trust another organisation key; only that one can change custody.")
        )
    with unit_of_work():
        log.append(
            actor,
            "custody.set-up",
            keys().server_id,
            {"custody": payload["custody"], "pins": jws.sha256(pins.encode())},
        )
        retired = service.retire_practice(actor)
        keys().publish_pins(pins, jws.public_jwk(key))
    return retired
