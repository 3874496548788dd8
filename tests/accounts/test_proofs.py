"""Recovery codes, and passkeys as far as no browser is needed: what is made is shown once, and nothing counts twice."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from app.accounts import factor, recovery, service
from app.accounts.models import DeskSession, Passkey, RecoveryCode
from app.clock import now_ms
from app.db import db, unit_of_work
from app.keys import keys
from tests.accounts.test_way_in import log_in, with_factor
from tests.desk import PASSWORD, Desk, come_in

CODE = re.compile(r'<li class="mono">([0-9A-Z-]{19})</li>')


@pytest.fixture
def named(app: Flask) -> Flask:
    with app.app_context():
        keys().make("Test organisation")
        service.first_account()
    return app


def made(desk: Desk) -> list[str]:
    return CODE.findall(desk.post("/desk/me/recovery", page="/desk/me/recovery").text)


def type_code(desk: Desk, code: str) -> int:
    return desk.post("/desk/login/code", {"code": code}, page="/desk/login/code").status_code


def test_ten_codes_are_shown_once_and_kept_as_hashes(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    codes = made(desk)
    assert len(set(codes)) == recovery.NUMBER
    assert not CODE.findall(desk.page("/desk/me/recovery")) and "10 recovery codes left" in desk.page(
        "/desk/me"
    )
    with named.app_context():
        stored = str(db.session.execute(db.text("SELECT * FROM recovery_code")).all())
    assert not [code for code in codes if code in stored or recovery.tidy(code) in stored]


def test_each_code_opens_once_however_it_is_typed(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    first, second = made(desk)[:2]
    entering = log_in(named)
    assert type_code(entering, first.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == 303
    assert "9 recovery codes are left" in entering.page("/desk/queue")
    again = log_in(named)
    assert type_code(again, first) == 422
    assert type_code(again, second) == 303


def test_new_codes_end_the_old_ones(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    old, new = made(desk)[0], made(desk)[0]
    entering = log_in(named)
    assert type_code(entering, old) == 422 and type_code(entering, new) == 303


def test_codes_of_somebody_else_open_nothing(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    with named.app_context():
        other = service.add("other", ["reviewer"], "server")
        theirs = recovery.make(other)[0]
    assert made(desk)
    assert type_code(log_in(named), theirs) == 422


def test_recovery_codes_can_not_be_tried_out(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    right = made(desk)[0]
    entering = log_in(named)
    for _ in range(factor.MOST_WRONG):
        assert type_code(entering, "0000-0000-0000-0000") == 422
    assert type_code(entering, right) == 422


def test_making_and_using_codes_is_in_the_log(named: Flask) -> None:
    desk, _code, _at = with_factor(named)
    type_code(log_in(named), made(desk)[0])
    with named.app_context():
        verbs = [row[0] for row in db.session.execute(db.text("SELECT verb FROM log_entry"))]
    assert verbs.count("user.recovery-codes-made") == verbs.count("user.recovery-code-used") == 1


def test_a_passkey_alone_is_a_second_factor(named: Flask) -> None:
    come_in(named, "admin")
    with named.app_context(), unit_of_work() as session:
        user = service.by_name("admin")
        assert user is not None
        session.add(
            Passkey(id="a-ke", user_id=user.id, name="k", public_key=b"k", sign_count=0, created_at=now_ms())
        )
    desk = log_in(named)  # asked for the second factor
    assert desk.get("/desk/queue").headers["Location"].startswith("/desk/login/code")
    assert desk.post("/desk/login/later").status_code == 401
    page = desk.page("/desk/login/code")
    assert "Use a passkey" in page and "one of your recovery codes" in page


def ask(desk: Desk) -> dict[str, object]:
    answer = desk.http.post(
        "/desk/login/passkey/ask", headers={"X-CSRFToken": desk.token("/desk/login/code")}
    )
    assert answer.status_code == 200
    said: dict[str, object] = answer.get_json()
    return said


def test_an_answer_that_proves_nothing_uses_the_question_up(named: Flask) -> None:
    test_a_passkey_alone_is_a_second_factor(named)
    desk = log_in(named)
    asked = ask(desk)
    assert asked["allowCredentials"] == [{"id": "a-ke", "type": "public-key"}]
    for answer in (
        "",
        "{}",
        "[]",
        json.dumps({"id": "a-ke", "rawId": "a-ke", "type": "public-key", "response": {}}),
    ):
        sent = {"answer": answer}
        assert (
            "/login/code"
            in desk.post("/desk/login/passkey", sent, page="/desk/login/code").headers["Location"]
        )
        with named.app_context():
            waiting = [row.challenge for row in db.session.query(DeskSession) if row.stage == "code"]
        assert answer == "" or waiting.count(None) == len(waiting)
    assert desk.get("/desk/queue").status_code == 303


def test_no_passkey_is_added_without_the_present_password(named: Flask) -> None:
    desk = come_in(named, "admin")
    token = {"X-CSRFToken": desk.token("/desk/me")}
    assert desk.http.post("/desk/login/passkey/ask", headers=token).status_code == 409
    sent = {"present": PASSWORD, "password": "", "new_factor": "y"}
    assert "/login/factor" in desk.post("/desk/me", sent, page="/desk/me").headers["Location"]
    asked = desk.http.post("/desk/login/passkey/ask", headers=token)
    assert asked.status_code == 200 and asked.get_json()["rp"]["id"] == "localhost"


def test_a_login_link_that_forgets_the_factor_forgets_all_of_it(named: Flask) -> None:
    from tests.desk import link_secret

    desk, _code, _at = with_factor(named)
    made(desk)
    entering = Desk(named.test_client())
    entering.post("/desk/enter", {"secret": link_secret(named, "admin")})
    sent = {"password": PASSWORD, "again": PASSWORD, "forget_factor": "y"}
    assert "/login/factor" in entering.post("/desk/password", sent, page="/desk/password").headers["Location"]
    with named.app_context():
        assert db.session.query(RecoveryCode).count() == db.session.query(Passkey).count() == 0
