"""What came by another phone's hand, from a suspect phone, or was removed before it came, is said at the desk."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now_ms
from app.custody import log
from app.custody.models import LogEntry
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.intake.models import Item
from app.opening.models import Opening
from app.review import access
from app.worker import open_silent
from tests.desk import person
from tests.material import Observed, film, photo
from tests.phone import Phone, make_phone
from tests.review.conftest import open_all, reference_of


def revoke(app: Flask, phone: Phone, since: int | None) -> None:
    with app.app_context():
        enrol.revoke(db.session.get_one(Device, phone.device), "user:test", since)


def test_a_lost_phones_photo_by_another_phone(app: Flask) -> None:
    old, new = make_phone(app, "lost one"), make_phone(app, "found one")
    seen, picture = Observed(old), old.seal(photo())
    seen.say(0, "begin", {"item": picture.id, "kind": "photo", "mime": "image/jpeg"})
    old.commit(picture, "photo")
    since = now_ms() + 1
    revoke(app, old, since)
    new.say(new.sign("temoin-handover", {"from": old.device, "ids": [picture.id]}))
    new.commit(picture, "photo")
    assert new.send(picture).status_code == 204
    open_all(app)
    desk = person(app, "lead")
    page = desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "Sealed by lost one, handed over by found one." in page
    assert "Suspect since" in page and "Exactly these bytes were announced before that moment." in page
    assert "Not received yet" not in page
    queue = desk.page("/desk/queue")
    assert "from a suspect phone" in queue and "handed over" in queue
    assert "Without an observation" not in queue


def test_what_came_after_the_moment_is_marked_and_what_came_before_is_not(app: Flask) -> None:
    phone = make_phone(app, "phone 7")
    early, late = Observed(phone), Observed(phone)
    early.say(0, "note", {"text": "before"})
    since = now_ms() + 1
    while now_ms() <= since:
        pass
    late.record(0, "photo", photo())
    revoke(app, phone, since)
    open_all(app)
    desk = person(app, "lead")
    assert (
        "suspect"
        not in desk.page(f"/desk/o/{reference_of(app, early.id)}")
        .split("<main")[1]
        .split('<div class="middle">')[1]
    )
    page = desk.page(f"/desk/o/{reference_of(app, late.id)}")
    assert "Nothing was announced of these bytes before that moment." in page


def test_since_when_can_be_said_later_and_is_logged(app: Flask) -> None:
    phone = make_phone(app, "phone 8")
    revoke(app, phone, None)
    desk = person(app, "coordinator")
    address = f"/desk/phones/{phone.device}/revoke"
    assert "Since when is phone 8 suspect?" in desk.page(address)
    desk.post(address, {"suspect_since": "2026-07-02T15:46"}, page=address)
    with app.app_context():
        assert db.session.get_one(Device, phone.device).suspect_since == 1782999960000
        assert log.verify() > 0
        entry = db.session.scalars(select(LogEntry).order_by(LogEntry.index.desc()).limit(1)).one()
        assert entry.verb == "device.suspected" and json.loads(entry.line)["a"].startswith("user:")


def test_what_a_person_removed_before_it_came_is_said(app: Flask) -> None:
    phone = make_phone(app, "phone 9")
    seen, sealed = Observed(phone), phone.seal(photo())
    seen.say(0, "begin", {"item": sealed.id, "kind": "photo", "mime": "image/jpeg"})
    phone.say(phone.sign("temoin-deletion", {"ids": [sealed.id], "why": "person"}))
    other = Observed(phone)
    kept = other.record(0, "photo", photo())
    phone.say(phone.sign("temoin-deletion", {"ids": [kept.id], "why": "person"}))
    open_all(app)
    desk = person(app, "lead")
    page = desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "Somebody removed this on the phone before it was received." in page
    assert "phone 9 signed that a person removed it" in page and "Not received yet" not in page
    assert "removed on the phone" in desk.page("/desk/queue")
    # What is here is here, whatever became of the phone's copy.
    page = desk.page(f"/desk/o/{reference_of(app, other.id)}")
    assert "Somebody removed" not in page and "a person removed it" not in page


@pytest.fixture
def silent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Phone, str, str]:
    """A phone that fell silent in the middle of a film: (phone, reference, upload)."""
    monkeypatch.setattr("app.worker.SILENT", -1)
    phone = make_phone(app, "phone 10")
    seen, sealed = Observed(phone), phone.seal(film(4) + bytes(200_000))
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": "environment"})
    address = phone.create(sealed.id).headers["Location"]
    assert phone.patch(address, 0, sealed.bytes[:-50_000]).status_code == 204
    open_all(app)
    with app.app_context():
        open_silent()
        upload = db.session.scalars(select(Opening.item)).one()
    return phone, reference_of(app, seen.id), upload


def test_the_lead_closes_what_stays_silent(
    app: Flask, silent: tuple[Phone, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _phone, reference, upload = silent
    address = f"/desk/uploads/{upload}/close"
    with app.app_context():
        subject = access.subject_of(upload)
    reviewer, lead = person(app, "reviewer"), person(app, "lead")
    assert reviewer.post(f"/desk/claim/{subject}", page=f"/desk/o/{reference}").status_code == 303
    assert "Close as interrupted" not in reviewer.page(f"/desk/o/{reference}")
    assert reviewer.post(address, page=f"/desk/o/{reference}").status_code == 403
    assert "Close as interrupted" in lead.page(f"/desk/o/{reference}")
    lead.post(address, page=f"/desk/o/{reference}")
    assert "It isn’t silent any more" in lead.page("/desk/queue")
    monkeypatch.setattr("app.review.service.SILENT", -1)
    lead.post(address, page=f"/desk/o/{reference}")
    open_all(app)
    page = lead.page(f"/desk/o/{reference}")
    assert "interrupted" in page and "provisional" not in page.split('<div class="middle">')[1]
    with app.app_context():
        assert db.session.scalars(select(Item).where(Item.id == upload)).one().state == "opened"
        assert [o.provisional for o in db.session.scalars(select(Opening).order_by(Opening.id))] == [
            True,
            False,
        ]
        closed = db.session.scalars(select(LogEntry).where(LogEntry.verb == "upload.closed")).one()
        assert json.loads(closed.line)["a"].startswith("user:")
    assert lead.post(f"/desk/uploads/{'0' * 32}/close", page=f"/desk/o/{reference}").status_code == 404
