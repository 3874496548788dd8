"""Figures of delivery: a crowd at once, the last byte of a live recording, a smashed phone, large films beside the peer."""

from __future__ import annotations

import http.client
import os
import selectors
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyrage

from app.seal import CHUNK, NONCE, SEALED_CHUNK
from bench import film, intake
from bench.faults.handset import Handset
from bench.faults.recordings import last_of
from bench.faults.report import Report, percentile, worst
from bench.faults.server import Server, running, until
from bench.figures import MB
from bench.memory import Watch, children
from tests.media import webm
from tests.phone import Sealed

ITEMS = 5


def crowd(report: Report, server: Server) -> None:
    """Phones that all come online in the same second, each with five items to commit to and to send."""
    number = report.sized(200, 10)
    phones = [server.handset(f"phone {i}") for i in range(number)]
    loads = [[phone.seal(os.urandom(2000 * 4**i)) for i in range(ITEMS)] for phone in phones]
    # Signed before and checked after the time taken, sent and awaited in one thread: two hundred real phones don't share
    # one Python, and here it would take from the server's two cores.
    statements = [phone.commitment(*items) for phone, items in zip(phones, loads, strict=True)]
    commitments: list[float] = []
    troubles: list[str] = []
    received: list[int] = []

    def sync(phone: Handset, items: list[Sealed], statement: str, result: dict[str, Any]) -> None:
        try:
            phone.committed(statement, result, *items)
            for sealed in items:
                deliver(phone, sealed)
        except (OSError, http.client.HTTPException) as error:
            troubles.append(repr(error))
        finally:
            assert phone.held
            phone.held.close()

    def deliver(phone: Handset, sealed: Sealed) -> None:
        answer = phone.send(sealed)
        if answer.status != 204:
            troubles.append(f"{answer.status} {answer.code}")
        else:
            received.append(phone.receipt(answer.headers["Temoin-Receipt"], sealed)["attested"] == "match")

    began = time.monotonic()
    with selectors.DefaultSelector() as lines, ThreadPoolExecutor(number) as going_on:
        for one in zip(phones, loads, statements, strict=True):
            at = time.monotonic()
            lines.register(one[0].begin_saying(one[2]), selectors.EVENT_READ, (at, one))
        while lines.get_map():
            for key, _events in lines.select(60):
                at, (phone, items, statement) = key.data
                lines.unregister(key.fileobj)
                [result] = phone.said()
                commitments.append(time.monotonic() - at)
                going_on.submit(sync, phone, items, statement, result)
    name = f"{number} phones with {ITEMS} items each at once"
    report.count(f"{name}: received and attested", sum(received), least=number * ITEMS)
    report.count(f"{name}: errors shown {troubles[:2] or ''}".strip(), len(troubles), most=0)
    report.figure(f"{name}: commitment, 95 of 100 within", percentile(commitments, 0.95), "s", most=1.0)
    report.figure(f"{name}: all of it", time.monotonic() - began, "s")


def live(report: Report, server: Server) -> None:
    """Bytes go up as they are made; after the last one, how long until the server has it and says so."""
    waits = []
    phone = server.handset()
    for _ in range(report.sized(10, 3)):
        sealed = phone.seal(os.urandom(20 * SEALED_CHUNK))
        upload = phone.create(sealed.id).headers["Location"]
        offset, whole = 0, sealed.bytes
        while offset < len(whole) - SEALED_CHUNK:
            part = whole[offset : offset + SEALED_CHUNK]
            offset = int(phone.patch(upload, offset, part).headers["Upload-Offset"])
            time.sleep(0.03)
        began = time.monotonic()
        phone.commit(sealed, kind="film")
        answer = phone.patch(upload, offset, whole[offset:], len(whole))
        waits.append(1000 * (time.monotonic() - began))
        phone.receipt(answer.headers["Temoin-Receipt"], sealed)
    report.figure(
        "live recording ends: commitment, last byte and receipt, middle",
        sorted(waits)[len(waits) // 2],
        "ms",
        most=100.0,
    )
    report.figure("live recording ends: the same, worst", worst(waits), "ms")


def smashed(report: Report, server: Server) -> None:
    """A phone that falls silent in the middle of a film: seen at the desk within a minute, and again whole when it goes on."""
    phone = server.handset()
    content = webm(20)
    content += bytes(max(0, 6 * CHUNK - len(content)))
    sealed = phone.seal(content)
    signed, there = NONCE + 2 * SEALED_CHUNK, NONCE + 4 * SEALED_CHUNK
    upload = phone.create(sealed.id).headers["Location"]
    phone.patch(upload, 0, sealed.head + sealed.body[:there])
    phone.prefix(sealed, signed)
    tail = phone.seal(
        bytes.fromhex(sealed.id) + (4 * CHUNK).to_bytes(8, "big") + content[4 * CHUNK : 4 * CHUNK + 9000]
    )
    phone.patch(phone.create(sealed.id, len(tail.bytes), tail=1).headers["Location"], 0, tail.bytes)
    began = time.monotonic()
    stored = upload.rpartition("/")[2]
    seen = "select provisional, attested_size, original_size from opening where item = ? order by id"
    until("the silent upload was opened", lambda: server.rows(seen, stored))
    report.figure("smashed phone: shown at the desk after", time.monotonic() - began, "s", most=60.0)
    [(provisional, attested, size)] = server.rows(seen, stored)
    report.count("smashed phone: marked provisional", int(provisional), least=1)
    report.count(
        "smashed phone: bytes attested by the last prefix, off by", abs(attested - 2 * CHUNK), most=0
    )
    report.count(
        "smashed phone: bytes shown, the tail's included, off by", abs(size - 4 * CHUNK - 9000), most=0
    )
    phone.commit(sealed, kind="film")
    answer = phone.patch(upload, len(sealed.head) + there, sealed.body[there:], len(sealed.bytes))
    phone.receipt(answer.headers["Temoin-Receipt"], sealed)
    server.settled()
    found = last_of(server, stored)
    report.count(
        "smashed phone goes on: opened again whole",
        int(not found.provisional and found.original_size == len(content)),
        least=1,
    )
    report.count("smashed phone goes on: all attested", int(found.attested_size == len(content)), least=1)
    logged = server.rows(
        "select count(*) from log_entry where verb = 'item.opened' and object = ?", sealed.id
    )[0][0]
    report.count("smashed phone goes on: openings in the log", logged, least=2)


def large(report: Report, server: Server, folder: Path) -> None:
    """One large film into both servers, durable before each answer; then 2.5 GB and the memory of every process."""
    intake.install()
    phone = server.handset()
    with intake.peer(folder / "theirs") as (other_port, _other):
        sealed = _sealed(phone, folder, report.sized(500 * MB, 20 * MB))
        size = sealed.stat().st_size
        for name, part, least in (("one PATCH", size, 1.0), ("8 MiB PATCHes", 8 << 20, 0.7)):
            # In turns and the best of both: other work on the machine then hits both alike.
            mine = its = 0.0
            for _ in range(report.sized(3, 2)):
                mine = max(mine, size / MB / intake.upload(server.port, sealed, part, phone.token))
                its = max(its, size / MB / intake.upload(other_port, sealed, part, ""))
                for left in (folder / "theirs").iterdir():
                    left.unlink()
            report.figure(f"intake of {size // MB} MB, {name}, durable", mine, "MB/s", its, ratio=least)
        if not report.quick:
            _memory_of_web(report, server, phone, folder)


def _memory_of_web(report: Report, server: Server, phone: Handset, folder: Path) -> None:
    sealed = _sealed(phone, folder, 2_500 * MB)
    with Watch(children(server.process("web server"))[0]) as web:
        intake.upload(server.port, sealed, 8 << 20, phone.token)
    sealed.unlink()
    report.figure("memory for 2.5 GB, web server", web.own / MB, "MB", most=150.0)


def memory_of_worker(report: Report, server: Server) -> None:
    """Of what has arrived the last, and by far the largest, is 2.5 GB."""
    with Watch(server.process("worker")) as worker:
        server.settled(900)
    report.figure("memory for 2.5 GB, worker", worker.own / MB, "MB", most=150.0)
    report.figure("memory for 2.5 GB, opening process", worker.children / MB, "MB", most=150.0)
    whole = server.rows("select count(*) from opening where original_size > 2400000000 and problem is null")
    report.count("memory for 2.5 GB: opened", whole[0][0], least=1)


def _sealed(phone: Handset, folder: Path, size: int) -> Path:
    plain, sealed = folder / "film.webm", folder / f"{size}.age"
    film.make(plain, size)
    pyrage.encrypt_file(
        str(plain), str(sealed), [pyrage.x25519.Recipient.from_str(one) for one in phone.recipients]
    )
    plain.unlink()
    return sealed


def main(report: Report, folder: Path) -> None:
    with running(folder / "server", "web server") as server:
        live(report, server)
        large(report, server, folder)
        server.start("worker")
        if not report.quick:
            memory_of_worker(report, server)
            smashed(report, server)
        # Last: what a crowd brings keeps the worker busy for minutes.
        crowd(report, server)
