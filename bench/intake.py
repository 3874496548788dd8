"""Intake and opening of one large film, beside npm @tus/server made to fsync its file (bench/peer.mjs).

The same client sends the same sealed bytes over loopback to both; the clock runs until the answer, when the
bytes are durable. Then the worker opens the film: memory of every process while it does.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pyrage

from bench import film
from bench.figures import MB, figure, sized, workplace
from bench.memory import Watch, children
from scripts import serve
from scripts.ground import PYTHON, ROOT, run

TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {"Content-Type": "application/offset+octet-stream"}
WAIT = 900.0  # seconds for the worker


@contextmanager
def running(program: serve.Program, instance: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One program of `make run` on a data folder of its own; nothing of it is shown."""
    environment = {**os.environ, "INSTANCE": str(instance), **program.environment}
    log = (instance / f"{program.name}.log").open("wb")
    with log, subprocess.Popen(program.command, cwd=ROOT, env=environment, stdout=log, stderr=log) as child:
        try:
            if program.listens:
                serve.wait_for(*program.listens)
            yield child
        finally:
            child.terminate()
            child.wait(60)


@contextmanager
def peer(folder: Path) -> Iterator[tuple[int, int]]:
    """The other server. Yields its port and process id."""
    folder.mkdir()
    command = ["node", str(ROOT / "bench" / "peer.mjs"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        try:
            yield int(child.stdout.readline()), child.pid
        finally:
            child.terminate()


def upload(port: int, sealed: Path, part: int, token: str) -> float:
    """Send a file by tus in PATCHes of `part` bytes. Returns the seconds from first byte to last answer."""
    size = sealed.stat().st_size
    item = base64.b64encode(secrets.token_hex(16).encode()).decode()
    headers = {**TUS, "Authorization": f"Bearer {token}"}
    with (
        closing(http.client.HTTPConnection("127.0.0.1", port, blocksize=1 << 20)) as line,
        sealed.open("rb") as file,
    ):
        line.request(
            "POST",
            "/api/files",
            b"",
            {**headers, "Upload-Length": str(size), "Upload-Metadata": f"item {item}"},
        )
        path = "/" + _answer(line, 201)["Location"].split("/", 3)[3]
        began, offset = time.monotonic(), 0
        while offset < size:
            length = min(part, size - offset)
            place = {"Upload-Offset": str(offset), "Content-Length": str(length)}
            line.putrequest("PATCH", path)
            for name, value in {**headers, **STREAM, **place}.items():
                line.putheader(name, value)
            line.endheaders()
            line.sock.sendfile(file, offset, length)
            offset = int(_answer(line, 204)["Upload-Offset"])
        return time.monotonic() - began


def _answer(line: http.client.HTTPConnection, status: int) -> http.client.HTTPMessage:
    answer = line.getresponse()
    content = answer.read()
    if answer.status != status:
        raise SystemExit(f"the server answered {answer.status}: {content[:300]!r}")
    return answer.headers


def flask(instance: Path, *arguments: str) -> str:
    environment = {**os.environ, "INSTANCE": str(instance)}
    command = [str(PYTHON), "-m", "flask", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def opened(instance: Path, number: int) -> str:
    """Wait until the worker has opened `number` items; the state of the last."""
    import sqlite3

    end = time.monotonic() + WAIT
    with closing(sqlite3.connect(instance / "temoin.sqlite", timeout=30)) as database:
        while time.monotonic() < end:
            states = database.execute("SELECT state FROM item ORDER BY received_at").fetchall()
            if len(states) == number and states[-1][0] not in {"waiting", "opening"}:
                return str(states[-1][0])
            time.sleep(0.1)
    raise SystemExit("the worker has not opened the film")


def main() -> None:
    install()
    with workplace() as folder, ExitStack() as stack:
        instance = folder / "instance"
        os.environ["INSTANCE"] = str(instance)
        instance.mkdir(mode=0o700)
        run([PYTHON, "-m", "scripts.instance"], "making a data folder", quiet=True)
        device = json.loads(flask(instance, "enrol", "bench", "--json"))
        plain, sealed = folder / "film.webm", folder / "film.age"
        film.make(plain, sized(2_000 * MB))
        recipients = [pyrage.x25519.Recipient.from_str(one) for one in device["recipients"]]
        pyrage.encrypt_file(str(plain), str(sealed), recipients)
        plain.unlink()

        port = serve.free_port()
        web = stack.enter_context(running(serve.web("127.0.0.1", port), instance))
        other_port, other = stack.enter_context(peer(folder / "peer"))
        server = children(web.pid)[0]  # gunicorn's own child does the work
        size = sealed.stat().st_size
        megabytes = size / MB

        for name, part, checked in (("one PATCH", size, True), ("8 MiB PATCHes", 8 << 20, False)):
            with Watch(server) as ours:
                mine = megabytes / upload(port, sealed, part, device["token"])
            with Watch(other) as theirs:
                its = megabytes / upload(other_port, sealed, part, "")
            for left in (folder / "peer").iterdir():
                left.unlink()
            figure(f"intake of {megabytes:.0f} MB, {name}, durable", mine, "MB/s", its)
            figure(f"web server's memory, {name}", ours.own / MB, "MB RSS", theirs.own / MB)
            if checked:
                began = time.monotonic()
                with running(serve.worker(), instance) as worker, Watch(worker.pid) as held:
                    state = opened(instance, 1)
                seconds = time.monotonic() - began
                figure(f"opening and stripping it ({state})", megabytes / seconds, "MB/s")
                figure("worker's memory while it opens", held.own / MB, "MB RSS")
                figure("opening process's memory", held.children / MB, "MB RSS")


def install() -> None:
    """The peer's packages, in a folder of their own: `make run` never needs them."""
    wanted = json.loads((ROOT / "bench" / "package.json").read_text())["devDependencies"]
    if not all((ROOT / "bench" / "node_modules" / name).exists() for name in wanted):
        run(
            ["npm", "ci", "--prefix", "bench", "--no-audit", "--no-fund", "--loglevel=error"],
            "installing the peer",
            quiet=True,
        )
