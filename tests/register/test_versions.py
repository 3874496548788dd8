"""A reading is never overwritten: what comes later is another version of the same sighting."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import User
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.ids import new_id
from app.intake.models import Item
from app.journal.models import Observation
from app.register import rio, search, service, whole
from app.register.models import REPLACED, STANDS, TAKEN_BACK, Marking, Reading, ReadingPattern, Sighting
from app.register.seen import Wanted
from app.register.service import Contradiction, Evidence, Region, Said, UnknownSighting
from tests.phone import Phone, make_phone
from tests.register.test_register import read, take_in

Reviewer = Callable[[], User]


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


@pytest.fixture
def reviewer(phone: Phone) -> Reviewer:
    """Somebody at the desk, as a row of the session that asks."""
    with phone.app.app_context():
        accounts.add("somebody", ["reviewer"], "server")

    def of_this_session() -> User:
        user = accounts.by_name("somebody")
        assert user is not None
        return user

    return of_this_session


def only(phone: Phone) -> Sighting:
    return db.session.scalars(select(Sighting)).one()


def test_the_first_entry_makes_a_sighting_and_its_first_version(phone: Phone) -> None:
    read(phone)
    with phone.app.app_context():
        sighting = only(phone)
        assert (sighting.officer, sighting.pattern, sighting.unsure, sighting.known) == (2, "12?45?7", [1], 5)
        reading = db.session.scalars(select(Reading)).one()
        assert (reading.sighting, reading.version, reading.state) == (sighting.id, 1, STANDS)
        assert reading.user_id is None and reading.entry is not None


def test_a_reading_from_footage_is_a_version_with_its_evidence(phone: Phone, reviewer: Reviewer) -> None:
    read(phone, unsure=[])
    with phone.app.app_context():
        sighting = only(phone)
        medium = db.session.scalars(select(Item.id)).first()
        assert medium is not None
        evidence = Evidence(medium, 1240, Region(10, 20, 40, 12), "working/" + "0" * 64, "hash")
        said = Said("READ_FULL", pattern="1234567", unsure=frozenset({2}), alternatives={2: "38"})
        service.read_again(reviewer(), sighting.id, said, evidence)
        first, second = db.session.scalars(select(Reading).order_by(Reading.version))
        assert (first.pattern, first.state, first.version) == ("12?45?7", STANDS, 1)
        assert (second.pattern, second.state, second.version) == ("1234567", STANDS, 2)
        assert second.user_id == reviewer().id and second.alternatives == {"2": "38"}
        assert second.region == {"x": 10, "y": 20, "w": 40, "h": 12} and second.media_ms == 1240
        assert (only(phone).pattern, only(phone).unsure) == ("1234567", [2])
        hits = search.search(Wanted("1234567")).hits
        assert [hit.reading and hit.reading.version for hit in hits] == [2]


def test_the_log_names_reading_and_evidence_and_no_digit(phone: Phone, reviewer: Reviewer) -> None:
    read(phone)
    with phone.app.app_context():
        sighting = only(phone)
        service.read_again(
            reviewer(), sighting.id, Said("READ_FULL", pattern="9080706", other="number 80706")
        )
        entry = db.session.scalars(select(LogEntry).where(LogEntry.verb == "reading.added")).one()
        assert entry.object == sighting.id
        detail = db.session.get_one(LogDetail, entry.index).detail
        assert detail is not None and json.loads(detail)["version"] == 2
        assert b"9080706" not in detail + entry.line and b"80706" not in detail


def test_a_second_look_at_the_desk_replaces_the_first_and_both_stay(phone: Phone, reviewer: Reviewer) -> None:
    read(phone, pattern="12?????", unsure=[])
    with phone.app.app_context():
        sighting = only(phone).id
        service.read_again(reviewer(), sighting, Said("READ_PART", pattern="1234???"))
        service.read_again(reviewer(), sighting, Said("READ_PART", pattern="?2?456?"))
        readings = db.session.scalars(select(Reading).order_by(Reading.version)).all()
        assert [(r.version, r.state) for r in readings] == [(1, STANDS), (2, REPLACED), (3, STANDS)]
        assert only(phone).pattern == "12?456?"


def test_what_contradicts_the_newest_look_is_left_out_of_the_whole(phone: Phone, reviewer: Reviewer) -> None:
    read(phone, pattern="1234567", status="READ_FULL", unsure=[])
    with phone.app.app_context():
        service.read_again(reviewer(), only(phone).id, Said("READ_PART", pattern="129????"))
        assert only(phone).pattern == "129????"


def test_a_contradiction_is_named_and_stores_nothing(phone: Phone, reviewer: Reviewer) -> None:
    read(phone)
    with phone.app.app_context():
        with pytest.raises(Contradiction) as said:
            service.read_again(reviewer(), only(phone).id, Said("READ_FULL", pattern="123456?"))
        assert said.value.args == ("full-but-incomplete",)
        assert db.session.query(Reading).count() == 1
        with pytest.raises(UnknownSighting):
            service.read_again(reviewer(), "0" * 32, Said("UNREADABLE"))


def test_several_readings_of_one_officer_are_one_sighting(phone: Phone) -> None:
    observation = new_id()
    read(phone, 0, observation, pattern="12?????", unsure=[])
    read(phone, 1, observation, pattern="????567", unsure=[])
    read(phone, 2, observation, pattern="7654321", unsure=[], officer=3)
    with phone.app.app_context():
        found = db.session.scalars(select(Sighting).order_by(Sighting.officer))
        assert [(s.officer, s.pattern) for s in found] == [(2, "12??567"), (3, "7654321")]


def test_a_correction_moves_a_reading_to_another_officer(phone: Phone) -> None:
    observation = new_id()
    first = read(phone, 0, observation, unsure=[])
    read(phone, 1, observation, unsure=[], officer=3, corrects=first)
    with phone.app.app_context():
        found = db.session.scalars(select(Sighting).order_by(Sighting.officer))
        assert [(s.officer, s.pattern, s.status) for s in found] == [
            (2, None, "NOT_CHECKED"),
            (3, "12?45?7", "READ_PART"),
        ]


def test_a_correction_of_a_reading_of_nobody_stays_with_it_in_any_order(phone: Phone) -> None:
    for order in ((0, 1), (1, 0)):
        observation, ids = new_id(), [new_id(), new_id()]
        words = [
            {"pattern": "12?????", "officer": None, "corrects": None},
            {"pattern": "123????", "officer": None, "corrects": ids[0]},
        ]
        for n in order:
            read(phone, n, observation, id=ids[n], unsure=[], **words[n])
        with phone.app.app_context():
            found = db.session.scalars(select(Sighting).where(Sighting.observation_id == observation)).all()
            assert [sighting.pattern for sighting in found] == ["123????"], order


def test_what_was_taken_back_counts_nowhere(phone: Phone) -> None:
    observation = new_id()
    first = read(phone, observation=observation)
    read(phone, 1, observation, corrects=first, withdrawn=True)
    with phone.app.app_context():
        assert db.session.scalars(select(Reading.state)).all() == [TAKEN_BACK]
        assert (only(phone).pattern, only(phone).known) == (None, 0)


def test_units_are_markings_that_corrections_replace(phone: Phone) -> None:
    observation = new_id()
    unit = {"officer": 2, "force": "CRS", "company": "Cie. VII/36", "vehicle": "AA-123-AA"}
    first = take_in(phone, observation, "unit", unit, 0)
    read(phone, 1, observation)
    with phone.app.app_context():
        assert only(phone).force == "CRS"
    take_in(phone, observation, "unit", {**unit, "force": "GM"}, 2, corrects=first)
    with phone.app.app_context():
        found = {(m.kind, m.value, m.state) for m in db.session.scalars(select(Marking))}
        assert ("company", "36", REPLACED) in found and ("vehicle", "aa123aa", STANDS) in found
        assert only(phone).force == "GM"


def test_look_and_force_come_with_the_officer_entry_in_any_order(phone: Phone) -> None:
    observation = new_id()
    read(phone, 0, observation)
    take_in(phone, observation, "officer", {"officer": 2, "force": "PAF", "look": "helmet, covered"}, 1)
    with phone.app.app_context():
        assert (only(phone).force, only(phone).look) == ("PAF", "helmet, covered")


def test_an_officer_whom_no_entry_names_can_be_added(phone: Phone, reviewer: Reviewer) -> None:
    read(phone)
    with phone.app.app_context():
        observation = db.session.scalars(select(Observation)).one()
        made = service.add_sighting(
            reviewer(), observation.id, observation.started_at, "CRS", "tall, no helmet"
        )
        service.read_again(reviewer(), made.id, Said("READ_PART", pattern="???4567"))
        assert (made.officer, made.user_id, made.pattern) == (None, reviewer().id, "???4567")
        counted = service.sighting_of(observation.id, 5)
        assert (counted.officer, counted.known) == (5, 0)
        assert service.sighting_of(observation.id, 2).pattern == "12?45?7"
        with pytest.raises(UnknownSighting):
            service.sighting_of(new_id(), 1)


def test_unsure_digits_are_found_by_others_too(phone: Phone) -> None:
    read(phone, pattern="1234567", status="READ_FULL", unsure=[0, 6])
    with phone.app.app_context():
        rows = set(db.session.scalars(select(ReadingPattern.pattern)))
        assert rows == {"1234567", "?234567", "123456?", "?23456?"}
        assert rio.patterns(whole.as_read(db.session.query(Reading).one())) == {"1234567"}
