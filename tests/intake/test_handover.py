"""A phone that was lost and enrolled again, or another that brings its outbox: accepted as handed over, and only so."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.ids import new_id
from app.intake.models import Deletion, Handover, Item, Statement
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.worker import open_silent, work_off
from tests.material import film
from tests.phone import Phone, Sealed, make_phone


@pytest.fixture
def old(app: Flask) -> Phone:
    return make_phone(app, "old phone")


@pytest.fixture
def new(app: Flask, old: Phone) -> Phone:
    """The same phone, enrolled again after it was revoked; it knows what it was before."""
    return make_phone(app, "new phone")


def revoke(app: Flask, phone: Phone, since: int | None = None) -> None:
    with app.app_context():
        enrol.revoke(db.session.get_one(Device, phone.device), "user:test", since)


def hand_over(to: Phone, before: Phone, *sealed: Sealed) -> None:
    statement = to.sign("temoin-handover", {"from": before.device, "ids": [one.id for one in sealed]})
    assert "accepted" in to.say(statement)[0]


def items(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        return [(i.device_id, i.made_by, i.attested) for i in db.session.scalars(select(Item))]


def test_after_a_handover_the_items_come_under_the_new_name(app: Flask, old: Phone, new: Phone) -> None:
    sealed = old.seal(b"seen before the phone was lost")
    old.commit(sealed)
    revoke(app, old)
    assert old.create(sealed.id, len(sealed.bytes)).status_code == 401
    refused = new.create(sealed.id, len(sealed.bytes))
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "not-handed-over")
    hand_over(new, old, sealed)
    new.commit(sealed)
    assert new.send(sealed).status_code == 204
    assert items(app) == [(new.device, old.device, "match")]
    assert new.status(sealed.id)["items"][sealed.id]["receipt"]


def test_an_item_that_came_before_its_handover_is_told_of_it(app: Flask, old: Phone, new: Phone) -> None:
    sealed = old.seal(b"nothing was announced of it")
    new.commit(sealed)
    assert new.send(sealed).status_code == 204
    assert items(app) == [(new.device, new.device, "match")]
    hand_over(new, old, sealed)
    assert items(app) == [(new.device, old.device, "match")]


def test_a_handover_of_something_else_is_none(app: Flask, old: Phone, new: Phone) -> None:
    mine, other = old.seal(b"mine"), old.seal(b"other")
    old.commit(mine)
    hand_over(new, old, other)
    assert new.create(mine.id, len(mine.bytes)).status_code == 409
    hand_over(new, make_phone(app, "third"), mine)
    assert new.create(mine.id, len(mine.bytes)).status_code == 409


def test_both_may_send_when_the_first_comes_back(app: Flask, old: Phone, new: Phone) -> None:
    """An outbox file was brought in by a colleague; then the phone itself finds a connection."""
    observation = new_id()
    entry = old.entry(observation, "open", {})
    hand_over(new, old, entry)
    new.commit(entry, "entry")
    assert new.send(entry).status_code == 204
    with app.app_context():
        assert work_off() == 2
        assert len(db.session.scalars(select(Entry)).all()) == 1
        assert {i.state for i in db.session.scalars(select(Item))} == {"opened"}


def test_statements_of_the_old_enrolment_are_carried_only_after_a_handover(
    app: Flask, old: Phone, new: Phone
) -> None:
    sealed = old.seal(b"announced offline")
    commitment = old.sign("temoin-commitment", {"items": [sealed.named("photo")]})
    deletion = old.sign("temoin-deletion", {"ids": [new_id()], "why": "person"})
    revoke(app, old)
    assert new.say(commitment)[0]["error"]["code"] == "bad-signature"
    hand_over(new, old, sealed)
    kept, accepted = new.say(commitment, deletion)
    assert "receipt" in kept and "accepted" in accepted
    with app.app_context():
        carried = db.session.scalars(select(Statement).where(Statement.device_id == old.device)).all()
        assert {s.typ for s in carried} == {"temoin-commitment", "temoin-deletion"}
        assert db.session.scalars(select(Deletion)).one().device_id == old.device
    # The word of the one that sealed it counts.
    assert new.send(sealed).status_code == 204
    assert items(app) == [(new.device, old.device, "match")]


def test_an_observation_goes_on_over_an_enrolment(app: Flask, old: Phone, new: Phone) -> None:
    observation, stranger = new_id(), make_phone(app, "stranger")
    old.entry(observation, "open", {})
    revoke(app, old)
    statement = new.sign("temoin-handover", {"from": old.device, "ids": []})
    assert "accepted" in new.say(statement)[0]
    new.entry(observation, "note", {"text": "later", "later": True}, seq=1)
    stranger.entry(observation, "note", {"text": "not mine"}, seq=2)
    with app.app_context():
        assert work_off() == 3
        assert db.session.scalars(select(Observation)).one().device_id == old.device
        assert sorted(entry.type for entry in db.session.scalars(select(Entry))) == ["note", "open"]
        failed = db.session.scalars(select(Item).where(Item.state == "failed")).one()
        assert (failed.device_id, failed.problem) == (
            stranger.device,
            "bad-entry: the observation is another phone's",
        )
        assert db.session.scalars(select(Handover)).one().item_id is None


def test_the_later_note_may_be_opened_first(app: Flask, old: Phone, new: Phone) -> None:
    observation = new_id()
    hand_over(new, old)
    new.entry(observation, "note", {"text": "later", "later": True}, seq=1)
    with app.app_context():
        work_off()
    old.entry(observation, "open", {})
    with app.app_context():
        work_off()
        assert db.session.scalars(select(Observation)).one().device_id == old.device


def test_a_silent_upload_gives_way_to_the_whole_one(
    app: Flask, old: Phone, new: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.SILENT", -1)
    observation, moving = new_id(), film()
    sealed = old.seal(moving + bytes(200_000))
    old.entry(observation, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm"})
    created = old.create(sealed.id)
    half = len(sealed.head) + 16 + 2 * 65552
    assert old.patch(created.headers["Location"], 0, sealed.bytes[:half]).status_code == 204
    with app.app_context():
        work_off()
        open_silent()
        assert db.session.scalars(select(Opening)).one().provisional
    revoke(app, old)
    hand_over(new, old, sealed)
    new.commit(sealed, "film")
    assert new.send(sealed).status_code == 204
    with app.app_context():
        assert work_off() == 1
        open_silent()
        found = db.session.scalars(select(Opening).order_by(Opening.id)).all()
        assert [(o.provisional, o.observation_id) for o in found] == [
            (True, observation),
            (False, observation),
        ]


def test_who_took_the_phone_cannot_withdraw_what_was_announced(app: Flask, old: Phone) -> None:
    sealed = old.seal(bytes(300_000))
    prefix = sealed.named("film")
    old.say(old.sign("temoin-prefix", {"item": prefix}))
    created = old.create(sealed.id)
    address = created.headers["Location"]
    assert old.patch(address, 0, sealed.bytes[:100_000]).status_code == 204
    answer = old.http.delete(address, headers={**old.auth, "Tus-Resumable": "1.0.0"})
    assert answer.status_code == 403
    assert old.status(sealed.id)["items"][sealed.id]["offset"] == 100_000


def test_what_the_desk_was_shown_cannot_be_withdrawn(
    app: Flask, old: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.SILENT", -1)
    sealed = old.seal(film() + bytes(200_000))
    address = old.create(sealed.id).headers["Location"]
    assert old.patch(address, 0, sealed.bytes[:-1000]).status_code == 204
    with app.app_context():
        open_silent()
    assert old.http.delete(address, headers={**old.auth, "Tus-Resumable": "1.0.0"}).status_code == 403
