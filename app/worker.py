"""The worker: opens what has arrived, finishes what a crash left, renews the intake key. A process of its own.

The database is the truth: it looks for waiting items, so nothing is lost when a hint is. `worker.alive` in the data
folder is touched at each round, for the status page.
"""

from __future__ import annotations

import fcntl
import math
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app

from app.clock import now_ms
from app.db import db, forget_reads
from app.errors import named
from app.intake import storing, uploads
from app.intake.models import Upload
from app.keys import keys
from app.opening import heads, rotation, silent, viewing
from app.opening import service as opening
from app.review import withdraw

FAIR = 4  # every so many items the one that waits longest comes first
ROUND = 20  # items before the sweep may be due again
ROUND_WITHIN = 15  # seconds likewise: large films must not hide a phone that was smashed meanwhile
RECOVER = 5  # seconds after an error that nobody expected
IDLE = 0.5  # seconds between looks at an empty queue
SWEEP = 60  # seconds
SILENT = 20  # seconds without a byte, after which an upload is opened as far as it goes
LOOK = 5  # seconds that one look at silent uploads may take, but for the last opening
GIVEN_UP = 30 * 86_400  # seconds of silence after which an upload is closed as cut


class AlreadyRunning(Exception):
    """Another worker serves this data folder."""


def alive_file(instance: Path) -> Path:
    return instance / "worker.alive"


def last_alive(instance: Path) -> int | None:
    """When the worker last said that it runs, ms, or None."""
    try:
        return alive_file(instance).stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return None


def sweep() -> None:
    """Find what was begun and not finished."""
    if keys().may_sign:  # else the web server does it (scripts/gunicorn_conf.py)
        sign_left()
    withdraw.sweep()
    heads.close_left()
    heads.close_old()
    keys().renew_intake()
    rotation.destroy_old()


def sign_left() -> None:
    """Store, with a receipt, what had all its bytes when something died, and what fell silent for good."""
    storing.finish_begun()
    close_given_up()


def open_silent(budget: float = LOOK) -> None:
    """A phone that fell silent in the middle of a film: the desk sees what there is within a minute. At most so many
    seconds at a time, so that a crowd of begun uploads doesn't hold up what is whole; the next look goes on."""
    end = time.monotonic() + budget
    for upload in _in_turn(uploads.unfinished()):
        quiet = time.time() - uploads.incoming(upload).touched()
        # Below zero: somebody has set the server's clock back.
        if GIVEN_UP > quiet > SILENT or quiet < -SILENT:
            silent.open_silent(upload)
            if time.monotonic() > end:
                return


def _in_turn(found: list[Upload]) -> list[Upload]:
    """One of each device, then the next of each: many uploads of one phone delay that one's only."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, Upload]] = []
    for upload in sorted(found, key=lambda one: one.created_at):
        turns.append((seen[upload.device_id], upload))
        seen[upload.device_id] += 1
    return [upload for _turn, upload in sorted(turns, key=lambda one: one[0])]


def close_given_up() -> None:
    for upload in uploads.unfinished():
        here = uploads.incoming(upload)
        if here.offset() and time.time() - here.touched() > GIVEN_UP and here.has_whole_head():
            storing.close_cut(upload)


def work_off(most: int | None = None, within: float = math.inf) -> int:
    """Open what waits: at most so many items, and none after so many seconds. Returns how many were opened."""
    done, end = 0, time.monotonic() + within
    while (
        done != most
        and time.monotonic() < end
        and (item := opening.next_waiting(oldest=done % FAIR == FAIR - 1)) is not None
    ):
        opening.open_item(item.id)
        db.session.remove()
        alive_file(current_app.config["TEMOIN"].instance).touch()
        done += 1
    return done


def convert_all() -> int:
    """Make every copy for viewing that waits, one after the other. Returns how many were tried."""
    done, making = 0, viewing.begin()
    while making is not None:
        time.sleep(0.05)
        if (making := viewing.go_on(making)) is None:
            done, making = done + 1, viewing.begin()
    return done


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Be the one worker of a data folder. Raises AlreadyRunning."""
    with (instance / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunning(str(instance)) from error
        yield


def run(app: Flask) -> None:
    """Work until SIGTERM or SIGINT. Raises AlreadyRunning."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    instance: Path = app.config["TEMOIN"].instance
    with alone(instance), app.app_context():
        opening.requeue_interrupted()
        viewing.requeue_interrupted()
        making: viewing.Making | None = None
        swept = looked = 0.0
        app.logger.info("worker %s started at %s", os.getpid(), now_ms())
        while not stop.is_set():
            alive_file(instance).touch()
            try:
                if time.monotonic() - swept > SWEEP or not swept:
                    swept = time.monotonic()
                    sweep()
                if time.monotonic() - looked > SILENT / 2:
                    looked = time.monotonic()
                    open_silent()
                making = viewing.go_on(making)
                if work_off(ROUND, ROUND_WITHIN) == 0:
                    forget_reads()
                    db.session.remove()
                    stop.wait(IDLE)
            except Exception as error:
                # A full disk or one bad item must not end the worker; its text could hold content, its kind can't.
                app.logger.error("worker: %s", named(error))
                db.session.remove()
                opening.requeue_interrupted()
                stop.wait(RECOVER)
        if making is not None:
            making.stop()
