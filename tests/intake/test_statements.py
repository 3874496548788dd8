"""Signed statements: kept as signed, receipted, never believed beyond their signature."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import jws
from app.db import db
from app.ids import new_id
from app.intake import statements
from app.intake.models import Commitment, Statement
from app.keys import keys
from tests.phone import Phone, make_phone


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def test_commitments_of_five_items_fit_three_kilobytes_and_are_receipted_once(
    app: Flask, phone: Phone
) -> None:
    sealed = [phone.seal(b"%d" % n) for n in range(5)]
    token = phone.sign("temoin-commitment", {"items": [s.named("photo") for s in sealed]})
    assert len(json.dumps({"statements": [token]})) <= 3000
    first, second = phone.say(token)[0], phone.say(token)[0]
    assert first == second
    with app.app_context():
        said = jws.verify(first["receipt"], keys().server_key, "temoin-commitment-receipt")
        assert said["ids"] == [s.id for s in sealed] and said["statement"] == jws.sha256(token.encode())
        kept = db.session.scalars(select(Statement)).one()
        assert kept.jws == token.encode() and not kept.forked and not kept.broken_link
        assert len(db.session.scalars(select(Commitment)).all()) == 5


def test_two_statements_with_one_number_are_both_kept_and_flagged(app: Flask, phone: Phone) -> None:
    one, other = phone.seal(b"1"), phone.seal(b"2")
    phone.commit(one)
    phone.seq -= 1
    assert "receipt" in phone.commit(other)
    with app.app_context():
        assert [s.forked for s in db.session.scalars(select(Statement).order_by(Statement.log_index))] == [
            False,
            True,
        ]


def test_one_statement_twice_in_a_request_is_kept_once(app: Flask, phone: Phone) -> None:
    token = phone.sign("temoin-commitment", {"items": [phone.seal(b"1").named("photo")]})
    first, second = phone.say(token, token)
    assert first == second and "receipt" in first
    with app.app_context():
        assert len(db.session.scalars(select(Statement)).all()) == 1


def test_forks_and_gaps_within_one_request_are_flagged(app: Flask, phone: Phone) -> None:
    first = phone.sign("temoin-commitment", {"items": [phone.seal(b"1").named("photo")]})
    phone.seq -= 1
    fork = phone.sign("temoin-commitment", {"items": [phone.seal(b"2").named("photo")]})
    phone.prev = jws.sha256(b"something else")
    gap = phone.sign("temoin-commitment", {"items": [phone.seal(b"3").named("photo")]})
    assert all("receipt" in said for said in phone.say(first, fork, gap))
    with app.app_context():
        kept = db.session.scalars(select(Statement).order_by(Statement.log_index)).all()
        assert [(one.forked, one.broken_link) for one in kept] == [
            (False, False),
            (True, False),
            (False, True),
        ]


@pytest.mark.parametrize("prev", [["x"], {"a": 1}, 7, "", "x" * 44])
def test_a_link_that_is_no_hash_is_refused_by_itself(app: Flask, phone: Phone, prev: object) -> None:
    sealed = [phone.seal(b"1"), phone.seal(b"2")]
    good = phone.sign("temoin-commitment", {"items": [sealed[0].named("photo")]})
    bad = phone.sign("temoin-commitment", {"items": [sealed[1].named("photo")], "prev": prev})
    kept, refused = phone.say(good, bad)
    assert "receipt" in kept and refused["error"]["code"] == "bad-statement"


def test_the_one_before_is_found_without_reading_all_of_a_phone_in_sqlite(app: Flask) -> None:
    explained = text(f"EXPLAIN QUERY PLAN {statements._near_question(2).text}")
    asked = {"device0": "x", "number0": 1, "device1": "y", "number1": 7}
    with app.app_context():
        plan = db.session.execute(explained, asked).all()
    assert any("ix_statement_device_seq" in str(row) for row in plan)


def test_forged_strange_and_misaddressed_statements_are_refused_one_by_one(app: Flask, phone: Phone) -> None:
    other = make_phone(app, "another")
    good = phone.sign("temoin-commitment", {"items": [phone.seal(b"g").named("photo")]})
    forged = jws.sign(jws.unverified(good), "temoin-commitment", phone.device, jws.make_key())
    elsewhere = phone.sign("temoin-commitment", {"items": [phone.seal(b"g").named("photo")], "aud": new_id()})
    foreign = other.sign("temoin-commitment", {"items": [other.seal(b"g").named("photo")]})
    shapeless = phone.sign("temoin-commitment", {"items": []})
    unknown = phone.sign("temoin-anything", {})
    results = phone.say(good, forged, elsewhere, foreign, shapeless, unknown, "not a token", "a.b.c")
    codes = [r.get("error", {}).get("code", "kept") for r in results]
    assert codes == [
        "kept",
        "bad-signature",
        "wrong-audience",
        "bad-signature",
        "bad-statement",
        "bad-statement",
        "bad-statement",
        "bad-statement",
    ]


def test_prefix_and_deletion(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"running")
    prefix = phone.sign("temoin-prefix", {"item": sealed.named("film")})
    deletion = phone.sign("temoin-deletion", {"ids": [sealed.id], "why": "person"})
    kept, accepted = phone.say(prefix, deletion)
    assert "receipt" in kept and accepted == {"accepted": jws.sha256(deletion.encode())}
    with app.app_context():
        assert db.session.scalars(select(Commitment)).one().prefix
