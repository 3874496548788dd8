"""How gunicorn serves Témoin, for `make run`, `make lan` and `docs/deploy.md`:
`gunicorn --config python:scripts.gunicorn_conf wsgi:app`.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

from gunicorn.glogging import Logger

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
worker_class = "gthread"
workers = 1
threads = 64
timeout = 120
graceful_timeout = 10  # an upload that is cut here goes on at its offset
keepalive = 75
SWITCH = 0.0005  # seconds
SILENT = 60  # seconds a body may pause: a thread that waits for ever is a thread that nobody else has


def pre_request(_worker: Any, request: Any) -> None:
    request.unreader.sock.settimeout(SILENT)
    if request.method == "PATCH":
        straighten(request)


max_requests = 0
# By default a socket in the home folder, which two servers of one user would fight over.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Where web server and worker are two users, only this one can sign what a crash left unsigned."""
    from app.intake import storing
    from app.keys import keys

    # Who holds the database's turn gives Python's own lock away at every query and file, and by default waits 5 ms
    # behind each busy thread to get it back.
    sys.setswitchinterval(SWITCH)
    with worker.wsgi.app_context():
        if not keys().may_open:
            storing.finish_begun()
