"""Many threads, one transaction: all is stored or the one who failed is alone with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from flask import Flask

from app.custody import log
from app.db import db, unit_of_work
from app.together import Together


class Refused(Exception):
    pass


class Store:
    """Writes a log entry a piece. The first lot waits until told, so that others gather behind it."""

    def __init__(self) -> None:
        self.lots: list[list[str]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, pieces: Sequence[str]) -> list[int]:
        self.lots.append(list(pieces))
        if len(self.lots) == 1:
            self.begun.set()
            assert self.go_on.wait(30)
        places = [log.append("server", "test.kept", piece).index for piece in pieces]
        if "bad" in pieces:
            raise Refused
        return places


def run(app: Flask, hand_in: Sequence[Sequence[str]]) -> tuple[Store, dict[str, object]]:
    """Each lot from a thread of its own; all but the first come while the first is being stored."""
    store = Store()
    together = Together(store)
    answers: dict[str, object] = {}

    def ask(pieces: Sequence[str]) -> None:
        with app.app_context():
            try:
                answers["".join(pieces)] = together.do(pieces)
            except Refused as error:
                answers["".join(pieces)] = error

    threads = [threading.Thread(target=ask, args=(pieces,)) for pieces in hand_in]
    threads[0].start()
    assert store.begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    while together.waiting < len(threads) - 1:
        assert all(thread.is_alive() for thread in threads)
    store.go_on.set()
    for thread in threads:
        thread.join(30)
    return store, answers


def kept(app: Flask) -> list[str]:
    with app.app_context():
        return [said.object for page in log.walk(log.head()[0]) for said in page if said.verb == "test.kept"]


def test_what_gathers_is_stored_at_once_and_each_gets_its_own_answer(app: Flask) -> None:
    store, answers = run(app, [["a"], ["b", "c"], ["d"]])
    assert len(store.lots) == 2
    assert store.lots[0] == ["a"]
    assert sorted(store.lots[1]) == ["b", "c", "d"]
    indexes = kept(app)
    first = log_start(app)
    assert {name: [indexes[place - first] for place in said] for name, said in answers.items()} == {  # type: ignore[attr-defined]
        "a": ["a"], "bc": ["b", "c"], "d": ["d"],
    }  # fmt: skip


def test_one_that_fails_takes_nothing_of_the_others_with_it(app: Flask) -> None:
    store, answers = run(app, [["a"], ["b"], ["bad"], ["c"]])
    assert isinstance(answers["bad"], Refused)
    assert sorted(kept(app)) == ["a", "b", "c"], "and nothing twice"
    assert {name for name, said in answers.items() if isinstance(said, list)} == {"a", "b", "c"}
    assert len(store.lots) == 5, "the first, all together, and three alone"


def test_within_a_unit_of_work_it_is_stored_with_that(app: Flask) -> None:
    store = Store()
    store.go_on.set()
    with app.app_context():
        with pytest.raises(Refused), unit_of_work():
            Together(store).do(["x"])
            raise Refused
        db.session.rollback()
    assert kept(app) == []


class Ended(BaseException):
    """As SystemExit is: no error, and nothing is stored."""


def test_an_end_in_the_middle_is_never_taken_for_an_answer(app: Flask) -> None:
    def store(_pieces: Sequence[str]) -> list[int]:
        raise Ended

    with app.app_context(), pytest.raises(Ended):
        Together(store).do(["x"])


def log_start(app: Flask) -> int:
    with app.app_context():
        page = next(page for page in log.walk(log.head()[0]) if any(s.verb == "test.kept" for s in page))
        return next(said.index for said in page if said.verb == "test.kept")
