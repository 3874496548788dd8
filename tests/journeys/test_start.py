"""`make run` a second time: it keeps everything and is there in seconds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.memory import children
from tests.journeys.live import LiveServer

pytestmark = pytest.mark.journey

TICK = os.sysconf("SC_CLK_TCK")


def work_of(pid: int) -> float:
    """Processor seconds of a process, of all below it, and of those it has waited for."""
    total = 0
    for one in (pid, *children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(fields[at]) for at in (11, 12, 13, 14))
    return total / TICK


def kept(server: LiveServer) -> dict[str, bytes]:
    folders = (server.instance / "keys", server.instance / "practice")
    return {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }


def test_a_second_start_keeps_everything_and_is_quick(first_start: LiveServer) -> None:
    server = first_start
    link = server.printed_link()
    assert server._process is not None
    before, first = kept(server), work_of(server._process.pid)
    people = server.rows("SELECT id, username FROM user")
    assert people
    server.stop()
    server.said = ""
    server.start()
    assert kept(server) == before
    assert server.rows("SELECT id, username FROM user") == people
    assert link not in server.said
    assert server._process is not None
    # Of processor time, which tells more than the clock on a machine that does other things: migrating, keys and the
    # third loading of the application are not done again.
    assert work_of(server._process.pid) < 0.85 * first
