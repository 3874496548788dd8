"""The desk in a real Chromium: every page by keyboard and by eye of axe, the player, custody from key to
proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config import ROOT, Config
from tests.desk import PASSWORD
from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer, until
from tests.material import film, photo
from tests.review.conftest import record

pytestmark = pytest.mark.journey
expect.set_options(timeout=30_000)  # the machine may be busy with other tests
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN_AXE = """rules => axe.run({runOnly: rules}).then(({violations}) =>
  violations.map(({id, nodes}) => `${id} at ${nodes.map(({target}) => target).join(", ")}`))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page: Page) -> list[str]:
    """What axe-core finds on this page, in words."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE, RULES)
    return found


@pytest.fixture(params=[("en", False), ("fr", True)], ids=["English, light", "French, dark"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    language, dark = request.param
    with playing() as play:
        browser = Browser(play, tmp_path / "profile", phone=False, language=language, dark=dark)
        yield browser
        browser.close()


def filled(server: LiveServer) -> str:
    """An observation on the live server, sent by a test phone; its reference once it is opened."""
    from app import create_app
    from tests.phone import make_phone

    app = create_app(Config(instance=server.instance, testing=True))
    scene = record(make_phone(app), opened=False)
    count = "SELECT count(*) FROM item WHERE state IN ('waiting', 'opening')"
    until("the worker has opened everything", lambda: server.rows(count) == [(0,)])
    ((reference,),) = server.rows(f"SELECT reference FROM observation WHERE id = '{scene.seen.id}'")
    return str(reference)


def come_in(page: Page, link: str) -> None:
    page.goto(link)
    assert "#" not in page.url  # the secret is out of the address at once
    page.keyboard.press("Enter")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".qr svg")).to_be_visible()
    assert axe(page) == []
    page.locator("form[action*='later'] button").click()
    page.wait_for_url("**/desk/queue")


# Where the focus stands, in a word for each part of a page.
PART = """() => {
  const here = document.activeElement;
  const parts = ['.skip', '.brand', '.find', '.top nav', '.practice', '.tabs', '.side', '.middle', '.facts-side', '.rows', '.foot'];
  return parts.find((part) => here.closest(part)) ?? here.tagName;
}"""


def focus_order(page: Page) -> list[str]:
    """The parts of a page in the order in which the Tab key goes through them."""
    passed: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        part = str(page.evaluate(PART))
        if part == "BODY" or (part == ".skip" and passed):
            break
        if not passed or passed[-1] != part:
            passed.append(part)
    return passed


def height(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return float(box["height"])


TOP = [".skip", ".brand", ".find", ".top nav", ".practice"]


def test_the_desk(server: LiveServer, browser: Browser) -> None:
    assert photo() and film()
    reference = filled(server)
    page = browser.open()
    page.goto(f"{server.url}/desk/login")
    assert axe(page) == []
    come_in(page, server.login_link())

    # All that an account may do that is admin and lead stands in one line; on a phone nothing is cut off.
    assert page.locator(".top nav a").count() == 6
    assert height(page, ".top") < 60
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "[...document.querySelectorAll('.top nav a')].every((a) => a.getBoundingClientRect().right <= innerWidth)"
    )
    page.set_viewport_size({"width": 1280, "height": 800})

    # Found by its spoken reference, opened and played by keyboard.
    assert axe(page) == []
    assert focus_order(page) == [*TOP, ".tabs", ".rows", ".foot"]
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("a[data-line]").first).to_be_focused()

    # The next that nobody has, taken in hand: one key each.
    page.reload()
    page.keyboard.press("n")
    expect(page.locator("a[data-line]").first).to_be_focused()
    page.keyboard.press("c")
    page.wait_for_url(f"**/desk/o/{reference}")
    expect(page.locator("[data-release]").first).to_be_attached()
    page.goto(f"{server.url}/desk/queue?show=mine")
    expect(page.locator(".row.mine")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type(reference.lower().replace("-", " "))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/o/{reference}")
    assert axe(page) == []
    assert focus_order(page) == [*TOP, ".side", ".middle", ".facts-side", ".foot"]
    expect(page.locator("img[data-zoom]")).to_be_visible()
    assert page.locator("img[data-zoom]").evaluate("image => image.naturalWidth") == 320

    page.locator("[data-seek='1500']").click()
    video = page.locator("video")
    expect(video).to_be_visible()
    until("the film is at the entry's moment", lambda: abs(video.evaluate("v => v.currentTime") - 1.5) < 0.05)
    until("the film can be shown", lambda: video.evaluate("v => v.readyState") >= 2)
    page.locator("[data-do='frame-back']").click()
    until("one frame back", lambda: 1.4 < video.evaluate("v => v.currentTime") < 1.49)
    page.locator("[data-rate='2']").click()
    expect(page.locator("[data-rate='2']")).to_have_attribute("aria-pressed", "true")
    page.locator("h1").click()
    page.keyboard.press("Space")
    until("the film plays", lambda: video.evaluate("v => v.ended || !v.paused"))

    # Help is a panel, closed by Escape; reviewed and back again by one key each.
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("r")
    expect(page.locator("[data-reviewed] button[value='no']")).to_be_visible()
    expect(page.locator("[data-stage].one")).to_be_attached()  # keys work once the page's script has run
    page.keyboard.press("r")
    expect(page.locator("[data-reviewed] button[value='yes']")).to_be_visible()
    expect(page.locator("[data-stage].one")).to_be_attached()

    # A look-up asks for its purpose; the number is in no address.
    page.keyboard.press("/")
    page.keyboard.type("12?45?7")
    page.keyboard.press("Enter")
    page.fill("#purpose", "complaint about this morning")
    page.keyboard.press("Enter")
    expect(page.locator("td .rio").first).to_be_visible()
    assert "45" not in page.url.partition("/desk/")[2] and axe(page) == []

    for path in (
        "phones",
        "people",
        "status",
        "custody",
        "rights",
        "me",
        "queue?show=all",
        "queue?show=trial",
        "nothing-here",
    ):
        page.goto(f"{server.url}/desk/{path}")
        assert axe(page) == [], path
    assert [said for said in browser.problems if "404" not in said] == []


def test_custody_from_key_to_proof(server: LiveServer, browser: Browser, tmp_path: Path) -> None:
    page = browser.open()
    come_in(page, server.login_link())
    page.goto(f"{server.url}/desk/custody")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.locator("[data-make]").click()
    files = []
    for n in range(2):
        with page.expect_download() as download:
            page.locator("[data-files] p").nth(n).locator("button").first.click()
        files.append(tmp_path / f"key-{n}.txt")
        download.value.save_as(files[-1])
    page.locator("[data-files] > button").click()
    assert "AGE-SECRET-KEY" not in page.content()

    # A file that isn't the saved one proves nothing.
    page.locator("[data-saved]").set_input_files([files[0]])
    page.locator("[data-start-custody]").click()
    expect(page.locator("[data-problem]")).to_be_visible()

    page.locator("[data-saved]").set_input_files(files)
    page.locator("[data-start-custody]").click()
    expect(page.locator("[data-step='done']")).to_be_visible()
    page.locator("[data-step='done'] a").click()
    expect(page.locator(".practice")).to_have_count(0)

    public = [re.findall(r"public key: (age1\w+)", path.read_text())[0] for path in files]
    for recipient in public:
        assert recipient in page.content()
    assert not [body for body in sent if "AGE-SECRET-KEY" in body or '"d"' in body]
    assert browser.problems == []
