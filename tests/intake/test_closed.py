"""A silent upload that the desk closed, and the phone that comes back with the rest under the same enrolment."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app import jws, worker
from app.blobs import blobs
from app.custody.models import LogEntry
from app.db import db
from app.intake import storing
from app.intake.models import Item, Superseded, Upload
from app.opening.models import Opening
from app.seal import CHUNK, NONCE, SEALED_CHUNK
from tests.desk import person
from tests.lessons.test_silent import film
from tests.material import Observed
from tests.phone import TUS, Phone, Sealed, make_phone

THERE = NONCE + 3 * SEALED_CHUNK


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def closed(app: Flask, phone: Phone, sealed: Sealed) -> str:
    """Send the beginning, and let the desk close it; the address of that upload."""
    url = phone.create(sealed.id).headers["Location"]
    assert phone.patch(url, 0, sealed.head + sealed.body[:THERE]).status_code == 204
    with app.app_context(), app.test_request_context():
        item = storing.close_cut(
            db.session.scalars(select(Upload).where(Upload.item_id == sealed.id)).one(), "user:lead"
        )
        assert item is not None and item.attested == "none"
        worker.work_off()
        db.session.remove()
    return url


def test_the_rest_is_taken_and_opened_again_whole(app: Flask, phone: Phone) -> None:
    seen, content = Observed(phone), film()
    sealed = phone.seal(content)
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": "environment"})
    old = closed(app, phone, sealed)

    # To the phone it is as if the server had lost it: no receipt for other bytes than its own, no offset.
    assert phone.status(sealed.id)["items"][sealed.id] == {"offset": None, "upload": None, "receipt": None}
    assert phone.http.head(old, headers={**phone.auth, **TUS}).status_code == 404
    phone.commit(sealed, "film")
    again = phone.create(sealed.id, len(sealed.bytes))
    assert again.status_code == 201 and again.headers["Upload-Offset"] == "0"
    url = again.headers["Location"]
    first = phone.patch(url, 0, sealed.bytes[:5000])
    at = int(first.headers["Upload-Offset"])
    assert at == len(sealed.head) + THERE, "what is here already doesn't go twice"
    last = phone.patch(url, at, sealed.bytes[at:])
    assert last.status_code == 204
    said = jws.unverified(last.headers["Temoin-Receipt"])
    assert said["attested"] == "match" and said["body"]["sha256"] == jws.sha256(sealed.body)

    with app.app_context():
        assert worker.work_off() == 1
        before = db.session.scalars(select(Superseded)).one()
        item = db.session.scalars(select(Item).where(Item.item_id == sealed.id)).one()
        assert before.by == item.id != before.id and before.body_size == THERE
        assert blobs().path(f"bodies/{before.id}").read_bytes() == sealed.body[:THERE]
        assert blobs().path(f"bodies/{item.id}").read_bytes() == sealed.body
        first_opening, whole = db.session.scalars(select(Opening).order_by(Opening.id)).all()
        assert (first_opening.item, first_opening.provisional) == (before.id, True)
        assert (whole.item, whole.provisional, whole.interrupted) == (item.id, False, False)
        assert whole.original_size == len(content)
        verbs = [
            json.loads(line)["v"]
            for line in db.session.scalars(
                select(LogEntry.line).where(LogEntry.object == sealed.id).order_by(LogEntry.index)
            )
        ]
        assert [v for v in verbs if v != "head.closed"] == [
            "upload.closed", "item.received", "item.opened", "item.received", "item.opened",
        ]  # fmt: skip
        db.session.remove()
    page = person(app, "lead").page(f"/desk/o/{_reference(app, seen.id)}")
    middle = page.split('<div class="middle">')[1]
    assert "interrupted" not in middle and "provisional" not in middle


def _reference(app: Flask, observation: str) -> str:
    from app.journal.models import Observation

    with app.app_context():
        return db.session.get_one(Observation, observation).reference


def test_what_had_come_was_all_there_was(app: Flask, phone: Phone) -> None:
    """The phone died too: it comes back and signs for exactly what was closed."""
    sealed = phone.seal(film())
    closed(app, phone, sealed)
    sealed.body = sealed.body[:THERE]
    phone.commit(sealed, "film", cut=True)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    done = phone.patch(url, 0, sealed.bytes[:2000])
    assert done.headers["Upload-Offset"] == str(len(sealed.bytes))
    assert jws.unverified(done.headers["Temoin-Receipt"])["attested"] == "match"


def test_other_bytes_of_the_same_name_come_whole(app: Flask, phone: Phone) -> None:
    sealed, other = phone.seal(film()), phone.seal(film())
    closed(app, phone, sealed)
    other.id = sealed.id
    phone.commit(other, "film")
    url = phone.create(other.id, len(other.bytes)).headers["Location"]
    assert phone.patch(url, 0, other.bytes[:5000]).headers["Upload-Offset"] == "5000"
    assert phone.patch(url, 5000, other.bytes[5000:]).status_code == 204
    with app.app_context():
        assert db.session.scalars(select(Item)).one().attested == "match"


def test_a_head_that_came_right_before_another_body(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    closed(app, phone, sealed)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    broken = sealed.head + bytes(4000)
    assert phone.patch(url, 0, broken).headers["Upload-Offset"] == str(len(broken))


def test_closed_where_the_phone_had_signed_the_end_is_whole(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    sealed.body = sealed.body[:THERE]
    phone.commit(sealed, "film", cut=True)
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.bytes)
    with app.app_context(), app.test_request_context():
        item = storing.close_cut(db.session.scalars(select(Upload)).one(), "worker")
        assert item is not None and item.attested == "match"
        assert db.session.scalars(select(Upload)).one().tail == -1
    assert phone.status(sealed.id)["items"][sealed.id]["receipt"]
    assert CHUNK < THERE
