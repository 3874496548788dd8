"""Uploads by the app's own outbox over a line that does everything wrong, to a server that is killed meanwhile.

Counted at the end, from the phones' own rows and from the server's disk, never from what either says of itself.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pyrage

from app import jws
from bench.faults import node
from bench.faults.line import Line
from bench.faults.report import Report, worst
from bench.faults.server import Server, running, server_key
from bench.figures import MB

MIX = {
    "cut": 0.04,
    "cut answer": 0.04,
    "stall": 0.03,
    "duplicate": 0.03,
    "late": 0.03,
    "corrupt": 0.02,
    "throttle": 0.05,
}
PATIENCE = 1200.0


class Storm:
    def __init__(self, server: Server, folder: Path, seed: int) -> None:
        self.server, self.seed = server, seed
        self._script = node.bundled("phone.mjs", folder)
        self._safe: Counter[int] = Counter()
        self.phones: list[dict[str, Any]] = []

    @property
    def safe(self) -> int:
        """Items that phones hold a verified receipt for."""
        return self._safe.total()

    def run(self, line: Line, phones: int, items: int, sizes: tuple[int, int], kills: int) -> None:
        total = phones * items
        programs = [
            node.Program(
                self._script,
                {
                    "direct": self.server.url, "line": line.url, "secret": self.server.invite(f"phone {number}"),
                    "items": items, "smallest": sizes[0], "largest": sizes[1], "seed": self.seed * 97 + number,
                },
                lambda said, number=number: self._heard(number, said),  # type: ignore[misc]
            )
            for number in range(phones)
        ]  # fmt: skip
        over = threading.Event()
        killer = threading.Thread(target=self._kill, args=(kills, phones, total, over), daemon=True)
        killer.start()
        try:
            self.phones = [program.end(PATIENCE) for program in programs]
        finally:
            for program in programs:
                program.process.kill()
            over.set()
            killer.join()

    def _heard(self, number: int, said: dict[str, Any]) -> None:
        if "safe" in said:
            self._safe[number] = said["safe"]

    def _kill(self, kills: int, phones: int, total: int, over: threading.Event) -> None:
        """From when all phones are enrolled, spread over the run by what has arrived, at a random moment each; web server,
        worker or both."""
        dice = random.Random(self.seed)
        self.killed = 0
        for number in range(kills):
            due = total * number / (kills + 1)
            while (len(self._safe) < phones or self.safe < due) and not over.wait(0.02):
                pass
            if over.wait(dice.random() * 0.6):
                return
            parts = dice.choice((("web server",), ("web server",), ("worker",), ("web server", "worker")))
            self.server.kill(*parts)
            self.killed += 1
            self.server.start(*parts)


def judge(server: Server, phones: list[dict[str, Any]], report: Report, name: str) -> None:
    """Lost, doubled, damaged, receipted without bytes: from rows of the phones and files of the server."""
    key = server_key(server)
    stored = {
        (device, item): (upload, head, body)
        for upload, device, item, head, body in server.rows(
            "select id, device_id, item_id, head_sha256, body_sha256 from item"
        )
    }
    lost = damaged = receipted = stuck = total = 0
    why: Counter[str] = Counter()
    for phone in phones:
        for row in phone["rows"]:
            total += 1
            if row["state"] not in {"received", "released"}:
                stuck += 1
                why[f"{row['state']}: {row['problem']}"] += 1
                continue
            found = stored.get((phone["device"], row["id"]))
            whole = found is not None and _same(server, found[0], row)
            lost += found is None
            damaged += found is not None and not whole
            receipted += not (whole and _named(key, phone["device"], row))
    extra = len(stored) - total + stuck
    twice = server.rows(
        "select count(*) from (select 1 from upload where tail = -1 group by device_id, item_id having count(*) > 1)"
    )
    logged = server.rows("select count(*) from log_entry where verb = 'item.received'")
    items = server.rows("select count(*) from item")
    doubled = max(0, extra) + twice[0][0] + logged[0][0] - items[0][0]
    report.count(f"{name}: items", total)
    report.count(f"{name}: lost", lost, most=0)
    report.count(f"{name}: doubled", doubled, most=0)
    report.count(f"{name}: damaged", damaged, most=0)
    report.count(f"{name}: receipted without bytes", receipted, most=0)
    report.count(f"{name}: never delivered {dict(why) or ''}".strip(), stuck, most=0)
    attested = server.rows("select count(*) from item where attested = 'match'")[0][0]
    report.count(f"{name}: attested by the phone", attested, least=total - stuck)
    report.count(f"{name}: verified again by `flask verify`", int(server.verified()), least=1)
    report.count(f"{name}: unexpected errors in the server's logs", len(server.errors()), most=0)


def _same(server: Server, upload: str, row: dict[str, Any]) -> bool:
    """Body as the phone sealed it; and opened with the custody key, the plaintext that the phone hashed."""
    blobs = server.instance / "blobs"
    body = (blobs / "bodies" / upload).read_bytes()
    if len(body) != row["body"]["size"] or jws.sha256(body) != row["body"]["sha256"]:
        return False
    custody = (server.instance / "practice" / "custody.key").read_text()
    secret = next(line for line in custody.splitlines() if line.startswith("AGE-SECRET-KEY-"))
    identity = pyrage.x25519.Identity.from_str(secret)
    head = blobs / "heads" / upload
    clear = (
        head.read_bytes()
        if head.exists()
        else pyrage.decrypt(head.with_name(f"{upload}.age").read_bytes(), [identity])
    )
    if len(clear) != row["head"]["size"] or jws.sha256(clear) != row["head"]["sha256"]:
        return False
    return bool(jws.sha256(pyrage.decrypt(clear + body, [identity])) == row["plain"])


def _named(key: jws.Key, device: str, row: dict[str, Any]) -> bool:
    said = jws.verify(row["receipt"], key, "temoin-storage-receipt")
    return (said["dev"], said["id"], said["head"], said["body"]) == (
        device,
        row["id"],
        row["head"],
        row["body"],
    )


def main(report: Report, folder: Path) -> None:
    phones, items = report.sized(5, 2), report.sized(200, 10)
    with running(folder / "server") as server:
        line = Line(server.port, 1, MIX)
        storm = Storm(server, folder, report.sized(11, 7))
        storm.run(line, phones, items, (1000, report.sized(20 * MB, MB)), report.sized(50, 2))
        line.close()
        # The worker opens one item after the other, and in a full run that would take longer than all the rest.
        server.kill("worker")
        given_up = server.rows("select count(*) from item where state = 'failed'")[0][0]
        report.count("uploads under faults: given up by the worker", given_up, most=0)
        report.count("uploads under faults: server killed", storm.killed, least=report.sized(50, 2))
        for fault, number in sorted(line.done.items()):
            report.count(f"uploads under faults: {fault}", number)
        report.figure("web server answers again after kill -9, worst", worst(server.restarts), "s")
        cuts = cut_now_and_then(server, report, folder)
        judge(server, [*storm.phones, *cuts.phones], report, "uploads under faults and cuts")


def cut_now_and_then(server: Server, report: Report, folder: Path) -> Storm:
    """One cut in 2 MB and no other fault: how much is sent twice."""
    line = Line(server.port, 2, cut_every=2 * MB)
    storm = Storm(server, folder, 5)
    sizes = (report.sized(1000, 2 * MB), report.sized(20 * MB, 6 * MB))
    storm.run(line, 1, report.sized(60, 4), sizes, 0)
    useful = sum(row["head"]["size"] + row["body"]["size"] for phone in storm.phones for row in phone["rows"])
    report.count("one cut in 2 MB: cuts", line.done["cut by bytes"])
    report.figure("one cut in 2 MB: bytes sent twice", 100 * (line.pushed - useful) / useful, "%", most=5.0)
    line.close()
    return storm
