"""Web server and worker as two users (docs/deploy.md): each does only what its own keys allow."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app import worker
from app.blobs import blobs
from app.db import db
from app.intake.incoming import Incoming
from app.intake.models import Item
from app.keys import Keys
from scripts import gunicorn_conf
from tests.lessons.test_silent import fall_silent
from tests.phone import make_phone


def leave_unfinished(app: Flask) -> None:
    """All bytes are there, and then the power went before the receipt was signed."""
    phone = make_phone(app)
    sealed = phone.seal(b"what was seen")
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    with app.app_context():
        here = Incoming(blobs(), url.rsplit("/", 1)[1])
        here.write(sealed.bytes, 0)
        here.sync()


def receipts(app: Flask) -> list[bytes]:
    with app.app_context():
        return list(db.session.scalars(select(Item.receipt)))


def test_the_worker_leaves_to_the_web_server_what_it_may_not_sign(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_unfinished(app)
    with app.app_context():
        monkeypatch.setattr(Keys, "may_sign", False)
        worker.sweep()
    assert receipts(app) == []
    monkeypatch.setattr(Keys, "may_open", False)
    gunicorn_conf.sweep(app)
    assert len(receipts(app)) == 1


def test_the_web_server_closes_what_fell_silent_for_good(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = make_phone(app)
    sealed = phone.seal(b"what was seen")
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.bytes)
    fall_silent(app, worker.GIVEN_UP + 60)
    monkeypatch.setattr(Keys, "may_open", False)
    gunicorn_conf.sweep(app)
    assert len(receipts(app)) == 1


def test_with_one_user_only_the_worker_finishes(app: Flask) -> None:
    """Two processes that start together must not finish the same upload."""
    leave_unfinished(app)
    gunicorn_conf.sweep(app)
    assert receipts(app) == []
    with app.app_context():
        worker.sweep()
    assert len(receipts(app)) == 1
