"""The pages of the list: a lead edits, a reviewer reads, nobody else sees a position."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.desk import Desk, person

FORM = {
    "code": "BX",
    "aliases": "Bois X",
    "town": "Calais",
    "positions": "51.05, 1.79, 100",
    "note": "two ways in",
}


def add(desk: Desk, **more: str) -> str:
    """A site through the form; the path of its page."""
    answer = desk.post("/desk/sites/new", {**FORM, **more}, page="/desk/sites/new")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_lead_adds_changes_retires_and_takes_back(app: Flask) -> None:
    lead = person(app, "lead")
    path = add(lead)
    page = lead.page(path)
    assert "51.05000, 1.79000, 100" in page and "two ways in" in page
    changed = {**FORM, "town": "Sangatte", "seen": "1"}
    assert lead.post(path, changed, page=path).status_code == 303
    assert (
        lead.post(f"{path}/retire", {"end-last": "2026-06-01", "end-seen": "2"}, page=path).status_code == 303
    )
    assert "2026-06-01" in lead.page(path)
    assert lead.post(f"{path}/undo", {"seen": "3"}, page=path).status_code == 303
    assert "2026-06-01" not in lead.page(path).partition("History")[0]
    assert "Sangatte" in lead.page("/desk/sites")
    old = lead.post(path, {**changed, "town": "Marck"}, page=path)  # another window, behind by three
    assert old.status_code == 422 and "meanwhile" in old.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("positions", "in the wood", "in the wood"), ("code", " ", "fill"), ("valid_to", "2020-01-01", "before the first")],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_beside_the_field(app: Flask, field: str, value: str, words: str) -> None:
    lead = person(app, "lead")
    answer = lead.post(
        "/desk/sites/new", {**FORM, "valid_from": "2026-01-01", field: value}, page="/desk/sites/new"
    )
    assert answer.status_code == 422 and words in answer.text
    assert 'value="Bois X"' in answer.text  # nothing typed is lost


def test_a_reviewer_reads_and_cannot_change(app: Flask) -> None:
    path = add(person(app, "lead"))
    reviewer = person(app, "reviewer")
    page = reviewer.page(path)
    assert "51.05000" in page and not re.search(r'action="[^"]*(retire|undo)"', page)
    assert "Add a site" not in reviewer.page("/desk/sites")
    for method, address in (
        ("POST", path),
        ("POST", f"{path}/retire"),
        ("POST", f"{path}/undo"),
        ("GET", "/desk/sites/new"),
    ):
        answer = reviewer.http.open(address, method=method, headers={"X-CSRFToken": reviewer.token()})
        assert answer.status_code == 403, address


@pytest.mark.parametrize("role", ["admin", "coordinator"])
def test_who_sees_no_content_sees_no_place(app: Flask, role: str) -> None:
    path = add(person(app, "lead"))
    desk = person(app, role)
    for address in ("/desk/sites", path, "/desk/map"):
        assert desk.get(address).status_code == 403


def test_an_unknown_site_is_nothing(app: Flask) -> None:
    assert person(app, "lead").get(f"/desk/sites/{'0' * 32}").status_code == 404


def test_no_phone_is_told_a_place(app: Flask) -> None:
    """All that a phone can ask for, before and after sites exist, has neither a code nor a position."""
    from tests.phone import make_phone

    lead = person(app, "lead")
    phone = make_phone(app)
    add(lead)
    said = phone.http.get("/api/pins", headers=phone.auth).text + phone.http.get("/m/").text
    assert "51.05" not in said and "Bois X" not in said
