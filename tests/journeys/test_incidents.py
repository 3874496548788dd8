"""Incidents in a real Chromium: two films in step on one time line, a lane moved by eye, a sheet that two people write."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from config import Config
from tests.incidents.conftest import phones, record_first, record_second
from tests.journeys.browser import Browser
from tests.journeys.live import LiveServer, until
from tests.journeys.pictures import picture
from tests.journeys.test_desk import axe, browser, come_in
from tests.journeys.test_footage import in_english, in_french
from tests.material import photo

__all__ = ["browser"]  # a fixture: both languages, light and dark
pytestmark = pytest.mark.journey
SECONDS = 40
STILL = 14  # seconds after the start: both films run
# How far each film is from where the first one is, on the axis, and how fast each plays.
STATE = """() => {
  const films = [...document.querySelectorAll('video.on')];
  const at = (film) => Number(film.dataset.start) / 1000 + film.currentTime;
  return { off: films.map((film) => at(film) - at(films[0])), rates: films.map((film) => film.playbackRate),
           playing: films.map((film) => !film.paused), seen: films.map((film) => film.currentTime) };
}"""


def two_observers(server: LiveServer) -> None:
    from app import create_app
    from app.clock import now_ms

    app = create_app(Config(instance=server.instance, testing=True))
    one, two, _three = phones(app)
    start = (now_ms() - 7_200_000) // 60_000 * 60_000
    # It takes a photo while it films, as phones do: without a break in the film.
    record_first(one, start, SECONDS).record(STILL, "photo", photo(), mime="image/jpeg")
    record_second(two, start, SECONDS)
    waiting = "SELECT count(*) FROM item WHERE state IN ('waiting', 'opening')"
    until("the worker has opened everything", lambda: server.rows(waiting) == [(0,)])


def loaded(page: Page) -> None:
    films = "[...document.querySelectorAll('video')]"
    ready = f"{films}.every((film) => film.readyState >= 3 || film.error)"
    # Not `wait_for_function`: after its first look the page's own policy forbids what it evaluates.
    until("the films are loaded", lambda: page.evaluate(ready))


@in_english
def test_two_observers_of_one_operation(server: LiveServer, browser: Browser) -> None:
    two_observers(server)
    page = browser.open()
    come_in(page, server.login_link())
    page.goto(f"{server.url}/desk/incidents/")
    assert axe(page) == []
    picture(page, "desk-incidents")
    page.locator(".group-of button.act").click()
    page.wait_for_url(re.compile(r"/incidents/\w{3}-\w{3}$"))
    assert axe(page) == []
    incident = page.url
    in_step(page, incident)
    photo_beside(page)
    by_eye(page)
    judged(page)
    without_one_film(page, incident)
    assert [said for said in browser.problems if "Failed to load resource" not in said] == []


def in_step(page: Page, incident: str) -> None:
    page.goto(f"{incident}/together")
    loaded(page)
    assert axe(page) == []
    # Before both ran there is one picture; where both run there are two, and they play by one key.
    expect(page.locator("video.on")).to_have_count(1)
    page.locator("[data-moment][data-of='2'] [data-to]").nth(1).click()
    expect(page.locator("video.on")).to_have_count(2)
    page.locator("h1").click()
    page.keyboard.press("Space")
    until("both play", lambda: page.evaluate(STATE)["playing"] == [True, True])
    until("they are in step", lambda: abs(page.evaluate(STATE)["off"][1]) < 0.08)
    picture(page, "desk-together")
    # So far in that three tenths of a second later it still runs.
    until("the second runs for a second", lambda: page.evaluate(STATE)["seen"][1] > 1)
    # One is wanted three tenths of a second later: it gets there by playing a little slower, without a jump.
    page.evaluate(
        """() => { window.jumps = 0;
          document.querySelectorAll('video.on')[1].addEventListener('seeking', () => { window.jumps += 1; }); }"""
    )
    for _ in range(3):
        page.locator("[data-shift-form='2'] [data-nudge='100']").click()
    until("it plays slower", lambda: 0.89 < page.evaluate(STATE)["rates"][1] < 0.99)
    until("it is where it is wanted", lambda: -0.36 < page.evaluate(STATE)["off"][1] < -0.24)
    assert page.evaluate("window.jumps") == 0
    page.locator("h1").click()
    page.keyboard.press("Space")
    for _ in range(3):
        page.locator("[data-shift-form='2'] [data-nudge='-100']").click()
    page.locator("h1").click()
    until("both stand still", lambda: page.evaluate(STATE)["playing"] == [False, False])
    until("at one moment", lambda: abs(page.evaluate(STATE)["off"][1]) < 0.03)
    before = page.evaluate(STATE)["seen"]
    page.keyboard.press(".")
    until(
        "one frame on", lambda: page.evaluate(STATE)["seen"][0] == pytest.approx(before[0] + 0.04, abs=0.02)
    )
    # The line of the axis, and one voice at a time.
    assert page.locator("[data-now]").first.get_attribute("x1") != "0"
    assert page.evaluate("[...document.querySelectorAll('video.on')].map((film) => film.muted)") == [
        False,
        True,
    ]
    page.locator("[data-sound='2']").click()
    assert page.evaluate("[...document.querySelectorAll('video.on')].map((film) => film.muted)") == [
        True,
        False,
    ]


def photo_beside(page: Page) -> None:
    """A photo is shown at its moment on the common line, beside the film of who took it; the other's film goes on."""
    first, second = page.locator(".tile").nth(0), page.locator(".tile").nth(1)
    page.locator("[data-moment][data-of='2'] [data-to]").nth(1).click()
    expect(page.locator("img.on")).to_have_count(0)
    page.locator("[data-moment][data-of='1'].l-code [data-to]").click()
    expect(first.locator("img.on")).to_be_visible()
    expect(first.locator("video.on")).to_be_visible()
    expect(second.locator("img.on")).to_have_count(0)
    until("the photo has come", lambda: page.evaluate("document.querySelector('img.on').naturalWidth > 0"))
    page.locator("h1").click()
    page.keyboard.press("Space")
    one, other = page.evaluate(STATE)["seen"]
    until("the one goes on", lambda: page.evaluate(STATE)["seen"][0] > one + 0.2)
    until("and the other", lambda: page.evaluate(STATE)["seen"][1] > other + 0.2)
    page.keyboard.press("Space")
    until("both stand still", lambda: page.evaluate(STATE)["playing"] == [False, False])


def by_eye(page: Page) -> None:
    before = page.evaluate(STATE)["seen"]
    second = page.locator("[data-shift-form='2']")
    second.locator("[data-nudge='1000']").click()
    until(
        "its film stands a second earlier",
        lambda: page.evaluate(STATE)["seen"][1] == pytest.approx(before[1] - 1, abs=0.05),
    )
    second.locator("button.small:not([data-nudge])").click()
    page.wait_for_load_state()
    loaded(page)
    expect(page.locator("[data-clock-of='2'] [data-shift-said]")).to_have_text("+1.00 s")
    expect(page.locator("[data-clock-of='2']")).to_contain_text("−41.00 s")  # what was measured stays
    until("where it was left", lambda: page.evaluate(STATE)["seen"][0] == pytest.approx(before[0], abs=0.1))
    page.locator("[data-clock-of='2'] button.quiet").click()
    page.wait_for_load_state()
    expect(page.locator("[data-clock-of='2'] [data-shift-said]")).not_to_have_text("+1.00 s")


def judged(page: Page) -> None:
    question = page.locator(".meeting").first
    question.locator("input[name='note']").fill("both stood at the gate")
    question.locator("button[value='confirmed']").click()
    page.wait_for_load_state()
    expect(page.locator(".meeting .verdict .mark.good")).to_have_count(1)
    expect(page.locator(".meeting").first).to_contain_text("both stood at the gate")
    assert axe(page) == []
    page.locator(".meeting button[value='open']").click()
    page.wait_for_load_state()
    expect(page.locator(".meeting .verdict")).to_have_count(0)


def without_one_film(page: Page, incident: str) -> None:
    """A film that doesn't come doesn't hold the other up."""
    address = page.locator(".tile").nth(1).locator("video").get_attribute("src")
    assert address is not None
    page.route(re.compile(re.escape(address)), lambda route: route.abort())
    page.goto(f"{incident}/together")
    loaded(page)
    page.locator("[data-do='play']").click()
    until("the other plays", lambda: page.evaluate(STATE)["playing"] == [True])
    before = page.evaluate(STATE)["seen"][0]
    until("and goes on", lambda: page.evaluate(STATE)["seen"][0] > before + 0.5)
    # What didn't come isn't the same as nothing, here and on the page of its observation.
    expect(page.locator(".tile").nth(1).locator("[data-lost]")).to_be_visible()
    expect(page.locator(".tile").nth(1).locator("[data-empty]")).to_be_hidden()
    page.locator(".tile").nth(1).locator("h2 a").click()
    broken = page.locator(".broken").first
    expect(broken).to_be_visible()
    expect(page.locator(".cannot").first).to_be_hidden()
    assert axe(page) == []
    page.unroute_all()
    broken.get_by_role("button").click()
    expect(page.locator("video").first).to_be_visible()
    expect(broken).to_be_hidden()


@in_french
def test_a_sheet_that_two_people_write(server: LiveServer, browser: Browser) -> None:
    two_observers(server)
    page = browser.open()
    come_in(page, server.login_link())
    page.goto(f"{server.url}/desk/incidents/")
    page.locator(".group-of button.act").click()
    page.wait_for_url(re.compile(r"/incidents/\w{3}-\w{3}$"))
    incident = page.url
    page.goto(f"{incident}/sheet/edit")
    assert axe(page) == []
    other = browser.context.new_page()
    other.goto(f"{incident}/sheet/edit")

    # What observations say is ticked by keyboard; a row is added; both people save.
    for box in page.locator("[name='take']").all():
        box.focus()
        page.keyboard.press("Space")
    page.fill("[name='event.town']", "Calais")
    page.fill("[name='custody.0.person']", "person A")
    for at, (event, time, is_) in enumerate(
        [
            ("ARREST", "07:10", "EXACT"),
            ("STATION", "07:40", "ABOUT"),
            ("INTERPRETER", "08:50", "EXACT"),
            ("LAWYER", "", "DID_NOT"),
        ]
    ):
        if at:
            page.locator("[data-more='custody_events']").click()
            expect(page.locator(f"[name='custody_events.{at}.person']")).to_be_focused()
        page.fill(f"[name='custody_events.{at}.person']", "person A")
        page.select_option(f"[name='custody_events.{at}.event']", event)
        page.fill(f"[name='custody_events.{at}.day']", "2026-11-21")
        page.fill(f"[name='custody_events.{at}.time']", time)
        page.select_option(f"[name='custody_events.{at}.time_is']", is_)
    # Left half-way, by a session that ends or a browser that does: it comes back, rows and all.
    expect(page.locator("[data-sheet]")).to_have_attribute("data-kept", "yes")
    page.reload()
    expect(page.locator(".brought-back")).to_be_visible()
    expect(page.locator("[name='custody_events.2.time']")).to_have_value("08:50")
    expect(page.locator("[name='custody_events.3.time_is']")).to_have_value("DID_NOT")
    assert page.locator("[name='take']:not(:checked)").count() == 0
    picture(page, "desk-sheet-writing")
    page.locator(".keep-bar button").click()
    page.wait_for_url("**/sheet")
    expect(page.locator(".stay li")).to_have_count(4)
    expect(page.locator(".stay li").nth(2)).to_contain_text("1 h 40")
    assert axe(page) == []
    picture(page, "desk-sheet")

    other.fill("[name='event.town']", "Marck")
    other.fill("[name='said.facts']", "Seen from the bridge")
    other.locator(".keep-bar button").click()
    expect(other.locator(".conflict")).to_be_visible()
    expect(other.locator("[name='event.town']")).to_have_value("Marck")
    expect(other.locator(".clash").first).to_contain_text("Calais")
    expect(other.locator("[name='custody_events.2.time']")).to_have_value("08:50")
    expect(other.locator("[name='said.facts']")).to_have_value("Seen from the bridge")
    assert axe(other) == []
    other.locator(".keep-bar button").click()
    other.wait_for_url("**/sheet")
    expect(other.locator("article")).to_contain_text("Seen from the bridge")
    expect(other.locator("article")).to_contain_text("Marck")
    expect(other.locator(".stay li")).to_have_count(4)
    expect(other.locator(".history li")).to_have_count(2)

    # On paper there is the sheet, and nothing to press.
    other.emulate_media(media="print")
    expect(other.locator("header.top")).to_be_hidden()
    expect(other.locator(".facts-side")).to_be_hidden()
    expect(other.locator("[data-print]")).to_be_hidden()
    expect(other.locator("h1")).to_be_visible()
    assert [said for said in browser.problems if "409" not in said] == []
