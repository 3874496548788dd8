"""What phones send: signed statements, sealed bytes, and the receipts they get for both."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.intake import views

    views.init_app(app)
