"""A phone that was lost and enrolled again, or another that brings its outbox: accepted as handed over, and only so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now_ms
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.errors import Problem
from app.ids import new_id
from app.intake.models import Deletion, Handover, Item, Statement
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.worker import open_silent, work_off
from tests.desk import person
from tests.material import film
from tests.phone import Phone, Sealed, make_phone


@pytest.fixture
def old(app: Flask) -> Phone:
    return make_phone(app, "old phone")


@pytest.fixture
def new(app: Flask, old: Phone) -> Phone:
    """Another phone, which knows of the old one: a colleague's, or that of whoever took its outbox file."""
    return make_phone(app, "new phone")


def again(app: Flask, old: Phone) -> Phone:
    """The same phone, revoked and invited again in its own place."""
    return make_phone(app, "old phone, again", replaces=old)


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
    assert items(app) == [(new.device, old.device, "match")], "by the old phone's own commitment"
    assert new.status(sealed.id)["items"][sealed.id]["receipt"]


def test_what_came_before_its_handover_stays_as_it_came(app: Flask, old: Phone, new: Phone) -> None:
    sealed = old.seal(b"nothing was announced of it")
    new.commit(sealed)
    assert new.send(sealed).status_code == 204
    hand_over(new, old, sealed)
    assert items(app) == [(new.device, new.device, "match")]


def test_a_bearers_word_attests_nothing_in_anothers_name(app: Flask, old: Phone, new: Phone) -> None:
    """The finding: a phone that knows another's id hands itself an item over and signs for it."""
    forged = new.seal(b"never seen by the old phone")
    hand_over(new, old, forged)
    new.commit(forged)
    assert new.send(forged).status_code == 204
    assert items(app) == [(new.device, old.device, "none")]


def test_a_forged_entry_is_named_and_changes_nothing(app: Flask, old: Phone, new: Phone) -> None:
    observation = new_id()
    old.entry(observation, "open", {})
    said = old.entry(observation, "note", {"text": "they hit him"}, seq=1)
    with app.app_context():
        work_off()
        seen = db.session.scalars(select(Observation)).one()
        before = (seen.device_id, seen.finished, seen.started_at, seen.ended_at, seen.site)
        db.session.remove()
    place = {"source": "site", "site": "elsewhere"}
    forged: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("note", {"text": "nobody was hit", "withdrawn": True}, {"corrects": said.id}),
        ("finish", {"by": "person"}, {}),
        ("open", {}, {"place": place, "clock": {"wall": 1_000_000_000_000, "mono": 1}}),
    ]  # fmt: skip
    for seq, (kind, data, more) in enumerate(forged):
        item = new_id()
        document = {
            "v": 1, "type": kind, "id": item, "observation": observation, "seq": seq, "trial": False, "corrects": None,
            "clock": {"wall": now_ms(), "mono": 1}, "place": None, "data": data, **more,
        }  # fmt: skip
        sealed = new.seal(json.dumps(document).encode(), item)
        hand_over(new, old, sealed)
        new.commit(sealed, "entry")
        assert new.send(sealed).status_code == 204
    with app.app_context():
        assert work_off() == 3
        seen = db.session.scalars(select(Observation)).one()
        assert (seen.device_id, seen.finished, seen.started_at, seen.ended_at, seen.site) == before
        entries = {entry.id: entry for entry in db.session.scalars(select(Entry))}
        assert len(entries) == 5 and all(entry.corrected_by is None for entry in entries.values())
        assert [entry.corrects for entry in entries.values()] == [None] * 5
        reference = seen.reference
        db.session.remove()
    page = person(app, "lead").page(f"/desk/o/{reference}")
    assert (
        page.count("Brought by new phone, which says that old phone sealed it; old phone signed nothing") >= 3
    )
    assert "taken back" not in page and "they hit him" in page


def test_nobody_goes_on_as_another_phone_by_its_own_word(app: Flask, old: Phone, new: Phone) -> None:
    refused = new.say(new.sign("temoin-handover", {"from": old.device, "ids": []}))[0]
    assert refused["error"]["code"] == "not-handed-over"
    same = again(app, old)
    assert "accepted" in same.say(same.sign("temoin-handover", {"from": old.device, "ids": []}))[0]
    assert "error" in same.say(same.sign("temoin-handover", {"from": new.device, "ids": []}))[0]


def test_a_phone_that_is_still_enrolled_has_no_successor(app: Flask, old: Phone) -> None:
    with app.app_context(), app.test_request_context(), pytest.raises(Problem, match="still-active"):
        enrol.invite("second", replaces=db.session.get_one(Device, old.device))


def test_unsigned_items_of_the_same_phone_count_as_its_own(app: Flask, old: Phone) -> None:
    """Enrolled again before it could sign: nothing is attested, but who sealed it is known."""
    observation = new_id()
    old.entry(observation, "open", {})
    same = again(app, old)
    item = new_id()
    document = {
        "v": 1, "type": "finish", "id": item, "observation": observation, "seq": 1, "trial": False, "corrects": None,
        "clock": {"wall": now_ms(), "mono": 1}, "place": None, "data": {"by": "person"},
    }  # fmt: skip
    sealed = old.seal(json.dumps(document).encode(), item)
    hand_over(same, old, sealed)
    same.commit(sealed, "entry")
    assert same.send(sealed).status_code == 204
    with app.app_context():
        work_off()
        assert db.session.scalars(select(Observation)).one().finished
        came = db.session.scalars(select(Item).where(Item.item_id == sealed.id)).one()
        assert (came.device_id, came.made_by, came.attested) == (same.device, old.device, "none")


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


def test_a_handover_counts_for_what_stands_behind_it_in_one_request(
    app: Flask, old: Phone, new: Phone
) -> None:
    sealed = old.seal(b"announced offline")
    carried = old.sign("temoin-commitment", {"items": [sealed.named("photo")]})
    handover = new.sign("temoin-handover", {"from": old.device, "ids": [sealed.id]})
    too_early, accepted, receipted = new.say(carried, handover, carried)
    assert too_early["error"]["code"] == "bad-signature"
    assert "accepted" in accepted and "receipt" in receipted


def test_an_observation_goes_on_over_an_enrolment(app: Flask, old: Phone) -> None:
    observation, stranger = new_id(), make_phone(app, "stranger")
    old.entry(observation, "open", {})
    new = again(app, old)
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


def test_the_later_note_may_be_opened_first(app: Flask, old: Phone) -> None:
    observation = new_id()
    opened = old.seal(b"")
    document = {
        "v": 1, "type": "open", "id": opened.id, "observation": observation, "seq": 0, "trial": False,
        "corrects": None, "clock": {"wall": now_ms(), "mono": 1}, "place": None, "data": {},
    }  # fmt: skip
    opened = old.seal(json.dumps(document).encode(), opened.id)
    old.commit(opened, "entry")
    new = again(app, old)
    new.entry(observation, "note", {"text": "later", "later": True}, seq=1)
    with app.app_context():
        work_off()
    hand_over(new, old, opened)
    assert new.send(opened).status_code == 204
    with app.app_context():
        work_off()
        # Whose it is stays as it was first known; that both are one phone is known by the invitation.
        assert db.session.scalars(select(Observation)).one().device_id == new.device
        assert {item.state for item in db.session.scalars(select(Item))} == {"opened"}
        assert len(db.session.scalars(select(Entry)).all()) == 2


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


def test_a_phone_enrolled_again_still_gets_its_receipts(app: Flask, old: Phone, new: Phone) -> None:
    """It holds copies of what it sent before: it lets go of them only for the very receipt."""
    sealed = old.seal(b"sent before it was lost")
    old.commit(sealed)
    receipt = old.send(sealed).headers["Temoin-Receipt"]
    same = again(app, old)
    assert same.status(sealed.id)["items"][sealed.id]["receipt"] == receipt
    assert new.status(sealed.id)["items"][sealed.id]["receipt"] is None
    hand_over(same, old, sealed)
    assert same.status(sealed.id)["items"][sealed.id]["receipt"] is None, (
        "it sends it again under its new name"
    )
