"""The real server for faults: web server and worker as two processes that can be killed one by one, at any instant."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade

from app import create_app, jws
from app.enrol import service as enrol
from app.keys import keys
from bench.faults.handset import Handset
from config import Config
from scripts import serve
from scripts.ground import ROOT

PATIENCE = 120.0  # seconds; a slow machine is no failure
PARTS = ("web server", "worker")


class NotInTime(Exception):
    """Something that should have happened has not, for long."""


def until(what: str, look: Callable[[], Any], patience: float = PATIENCE, pause: float = 0.05) -> Any:
    """Ask again until the answer is true; the answer. Raises NotInTime naming `what`."""
    end = time.monotonic() + patience
    while not (answer := look()):
        if time.monotonic() > end:
            raise NotInTime(what)
        time.sleep(pause)
    return answer


class Server:
    """One data folder and one port, kept over kills. `wrap` stands before each command (a shifted clock)."""

    def __init__(self, folder: Path, wrap: Sequence[str] = (), **environment: str) -> None:
        self.instance, self.port, self.wrap = folder, serve.free_port(), list(wrap)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
        self.environment = {
            **kept,
            "INSTANCE": str(folder),
            "PORT": str(self.port),
            "FLASK_APP": "wsgi.py",
            **environment,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._app: Flask | None = None
        self.restarts: list[float] = []  # seconds from the start to the first answer

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def prepare(self) -> Server:
        """Make the data folder, in this process: it has loaded the application already."""
        self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.app.app_context():
            upgrade()
        self.flask("setup")
        return self

    def start(self, *parts: str) -> None:
        for name in parts or PARTS:
            program = serve.web("127.0.0.1", self.port) if name == "web server" else serve.worker()
            command = list(program.command)
            if self.wrap:
                command = [command[0], *self.wrap, *command[1:]]
            with (self.instance / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            if program.listens:
                began = time.monotonic()
                serve.wait_for(*program.listens)
                self.restarts.append(time.monotonic() - began)

    def process(self, name: str) -> int:
        return self._running[name].pid

    def kill(self, *parts: str, how: int = signal.SIGKILL) -> None:
        """End whole process groups at once; by default as a power cut would."""
        for name in parts or PARTS:
            if (process := self._running.pop(name, None)) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, how)
                process.wait(PATIENCE)

    def said(self, name: str = "web server") -> str:
        path = self.instance / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def errors(self) -> list[str]:
        """Lines of both logs that tell of an exception nobody expected."""
        return [
            line
            for name in PARTS
            for line in self.said(name).splitlines()
            if "Traceback" in line or "unexpected" in line
        ]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database beside the running server."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.instance / 'temoin.sqlite'}?mode=ro", uri=True, timeout=60)
        ) as database:
            return database.execute(sql, values).fetchall()

    @property
    def app(self) -> Flask:
        """The application in this process, on the same data folder: for invitations and for reading."""
        if self._app is None:
            self._app = create_app(Config(instance=self.instance, testing=True))
        return self._app

    def invite(self, label: str) -> str:
        with self.app.app_context():
            return enrol.invite(label).secret

    def handset(self, label: str = "phone", url: str | None = None) -> Handset:
        """An enrolled phone. Enrolled here rather than over HTTP, where 20 a minute from one address is the limit."""
        phone = Handset(url or self.url)
        with self.app.app_context():
            secret = enrol.invite(label).secret
            given = enrol.redeem(secret, phone.enrolment(secret))
            recipients = [keys().intake_recipient(), *keys().custody_recipients]
            phone.adopt(given.device.id, given.token, keys().server_id, keys().server_key, recipients)
        return phone

    def flask(self, *arguments: str) -> str:
        """What a `flask` command says on this data folder. Raises RuntimeError where it ends badly."""
        done = self.app.test_cli_runner().invoke(args=arguments)
        if done.exit_code:
            raise RuntimeError(done.output) from done.exception
        return str(done.stdout)

    def verified(self) -> bool:
        """What `flask verify` says: every log entry, stored byte and receipt read again."""
        try:
            return "verified" in self.flask("verify")
        except RuntimeError as error:
            print(f"verify: {error}", file=sys.stderr, flush=True)
            return False

    def goes_on(self, name: str) -> bool:
        """Whether a process that was started has not ended by itself."""
        return self._running[name].poll() is None

    def settled(self, patience: float = 600.0) -> None:
        """Wait until the worker has nothing left to open."""
        until(
            "the worker has opened everything",
            lambda: self.rows("select count(*) from item where state in ('waiting', 'opening')") == [(0,)],
            patience,
            0.2,
        )


def server_key(server: Server) -> jws.Key:
    with server.app.app_context():
        return keys().server_key


@contextlib.contextmanager
def running(folder: Path, *parts: str, wrap: Sequence[str] = (), **environment: str) -> Iterator[Server]:
    """A server that is there until the block ends; without `parts` both."""
    server = Server(folder, wrap, **environment).prepare()
    try:
        server.start(*parts)
        yield server
    finally:
        server.kill()
