"""What a browser does to a page: two tabs at once, databases closed underneath, the service worker killed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.faults import hooks
from bench.faults.report import Report
from bench.faults.server import running
from tests.journeys.browser import playing
from tests.journeys.phone_app import PhoneApp


def _close_databases(page: Page) -> None:
    page.evaluate("globalThis.closeDatabases()")


def _stop_service_workers(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    session.detach()


def main(report: Report, folder: Path) -> None:
    with running(folder / "server") as server, playing() as play:
        phone = PhoneApp(play, folder / "phone", server.url)
        phone.browser.context.add_init_script(hooks.DATABASES)
        phone.enrol(server.invite("phone"))
        phone.installed()
        phone.home()
        first = phone.page
        second = phone.browser.context.new_page()
        second.set_default_timeout(30_000)
        second.goto(f"{server.url}/m/")

        phone.photo()
        phone.page = second
        phone.photo()
        _close_databases(second)
        phone.note("after the database was closed")
        phone.page = first
        _close_databases(first)
        phone.record("Film", "0:02")
        _close_databases(first)
        _stop_service_workers(first)
        phone.page = second
        phone.photo()
        phone.page = first
        expect(first.get_by_text(re.compile("^0:0[5-9]$"))).to_be_visible(timeout=60_000)
        phone.stop()
        # Offline, without a running service worker: the shell comes from its cache all the same.
        server.kill("web server")
        _stop_service_workers(first)
        first.goto(f"{server.url}/m/")
        phone.photo()
        server.start("web server")
        # The tab that sends is closed in the middle of it: the other goes on.
        phone.page = second
        first.close()
        phone.waiting(0)
        phone.browser.close()
        server.settled()
        kinds = dict(server.rows("select kind, count(*) from item group by kind"))
        report.count(
            "two tabs, databases closed, service worker killed: photos", kinds.get("photo", 0), least=4
        )
        report.count(
            "two tabs, databases closed, service worker killed: films", kinds.get("film", 0), least=1
        )
        notes = server.rows("select count(*) from entry where type = 'note'")[0][0]
        report.count("two tabs, databases closed, service worker killed: notes", notes, least=1)
        doubled = server.rows(
            "select count(*) from (select 1 from item group by item_id having count(*) > 1)"
        )[0][0]
        report.count("two tabs, databases closed, service worker killed: doubled", doubled, most=0)
        flawed = server.rows("select count(*) from item where attested != 'match' or state != 'opened'")[0][0]
        report.count(
            "two tabs, databases closed, service worker killed: not attested or not opened", flawed, most=0
        )
        cut = server.rows("select count(*) from item where cut")[0][0]
        report.count("two tabs, databases closed, service worker killed: recordings cut", cut, most=0)
        forked = server.rows("select count(*) from statement where forked or broken_link")[0][0]
        report.count("two tabs: statements out of their chain", forked, most=0)
