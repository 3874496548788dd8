"""Clocks set by a day, either way, on the phone and on the server, while things are recorded and sent."""

from __future__ import annotations

from pathlib import Path

from bench.faults import hooks
from bench.faults.report import Report
from bench.faults.server import Server, running
from tests.journeys.browser import playing
from tests.journeys.phone_app import PhoneApp

DAY = 86_400


def _set_phone(phone: PhoneApp, seconds: int) -> None:
    phone.page.evaluate(
        "(ms) => { globalThis.shifted = ms; sessionStorage.setItem('shifted', String(ms)); }", seconds * 1000
    )


def _step(phone: PhoneApp, number: int) -> None:
    phone.photo()
    phone.note(f"step {number}")


def main(report: Report, folder: Path) -> None:
    clock = folder / "clock"
    clock.write_text("0")
    with (
        running(folder / "server", wrap=("-m", "bench.faults.later", str(clock))) as server,
        playing() as play,
    ):
        phone = PhoneApp(play, folder / "phone", server.url)
        phone.browser.context.add_init_script(hooks.CLOCK)
        phone.enrol(server.invite("phone"))
        phone.installed()
        phone.home()
        steps = [(0, 0), (DAY, 0), (-DAY, 0), (0, DAY), (0, -DAY)][: report.sized(5, 3)]
        for number, (here, there) in enumerate(steps):
            _set_phone(phone, here)
            clock.write_text(str(there))
            _step(phone, number)
            phone.waiting(0)
        # And in the middle of a recording that is sent as it is made.
        phone.record("Film", "0:02")
        _set_phone(phone, -DAY if not report.quick else DAY)
        clock.write_text(str(DAY))
        phone.page.wait_for_timeout(2500)
        phone.stop()
        phone.waiting(0)
        problems = [one for one in phone.browser.problems if "apple-mobile-web-app" not in one]
        phone.browser.close()
        server.settled()
        judge(server, report, len(steps), problems)


def judge(server: Server, report: Report, steps: int, problems: list[str]) -> None:
    kinds = dict(server.rows("select kind, count(*) from item group by kind"))
    report.count("clocks set by a day: photos received", kinds.get("photo", 0), least=steps)
    report.count("clocks set by a day: films received", kinds.get("film", 0), least=1)
    report.count(
        "clocks set by a day: notes opened",
        server.rows("select count(*) from entry where type = 'note'")[0][0],
        least=steps,
    )
    report.count(
        "clocks set by a day: not attested",
        server.rows("select count(*) from item where attested != 'match'")[0][0],
        most=0,
    )
    report.count(
        "clocks set by a day: not opened",
        server.rows("select count(*) from item where state != 'opened'")[0][0],
        most=0,
    )
    report.count(
        f"clocks set by a day: problems in the page {problems[:3] or ''}".strip(), len(problems), most=0
    )
    report.count("clocks set by a day: verified again by `flask verify`", int(server.verified()), least=1)
    report.count("clocks set by a day: unexpected errors in the server's logs", len(server.errors()), most=0)
