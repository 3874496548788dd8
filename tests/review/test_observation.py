"""The page of one observation: everything that arrived, in its place, and nothing made up."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app import jws
from app.accounts import service as accounts
from app.custody.models import LogDetail, LogEntry
from app.db import db, unit_of_work
from app.ids import new_id
from app.intake.models import Item, Upload
from app.journal.models import Entry
from app.opening import silent
from app.opening.models import Opening
from app.review import find, observation, queue
from app.review.medium import hex_hash
from app.review.queue import latest_openings
from app.worker import work_off
from tests.desk import Desk, anybody, person
from tests.material import Observed, film, photo
from tests.phone import Phone
from tests.review.conftest import RIO, Scene, open_all, reference_of


def log_of(desk: Desk, verb: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(entry, detail) of all that this person did of a kind."""
    app = desk.http.application
    with app.app_context():
        user = accounts.by_name(desk.name)
        assert user is not None
        actor = user.actor
        rows = db.session.execute(
            db.select(LogEntry.line, LogDetail.detail)
            .join(LogDetail, LogDetail.index == LogEntry.index)
            .where(LogEntry.verb == verb)
        ).all()
    found = [(json.loads(line), json.loads(detail)) for line, detail in rows]
    return [(entry, detail) for entry, detail in found if entry["a"] == actor]


def test_everything_that_was_tapped_stands_on_the_time_line(scene: Scene, reader: Desk) -> None:
    page = reader.page(f"/desk/o/{scene.reference}")
    for words in (
        "Teargas in the face",
        "Tents",
        "At least",
        "14",
        "CRS (riot police)",
        "Finished by the observer",
        "BX",
        "50.9513",
    ):
        assert words in page


def test_words_of_the_phone_are_text_and_never_markup(scene: Scene, reader: Desk) -> None:
    assert "&lt;b&gt;said&lt;/b&gt; &amp; written" in reader.get(f"/desk/o/{scene.reference}").text


def test_a_correction_shows_what_it_replaced_at_the_time_it_was_seen(scene: Scene) -> None:
    with scene.app.test_request_context():
        entries = db.session.query(Entry).order_by(Entry.at).all()
        (said,) = [one for one in observation.standing(entries) if one.type == "rio"]
        assert said.data["pattern"] == "12?45?7"
        assert [observation.data_of(old)["pattern"] for old in said.replaced] == ["1??45?7"]
        assert said.at == said.replaced[-1].at < said.entry.at


def test_corrections_chain_in_any_order_and_a_ring_ends(app: Flask, phone: Phone) -> None:
    seen = Observed(phone)
    first = seen.say(0, "note", {"text": "one"})
    second = seen.say(1, "note", {"text": "two"}, corrects=first)
    seen.say(2, "note", {"text": "three"}, corrects=second)
    seen.say(3, "note", {"text": "alone"}, corrects=new_id())
    open_all(app)
    with app.app_context():
        entries = db.session.query(Entry).all()
        for order in (entries, entries[::-1]):
            said = sorted(observation.standing(order), key=lambda one: one.at)
            assert [one.data["text"] for one in said] == ["three", "alone"]
            assert [observation.data_of(old)["text"] for old in said[0].replaced] == ["two", "one"]


def test_each_digit_of_a_reading_says_how_sure_it_is() -> None:
    drawn = observation.boxes("12?45?7", [1])
    assert [(box.digit, box.state) for box in drawn] == [
        ("1", "sure"), ("2", "unsure"), ("", "unknown"), ("4", "sure"), ("5", "sure"), ("", "unknown"),
        ("7", "sure"),
    ]  # fmt: skip


def test_an_entry_leads_to_its_moment_in_the_film(scene: Scene, reader: Desk) -> None:
    page = reader.page(f"/desk/o/{scene.reference}")
    assert 'data-show="2" data-seek="1500"' in page  # the code, 1.5 s into film 2
    assert 'data-seek="4000"' not in page  # the count came after it had stopped


def test_all_clocks_stand_side_by_side(scene: Scene) -> None:
    with scene.app.test_request_context():
        from app.journal.models import Observation

        sheet = observation.sheet(db.session.get_one(Observation, scene.seen.id))
    assert [clock.what for clock in sheet.clocks] == ["first", "photo", "film", "last"]
    for clock in sheet.clocks:
        assert clock.device is not None and clock.received is not None
        assert clock.corrected == clock.device - 3120 and (clock.offset, clock.error) == (-3120, 45)
    assert sheet.clocks[0].corrected == scene.seen.start


def test_hashes_are_written_as_sha256sum_prints_them(scene: Scene, reader: Desk) -> None:
    page = reader.page(f"/desk/o/{scene.reference}")
    for original in (scene.photo, scene.film):
        assert hashlib.sha256(original).hexdigest() in page
    with scene.app.app_context():
        (item,) = db.session.query(Item).filter_by(kind="film").all()
        for digest in (item.head_sha256, item.body_sha256):
            assert hex_hash(digest) in page
        assert f"cat bodies/{item.id}" in page
    assert page.count("opens to what the phone sealed") == 2


def test_the_report_says_what_was_found_and_the_files_claims_stand_beside_the_phones(
    scene: Scene, reader: Desk
) -> None:
    page = reader.page(f"/desk/o/{scene.reference}")
    assert "The file says" in page and "The phone says" in page
    assert "Model 5" in page and "50.953" in page


def test_looking_is_logged_once_in_half_an_hour(scene: Scene, desk: Desk) -> None:
    for _ in range(3):
        desk.page(f"/desk/o/{scene.reference}")
    (entry,) = [entry for entry, _detail in log_of(desk, "observation.opened")]
    assert entry["o"] == scene.seen.id and entry["a"].startswith("user:")


def test_something_that_has_not_arrived_is_shown_as_missing(app: Flask, phone: Phone) -> None:
    seen = Observed(phone)
    seen.say(0, "begin", {"item": new_id(), "kind": "sound", "mime": "audio/webm", "camera": None})
    open_all(app)
    desk = person(app, "lead")
    assert "Not received yet" in desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "not all received yet" in desk.page("/desk/queue")


def test_a_film_that_was_cut_is_interrupted_and_still_plays(app: Flask, phone: Phone) -> None:
    seen = Observed(phone)
    whole = film(4)
    seen.record(0, "film", whole, cut=len(whole) - 3000, mime="video/webm;codecs=vp8")
    open_all(app)
    desk = person(app, "lead")
    page = desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "interrupted" in page and "<video" in page


def test_a_file_that_can_not_be_shown_says_so_and_keeps_its_hashes(app: Flask, phone: Phone) -> None:
    seen = Observed(phone)
    data = b"\x00unknown" * 100
    sealed = phone.seal(data)
    said = {"name": "x.bin", "mime": "application/x-odd", "picker": "files", "modified": 1, "exif": "none"}
    seen.say(0, "import", {"item": sealed.id, "size": len(data), "sha256": jws.sha256(data), **said})
    phone.commit(sealed, "import")
    phone.send(sealed)
    open_all(app)
    page = person(app, "lead").page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "No working copy yet" in page and hashlib.sha256(data).hexdigest() in page
    assert "doesn’t mean that no position was recorded" in page


ANYTHING: tuple[dict[str, Any], ...] = (
    {},
    {"officer": "x", "pattern": 5, "unsure": "y", "fragments": 3},
    {"fragments": [1, {"digits": 2}], "code": ["a"], "officer": 1},
)


@pytest.mark.parametrize("data", ANYTHING, ids=["nothing", "wrong types", "wrong within"])
def test_whatever_an_entry_holds_its_page_opens(app: Flask, phone: Phone, data: dict[str, Any]) -> None:
    seen = Observed(phone)
    seen.say(0, "open")
    for type_ in (
        "rio",
        "code",
        "officer",
        "unit",
        "count",
        "quote",
        "note",
        "stopped",
        "place",
        "from-a-newer-phone",
    ):
        seen.say(1, type_, data)
    open_all(app)
    desk = person(app, "lead")
    assert "from-a-newer-phone" in desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert desk.get("/desk/queue").status_code == 200


def test_a_rio_is_in_no_title_and_no_address(scene: Scene, reader: Desk) -> None:
    page = reader.page(f"/desk/o/{scene.reference}")
    title = re.search(r"<title>(.*?)</title>", page)
    assert title and title[1] == scene.reference
    assert RIO and not [
        address
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', page)
        if "12?45" in address or "45?7" in address
    ]


def test_two_openings_the_newest_counts(app: Flask, phone: Phone) -> None:
    Observed(phone).record(0, "photo", photo())
    open_all(app)
    with app.app_context():
        old = db.session.query(Opening).one()
        with unit_of_work() as work:
            values = {c.name: getattr(old, c.name) for c in Opening.__table__.columns if c.name != "id"}
            work.add(Opening(**{**values, "interrupted": True}))
        assert latest_openings([old.item])[old.item].interrupted


def test_a_silent_upload_is_shown_as_far_as_it_came(app: Flask, phone: Phone) -> None:
    seen, whole = Observed(phone), film(4)
    sealed = phone.seal(whole)
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": "environment"})
    created = phone.create(sealed.id)
    phone.patch(created.headers["Location"], 0, sealed.bytes[: len(sealed.bytes) - 5000])
    with app.app_context():
        work_off()
        (upload,) = db.session.query(Upload).filter_by(item_id=sealed.id).all()
        assert silent.open_silent(upload)
        key = upload.id
    desk = person(app, "lead")
    page = desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "provisional" in page and "has gone silent" in page and "are not attested" in page
    assert desk.get(f"/desk/media/{key}").mimetype == "video/webm"
    assert "provisional" in desk.page("/desk/queue")
    phone.patch(
        created.headers["Location"],
        len(sealed.bytes) - 5000,
        sealed.bytes[-5000:],
        Upload_Length=str(len(sealed.bytes)),
    )
    open_all(app)
    assert "provisional" not in desk.page(f"/desk/o/{reference_of(app, seen.id)}")


def test_what_was_taken_back_is_shown_as_such_and_counts_nowhere(app: Flask, phone: Phone) -> None:
    seen = Observed(phone)
    seen.say(0, "open")
    said = {"code": "FOR-GASF", "officer": 3, "basis": "SAW"}
    first = seen.say(1, "code", said)
    seen.say(2, "code", {**said, "withdrawn": True}, corrects=first)
    standing = Observed(phone)
    standing.say(0, "code", {**said, "code": "FOR-BAT"})
    open_all(app)
    desk = person(app, "lead", name="reads")
    page = desk.page(f"/desk/o/{reference_of(app, seen.id)}")
    assert "taken back by the observer" in page and "<s>" in page
    assert "Officer 3" not in page
    assert "Teargas" not in desk.page("/desk/queue")
    with app.test_request_context():
        for word, hits in (("GASF", 0), ("FOR", 1)):
            conditions = find.understand(anybody("lead"), word, "Europe/Paris", date(2026, 11, 21)).conditions
            assert queue.observations(anybody("lead"), conditions).total == hits
