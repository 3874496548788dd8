"""The guard alone, around a small application of its own: what it adds and what it stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_babel import Babel

from app import errors, guard
from app.guard import permissions
from config import Config


def guarded(tmp_path: Path, **settings: object) -> Flask:
    app = Flask("guarded", template_folder=str(tmp_path))
    (tmp_path / "error.html").write_text("{{ code }} {{ message }}")
    app.config["TEMOIN"] = Config(instance=tmp_path, testing=True, **settings)  # type: ignore[arg-type]
    Babel(app)
    errors.init_app(app)
    guard.init_app(app)
    guard.devices_by(app, lambda: request.headers.get("Authorization"))

    @app.post("/api/enrol")
    @app.post("/api/statements")
    @app.post("/desk/form")
    @app.patch("/api/files/<_upload>")
    @app.post("/desk/login")
    def take(_upload: str = "") -> dict[str, int]:
        return {"size": len(request.get_data())}

    @app.get("/m/")
    @app.get("/desk/")
    @app.get("/static/dist/<name>")
    def page(name: str = "") -> str:
        return name

    @app.get("/desk/custody")
    def custody() -> str:
        guard.allow_webassembly()
        return ""

    @app.get("/who")
    def who() -> dict[str, str | None]:
        return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host}

    return app


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[FlaskClient]:
    with guarded(tmp_path).test_client() as client:
        yield client


def test_desk_page_has_the_narrow_policy(browser: FlaskClient) -> None:
    answer = browser.get("/desk/")
    content = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert content["default-src"] == "'none'"
    assert content["script-src"] == "'self'"
    assert content["frame-ancestors"] == content["base-uri"] == "'none'"
    assert content["form-action"] == "'self'"
    assert content["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/m/", "/static/dist/seal.worker.js", "/desk/custody"])
def test_webassembly_only_where_it_is_used(browser: FlaskClient, path: str) -> None:
    policy = browser.get(path).headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")


def test_only_the_phone_app_may_use_the_camera(browser: FlaskClient) -> None:
    allowed = browser.get("/m/").headers["Permissions-Policy"]
    for sensor in ("camera", "microphone", "geolocation"):
        assert f"{sensor}=(self)" in allowed
    assert "camera=()" in browser.get("/desk/custody").headers["Permissions-Policy"]


def test_no_name_that_browsers_warn_of() -> None:
    """`bluetooth` is a name of a specification that no browser follows: a warning on every page."""
    assert "bluetooth" not in permissions(phone=True) + permissions(phone=False)


def test_errors_carry_the_headers_too(browser: FlaskClient) -> None:
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_files_named_by_their_bytes_are_cached(browser: FlaskClient) -> None:
    assert "immutable" in browser.get("/static/dist/part-ABCD1234.js").headers["Cache-Control"]
    assert browser.get("/static/dist/page.js").headers["Cache-Control"] == "no-cache"


def test_no_strict_transport_on_localhost(tmp_path: Path) -> None:
    name = "Strict-Transport-Security"
    lan = guarded(tmp_path).test_client()
    assert name not in lan.get("/desk/", base_url="https://localhost:8443").headers
    real = guarded(tmp_path, url="https://carnet.example.org").test_client()
    assert name in real.get("/desk/", base_url="https://carnet.example.org").headers
    assert name not in real.get("/desk/", base_url="http://127.0.0.1:8000").headers


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/api/statements", 80 * 1024),
        ("POST", "/api/enrol", 32 * 1024),
        ("POST", "/desk/form", 1024 * 1024),
        ("PATCH", "/api/files/x", 3 * 1024 * 1024),
    ],
)
def test_bodies_end_at_their_limit(tmp_path: Path, method: str, path: str, limit: int) -> None:
    browser = guarded(tmp_path, max_item=3 * 1024 * 1024).test_client()
    assert browser.open(path, method=method, data=bytes(limit)).json == {"size": limit}
    refused = browser.open(path, method=method, data=bytes(limit + 1))
    assert refused.status_code == 413
    if path.startswith("/api/"):
        assert refused.json is not None
        assert refused.json["error"]["code"] == "too-large"


def test_enrolment_is_slowed_by_address(browser: FlaskClient) -> None:
    here, there = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "192.0.2.8"}
    codes = [browser.post("/api/enrol", environ_base=here).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]
    refused = browser.post("/api/enrol", environ_base=here)
    assert refused.json is not None
    assert refused.json["error"]["code"] == "too-many"
    assert refused.headers["Retry-After"] == "60"
    assert browser.post("/api/enrol", environ_base=there).status_code == 200


def test_two_hundred_phones_behind_one_address_are_not_slowed(browser: FlaskClient) -> None:
    for phone in range(200):
        token = {"Authorization": f"Bearer {phone}"}
        for _ in range(5):
            assert browser.post("/api/statements", headers=token).status_code == 200


def test_one_token_is_slowed(browser: FlaskClient) -> None:
    token = {"Authorization": "Bearer x"}
    codes = {browser.post("/api/statements", headers=token).status_code for _ in range(601)}
    assert codes == {200, 429}


def test_guessing_passwords_is_slowed(browser: FlaskClient) -> None:
    codes = [browser.post("/desk/login").status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]


def test_forwarded_headers_are_believed_only_from_known_proxies(tmp_path: Path) -> None:
    forged = {
        "X-Forwarded-For": "192.0.2.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }
    plain = guarded(tmp_path).test_client().get("/who", headers=forged).json
    assert plain == {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}
    behind = guarded(tmp_path, proxies=1).test_client().get("/who", headers=forged).json
    assert behind == {"address": "192.0.2.9", "scheme": "https", "host": "evil.example"}
