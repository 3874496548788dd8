"""The desk: what came in, one observation at a time, found again, reviewed, annotated."""

from __future__ import annotations

from flask import Flask, g

from app.keys import keys
from config import Config


def _practice() -> bool:
    """Asked for by every row of a page; the signed list of keys is read and verified once a request."""
    if "practice" not in g:
        g.practice = keys().is_practice
    return bool(g.practice)


def init_app(app: Flask) -> None:
    from app.review import (
        candidates,
        claims,
        footage,
        hold,
        officers,
        phrases,
        readings,
        rows,
        steps,
        views,
        withdraw_views,
    )

    config: Config = app.config["TEMOIN"]
    assert candidates and officers  # theirs are on that of readings
    assert steps  # its routes are on the blueprint of views
    app.register_blueprint(views.review)
    app.extensions[
        "references"
    ] = []  # what lies above adds its own spoken references: text -> address or None
    app.register_blueprint(readings.register)
    app.register_blueprint(footage.footage)
    app.register_blueprint(withdraw_views.bp)
    app.jinja_env.filters["reported"] = phrases.reported
    app.jinja_env.filters["ago"] = rows.ago
    app.jinja_env.globals.update(
        compared=claims.compared,
        phone_place=claims.phone_place,
        hold_on=hold.on,
        organisation=lambda: config.organisation,
        practice=_practice,
        zone=lambda: config.timezone,
    )
