"""Lesson 2: "the server says success while some are stored, some of 0 bytes". Requests repeated on their way, at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.blobs import blobs
from app.db import db
from app.intake import uploads
from app.intake.models import Item
from app.intake.verify import verify_items
from tests.phone import Phone, make_phone

AT_ONCE = 6


def together(app: Flask, phone: Phone, url: str, offset: int, data: bytes) -> list[int]:
    """The same PATCH from several lines at the same moment; their status codes."""
    start, codes = threading.Barrier(AT_ONCE), []

    def send() -> None:
        twin = Phone(app, app.test_client(), device=phone.device, token=phone.token)
        start.wait()
        codes.append(twin.patch(url, offset, data).status_code)
        with app.app_context():
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_a_request_that_arrives_many_times_at_once_makes_one_whole_item(app: Flask) -> None:
    phone = make_phone(app)
    for number in range(5):
        sealed = phone.seal(os.urandom(200_000))
        phone.commit(sealed)
        url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
        codes = together(app, phone, url, 0, sealed.bytes)
        assert set(codes) <= {204, 409} and 204 in codes
        with app.app_context():
            [item] = db.session.scalars(select(Item).where(Item.item_id == sealed.id)).all()
            assert item.attested == "match"
            assert blobs().path(f"bodies/{item.id}").read_bytes() == sealed.body
            assert verify_items() == number + 1
            db.session.remove()
    left = [path.name for path in blobs_root(app).iterdir()]
    assert left == [], "nothing of finished uploads stays among the unfinished"


def blobs_root(app: Flask) -> Path:
    with app.app_context():
        return blobs().root / "incoming"


def test_what_a_late_request_wrote_beside_a_stored_item_changes_nothing(app: Flask) -> None:
    phone = make_phone(app)
    sealed = phone.seal(b"stored" * 1000)
    assert phone.send(sealed).status_code == 204
    with app.app_context(), app.test_request_context():
        item = db.session.scalars(select(Item)).one()
        here = uploads.Incoming(blobs(), item.id)
        late = here.body.parent.parent / "incoming" / f"{item.id}.body"
        late.write_bytes(b"other")
        db.session.remove()
    again = phone.patch(
        phone.create(sealed.id, len(sealed.bytes)).headers["Location"], len(sealed.bytes), b""
    )
    assert again.status_code == 204
    with app.app_context():
        assert verify_items() == 1
