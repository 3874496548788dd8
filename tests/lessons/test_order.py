"""Lessons 3, 13, 17: parts that come late, in any order, or can't be read, never take the others with them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from sqlalchemy import select

from app.blobs import blobs
from app.clock import now_ms
from app.db import db
from app.ids import new_id
from app.intake.models import Item
from app.journal.models import Entry
from app.opening import heads
from app.opening import service as opening
from app.opening.models import Opening
from app.opening.run import ChildFailed
from app.verify import verify_items
from app.worker import work_off
from tests.opening.test_whole_way import jpeg
from tests.phone import Phone, make_phone


def entry(phone: Phone, observation: str, type_: str, data: Mapping[str, object], seq: int) -> None:
    phone.entry(observation, type_, dict(data), seq=seq)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_media_and_what_was_said_of_them_meet_in_any_order(app: Flask, order: tuple[int, ...]) -> None:
    phone, observation = make_phone(app), new_id()
    photo = phone.seal(jpeg())
    phone.commit(photo)
    begin = {"item": photo.id, "kind": "photo", "mime": "image/jpeg"}
    steps: list[Callable[[], object]] = [
        lambda: phone.send(photo),
        lambda: entry(phone, observation, "open", {}, 0),
        lambda: entry(phone, observation, "begin", begin, 1),
    ]
    for number in order:
        steps[number]()
        with app.app_context():
            work_off()
            db.session.remove()
    with app.app_context():
        [found] = db.session.scalars(select(Opening)).all()
        assert (found.observation_id, found.problem) == (observation, None)
        assert len(db.session.scalars(select(Entry)).all()) == 2
        assert verify_items() == 3


def test_an_entry_that_cannot_be_read_takes_nothing_with_it(app: Flask) -> None:
    phone, observation = make_phone(app), new_id()
    photo = phone.seal(jpeg())
    phone.commit(photo)
    assert phone.send(photo).status_code == 204
    broken = phone.seal(json.dumps({"v": 1, "type": "note", "data": "no"}).encode())
    phone.commit(broken, "entry")
    assert phone.send(broken).status_code == 204
    entry(phone, observation, "begin", {"item": photo.id, "kind": "photo", "mime": "image/jpeg"}, 0)
    with app.app_context():
        assert work_off() == 3
        states = {item.item_id: (item.state, item.problem) for item in db.session.scalars(select(Item))}
        assert states[photo.id] == ("opened", None)
        assert states[broken.id][0] == "failed" and str(states[broken.id][1]).startswith("bad-entry")
        assert verify_items() == 3, "what can't be read stays sealed, for custody"


def test_sealed_bytes_stay_when_the_clear_heads_are_closed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make_phone(app)
    odd = phone.seal(b"not a format that anybody knows" * 100)
    phone.commit(odd, "import")
    assert phone.send(odd).status_code == 204
    with app.app_context():
        work_off()
        [item] = db.session.scalars(select(Item)).all()
        year = now_ms() + 365 * 86_400_000
        monkeypatch.setattr(heads, "now_ms", lambda: year)
        heads.close_old()
        assert blobs().exists(f"bodies/{item.id}") and blobs().exists(f"heads/{item.id}.age")
        assert verify_items() == 1


def test_an_opening_that_never_works_ends_and_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ChildFailed("it took too long")

    phone = make_phone(app)
    photo = phone.seal(jpeg())
    phone.commit(photo)
    assert phone.send(photo).status_code == 204
    monkeypatch.setattr(opening, "in_child", fails)
    with app.app_context():
        assert work_off() == opening.MAX_TRIES
        [item] = db.session.scalars(select(Item)).all()
        assert (item.state, item.problem) == ("failed", "could-not-open: it took too long")
        assert opening.waiting() == 0 and verify_items() == 1
