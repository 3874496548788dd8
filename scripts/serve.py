"""Runs the web server and the worker side by side until Ctrl-C, a SIGTERM, or the end of one of them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app.keys import Keys
from config import Config, ConfigError, from_environment
from scripts import instance
from scripts.ground import PYTHON, ROOT, Missing, run, say

STOP_WITHIN = 20.0  # seconds a program has to end by itself
READY_WITHIN = 60.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Program:
    """One child process. `name` is what people read; `port` is where it can be reached once it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    listens: tuple[str, int] | None = None
    tls: bool = False


class Ended(Exception):
    """A program ended although nobody stopped it."""

    def __init__(self, program: Program, code: int) -> None:
        super().__init__(f"The {program.name} ended by itself (code {code}).")


def _ends_with_parent() -> None:
    # Without this a supervisor that is killed hard leaves two programs without a keeper.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Starts programs, waits, and stops all of them when one ends or a signal comes."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []
        self._events: queue.SimpleQueue[Program | None] = queue.SimpleQueue()  # None: asked to stop
        self._stopping = False

    def run(self, ready: str, beside: AbstractContextManager[object] | None = None) -> int:
        """Returns the exit code: 0 after a signal, 1 after a program ended by itself.
        `beside` is entered once all are started, and left before they are stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._events.put(None))
        try:
            self._start()
            with beside or nullcontext():
                if self._wait_until_ready():
                    say(ready)
                    self._watch(self._events.get())
            say("Stopping ...")
            return 0
        except Ended as ended:
            print(f"\n{ended} Stopping the rest.", file=sys.stderr, flush=True)
            return 1
        finally:
            self._stop()
            say("Stopped.")

    def _start(self) -> None:
        for program in self._programs:
            child = subprocess.Popen(
                program.command,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops them in order
                preexec_fn=_ends_with_parent,  # noqa: PLW1509  all are started before the first thread
            )
            self._running.append((program, child))
        for program, child in self._running:
            threading.Thread(target=self._follow, args=(program, child), daemon=True).start()

    def _follow(self, program: Program, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        self._events.put(program)

    def _watch(self, event: Program | None) -> None:
        if event is not None:
            code = next(child.wait() for program, child in self._running if program is event)
            raise Ended(event, code)

    def _wait_until_ready(self) -> bool:
        """True once every program that listens answers; False if asked to stop before."""
        deadline = time.monotonic() + READY_WITHIN
        waiting = [(*program.listens, program.tls) for program in self._programs if program.listens]
        while waiting:
            try:
                self._watch(self._events.get(timeout=0.05))
                return False
            except queue.Empty:
                waiting = [place for place in waiting if not _answers(*place)]
            if time.monotonic() > deadline:
                raise Missing(
                    f"Nothing answers at {waiting[0][0]}:{waiting[0][1]} after {READY_WITHIN:.0f} s."
                )
        return True

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_WITHIN
        for _program, child in self._running:
            if child.poll() is None:
                child.terminate()
        for program, child in self._running:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"The {program.name} doesn't end; ending it hard.", file=sys.stderr, flush=True)
                os.killpg(child.pid, signal.SIGKILL)  # with what it started itself
                child.wait()


def _answers(host: str, port: int, tls: bool) -> bool:
    """Whether a request is answered. A port is open before the application behind it is loaded."""
    try:
        with (
            socket.create_connection((_reachable(host), port), timeout=0.5) as plain,
            _unchecked().wrap_socket(plain) if tls else nullcontext(plain) as caller,
        ):
            caller.sendall(b"GET /api/time HTTP/1.0\r\n\r\n")
            caller.recv(1)
    except OSError:
        return False
    return True


def _unchecked() -> ssl.SSLContext:
    """For asking our own server on this machine whether it is there; nothing is told to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound


def wait_for(host: str, port: int, within: float = READY_WITHIN) -> None:
    """Until the server there answers. Raises TimeoutError."""
    end = time.monotonic() + within
    while not _answers(host, port, tls=False):
        if time.monotonic() > end:
            raise TimeoutError(f"{host}:{port}")
        time.sleep(0.05)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def check_port(host: str, port: int, name: str = "PORT") -> None:
    """Ends with 2 if the port is taken, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Missing(
                f"{host}:{port} can't be used ({error.strerror}). Choose another, e.g. {name}={port + 1}"
            ) from error


@contextmanager
def only_one(instance: Path) -> Iterator[IO[str]]:
    """Holds the data folder: two workers on one folder would open everything twice."""
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (instance / "running.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Missing(
                f"Témoin is running already on {instance}. Stop it first, or set INSTANCE."
            ) from error
        yield lock


def web(host: str, port: int, *more: str) -> Program:
    """gunicorn on one address."""
    place = f"[{host}]" if ":" in host else host
    command = [
        str(PYTHON),
        "-m",
        "gunicorn",
        "--config",
        "python:scripts.gunicorn_conf",
        "--bind",
        f"{place}:{port}",
    ]
    tls = "--certfile" in more
    name = "secure web server" if tls else "web server"
    local = {"TEMOIN_LOCAL": "yes"} if _reachable(host) in {"127.0.0.1", "::1"} and not tls else {}
    return Program(name, [*command, *more, "wsgi:app"], local, listens=(host, port), tls=tls)


def worker() -> Program:
    return Program("worker", [str(PYTHON), "-m", "flask", "worker"])


def settings() -> Config:
    """The configuration, or an end with 2 that names the setting."""
    from app import demonstration

    try:
        config = from_environment()
        demonstration.check(config)
        return config
    except ConfigError as error:
        raise Missing(str(error)) from error


def bring_up_to_date(config: Config) -> None:
    """Migrate the database, make keys and the first account where they are missing. Says the way in."""
    if instance.is_up_to_date(config):
        say("\n  Can't get in? flask login-link USER")
        if Keys(config.instance).is_practice:
            say("  Practice keys: set up custody at the desk before anything real.")
        return
    run([PYTHON, "-m", "scripts.instance"], "bringing the data folder up to date")


def how_phones_come(config: Config) -> str:
    """What `make run` says about phones: nothing where a real address is set."""
    if config.url:
        return ""
    return (
        f"\nPhones need https. An Android phone by cable: adb reverse tcp:{config.port} tcp:{config.port}"
        "\nPhones in this room: make lan. A server: docs/deploy.md"
    )


def main() -> int:
    config = settings()
    check_port(config.host, config.port)
    with only_one(config.instance):
        bring_up_to_date(config)
        shown = "localhost" if _reachable(config.host) in {"127.0.0.1", "::1"} else config.host
        address = config.url or f"http://{shown}:{config.port}"
        ready = f"\nTémoin is running: {address}/desk/  (Ctrl-C stops it){how_phones_come(config)}"
        return Supervisor([web(config.host, config.port), worker()]).run(ready)


if __name__ == "__main__":
    sys.exit(main())
