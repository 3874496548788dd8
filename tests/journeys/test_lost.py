"""A phone is lost: revoked at the desk, its outbox carried to another phone as one file, then found and enrolled again."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import playing
from tests.journeys.desk_app import DeskApp
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp

pytestmark = pytest.mark.journey


def test_lost_carried_and_found_again(server: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        lost = PhoneApp(play, tmp_path / "lost", server.url)
        lost.enrol(server.invite("blue phone"))
        lost.home()
        lost.page.goto(f"{server.url}/m/#/sync")
        lost.page.get_by_role("radio", name="Only when I press Send").check()
        expect(lost.page.get_by_text(re.compile("Room for .* of film"))).to_be_visible()
        lost.page.goto(f"{server.url}/m/#/home")
        lost.photo()
        lost.note("Before it was lost.")
        waiting = 5  # open, begin, photo, end, note
        expect(lost.page.get_by_role("button", name=re.compile(f"Waiting: {waiting} "))).to_be_visible()
        assert server.rows("select count(*) from item") == [(0,)]

        desk = DeskApp(play, tmp_path / "desk", server)
        desk.enter()
        desk.page.goto(f"{server.url}/desk/phones")
        desk.page.get_by_role("link", name="Revoke blue phone").click()
        desk.page.get_by_label("It may have been out of its owner’s hands since").fill("2026-01-02T03:04")
        desk.button("Revoke this phone").click()
        expect(desk.page.get_by_text("suspect since 2 Jan", exact=False)).to_be_visible()

        lost.page.goto(f"{server.url}/m/#/sync")
        lost.button("Send now").click()
        expect(lost.page.get_by_text("This phone has been revoked.", exact=False)).to_be_visible()
        with lost.page.expect_download() as saving:
            lost.button("Save an outbox file").click()
        carried = tmp_path / "carried.tar"
        saving.value.save_as(carried)
        assert re.fullmatch(r"Carnet-[0-9-]+\.tar", saving.value.suggested_filename)
        with tarfile.open(carried) as file:
            names = file.getnames()
        assert names[0] == "outbox.json" and len(names) == waiting + 1
        assert b"Before it was lost" not in carried.read_bytes()

        other = PhoneApp(play, tmp_path / "other", server.url)
        other.enrol(server.invite("red phone"))
        other.home()
        other.page.goto(f"{server.url}/m/#/sync")
        with other.page.expect_file_chooser() as choosing:
            other.button("Open an outbox file").click()
        choosing.value.set_files(carried)
        expect(other.page.get_by_role("status").filter(has_text="taken over")).not_to_have_count(0)
        other.page.goto(f"{server.url}/m/#/home")
        other.waiting(0)
        other.browser.close()
        until(
            "all is opened",
            lambda: server.rows("select count(*) from item where state='opened'") == [(waiting,)],
        )
        assert server.rows("select count(*) from item where made_by <> device_id and attested='match'") == [
            (waiting,)
        ]

        [reference] = [row[0] for row in server.rows("select reference from observation")]
        desk.open(reference)
        expect(desk.page.get_by_text("Sealed by blue phone, handed over by red phone.").first).to_be_visible()
        expect(desk.page.get_by_text("Suspect since", exact=False)).to_be_visible()
        expect(desk.page.get_by_text("Before it was lost.")).to_be_visible()

        # Found again: enrolled anew, it sends what it still holds, and nothing stands at the desk twice.
        lost.page.goto("about:blank")
        lost.page.goto(f"{server.url}/m/#{server.invite('blue phone, again')}")
        lost.button("Go on in this browser").click()
        lost.button("Enrol this phone").click()
        expect(lost.page.get_by_role("heading", name="Get ready")).to_be_visible()
        lost.page.goto(f"{server.url}/m/#/sync")
        lost.button("Send now").click()
        expect(lost.page.get_by_text("Nothing waits.", exact=False)).to_be_visible(timeout=60_000)
        until(
            "all is opened",
            lambda: server.rows("select count(*) from item where state='opened'") == [(2 * waiting,)],
        )
        assert server.rows("select count(distinct entry_id) = count(*) from entry") == [(1,)]
        desk.page.reload()
        expect(desk.page.get_by_text("Before it was lost.")).to_have_count(1)
        assert desk.browser.problems == []
        desk.browser.close()
        lost.browser.close()
    assert "verified" in server.flask("verify")
