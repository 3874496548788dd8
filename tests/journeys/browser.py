"""A phone and a desk in a real Chromium: fake camera, a profile of their own, killed hard when a journey says so."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from scripts import tools

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@contextlib.contextmanager
def playing() -> Iterator[Playwright]:
    with sync_playwright() as play:
        yield play


SAID = ("error", "warning")  # what a console may not say; a page's own problems are errors too


class Browser:
    """One Chromium with one profile folder. `kill` is `kill -9` of all its processes; `open` starts it again."""

    def __init__(
        self,
        play: Playwright,
        profile: Path,
        *,
        phone: bool = True,
        language: str = "en",
        dark: bool | None = None,
    ) -> None:
        self._play, self.profile, self.phone, self.language = play, profile, phone, language
        self._dark = phone if dark is None else dark
        self._context: BrowserContext | None = None
        self.problems: list[str] = []

    def open(self, *more: str) -> Page:
        extra: dict[str, Any] = {"has_touch": True, "is_mobile": True} if self.phone else {}
        self._context = self._play.chromium.launch_persistent_context(
            str(self.profile), executable_path=str(tools.chromium()), headless=True, args=[*QUIET, *CAMERA, *more],
            viewport=PHONE if self.phone else DESK, locale=self.language,  # type: ignore[arg-type]
            color_scheme="dark" if self._dark else "light", permissions=["geolocation", "camera", "microphone"],
            geolocation={"latitude": 50.95, "longitude": 1.85, "accuracy": 12}, accept_downloads=True, **extra,
        )  # fmt: skip
        page = self._context.pages[0] if self._context.pages else self._context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type in SAID else None)
        page.set_default_timeout(30_000)
        return page

    @property
    def context(self) -> BrowserContext:
        assert self._context is not None
        return self._context

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    def processes(self) -> list[int]:
        """Process ids of this profile's browser and its children."""
        marker = f"--user-data-dir={self.profile}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if marker in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return found

    def kill(self) -> float:
        """End every process of this browser at once, as a smashed phone would. Returns when, Unix time in seconds."""
        # Found first: that takes a while on a busy machine, and they go on meanwhile.
        processes = self.processes()
        at = time.time()
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(Exception):  # the driver's own farewell to a dead browser
            self.context.close()
        self._context = None
        for left in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self.profile / left).unlink(missing_ok=True)
        return at
