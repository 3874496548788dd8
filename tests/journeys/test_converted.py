"""What browsers can't show is converted by the running worker and shown; QuickTime is served so that it plays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import media
from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer, until
from tests.journeys.test_desk import axe, come_in
from tests.media import CANARY
from tests.phone import Phone, make_phone

pytestmark = pytest.mark.journey
PLAYED = "v => v.currentTime > 0.3 && v.videoWidth > 0"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with playing() as play:
        browser = Browser(play, tmp_path / "profile", phone=False)
        yield browser
        browser.close()


def sent(phone: Phone, data: bytes, kind: str) -> str:
    """The item's id at the phone."""
    sealed = phone.seal(data)
    phone.commit(sealed, kind)
    assert phone.send(sealed).status_code == 204
    return sealed.id


def plays(page: Page) -> bool:
    page.locator("video").evaluate("v => { v.muted = true; v.play().catch(() => {}); }")
    return bool(until("the film plays or can't", lambda: page.locator("video").evaluate(
        f"v => (({PLAYED})(v) ? 'plays' : v.error ? 'error' : '')")) == "plays")  # fmt: skip


def test_converted_copies_are_shown_and_quicktime_plays(server: LiveServer, browser: Browser) -> None:
    from app import create_app
    from config import Config

    phone = make_phone(create_app(Config(instance=server.instance, testing=True)))
    heic = sent(phone, media.heic_with_everything(CANARY), "photo")
    old = sent(phone, media.film("mp4", CANARY, 2, "mpeg4", "aac"), "film")
    quicktime = sent(phone, media.film("mov", CANARY, 2, "libx264", "aac"), "film")
    until(
        "the worker has opened and converted all",
        lambda: (
            server.rows("SELECT count(*) FROM viewing WHERE state = 'made'") == [(2,)]
            and server.rows("SELECT count(*) FROM item WHERE state <> 'opened'") == [(0,)]
        ),
    )
    address = dict(server.rows("SELECT item_id, id FROM item"))
    page = browser.open()
    come_in(page, server.login_link())

    page.goto(f"{server.url}/desk/i/{address[heic]}")
    until("the photo shows", lambda: page.locator("img[data-zoom]").evaluate("i => i.naturalWidth") > 0)
    assert page.get_by_text("Converted for viewing").is_visible() and axe(page) == []

    page.goto(f"{server.url}/desk/i/{address[old]}")
    assert page.get_by_text("Converted for viewing").is_visible()
    assert plays(page)

    page.goto(f"{server.url}/desk/i/{address[quicktime]}")
    assert page.get_by_text("Converted for viewing").count() == 0
    h264 = page.evaluate("""document.createElement('video').canPlayType('video/mp4; codecs="avc1.42E01E"')""")
    # A Chromium built without H.264 says so; every other one plays it.
    if h264:
        assert plays(page)
    else:
        expect(page.locator(".cannot")).to_be_visible()
