"""A crowd at the door of the web server."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from scripts.crowd import CrowdWorker


@pytest.fixture
def worker() -> Iterator[CrowdWorker]:
    """With a door, two threads and room for five; nothing runs by itself."""
    settings = Config()
    for name, value in {"threads": 2, "worker_connections": 5}.items():
        settings.set(name, value)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as door:
        door.setblocking(False)
        worker = CrowdWorker(0, os.getppid(), [door], None, 30, settings, Logger(settings))
        worker.tpool = worker.get_thread_pool()
        worker.poller = selectors.DefaultSelector()
        worker.method_queue.init()
        yield worker
        worker.tpool.shutdown()
        worker.method_queue.run_callbacks(None)  # ends the lines that were left
        assert worker.nr_conns == 0
        worker.method_queue.close()
        worker.poller.close()
        worker.tmp.close()


@pytest.mark.parametrize(("waiting", "taken"), [(0, 0), (1, 1), (4, 4), (7, 5)])
def test_all_who_wait_are_taken_in_as_long_as_there_is_room(
    worker: CrowdWorker, waiting: int, taken: int
) -> None:
    [door] = worker.sockets
    with ExitStack() as held:
        for _ in range(waiting):
            held.enter_context(socket.create_connection(door.getsockname()))
        worker.accept(door)
        assert worker.nr_conns == taken


def test_the_arbiter_hears_of_it_once_in_a_while(worker: CrowdWorker) -> None:
    os.utime(worker.tmp.fileno(), (1, 1))
    worker.notify()
    assert worker.tmp.last_update() > 1
    os.utime(worker.tmp.fileno(), (1, 1))
    worker.notify()
    assert worker.tmp.last_update() == 1
