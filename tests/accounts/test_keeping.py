"""Half-filled forms are kept sealed, for their writer alone, and the time that is left is told without prolonging it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts import drafts
from app.accounts.models import DeskSession, Draft
from app.clock import now_ms
from app.db import db, unit_of_work
from tests.desk import Desk, person

FORM = "/desk/o/K7Q-2M4#/desk/note/1"
SAID = {"text": "half of a thought about a child"}


def send(desk: Desk, path: str, said: object) -> tuple[int, Any]:
    answer = desk.http.post(path, json=said, headers={"X-CSRFToken": desk.token("/desk/me")})
    return answer.status_code, answer.get_json(silent=True)


@pytest.fixture
def desk(app: Flask) -> Desk:
    return person(app, "reviewer")


def test_what_was_typed_comes_back_and_can_be_left_out(desk: Desk) -> None:
    assert send(desk, "/desk/drafts", {"form": FORM, "fields": SAID}) == (200, {"kept": True})
    assert send(desk, "/desk/drafts/find", {"form": FORM}) == (200, {"fields": SAID})
    assert send(desk, "/desk/drafts/find", {"form": FORM + "2"}) == (200, {"fields": None})
    assert send(desk, "/desk/drafts", {"form": FORM, "fields": None}) == (200, {"kept": False})
    assert send(desk, "/desk/drafts/find", {"form": FORM}) == (200, {"fields": None})


def test_it_is_sealed_and_its_forms_address_is_not_there(app: Flask, desk: Desk) -> None:
    send(desk, "/desk/drafts", {"form": FORM, "fields": SAID})
    kept = b"".join(
        path.read_bytes() for path in app.config["TEMOIN"].instance.glob("temoin.sqlite*") if path.is_file()
    )
    assert b"half of a thought" not in kept and b"K7Q-2M4" not in kept


def test_nobody_else_reads_it(app: Flask, desk: Desk) -> None:
    send(desk, "/desk/drafts", {"form": FORM, "fields": SAID})
    assert send(person(app, "lead"), "/desk/drafts/find", {"form": FORM}) == (200, {"fields": None})


def test_it_goes_once_the_form_was_taken_and_stays_when_it_was_refused(desk: Desk) -> None:
    send(desk, "/desk/drafts", {"form": FORM, "fields": SAID})
    desk.post("/desk/me", {"present": "wrong password", "_draft": FORM}, page="/desk/me")
    assert send(desk, "/desk/drafts/find", {"form": FORM})[1] == {"fields": SAID}
    desk.post("/desk/language", {"language": "en", "_draft": FORM}, page="/desk/me")
    assert send(desk, "/desk/drafts/find", {"form": FORM})[1] == {"fields": None}


def test_drafts_end_and_are_bounded(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 3)
    for number in range(5):
        send(desk, "/desk/drafts", {"form": f"{FORM}{number}", "fields": SAID})
    with app.app_context(), unit_of_work():
        assert db.session.query(Draft).count() == 3
        for kept in db.session.query(Draft):
            kept.at -= drafts.KEEP_MS + 1000
    assert send(desk, "/desk/drafts/find", {"form": f"{FORM}4"})[1] == {"fields": None}
    send(desk, "/desk/drafts", {"form": FORM, "fields": SAID})
    with app.app_context():
        assert db.session.query(Draft).count() == 1
    large = {"form": FORM, "fields": {"text": "x" * drafts.LARGEST}}
    assert send(desk, "/desk/drafts", large)[0] == 413


@pytest.mark.parametrize(
    "said",
    [
        None, [], {}, {"form": 1}, {"form": "https://example.org/"}, {"form": FORM, "fields": [1]},
        {"form": FORM, "fields": {"a": 1}}, {"form": "/desk/" + "x" * 300, "fields": {}},
    ],
)  # fmt: skip
def test_anything_else_is_refused(desk: Desk, said: object) -> None:
    assert send(desk, "/desk/drafts", said)[0] == 400


def test_asking_how_long_is_left_does_not_prolong_it(app: Flask, desk: Desk) -> None:
    with app.app_context(), unit_of_work():
        db.session.query(DeskSession).one().seen_at = now_ms() - 29 * 60_000
    for _ in range(2):
        left = desk.http.get("/desk/idle", headers={"Accept": "application/json"}).get_json()["left"]
        assert 55 <= left <= 60
    token = {"X-CSRFToken": desk.token("/desk/login")}
    with app.app_context(), unit_of_work():
        db.session.query(DeskSession).one().seen_at = now_ms() - 29 * 60_000
    assert desk.http.post("/desk/idle", headers=token).get_json()["left"] > 29 * 60


def test_a_session_that_is_over_says_so(app: Flask, desk: Desk) -> None:
    with app.app_context(), unit_of_work():
        db.session.query(DeskSession).one().seen_at = now_ms() - 31 * 60_000
    answer = desk.http.get("/desk/idle", headers={"Accept": "application/json"})
    assert answer.status_code == 401
