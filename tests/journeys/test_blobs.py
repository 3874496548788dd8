"""Plaintext Blobs: a browser writes them to disk in clear when they pile up. Counted in the browser while a film runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import playing
from tests.journeys.live import LiveServer
from tests.journeys.phone_app import PhoneApp, has_run

pytestmark = pytest.mark.journey

MOST = 8_000_000  # bytes of plaintext that may be alive as Blobs


def alive(page: Page) -> list[int]:
    """Sizes of all Blobs in memory, as the browser's own internals page says. Files of the sealed store that are being
    read are listed there too: they are names of ciphertext on disk, not copies."""
    page.reload()
    listed = re.split(r"(?m)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", page.locator("body").inner_text())
    return [
        int(size.replace(",", ""))
        for blob in listed
        for size in re.findall(r"Length: ([\d,]+)", blob)[:1]
        if "Type: filesystem" not in blob
    ]


def test_two_minutes_of_film_never_keep_more_than_a_few_slices(server: LiveServer, tmp_path: Path) -> None:
    secret = server.invite("phone 1")
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        phone.enrol(secret)
        phone.home()
        internals = phone.browser.context.new_page()
        internals.goto("chrome://blob-internals")
        kept = phone.page.evaluate_handle("window.__kept = new Blob([new Uint8Array(123456)])")
        assert 123_456 in alive(internals)  # the count counts
        kept.dispose()
        phone.page.evaluate("window.__kept = null")
        phone.page.bring_to_front()
        phone.record("Film", "0:05")
        most = slices = 0
        for second in range(10, 121, 10):
            clock = f"{second // 60}:{second % 60:02}"
            has_run(phone.page, clock)
            found = alive(internals)
            most, slices = max(most, sum(found)), max(slices, len(found))
        phone.stop()
        phone.waiting(0)
        phone.browser.close()
    assert 0 < most <= MOST
    # The fake camera's picture is simple; at 4 Mbit/s a slice has 250 kB.
    assert slices * 250_000 <= MOST
