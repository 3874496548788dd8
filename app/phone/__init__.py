"""The phone app's shell: pages without anything of anybody, its workers and its manifest."""

from __future__ import annotations

from flask import Flask

from app.phone import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.bp)
