"""A plain map: our own sites and observations, drawn here, without anybody's tiles."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.map import views

    app.register_blueprint(views.bp)
