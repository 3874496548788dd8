"""Phones: invited, enrolled, given their pins, revoked."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.enrol import views
    from app.guard import devices_by

    views.init_app(app)
    devices_by(app, views.device_known)
