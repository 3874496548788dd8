"""The supervisor of `make run`, with small programs in place of the web server and the worker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from scripts import serve
from scripts.ground import ROOT

TELL = "import os,signal,socket,sys,time; os.write(1,b'pid %d\\n'%os.getpid()); "
LISTENS = (
    TELL + "s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); s.accept()[0].send(b'!'); time.sleep(600)"
)
WAITS = TELL + "time.sleep(600)"
ENDS = "import os,signal; signal.signal(signal.SIGUSR1,lambda *_: os._exit(7)); " + WAITS
DEAF = "import signal; signal.signal(signal.SIGTERM,signal.SIG_IGN); " + WAITS

PROGRAM = """
import sys
from scripts import serve
from scripts.serve import Program, Supervisor
port, second, serve.STOP_WITHIN = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
sys.exit(Supervisor([
    Program("web server", [sys.executable, "-c", sys.argv[4], str(port)], listens=("127.0.0.1", port)),
    Program("worker", [sys.executable, "-c", second]),
]).run("ready"))
"""


@dataclass
class Supervised:
    process: subprocess.Popen[str]
    children: list[int]
    said: str

    def named(self, word: str) -> int:
        """The process whose program contains a word."""
        return next(pid for pid in self.children if word in Path(f"/proc/{pid}/cmdline").read_text())

    def ends(self) -> tuple[int, str]:
        rest, _ = self.process.communicate(timeout=30)
        return self.process.returncode, self.said + rest


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def supervise(port: int) -> Iterator[Callable[..., Supervised]]:
    started: list[subprocess.Popen[str]] = []

    def start(second: str = WAITS, stop_within: float = 20) -> Supervised:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(port), second, str(stop_within), LISTENS],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        assert process.stdout
        said = ""
        while said.count("pid") < 2 or "ready" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        return Supervised(process, [int(n) for n in re.findall(r"pid (\d+)", said)], said)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def gone(pid: int) -> bool:
    """Whether a process has ended; one that ended without being waited for counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def all_gone(pids: list[int], within: float = 20) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if all(gone(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both(supervise: Callable[..., Supervised], number: signal.Signals) -> None:
    running = supervise()
    running.process.send_signal(number)
    code, said = running.ends()
    assert code == 0
    assert said.endswith("Stopping ...\nStopped.\n")
    assert all_gone(running.children, within=0.1)


def test_when_one_ends_the_other_is_stopped(supervise: Callable[..., Supervised]) -> None:
    running = supervise(ENDS)
    os.kill(running.named("_exit(7)"), signal.SIGUSR1)
    code, said = running.ends()
    assert code == 1
    assert "The worker ended by itself (code 7). Stopping the rest." in said
    assert all_gone(running.children, within=0.1)


def test_when_the_web_server_is_killed_the_worker_is_stopped(supervise: Callable[..., Supervised]) -> None:
    running = supervise()
    os.kill(running.named("create_server"), signal.SIGKILL)
    code, said = running.ends()
    assert code == 1
    assert "The web server ended by itself (code -9)." in said
    assert all_gone(running.children, within=0.1)


def test_what_does_not_end_is_ended_hard(supervise: Callable[..., Supervised]) -> None:
    running = supervise(DEAF, stop_within=0.5)
    running.process.terminate()
    code, said = running.ends()
    assert code == 0
    assert "The worker doesn't end; ending it hard." in said
    assert all_gone(running.children, within=0.1)


def test_killing_the_supervisor_leaves_nothing_behind(supervise: Callable[..., Supervised]) -> None:
    running = supervise()
    running.process.kill()
    running.process.wait()
    assert all_gone(running.children)


def test_a_taken_port_is_named_before_anything_starts(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SystemExit) as ended:
        serve.check_port("127.0.0.1", port)
    assert ended.value.code == 2
    assert f"127.0.0.1:{port}" in capsys.readouterr().err
    serve.check_port("127.0.0.1", port)


def test_one_data_folder_is_served_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    with serve.only_one(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(SystemExit) as ended, serve.only_one(folder):
            pytest.fail("held twice")
    assert ended.value.code == 2
    assert "running already" in capsys.readouterr().err
    with serve.only_one(folder):
        pass


def test_the_terminal_says_how_phones_come_with_the_port_that_is_used(tmp_path: Path) -> None:
    assert "tcp:23456 tcp:23456" in serve.how_phones_come(Config(instance=tmp_path, port=23456))
    assert "make lan" in serve.how_phones_come(Config(instance=tmp_path))
    # A server with an address, and `make lan` with its own words.
    assert serve.how_phones_come(Config(instance=tmp_path, url="https://carnet.example.org")) == ""


def test_setting_up_says_nothing_about_phones(app: Flask) -> None:
    """It runs in `make lan` too, which tells phones another way."""
    said = app.test_cli_runner().invoke(args=["setup"]).output
    assert "First login" in said and "https" not in said and "adb" not in said
