"""How much a device may still bring: its quota and the server's reserve of free disk, asked before and while bytes come.

What a device has stored is counted at most every few seconds and kept up by what is written in between: counting for
every piece of a film would cost more than writing it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import bindparam, select, text

from app.blobs import blobs
from app.db import ask
from app.enrol.models import Device
from app.errors import Problem, disk_full, too_many
from app.intake.incoming import Incoming
from app.intake.models import Upload

OVERHEAD = 8 * 1024  # bytes that every upload costs beside its own: two files and its rows
COUNTED_AGAIN = 10  # seconds
UNCOUNTED = 64 * 1024  # bytes of statements that a device may bring before it is counted
MOST_OPEN = 1000  # uploads of one device that have begun and not ended


def _over_quota() -> Problem:
    return Problem(
        "quota", _("This phone has used its share of the server. The coordinator can raise it."), 413
    )


# Words rather than an expression: asked for every phone that comes, and taking this apart cost more than its answer.
# Statements count twice: as rows of their own and in the log.
_STORED = text(
    "SELECT (SELECT count(*) FROM upload WHERE device_id = :device),"
    " (SELECT sum(head_size + body_size) FROM item WHERE device_id = :device),"
    " (SELECT sum(length) FROM upload WHERE device_id = :device AND tail >= 0 AND finished_at IS NOT NULL),"
    " (SELECT 2 * sum(length(jws)) FROM statement WHERE device_id = :device)"
)
_BEGUN = select(Upload.id).where(Upload.device_id == bindparam("device"), Upload.finished_at.is_(None))


@dataclass
class _Count:
    used: int
    open: int
    at: float


class Ledger:
    """By device id, what it uses, as last counted. One a process; after COUNTED_AGAIN seconds all of them agree."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Count] = {}
        self._small: dict[str, int] = {}

    def of(self, device: str) -> _Count:
        with self._lock:
            known = self._known.get(device)
        if known is None or time.monotonic() - known.at > COUNTED_AGAIN:
            known = _counted(device)
            with self._lock:
                self._known[device] = known
        return known

    def spend(self, device: str, size: int) -> None:
        with self._lock:
            if device in self._known:
                self._known[device].used += size

    def take_uncounted(self, device: str, size: int) -> bool:
        """Add it to what came since there was `enough` room, if that is so little that counting can wait. Whether it is."""
        with self._lock:
            small = self._small.get(device, 0) + size
            if small <= UNCOUNTED:
                self._small[device] = small
            return small <= UNCOUNTED

    def enough(self, device: str) -> None:
        with self._lock:
            self._small.pop(device, None)

    def forget(self, device: str) -> None:
        """Count anew at the next question."""
        with self._lock:
            self._known.pop(device, None)


_ledger = Ledger()


def _counted(device: str) -> _Count:
    [row] = ask(_STORED, {"device": device})
    uploads, *stored = (int(count or 0) for count in row)
    begun = ask(_BEGUN, {"device": device}) if uploads else []
    arriving = sum(Incoming(blobs(), upload.id).offset() for upload in begun)
    used = sum(stored) + arriving + uploads * OVERHEAD
    return _Count(used, len(begun), time.monotonic())


def _refuse_full(size: int, share: int = 1) -> None:
    """Raises Problem where `size` bytes more would take of the server's reserve, or of its `share`-th part."""
    if blobs().free() - size < current_app.config["TEMOIN"].reserve // share:
        raise disk_full()


@dataclass(frozen=True)
class Meter:
    """What one request of a device may still write. Holds no row, so that no read stays open while bytes come."""

    device: str
    quota: int

    @classmethod
    def of(cls, device: Device) -> Meter:
        return cls(device.id, device.quota)

    def room(self, size: int) -> None:
        """Whether `size` bytes more may come. Raises Problem."""
        _refuse_full(size)
        self._within_quota(size)

    def _within_quota(self, size: int) -> None:
        if _ledger.of(self.device).used + size > self.quota:
            raise _over_quota()

    def take(self, size: int) -> None:
        """The same, and count them. Raises Problem."""
        self.room(size)
        _ledger.spend(self.device, size)

    def begin(self, size: int) -> None:
        """Whether an upload of `size` bytes, if that is known, may begin. Raises Problem."""
        self.room(size + OVERHEAD)
        if _ledger.of(self.device).open >= MOST_OPEN:
            raise too_many(60)

    def begun(self) -> None:
        count = _ledger.of(self.device)
        count.open += 1
        _ledger.spend(self.device, OVERHEAD)

    def statements(self, size: int) -> None:
        """Take signed statements of so many bytes. Raises Problem. They may use half of the reserve, since they are small
        and go first. What a phone stored isn't counted each time: that was a sixth of a commitment's cost."""
        _refuse_full(2 * size, share=2)
        if not _ledger.take_uncounted(self.device, 2 * size):
            self._within_quota(2 * size)
            _ledger.enough(self.device)
        _ledger.spend(self.device, 2 * size)


def forget(device: str) -> None:
    _ledger.forget(device)
