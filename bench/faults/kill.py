"""A browser killed with -9 at a random moment of a recording, then started again: how much of the recording is gone.

Seconds lost = moment of the kill minus end of the last frame that can be decoded from the working copy which the real
worker made. Zero on that scale is the call that starts the recorder: what it takes to begin counts as lost.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Playwright, expect

from bench.faults import hooks
from bench.faults.firefox import FirefoxPhone
from bench.faults.recordings import Recovered, last_of
from bench.faults.report import Report, worst
from bench.faults.server import Server, running, until
from scripts.ground import Missing
from tests.journeys.browser import playing
from tests.journeys.phone_app import PhoneApp

GOALS = {"webm": 1.1, "mp4": 1.6, "sound": 1.1}
CUT = "select id from item where cut and kind in ('film', 'sound') and state in ('opened', 'failed') order by received_at"


class ChromiumPhone:
    """The app in a Chromium that can be killed. `only`: the one container for films that this browser admits to."""

    def __init__(self, play: Playwright, profile: Path, url: str) -> None:
        self._app = PhoneApp(play, profile, url)
        self.only = ""
        self._hook()

    def _hook(self) -> None:
        self._app.browser.context.add_init_script(hooks.RECORDER)

    def enrol(self, secret: str) -> None:
        self._app.enrol(secret)
        self._app.installed()
        self._app.home()

    def record(self, kind: str) -> float:
        """Start. Returns when it began, seconds."""
        self._app.page.evaluate("(only) => { globalThis.onlyFilm = only; }", self.only)
        self._app.button(kind.capitalize()).click()
        return float(until("the recording began", lambda: self._app.page.evaluate("globalThis.began"))) / 1000

    def kill(self) -> float:
        """Returns when, seconds."""
        return self._app.browser.kill()

    def reopen(self) -> None:
        self._app.page = self._app.browser.open()
        self._hook()
        self._app.page.goto(f"{self._app.url}/m/")
        expect(self._app.page.get_by_role("heading", name="Kept from last time")).to_be_visible()
        self._app.button("Go on").click()
        expect(self._app.page.get_by_text(re.compile("^Waiting: 0$"))).to_be_visible(timeout=120_000)

    def close(self) -> None:
        self._app.browser.kill()


def _more_than(before: int, server: Server) -> bool:
    return len(server.rows(CUT)) > before


P = TypeVar("P", ChromiumPhone, FirefoxPhone)


def rounds(
    phone: P, server: Server, kind: str, number: int, dice: random.Random, longest: float
) -> Iterator[tuple[float, Recovered]]:
    """(seconds lost, what was recovered) for each kill."""
    for _ in range(number):
        before = len(server.rows(CUT))
        began = phone.record(kind)
        time.sleep(1.5 + dice.random() * longest)
        killed = phone.kill()
        phone.reopen()
        until("the cut recording was opened", partial(_more_than, before, server))
        found = last_of(server, server.rows(CUT)[-1][0])
        yield killed - began - found.seconds, found


@contextmanager
def enrolled(phone: P, server: Server) -> Iterator[P]:
    try:
        phone.enrol(server.invite("phone"))
        yield phone
    finally:
        phone.close()


def judge(report: Report, name: str, goal: float, found: list[tuple[float, Recovered]]) -> None:
    lost = [seconds for seconds, _one in found]
    report.count(f"killed -9, {name}: times", len(found))
    # MP4 is written at key frames: of the first second, on a busy machine two, there may be no whole fragment yet.
    missing = sum(not one.interrupted or (one.frames == 0 and seconds > 2.5) for seconds, one in found)
    report.count(f"killed -9, {name}: not recovered", missing, most=0)
    report.figure(f"killed -9, {name}: worst loss", worst(lost), "s", most=goal)
    report.figure(f"killed -9, {name}: middle loss", sorted(lost)[len(lost) // 2], "s")


def main(report: Report, folder: Path) -> None:
    dice = random.Random(3)
    with running(folder / "server") as server:
        with (
            playing() as play,
            enrolled(ChromiumPhone(play, folder / "chromium", server.url), server) as phone,
        ):
            for name, kind, only, full, quick in (
                ("film as WebM, Chromium", "film", "", 20, 1),
                ("film as MP4, Chromium", "film", "video/mp4", 14, 1),
                ("sound, Chromium", "sound", "", 14, 1),
            ):
                phone.only = only
                found = list(
                    rounds(phone, server, kind, report.sized(full, quick), dice, 2.0 if report.quick else 5.0)
                )
                judge(report, name, GOALS["sound" if kind == "sound" else "mp4" if only else "webm"], found)
                others = sum(("mp4" if only else "webm") not in one.container for _seconds, one in found)
                report.count(f"killed -9, {name}: in another container", others, most=0)
        if report.quick:
            return
        try:
            fox = FirefoxPhone(folder / "firefox", server.url)
        except Missing as missing:
            report.cannot("killed -9, Firefox", str(missing))
            return
        with enrolled(fox, server):
            judge(
                report,
                "film as WebM, Firefox",
                GOALS["webm"],
                list(rounds(fox, server, "film", 8, dice, 5.0)),
            )
            judge(report, "sound, Firefox", GOALS["sound"], list(rounds(fox, server, "sound", 4, dice, 5.0)))
        report.count("after all kills: verified again by `flask verify`", int(server.verified()), least=1)
