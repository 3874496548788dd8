"""An admin can give no content: each way that somebody who runs the server might try to see what was recorded."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts import grants, service
from app.accounts.models import ROLES, Passkey, User
from app.clock import now_ms
from app.db import db, unit_of_work
from app.errors import Problem
from tests.desk import PASSWORD, Desk, come_in, link_secret, person


def found(name: str) -> User:
    user = service.by_name(name)
    assert user is not None
    return user


def address_of(app: Flask, name: str) -> str:
    with app.app_context():
        return f"/desk/people/{found(name).id}"


def change(desk: Desk, name: str, *roles: str, active: bool = True, **more: str) -> tuple[int, str]:
    address = address_of(desk.http.application, name)
    sent: dict[str, Any] = {"roles": list(roles), **({"active": "y"} if active else {}), **more}
    answer = desk.post(address, sent, page=address)
    return answer.status_code, answer.text


@pytest.fixture
def team(app: Flask) -> dict[str, Desk]:
    return {role: person(app, role) for role in ROLES}


@pytest.mark.parametrize("role", ["lead", "reviewer"])
def test_an_admin_adds_nobody_who_sees_content(team: dict[str, Desk], role: str) -> None:
    sent = {"username": "a friend", "roles": [role], "active": "y"}
    answer = team["admin"].post("/desk/people", sent, page="/desk/people")
    assert answer.status_code == 403 and "Only a lead" in answer.text and "/desk/enter#" not in answer.text
    with team["admin"].http.application.app_context():
        assert service.by_name("a friend") is None


@pytest.mark.parametrize("role", ["lead", "reviewer"])
def test_an_admin_makes_nobody_lead_or_reviewer(app: Flask, team: dict[str, Desk], role: str) -> None:
    status, said = change(team["admin"], "coordinator", role)
    assert status == 422 and "Only a lead" in said
    with app.app_context():
        assert found("coordinator").role_names == {"coordinator"}


def test_an_admin_switches_off_but_not_on_again_who_sees_content(app: Flask, team: dict[str, Desk]) -> None:
    assert change(team["admin"], "reviewer", "reviewer", active=False)[0] == 303
    status, said = change(team["admin"], "reviewer", "reviewer")
    assert status == 422 and "Only a lead" in said
    assert change(team["lead"], "reviewer", "reviewer")[0] == 303
    with app.app_context():
        assert found("reviewer").active


@pytest.mark.parametrize("name", ["lead", "reviewer"])
def test_an_admin_makes_no_login_link_into_content(app: Flask, team: dict[str, Desk], name: str) -> None:
    address = f"{address_of(app, name)}/link"
    answer = team["admin"].post(address, page="/desk/people")
    assert answer.status_code == 403 and "/desk/enter#" not in answer.text
    page = team["admin"].page("/desk/people")
    assert address not in page and "made by a lead" in page
    assert "/desk/enter#" in team["lead"].post(address, page="/desk/people").text


@pytest.mark.parametrize("name", ["admin", "coordinator"])
def test_a_lead_makes_no_login_link_into_the_server(app: Flask, team: dict[str, Desk], name: str) -> None:
    address = f"{address_of(app, name)}/link"
    assert team["lead"].post(address, page="/desk/people").status_code == 403
    assert "/desk/enter#" in team["admin"].post(address, page="/desk/people").text


def test_no_role_that_runs_things_goes_with_one_that_sees_content(app: Flask, team: dict[str, Desk]) -> None:
    assert change(team["admin"], "admin", "admin", "lead")[0] == 422
    assert change(team["lead"], "lead", "lead", "coordinator")[0] == 422
    assert change(team["lead"], "reviewer", "reviewer", "coordinator")[0] == 422
    with app.app_context():
        for name in ROLES:
            assert found(name).role_names == {name}


def test_a_way_into_an_account_ends_when_it_comes_to_see_content(app: Flask, team: dict[str, Desk]) -> None:
    """The admin made the account, its link, its password: none of it opens what a lead gives it later."""
    secret = link_secret(app, "coordinator")
    with app.app_context(), unit_of_work() as session:
        session.add(
            Passkey(
                id="k", user_id=found("coordinator").id, name="k", public_key=b"k", sign_count=0, created_at=now_ms(),
            )
        )  # fmt: skip
    status, _said = change(team["lead"], "coordinator", "reviewer")
    assert status == 422  # taking a role of the server away is an admin's
    assert change(team["admin"], "coordinator", "coordinator", active=False)[0] == 303
    with app.app_context():
        service.set_roles(found("coordinator"), ["reviewer"], True, "server")
        assert found("coordinator").password is None and db.session.query(Passkey).count() == 0
    assert Desk(app.test_client()).post("/desk/enter", {"secret": secret}).status_code == 404
    known = {"username": "coordinator", "password": PASSWORD}
    assert Desk(app.test_client()).post("/desk/login", known).status_code == 422


def test_the_first_account_is_both_until_there_is_a_second_lead(app: Flask) -> None:
    with app.app_context():
        from app.keys import keys

        keys().make("Test organisation")
        service.first_account()
    first = come_in(app, "admin")
    assert change(first, "admin", "admin", "lead")[0] == 303
    first = come_in(app, "admin")
    sent = {"username": "second", "roles": ["lead"], "active": "y"}
    assert "/desk/enter#" in first.post("/desk/people", sent, page="/desk/people").text
    come_in(app, "second")
    with app.app_context():
        assert found("admin").role_names == {"admin"}
    first = Desk(app.test_client(), "admin")
    first.post("/desk/login", {"username": "admin", "password": PASSWORD})
    first.post("/desk/login/later", page="/desk/login/factor")
    assert change(first, "admin", "admin", "lead")[0] == 422
    assert first.post(f"{address_of(app, 'second')}/link", page="/desk/people").status_code == 403


def test_only_a_lead_chooses_who_sees_what_is_sensitive(app: Flask, team: dict[str, Desk]) -> None:
    assert change(team["admin"], "reviewer", "reviewer", sensitive="y")[0] == 303
    with app.app_context():
        assert not found("reviewer").sensitive
    assert change(team["lead"], "reviewer", "reviewer", sensitive="y")[0] == 303
    with app.app_context():
        assert found("reviewer").sensitive
        with pytest.raises(Problem):
            service.set_sensitive(found("reviewer"), True, found("admin"))


@pytest.mark.parametrize("giver", ROLES)
def test_nobody_gives_what_isnt_theirs_to_give(giver: str) -> None:
    mine = grants.may_give(frozenset({giver}))
    for role in ROLES:
        if role not in mine:
            with pytest.raises(Problem):
                grants.check(mine, frozenset(), frozenset({role}), other_lead=True)
            with pytest.raises(Problem):
                grants.check_link(mine, frozenset({role}))


def test_the_command_gives_a_role_and_prints_a_new_way_in(app: Flask, team: dict[str, Desk]) -> None:
    run = app.test_cli_runner().invoke(args=["role", "coordinator", "reviewer"])
    assert run.exit_code == 0 and "/desk/enter#" in run.output
    both = app.test_cli_runner().invoke(args=["role", "coordinator", "reviewer", "admin"])
    assert both.exit_code != 0 and "no content" in both.output
    assert team["coordinator"].get("/desk/phones").status_code == 303  # logged out
