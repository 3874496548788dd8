"""The register as it is filled by phones and searched by people."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.db import db
from app.ids import new_id
from app.journal.models import Entry
from app.register import search, service
from app.register.models import Reading
from app.register.seen import Wanted
from app.worker import work_off
from tests.phone import Phone, make_phone

SAID = {
    "officer": 2,
    "status": "READ_PART",
    "asked": "NOT_ASKED",
    "pattern": "12?45?7",
    "fragments": [],
    "unsure": [1],
    "how": "eye",
    "checked": True,
    "other": "",
}


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def take_in(phone: Phone, observation: str, type_: str, data: dict[str, Any], seq: int, **more: Any) -> str:
    """One entry, all the way through the worker; its id."""
    entry = phone.entry(observation, type_, data, seq=seq, **more)
    with phone.app.app_context():
        work_off()
    return entry.id


def read(phone: Phone, seq: int = 0, observation: str | None = None, **said: Any) -> str:
    """One reading, all the way through the worker; its entry id."""
    more = {name: said.pop(name) for name in ("trial", "corrects", "id") if name in said}
    return take_in(phone, observation or new_id(), "rio", {**SAID, **said}, seq, **more)


def found(app: Flask, text: str) -> list[str | None]:
    with app.app_context():
        return [hit.reading.pattern for hit in search.search(Wanted(text)).hits if hit.reading]


def test_a_reading_is_found_by_any_three_of_its_digits(phone: Phone) -> None:
    read(phone)
    for query in ("12?45?7", "1??4??7", "12*7", "1245", "45?7"):
        expected = [] if query == "1245" else ["12?45?7"]
        assert found(phone.app, query) == expected, query


def test_a_fragment_is_found_wherever_it_may_lie(phone: Phone) -> None:
    read(phone, pattern=None, unsure=[], fragments=[{"digits": "345", "anchor": "anywhere"}])
    assert found(phone.app, "345") == [None]
    assert found(phone.app, "????345") == [None]
    assert found(phone.app, "3?4?5??") == []


def test_the_register_can_not_be_browsed(phone: Phone) -> None:
    read(phone)
    for query in ("*", "12", "1?2", "???????"):
        with phone.app.app_context(), pytest.raises(search.TooFewDigits):
            search.search(Wanted(query))


def test_trials_stay_out(phone: Phone) -> None:
    read(phone, trial=True)
    assert found(phone.app, "12?45?7") == []


def hits(app: Flask, text: str) -> list[tuple[str | None, bool]]:
    with app.app_context():
        found = search.search(Wanted(text)).hits
        return [(hit.reading.pattern, hit.replaced) for hit in found if hit.reading]


def test_a_correction_is_found_and_what_it_corrects_where_only_that_answers(phone: Phone) -> None:
    observation = new_id()
    first = read(phone, 0, observation, pattern="1??49?7", unsure=[])
    read(phone, 1, observation, corrects=first)
    assert hits(phone.app, "1??4??7") == [("12?45?7", False)]
    assert hits(phone.app, "1??49??") == [("1??49?7", True)]


def test_the_best_answer_comes_first_and_near_misses_last(phone: Phone) -> None:
    for pattern in ("1234561", "12345??", "1234567"):
        read(phone, pattern=pattern, unsure=[])
    assert found(phone.app, "1234567") == ["1234567", "12345??", "1234561"]


def test_taking_an_entry_twice_changes_nothing(phone: Phone) -> None:
    read(phone)
    with phone.app.app_context():
        entry = db.session.query(Entry).filter_by(type="rio").one()
        again = service.take(entry)
        assert again is not None
        assert db.session.query(Reading).count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"pattern": "12345678"},
        {"pattern": "AB-123-CD"},
        {"pattern": 12},
        {"fragments": "no list"},
        {"fragments": [{"digits": 5}, "x", {"anchor": "start"}, {"digits": "1" * 40}]},
        {"unsure": ["a", -1, 99]},
        {"officer": "two", "status": 7, "how": None},
        {"other": "x" * 5000},
    ],
)
def test_whatever_a_phone_says_is_kept_and_breaks_nothing(phone: Phone, said: dict[str, Any]) -> None:
    read(phone, **said)
    with phone.app.app_context():
        reading = db.session.query(Reading).one()
        assert len(reading.other) <= 400
        if isinstance(said.get("pattern"), str):
            assert said["pattern"] in reading.other and reading.pattern is None


def test_the_length_of_a_number_is_a_setting(phone: Phone) -> None:
    from dataclasses import replace

    phone.app.config["TEMOIN"] = replace(phone.app.config["TEMOIN"], rio_digits=8)
    read(phone, pattern="1234567?", unsure=[])
    assert found(phone.app, "12345678") == ["1234567?"]


def test_a_reading_that_was_taken_back_is_left_out(phone: Phone) -> None:
    observation = new_id()
    first = read(phone, observation=observation)
    again = read(phone, 1, observation, pattern="1234567", unsure=[], corrects=first)
    assert found(phone.app, "1234567") == ["1234567"]
    mistaken = read(phone, 2, observation, pattern="1234567", unsure=[], corrects=again, withdrawn=True)
    assert found(phone.app, "1234567") == found(phone.app, "12?45?7") == []
    # Taking the taking back back: the reading counts again, as its last version.
    read(phone, 3, observation, pattern="1234567", unsure=[], corrects=mistaken)
    assert "1234567" in found(phone.app, "1234567")


def test_only_a_correction_can_take_something_back(phone: Phone) -> None:
    read(phone, withdrawn=True)
    assert found(phone.app, "12?45?7") == ["12?45?7"]
