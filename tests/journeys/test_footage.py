"""Reading from footage in a real Chromium: step by exact frames, mark, cut, type, keep, take back; by keyboard and touch."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Page, expect

from config import Config
from tests.footage import BITS, BLOCK, counter, number_in, sheet
from tests.journeys.browser import PHONE, Browser, playing
from tests.journeys.live import LiveServer, until
from tests.journeys.pictures import picture
from tests.journeys.test_desk import axe, come_in
from tests.material import Observed
from tests.phone import make_phone
from tests.review.conftest import RIO, SITE

pytestmark = pytest.mark.journey
expect.set_options(timeout=30_000)
NUMBER = "4711038"
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
SHOWN = "() => ({ index: +document.querySelector('[data-footage]').dataset.shown, exact: document.querySelector('[data-footage]').dataset.exact })"
# Of what is drawn, as the page itself has it: nothing of a screenshot's scaling.
DRAWN = """() => document.querySelector('[data-picture]').toDataURL('image/png').split(',')[1]"""


ENGLISH, FRENCH = ("en", False), ("fr", True)
# Each long journey in one of the two looks; test_accessible.py opens every page in both.
in_english = pytest.mark.parametrize("browser", [ENGLISH], indirect=True, ids=["English, light"])
in_french = pytest.mark.parametrize("browser", [FRENCH], indirect=True, ids=["French, dark"])


@pytest.fixture(params=[ENGLISH, FRENCH], ids=["English, light", "French, dark"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    language, dark = request.param
    with playing() as play:
        browser = Browser(play, tmp_path / "profile", phone=False, language=language, dark=dark)
        yield browser
        browser.close()


def filled(server: LiveServer) -> tuple[str, list[str]]:
    """An observation with a photo and three films; its reference, and their ids in this order."""
    from app import create_app

    seen = Observed(make_phone(create_app(Config(instance=server.instance, testing=True))))
    seen.say(0, "open", **SITE)
    sent = [
        seen.record(2, "photo", sheet(6, size=(1600, 1200)), mime="image/jpeg"),
        seen.record(10, "film", counter(live="1"), until=13, mime="video/webm;codecs=vp8"),
        seen.record(20, "film", counter("mp4", "libx264", **FRAGMENTS), until=23, mime="video/mp4"),
        seen.record(30, "film", counter("mp4", "libx264", turned=90), until=33, mime="video/mp4"),
    ]
    seen.say(10.4, "officer", {"officer": 2, "force": "CRS", "look": "helmet"})
    seen.say(11, "rio", {**RIO, "pattern": "47?10?8", "unsure": [1]})
    seen.say(40, "finish", {"by": "person"})
    count = "SELECT count(*) FROM item WHERE state IN ('waiting', 'opening')"
    until("the worker has opened everything", lambda: server.rows(count) == [(0,)])
    ids = dict(server.rows("SELECT item_id, id FROM item"))
    ((reference,),) = server.rows(f"SELECT reference FROM observation WHERE id = '{seen.id}'")
    return str(reference), [ids[item.id] for item in sent]


def base64_image(text: str) -> Image.Image:
    import base64

    return Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")


def opened(page: Page, address: str) -> None:
    page.goto("about:blank")  # the same page with another fragment is no new page
    page.goto(address)
    expect(page.locator(".footage.ready")).to_be_visible()


def on_screen(page: Page, index: int) -> str:
    """Wait until exactly this frame is drawn; by whom: `yes` the browser, `server` the server."""
    at = until(
        f"frame {index} is on the screen",
        lambda: (said := page.evaluate(SHOWN)) and said["index"] == index and said["exact"] != "no" and said,
    )
    assert number_in(base64_image(page.evaluate(DRAWN))) == index
    return str(at["exact"])


def step(page: Page, index: int) -> str:
    page.keyboard.press(".")
    return on_screen(page, index)


def crop_of(page: Page) -> Image.Image:
    """The newest crop, as the server gives it."""
    image = page.locator(".crops img").first
    until("the crop is here", lambda: image.evaluate("image => image.naturalWidth") > 0)
    answer = page.request.get(page.url.partition("/desk/")[0] + str(image.get_attribute("src")))
    assert answer.headers["cache-control"] == "no-store"
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def sides(page: Page) -> list[int]:
    """Left, top, width and height of what is marked, as the page says them."""
    return [int(page.locator(f"[data-side={side}]").input_value()) for side in "xywh"]


def mark(page: Page, x: int, y: int, w: int, h: int) -> None:
    """By figures, as somebody who sees nothing would."""
    page.locator("[data-viewport]").focus()
    page.keyboard.press("m")
    expect(page.locator("[data-marked]")).to_be_focused()
    for side, value in (
        ("x", x),
        ("y", y),
        ("w", w),
        ("h", h),
    ) * 2:  # the first round may hit the picture's edge
        page.locator(f"[data-side={side}]").fill(str(value))
        page.keyboard.press("Tab")
    page.locator("[data-viewport]").focus()


def cut(page: Page) -> Image.Image:
    before = page.locator(".crops img").count()
    page.keyboard.press("x")
    expect(page.locator(".crops img")).to_have_count(before + 1)
    return crop_of(page)


@in_french
def test_a_number_is_read_from_a_film_by_keyboard(server: LiveServer, browser: Browser) -> None:
    reference, (_photo, film, fragments, turned) = filled(server)
    page = browser.open()
    page.add_init_script("""window.made = 0; const make = URL.createObjectURL;
        URL.createObjectURL = (...one) => { window.made += 1; return make.apply(URL, one); };""")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    come_in(page, server.login_link())
    opened(page, f"{server.url}/desk/footage/{film}")
    assert page.title() == reference and axe(page) == []

    # Every frame, uneven as they are, and back again.
    on_screen(page, 0)
    page.locator("[data-viewport]").focus()
    assert {step(page, index) for index in range(1, 38)} <= {"yes", "server"}
    page.keyboard.press(",")
    on_screen(page, 36)
    page.locator("[data-by='1']").click()
    on_screen(page, 37)

    # What is cut is the frame on the screen.
    mark(page, 0, 0, BITS * BLOCK, 2 * BLOCK)
    piece = cut(page)
    assert piece.size == (BITS * BLOCK, 2 * BLOCK) and number_in(piece) == 37
    assert axe(page) == []

    # Typed by keyboard: unknown, unsure, one of two.
    page.locator("[data-viewport]").focus()
    page.keyboard.press("d")
    for key in "47u11?3/89":
        page.keyboard.press(key)
    assert page.locator("[name=pattern]").input_value() == "4711?39"
    assert page.locator("[name=unsure]").input_value() == "1,5"
    assert page.locator("[name=alternatives]").input_value() == '{"5":"8"}'
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#status")).to_have_value("READ_PART")
    page.locator("#status").select_option("READ_FULL")
    expect(page.locator("[data-warnings] p")).to_have_count(1)
    assert axe(page) == []
    picture(page, "desk-footage")
    page.locator("#status").select_option("READ_PART")
    expect(page.locator("[data-warnings] p")).to_have_count(0)
    page.locator("[data-keep]").click()
    page.wait_for_url("**#at=*")
    expect(page.locator(".footage.ready")).to_be_visible()
    on_screen(page, 37)
    versions = page.locator(".versions > li")
    expect(versions).to_have_count(2)
    until(
        "its crop shows", lambda: versions.first.locator("img").evaluate("image => image.naturalWidth") == 160
    )
    assert axe(page) == []

    # Back to the place it was read from, then taken back.
    page.locator("[data-go='1']").click()
    on_screen(page, 38)
    versions.first.locator("[data-goto]").click()
    on_screen(page, 37)
    assert page.locator("[data-side=w]").input_value() == str(BITS * BLOCK)
    versions.first.locator("form button").click()
    expect(versions).to_have_count(3)
    assert server.rows("SELECT state FROM reading ORDER BY id") == [
        ("stands",),
        ("taken-back",),
        ("taken-back",),
    ]

    # A film whose frames the browser can't all reach: the server decodes those.
    opened(page, f"{server.url}/desk/footage/{fragments}")
    page.locator("[data-viewport]").focus()
    shown_by = [on_screen(page, 0), *(step(page, index) for index in range(1, 16))]
    assert set(shown_by) <= {"yes", "server"}

    # Held upright: browser and crop agree which way up.
    opened(page, f"{server.url}/desk/footage/{turned}#at=1500")
    until("a frame is drawn", lambda: page.evaluate(SHOWN)["exact"] == "yes")
    whole = base64_image(page.evaluate(DRAWN))
    mark(page, 10, 20, 150, 200)
    difference = ImageChops.difference(whole.crop((10, 20, 160, 220)), cut(page))
    assert max(ImageStat.Stat(difference).mean) < 6

    assert page.evaluate("window.made") == 0
    assert [url for url in asked if "4711" in url or NUMBER in url] == []
    assert browser.problems == []


@in_english
def test_a_photo_is_enlarged_marked_and_kept_in_one_go(server: LiveServer, browser: Browser) -> None:
    reference, (photo, *_films) = filled(server)
    page = browser.open()
    come_in(page, server.login_link())
    page.goto(f"{server.url}/desk/o/{reference}")
    page.locator(f"a[href*='{photo}']").first.click()
    expect(page.locator(".footage.ready")).to_be_visible()

    # Zoom by keys and wheel, up to eight times and pixel by pixel; hard pixels from three times on.
    port, zoom = page.locator("[data-viewport]"), page.locator("[data-zoom-say]")
    port.focus()
    expect(page.locator("[data-pixels]")).to_be_disabled()
    for _ in range(12):
        page.keyboard.press("+")
    until("as large as it goes", lambda: float(zoom.inner_text().rstrip("×").replace(",", ".")) >= 8)
    page.locator("[data-pixels]").click()
    expect(page.locator("[data-picture].hard")).to_be_visible()
    port.focus()
    page.keyboard.press("0")
    expect(zoom).to_have_text("1×")
    box = port.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -600)
    until("the wheel enlarges", lambda: zoom.inner_text() != "1×")
    page.keyboard.press("0")

    # Light and contrast are for the eye: what is cut has none of it.
    page.locator(".eye > summary").first.click()
    for name in ("grey", "invert", "sharpen"):
        page.locator(f"[data-eye={name}]").check()
    page.locator("[data-eye=brightness]").fill("300")
    assert "brightness(300%)" in page.locator("[data-picture]").evaluate("picture => picture.style.filter")
    assert axe(page) == []
    page.locator(".eye > summary").first.click()

    # Marked by pointer, moved and sized by keys, announced.
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 20, steps=5)
    page.mouse.up()
    marked = page.locator("[data-marked]")
    expect(marked).to_be_visible()
    first = sides(page)
    marked.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    second = sides(page)
    assert second[0] > first[0] and second[3] > first[3] and second[1:3] == first[1:3]
    expect(page.locator("[data-viewport-say]")).to_contain_text(str(second[3]))

    # Keeping cuts what is marked. Somebody new, whom no entry names.
    mark(page, 0, 0, 80, 40)
    page.locator("[name=who][value=new]").check()
    page.locator("#force").select_option("CRS")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.type(NUMBER)
    page.locator("[data-keep]").click()
    until(
        "it is kept", lambda: server.rows("SELECT count(*) FROM reading WHERE user_id IS NOT NULL") == [(1,)]
    )
    expect(page.locator(".versions > li").first).to_be_visible()
    image = page.locator(".versions img").first
    answer = page.request.get(server.url + str(image.get_attribute("src")))
    red: Any = Image.open(io.BytesIO(answer.body())).getpixel((40, 20))
    assert red[0] > 150 and red[1] < 80
    assert NUMBER not in page.url and NUMBER not in page.title() and browser.problems == []


def test_it_serves_on_a_small_screen_with_fingers(server: LiveServer, tmp_path: Path) -> None:
    _reference, (_photo, film, *_films) = filled(server)
    with playing() as play:
        browser = Browser(play, tmp_path / "profile", phone=True)
        page = browser.open()
        assert page.viewport_size == PHONE
        come_in(page, server.login_link())
        opened(page, f"{server.url}/desk/footage/{film}")
        on_screen(page, 0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert axe(page) == []
        page.locator("[data-go='1']").tap()
        on_screen(page, 1)
        page.locator("[data-tool=mark]").tap()
        pinch(page)
        assert page.locator("[data-zoom-say]").inner_text() != "1×"
        for name in ("unknown", "unsure"):
            expect(page.locator(f"[data-key='{ {'unknown': '?', 'unsure': 'u'}[name] }']")).to_be_visible()
        box = page.locator("[data-boxes] input").first
        box.tap()
        expect(box).to_be_focused()
        page.keyboard.insert_text("4")  # as a phone's keyboard does: text, no keys
        page.locator("[data-key='u']").tap()
        page.locator("[data-key='?']").tap()
        expect(page.locator("[name=pattern]")).to_have_value("4??????")
        expect(page.locator("[name=unsure]")).to_have_value("0")
        assert browser.problems == []
        browser.close()


def pinch(page: Page) -> None:
    """Two fingers that part."""
    port = page.locator("[data-viewport]")
    port.scroll_into_view_if_needed()  # its tools below it fill a small screen
    box = port.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    send = page.context.new_cdp_session(page)
    for name, apart in (("touchStart", 20), ("touchMove", 60), ("touchMove", 100), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        send.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points if apart else []})
