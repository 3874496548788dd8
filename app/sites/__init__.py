"""Coded sites: where the codes lie that observers type."""

from __future__ import annotations

from flask import Flask
from flask_babel import format_date


def init_app(app: Flask) -> None:
    from app.sites import service, views

    app.register_blueprint(views.bp)
    app.jinja_env.globals["site_of"] = service.placed
    app.jinja_env.filters["a_day"] = lambda day: format_date(day, "d MMM y")
