"""What somebody has typed and not sent. Sealed to the storage key as it is typed, so that a session that ends loses none
of it and a copied database gives none of it away."""

from __future__ import annotations

import hashlib
import json

import pyrage
from flask import Flask, Response, request
from sqlalchemy import delete, select

from app.accounts import sessions
from app.accounts.models import Draft, User
from app.clock import now_ms
from app.db import db, unit_of_work
from app.keys import keys
from app.seal import seal_bytes

KEEP_MS = 7 * 24 * 3_600_000
LARGEST = 64 * 1024  # bytes of one form
MOST = 50  # forms of one person
FIELD = "_draft"  # hidden in a form that has a draft: names it, so that it goes once the form has been taken


def keep(user: User, form: str, fields: dict[str, str]) -> bool:
    """Keep what a form holds now, in place of what it held. False when it is too much."""
    said = json.dumps({"form": form, "fields": fields}, ensure_ascii=False).encode()
    if len(said) > LARGEST:
        return False
    sealed = seal_bytes(said, [keys().storage_recipient])  # before the write lock
    with unit_of_work() as work:
        work.execute(delete(Draft).where(Draft.at < now_ms() - KEEP_MS))
        kept = work.get(Draft, (user.id, _named(form)))
        if kept is None:
            mine = work.scalars(select(Draft).where(Draft.user_id == user.id).order_by(Draft.at)).all()
            for oldest in mine[: max(0, len(mine) - MOST + 1)]:
                work.delete(oldest)
            kept = Draft(user_id=user.id, form=_named(form))
            work.add(kept)
        kept.sealed, kept.at = sealed, now_ms()
    return True


def of(user: User, form: str) -> dict[str, str] | None:
    """What a form held when it was left, or None."""
    kept = db.session.get(Draft, (user.id, _named(form)))
    if kept is None or kept.at < now_ms() - KEEP_MS:
        return None
    said = json.loads(pyrage.decrypt(kept.sealed, [keys().storage.pyrage]))
    fields: dict[str, str] = said["fields"]
    return fields


def forget(user: User, form: str) -> None:
    with unit_of_work() as work:
        work.execute(delete(Draft).where(Draft.user_id == user.id, Draft.form == _named(form)))


def _named(form: str) -> str:
    """Forms are named by their address, which may hold a reference: not for the database."""
    return hashlib.sha256(form.encode()).hexdigest()


def init_app(app: Flask) -> None:
    @app.after_request
    def sent(response: Response) -> Response:
        """A form that was taken needs its draft no more; one that was refused does."""
        # The path first: reading the form of an upload would swallow it.
        taken = request.path.startswith("/desk/") and request.method == "POST" and response.status_code < 400
        form = request.form.get(FIELD) if taken else None
        if form:
            row = sessions.current()
            if row is not None and row.stage == "in":
                forget(sessions.user_of(row), form)
        return response
