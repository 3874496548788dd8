"""How gunicorn serves Témoin, for `make run`, `make lan` and `docs/deploy.md`:
`gunicorn --config python:scripts.gunicorn_conf wsgi:app`.
"""

from __future__ import annotations

import gc
import logging
import re
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from threading import Barrier, Event, Thread
from typing import Any

from gunicorn.glogging import Logger

from config import THREADS
from scripts.crowd import CrowdWorker
from scripts.straight import straighten

_ADDRESS = re.compile(r"\bip=\S+")


class _NoAddress(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # "Invalid request from ip=...": gunicorn's only line that names a client.
        message = record.getMessage()
        if "ip=" in message:
            record.msg, record.args = _ADDRESS.sub("a client", message), ()
        return True


class AddresslessLogger(Logger):  # type: ignore[misc]
    """gunicorn's log without addresses of clients."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.addFilter(_NoAddress())


logger_class = AddresslessLogger
accesslog = None
loglevel = "warning"

# One process: rates are counted in memory. Threads: the work is waiting for bytes and for fsync.
worker_class = CrowdWorker
workers = 1
threads = THREADS
timeout = 120
graceful_timeout = 10  # an upload that is cut here goes on at its offset
keepalive = 75
READY = 30  # seconds that threads may take to begin
SILENT = 60  # seconds a body may pause: a thread that waits for ever is a thread that nobody else has


def pre_request(_worker: Any, request: Any) -> None:
    request.unreader.sock.settimeout(SILENT)
    if request.method == "PATCH":
        straighten(request)


max_requests = 0
# By default a socket in the home folder, which two servers of one user would fight over.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Everything the web process does once, before its first request."""
    from sqlalchemy.orm import configure_mappers

    configure_mappers()  # else within the first request, and a crowd waits for it
    begin_threads(worker.wsgi, worker.tpool, worker.cfg.threads)
    # What was loaded stays; looking through all of it for garbage stops every thread for a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sweep(worker.wsgi)


def begin_threads(app: Any, pool: Executor, number: int) -> None:
    """All at once, each with a connection to the database: when a crowd comes, there is no time to begin them one by one."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.db import held_open

    ready = Barrier(number + 1)

    def begin() -> None:
        with app.app_context(), ExitStack() as held:
            with suppress(SQLAlchemyError):  # the first request says it, in the usual shape
                held.enter_context(held_open())
            ready.wait(READY)

    for _ in range(number):
        pool.submit(begin)
    ready.wait(READY)


def sweep(app: Any) -> None:
    """Where web server and worker are two users, only this one can sign what a crash or long silence left unsigned: once
    now, then every minute."""
    from app.errors import named
    from app.keys import keys
    from app.worker import SWEEP, sign_left

    with app.app_context():
        if keys().may_open:
            return
        sign_left()

    def again() -> None:
        while not Event().wait(SWEEP):
            with app.app_context():
                try:
                    sign_left()
                # The next round tries again. An error's text could hold content, its kind can't.
                except Exception as error:
                    app.logger.error("sweep: %s", named(error))

    Thread(target=again, name="sweep", daemon=True).start()
