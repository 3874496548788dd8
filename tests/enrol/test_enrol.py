"""Invitations are used once, in time, by a POST; pins are signed; custody retires practice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import jws
from app.clock import now_ms
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db, unit_of_work
from app.enrol import pins, service
from app.enrol.models import Device, Invitation
from app.errors import Problem
from app.keys import keys
from app.seal import make_identity
from config import Config
from tests.phone import Phone, make_phone


@pytest.fixture
def ready(app: Flask) -> Flask:
    with app.app_context():
        keys().make("Test organisation")
    return app


def test_link_and_code_each_enrol_once(ready: Flask) -> None:
    with ready.app_context():
        by_link, by_code = service.invite("phone 1"), service.invite("phone 2")
    spoken = f"{by_code.code[:5]} {by_code.code[5:].lower()}"
    for secret in (by_link.secret, spoken):
        phone = Phone(ready, ready.test_client())
        assert phone.enrol(secret).status_code == 201
        again = Phone(ready, ready.test_client()).enrol(secret)
        assert again.status_code == 410 and again.get_json()["error"]["code"] == "invitation-used"
    assert (
        Phone(ready, ready.test_client()).enrol("0" * 43).get_json()["error"]["code"] == "invitation-unknown"
    )


@pytest.mark.parametrize("digits", [7, 5])
def test_phones_are_told_how_many_digits_a_rio_has(config: Config, digits: int) -> None:
    from app import create_app

    app = create_app(replace(config, rio_digits=digits))
    with app.app_context():
        db.create_all()
        keys().make("Test organisation")
        secret = service.invite("phone").secret
    phone = Phone(app, app.test_client())
    assert phone.enrol(secret).get_json()["app"]["rio_digits"] == digits
    assert phone.http.get("/api/pins", headers=phone.auth).get_json()["app"]["rio_digits"] == digits


def test_expired_and_cancelled_invitations_are_refused(ready: Flask) -> None:
    with ready.app_context():
        late, cancelled = service.invite("late"), service.invite("cancelled")
        service.cancel(cancelled.invitation, "user:test")
        with unit_of_work() as session:
            session.get_one(Invitation, late.invitation.id).expires_at = now_ms() - 1
    for invited in (late, cancelled):
        assert (
            Phone(ready, ready.test_client()).enrol(invited.secret).get_json()["error"]["code"]
            == "invitation-expired"
        )


def test_a_statement_for_another_invitation_enrols_nobody(ready: Flask) -> None:
    with ready.app_context():
        one, other = service.invite("one"), service.invite("other")
    phone = Phone(ready, ready.test_client())
    stolen = phone.sign(
        "temoin-enrolment",
        {"key": jws.public_jwk(phone.key), "invitation": jws.sha256(one.secret.encode())},
        kid="new",
    )
    response = ready.test_client().post("/api/enrol", json={"secret": other.secret, "statement": stolen})
    assert response.status_code == 422


def test_pins_are_signed_and_no_token_or_secret_is_stored(ready: Flask) -> None:
    phone = make_phone(ready)
    said = phone.http.get("/api/pins", headers=phone.auth).get_json()
    pinned = jws.verify(said["pins"], jws.load_key(said["organisation_key"]), "temoin-pins")
    assert pinned["practice"] is True and pinned["server"] == phone.server
    server_key = jws.load_key(pinned["server_key"])
    assert jws.verify(said["intake"], server_key, "temoin-intake")["recipients"][0].startswith("age1")
    database = (ready.config["TEMOIN"].instance / "temoin.sqlite").read_bytes()
    assert phone.token.encode() not in database and phone.token[4:].encode() not in database


def test_setting_up_custody_retires_practice_phones(ready: Flask) -> None:
    phone = make_phone(ready)
    organisation, custody = jws.make_key(), make_identity()
    with ready.test_request_context():
        word, sealed = pins.canary([custody.recipient])
        import pyrage

        assert pyrage.decrypt(sealed, [custody.pyrage]).decode() == word
        payload = {**pins.proposal(), "custody": [custody.recipient], "at": now_ms()}
        token = jws.sign(payload, "temoin-pins", "organisation", organisation)
        with pytest.raises(Problem):
            pins.set_up_custody(token, jws.public_jwk(jws.make_key()), "user:test")
        assert pins.set_up_custody(token, jws.public_jwk(organisation), "user:test") == 1
        assert not keys().is_practice and keys().custody_recipients == [custody.recipient]
        # From now on only the organisation's key changes custody.
        usurper = jws.make_key()
        with pytest.raises(Problem):
            pins.set_up_custody(
                jws.sign(payload, "temoin-pins", "organisation", usurper),
                jws.public_jwk(usurper),
                "user:test",
            )
        assert db.session.get_one(Device, phone.device).retired_at is not None
    assert phone.http.get("/api/pins", headers=phone.auth).get_json()["error"]["code"] == "retired"


def test_the_log_notices_every_change(ready: Flask) -> None:
    make_phone(ready)
    with ready.app_context():
        count = log.verify()
        first = db.session.scalars(select(LogEntry)).first()
        assert first is not None
        line, detail = LogEntry.__table__, LogDetail.__table__
        whole = first.line
        altered: list[tuple[Any, dict[str, object]]] = [
            (line, {"line": whole.replace(b"device", b"devise")}),
            (line, {"chain": bytes(32)}),
            (line, {"verb": "other"}),
            (detail, {"detail": b"{}"}),
        ]
        for table, values in altered:
            before = db.session.execute(select(table).where(table.c.index == 0)).one()._mapping
            change(table, values)
            with pytest.raises(log.LogBroken):
                log.verify()
            change(table, {name: before[name] for name in values})
            assert log.verify() == count
        change(detail, {"detail": None, "salt": None})  # erasing what an entry said leaves the log whole
        assert log.verify() == count


def change(table: Any, values: dict[str, object]) -> None:
    """What somebody with the database's file could do to the first entry."""
    with unit_of_work() as work:
        work.execute(update(table).where(table.c.index == 0).values(values))


def test_a_phone_that_died_before_it_kept_the_answer_asks_again(ready: Flask) -> None:
    with ready.app_context():
        secret = service.invite("phone").secret
    phone = Phone(ready, ready.test_client())
    said = {
        "key": jws.public_jwk(phone.key),
        "invitation": jws.sha256(secret.encode()),
        "dev": None,
        "aud": None,
    }
    statement = phone.sign("temoin-enrolment", said, kid="new")
    http = ready.test_client()
    first, second = (
        http.post("/api/enrol", json={"secret": secret, "statement": statement}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    one, other = first.get_json(), second.get_json()
    assert one["device"] == other["device"] and one["token"] != other["token"]
    assert http.get("/api/pins", headers={"Authorization": f"Bearer {one['token']}"}).status_code == 401
    with ready.app_context():
        verbs = db.session.scalars(select(LogEntry.verb).order_by(LogEntry.index)).all()
        assert verbs[-2:] == ["device.enrolled", "device.enrolled-again"]
    # The same phone in other words is another phone.
    phone.seq, phone.prev = 0, None
    differently = phone.sign("temoin-enrolment", {**said, "app": "1" * 16}, kid="new")
    refused = http.post("/api/enrol", json={"secret": secret, "statement": differently})
    assert refused.get_json()["error"]["code"] == "invitation-used"
    # Whoever has spoken with its token has kept it.
    assert http.get("/api/pins", headers={"Authorization": f"Bearer {other['token']}"}).status_code == 200
    assert http.post("/api/enrol", json={"secret": secret, "statement": statement}).status_code == 410


def test_asking_again_ends_after_some_minutes(ready: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with ready.app_context():
        secret = service.invite("phone").secret
    phone = Phone(ready, ready.test_client())
    statement = phone.sign(
        "temoin-enrolment",
        {"key": jws.public_jwk(phone.key), "invitation": jws.sha256(secret.encode())},
        kid="new",
    )
    http = ready.test_client()
    assert http.post("/api/enrol", json={"secret": secret, "statement": statement}).status_code == 201
    later = now_ms() + service.REPEAT_MS + 1
    monkeypatch.setattr(service, "now_ms", lambda: later)
    assert http.post("/api/enrol", json={"secret": secret, "statement": statement}).status_code == 410
