"""Two observers of one operation, a third elsewhere, and people at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, has_app_context

from app import create_app
from app.accounts import service as accounts
from app.accounts.models import User
from app.db import db
from app.incidents import queries, service
from app.incidents.models import Incident
from app.journal.models import Observation
from app.worker import work_off
from config import Config
from tests.desk import Desk, person
from tests.material import Observed, film, photo
from tests.phone import Phone, make_phone

START = 1_795_240_800_000  # 2026-11-21T06:00Z, 07:00 in Paris
READING = {"asked": "REFUSED", "fragments": [], "unsure": [], "how": "eye", "checked": True, "other": ""}


def fix(lat: float, lon: float) -> dict[str, Any]:
    return {"place": {"source": "gps", "lat": lat, "lon": lon, "accuracy": 10, "at": 1}}


@dataclass
class Pair:
    """`first` and `second` saw one operation, `other` something else the same morning. By id."""

    app: Flask
    first: Observed
    second: Observed
    other: Observed

    def reference(self, seen: Observed) -> str:
        with self.app.app_context():
            return db.session.get_one(Observation, seen.id).reference

    def opened(self, *seen: Observed, by: str = "first lead") -> str:
        """The reference of a new incident with these."""
        # Within a test's own context its session must not look at an older state.
        with nullcontext() if has_app_context() else self.app.app_context():
            return service.open_incident(user(by), [one.id for one in seen]).reference


def user(name: str) -> User:
    found = accounts.by_name(name)
    assert found is not None
    return found


def incident(reference: str) -> Incident:
    found = queries.find(reference)
    assert found is not None
    return found


def record_first(phone: Phone, start: int = START, seconds: int = 4) -> Observed:
    seen = Observed(phone, start=start, offset=-3120)
    seen.say(0, "open", **fix(50.9513, 1.8621))
    seen.say(1, "place", place={"source": "site", "site": "BX"})
    seen.record(5, "film", film(seconds), until=5 + seconds, mime="video/webm;codecs=vp8")
    seen.say(6, "officer", {"officer": 1, "force": "CRS", "look": ""})
    seen.say(20, "code", {"code": "FOR-GAS", "officer": 1, "basis": "SAW"})
    seen.say(30, "count", {"what": "tents", "n": 14, "qualifier": "MIN"})
    seen.say(32, "count", {"what": "arrests", "n": 1, "qualifier": "EXACT"})
    seen.say(40, "rio", {**READING, "officer": 1, "status": "READ_PART", "pattern": "12?45?7"})
    seen.say(50, "quote", {"officer": 1, "text": "On evacue", "exact": True, "lang": "fr"})
    seen.say(60, "finish", {"by": "person"})
    return seen


def record_second(phone: Phone, start: int = START, seconds: int = 4) -> Observed:
    """Its clock runs 41 s ahead, and it has measured that."""
    seen = Observed(phone, start=start + 7_000, offset=-41_000)
    seen.say(0, "open", **fix(50.9521, 1.8630))
    seen.record(0.5, "film", film(seconds), until=0.5 + seconds, mime="video/webm;codecs=vp8")
    seen.record(0.5 + seconds + 2, "photo", photo(), mime="image/jpeg")
    seen.say(4, "unit", {"officer": None, "force": "CRS", "company": "VII-36", "vehicle": "AA-123-AA"})
    seen.say(18, "code", {"code": "FOR-GAS", "officer": 3, "basis": "HEARD"})
    seen.say(25, "count", {"what": "tents", "n": 20, "qualifier": "EXACT"})
    seen.say(27, "count", {"what": "arrests", "n": 3, "qualifier": "EXACT"})
    seen.say(45, "rio", {**READING, "officer": 3, "status": "READ_PART", "pattern": "1234??7"})
    seen.say(55, "finish", {"by": "person"})
    return seen


def record_other(phone: Phone, start: int = START) -> Observed:
    seen = Observed(phone, start=start, offset=0)
    seen.say(0, "open", **fix(51.0200, 2.3000))
    seen.say(10, "code", {"code": "CHK-ID", "officer": None, "basis": "SAW"})
    seen.say(20, "finish", {"by": "person"})
    return seen


def phones(app: Flask) -> tuple[Phone, Phone, Phone]:
    return make_phone(app, "phone 1"), make_phone(app, "phone 2"), make_phone(app, "phone 3")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """One server for the tests of a file; each opens incidents of its own."""
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
    one, two, three = phones(app)
    seen = Pair(app, record_first(one), record_second(two), record_other(three))
    with app.app_context():
        work_off()
        db.session.remove()
    yield seen
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def lead(pair: Pair) -> Desk:
    return person(pair.app, "lead", name="first lead")


@pytest.fixture(scope="module")
def second_lead(pair: Pair) -> Desk:
    return person(pair.app, "lead", name="second lead")


@pytest.fixture(scope="module")
def reviewer(pair: Pair) -> Desk:
    return person(pair.app, "reviewer", name="a reviewer")


@pytest.fixture
def free(pair: Pair, lead: Desk) -> Iterator[None]:
    """After each test its observations belong to no incident again."""
    yield
    with pair.app.app_context():
        for seen in (pair.first, pair.second, pair.other):
            held = queries.of_observation(seen.id)
            if held is not None:
                service.take_out(user("first lead"), held, seen.id)
        db.session.remove()
