"""The phone's storage runs full in the middle of a film: said before, ended cleanly, everything until then received."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import playing
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp

pytestmark = pytest.mark.journey

ROOM = 8_000_000  # bytes: less than a minute of film


def test_a_full_phone_ends_the_film_and_keeps_it(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        page = phone.page
        phone.enrol(server.invite())
        phone.home()
        devtools = phone.browser.context.new_cdp_session(page)
        used = page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)")
        limit = {"origin": server.url, "quotaSize": used + ROOM}
        devtools.send("Storage.overrideQuotaForOrigin", limit)
        page.reload()
        expect(page.get_by_text("No room left for film on this phone")).to_be_visible()
        phone.button("Film").click()
        expect(page.get_by_text(re.compile("0 min"))).to_be_visible()
        expect(page.get_by_text(re.compile("^0:0[2-9]$"))).to_be_visible()
        # The rest would take the camera's still picture minutes to fill.
        used = page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)")
        devtools.send("Storage.overrideQuotaForOrigin", {**limit, "quotaSize": used + 300_000})
        alert = page.get_by_role("alert").filter(has_text=re.compile("full|space|room", re.IGNORECASE))
        expect(alert.first).to_be_visible(timeout=90_000)
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
        page.goto(f"{server.url}/m/#/home")
        phone.waiting(0)
        page.reload()
        page.goto(f"{server.url}/m/#/sync")
        expect(page.get_by_text(re.compile("Room for .* of film"))).to_be_visible()
        expect(page.get_by_text(re.compile("^The browser (keeps|may clear) what lies here"))).to_be_visible()
        phone.browser.close()
    until("all is opened", lambda: server.rows("select count(*) from item where state <> 'opened'") == [(0,)])
    [(attested, size, problem)] = server.rows(
        "select i.attested, o.original_size, o.problem from item i join opening o on o.item=i.id where i.kind='film'"
    )
    assert (attested, problem) == ("match", None)
    assert size > 100_000
