"""What an observer does, by the names that a screen reader hears."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, Playwright, expect

from tests.journeys.browser import Browser
from tests.journeys.live import until as wait_until
from tests.journeys.pictures import picture

expect.set_options(timeout=30_000)


def has_run(page: Page, clock: str) -> None:
    """Wait until a recording's clock shows `clock` or later: on a busy machine a second may never be drawn."""
    shown = page.locator(".rec-time")
    wait_until(
        f"the recording has run {clock}",
        lambda: shown.is_visible() and _seconds(shown.inner_text()) >= _seconds(clock),
    )


def _seconds(clock: str) -> int:
    """Of `m:ss`; 0 where nothing runs."""
    minutes, _, seconds = clock.partition(":")
    return int(minutes) * 60 + int(seconds) if seconds else 0


class PhoneApp:
    """The phone app in one browser profile."""

    def __init__(self, play: Playwright, profile: Path, url: str, language: str = "en") -> None:
        self.browser = Browser(play, profile, language=language)
        self.url = url
        self.page: Page = self.browser.open()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def enrol(self, secret: str) -> None:
        """Open the invitation's link, go on in the browser, redeem by a tap."""
        self.page.goto(f"{self.url}/m/#{secret}")
        self.button("Go on in this browser").click()
        self.button("Enrol this phone").click()
        expect(self.page.get_by_role("heading", name="Get ready")).to_be_visible()

    def installed(self) -> None:
        """Wait until the service worker holds the shell: from now on it opens without a server."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def home(self) -> None:
        done = self.button("Done")
        expect(done).to_be_visible()
        done.click()
        expect(self.button("Film")).to_be_visible()

    def reopen(self) -> None:
        """Start the browser again on the same profile, and the app in it."""
        self.page = self.browser.open()
        self.page.goto(f"{self.url}/m/")

    def photo(self) -> None:
        self.button("Photo").click()
        self.button("Take photo").click()
        expect(self.page.get_by_text("Photo sealed")).to_be_visible()
        self.button("Back").click()
        expect(self.button("Film")).to_be_visible()

    def record(self, what: str, until: str) -> None:
        """Start a film or sound and let it run until its clock shows `until`, e.g. `0:08`."""
        self.button(what).click()
        has_run(self.page, until)

    def stop(self) -> None:
        self.button("Stop").click()
        expect(self.button("Film")).to_be_visible()

    def rio(self, pattern: str) -> None:
        """A reading for the next officer."""
        self.button("RIO").click()
        for sign in pattern:
            self.button("Unknown digit" if sign == "?" else f"Digit {sign}").click()
        picture(self.page, "phone-rio")
        self.page.get_by_role("dialog").get_by_role("button", name="Done", exact=True).click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def not_worn(self) -> None:
        """ "Not worn" for the next officer, who was looked at."""
        self.button("RIO").click()
        self.button("Not worn").click()
        self.page.get_by_role("checkbox", name=re.compile("I could see chest")).check()
        self.page.get_by_role("dialog").get_by_role("button", name="Done", exact=True).click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def note(self, text: str) -> None:
        self.button("Note").click()
        self.page.get_by_label("What you saw or heard").fill(text)
        self.button("Keep").click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def make_vault(self) -> None:
        """A vault with the passphrase that the app proposes."""
        self.page.goto(f"{self.url}/m/#/vault")
        proposed = (
            self.page.get_by_role("status").filter(has_text=re.compile(r"^(\w+ ){4,}\w+$")).inner_text()
        )
        self.page.get_by_label("Your passphrase").fill(proposed)
        self.page.get_by_label("Once more").fill(proposed)
        self.button("Make the vault").click()
        expect(self.page.get_by_text("The vault is open", exact=False)).to_be_visible()
        self.page.goto(f"{self.url}/m/#/home")

    def import_files(self, files: list[Path]) -> None:
        self.button("Import files").click()
        with self.page.expect_file_chooser() as chooser:
            self.button("Choose from files").click()
        chooser.value.set_files(files)
        expect(self.page.get_by_text("All are sealed.")).to_be_visible()
        self.button("Back").click()

    def play_last_film(self) -> None:
        """Play this phone's newest film out of the open vault, for some real seconds."""
        self.button("Earlier").click()
        self.page.get_by_role("main").get_by_role(
            "button", name=re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}")
        ).first.click()
        self.page.get_by_role("button", name=re.compile("^Film")).first.click()
        self.button("Play").click()
        position = self.page.locator("video").evaluate(
            """async (film) => {
              film.muted = true;
              await film.play();
              await new Promise((done) => film.addEventListener('timeupdate', () => film.currentTime > 1 && done()));
              return film.currentTime;
            }"""
        )
        assert position > 1

    def counted_waiting(self) -> int:
        """How many items the phone says wait."""
        shown = self.page.get_by_text(re.compile(r"^Waiting: [1-9]"))
        expect(shown).to_be_visible()
        found = re.search(r"\d+", shown.inner_text())
        assert found
        return int(found[0])

    def waiting(self, count: int) -> None:
        expect(self.page.get_by_text(f"Waiting: {count}", exact=True)).to_be_visible(timeout=90_000)
