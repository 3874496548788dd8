"""Storage that ends: a phone whose quota is reached while it films, and a server whose disk is full, by reserve and truly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.faults.handset import Handset
from bench.faults.recordings import last_of
from bench.faults.report import Report
from bench.faults.server import running
from bench.figures import MB
from scripts.ground import PYTHON, ROOT, is_root
from tests.journeys.browser import playing
from tests.journeys.phone_app import PhoneApp
from tests.phone import Sealed

ROOM = (
    8 * MB
)  # bytes the phone has left when it begins: Chromium sets a megabyte aside for each file that is open
LEFT = 0.3 * MB  # two seconds later; the camera's still picture would take minutes to fill the rest
DISK = 48 * MB
ITEMS = 9  # of 6 MiB: more than the disk holds


def phone_full(report: Report, folder: Path) -> None:
    """The browser's quota is set just above what is used: the film must end by itself, kept whole."""
    with running(folder / "server") as server, playing() as play:
        phone = PhoneApp(play, folder / "phone", server.url)
        phone.enrol(server.invite("phone"))
        phone.installed()
        phone.home()
        server.kill("web server")  # offline: nothing leaves, nothing makes room
        _quota(phone.page, server.url, ROOM)
        phone.button("Film").click()
        began = time.monotonic()
        expect(phone.page.get_by_text("0:02", exact=True)).to_be_visible()
        _quota(phone.page, server.url, LEFT)
        # Not the first screen's word that there is no room left.
        ended = phone.page.get_by_role("alert").filter(has_text="storage is full")
        expect(ended.first).to_be_visible(timeout=120_000)
        lasted = time.monotonic() - began
        _quota(phone.page, server.url, None)
        server.start("web server")
        phone.page.goto(f"{server.url}/m/")
        phone.waiting(0)
        phone.browser.close()
        server.settled()
        [(upload, attested)] = server.rows("select id, attested from item where kind = 'film'")
        found = last_of(server, upload)
        report.count("phone full while filming: films kept and playable", int(found.frames > 0), least=1)
        report.count("phone full while filming: attested", int(attested == "match"), least=1)
        # The alert comes after the camera has been closed: what is missing is less than this.
        report.figure(
            "phone full while filming: from the last frame to the notice",
            lasted - found.seconds,
            "s",
            most=4.0,
        )


def _quota(page: Page, origin: str, room: float | None) -> None:
    session = page.context.new_cdp_session(page)
    if room is None:
        session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
        return
    used = session.send("Storage.getUsageAndQuota", {"origin": origin})["usage"]
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + room})


def send_all(phone: Handset, items: list[Sealed], size: int = 256 * 1024) -> tuple[int, set[str]]:
    """Send each in parts until it is received or refused: (how many received, what was said)."""
    received, said = 0, set()
    for sealed in items:
        made = phone.create(sealed.id, len(sealed.bytes))
        if made.status != 201:
            said.add(f"{made.status} {made.code}")
            continue
        upload, offset = made.headers["Location"], int(made.headers["Upload-Offset"])
        while offset < len(sealed.bytes):
            answer = phone.patch(upload, offset, sealed.bytes[offset : offset + size])
            if answer.status != 204:
                said.add(f"{answer.status} {answer.code}")
                break
            offset = int(answer.headers["Upload-Offset"])
        else:
            jwt = phone.status(sealed.id)["items"][sealed.id]["receipt"]
            received += phone.receipt(jwt, sealed)["attested"] == "match"
    return received, said


def disk_full(name: str, folder: Path, reserve: int) -> dict[str, object]:
    """Fill a small disk, be refused, make room, go on. Runs where `folder` is a disk of its own."""
    with running(folder / "instance", TEMOIN_RESERVE=str(reserve)) as server:
        phone = server.handset()
        items = [phone.seal(os.urandom(6 * 1024 * 1024)) for _ in range(ITEMS)]
        for sealed in items:
            phone.commit(sealed)
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(8 * 1024 * 1024))
        before, said = send_all(phone, items)
        kept = sum(int(phone.status(one.id)["items"][one.id]["offset"] or 0) for one in items)
        told = _asks(phone)
        receipted = _receipts(phone, items[:before])
        worker_goes_on = server.goes_on("worker")
        _make_room(ballast, folder)
        after, later = send_all(phone, items)
        server.settled()
        return {
            "name": name, "before": before, "after": after, "said": sorted(said), "later": sorted(later), "kept": kept,
            "asked": told, "receipted": receipted, "worker": worker_goes_on, "verified": server.verified(),
            "errors": len(server.errors()),
        }  # fmt: skip


def _asks(phone: Handset) -> int:
    """A full disk must not silence the server: the status answers, or says what is the matter."""
    return phone.ask("/api/status", {"ids": []}).status


def _receipts(phone: Handset, items: list[Sealed]) -> int:
    return sum(bool(phone.status(one.id)["items"][one.id]["receipt"]) for one in items)


def _make_room(ballast: Path, folder: Path) -> None:
    ballast.unlink()
    subprocess.run(["mount", "-o", f"remount,size={4 * DISK}", str(folder)], check=True)


def in_small_disk(reserve: int, folder: Path) -> dict[str, object] | None:
    """Run `disk_full` in a mount of its own. None where this machine allows no mounts."""
    folder.mkdir(parents=True, exist_ok=True)
    script = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'
    own = ["unshare", "--mount"] if is_root() else ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run(
        [*own, "sh", "-c", script, "sh", str(DISK), str(folder), "true"], capture_output=True, check=False
    ).returncode:
        return None
    run = subprocess.run(
        [*own, "sh", "-c", script, "sh", str(DISK), str(folder), str(PYTHON), "-m", "bench.faults.limits", str(folder), str(reserve)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(run.stderr[-2000:])
    found: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return found


def main(report: Report, folder: Path) -> None:
    disks = (("no byte left", 0), ("reserve reached", 16 * 1024 * 1024))
    for name, reserve in disks[: report.sized(2, 1)]:
        found = in_small_disk(reserve, folder / name.replace(" ", "-"))
        if found is None:
            report.cannot(f"server's disk full, {name}", "no mount of its own is allowed here")
            continue
        report.count(f"server's disk full, {name}: received before", int(str(found["before"])), least=1)
        report.count(
            f"server's disk full, {name}: said 507 and nothing else {found['said']}",
            int(found["said"] == ["507 disk-full"]),
            least=1,
        )
        report.count(
            f"server's disk full, {name}: still answers {found['asked']}",
            int(found["asked"] in {200, 507}),
            least=1,
        )
        report.count(f"server's disk full, {name}: the worker goes on", int(found["worker"] is True), least=1)
        report.count(
            f"server's disk full, {name}: receipts kept",
            int(str(found["receipted"])),
            least=int(str(found["before"])),
        )
        report.count(f"server's disk full, {name}: bytes kept meanwhile", int(str(found["kept"])), least=1)
        report.count(
            f"server's disk full, {name}: received after room was made {found['later'] or ''}".strip(),
            int(str(found["after"])),
            least=ITEMS,
        )
        report.count(
            f"server's disk full, {name}: verified again by `flask verify`",
            int(found["verified"] is True),
            least=1,
        )
        report.count(
            f"server's disk full, {name}: unexpected errors in the server's logs",
            int(str(found["errors"])),
            most=0,
        )
    if not report.quick:
        phone_full(report, folder / "phone")


if __name__ == "__main__":
    print(json.dumps(disk_full("", Path(sys.argv[1]), int(sys.argv[2]))))
