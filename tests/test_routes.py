"""Every address of the application: a right in the table, nothing for strangers, the headers of the house."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app import create_app
from app.accounts.rights import PUBLIC, RIGHTS, right
from app.db import db
from app.keys import keys
from config import Config

# What a stranger may ask for. A new name here needs a reason: nothing of anybody behind it.
OPEN = {"static", "home", "enrol.*", "intake.*", "phone.*"}
OPEN |= {"accounts.login", "accounts.enter", "accounts.language"}
# Phones before they have a token.
WITHOUT_TOKEN = {("GET", "/api/time"), ("POST", "/api/enrol")}


def every_rule() -> list[tuple[str, str, str]]:
    """(method, address, endpoint) of all routes, with something in the place of each variable."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config(instance=Path(folder) / "instance", testing=True))
        return [
            (method, filled(rule), rule.endpoint)
            for rule in app.url_map.iter_rules()
            for method in sorted(rule.methods or ())
            if method not in {"HEAD", "OPTIONS"} or rule.methods == {"HEAD"}
        ]


def filled(rule: Rule) -> str:
    return re.sub(r"<(?:any\(\"?([^\",)]+)[^>]*|int:[^>]+|[^>]+)>", lambda match: match[1] or "1", rule.rule)


RULES = every_rule()
PHONES = [
    (method, path)
    for method, path, _ in RULES
    if path.startswith("/api/") and (method, path) not in WITHOUT_TOKEN
]
TUS = {"Tus-Resumable": "1.0.0"}  # without it a tus address answers 412 before it looks at anything
names = pytest.mark.parametrize(("method", "path", "endpoint"), RULES, ids=lambda part: str(part))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """With the keys that `flask setup` makes, so that a refusal is a refusal and no missing file."""
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
        keys().make("Organisation")
    yield app.test_client()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_what_is_open_to_strangers_is_what_stands_here() -> None:
    assert {name for name, roles in RIGHTS.items() if roles == PUBLIC} == OPEN


@names
def test_every_address_has_a_right(method: str, path: str, endpoint: str) -> None:
    assert right(endpoint), f"{endpoint} isn't in the table of rights: refused to everybody"


@names
def test_strangers_get_nothing(stranger: FlaskClient, method: str, path: str, endpoint: str) -> None:
    with stranger.open(path, method=method, headers=TUS) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store" or path.startswith("/static/")
        if path.startswith("/api/"):
            assert answer.status_code == 401 or (method, path) in WITHOUT_TOKEN
        elif right(endpoint) != PUBLIC:
            to_login = answer.status_code == 303 and "/desk/login" in answer.headers["Location"]
            assert to_login or answer.status_code in {400, 401, 403}
        else:
            assert answer.status_code < 500


@pytest.mark.parametrize(("method", "path"), PHONES)
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer " + "0" * 43, "Basic dDp0", "Bearer \u00e9"])
def test_a_strangers_token_gets_nothing(stranger: FlaskClient, method: str, path: str, token: str) -> None:
    with stranger.open(path, method=method, headers={**TUS, "Authorization": token}) as answer:
        assert answer.status_code == 401
        if method != "HEAD":
            assert answer.json is not None
            assert set(answer.json["error"]) == {"code", "message"}
