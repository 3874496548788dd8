"""A new version of the app arrives while a film is recorded: it waits, asks, and then finds everything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scripts.ground import ROOT
from tests.journeys.browser import playing
from tests.journeys.live import LiveServer
from tests.journeys.phone_app import PhoneApp, has_run

pytestmark = pytest.mark.journey

NEXT = "0123456789abcdef"
NOTHING_RECORDED = """async () => {
  const recorded = async () => (await navigator.locks.query()).held.some(({ name }) => name.startsWith('temoin-item-'));
  while (await recorded()) await new Promise((next) => setTimeout(next, 100));
}"""


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LiveServer]:
    """A server on a copy of the application, whose built files may be changed under it."""
    root = tmp_path / "application"
    root.mkdir()
    for name in ("app", "migrations", "scripts", "static", "templates"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.py", "wsgi.py"):
        shutil.copy(ROOT / name, root / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    live = LiveServer(tmp_path / "instance", root)
    live.start()
    yield live
    live.stop()


def publish_next(server: LiveServer) -> str:
    """The same client under another build hash, as after a rebuild; the hash before."""
    dist = server.root / "static" / "dist"
    now = str(json.loads((dist / "build.json").read_text())["build"])
    for path in dist.iterdir():
        path.write_bytes(path.read_bytes().replace(now.encode(), NEXT.encode()))
    return now


def test_an_update_waits_for_the_film_and_for_a_yes(copy: LiveServer, tmp_path: Path) -> None:
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", copy.url)
        page = phone.page
        phone.enrol(copy.invite())
        phone.installed()
        phone.home()
        page.goto(f"{copy.url}/m/")
        phone.photo()
        loads: list[str] = []
        page.on("framenavigated", lambda frame: loads.append(frame.url))

        phone.record("Film", "0:02")
        before = publish_next(copy)
        waits = """async () => {
          const registration = await navigator.serviceWorker.getRegistration('/m/');
          await registration.update();
          while (!registration.waiting) await new Promise((next) => setTimeout(next, 100));
          return true;
        }"""
        assert page.evaluate(waits)
        has_run(page, "0:05")
        expect(page.get_by_text("A new version is ready.")).to_have_count(0)
        phone.stop()
        expect(page.get_by_text("A new version is ready.")).to_be_visible()
        # Another window records: this one may not pull the ground from under it.
        second = phone.browser.context.new_page()
        second.goto(f"{copy.url}/m/#/film")
        has_run(second, "0:01")
        phone.button("Restart now").click()
        expect(
            page.get_by_text("Something is being recorded in another window.", exact=False)
        ).to_be_visible()
        second.get_by_role("button", name="Stop", exact=True).click()
        expect(second.get_by_role("button", name="Film", exact=True)).to_be_visible()
        second.close()
        assert [url for url in loads if "#" not in url] == []
        # A window that was closed lets go of its recording a moment later; until then the answer stays no.
        page.evaluate(NOTHING_RECORDED)

        with page.expect_navigation():
            phone.button("Restart now").click()
        phone.waiting(0)
        page.goto(f"{copy.url}/m/#/settings")
        expect(page.get_by_text(NEXT, exact=True)).to_be_visible()
        expect(page.get_by_text(before)).to_have_count(0)
        phone.browser.close()
    kinds = copy.rows("select kind, cut, attested from item where kind <> 'entry' order by kind")
    assert kinds == [("film", 0, "match"), ("film", 0, "match"), ("photo", 0, "match")]
