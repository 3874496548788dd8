"""Lessons 7 and 19: a phone that is smashed or falls silent in the middle of a film leaves what it sent, in plain sight."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from sqlalchemy import select

from app import worker
from app.custody.models import LogEntry
from app.db import db
from app.intake import uploads
from app.intake.models import Item, Upload
from app.opening.models import Opening
from app.seal import CHUNK, NONCE, SEALED_CHUNK
from tests.media import webm
from tests.phone import Phone, Sealed, make_phone


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def film() -> bytes:
    content = webm(6)
    return content + bytes(max(0, 6 * CHUNK - len(content)))


def prefix(phone: Phone, sealed: Sealed, size: int) -> str:
    named = Sealed(sealed.id, sealed.head, sealed.body[:size]).named("film")
    del named["cut"]
    return phone.sign("temoin-prefix", {"item": named})


def fall_silent(app: Flask, seconds: int) -> None:
    """As if the last byte of every unfinished upload had come that long ago."""
    with app.app_context():
        for upload in uploads.unfinished():
            here = uploads.incoming(upload)
            for path in (here.head, here.body):
                before = path.stat().st_mtime - seconds
                os.utime(path, (before, before))
        db.session.remove()


def openings(app: Flask) -> list[Opening]:
    with app.app_context():
        worker.open_silent()
        worker.work_off()
        return list(db.session.scalars(select(Opening).order_by(Opening.id)))


def test_shown_as_far_as_it_came_then_again_whole(app: Flask, phone: Phone) -> None:
    content = film()
    sealed = phone.seal(content)
    there = NONCE + 4 * SEALED_CHUNK
    url = phone.create(sealed.id).headers["Location"]
    assert phone.patch(url, 0, sealed.head + sealed.body[:there]).status_code == 204
    assert "receipt" in phone.say(prefix(phone, sealed, NONCE + 2 * SEALED_CHUNK))[0]
    assert openings(app) == [], "a phone that paused for a moment is not silent"

    fall_silent(app, worker.SILENT + 1)
    [first] = openings(app)
    assert first.provisional and first.interrupted
    assert (first.original_size, first.attested_size) == (4 * CHUNK, 2 * CHUNK)
    assert len(openings(app)) == 1, "nothing new, nothing opened again"

    phone.commit(sealed, "film")
    done = phone.patch(
        url, len(sealed.head) + there, sealed.body[there:], Upload_Length=str(len(sealed.bytes))
    )
    assert done.status_code == 204
    _first, last = openings(app)
    assert not last.provisional and not last.interrupted
    assert last.original_size == last.attested_size == len(content)
    with app.app_context():
        assert len(db.session.scalars(select(LogEntry).where(LogEntry.verb == "item.opened")).all()) == 2


def test_a_prefix_ahead_of_the_bytes_leaves_the_earlier_one_standing(app: Flask, phone: Phone) -> None:
    """On a line slower than the recording the newest prefix is always ahead: statements go first."""
    sealed = phone.seal(film())
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.head + sealed.body[: NONCE + 4 * SEALED_CHUNK])
    for chunks in (1, 3, 6):
        phone.say(prefix(phone, sealed, NONCE + chunks * SEALED_CHUNK))
    fall_silent(app, worker.SILENT + 1)
    [found] = openings(app)
    assert (found.original_size, found.attested_size) == (4 * CHUNK, 3 * CHUNK)


def test_a_prefix_under_another_head_covers_nothing(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.head + sealed.body[: NONCE + 3 * SEALED_CHUNK])
    other = Sealed(sealed.id, phone.seal(b"x").head, sealed.body)
    phone.say(prefix(phone, other, NONCE + 2 * SEALED_CHUNK))
    fall_silent(app, worker.SILENT + 1)
    assert [found.attested_size for found in openings(app)] == [0]


def test_closing_takes_away_nothing_that_the_phone_had_signed(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.head + sealed.body[: NONCE + 4 * SEALED_CHUNK])
    phone.say(prefix(phone, sealed, NONCE + 3 * SEALED_CHUNK))
    fall_silent(app, worker.GIVEN_UP + 60)
    with app.app_context(), app.test_request_context():
        worker.close_given_up()
        [item] = db.session.scalars(select(Item)).all()
        assert (item.attested, item.kind) == ("none", "film")
    [found] = openings(app)
    assert (found.provisional, found.original_size, found.attested_size) == (False, 4 * CHUNK, 3 * CHUNK)


def test_bytes_that_no_signature_covers_are_not_attested(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.head + sealed.body[: NONCE + 3 * SEALED_CHUNK])
    other = phone.seal(film(), item=sealed.id)  # a prefix of other bytes than those that came
    phone.say(prefix(phone, other, NONCE + 2 * SEALED_CHUNK))
    fall_silent(app, worker.SILENT + 1)
    [found] = openings(app)
    assert (found.original_size, found.attested_size) == (3 * CHUNK, 0)


def test_the_tail_of_a_cut_film_is_shown_but_not_attested(app: Flask, phone: Phone) -> None:
    content = film()
    sealed = phone.seal(content)
    sealed.body = sealed.body[: NONCE + 3 * SEALED_CHUNK]
    tail = phone.seal(
        bytes.fromhex(sealed.id) + (3 * CHUNK).to_bytes(8, "big") + content[3 * CHUNK : 3 * CHUNK + 500]
    )
    made = phone.create(sealed.id, len(tail.bytes), tail=0)
    assert phone.patch(made.headers["Location"], 0, tail.bytes).status_code == 204
    phone.commit(sealed, "film", cut=True)
    assert phone.send(sealed).status_code == 204
    [found] = openings(app)
    assert found.interrupted and not found.provisional
    assert (found.original_size, found.attested_size) == (3 * CHUNK + 500, 3 * CHUNK)


def test_closed_as_cut_after_thirty_days_without_a_byte(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(film())
    url = phone.create(sealed.id).headers["Location"]
    phone.patch(url, 0, sealed.head + sealed.body[: NONCE + 2 * SEALED_CHUNK])
    fall_silent(app, worker.GIVEN_UP + 60)
    with app.app_context(), app.test_request_context():
        worker.close_given_up()
        assert db.session.scalars(select(Upload)).one().finished_at is not None
        assert db.session.scalars(select(Item)).one().attested == "none"
    [found] = openings(app)
    assert (found.provisional, found.interrupted, found.original_size) == (False, True, 2 * CHUNK)
