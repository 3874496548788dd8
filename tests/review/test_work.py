"""Steps of the work: where things stand, that nothing falls through, and that each step can be taken back."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.accounts import service as accounts
from app.accounts.models import User
from app.clock import now_ms
from app.db import db, unit_of_work
from app.errors import Problem
from app.intake.models import Upload
from app.review import loose, queue, work
from app.review.models import Work
from tests.desk import anybody, person
from tests.material import Observed, film
from tests.phone import Phone
from tests.review.conftest import open_all, reference_of

LEAD = anybody("lead")


@pytest.fixture
def subject(app: Flask, phone: Phone) -> str:
    seen = Observed(phone)
    seen.say(0, "open")
    open_all(app)
    return seen.id


def named(app: Flask, name: str, *roles: str) -> User:
    """Somebody who does not log in for this test: `work` is called by hand."""
    user = accounts.add(name, roles or ("reviewer",), "server")
    db.session.flush()
    return user


def stands(subject: str) -> Work:
    found = work.of(subject)
    assert found is not None
    return found


def test_states_follow_the_steps_and_each_can_be_taken_back(app: Flask, subject: str) -> None:
    with app.app_context():
        anna = named(app, "anna")
        work.claim(anna, subject)
        assert (stands(subject).state, stands(subject).holder) == ("claimed", anna.id)
        work.release(anna, subject)
        assert (stands(subject).state, stands(subject).holder) == ("new", None)
        work.claim(anna, subject)
        work.needs_more(anna, subject, "the second film")
        assert (stands(subject).state, stands(subject).why) == ("more", "the second film")
        work.release(anna, subject)  # still short of something, and nobody's
        assert (stands(subject).state, stands(subject).why) == ("more", "the second film")
        work.claim(anna, subject)
        assert stands(subject).state == "more"
        work.needs_more(anna, subject, None)
        assert (stands(subject).state, stands(subject).why) == ("claimed", None)
        work.review(anna, subject, True)
        work.review(anna, subject, True)
        assert stands(subject).state == "reviewed"
        work.review(anna, subject, False)
        assert (stands(subject).state, stands(subject).holder) == ("claimed", anna.id)
        verbs = [
            row[0]
            for row in db.session.execute(
                db.text("SELECT verb FROM log_entry WHERE object = :o"), {"o": subject}
            )
        ]
    assert [verb for verb in verbs if verb.startswith(("work.", "observation.re"))] == [
        "work.claimed", "work.released", "work.claimed", "work.needs-more", "work.released", "work.claimed",
        "work.has-all", "observation.reviewed", "observation.reopened",
    ]  # fmt: skip


def test_handing_over_moves_it_and_may_be_regretted_for_a_moment(app: Flask, subject: str) -> None:
    with app.app_context():
        anna, ben = named(app, "anna"), named(app, "ben")
        work.claim(anna, subject)
        work.hand_over(anna, subject, ben.id)
        assert stands(subject).holder == ben.id
        work.claim(anna, subject)  # taken back at once
        assert stands(subject).holder == anna.id
        work.hand_over(anna, subject, ben.id)
        with unit_of_work():
            stands(subject).held_since = now_ms() - work.REGRET_MS - 1
        with pytest.raises(Problem) as refused:
            work.claim(anna, subject)
        assert refused.value.status == 409


def test_it_goes_only_to_people_who_may_have_it(app: Flask, subject: str) -> None:
    with app.app_context():
        anna, ben, lead = named(app, "anna"), named(app, "ben"), named(app, "lea", "lead")
        keeper = named(app, "carl", "coordinator")
        work.claim(anna, subject)
        for nobody in (keeper.id, "x", anna.id[::-1]):
            with pytest.raises(Problem):
                work.hand_over(anna, subject, nobody)
        work.mark_sensitive(anna, subject, True)
        with pytest.raises(Problem) as refused:
            work.hand_over(anna, subject, ben.id)
        assert refused.value.code == "not-chosen"
        work.choose(lead, subject, ben.id, True)
        work.hand_over(anna, subject, ben.id)
        with pytest.raises(Problem):
            work.release(anna, subject)
        work.release(lead, subject)
        assert stands(subject).holder is None
        work.hand_over(lead, subject, anna.id)  # a lead gives out work that nobody has
        assert stands(subject).holder == anna.id


def test_undo_stands_beside_what_was_done(app: Flask, phone: Phone, subject: str) -> None:
    desk = person(app, "reviewer")
    reference = reference_of(app, subject)
    desk.post(f"/desk/claim/{subject}", page="/desk/queue")
    page = desk.page(f"/desk/o/{reference}")
    undo = re.search(r'<section class="flashes".*?action="([^"]+)"', page, re.S)
    assert undo and undo[1] == f"/desk/release/{subject}" and "data-undo" in page
    desk.post(undo[1], page="/desk/queue")
    with app.app_context():
        assert stands(subject).state == "new"


def late(app: Flask, subject: str, **values: object) -> None:
    with app.app_context(), unit_of_work():
        for name, value in values.items():
            setattr(stands(subject), name, value)


def test_what_stands_for_long_is_said_on_every_tab(app: Flask, subject: str) -> None:
    desk, reference = person(app, "lead"), reference_of(app, subject)
    with app.app_context():
        work.claim(named(app, "anna"), subject)
    assert "late-band" not in desk.page("/desk/queue")
    late(app, subject, since=now_ms() - work.STALE_MS - 1)
    for tab in queue.TABS:
        page = desk.page(f"/desk/queue?show={tab}")
        assert "late-band" in page and reference in page and "in the hands of anna" in page
    assert "mark hold late" in desk.page("/desk/queue?show=claimed")


def test_what_somebody_holds_who_has_left_is_said_at_once(app: Flask, subject: str) -> None:
    with app.app_context():
        anna = named(app, "anna")
        work.claim(anna, subject)
        assert queue.waiting(LEAD) is None
        accounts.set_roles(anna, ["reviewer"], False, "server")
        found = queue.waiting(LEAD)
        assert found is not None and found.subject == subject and found.holder == "anna"


def test_every_observation_is_in_exactly_one_tab_of_state(app: Flask, phone: Phone) -> None:
    made = []
    for _ in range(5):
        seen = Observed(phone)
        seen.say(0, "open")
        made.append(seen.id)
    open_all(app)
    with app.test_request_context():
        anna = named(app, "anna")
        for one in made[:4]:
            work.claim(anna, one)
        work.needs_more(anna, made[1], "more")
        work.review(anna, made[2], True)
        work.release(anna, made[3])
        tabs = {tab: {row.subject for row in queue.observations(anna, show=tab).rows} for tab in queue.TABS}
        counts = queue.observations(anna).counts
    assert tabs["claimed"] == {made[0]} and tabs["more"] == {made[1]} and tabs["reviewed"] == {made[2]}
    assert tabs["new"] == {made[3], made[4]} and tabs["all"] == set(made)
    assert tabs["mine"] == {made[0], made[1]}
    assert {tab: counts[tab] for tab in queue.TABS} == {tab: len(rows) for tab, rows in tabs.items()}


def test_a_silent_upload_that_no_entry_names_is_in_the_queue(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    created = phone.create(sealed.id)
    phone.patch(created.headers["Location"], 0, sealed.bytes[: len(sealed.bytes) // 2])
    with app.test_request_context():
        assert queue.loose_items(LEAD, "new").rows == []  # it has only just begun
        (upload,) = db.session.query(Upload).all()
    with app.app_context(), unit_of_work() as session:
        session.get_one(Upload, upload.id).created_at -= loose.SILENT_MS + 1
    with app.test_request_context():
        (row,) = queue.loose_items(LEAD, "new").rows
    assert (row.loose, row.subject, row.marks) == ("upload", upload.id, ["arriving"])
    folder = Path(app.config["TEMOIN"].instance) / "blobs" / "incoming"
    for path in folder.rglob("*"):
        if path.is_file():
            import os

            os.utime(path, (1, 1))
    desk = person(app, "lead")
    assert "silent, not finished" in desk.page("/desk/queue")
    assert "not finished" in desk.page(f"/desk/i/{upload.id}")
    assert desk.post(f"/desk/claim/{upload.id}", page="/desk/queue").status_code == 303
    # Once an entry names it, it stands with its observation and no longer alone.
    seen = Observed(phone)
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": None})
    open_all(app)
    with app.test_request_context():
        assert queue.loose_items(LEAD).rows == [] and len(queue.observations(LEAD).rows) == 1


def test_what_was_removed_on_the_phone_before_it_had_a_name_is_in_the_queue(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    phone.commit(sealed, "film")
    phone.say(phone.sign("temoin-deletion", {"ids": [sealed.id], "why": "person"}))
    with app.test_request_context():
        (row,) = queue.loose_items(LEAD, "new").rows
    assert (row.loose, row.subject, row.marks, dict(row.media)) == (
        "removed",
        sealed.id,
        ["removed"],
        {"film": 1},
    )
    desk = person(app, "lead")
    assert "Removed" in desk.page("/desk/queue")
    assert "removed this on the phone" in desk.page(f"/desk/i/{sealed.id}")
    desk.post(f"/desk/reviewed/{sealed.id}", {"reviewed": "yes"}, page="/desk/queue")
    with app.test_request_context():
        assert queue.loose_items(LEAD, "new").rows == [] and len(queue.loose_items(LEAD).rows) == 1


def many(app: Flask, phone: Phone, number: int) -> None:
    """Observations with the entries of a busy morning, straight into the tables."""
    from bench.desk import fill

    with app.app_context():
        fill(number, phone.device)


def test_two_hundred_rows_take_few_queries_and_few_bytes(app: Flask, phone: Phone) -> None:
    many(app, phone, 210)
    desk = person(app, "reviewer")
    with app.app_context():
        anna = named(app, "anna")
        for row in queue.observations(anna, show="new").rows[:50]:
            work.claim(anna, row.subject)
    desk.page("/desk/queue")
    asked: list[str] = []

    def note(*said: object) -> None:
        asked.append(str(said[2]))

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    page = desk.get("/desk/queue?show=all").get_data()
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", note)
    assert page.count(b"data-line") == queue.PAGE
    assert len([one for one in asked if one.startswith("SELECT")]) <= 32
    assert len(gzip.compress(page, 6)) < 100_000
