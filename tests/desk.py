"""People at the desk for tests: they come in by the real way, forms, tokens against forgery and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from app.accounts import service
from app.accounts.models import Role, User
from app.db import db
from app.keys import keys

PASSWORD = "four quiet words here"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Desk:
    """One browser at the desk. `post` fetches the form's page first, as a person would."""

    http: FlaskClient
    name: str = ""
    base: str = "http://localhost"

    def get(self, path: str, **more: object) -> TestResponse:
        return self.http.get(path, base_url=self.base, headers={"Accept": "text/html"}, **more)

    def token(self, page: str = "/desk/login") -> str:
        found = TOKEN.search(self.get(page).text)
        assert found, f"no form on {page}"
        return found[1]

    def post(
        self, path: str, data: Mapping[str, object] | None = None, page: str | None = None, **more: object
    ) -> TestResponse:
        sent = {"csrf_token": self.token(page or "/desk/login"), **(data or {})}
        return self.http.post(path, base_url=self.base, data=sent, **more)

    def page(self, path: str) -> str:
        response = self.get(path)
        assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
        return unescape(response.text)


def anybody(*roles: str) -> User:
    """Somebody with these roles, for reading alone: not in the database. A lead sees everything."""
    return User(id="0" * 32, username="anybody", sensitive=False, roles=[Role(name=role) for role in roles])


def link_secret(app: Flask, name: str, valid_ms: int = service.LINK_MS) -> str:
    with app.app_context():
        return service.login_link(name, valid_ms=valid_ms).rpartition("#")[2]


def come_in(app: Flask, name: str) -> Desk:
    """By a login link, a password, and "later": as on the server's own machine."""
    desk = Desk(app.test_client(), name)
    assert desk.post("/desk/enter", {"secret": link_secret(app, name)}).status_code == 303
    chosen = desk.post("/desk/password", {"password": PASSWORD, "again": PASSWORD}, page="/desk/password")
    assert chosen.status_code == 303, chosen.text
    assert desk.post("/desk/login/later", page="/desk/login/factor").status_code == 303
    return desk


def person(app: Flask, *roles: str, name: str = "") -> Desk:
    """Somebody new with these roles, already in."""
    with app.app_context():
        if not (keys().public / "server.jwk").exists():
            keys().make("Test organisation")
        service.add(name or "-".join(roles), roles, "server")
    return come_in(app, name or "-".join(roles))


def code_of(app: Flask, name: str, at: int) -> str:
    """The six digits that this person's app shows at a moment (seconds)."""
    from app.accounts.factor import OnceTotp

    with app.app_context():
        user = service.by_name(name)
        assert user is not None and user.tf_totp_secret is not None
        factory: OnceTotp = app.extensions["security"]._totp_factory
        base32 = factory.get_totp_b32_key(user.tf_totp_secret)
        db.session.remove()
    return str(TOTP(key=base32).generate(at).token)
