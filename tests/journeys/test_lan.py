"""`make lan` in a real Chromium: with its certificate the app works; without https it says what to do."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from passlib.totp import TOTP
from playwright.sync_api import Page, sync_playwright

from scripts.ground import PYTHON, ROOT
from tests.desk import PASSWORD
from tests.journeys.live import PATIENCE, free_port

pytestmark = pytest.mark.journey

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Room:
    """Ports of what `make lan` serves: the app over http and https, the page with the certificate."""

    instance: Path
    http: int
    https: int
    page: int


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    held = Room(tmp_path_factory.mktemp("room") / "instance", free_port(), free_port(), free_port())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
    ports = ["--https", str(held.https), "--page", str(held.page)]
    process = subprocess.Popen(
        [PYTHON, "-m", "scripts.lan", "--host", "127.0.0.1", *ports],
        cwd=ROOT,
        env={**kept, "INSTANCE": str(held.instance), "PORT": str(held.http), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    assert f"http://127.0.0.1:{held.page}/" in said
    yield held
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + rest


@pytest.fixture
def phone(room: Room, chromium: Path, tmp_path: Path) -> Iterator[Page]:
    """A browser to which `phone.test` is this machine and that trusts this one certificate."""
    leaf = x509.load_pem_x509_certificate((room.instance / "lan" / "server.pem").read_bytes())
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            headless=True,
            viewport={"width": 360, "height": 740},
            args=[
                *QUIET,
                f"--ignore-certificate-errors-spki-list={trusted}",
                "--host-resolver-rules=MAP phone.test 127.0.0.1",
            ],
        )
        yield context.new_page()
        context.close()


def test_over_https_the_app_is_a_secure_context_with_its_service_worker(room: Room, phone: Page) -> None:
    phone.goto(f"https://phone.test:{room.https}/m/")
    assert phone.evaluate("isSecureContext")
    assert phone.evaluate("!!navigator.mediaDevices?.getUserMedia && !!crypto.subtle")
    scope = phone.evaluate("navigator.serviceWorker.ready.then(found => new URL(found.scope).pathname)")
    assert scope == "/m/"


def test_over_https_somebody_logs_in_and_sends_a_form(room: Room, phone: Page) -> None:
    """Forms over https once failed, all of them, at a check of the referrer that our pages don't send."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
    made = subprocess.run(
        [PYTHON, "-m", "flask", "login-link", "admin"],
        cwd=ROOT, env={**kept, "INSTANCE": str(room.instance), "FLASK_APP": "wsgi.py"},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    secret = made.stdout.strip().rpartition("#")[2]
    desk = f"https://phone.test:{room.https}/desk"
    phone.goto(f"{desk}/enter#{secret}")
    phone.keyboard.press("Enter")
    phone.fill("#password", PASSWORD)
    phone.fill("#again", PASSWORD)
    phone.keyboard.press("Enter")
    by_hand = phone.locator("p.mono.wrap")
    by_hand.wait_for(state="attached")
    assert phone.locator("form[action*='later']").count() == 0  # not over the network
    secret = (by_hand.text_content() or "").replace(" ", "")
    phone.fill("#code", str(TOTP(key=secret).generate().token))
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/me/recovery**", wait_until="commit")
    phone.goto(f"{desk}/queue")
    find = phone.get_by_role("search").get_by_role("textbox")
    find.fill("gas")
    find.press("Enter")
    phone.get_by_role("heading", name="0 observations").wait_for()
    phone.locator("button[name=language][value=fr]").click()
    phone.locator("html[lang=fr]").wait_for()
    assert phone.evaluate("isSecureContext && document.cookie === ''")  # scripts see no session


def test_over_plain_http_it_says_so_and_does_not_half_work(room: Room, phone: Page) -> None:
    phone.goto(f"http://phone.test:{room.http}/m/")
    assert not phone.evaluate("isSecureContext")
    phone.get_by_text("make lan").first.wait_for()
    assert phone.get_by_role("button", name="Film").count() == 0


def test_the_page_with_the_certificate_can_be_read_on_a_phone(room: Room, phone: Page) -> None:
    failed: list[str] = []
    phone.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    phone.goto(f"http://127.0.0.1:{room.page}/")
    phone.get_by_role("heading", name="Ce téléphone et ce serveur").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = [link.bounding_box() for link in phone.locator("a.act").all()]
    assert all(box and box["height"] >= 56 for box in boxes)
    phone.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = phone.evaluate("axe.run().then(report => report.violations.map(one => one.id + ': ' + one.help))")
    assert found == []
    assert failed == []
