"""Readings of RIO numbers, and the vocabulary that phone and desk share. A look-up gives its purpose and
is logged."""

from __future__ import annotations

from flask import Flask

from app.register import vocabulary


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(label=vocabulary.label, short_code=vocabulary.short)
    app.jinja_env.filters["figure"] = vocabulary.figure
