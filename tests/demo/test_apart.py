"""A demonstration and real data never meet: in neither direction, by none of the ways in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app import create_app, demonstration
from app.custody import log
from app.custody.models import LogEntry
from app.db import db
from app.demo import seed
from app.demonstration import MARK, is_marked, mark
from app.enrol import pins
from app.enrol import service as enrol
from app.errors import Problem
from app.imports import service as imports
from config import Config, ConfigError
from tests.desk import person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[Flask]:
    """A demonstration in which nothing was told yet."""
    mark(folder)
    app = create_app(Config(instance=folder, demo=True, testing=True))
    with app.app_context():
        db.create_all()
        seed.begin()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_an_ordinary_server_opens_no_demonstration(demo: Flask, folder: Path) -> None:
    with pytest.raises(ConfigError, match="holds a demonstration"):
        create_app(Config(instance=folder, testing=True))
    (folder / MARK).unlink()  # the row in the database is enough
    assert is_marked(folder)
    with pytest.raises(ConfigError, match="holds a demonstration"):
        create_app(Config(instance=folder, testing=True))
    (folder / MARK).write_text("")
    with closing(sqlite3.connect(folder / "temoin.sqlite")) as rows:
        rows.execute("DELETE FROM demonstration")
        rows.commit()
    with pytest.raises(ConfigError, match="holds a demonstration"):  # and so is the file
        create_app(Config(instance=folder, testing=True))


def test_a_demonstration_opens_nothing_real(app: Flask, config: Config) -> None:
    with pytest.raises(ConfigError, match="isn't a demonstration"):
        create_app(replace(config, demo=True))
    before = sorted(path.name for path in config.instance.iterdir())
    for make in (mark, seed.make_room):
        with pytest.raises(ConfigError, match="nothing was changed"):
            make(config.instance)
    assert sorted(path.name for path in config.instance.iterdir()) == before and before


def test_it_has_no_public_address_and_a_database_of_its_own(folder: Path) -> None:
    mark(folder)
    plain = Config(instance=folder, demo=True, testing=True)
    for real in (
        replace(plain, url="https://carnet.example.org"),
        replace(plain, database="postgresql://localhost/temoin"),
    ):
        with pytest.raises(ConfigError, match="TEMOIN_"):
            create_app(real)


def test_nothing_real_begins_in_it(demo: Flask, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"bytes")
    with demo.test_request_context():
        for begin in (
            lambda: enrol.invite("phone"),
            lambda: enrol.enrol_foreign("client"),
            lambda: pins.set_up_custody("", {}, "user:0"),
            lambda: imports.take(file),
        ):
            with pytest.raises(Problem, match="demonstration"):
                begin()
    assert demo.test_client().get("/m/").status_code == 403
    for command in (["enrol", "client"], ["invite", "phone"]):
        run = demo.test_cli_runner().invoke(args=command)
        assert run.exit_code == 1 and "demonstration" in run.output and "Traceback" not in run.output


def test_only_while_it_is_told_may_its_own_phones_come(demo: Flask) -> None:
    with demo.test_request_context(), demonstration.telling():
        assert enrol.invite("phone").secret
    with demo.test_request_context(), pytest.raises(Problem, match="demonstration"):
        enrol.invite("phone")


def test_the_mark_is_the_first_entry_of_its_log(demo: Flask) -> None:
    with demo.app_context():
        first = db.session.get_one(LogEntry, 0)
        assert (first.verb, first.object) == ("demonstration.began", "demonstration")
        assert log.verify() >= 1


def test_every_page_says_so_even_those_of_errors(demo: Flask) -> None:
    admin = person(demo, "admin", "lead", name="somebody")
    for address in (
        "/desk/queue",
        "/desk/status",
        "/desk/people",
        "/desk/phones",
        "/desk/nothing-here",
        "/desk/sites",
    ):
        page = admin.get(address).text
        assert "<title>DEMONSTRATION · " in page and 'class="demonstration"' in page, address
        assert 'class="practice"' not in page
    door = demo.test_client().get("/desk/login", headers={"Accept": "text/html"}).text
    assert "<title>DEMONSTRATION · " in door and 'class="demonstration"' in door


def test_no_other_page_says_so(app: Flask) -> None:
    page = person(app, "admin").page("/desk/people")
    assert "DEMONSTRATION" not in page and 'class="demonstration"' not in page


def test_room_is_made_only_in_its_own_folder(demo: Flask, folder: Path) -> None:
    with demo.app_context():
        db.session.remove()
        db.engine.dispose()
    seed.make_room(folder)
    assert [path.name for path in folder.iterdir()] == [MARK]
    assert not seed.is_told(folder)
