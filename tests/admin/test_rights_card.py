"""The card of rights: written at the desk, logged, carried by phones, and never half of it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.language import LANGUAGES
from app.phone import rights
from tests.desk import Desk, person

PAGE = "/desk/rights"
WRITTEN = {
    "fr": "# Filmer\nOui, en public.\n- Restez calme.",
    "en": "# Filming\n\nYes, in public.\nStay calm.",
}
CHECK = {"checked": "y", "by": "Bar of Exampleville", "on": "2026-11-02"}


@pytest.fixture(params=["admin", "lead"])
def desk(app: Flask, request: pytest.FixtureRequest) -> Desk:
    return person(app, request.param)


def carried(app: Flask) -> dict[str, Any] | None:
    """What a phone is given, or None where it keeps the app's own."""
    answer = app.test_client().get("/m/rights.json")
    return None if answer.status_code == 204 else dict(answer.get_json())


def changes(app: Flask) -> list[tuple[str, dict[str, Any]]]:
    with app.app_context():
        query = db.select(LogEntry.verb, LogDetail.detail).join(LogDetail, LogDetail.index == LogEntry.index)
        rows = db.session.execute(query.where(LogEntry.object == "rights").order_by(LogEntry.index))
        return [(row[0], json.loads(row[1])) for row in rows]


def test_the_draft_is_there_to_be_edited(app: Flask, desk: Desk) -> None:
    page = desk.page(PAGE)
    assert "# Filming the police in public" in page and "# Si vous êtes retenu" in page
    assert "not yet checked by a lawyer" in page
    assert carried(app) is None


def test_a_checked_card_reaches_phones_in_both_languages_and_is_logged(app: Flask, desk: Desk) -> None:
    assert desk.post(PAGE, {**WRITTEN, **CHECK}, page=PAGE).status_code == 303
    card = carried(app)
    assert card is not None
    assert card["en"]["parts"] == [{"title": "Filming", "lines": ["Yes, in public.", "Stay calm."]}]
    assert card["fr"]["parts"] == [{"title": "Filmer", "lines": ["Oui, en public.", "Restez calme."]}]
    assert card["en"]["draft"] == "Checked by Bar of Exampleville on November 2, 2026."
    assert card["fr"]["draft"] == "Relu par Bar of Exampleville le 2 novembre 2026."
    assert card["checked"] == {"by": "Bar of Exampleville", "on": "2026-11-02"}
    [(verb, detail)] = changes(app)
    assert verb == "rights.changed" and detail["checked"] == card["checked"] and len(detail["sha256"]) == 64
    page = desk.page(PAGE)
    assert "Bar of Exampleville" in page and "Restez calme." in page


def test_an_unchecked_card_says_so_whatever_stands_beside(app: Flask, desk: Desk) -> None:
    assert desk.post(PAGE, {**WRITTEN, "by": "somebody", "on": ""}, page=PAGE).status_code == 303
    card = carried(app)
    assert card is not None and card["checked"] is None
    assert card["fr"]["draft"] == "Projet, pas encore relu par un avocat."
    assert "somebody" not in json.dumps(card)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fr": ""},
        {"en": "No heading first."},
        {"en": "# Only a heading"},
        {"fr": "#\nA heading without words."},
        {**CHECK, "by": "  "},
        {**CHECK, "on": ""},
        {**CHECK, "on": "yesterday"},
        {**CHECK, "on": (date.today() + timedelta(days=2)).isoformat()},
        {"en": "# Long\n" + "x" * 20_000},
    ],
)
def test_a_card_that_can_not_be_shown_changes_nothing_and_keeps_what_was_typed(
    app: Flask, wrong: dict[str, str]
) -> None:
    desk = person(app, "lead")
    answer = desk.post(PAGE, {**WRITTEN, **wrong}, page=PAGE)
    assert answer.status_code == 422
    if "en" not in wrong:
        assert "Yes, in public." in answer.text
    assert carried(app) is None and changes(app) == []


def test_back_to_the_draft(app: Flask, desk: Desk) -> None:
    desk.post(PAGE, WRITTEN, page=PAGE)
    assert desk.post(f"{PAGE}/draft", page=PAGE).status_code == 303
    assert carried(app) is None
    assert [verb for verb, _ in changes(app)] == ["rights.changed", "rights.given-up"]


def test_the_draft_of_the_app_is_a_card_like_any(app: Flask) -> None:
    with app.app_context():
        card = rights.current()
        assert not rights.is_own() and rights.checked(card) is None
    for name in LANGUAGES:
        assert rights.parts(rights.text(card[name])) == card[name]["parts"]
        assert card[name]["draft"] and card[name]["date"]


def test_a_full_disk_leaves_the_card_and_the_log_as_they_were(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context():
        rights.keep(WRITTEN, None, date(2026, 11, 21), "user:test")
        before = rights.current()

        def full(_data: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(rights, "_write", full)
        with pytest.raises(OSError, match="No space"):
            rights.keep({**WRITTEN, "en": "# Other\nwords"}, None, date(2026, 11, 21), "user:test")
        assert rights.current() == before
    assert len(changes(app)) == 1
