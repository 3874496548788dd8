"""The way in: links, passwords, second factors, sessions. Each test tries to get in where nobody should."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from passlib.totp import TOTP

from app.accounts import factor, service, sessions
from app.accounts.models import DeskSession, LoginLink, User
from app.clock import now_ms
from app.db import db, unit_of_work
from app.keys import keys
from tests.desk import PASSWORD, Desk, code_of, come_in, link_secret, person


@pytest.fixture
def named(app: Flask) -> Flask:
    with app.app_context():
        keys().make("Test organisation")
        service.first_account()
    return app


def test_the_first_account_is_made_once_and_offered_until_somebody_came_in(named: Flask) -> None:
    with named.app_context():
        first = service.first_account()
        assert first is not None and first.role_names == {"admin", "lead"}
        assert len(service.people()) == 1
    come_in(named, "admin")
    with named.app_context():
        assert service.first_account() is None


def test_opening_a_login_link_does_not_use_it_up(named: Flask) -> None:
    secret = link_secret(named, "admin")
    desk = Desk(named.test_client())
    for _ in range(3):
        assert desk.get("/desk/enter").status_code == 200
    with named.app_context():
        assert db.session.query(LoginLink).one().used_at is None
    assert desk.post("/desk/enter", {"secret": secret}).status_code == 303


def test_a_login_link_works_once(named: Flask) -> None:
    secret = link_secret(named, "admin")
    assert Desk(named.test_client()).post("/desk/enter", {"secret": secret}).status_code == 303
    again = Desk(named.test_client()).post("/desk/enter", {"secret": secret})
    assert again.status_code == 410
    assert "has been used" in again.text


def test_a_login_link_grows_old_and_is_replaced_by_a_newer_one(named: Flask) -> None:
    old = link_secret(named, "admin", valid_ms=-1)
    assert Desk(named.test_client()).post("/desk/enter", {"secret": old}).status_code == 410
    first, _second = link_secret(named, "admin"), link_secret(named, "admin")
    assert Desk(named.test_client()).post("/desk/enter", {"secret": first}).status_code == 404


def test_the_database_holds_no_way_in(named: Flask) -> None:
    secret = link_secret(named, "admin")
    desk = come_in(named, "admin")
    cookie = desk.http.get_cookie("desk", path="/desk")
    assert cookie is not None
    with named.app_context():
        stored = "\n".join(
            str(row)
            for table in ("login_link", "desk_session", "user")
            for row in db.session.execute(db.text(f'SELECT * FROM "{table}"'))
        )
    with desk.http.session_transaction("/desk/") as kept:
        held = kept[sessions.KEY]
    for way_in in (secret, held, PASSWORD):
        assert way_in not in stored


def test_the_cookie_is_kept_from_the_phone_app_and_from_scripts(named: Flask) -> None:
    answer = Desk(named.test_client()).get("/desk/login")
    cookie = answer.headers["Set-Cookie"]
    assert "Path=/desk" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaaaa", "admin-admin-1234"])
def test_guessable_passwords_are_refused_with_words(named: Flask, weak: str) -> None:
    desk = Desk(named.test_client())
    desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
    answer = desk.post("/desk/password", {"password": weak, "again": weak}, page="/desk/password")
    assert answer.status_code == 422 and 'class="error"' in answer.text


def test_nothing_but_the_next_step_opens_on_the_way_in(named: Flask) -> None:
    desk = Desk(named.test_client())
    desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
    for path in ("/desk/queue", "/desk/phones", "/desk/people", "/desk/me", "/desk/login/factor"):
        assert desk.get(path).headers["Location"].startswith("/desk/password")
    assert desk.post("/desk/login/later").status_code == 401


def test_later_is_only_for_the_servers_own_machine(named: Flask) -> None:
    for base, environ, headers in (
        ("http://localhost", {"REMOTE_ADDR": "192.0.2.7"}, {}),
        ("http://localhost", {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.7"}),
        ("http://desk.example.org", {"REMOTE_ADDR": "127.0.0.1"}, {}),
    ):
        desk = Desk(named.test_client(), base=base)
        desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
        desk.post("/desk/password", {"password": PASSWORD, "again": PASSWORD}, page="/desk/password")
        answer = desk.post(
            "/desk/login/later", page="/desk/login/factor", environ_overrides=environ, headers=headers
        )
        assert answer.status_code == 403


def test_later_is_not_for_a_server_with_an_address(named: Flask) -> None:
    named.config["TEMOIN"] = replace(named.config["TEMOIN"], url="https://desk.example.org")
    desk = Desk(named.test_client())
    desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
    desk.post("/desk/password", {"password": PASSWORD, "again": PASSWORD}, page="/desk/password")
    assert desk.post("/desk/login/later", page="/desk/login/factor").status_code == 403


def with_factor(app: Flask) -> tuple[Desk, str, int]:
    """Somebody in, with a second factor set up; the code used for it, and its moment (seconds)."""
    desk = Desk(app.test_client())
    desk.post("/desk/enter", {"secret": link_secret(app, "admin")})
    desk.post("/desk/password", {"password": PASSWORD, "again": PASSWORD}, page="/desk/password")
    found = re.search(r'class="mono wrap">([A-Z2-7 ]+)<', desk.page("/desk/login/factor"))
    assert found
    at = now_ms() // 1000
    code = TOTP(key=found[1].replace(" ", "")).generate(at).token
    assert desk.post("/desk/login/factor", {"code": code}, page="/desk/login/factor").status_code == 303
    assert desk.get("/desk/queue").status_code == 200
    return desk, code, at


def log_in(app: Flask) -> Desk:
    desk = Desk(app.test_client())
    answer = desk.post("/desk/login", {"username": "Admin ", "password": PASSWORD})
    assert answer.status_code == 303 and "/login/code" in answer.headers["Location"]
    return desk


def test_a_password_alone_opens_nothing_once_there_is_a_second_factor(named: Flask) -> None:
    with_factor(named)
    desk = log_in(named)
    assert desk.get("/desk/queue").headers["Location"].startswith("/desk/login/code")
    assert desk.get("/desk/login/factor").headers["Location"].startswith("/desk/login/code")
    assert desk.post("/desk/login/later").status_code == 401


def test_a_code_opens_once(named: Flask) -> None:
    _desk, used, at = with_factor(named)
    second = log_in(named)
    answer = second.post("/desk/login/code", {"code": used}, page="/desk/login/code")
    assert answer.status_code == 422 and "used before" in answer.text
    fresh = code_of(named, "admin", at + 30)
    assert second.post("/desk/login/code", {"code": fresh}, page="/desk/login/code").status_code == 303
    third = log_in(named)
    assert third.post("/desk/login/code", {"code": fresh}, page="/desk/login/code").status_code == 422


def test_codes_can_not_be_tried_out(named: Flask) -> None:
    _desk, _used, at = with_factor(named)
    desk = log_in(named)
    right = code_of(named, "admin", at + 30)
    wrong = next(code for code in ("000000", "111111", "222222") if code != right)
    for _ in range(factor.MOST_WRONG):
        assert desk.post("/desk/login/code", {"code": wrong}, page="/desk/login/code").status_code == 422
    assert desk.post("/desk/login/code", {"code": right}, page="/desk/login/code").status_code == 422
    with named.app_context(), unit_of_work():
        user = service.by_name("admin")
        assert user is not None
        user.codes_again_at = now_ms() - 1
    assert desk.post("/desk/login/code", {"code": right}, page="/desk/login/code").status_code == 303


def test_a_login_link_does_not_get_around_the_second_factor_by_itself(named: Flask) -> None:
    with_factor(named)
    desk = Desk(named.test_client())
    desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
    answer = desk.post("/desk/password", {"password": PASSWORD, "again": PASSWORD}, page="/desk/password")
    assert "/login/code" in answer.headers["Location"]


def test_a_lost_second_factor_is_forgotten_by_a_login_link_on_request(named: Flask) -> None:
    with_factor(named)
    desk = Desk(named.test_client())
    desk.post("/desk/enter", {"secret": link_secret(named, "admin")})
    new = {"password": PASSWORD, "again": PASSWORD, "forget_factor": "y"}
    assert "/login/factor" in desk.post("/desk/password", new, page="/desk/password").headers["Location"]


def test_wrong_names_and_wrong_passwords_are_told_alike(named: Flask) -> None:
    come_in(named, "admin")
    answers = [
        Desk(named.test_client()).post("/desk/login", {"username": name, "password": "not the right one"})
        for name in ("admin", "nobody at all")
    ]
    texts = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert [answer.status_code for answer in answers] == [422, 422] and texts[0] == texts[1]


def test_logging_out_ends_a_copied_cookie_too(named: Flask) -> None:
    desk = come_in(named, "admin")
    cookie = desk.http.get_cookie("desk", path="/desk")
    assert cookie is not None
    thief = Desk(named.test_client())
    thief.http.set_cookie("desk", cookie.value, path="/desk")
    assert thief.get("/desk/queue").status_code == 200
    desk.post("/desk/logout", page="/desk/me")
    assert thief.get("/desk/queue").status_code == 303


def test_a_session_that_was_idle_too_long_is_over(named: Flask) -> None:
    desk = come_in(named, "admin")
    with named.app_context(), unit_of_work() as work:
        row = work.query(DeskSession).one()
        row.seen_at = now_ms() - 30 * 60_000 - 1
    answer = desk.get("/desk/queue")
    assert answer.status_code == 303 and answer.headers["Location"] == "/desk/login?next=/desk/queue"


def test_a_new_password_ends_other_sessions(named: Flask) -> None:
    first = come_in(named, "admin")
    second = come_in(named, "admin")
    assert first.get("/desk/queue").status_code == 303
    assert second.get("/desk/queue").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/", "//example.org/", "/m/", "/desk/\\example.org", "/desk//example.org"],
)
def test_next_leads_nowhere_else(named: Flask, elsewhere: str) -> None:
    come_in(named, "admin")
    desk = Desk(named.test_client())
    path = f"/desk/login?next={elsewhere}"
    answer = desk.post(path, {"username": "admin", "password": PASSWORD})
    after = desk.post(f"/desk/login/later?next={elsewhere}", page="/desk/login/factor")
    assert "example.org" not in answer.headers["Location"]
    assert after.headers["Location"] == "/desk/"


def test_a_form_without_its_token_is_refused(named: Flask) -> None:
    desk = come_in(named, "admin")
    assert desk.http.post("/desk/logout").status_code == 400
    assert desk.get("/desk/queue").status_code == 200


def user(app: Flask, name: str) -> Any:
    found = service.by_name(name)
    assert isinstance(found, User)
    return found


def test_a_second_lead_parts_admin_and_lead(named: Flask) -> None:
    come_in(named, "admin")
    person(named, "lead", name="second")
    with named.app_context():
        assert user(named, "admin").role_names == {"admin"}
        assert user(named, "second").role_names == {"lead"}


def test_somebody_stays_admin_and_somebody_stays_lead(named: Flask) -> None:
    desk = come_in(named, "admin")
    with named.app_context():
        address = f"/desk/people/{user(named, 'admin').id}"
    for roles in (["lead"], ["admin"]):
        answer = desk.post(address, {"roles": roles, "active": "y"}, page=address)
        assert answer.status_code == 422 and "Somebody has to stay" in answer.text
    with named.app_context():
        assert user(named, "admin").role_names == {"admin", "lead"}


def test_other_roles_count_at_the_next_request(named: Flask) -> None:
    admin = come_in(named, "admin")
    reviewer = person(named, "reviewer")
    assert reviewer.get("/desk/queue").status_code == 200
    with named.app_context():
        address = f"/desk/people/{user(named, 'reviewer').id}"
    assert admin.post(address, {"roles": ["reviewer"]}, page=address).status_code == 303  # switched off
    assert reviewer.get("/desk/queue").status_code == 303
    again = Desk(named.test_client()).post("/desk/login", {"username": "reviewer", "password": PASSWORD})
    assert again.status_code == 422
