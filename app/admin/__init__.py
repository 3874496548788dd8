"""Phones, people, custody and the state of the server: for those who run it, without any content."""

from __future__ import annotations

from flask import Flask

from app.admin import custody, people, phones, rights_card, status, words


def init_app(app: Flask) -> None:
    for part in (phones, people, custody, rights_card, status):
        app.register_blueprint(part.bp)
    app.jinja_env.globals.update(role_word=words.role, role_words=words.roles)
