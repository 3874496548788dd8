"""Programs that only the tests need: browsers, stock `age`, exiftool. Found, installed, or named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts.ground import PYTHON, Missing, apt, run, say, succeeds

FIREFOXES = ("firefox-esr", "firefox")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> Path:
    """A Chromium that starts: $CHROMIUM, an installed one, apt as root, Playwright's. Else ends with 2."""
    if named := _named("CHROMIUM"):
        return named
    if found := _installed(BROWSERS):
        return found
    # On Ubuntu the package of this name only points to a snap, which may not start: so it is tried.
    if apt(["chromium"]) and (found := _installed(BROWSERS)):
        return found
    if (own := _playwright()) is None:
        say("Installing Chromium with Playwright ...")
        if succeeds([PYTHON, "-m", "playwright", "install", "chromium"]):
            own = _playwright()
    if own is None:
        raise Missing(
            "The browser journeys need Chromium: sudo apt-get install chromium, "
            "or .venv/bin/python -m playwright install --with-deps chromium, or CHROMIUM=/path/to/chromium"
        )
    return own


def firefox() -> Path:
    """A Firefox ESR that starts: $FIREFOX, an installed one, apt as root. Else ends with 2."""
    if named := _named("FIREFOX"):
        return named
    if found := _installed(FIREFOXES):
        return found
    # Ubuntu's package of the name `firefox` only points to a snap.
    if apt(["firefox-esr"]) and (found := _installed(FIREFOXES)):
        return found
    raise Missing(
        "The journey of the second engine needs Firefox ESR: sudo apt-get install firefox-esr, or FIREFOX=/path/to/firefox"
    )


def webkit() -> tuple[Path, Path, Path]:
    """WebKitGTK for tests: its driver, its small browser, and a screen without a monitor. Installed, or apt as root.
    Else ends with 2."""
    if found := _webkit():
        return found
    if apt(["webkit2gtk-driver", "xvfb"]) and (found := _webkit()):
        return found
    raise Missing(
        "The journey of the third engine needs WebKitGTK: sudo apt-get install webkit2gtk-driver xvfb"
    )


def _webkit() -> tuple[Path, Path, Path] | None:
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = sorted(Path("/usr").glob("lib*/**/webkit2gtk-*/MiniBrowser"))
    return (Path(driver), browsers[-1], Path(screen)) if driver and screen and browsers else None


def age() -> Path:
    """The stock `age` command: $AGE, an installed one, apt as root. Else ends with 2."""
    if named := _named("AGE"):
        return named
    if found := _installed(("age",)):
        return found
    if apt(["age"]) and (found := _installed(("age",))):
        return found
    raise Missing(
        "The journeys check originals with stock age: sudo apt-get install age, or AGE=/path/to/age"
    )


def exiftool() -> Path:
    """The third opinion on cleaned files: $EXIFTOOL, an installed one, apt as root. Else ends with 2."""
    if named := _named("EXIFTOOL"):
        return named
    if found := _installed(("exiftool",)):
        return found
    if apt(["libimage-exiftool-perl"]) and (found := _installed(("exiftool",))):
        return found
    raise Missing(
        "Cleaned files are also read by exiftool: sudo apt-get install libimage-exiftool-perl, or EXIFTOOL=/path/to/exiftool"
    )


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    if not succeeds([value, "--version"]):
        raise Missing(f"{variable}={value} doesn't start.")
    return Path(value)


def _installed(names: tuple[str, ...]) -> Path | None:
    for name in names:
        found = shutil.which(name)
        if found and succeeds([found, "--version"]):
            return Path(found)
    return None


def _playwright() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if succeeds([path, "--version"]) else None


if __name__ == "__main__":
    run([chromium(), "--version"], "starting Chromium")
    run([firefox(), "--version"], "starting Firefox")
    run([age(), "--version"], "starting age")
    run([exiftool(), "-ver"], "starting exiftool")
