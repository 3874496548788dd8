"""The queue and the find box: what is new, what it is, and by which words it is found."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event

from app import language
from app.accounts import service as accounts
from app.clock import now_ms
from app.db import db
from app.ids import new_id
from app.review import find, queue
from app.review.rows import Row
from app.sites import service as sites
from app.sites.facts import Facts
from tests.desk import Desk, anybody, person
from tests.material import Observed, photo
from tests.phone import Phone
from tests.review.conftest import Scene, open_all, reference_of
from tests.review.test_observation import log_of

LEAD = anybody("lead")


def rows(app: Flask, show: str = "all", trial: bool = False) -> list[Row]:
    with app.test_request_context():
        return queue.observations(LEAD, show=show, trial=trial).rows


def test_a_row_says_what_it_is(scene: Scene) -> None:
    (row,) = rows(scene.app)
    assert (row.reference, row.place, row.forces, row.codes) == (scene.reference, "BX", ["CRS"], ["FOR-GASF"])
    assert row.counts == [("tents", 14, "MIN")] and dict(row.media) == {"photo": 1, "film": 1}
    assert row.marks == ["practice"] and not row.reviewed


def test_reviewed_leaves_the_new_ones_and_can_be_undone(scene: Scene, desk: Desk) -> None:
    page, act = f"/desk/o/{scene.reference}", f"/desk/reviewed/{scene.seen.id}"
    assert desk.post(act, {"reviewed": "yes"}, page=page).status_code == 303
    assert rows(scene.app, show="new") == [] and rows(scene.app)[0].reviewed
    assert f"reviewed by {desk.name}" in desk.page(page)
    desk.post(act, {"reviewed": "yes"}, page=page)
    desk.post(act, {"reviewed": "no"}, page=page)
    assert [row.reference for row in rows(scene.app, show="new")] == [scene.reference]
    assert len(log_of(desk, "observation.reviewed")) == len(log_of(desk, "observation.reopened")) == 1


def test_notes_are_only_added(scene: Scene, desk: Desk) -> None:
    page, act = f"/desk/o/{scene.reference}", f"/desk/note/{scene.seen.id}"
    for text in ("first thought", " <i>second</i> thought "):
        assert desk.post(act, {"text": text}, page=page).status_code == 303
    desk.post(act, {"text": "   "}, page=page)
    shown = desk.get(page).text
    assert shown.index("first thought") < shown.index("&lt;i&gt;second&lt;/i&gt; thought")
    assert len(log_of(desk, "note.added")) == 2


def test_trials_stay_out_until_they_are_asked_for(app: Flask, phone: Phone) -> None:
    trial = Observed(phone, trial=True)
    trial.say(0, "open")
    open_all(app)
    assert rows(app) == []
    assert [row.reference for row in rows(app, trial=True)] == [reference_of(app, trial.id)]


def test_an_item_of_a_foreign_client_appears_by_itself(app: Flask, phone: Phone) -> None:
    other = phone.foreign()
    other.send(other.seal(photo()))
    open_all(app)
    desk = person(app, "lead")
    with app.test_request_context():
        (row,) = queue.loose_items(LEAD).rows
    assert row.loose and "unattested" in row.marks
    assert "not attested by a device" in desk.page("/desk/queue")
    page = desk.page(f"/desk/i/{row.subject}")
    assert "<img" in page and "not attested by a device" in page


def test_an_entry_that_can_not_be_opened_is_not_lost_from_sight(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"no entry at all")
    phone.commit(sealed, "entry")
    phone.send(sealed)
    open_all(app)
    with app.test_request_context():
        (row,) = queue.loose_items(LEAD).rows
    assert "no-copy" in row.marks
    assert "An entry that can’t be read" in person(app, "lead").page(f"/desk/i/{row.subject}")


def test_a_page_of_the_queue_is_a_handful_of_queries(app: Flask, phone: Phone) -> None:
    for _ in range(6):
        seen = Observed(phone)
        seen.say(0, "open")
        seen.say(1, "code", {"code": "FOR-GAS", "officer": None, "basis": "SAW"})
    open_all(app)
    with app.test_request_context():
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        assert len(queue.observations(LEAD).rows) == 6
        assert len([one for one in asked if one.startswith("SELECT")]) <= 12


TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)), ("20/11/2026", date(2026, 11, 20)), ("20.11.26", date(2026, 11,
        20)),
        ("20/11", date(2026, 11, 20)), ("24/12", date(2025, 12, 24)), ("31/02", None), ("29/2", None),
        ("BX", None), ("12?45?7", None),
    ],
)  # fmt: skip
def test_days_as_people_write_them(typed: str, day: date | None) -> None:
    assert find._day(typed, TODAY) == day


@pytest.mark.parametrize("spoken", ["{0}", "{1}", "{1} ", "{2}"])
def test_a_reference_leads_straight_to_its_observation(scene: Scene, reader: Desk, spoken: str) -> None:
    said = spoken.format(
        scene.reference, scene.reference.lower().replace("-", " "), scene.reference.replace("-", "")
    )
    answer = reader.post("/desk/search", {"text": said}, page="/desk/queue")
    assert answer.headers["Location"] == f"/desk/o/{scene.reference}"


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("gas", True),
        ("GAZ", True),
        ("lacrymogene", True),
        ("crs", True),
        ("bx", True),
        ("gas crs", True),
        ("baton", False),
        ("gas gendarmes", False),
        ("%", False),
        ("_", False),
    ],
)
def test_words_find_codes_forces_and_sites_in_both_languages(
    scene: Scene, reader: Desk, words: str, fits: bool
) -> None:
    answer = reader.post("/desk/search", {"text": words}, page="/desk/queue")
    assert answer.status_code == 200
    assert (f"/desk/o/{scene.reference}" in answer.text) == fits


def test_a_day_finds_what_touches_it(scene: Scene, reader: Desk) -> None:
    with scene.app.app_context():
        today = language.local(now_ms() - 3_600_000).date()
    found = reader.post("/desk/search", {"text": today.isoformat()}, page="/desk/queue")
    other = reader.post("/desk/search", {"text": "2020-01-01"}, page="/desk/queue")
    assert scene.reference in found.text and scene.reference not in other.text


def test_a_rio_asks_for_a_purpose_before_it_is_looked_up(scene: Scene, reader: Desk) -> None:
    asked = reader.post("/desk/search", {"text": "12?45?7"}, page="/desk/queue")
    assert 'name="purpose"' in asked.text and scene.reference not in asked.text
    assert log_of(reader, "rio.looked-up") == []
    without = reader.post("/desk/look-up", {"number": "12?45?7", "purpose": ""}, page="/desk/look-up")
    assert without.status_code == 422 and scene.reference not in without.text


def test_a_look_up_shows_readings_and_logs_its_purpose_but_not_the_number(scene: Scene, desk: Desk) -> None:
    sent = {"number": "12?45?7", "purpose": "complaint about the eviction"}
    answer = desk.post("/desk/look-up", sent, page="/desk/look-up")
    assert answer.status_code == 200 and scene.reference in answer.text
    ((entry, detail),) = log_of(desk, "rio.looked-up")
    assert detail["purpose"] == "complaint about the eviction" and len(detail["readings"]) == 1
    assert "45" not in str(detail | {"readings": [], "sightings": []}) and "12" not in entry["o"]


@pytest.mark.parametrize(
    ("number", "purpose", "words"),
    [
        ("1245", "about officer 1245 of yesterday", "leave the number out"),
        ("AB123", "complaint of yesterday", "only digits"),
        ("12", "complaint of yesterday", "at least 3 digits"),
        ("*", "complaint of yesterday", "at least 3 digits"),
    ],
)
def test_a_look_up_that_can_not_be_is_refused_with_words(
    scene: Scene, reader: Desk, number: str, purpose: str, words: str
) -> None:
    answer = reader.post("/desk/look-up", {"number": number, "purpose": purpose}, page="/desk/look-up")
    assert answer.status_code == 422 and words in answer.text
    assert log_of(reader, "rio.looked-up") == []


def test_two_hundred_rows_are_a_page_and_more_are_named(
    app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 3)
    for _ in range(4):
        Observed(phone).say(0, "open")
    open_all(app)
    with app.test_request_context():
        page = queue.observations(LEAD)
    assert len(page.rows) == 3 and page.more and page.total == 4


def test_nothing_yet_says_why(app: Flask) -> None:
    desk = person(app, "lead")
    assert "Nothing has arrived yet" in desk.page("/desk/queue")
    assert new_id() not in desk.page("/desk/queue?show=trial")


def test_a_site_is_picked_from_the_list(app: Flask, phone: Phone) -> None:
    """By any of its names, on the days that it holds; what is typed beside it narrows it; neither stands in an address."""
    there, elsewhere = Observed(phone), Observed(phone)
    for seen, site in ((there, "bois x"), (elsewhere, "B1")):
        seen.say(0, "open", place={"source": "site", "site": site})
        seen.say(1, "code", {"code": "FOR-GAS", "officer": None, "basis": "SAW"})
    open_all(app)
    desk = person(app, "lead", name="picks")
    with app.app_context():
        lead = accounts.by_name("picks")
        assert lead is not None
        sites.add(lead, Facts("BX", ("Bois X",), "Calais"))
    assert '<option value="BX">BX · Bois X, Calais</option>' in desk.page("/desk/queue")
    here, other = reference_of(app, there.id), reference_of(app, elsewhere.id)

    def found(**said: str) -> str:
        answer = desk.post("/desk/search", said, page="/desk/queue")
        assert answer.status_code == 200
        return answer.text

    page = found(site="BX")
    assert here in page and other not in page
    assert '<option selected value="BX">' in page
    page = found(site="BX", text="gas")
    assert here in page and 'name="text" value="gas"' in page
    assert here not in found(site="BX", text="baton")
    assert here in found(text="Calais") and other not in found(text="Calais")
    assert desk.post("/desk/search", {"text": "", "site": ""}, page="/desk/queue").status_code == 303
    for path in ("/desk/look-up", "/desk/unidentified"):
        assert '<datalist id="sites"><option value="BX">' in desk.page(path)
