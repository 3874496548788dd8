"""What the legal team does, by the names on the page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Download, Locator, Page, Playwright, expect

from tests.journeys.browser import Browser
from tests.journeys.live import LiveServer

PASSPHRASE = "nine lanterns under wet canvas"


class DeskApp:
    """The desk in one browser profile."""

    def __init__(
        self, play: Playwright, profile: Path, server: LiveServer, language: str = "en", dark: bool = False
    ) -> None:
        self.browser = Browser(play, profile, phone=False, language=language, dark=dark)
        self.server = server
        self.page: Page = self.browser.open()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def enter(self, user: str = "admin") -> None:
        """By a login link: choose a password, leave the second factor for later, which only a loopback address may."""
        self.page.goto(self.server.login_link(user))
        self.button("Use it now").click()
        self.page.get_by_label("New password").fill(PASSPHRASE)
        self.page.get_by_label("The same again").fill(PASSPHRASE)
        self.button("Go on").click()
        self.button("Later").click()
        expect(self.page.get_by_role("heading", name="Queue")).to_be_visible()

    def open(self, reference: str) -> None:
        """Find an observation as somebody would who heard its reference."""
        box = self.page.get_by_role("search").get_by_role("textbox")
        box.fill(reference.lower().replace("-", " "))
        box.press("Enter")
        expect(self.page.get_by_role("heading", name=reference)).to_be_visible()

    def show(self, medium: str) -> Locator:
        """Bring one medium onto the stage; its section."""
        self.page.get_by_role("navigation", name="Media").get_by_role("link", name=medium).click()
        section = self.page.get_by_role("region", name=medium)
        expect(section).to_be_visible()
        return section

    def plays(self, section: Locator, seek: float) -> float:
        """Play a film or sound from `seek` seconds; the position it reached. Waits for real progress."""
        media = section.locator("[data-player]")
        return float(media.evaluate(
            """async (media, seek) => {
              if (media.readyState < 1) await new Promise((done, fail) => {
                media.addEventListener('loadedmetadata', done, { once: true });
                media.addEventListener('error', () => fail(new Error('media error ' + media.error?.code)), { once: true });
              });
              media.currentTime = seek;
              await new Promise((done) => media.addEventListener('seeked', done, { once: true }));
              media.muted = true;
              await media.play();
              await new Promise((done) => media.addEventListener('timeupdate', function look() {
                if (media.currentTime > seek + 0.3 || media.ended) { media.removeEventListener('timeupdate', look); done(); }
              }));
              media.pause();
              return media.currentTime;
            }""",
            seek,
        ))  # fmt: skip

    def download(self, section: Locator) -> Download:
        with self.page.expect_download() as waiting:
            section.get_by_role("button", name="Working copy").click()
        return waiting.value
