"""Running hashes of bodies that are still arriving, computed beside the line, so that a finished film needn't be read
again. Only a shortcut: whatever isn't known here is computed from the file.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MOST = 512  # uploads remembered


@dataclass
class _Running:
    """One body. `pending` is the piece being hashed while the next one comes in: never more than one behind."""

    at: int = 0
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    pending: Future[None] | None = None

    def settle(self) -> None:
        if self.pending is not None:
            self.pending.result()
            self.pending = None


class BodyHashes:
    """By upload id. Calls for one upload come one after the other (its file is locked meanwhile)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Running] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hash")

    def advance(self, upload: str, offset: int, data: bytes | memoryview) -> None:
        """`data` was appended at `offset`. Bytes that don't join on are not followed further."""
        with self._lock:
            running = self._known.pop(upload, None) or _Running()
        running.settle()
        if running.at != offset:
            return
        running.at += len(data)
        running.pending = self._pool.submit(running.sha256.update, data)
        with self._lock:
            self._known[upload] = running
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def take(self, upload: str, size: int) -> bytes | None:
        """The digest of exactly the first `size` bytes, and forget the upload; None if it isn't known."""
        with self._lock:
            running = self._known.pop(upload, None)
        if running is None or running.at != size:
            return None
        running.settle()
        return running.sha256.digest()


def file_sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
