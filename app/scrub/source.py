"""A bounded, random-access view of the original.

Everything a stripper reads goes through `Source.at`, so that no length found in a file is ever
believed: a read past the end is a refusal, and so is a read larger than `LARGEST`.
"""

from typing import BinaryIO

from app.scrub.errors import Refused

LARGEST = 256 << 20
"""Bytes that one read may ask for. Metadata and index structures are far smaller."""

WINDOW = 1 << 18
"""Bytes fetched at a time: walks hop forward in small steps, the decrypting reader likes large ones."""


class Source:
    """Reads `raw` (seekable, binary) by absolute offset. Not safe for threads."""

    __slots__ = ("_data", "_start", "raw", "size")

    def __init__(self, raw: BinaryIO) -> None:
        self.raw = raw
        self.size = raw.seek(0, 2)
        self._start = 0
        self._data = b""

    def at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`. Raises Refused where the file does not have them."""
        inside = offset - self._start
        if inside >= 0 and length >= 0 and inside + length <= len(self._data):
            return self._data[inside : inside + length]
        if length < 0 or offset < 0 or offset + length > self.size:
            raise Refused("the file ends before the data it announces")
        if length > LARGEST:
            raise Refused("a part of the file is larger than any real one")
        if length >= WINDOW:
            return self._fetch(offset, length)
        self._start = offset
        self._data = self._fetch(offset, min(WINDOW, self.size - offset))
        return self._data[:length]

    def upto(self, offset: int, length: int) -> bytes:
        """As `at`, but fewer bytes where the file ends first."""
        return self.at(offset, max(0, min(length, self.size - offset)))

    def _fetch(self, offset: int, length: int) -> bytes:
        self.raw.seek(offset)
        data = self.raw.read(length)
        if len(data) == length:
            return data
        pieces = [data]
        got = len(data)
        while got < length:
            more = self.raw.read(length - got)
            if not more:
                raise Refused("the file ends before the data it announces")
            pieces.append(more)
            got += len(more)
        return b"".join(pieces)
