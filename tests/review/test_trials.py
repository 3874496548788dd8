"""What is made in trial mode: reachable under "Trials", and nowhere else."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.db import db
from app.journal.models import Observation
from app.register import search
from app.register.models import Reading
from app.register.seen import Wanted
from app.review import find, queue
from tests.desk import Desk, anybody, person
from tests.material import Observed, photo
from tests.phone import Phone
from tests.review.conftest import RIO, SITE, open_all, reference_of


@pytest.fixture
def trial(app: Flask, phone: Phone) -> str:
    """A whole observation of the training: its reference."""
    seen = Observed(phone, trial=True)
    seen.say(0, "open", **SITE)
    seen.record(1, "photo", photo(), mime="image/jpeg")
    seen.say(2, "officer", {"officer": 2, "force": "CRS", "look": ""})
    seen.say(3, "rio", {**RIO, "pattern": "12?45?7", "unsure": []})
    seen.say(4, "code", {"code": "FOR-GASF", "officer": 2, "basis": "SAW"})
    seen.say(5, "count", {"what": "tents", "n": 14, "qualifier": "MIN"})
    seen.say(6, "finish", {"by": "person"})
    open_all(app)
    return reference_of(app, seen.id)


def understood(app: Flask, text: str) -> queue.Page:
    with app.test_request_context():
        return queue.observations(
            anybody("lead"), find.understand(anybody("lead"), text, "Europe/Paris", date.today()).conditions
        )


def test_it_is_in_no_queue_and_no_figure(app: Flask, trial: str) -> None:
    with app.test_request_context():
        for page in (
            queue.observations(anybody("lead")),
            queue.observations(anybody("lead"), show="new"),
            queue.loose_items(anybody("lead")),
        ):
            assert (page.rows, page.new, page.total) == ([], 0, 0)


def test_no_search_brings_it_up(app: Flask, trial: str) -> None:
    for text in ("GASF", "CRS", "BX", "gas", date.today().isoformat()):
        assert understood(app, text).total == 0, text


def test_it_is_not_in_the_register(app: Flask, trial: str) -> None:
    with app.app_context():
        assert search.search(Wanted("12?45?7")).hits == []
        assert db.session.scalars(db.select(Reading)).all() == []


def test_it_is_found_under_trials_and_opens_with_its_mark(app: Flask, trial: str) -> None:
    desk: Desk = person(app, "lead", name="trainer")
    assert trial in desk.page("/desk/queue?show=trial")
    assert trial not in desk.page("/desk/queue?show=all")
    page = desk.page(f"/desk/o/{trial}")
    assert "trial</span>" in page and "Teargas in the face" in page
    # Nor does it stand in the list beside an observation.
    assert f'href="/desk/o/{trial}"' not in page
    # Who knows the reference finds it by that.
    answer = desk.post("/desk/search", {"text": trial}, page="/desk/queue")
    assert answer.headers["Location"].endswith(f"/desk/o/{trial}")


def test_one_entry_that_is_meant_makes_the_observation_real(app: Flask, phone: Phone) -> None:
    """In whatever order they come: nothing real may be hidden among the trials."""
    for first in (True, False):
        seen = Observed(phone, trial=first)
        seen.say(0, "open")
        seen.trial = not first
        seen.say(1, "rio", {**RIO, "pattern": "1234567", "unsure": []})
        open_all(app)
        with app.app_context():
            assert not db.session.get_one(Observation, seen.id).trial
    with app.app_context():
        assert (
            len(search.search(Wanted("1234567")).hits) == 1
        )  # the reading that was itself a trial stays out
