"""The plaintext of a cut recording: its whole chunks, then what its newest tail adds; files seen from a place on. Pure."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

TAIL_HEAD = struct.Struct(">16sQ")  # item id, offset in the plaintext (docs/formats.md)


def read_tail(plaintext: bytes, item_id: str) -> tuple[int, bytes] | None:
    """(offset, bytes) of a tail, or None when it is another item's or too short."""
    if len(plaintext) < TAIL_HEAD.size:
        return None
    named, offset = TAIL_HEAD.unpack_from(plaintext)
    return (offset, plaintext[TAIL_HEAD.size :]) if named.hex() == item_id else None


def best_tail(size: int, tails: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    """The tail that reaches furthest without leaving a hole after `size` plaintext bytes. (size, b"") if none does."""
    fitting = [
        (offset + len(data), offset, data) for offset, data in tails if offset <= size < offset + len(data)
    ]
    if not fitting:
        return size, b""
    _end, offset, data = max(fitting, key=lambda t: t[0])
    return offset, data


class Joined(io.RawIOBase):
    """`first` up to `at`, then `rest`: one seekable, read-only file."""

    def __init__(self, first: BinaryIO, at: int, rest: bytes) -> None:
        self._first, self._at, self._rest, self._position = first, at, rest, 0
        self.size = at + len(rest)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, target: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(target)
        if self._position < self._at:
            self._first.seek(self._position)
            data = self._first.read(min(len(view), self._at - self._position))
        else:
            start = self._position - self._at
            data = self._rest[start : start + len(view)]
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class After(io.RawIOBase):
    """A file from `start` on: the body of an age file that is stored whole."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET
        return self._file.seek(self._start + offset) - self._start

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()
