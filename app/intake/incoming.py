"""The two files of one upload on their way in: head and body, split as the bytes arrive.

The offset is what these files hold, never a number kept beside them. Every write states where it believes the file
ends, so that a request left over from a broken connection can't write behind a newer one's back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.blobs import Blobs, fsync_folder
from app.seal import head_length


class Overtaken(Exception):
    """Another request has written to this upload meanwhile."""


class _Hashes:
    """Running body hashes of uploads in progress, so that a finished film needn't be read again. Only a shortcut:
    whatever isn't here is computed from the file."""

    def __init__(self, most: int = 512) -> None:
        self._most, self._lock = most, threading.Lock()
        self._known: OrderedDict[str, tuple[int, hashlib._Hash]] = OrderedDict()

    def advance(self, upload: str, offset: int, data: bytes) -> None:
        with self._lock:
            at, running = self._known.pop(upload, (0, hashlib.sha256()))
            if at != offset:
                return
            running.update(data)
            self._known[upload] = (offset + len(data), running)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def take(self, upload: str, size: int) -> bytes | None:
        with self._lock:
            at, running = self._known.pop(upload, (-1, hashlib.sha256()))
            return running.digest() if at == size else None


_hashes = _Hashes()


def file_sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class Incoming:
    """Files of one upload. Sizes in bytes."""

    def __init__(self, blobs: Blobs, upload: str) -> None:
        self.upload = upload
        self._blobs = blobs
        # A crash can fall between the two renames of `store`: each part is looked for where it may be.
        self.head, self.head_stored = self._part("head", "heads")
        self.body, self.body_stored = self._part("body", "bodies")

    def _part(self, part: str, shelf: str) -> tuple[Path, bool]:
        stored = self._blobs.path(f"{shelf}/{self.upload}")
        arriving = self._blobs.path(f"incoming/{self.upload}.{part}")
        return (stored, True) if stored.exists() and not arriving.exists() else (arriving, False)

    @staticmethod
    def _size(path: Path) -> int:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def offset(self) -> int:
        return self._size(self.head) + self._size(self.body)

    def touched(self) -> float:
        """Unix time in seconds of the last byte that arrived; 0 if none did."""
        return max((path.stat().st_mtime for path in (self.head, self.body) if path.exists()), default=0.0)

    def head_bytes(self) -> bytes:
        return self.head.read_bytes() if self.head.exists() else b""

    def has_whole_head(self) -> bool:
        head = self.head_bytes()
        return bool(head) and head_length(head) == len(head)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds over processes; taken for each write, not for a whole request that may hang."""
        with self.head.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def write(self, data: bytes, offset: int) -> None:
        """Append at `offset`. Raises Overtaken, SealError when it can't be an age file, OSError when the disk is full:
        then what fitted is there, and `offset()` says how much."""
        if self.body_stored or self.head_stored:
            raise Overtaken(self.upload)
        with self.locked():
            if self.offset() != offset:
                raise Overtaken(self.upload)
            if offset < self._size(self.head) or not self.has_whole_head():
                head = self.head_bytes() + data
                end = head_length(head)
                taken = (len(head) if end is None else end) - (len(head) - len(data))
                self._append(self.head, data[:taken])
                data = data[taken:]
            if data:
                at = self._size(self.body)
                written = self._append(self.body, data)
                _hashes.advance(self.upload, at, data[:written])

    @staticmethod
    def _append(path: Path, data: bytes) -> int:
        view, done = memoryview(data), 0
        with path.open("ab", buffering=0) as file:
            while done < len(view):
                done += file.write(view[done:]) or 0
        return done

    def sync(self) -> None:
        """Make everything written durable: after this, the offset may be told."""
        for path in (self.head, self.body):
            if path.exists():
                with path.open("rb") as file:
                    os.fdatasync(file.fileno())
        fsync_folder(self.head.parent)

    def hashes(self) -> tuple[bytes, bytes]:
        """SHA-256 of head and body."""
        if not self.body.exists():
            self.body.touch()
        known = _hashes.take(self.upload, self._size(self.body))
        return hashlib.sha256(self.head_bytes()).digest(), known or file_sha256(self.body)

    def store(self) -> None:
        """Give both parts their final names, durable. Goes on where a crash left it."""
        if not self.body_stored:
            self._blobs.adopt(self.body, f"bodies/{self.upload}")
        if not self.head_stored:
            self._blobs.adopt(self.head, f"heads/{self.upload}")

    def set_aside(self) -> None:
        """Keep what arrived under another name and begin again at 0."""
        for path in (self.head, self.body):
            if path.exists():
                path.rename(path.with_name(path.name + "-aside"))
        _hashes.take(self.upload, -1)
        fsync_folder(self.head.parent)

    def remove(self, *, aside_only: bool = False) -> None:
        for part in ("head", "body"):
            path = self._blobs.path(f"incoming/{self.upload}.{part}")
            path.with_name(path.name + "-aside").unlink(missing_ok=True)
            if not aside_only:
                path.unlink(missing_ok=True)


def spool(stream: BinaryIO, target: BinaryIO, running: hashlib._Hash, limit: int) -> int:
    """Copy a body to a file while hashing it; for PATCHes that are all or nothing. Returns its size."""
    size = 0
    while part := stream.read(min(1 << 20, limit - size)):
        running.update(part)
        target.write(part)
        size += len(part)
    return size


def append_from(incoming: Incoming, path: Path, offset: int) -> int:
    """Append a spooled file to an upload. Returns the new offset."""
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            incoming.write(part, offset)
            offset += len(part)
    return offset
