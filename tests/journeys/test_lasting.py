"""Storage that the browser promises to keep: asked for by a press in Get ready, else quietly at the first recording."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import playing
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp

pytestmark = pytest.mark.journey


def decides(phone: PhoneApp, setting: str) -> None:
    """What this browser will answer; Chromium decides by itself and asks nobody."""
    devtools = phone.browser.context.new_cdp_session(phone.page)
    permission = {"name": "persistent-storage"}
    devtools.send(
        "Browser.setPermission", {"permission": permission, "setting": setting, "origin": phone.url}
    )


COUNTING = """() => {
  const persist = StorageManager.prototype.persist;
  globalThis.asked = 0;
  StorageManager.prototype.persist = function () {
    globalThis.asked += 1;
    return persist.call(this);
  };
}"""


def asked(phone: PhoneApp) -> int:
    """How often this page has asked the browser, since `COUNTING` ran in it."""
    times: int = phone.page.evaluate("asked")
    return times


def test_asked_for_by_a_press(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        phone.enrol(server.invite())
        allow = phone.button("Allow: Lasting storage")
        phone.page.evaluate(COUNTING)
        decides(phone, "denied")
        allow.click()
        expect(phone.page.get_by_text("Not granted. What is recorded is kept", exact=False)).to_be_visible()
        decides(phone, "granted")
        allow.click()
        granted = phone.page.get_by_text("Granted: the browser keeps what is stored.", exact=False)
        expect(granted).to_be_visible()
        assert asked(phone) == 2
        phone.page.reload()
        expect(granted).to_be_visible()
        phone.page.goto(f"{server.url}/m/#/sync")
        expect(phone.page.get_by_text("The browser keeps what lies here", exact=False)).to_be_visible()
        phone.browser.close()


def test_asked_for_at_the_first_recording(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        phone.enrol(server.invite())
        phone.home()
        phone.page.evaluate(COUNTING)
        phone.photo()
        until("it was asked", lambda: asked(phone) == 1)
        phone.photo()
        assert asked(phone) == 1
        phone.page.goto(f"{server.url}/m/#/sync")
        expect(phone.page.get_by_text("The browser may clear what lies here", exact=False)).to_be_visible()
        phone.browser.close()
