"""The real server for journeys: gunicorn and worker as `make run` starts them, on a data folder and port of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import create_app
from app.accounts import service as accounts
from app.db import db
from app.enrol import service as enrol
from config import from_environment
from scripts.ground import PYTHON, ROOT

PATIENCE = 60.0  # seconds; a slow machine is no failure


class NotInTime(AssertionError):
    """Something that should have happened has not, for long."""


def until(what: str, look: Any, patience: float = PATIENCE) -> Any:
    """Ask again until the answer is true; the answer. Raises NotInTime naming `what`."""
    end = time.monotonic() + patience
    pause = threading.Event()
    while not (answer := look()):
        if time.monotonic() > end:
            raise NotInTime(what)
        pause.wait(0.1)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class LiveServer:
    """Start, stop, kill. The port stays the same over restarts, so that a browser's origin does."""

    program: tuple[str, ...] = ("scripts.serve",)
    ready = "Témoin is running"  # what it says once it answers
    patience = PATIENCE

    def __init__(self, instance: Path, root: Path = ROOT, **environment: str) -> None:
        self.root = root  # where the application lies: a journey may bring a copy, to change its files
        self.instance, self.port, self._more = instance, free_port(), environment
        self.url = f"http://localhost:{self.port}"
        self.said = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
        return {
            **kept,
            "INSTANCE": str(self.instance),
            "PORT": str(self.port),
            "FLASK_APP": "wsgi.py",
            **self._more,
        }

    def start(self) -> None:
        self._process = subprocess.Popen(
            [PYTHON, "-m", *self.program], cwd=self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        until(f"the server is ready; it said: {self.said[-2000:]}", lambda: self._ready(), self.patience)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.said += line

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise NotInTime(f"the server ended: {self.said[-3000:]}")
        return self.ready in self.said.rpartition("\0")[2]

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        self._process = None
        self.said += "\0"

    def printed_link(self) -> str:
        """The one-time link that a first start printed."""
        found = re.search(r"https?://\S+/desk/enter\S*", self.said)
        assert found, self.said
        return found[0]

    def flask(self, *arguments: str) -> str:
        """Output of a `flask` command on this data folder."""
        run = subprocess.run(
            [PYTHON, "-m", "flask", *arguments], cwd=self.root, env=self.environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    @contextmanager
    def beside(self) -> Iterator[None]:
        """The application on this data folder, in the test's own process: a command's work without its start."""
        app = create_app(from_environment(self.environment))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()

    def login_link(self, user: str = "admin") -> str:
        """A new one-time link for somebody."""
        with self.beside():
            return accounts.login_link(user)

    def invite(self, label: str = "phone") -> str:
        """The secret of a new invitation."""
        with self.beside():
            return enrol.invite(label).secret

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the database beside the running server."""
        import sqlite3

        connection = sqlite3.connect(f"file:{self.instance / 'temoin.sqlite'}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def all_opened(self, items: int | None = None) -> None:
        """Wait until every item that arrived is opened; as many as `items` where that is known."""
        until(
            "everything is opened",
            lambda: (
                self.rows("select 1 from item where state <> 'opened'") == []
                and (items is None or self.rows("select count(*) from item") == [(items,)])
            ),
        )

    def foreign(self, label: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.flask("enrol", label, "--json"))
        return said
