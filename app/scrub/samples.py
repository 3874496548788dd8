"""Where the coded samples of a track lie in the file (ISO/IEC 14496-12, 8.6 and 8.7)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.scrub.bmff import Box, child, number
from app.scrub.errors import Refused

MOST_SAMPLES = 20_000_000


@dataclass(slots=True)
class Track:
    """What the rest of the film cleaner needs to know of a kept track."""

    number: int
    handler: bytes
    timescale: int
    codec: bytes = b""
    length_size: int = 0
    """Bytes of the length before each NAL unit; 0 where the codec has none."""
    dolby: bool = False
    """Whether it says that it has Dolby Vision."""
    packet: tuple[int, int] = (1, 0)
    """(samples, bytes) of one packet of constant-size sound; (1, 0): as `stsz` says."""
    offsets: list[Box] = field(default_factory=list)
    """The `stco` and `co64` boxes, for a `moov` that moves."""
    defaults: tuple[int, int] = (0, 0)
    """Sample duration and size that fragments use unless they say otherwise (`trex`)."""
    ends: int = 0
    """Where the last sample of its fragments ends, in units of `timescale`."""
    table: "Table | None" = None


class Table:
    """The sample table of one track, read from the bytes of its `moov`."""

    def __init__(self, data: bytes | bytearray, stbl: Box, packet: tuple[int, int]) -> None:
        self._packet = packet
        self.size = 0
        self.sizes: tuple[int, ...] = ()
        self.count = 0
        self._read_sizes(data, stbl)
        self._chunks = self._read_chunks(data, stbl)
        self._groups = self._read_groups(data, stbl)

    def _read_sizes(self, data: bytes | bytearray, stbl: Box) -> None:
        stsz, stz2 = child(data, stbl, b"stsz"), child(data, stbl, b"stz2")
        if stsz is not None:
            self.size = number(data, stsz.body + 4, 4)
            self.count = number(data, stsz.body + 8, 4)
            if not self.size:
                if self.count * 4 > stsz.end - stsz.body - 12:
                    raise Refused("the film's list of sizes is cut short")
                self.sizes = struct.unpack_from(f">{self.count}I", data, stsz.body + 12)
        elif stz2 is not None:
            width = number(data, stz2.body + 7, 1)
            self.count = number(data, stz2.body + 8, 4)
            room = stz2.end - stz2.body - 12
            if width not in (4, 8, 16) or self.count * width > room * 8:
                raise Refused("the film's list of sizes is cut short")
            raw = bytes(data[stz2.body + 12 : stz2.end])
            if width == 4:
                self.sizes = tuple(half for byte in raw for half in (byte >> 4, byte & 15))[: self.count]
            else:
                self.sizes = struct.unpack_from(f">{self.count}{'B' if width == 8 else 'H'}", raw)

    @staticmethod
    def _read_chunks(data: bytes | bytearray, stbl: Box) -> tuple[int, ...]:
        for kind, code, width in ((b"stco", "I", 4), (b"co64", "Q", 8)):
            box = child(data, stbl, kind)
            if box is not None:
                count = number(data, box.body + 4, 4)
                if count * width > box.end - box.body - 8:
                    raise Refused("the film's list of places is cut short")
                return struct.unpack_from(f">{count}{code}", data, box.body + 8)
        return ()

    @staticmethod
    def _read_groups(data: bytes | bytearray, stbl: Box) -> list[tuple[int, int]]:
        box = child(data, stbl, b"stsc")
        if box is None:
            return []
        count = number(data, box.body + 4, 4)
        if count * 12 > box.end - box.body - 8:
            raise Refused("the film's list of groups is cut short")
        flat = struct.unpack_from(f">{count * 3}I", data, box.body + 8)
        return list(zip(flat[::3], flat[1::3], strict=True))

    def _chunk_counts(self) -> Iterator[tuple[int, int, int]]:
        """(offset, first sample, samples) of every chunk that has samples."""
        first = 0
        group = 0
        for index, offset in enumerate(self._chunks, 1):
            while group + 1 < len(self._groups) and self._groups[group + 1][0] <= index:
                group += 1
            if not self._groups or first >= self.count:
                return
            here = min(self._groups[group][1], self.count - first)
            yield offset, first, here
            first += here

    def runs(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of every chunk, in bytes."""
        unit, size = self._packet
        for offset, first, count in self._chunk_counts():
            if self.sizes:
                yield offset, sum(self.sizes[first : first + count])
            elif size:
                yield offset, -(-count // unit) * size
            else:
                yield offset, count * self.size

    def samples(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of every sample. Raises Refused where there are too many to be true."""
        if self.count > MOST_SAMPLES:
            raise Refused("the film has more samples than any real one")
        for place, first, count in self._chunk_counts():
            offset = place
            for size in self.sizes[first : first + count] if self.sizes else (self.size,) * count:
                yield offset, size
                offset += size
