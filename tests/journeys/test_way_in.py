"""The way in, in a real Chromium: a passkey of its virtual authenticator, recovery codes, and an idle session that ends
without taking a half-filled form with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk import PASSWORD
from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer, until
from tests.journeys.test_desk import axe, come_in, filled

pytestmark = pytest.mark.journey
MINUTE = 60_000
expect.set_options(timeout=30_000)  # the machine may be busy with other tests


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with playing() as play:
        browser = Browser(play, tmp_path / "profile", phone=False)
        yield browser
        browser.close()


def authenticator(page: Page) -> None:
    """A passkey's home inside this browser, by Chromium's own protocol."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


def log_in(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/desk/login")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/code**", wait_until="commit")


def log_out(page: Page) -> None:
    page.locator("form[action$='/logout'] button").click()
    page.wait_for_url("**/desk/login", wait_until="commit")


def test_a_passkey_and_a_recovery_code_each_let_somebody_in(
    first_start: LiveServer, browser: Browser
) -> None:
    server, page = first_start, browser.open()
    authenticator(page)
    page.goto(server.printed_link())
    page.keyboard.press("Enter")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/me/recovery**", wait_until="commit")
    assert axe(page) == []
    page.get_by_role("button", name="Make ten codes").click()
    codes = page.locator("#codes li").all_text_contents()
    assert len(codes) == 10 and axe(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert Path(waiting.value.path()).read_text().split() == codes
    page.get_by_role("link", name="I have kept them").click()

    log_out(page)
    log_in(page, server)
    assert axe(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/desk/queue", wait_until="commit")

    log_out(page)
    log_in(page, server)
    page.fill("#code", codes[0].lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/queue", wait_until="commit")
    expect(page.get_by_text("9 recovery codes are left")).to_be_visible()
    page.goto(f"{server.url}/desk/me")
    assert axe(page) == []
    assert browser.problems == []


def aged(server: LiveServer, minutes: float) -> None:
    """As if nobody had been there for so long: the server's clock of this session is moved, not waited for."""
    with closing(sqlite3.connect(server.instance / "temoin.sqlite", timeout=30)) as database, database:
        database.execute("UPDATE desk_session SET seen_at = seen_at - ?", (int(minutes * MINUTE),))


def warned(page: Page) -> bool:
    """Whether the page warns, a minute later by its clock."""
    page.clock.run_for(MINUTE)
    return page.locator("#idle").is_visible()


def test_an_idle_session_warns_ends_and_gives_the_form_back(server: LiveServer, browser: Browser) -> None:
    reference = filled(server)
    page = browser.open()
    page.clock.install()
    come_in(page, server.login_link())
    page.goto(f"{server.url}/desk/o/{reference}")
    note = page.locator("#notes textarea")
    note.fill("half of a thought")
    page.clock.run_for(2_000)
    until("the draft is kept", lambda: server.rows("SELECT count(*) FROM draft") == [(1,)])
    held = [path.read_bytes() for path in server.instance.glob("temoin.sqlite*")]
    assert not [data for data in held if b"half of a thought" in data]
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "half" not in stored

    # Somebody typed since the page came: no warning yet, the session goes on by itself.
    with page.expect_response("**/desk/idle"):
        page.clock.run_for(28 * MINUTE + 1_000)
    expect(page.locator("#idle")).to_be_hidden()
    aged(server, 28.5)
    # The page plans anew once it has read that answer: minute by minute, until it warns.
    until("the warning", lambda: warned(page))
    assert axe(page) == []
    aged(server, 2)
    page.clock.run_for(2 * MINUTE + 1_000)
    page.wait_for_url("**/desk/login?next=**", wait_until="commit")
    assert "half of a thought" not in page.content()

    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("form[action*='later'] button").click()
    page.wait_for_url(f"**/desk/o/{reference}", wait_until="commit")
    expect(note).to_have_value("half of a thought")
    expect(page.get_by_text("This is what you had typed before.")).to_be_visible()
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".note .text")).to_have_text("half of a thought")
    expect(note).to_have_value("")
    assert server.rows("SELECT count(*) FROM draft") == [(0,)]
