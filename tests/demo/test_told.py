"""A small part of the story, told for real: phones, worker, desk; then every main page for everybody in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.accounts.models import User
from app.custody import log
from app.custody.models import LogEntry
from app.db import db
from app.demo import seed, story
from app.demonstration import mark
from app.incidents.models import Incident, Member, Verdict
from app.intake.models import Item
from app.journal.models import Observation
from app.opening.models import Crop
from app.register.models import Reading
from app.review.models import Work
from app.verify import verify_items
from app.worker import work_off
from config import Config
from tests.desk import Desk, come_in

FEW = ("dawn-heron", "dawn-sparrow", "minor", "beach", "pond")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, dict[str, str]]]:
    """The demonstration with a few scenes, once for all tests here."""
    folder = tmp_path_factory.mktemp("demonstration")
    mark(folder)
    app = create_app(Config(instance=folder, demo=True, testing=True, organisation=story.read().organisation))
    with app.app_context():
        db.create_all()
        seed.begin()

    def opened() -> None:
        with app.app_context():
            work_off()

    scenes = [scene for scene in story.read().scenes if scene.key in FEW]
    observations = seed.tell_all(app, opened, scenes=scenes, small=True)
    yield app, observations
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_it_went_the_real_way(told: tuple[Flask, dict[str, str]]) -> None:
    app, observations = told
    with app.app_context():
        states = {(item.state, item.attested) for item in db.session.scalars(select(Item))}
        assert states == {("opened", "match")}
        assert set(db.session.scalars(select(Observation.id))) == set(observations.values())
        assert verify_items() > 40 and log.verify() > 100
        verbs = set(db.session.scalars(select(LogEntry.verb)))
        assert {"demonstration.began", "device.enrolled", "work.claimed", "crop.cut", "reading.added", "site.added",
                "incident.opened", "incident.judged", "note.added", "rio.looked-up"} <= verbs  # fmt: skip


def test_the_desk_is_alive(told: tuple[Flask, dict[str, str]]) -> None:
    app, _observations = told
    with app.app_context():
        count = {
            model: db.session.scalar(select(func.count()).select_from(model))
            for model in (Work, Crop, Reading, Incident, Member, Verdict)
        }
        assert count[Crop] == 2 and count[Member] == 2 and count[Verdict] == 1
        assert count[Incident] == 1 + len(story.read().reported)
        read = db.session.scalars(select(Reading).where(Reading.crop.is_not(None))).all()
        assert [reading.pattern for reading in read] == ["0000012", "0000012"]
        assert len({u.username for u in db.session.scalars(select(User))}) == 2


def pages(app: Flask, observations: dict[str, str], desk: Desk) -> list[str]:
    """Addresses of every main page that this person may open."""
    with app.app_context():
        refs = {key: db.session.get_one(Observation, id_).reference for key, id_ in observations.items()}
        incident = db.session.scalars(
            select(Incident.reference).join(Member, Member.incident_id == Incident.id)
        ).first()
        site = re.search(r"/desk/sites/[0-9a-f]{32}", desk.page("/desk/sites"))
    own = "dawn-heron" if desk.name == "lead" else "pond"
    assert site and incident
    return [
        "/desk/queue", "/desk/queue?show=all", f"/desk/o/{refs[own]}", f"/desk/o/{refs['beach']}", "/desk/look-up",
        "/desk/map", "/desk/sites", site[0], "/desk/incidents/", f"/desk/incidents/{incident}",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["lead", "reviewer"])
def test_every_main_page_opens(told: tuple[Flask, dict[str, str]], name: str, language: str) -> None:
    app, observations = told
    desk = come_in(app, name)
    desk.post("/desk/language", {"language": language, "back": "/desk/queue"})
    opened = 0
    for address in pages(app, observations, desk):
        answer = desk.get(address)
        assert answer.status_code in {200, 403}, address
        opened += answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text and 'class="demonstration"' in answer.text
        assert not re.search(r"0000\d\d\d", re.sub(r"<main.*</main>", "", answer.text, flags=re.S)), address
    assert opened >= 8


def test_a_reviewer_sees_the_chosen_minor_and_a_stranger_would_not(
    told: tuple[Flask, dict[str, str]],
) -> None:
    app, observations = told
    with app.app_context():
        reference = db.session.get_one(Observation, observations["minor"]).reference
    assert reference in come_in(app, "reviewer").page("/desk/queue?show=all")
    from tests.desk import person

    assert reference not in person(app, "reviewer", name="stranger").page("/desk/queue?show=all")


def test_what_was_told_is_remembered(told: tuple[Flask, dict[str, str]], tmp_path: Path) -> None:
    app, _observations = told
    config: Config = app.config["TEMOIN"]
    assert seed.is_told(config.instance) and not seed.is_told(tmp_path)
    (config.instance / seed.TOLD).write_text("another story")
    assert not seed.is_told(config.instance)
    (config.instance / seed.TOLD).write_text(story.read().sha256)
