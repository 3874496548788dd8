"""What holds a connection to the database, and for how long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select, text

from app.db import ask, db, held_open, unit_of_work
from app.enrol import service as enrol
from app.enrol.models import Device
from app.together import Together
from tests.journeys.live import until
from tests.phone import make_phone

COUNT = select(func.count()).select_from(Device.__table__)


def test_a_question_leaves_nothing_open(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        assert ask(COUNT, {})[0][0] == 0
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_within_a_unit_of_work_it_sees_what_was_written(app: Flask) -> None:
    make_phone(app)
    with app.app_context():
        with unit_of_work():
            enrol.enrol_foreign("camera")
            assert ask(COUNT, {})[0][0] == 2
        assert ask(COUNT, {})[0][0] == 2


def test_a_connection_held_open_waits_for_the_next(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
        with held_open(), held_open():
            pass
        assert db.engine.pool.checkedin() == 2  # type: ignore[attr-defined]


def test_each_of_many_tokens_finds_its_own_device(app: Flask) -> None:
    phones = [make_phone(app) for _ in range(3)]
    with app.app_context():
        tokens = [phone.token for phone in phones]
        together: Together[str, Device | None] = app.extensions["bearers"]
        found = together.do([enrol._token_hash(token) for token in [*tokens, "nobody's", tokens[0]]])
    ids = [phone.device for phone in phones]
    assert [device and device.id for device in found] == [*ids, None, ids[0]]


def test_who_is_first_waits_for_two_at_most(app: Flask) -> None:
    done: list[str] = []

    def write(name: str, *, first: bool = False) -> None:
        with app.app_context(), unit_of_work(first=first):
            done.append(name)

    def begun(work: Callable[[], None]) -> threading.Thread:
        """A thread that has come as far as it gets."""
        thread = threading.Thread(target=work)
        thread.start()
        until("it waits", lambda: _top_of(thread) == "unit_of_work")
        return thread

    with app.app_context(), unit_of_work():
        waiting = [begun(lambda: write("a")), begun(lambda: write("b")), begun(lambda: write("c"))]
        waiting.append(begun(lambda: write("first", first=True)))
    for thread in waiting:
        thread.join()
    assert sorted(done) == ["a", "b", "c", "first"]
    assert done.index("first") <= 1


def _top_of(thread: threading.Thread) -> str:
    """The function that a thread stands in."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame.f_code.co_name if frame else ""
