"""`make demo` as a newcomer starts it: by its printed links into every main screen, by the eye of axe, in two languages
and two themes. With PICTURES set, the whole story is told and each screen is kept as a picture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.desk import PASSWORD
from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer, until
from tests.journeys.pictures import picture
from tests.journeys.test_desk import axe

pytestmark = pytest.mark.journey
WHOLE = bool(os.environ.get("PICTURES"))


class Demo(LiveServer):
    program = ("scripts.demo",) if WHOLE else ("scripts.demo", "part")
    ready = "Each link is valid once"
    patience = 480.0  # the whole story, on a machine that does other things too

    def link(self, name: str) -> str:
        """The one-time link that the start printed for somebody."""
        found = re.search(rf"^ +{name} +(http\S+/desk/enter#\S+)$", self.said, re.M)
        assert found, self.said
        return found[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    server = Demo(tmp_path_factory.mktemp("demo") / "folder")
    server.start()
    yield server
    server.stop()


@dataclass
class Look:
    """One person at the desk in one language and theme."""

    page: Page
    server: Demo
    found: list[str]

    def at(self, path: str, name: str = "", ready: str = ".demonstration") -> Page:
        """Open a page, have axe look at it once `ready` is there, and keep a picture under this name."""
        self.page.goto(f"{self.server.url}/desk/{path}")
        expect(self.page.locator(ready).first).to_be_visible()
        expect(self.page.locator(".demonstration")).to_be_visible()
        self.found += [f"{path}: {problem}" for problem in axe(self.page)]
        if name:
            self.keep(name)
        return self.page

    def keep(self, name: str) -> None:
        picture(self.page, name)


@contextmanager
def desk(play: Playwright, folder: Path, server: Demo, who: str, language: str, dark: bool) -> Iterator[Look]:
    browser = Browser(play, folder, phone=False, language=language, dark=dark)
    page = browser.open()
    come_in(page, server, who)
    look = Look(page, server, [])
    yield look
    browser.close()
    assert look.found == [], "\n".join(look.found)
    assert [said for said in browser.problems if "403" not in said] == []


def come_in(page: Page, server: Demo, who: str) -> None:
    """By the printed link the first time, by the password from then on."""
    if not (server.instance / f"{who}.in").exists():
        page.goto(server.link(who))
        page.keyboard.press("Enter")
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.keyboard.press("Enter")
        (server.instance / f"{who}.in").touch()
    else:
        page.goto(f"{server.url}/desk/login")
        page.fill("#username", who)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
    page.locator("form[action*='later'] button").click()
    page.wait_for_url("**/desk/queue")


def references(server: Demo) -> dict[str, str]:
    """By site, the reference of an observation; the pair of observers as `heron` and `sparrow`."""
    rows = server.rows(
        "SELECT d.label, o.site, o.reference FROM observation o JOIN device d ON d.id = o.device_id ORDER BY o.started_at"
    )
    found = {str(site): str(reference) for _label, site, reference in rows if site}
    newest = {str(label): str(reference) for label, _site, reference in rows}
    return found | {"heron": newest["Heron"], "sparrow": newest["Sparrow"]}


def incident(server: Demo) -> str:
    """The reference of the incident of the two observers."""
    ((reference,),) = server.rows(
        "SELECT i.reference FROM incident i JOIN incident_member m ON m.incident_id = i.id"
        " JOIN observation o ON o.id = m.observation_id JOIN device d ON d.id = o.device_id WHERE d.label = 'Heron' LIMIT 1"
    )
    return str(reference)


def film(server: Demo) -> str:
    """The film that a number was read from: its upload."""
    ((item,), *_more) = server.rows("SELECT media FROM reading WHERE crop IS NOT NULL ORDER BY id LIMIT 1")
    return str(item)


def beside(server: Demo) -> str:
    """The page of two sightings that may be of one officer: of two mornings, or in the small part of one."""
    rows = server.rows(
        "SELECT s.id FROM sighting s JOIN observation o ON o.id = s.observation_id WHERE s.pattern = '0000012'"
        " ORDER BY o.started_at"
    )
    return f"sightings/{rows[-1][0]}/beside/{rows[0][0]}"


def both_running(page: Page) -> None:
    """At a moment at which both observers were filming."""
    page.get_by_role("link", name="06:39:34").or_(page.get_by_role("button", name="06:39:34")).first.click()
    expect(page.locator("video:visible")).to_have_count(2)
    drawn(page)
    page.evaluate("scrollTo(0, 0)")


def drawn(page: Page) -> None:
    """Until pictures and films on the page have been drawn."""
    until("the film shows a frame", lambda: page.evaluate(
        "[...document.querySelectorAll('video')].every((v) => !v.checkVisibility() || v.readyState >= 2)"
    ))  # fmt: skip


def test_a_lead_looks_around_in_english(demo: Demo, tmp_path: Path) -> None:
    with playing() as play, desk(play, tmp_path / "light", demo, "lead", "en", False) as look:
        look.at("queue?show=all", "desk-queue")
        page = look.at(f"o/{references(demo)['heron']}")
        page.get_by_role("navigation", name="Media").get_by_role("link").first.click()
        page.locator("[data-seek]").first.click()
        drawn(page)
        page.evaluate("scrollTo(0, 0)")
        look.keep("desk-observation")
        look.at("sites")
        look.at("sites/new")
        look.at(f"incidents/{incident(demo)}/sheet", "desk-sheet")
        page = look.at("look-up")
        page.fill("#number", "00?00?2")
        page.fill("#purpose", "complaint about the morning at BX")
        page.locator("form.look-up button.act, main form button.act").first.click()
        expect(page.locator("td .rio").first).to_be_visible()
        look.found += axe(page)
        look.keep("desk-look-up")


def test_a_lead_looks_around_in_french_in_the_dark(demo: Demo, tmp_path: Path) -> None:
    with playing() as play, desk(play, tmp_path / "dark", demo, "lead", "fr", True) as look:
        page = look.at("map")
        map_by_keyboard(page)
        page.locator(".place-group", has_text="BX, Calais").locator("[data-map-to]").click()
        page.locator("[data-map-do='out']").click()
        look.keep("desk-map")
        page = look.at(f"incidents/{incident(demo)}/together")
        both_running(page)
        look.keep("desk-together")
        look.at(f"incidents/{incident(demo)}")
        # Taller for axe: a field that lies half under the bar at the bottom counts as too small until one scrolls.
        look.page.set_viewport_size({"width": 1280, "height": 1200})
        page = look.at(f"footage/{film(demo)}", ready=".footage.ready")
        page.set_viewport_size({"width": 1280, "height": 800})
        drawn(page)
        look.keep("desk-footage")
        look.at("queue")
        look.at(beside(demo), "desk-candidates")


def map_by_keyboard(page: Page) -> None:
    """Zoomed and moved without a mouse; a mark leads to its lines, and a place of the list to the map."""
    sheet = page.locator("svg[data-map]")
    bar = sheet.locator("[data-bar]:not([hidden]) text")
    far = bar.text_content()
    sheet.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert bar.text_content() != far
    ground = sheet.locator("[data-ground]")
    before = ground.get_attribute("transform")
    page.keyboard.press("ArrowLeft")
    assert ground.get_attribute("transform") != before
    page.keyboard.press("0")
    assert bar.text_content() == far
    page.locator("[data-map-to]").first.click()
    mark = sheet.locator("a.spot-mark:not([hidden])").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".spot.lit").first).to_be_visible()
    assert page.evaluate("document.activeElement.closest('.spot.lit') !== null")
    page.locator("[data-map-do='all']").click()


def test_a_reviewer_looks_around(demo: Demo, tmp_path: Path) -> None:
    with playing() as play, desk(play, tmp_path / "reviewer", demo, "reviewer", "en", False) as look:
        for path in (
            "queue",
            "queue?show=all",
            "map",
            "sites",
            "incidents/",
            "look-up",
            f"o/{references(demo)['C9']}",
        ):
            look.at(path)
        page = look.at("sites")
        page.locator("tbody a").first.click()
        assert axe(page) == []


def test_the_map_asks_nobody_else(demo: Demo, tmp_path: Path) -> None:
    with playing() as play, desk(play, tmp_path / "asks", demo, "lead", "en", False) as look:
        asked: list[str] = []
        look.page.on("request", lambda request: asked.append(request.url))
        look.at("map")
        assert asked and [url for url in asked if not url.startswith(demo.url)] == []


def test_a_narrow_window_loses_nothing(demo: Demo, tmp_path: Path) -> None:
    with playing() as play, desk(play, tmp_path / "narrow", demo, "lead", "fr", False) as look:
        look.page.set_viewport_size({"width": 360, "height": 740})
        for path in (
            "map", "sites", "sites/new", "queue?show=all", "incidents/", "look-up", "look-ups", "unidentified", "status",
            f"o/{references(demo)['heron']}", f"incidents/{incident(demo)}/together",
        ):  # fmt: skip
            page = look.at(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
