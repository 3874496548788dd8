"""Who is at the desk, and how far in. One stage after another; only the last one opens the desk.

link -> password -> factor -> in        the first time, or by a login link
(password right) -> code -> in          every other time
"""

from __future__ import annotations

import hashlib
import secrets

from flask import current_app, g, request, session
from flask_login import login_user, logout_user
from sqlalchemy import delete

from app.accounts.models import DeskSession, User
from app.clock import now_ms
from app.db import db, unit_of_work
from config import Config

STAGES = ("password", "code", "factor", "in")
KEY = "desk"
QUIET = frozenset({"accounts.idle"})  # asking how long is left is no sign of life
TOUCH_MS = 30_000  # `seen_at` is written at most this often: reading the desk should not write


def hashed(secret: str) -> str:
    """How secrets of 32 random bytes are stored; too long to guess, so a plain hash serves."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _idle_ms() -> int:
    config: Config = current_app.config["TEMOIN"]
    return config.idle_minutes * 60_000


def begin(user: User, stage: str) -> DeskSession:
    """Start a session at `stage`, or go on to it: always under a new secret, so an older cookie is worth
    nothing."""
    end()
    secret = secrets.token_urlsafe(32)
    with unit_of_work() as work:
        row = DeskSession(secret_hash=hashed(secret), user_id=user.id, stage=stage, seen_at=now_ms())
        work.add(row)
        work.execute(delete(DeskSession).where(DeskSession.seen_at < now_ms() - _idle_ms()))
    session[KEY] = secret
    g.desk_session = row
    if stage == "in":
        login_user(user)
    return row


def current() -> DeskSession | None:
    """The session of this request, if it is known and wasn't idle for too long."""
    if "desk_session" not in g:
        g.desk_session = _find()
    row: DeskSession | None = g.desk_session
    return row


def _find() -> DeskSession | None:
    secret = session.get(KEY)
    row = db.session.get(DeskSession, hashed(secret)) if isinstance(secret, str) else None
    if row is None or row.seen_at < now_ms() - _idle_ms():
        return None
    user = db.session.get(User, row.user_id)
    if user is None or not user.active:
        return None
    if row.seen_at < now_ms() - TOUCH_MS and request.endpoint not in QUIET:
        row = touch(row)
    return row


def touch(row: DeskSession) -> DeskSession | None:
    """Note that somebody is there."""
    with unit_of_work() as work:
        kept = work.get(DeskSession, row.secret_hash)
        if kept is not None:
            kept.seen_at = now_ms()
    return kept


def seconds_left(row: DeskSession) -> int:
    return max(0, (row.seen_at + _idle_ms() - now_ms()) // 1000)


def user_of(row: DeskSession) -> User:
    user = db.session.get(User, row.user_id)
    assert user is not None  # _find has seen it
    return user


def end() -> None:
    """Log out here."""
    secret = session.pop(KEY, None)
    if isinstance(secret, str):
        with unit_of_work() as work:
            work.execute(delete(DeskSession).where(DeskSession.secret_hash == hashed(secret)))
    logout_user()
    session.clear()
    g.desk_session = None


def end_all(user: User) -> None:
    """Log out everywhere: after a new password, other roles, or an account switched off."""
    with unit_of_work() as work:
        work.execute(delete(DeskSession).where(DeskSession.user_id == user.id))
        user.fs_uniquifier = secrets.token_hex(32)
