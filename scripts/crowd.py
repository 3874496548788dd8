"""gunicorn's worker for many phones in one second.

Its main thread needs Python's lock several times for each connection it takes in. While 64 threads want the same lock that
took so long that phones which had their answer asked for the next thing before others were heard at all.
"""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

TELL = 1.0  # seconds; the arbiter ends a worker that is silent for `timeout`


class CrowdWorker(ThreadWorker):  # type: ignore[misc]
    _told = 0.0

    def accept(self, listener: Any) -> None:
        """Take in all who wait at the door: gunicorn takes one for each look."""
        while self.nr_conns < self.worker_connections:
            there = self.nr_conns
            super().accept(listener)
            if self.nr_conns == there:
                break

    def notify(self) -> None:
        """Tell the arbiter that this lives, once in a while rather than at every event."""
        now = time.monotonic()
        if now >= self._told + TELL:
            self._told = now
            super().notify()
