"""Every screen and panel of the phone, and every page for people, by the eye of axe: both languages, dark and light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp
from tests.journeys.test_desk import axe, come_in, filled

pytestmark = pytest.mark.journey
LOOKS = [("en", "light"), ("fr", "dark")]  # contrast hangs on the theme, lengths of words on the language
SCREENS = (
    "home",
    "ready",
    "photo",
    "import",
    "observation",
    "earlier",
    "sync",
    "settings",
    "help",
    "rights",
    "vault",
)
WORDS = {
    "en": {"count": "Count", "quote": "Quote", "note": "Note", "unit": "Unit, vehicle", "more": "More", "stop": "Stop",
           "cover": "Cover", "film": "Film"},
    "fr": {"count": "Compte", "quote": "Citation", "note": "Note", "unit": "Unité, véhicule", "more": "Plus",
           "stop": "Arrêter", "cover": "Couvrir", "film": "Film"},
}  # fmt: skip


class Eye:
    """Collects what axe finds, with the place where it found it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        self.seen = 0

    def look(self, place: str) -> None:
        # Colours are judged as they stay, not half-way through a transition.
        self.page.evaluate(
            """Promise.all(document.getAnimations()
                .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
                .map((one) => one.finish()))"""
        )
        self.found += [f"{place}: {problem}" for problem in axe(self.page)]
        self.seen += 1


def wear(page: Page, language: str, theme: str) -> None:
    """The app's own settings, as its switches keep them."""
    page.evaluate(
        """([language, theme]) => {
          localStorage.setItem('language', language);
          const kept = JSON.parse(localStorage.getItem('prefs') ?? '{}');
          localStorage.setItem('prefs', JSON.stringify({ ...kept, theme, ready: true }));
        }""",
        [language, theme],
    )
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


def show(page: Page, screen: str) -> None:
    page.evaluate("(screen) => { location.hash = `#/${screen}`; }", screen)
    expect(page.locator("#app h1")).to_have_count(1)
    until(f"the screen {screen}", lambda: page.evaluate("location.hash") == f"#/{screen}")


def panels(eye: Eye, words: dict[str, str]) -> None:
    """What opens over the screen of an observation and over a recording."""
    page = eye.page
    tools = page.locator(".tools")
    for name in ("count", "quote", "note"):
        tools.get_by_role("button", name=words[name], exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        eye.look(f"panel {name}")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    tools.get_by_role("button", name="Codes", exact=True).click()
    eye.look("panel codes")
    page.keyboard.press("Escape")
    tools.get_by_role("button", name="RIO", exact=True).click()
    pad = page.get_by_role("dialog")
    expect(pad).to_be_visible()
    eye.look("pad")
    page.keyboard.type("12?45")
    eye.look("pad with digits")
    for name in ("more", "unit"):
        pad.get_by_role("button", name=words[name], exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(2)
        eye.look(f"pad, {name}")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")  # something was typed: a second, clear question
    expect(page.locator("dialog.question")).to_be_visible()
    eye.look("question")
    page.locator("dialog.question .danger").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def recording(eye: Eye, words: dict[str, str]) -> None:
    page = eye.page
    show(page, "home")
    page.get_by_role("button", name=words["film"], exact=True).click()
    stop = page.get_by_role("button", name=words["stop"], exact=True)
    expect(stop).to_be_visible()
    eye.look("recording")
    panels(eye, words)
    page.get_by_role("button", name=words["cover"], exact=True).click()
    expect(page.locator("dialog.cover")).to_be_visible()
    eye.look("cover")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.cover")).to_have_count(0)
    stop.click()
    expect(page.get_by_role("button", name=words["film"], exact=True)).to_be_visible()


def test_every_screen_and_panel_of_the_phone(server: LiveServer, tmp_path: Path) -> None:
    secret = server.invite("phone 1")
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        page, eye = phone.page, Eye(phone.page)
        page.goto(f"{server.url}/m/")
        for language, theme in LOOKS:
            wear(page, language, theme)
            expect(page.locator("#app h1")).to_have_count(1)
            eye.look(f"before enrolment, {language}, {theme}")
            for path in ("insecure", "old"):
                page.goto(f"{server.url}/m/{path}")
                eye.look(path)
            page.goto(f"{server.url}/m/")
        wear(page, "en", "dark")
        page.goto("about:blank")
        phone.enrol(secret)
        eye.look("get ready, at first")
        phone.home()
        phone.photo()
        phone.rio("12?45?7")
        phone.note("seen by axe")
        for language, theme in LOOKS:
            wear(page, language, theme)
            for screen in SCREENS:
                show(page, screen)
                eye.look(f"{screen}, {language}, {theme}")
            show(page, "earlier")
            page.get_by_role("main").get_by_role("button").filter(has_text="-").first.click()
            until("one of earlier", lambda: page.evaluate("location.hash").startswith("#/earlier/"))
            expect(page.locator("#app h1")).to_have_count(1)
            eye.look(f"one of earlier, {language}, {theme}")
            recording(eye, WORDS[language])
        phone.browser.close()
    assert eye.found == [], "\n".join(eye.found)
    over_a_recording = 11
    assert eye.seen == 1 + len(LOOKS) * (3 + len(SCREENS) + 1 + over_a_recording)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Browser]:
    with playing() as play:
        browser = Browser(play, tmp_path / "desk", phone=False)
        yield browser
        browser.close()


def test_every_page_for_people(server: LiveServer, desk: Browser) -> None:
    reference = filled(server)
    page = desk.open()
    eye = Eye(page)
    come_in(page, server.login_link())
    ((device,),) = server.rows("SELECT id FROM device")
    ((user,),) = server.rows("SELECT id FROM user")
    sighting = server.rows("SELECT id FROM sighting")[0][0]
    read_from = [
        f"footage/{item}" for (item,) in server.rows("SELECT id FROM item WHERE kind IN ('film', 'photo')")
    ]
    ((observation,),) = server.rows(f"SELECT id FROM observation WHERE reference = '{reference}'")
    paths = (
        "queue", "queue?show=all", "queue?show=trial", "incidents/", f"o/{reference}", "look-up", "unidentified", f"sightings/{sighting}", "phones", f"phones/{device}/revoke",
        "people", f"people/{user}", "look-ups", "me/recovery", "status", "custody", "rights", "me", "nothing-here", f"withdraw/{observation}",
        *read_from,
    )  # fmt: skip
    for language, theme in LOOKS:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.goto(f"{server.url}/desk/me")
        if page.locator("html").get_attribute("lang") != language:
            page.locator(f"button[name=language][value={language}]").click()
            expect(page.locator("html")).to_have_attribute("lang", language)
        for path in paths:
            page.goto(f"{server.url}/desk/{path}")
            eye.look(f"{path}, {language}, {theme}")
        page.goto(f"{server.url}/desk/o/{reference}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        eye.look(f"reports open, {language}, {theme}")
        # Answers to forms: found, not found, an invitation, a form that was not filled in.
        page.goto(f"{server.url}/desk/queue")
        search = page.get_by_role("search").get_by_role("textbox")
        search.fill("gas")
        search.press("Enter")
        eye.look(f"found, {language}, {theme}")
        page.goto(f"{server.url}/desk/phones")
        page.fill("#label", f"{language} {theme}")
        page.locator("form.invite button").click()
        eye.look(f"invited, {language}, {theme}")
        page.goto(f"{server.url}/desk/rights")
        page.locator("#fr").fill("no heading")
        page.locator("form:has(#fr) button.act").click()
        expect(page.locator(".error").first).to_be_visible()
        eye.look(f"a form with an error, {language}, {theme}")
        page.goto(f"{server.url}/desk/withdraw/{observation}")
        page.locator("#reason").fill("asked for")
        page.locator("form:has(#reason) button.act").click()
        expect(page.locator("button.danger")).to_be_visible()
        eye.look(f"before it is withdrawn, {language}, {theme}")
    page.locator("button.danger").click()
    expect(page.get_by_role("heading", name=reference)).to_be_visible()
    for language, theme in LOOKS:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        eye.look(f"withdrawn, {language}, {theme}")
    assert eye.found == [], "\n".join(eye.found)
    assert json.dumps(desk.problems).count("404") == len(desk.problems) - desk_refusals(desk)


def desk_refusals(desk: Browser) -> int:
    """Answers of 422 that the console names: the form that wasn't filled in."""
    return sum("422" in said for said in desk.problems)
