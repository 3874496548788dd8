"""People at the desk: who they are (Flask-Security), what they may do (`rights.py`), how they get in
(`views.py`)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore

from app.accounts import drafts, keeping, proofs, rights, views
from app.accounts.factor import OnceTotp
from app.accounts.keys import desk_secrets
from app.accounts.models import Role, User
from app.db import db
from config import Config

# Only against slow tests; a running server takes the library's own cost (64 MiB).
_CHEAP = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def init_app(app: Flask) -> None:
    config: Config = app.config["TEMOIN"]
    kept = desk_secrets(config.instance)
    app.config.update(
        SECRET_KEY=kept["session"],
        # Our pages send no referrer, which the strict check over https would ask for: the token in the session and
        # the SameSite cookie are the protection.
        WTF_CSRF_SSL_STRICT=False,
        SESSION_COOKIE_NAME="desk",
        SESSION_COOKIE_PATH="/desk",  # the phone app never sees it
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=config.idle_minutes),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 (a scheme's name)
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SALT=kept["pepper"],
        SECURITY_PASSWORD_SINGLE_HASH=[],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=_CHEAP if config.testing else {},
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"username": {"mapper": str}}],
        SECURITY_TOTP_SECRETS={"1": kept["totp"]},
        SECURITY_TOTP_ISSUER=config.organisation,
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TRACKABLE=False,
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
    )
    rights.init_app(app)
    # Its own pages stay off: they commit by themselves, send e-mail, and know nothing of our stages.
    # Its parts do the work: password hashes, encrypted second factors, users and roles for Flask-Login.
    Security(app, SQLAlchemyUserDatastore(db, User, Role), register_blueprint=False, totp_cls=OnceTotp)
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # the cookie is the only way in
    assert proofs and keeping  # their routes are on the blueprint of views
    app.register_blueprint(views.accounts)
    drafts.init_app(app)
    app.jinja_env.globals["idle_seconds"] = lambda: config.idle_minutes * 60
