"""Before something could be lost the phone asks: clearly, the safe answer first, and twice where nobody else has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import playing
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp

pytestmark = pytest.mark.journey


def question(page: Page, words: str) -> Locator:
    """The dialog that asks this, as a screen reader names it; its first answer, the safe one, has the focus."""
    asked = page.get_by_role("dialog", name=re.compile(words))
    expect(asked).to_be_visible()
    expect(asked.get_by_role("button").first).to_be_focused()
    return asked


def test_what_nobody_else_has_goes_only_after_two_questions(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        page = phone.page
        phone.enrol(server.invite())
        phone.installed()
        phone.home()
        phone.waiting(0)
        server.stop()
        phone.photo()
        phone.button("Earlier").click()
        page.get_by_role("main").get_by_role("button", name=re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}")).click()
        page.get_by_role("button", name=re.compile("^Photo")).click()
        remove = phone.button("Remove from this phone")

        # The safe answers, by the keyboard alone: whoever only presses Enter loses nothing.
        remove.first.press("Enter")
        question(page, "The server does not have this yet")
        page.keyboard.press("Enter")
        remove.first.press("Enter")
        question(page, "The server does not have this yet")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        last = question(page, "Nobody else has this")
        expect(last.get_by_role("button")).to_have_text(["Keep it", "Remove for good"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name=re.compile("Nobody else"))).to_have_count(0)
        expect(remove).to_be_visible()

        remove.click()
        question(page, "The server does not have this yet").get_by_role("button", name="Remove").click()
        question(page, "Nobody else has this").get_by_role("button", name="Remove for good").click()
        expect(page.get_by_text("None on this phone.")).to_be_visible()
        server.start()
        page.goto(f"{server.url}/m/#/home")
        phone.waiting(0)
        phone.browser.close()
    until("the removal is known", lambda: server.rows("select count(*) from deletion") == [(1,)])
    assert server.rows("select count(*) from item where kind='photo'") == [(0,)]


def test_letting_go_at_once_is_asked_about(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        page = phone.page
        phone.enrol(server.invite())
        phone.home()
        page.goto(f"{server.url}/m/#/settings")
        covered = page.get_by_role("radio", name=re.compile("^After the backup"))
        at_once = page.get_by_role("radio", name=re.compile("^At once after receipt"))
        expect(covered).to_be_checked()
        at_once.click()
        question(page, "only copy until its backup").get_by_role("button", name="Wait for the backup").click()
        expect(covered).to_be_checked()
        assert chosen(page) is None
        at_once.click()
        question(page, "only copy until its backup").get_by_role("button", name="Let go at once").click()
        until("it is kept", lambda: chosen(page) == "at-once")
        page.reload()
        expect(at_once).to_be_checked()
        # Back without a question: that way nothing can be lost.
        covered.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        until("it is kept", lambda: chosen(page) == "covered")
        phone.browser.close()


def chosen(page: Page) -> str | None:
    """The policy that this phone keeps, or None: never chosen."""
    kept: str | None = page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open('temoin');
          opening.onsuccess = () => {
            const asked = opening.result.transaction('kept').objectStore('kept').get('release');
            asked.onsuccess = () => done(asked.result ?? null);
            opening.result.close();
          };
        })"""
    )
    return kept
