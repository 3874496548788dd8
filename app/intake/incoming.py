"""The two files of one upload on their way in: head and body, split as the bytes arrive.

The offset is what these files hold, never a number kept beside them. Every write states where it believes the file
ends, so that a request left over from a broken connection can't write behind a newer one's back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, BinaryIO

from app.blobs import Blobs, fsync_folder
from app.intake.hashing import BodyHashes, file_sha256
from app.seal import MAX_HEAD, head_length


class Overtaken(Exception):
    """Another request has written to this upload meanwhile."""


Data = bytes | memoryview

_hashes = BodyHashes()
_early = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sync")
PIECE = 1 << 19  # bytes read from the line at a time
SYNC_EVERY = 32 << 20  # bytes after which the disk may begin, so that little is left to wait for at the end


class Incoming:
    """Files of one upload. Sizes in bytes."""

    def __init__(self, blobs: Blobs, upload: str) -> None:
        self.upload = upload
        self._blobs = blobs
        # A crash can fall between the two renames of `store`: each part is looked for where it may be.
        self.head, self.head_stored = self._part("head", "heads")
        self.body, self.body_stored = self._part("body", "bodies")
        self._head_size: int | None = None  # once the head is known to be whole
        self._open: io.FileIO | None = None  # the body, while one request writes it
        self._new: set[Path] = set()  # written or created since the last sync, besides the body's bytes

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
        return self._arrived("head", "heads") + self._arrived("body", "bodies")

    def _arrived(self, part: str, shelf: str) -> int:
        # In this order: a part that another request stores meanwhile is then found under its second name.
        for name in (f"incoming/{self.upload}.{part}", f"{shelf}/{self.upload}"):
            with contextlib.suppress(FileNotFoundError):
                return self._blobs.path(name).stat().st_size
        return 0

    @contextlib.contextmanager
    def storing(self) -> Iterator[None]:
        """Held while an upload is finished: a request that was repeated on its way finishes it a second time at once.
        Over processes, since the worker's sweep finishes uploads too."""
        path = self._blobs.path(f"incoming/{self.upload}.lock")
        while True:
            with path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not _is_still(path, file):
                    continue  # its last holder took the name away
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return

    def touched(self) -> float:
        """Unix time in seconds of the last byte that arrived; 0 if none did."""
        times = [0.0]
        for path in (self.head, self.body):
            with contextlib.suppress(FileNotFoundError):
                times.append(path.stat().st_mtime)
        return max(times)

    def head_bytes(self) -> bytes:
        return self.head.read_bytes() if self.head.exists() else b""

    def has_whole_head(self) -> bool:
        head = self.head_bytes()
        return bool(head) and head_length(head) == len(head)

    def write(self, data: Data, offset: int) -> None:
        """Append at `offset`. `data` must stay as it is until the next write has returned: it is still being hashed.
        Raises Overtaken, SealError when it can't be an age file, OSError when the disk is full:
        then what fitted is there, and `offset()` says how much.

        The lock holds over processes and for one write only: a request can hang for minutes."""
        if self.body_stored or self.head_stored:
            raise Overtaken(self.upload)
        if self._head_size is None:
            data, offset = self._write_head(data, offset)
        if data:
            self._write_body(data, offset)

    def _write_head(self, data: Data, offset: int) -> tuple[Data, int]:
        """What is left of `data` for the body, and where it goes."""
        with self.head.open("ab", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if self.offset() != offset:
                raise Overtaken(self.upload)
            head = self.head_bytes()
            if head_length(head) != len(head):
                end = head_length(head + bytes(data[: MAX_HEAD + 1]))
                taken = len(data) if end is None else end - len(head)
                _append(file, data[:taken])
                self._new.add(self.head)
                data, offset = data[taken:], offset + taken
                if end is None:
                    return b"", offset
        self._head_size = self._size(self.head)
        return data, offset

    def _write_body(self, data: Data, offset: int) -> None:
        assert self._head_size is not None
        if self._open is None:
            if not self.body.exists():
                self._new.add(self.body)
            self._open = self.body.open("ab", buffering=0)
        fcntl.flock(self._open, fcntl.LOCK_EX)
        try:
            at = os.fstat(self._open.fileno()).st_size
            if self._head_size + at != offset or not self.body.exists():
                raise Overtaken(self.upload)
            written = _append(self._open, data)
        finally:
            fcntl.flock(self._open, fcntl.LOCK_UN)
        _hashes.advance(self.upload, at, data[:written] if written < len(data) else data)
        if at // SYNC_EVERY != (at + written) // SYNC_EVERY:
            _early.submit(_sync_file, self.body)

    def sync(self) -> None:
        """Make everything written durable: after this, the offset may be told."""
        if self._open is not None:
            self._open.close()
            self._open = None
        for path in self._new:
            _sync_file(path)
        _sync_file(self.body)
        if self._new:
            fsync_folder(self.head.parent)
        self._new.clear()

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
        # The head last: should it be alone after a crash, the phone goes on behind it.
        for path in (self.body, self.head):
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


def set_aside(blobs: Blobs) -> set[str]:
    """The uploads of which something is set aside."""
    return {path.name.partition(".")[0] for path in blobs.root.glob("incoming/*-aside")}


def _append(file: io.FileIO, data: Data) -> int:
    view, done = memoryview(data), 0
    while done < len(view):
        done += file.write(view[done:]) or 0
    return done


def _is_still(path: Path, file: IO[bytes]) -> bool:
    """Whether an open file is the one that has this name now."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _sync_file(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        os.fdatasync(file.fileno())


def pieces(stream: BinaryIO, size: int) -> Iterator[Data]:
    """The next `size` bytes of a body, or what there is, a piece at a time. Two rooms in turn, so that one can be hashed
    while the other is filled: a piece is good until the one after the next."""
    rooms = (memoryview(bytearray(min(PIECE, size))), memoryview(bytearray(min(PIECE, max(0, size - PIECE)))))
    for number in itertools.count():
        if size == 0 or not (got := _fill(stream, rooms[number % 2][:size])):
            return
        size -= got
        yield rooms[number % 2][:got]


def _fill(stream: BinaryIO, room: memoryview) -> int:
    """Read up to what `room` holds; 0 at the end of the body, or when the line has been silent for too long."""
    try:
        if hasattr(stream, "readinto"):
            got: int = stream.readinto(room)
            return got
        data = stream.read(len(room))
    except TimeoutError:
        return 0
    room[: len(data)] = data
    return len(data)


def spool(
    stream: BinaryIO, target: BinaryIO, running: hashlib._Hash, limit: int, take: Callable[[int], None]
) -> int:
    """Copy a body to a file while hashing it; for PATCHes that are all or nothing. Returns its size. `take` hears of
    every piece before it is written, and may refuse it."""
    size = 0
    while part := stream.read(min(1 << 20, limit - size)):
        take(len(part))
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
