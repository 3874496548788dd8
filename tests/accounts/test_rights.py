"""Every route with every role: what the table doesn't give is refused, and the table names nothing that
isn't there."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import ROLES
from app.accounts.rights import ON_THE_WAY, PUBLIC, RIGHTS, right
from tests.desk import Desk, person
from tests.test_routes import RULES

GUARDED = [(method, path, endpoint) for method, path, endpoint in RULES if right(endpoint) != PUBLIC]
# They end the session they are called with.
FAREWELLS = {"accounts.logout"}


def refused(http: FlaskClient, method: str, path: str, token: str) -> bool:
    """Whether the guard stopped it: 401, 403, or sent to log in. What comes after the guard is another
    test's."""
    answer = http.open(path, method=method, headers={"X-CSRFToken": token, "Accept": "text/html"})
    to_login = answer.status_code == 303 and "/desk/login" in answer.headers["Location"]
    return answer.status_code in {401, 403} or to_login


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_gives_and_nothing_else(app: Flask, role: str) -> None:
    desk = person(app, role)
    token = desk.token()
    wrong = [
        (method, path, endpoint)
        for method, path, endpoint in GUARDED
        if endpoint not in FAREWELLS | {"accounts.later", "accounts.factor", "review.home"}
        and refused(desk.http, method, path, token) == bool(right(endpoint) & {role})
    ]
    assert wrong == []


def test_admin_and_coordinator_see_no_content() -> None:
    content = {name for name, roles in RIGHTS.items() if name.startswith("review.") and name != "review.home"}
    assert content and all(not right(name) & {"admin", "coordinator"} for name in content)


def test_the_table_names_only_what_exists(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    blueprints = {endpoint.split(".")[0] for endpoint in endpoints}
    named = set(RIGHTS) - {"home"}
    assert {name for name in named if not name.endswith(".*")} <= endpoints
    assert {name[:-2] for name in named if name.endswith(".*")} <= blueprints
    assert set().union(*ON_THE_WAY.values()) <= set(RIGHTS)


def test_a_route_that_nobody_listed_is_refused_to_everybody(app: Flask) -> None:
    app.add_url_rule("/desk/forgotten", "forgotten", lambda: "open")
    desk = person(app, *ROLES[1:], name="all of them")
    assert desk.get("/desk/forgotten").status_code == 403
    assert Desk(app.test_client()).get("/desk/forgotten").status_code == 303
