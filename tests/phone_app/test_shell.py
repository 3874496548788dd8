"""What a phone loads before it knows who it is: the same for everybody, and whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.keys import keys
from app.phone.views import ICONS
from config import Config

ROOT = Path(__file__).resolve().parents[2]


def fetch(client: FlaskClient, address: str) -> TestResponse:
    """The answer, read and closed: files are streamed."""
    answer = client.get(address)
    answer.get_data()
    answer.close()
    return answer


@pytest.fixture(autouse=True)
def with_keys(app: Flask) -> None:
    """A page for people, "not found" too, says whether the keys are for practice."""
    with app.app_context():
        keys().make("Organisation")


@pytest.fixture
def built(app: Flask, tmp_path: Path) -> FlaskClient:
    """The application over a static folder with a small build in it."""
    static = tmp_path / "static"
    (static / "dist").mkdir(parents=True)
    (static / "m").symlink_to(ROOT / "static" / "m")
    parts = ["part-AAAA1111.js", "part-BBBB2222.js", "part-DESK3333.js"]
    files = ["desk.js", "page.js", *parts, "seal.worker.js", "sw.js", "vault.worker.js"]
    loads = {"page.js": parts[0], parts[0]: parts[1], "desk.js": parts[2]}
    for name in files:
        (static / "dist" / name).write_text(f'import("./{loads[name]}")' if name in loads else f"// {name}\n")
    (static / "dist" / "build.json").write_text(json.dumps({"build": "0123456789abcdef", "files": files}))
    app.static_folder = str(static)
    return app.test_client()


def test_the_shell_is_the_same_for_everybody(client: FlaskClient) -> None:
    plain = client.get("/m/").data
    client.set_cookie("session", "somebody")
    again = client.get("/m/", headers={"Accept-Language": "fr", "Authorization": "Bearer x"})
    assert again.data == plain
    assert "Set-Cookie" not in again.headers


def test_the_shell_has_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/m/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", page)
    assert not re.search(r"""(?:src|href)=["'](?!/)""", page)


def test_dark_is_painted_before_any_script(client: FlaskClient) -> None:
    page = client.get("/m/").text
    assert 'data-theme="dark"' in page
    css = (ROOT / "static" / "m" / "app.css").read_text()
    assert re.search(r":root \{[^}]*color-scheme: dark;[^}]*--ground: #0b0d0e;", css)


@pytest.mark.parametrize("address", ["/m/insecure", "/m/old"])
def test_pages_that_explain_work_without_scripts_and_in_both_languages(
    client: FlaskClient, address: str
) -> None:
    page = client.get(address).text
    assert "<script" not in page
    assert '<html lang="en"' in page and '<div lang="fr">' in page


def test_the_insecure_page_names_the_https_address_where_there_is_one(config: Config) -> None:
    app = create_app(replace(config, url="https://carnet.example.org"))
    assert 'href="https://carnet.example.org/m/"' in app.test_client().get("/m/insecure").text
    assert "href=" not in create_app(config).test_client().get("/m/insecure").text.split("<body>")[1]


@pytest.mark.parametrize("name", ["sw.js", "seal.worker.js", "vault.worker.js"])
def test_workers_lie_in_the_scope_and_are_asked_for_anew(built: FlaskClient, name: str) -> None:
    answer = fetch(built, f"/m/{name}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert re.search("no-cache|no-store", answer.headers["Cache-Control"])
    assert "'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["desk.js", "build.json", "page.js", "..%2fconfig.py", "other.worker.js"])
def test_nothing_else_is_served_there(built: FlaskClient, name: str) -> None:
    assert fetch(built, f"/m/{name}").status_code == 404


def test_before_the_build_workers_and_list_are_missing_not_broken(app: Flask, tmp_path: Path) -> None:
    app.static_folder = str(tmp_path)
    client = app.test_client()
    assert client.get("/m/sw.js").status_code == 404
    assert client.get("/m/shell.json").status_code == 404


def test_the_list_of_files_is_complete_and_every_file_is_there(built: FlaskClient) -> None:
    shell = built.get("/m/shell.json").get_json()
    assert shell["build"] == "0123456789abcdef"
    assert "/m/seal.worker.js" in shell["files"] and "/static/dist/page.js" in shell["files"]
    assert {"/static/dist/part-AAAA1111.js", "/static/dist/part-BBBB2222.js"} <= set(shell["files"])
    assert not [name for name in shell["files"] if "desk" in name.lower() or name.endswith("sw.js")]
    for address in shell["files"]:
        assert fetch(built, address).status_code == 200, address
    # What the first page asks for must be in the list, or the app would not open offline.
    asked = set(re.findall(r"""(?:src|href)="(/[^"]+)\"""", built.get("/m/").text))
    assert asked <= set(shell["files"])


@pytest.mark.parametrize("icon", [*ICONS, "unheard-of"])
def test_the_manifest_takes_name_and_icon_from_the_settings(config: Config, icon: str) -> None:
    client = create_app(replace(config, app_name="Notes", app_icon=icon)).test_client()
    manifest = client.get("/m/manifest.webmanifest").get_json(force=True)
    assert manifest["name"] == manifest["short_name"] == "Notes"
    assert manifest["scope"] == manifest["start_url"] == manifest["id"] == "/m/"
    for each in manifest["icons"]:
        picture = fetch(client, each["src"])
        assert picture.mimetype == "image/png"
        side = int(each["sizes"].split("x")[0])
        assert int.from_bytes(picture.data[16:20], "big") == side


def test_the_default_name_says_nothing(client: FlaskClient) -> None:
    texts = client.get("/m/").text + client.get("/m/manifest.webmanifest").text
    assert "Carnet" in texts
    assert not re.search("t[ée]moin|witness|evidence|police", texts, re.IGNORECASE)


def test_the_organisations_card_of_rights_or_none(client: FlaskClient, config: Config) -> None:
    assert client.get("/m/rights.json").status_code == 204
    card = {"draft": "Checked by our lawyer.", "date": "2026-11-01", "parts": []}
    (config.instance / "rights.json").write_text(json.dumps({"en": card, "fr": card}))
    answer = client.get("/m/rights.json")
    assert answer.mimetype == "application/json"
    assert answer.get_json()["fr"]["draft"] == "Checked by our lawyer."
