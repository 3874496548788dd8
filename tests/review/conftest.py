"""A server with one observation on it, opened by the worker, and people at its desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from flask import Flask

from app import create_app
from app.db import db
from app.journal.models import Observation
from app.worker import work_off
from config import Config
from tests.desk import Desk, person
from tests.material import Observed, film, photo
from tests.phone import Phone, make_phone

RIO = {
    "officer": 2,
    "status": "READ_PART",
    "asked": "NOT_ASKED",
    "fragments": [],
    "how": "eye",
    "checked": True,
    "other": "",
}
SITE = {"place": {"source": "site", "site": "BX"}}
FIX = {"place": {"source": "gps", "lat": 50.9513, "lon": 1.8621, "accuracy": 12, "at": 1}}


_numbers = count()


@dataclass
class Scene:
    """`reference` names the observation; `seen` is what the phone recorded."""

    app: Flask
    phone: Phone
    seen: Observed
    reference: str
    photo: bytes
    film: bytes


def open_all(app: Flask) -> None:
    with app.app_context():
        work_off()
        db.session.remove()


def reference_of(app: Flask, observation: str) -> str:
    with app.app_context():
        return db.session.get_one(Observation, observation).reference


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Shared by the tests of one file: they only read it, or count what they added."""
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
    yield record(make_phone(app))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def record(phone: Phone, opened: bool = True) -> Scene:
    """Send the observation; `opened`: by the worker's own hand, here and now."""
    seen, picture, moving = Observed(phone), photo(), film()
    seen.say(0, "open", **FIX)
    seen.say(1, "place", **SITE)
    seen.record(2, "photo", picture, mime="image/jpeg")
    seen.record(10, "film", moving, until=12, mime="video/webm;codecs=vp8")
    seen.say(10.4, "officer", {"officer": 2, "force": "CRS", "look": "helmet"})
    first = seen.say(11, "rio", {**RIO, "pattern": "1??45?7", "unsure": []})
    seen.say(30, "rio", {**RIO, "pattern": "12?45?7", "unsure": [1]}, corrects=first)
    seen.say(11.5, "code", {"code": "FOR-GASF", "officer": 2, "basis": "SAW"})
    seen.say(14, "count", {"what": "tents", "n": 14, "qualifier": "MIN"})
    seen.say(15, "note", {"text": "<b>said</b> & written", "later": False})
    seen.say(20, "finish", {"by": "person"})
    if opened:
        open_all(phone.app)
    reference = reference_of(phone.app, seen.id) if opened else ""
    return Scene(phone.app, phone, seen, reference, picture, moving)


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A lead of one's own for each test: what the log says of them is what the test did. What reviewers see and don't:
    test_access.py."""
    return person(scene.app, "lead", name=f"reader {next(_numbers)}")


@pytest.fixture(scope="module")
def reader(scene: Scene) -> Desk:
    """One lead for all tests of a file: logging in is limited to some times a minute."""
    return person(scene.app, "lead", name="one for all")
