"""Search of the register at 100,000 and 1,000,000 readings, on SQLite and PostgreSQL, beside a plain LIKE scan.

    python -m bench.register [--quick]

Made-up numbers: as many officers as France has, read whole, in part, unsure and in fragments. A query holds three to
seven digits of one of them at any places; in a third of the queries one digit is taken for another. The clock runs over
the whole of `search`, near misses included, until the hits are there as objects; beside the clock stands the time of processors, of the
database's process too. The scan finds by LIKE what can be found
so: no near misses, no unsure digits, nothing that was read in part.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, text

from app import create_app
from app.accounts import service as accounts
from app.db import db
from app.register import index, rio, search, service
from app.register.models import ReadingPattern
from app.register.seen import Wanted
from bench import figures
from bench.figures import figure, sized, workplace
from config import Config
from scripts import postgres

OFFICERS = 250_000
QUERIES = 40  # for each count of digits
DIGITS = 7
BATCH = 20_000
_SIGHTING = (
    "id",
    "observation_id",
    "officer",
    "made_at",
    "at",
    "look",
    "status",
    "pattern",
    "known",
    "unsure",
)
_READING = ("id", "sighting", "version", "state", "made_at", "observation_id", "officer", "at", "status", "asked", "how",
            "pattern", "fragments", "unsure", "alternatives", "other", "faults")  # fmt: skip
_PATTERN = ("reading_id", "pattern", "k1", "k2", "k3", "k4", "k5")


class Crowd:
    """Officers and what is read of them; the same each time."""

    def __init__(self) -> None:
        self.chance = random.Random(20131224)
        self.numbers = [f"{self.chance.randrange(10**DIGITS):0{DIGITS}d}" for _ in range(sized(OFFICERS))]

    def read(self) -> rio.Read:
        number = self.chance.choice(self.numbers)
        if self.chance.random() < 0.05:
            start, size = self.chance.randrange(3), self.chance.randrange(3, 6)
            return rio.Read(None, (rio.Fragment(number[start : start + size]),))
        known = self.chance.choices((7, 6, 5, 4, 3, 2), (40, 20, 15, 10, 10, 5))[0]
        seen = self.chance.sample(range(DIGITS), known)
        pattern = "".join(c if at in seen else rio.UNKNOWN for at, c in enumerate(number))
        unsure = frozenset(self.chance.sample(seen, 1)) if self.chance.random() < 0.1 else frozenset()
        return rio.Read(pattern, unsure=unsure)

    def query(self, known: int) -> str:
        number = self.chance.choice(self.numbers)
        seen = self.chance.sample(range(DIGITS), known)
        if self.chance.random() < 1 / 3:
            at = self.chance.choice(seen)
            others = rio.confused_with(number[at])
            number = number[:at] + (self.chance.choice(others) if others else number[at]) + number[at + 1 :]
        return "".join(c if at in seen else rio.UNKNOWN for at, c in enumerate(number))


Insert = Callable[[str, Sequence[str], list[tuple[object, ...]]], None]


def fill(crowd: Crowd, start: int, end: int, insert: Insert) -> None:
    """Readings `start` to `end`, each a sighting of its own, five to an observation: plain rows, as `service` makes them."""
    for first in range(start, end, BATCH):
        rows: dict[str, list[tuple[object, ...]]] = {
            name: [] for name in ("observation", "sighting", "reading", "reading_pattern")
        }
        for n in range(first + 1, min(first + BATCH, end) + 1):
            read, at = crowd.read(), 1_700_000_000_000 + n * 60_000
            observation, sighting = f"{(n - 1) // 5:032x}", f"{n:032x}"
            if n % 5 == 1:
                rows["observation"].append((observation, "AAA-AAA", "0" * 32, False, False, at, at, True, at))
            status = "READ_FULL" if read.pattern and rio.UNKNOWN not in read.pattern else "READ_PART"
            unsure = str(sorted(read.unsure))
            known = rio.known(read.pattern or "") or len(read.fragments[0].digits)
            rows["sighting"].append(
                (sighting, observation, n % 5, at, at, "", status, read.pattern, known, unsure)
            )
            fragments = str([{"digits": f.digits, "anchor": f.anchor} for f in read.fragments]).replace(
                "'", '"'
            )
            rows["reading"].append((n, sighting, 1, "stands", at, observation, n % 5, at, status, "NOT_ASKED", "eye",
                                    read.pattern, fragments, unsure, "{}", "", "[]"))  # fmt: skip
            rows["reading_pattern"] += [(n, way, *index.numbers(way)) for way in index.ways(read, DIGITS)]
        columns = (
            "id",
            "reference",
            "device_id",
            "trial",
            "practice",
            "started_at",
            "ended_at",
            "finished",
            "first_received_at",
        )
        for table, names in (
            ("observation", columns), ("sighting", _SIGHTING), ("reading", _READING), ("reading_pattern", _PATTERN),
        ):  # fmt: skip
            insert(table, names, rows[table])


def into_sqlite(table: str, names: Sequence[str], rows: list[tuple[object, ...]]) -> None:
    marks = ", ".join("?" for _ in names)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA cache_size=-500000")
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def into_postgres(table: str, names: Sequence[str], rows: list[tuple[object, ...]]) -> None:
    with db.engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def spread(times: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile, in ms."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000


Cost = tuple[float, float]  # seconds by the clock, seconds of processors


def timed(work: Callable[[str], object], queries: list[str]) -> list[Cost]:
    """What each takes, the best of three: the machine has other things to do."""
    costs = [[_once(work, query) for _ in range(3)] for query in queries]
    return [(min(clock for clock, _ in tries), min(busy for _, busy in tries)) for tries in costs]


def _once(work: Callable[[str], object], query: str) -> Cost:
    db.session.remove()
    backend = _backend()
    start, busy = time.perf_counter(), time.process_time() + _busy(backend)
    work(query)
    return time.perf_counter() - start, time.process_time() + _busy(backend) - busy


def _backend() -> int | None:
    """The process that serves this session, where the database has processes of its own."""
    if db.engine.dialect.name != "postgresql":
        return None
    return int(db.session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def _busy(process: int | None) -> float:
    """Seconds on a processor so far, to the nanosecond."""
    if process is None:
        return 0.0
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def scan(query: str) -> object:
    pattern = query.replace(rio.UNKNOWN, "_")
    return db.session.execute(
        select(ReadingPattern.reading_id).where(ReadingPattern.pattern.like(pattern))
    ).all()


def measure(name: str, size: int, crowd: Crowd) -> float:
    """The figures of one size; the p95 of all queries, ms of processors: a busy machine changes it little."""
    searched: list[Cost] = []
    scanned: list[Cost] = []
    for known in range(rio.FEWEST, DIGITS + 1):
        queries = [crowd.query(known) for _ in range(max(QUERIES, sized(QUERIES)))]
        times = timed(lambda query: search.search(Wanted(query)), queries)
        slow = timed(scan, queries[:10])
        p95, peer = (spread([busy for _, busy in costs])[1] for costs in (times, slow))
        figure(f"register.{name}.{size}.{known}-digits.cpu.p95", p95, "ms", peer)
        searched, scanned = searched + times, scanned + slow
    clock, busy = zip(*searched, strict=True)
    peer_clock, peer_busy = zip(*scanned, strict=True)
    for what, own, other in (("clock", clock, peer_clock), ("cpu", busy, peer_busy)):
        for part, value, peer in zip(("p50", "p95"), spread(own), spread(other), strict=True):
            figure(f"register.{name}.{size}.search.{what}.{part}", value, "ms", peer)
    return spread(busy)[1]


def written(name: str, size: int) -> None:
    """What another reading costs when there are so many: one transaction, its entry in the log, its rows."""
    user = accounts.by_name("bench")
    assert user is not None
    times = []
    for n in range(1, 31):
        said = service.Said("READ_PART", pattern=f"{n * 7919 % 10**6:06d}?")
        start = time.perf_counter()
        service.read_again(user, f"{n:032x}", said)
        times.append(time.perf_counter() - start)
    figure(f"register.{name}.{size}.write.p50", spread(times)[0], "ms")


@contextmanager
def on_sqlite() -> Iterator[tuple[str, Insert, str]]:
    yield "", into_sqlite, "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%reading_pattern%'"


@contextmanager
def on_postgres() -> Iterator[tuple[str, Insert, str]]:
    with postgres.running() as url:
        yield url, into_postgres, "SELECT pg_total_relation_size('reading_pattern')"


def prepared(folder: Path, url: str) -> Flask:
    app = create_app(Config(instance=folder / "instance", testing=True, database=url))
    with app.app_context():
        upgrade()
        accounts.add("bench", ["reviewer"], "server")
        db.session.execute(
            text(
                "INSERT INTO device (id, label, token_hash, practice, enrolled_at, quota) VALUES (:id, 'x', 'x', :no, 0, 0)"
            ),
            {"id": "0" * 32, "no": False},
        )
        db.session.commit()
    return app


def main() -> None:
    if "--quick" in sys.argv:
        figures.quick()
    small, large = sized(100_000), sized(1_000_000)
    for name, server in (("sqlite", on_sqlite), ("postgresql", on_postgres)):
        crowd = Crowd()
        with workplace() as folder, server() as (url, insert, bytes_used):
            app = prepared(folder, url)
            with app.app_context():
                fill(crowd, 0, small, insert)
                settled(name)
                before = measure(name, small, crowd)
                start = time.perf_counter()
                fill(crowd, small, large, insert)
                figure(f"register.{name}.fill", (large - small) / (time.perf_counter() - start), "readings/s")
                settled(name)
                figure(f"register.{name}.growth.cpu.p95", measure(name, large, crowd), "ms", before)
                written(name, large)
                used = db.session.scalar(text(bytes_used))
                figure(f"register.{name}.index", float(used or 0) / large, "bytes/reading")
                db.session.remove()
                db.engine.dispose()


def settled(name: str) -> None:
    """As after a while of use: the planner knows the tables."""
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if name == "postgresql":  # COPY doesn't count on
            connection.execute(text("SELECT setval('reading_id_seq', (SELECT max(id) FROM reading))"))
        connection.execute(text("VACUUM ANALYZE" if name == "postgresql" else "ANALYZE"))


if __name__ == "__main__":
    main()
