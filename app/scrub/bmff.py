"""Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2) and of QuickTime, its parent.

Shared by films (`mp4.py`) and by HEIF and AVIF (`heif.py`). What has to go is turned into a `free`
box of zeros in the same place, so that no offset in the file has to move.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.scrub.errors import Refused
from app.scrub.plan import Builder
from app.scrub.report import Notes
from app.scrub.source import Source

MOST_BOXES = 400_000
LARGEST_INDEX = 96 << 20
"""Bytes of one index box (`moov`, `moof`, `meta`) that we hold in memory: days of film."""

LARGEST_BRANDS = 4096
"""Bytes of a list of brands: real ones have a dozen."""

BRANDS = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 hvc1 hev1 av01 vp09 opus dash msdh msix "
    b"cmfc cmf2 cmff 3gp4 3gp5 3gp6 3gp7 3gp8 3gp9 3gr6 3gs6 3ge6 3gg6 3g2a 3g2b 3g2c mif1 mif2 "
    b"msf1 miaf MiHA MiHB MiHE MiPr "
    b"heic heix heim heis hevc hevx avif avis avio MA1A MA1B hif1 lmsg iso_".replace(b"_", b" ").split(b" ")
) | {b"qt  ", b"M4A ", b"M4V ", b"M4B "}
"""Brands that say how to read the file. Others name a maker (XAVC, MSNV, CAEP ...) and go."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box at `start`, its content from `body` to `end` (absolute in whatever was walked)."""

    kind: bytes
    start: int
    body: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def name(self) -> str:
        return self.kind.decode("latin-1").strip() if self.kind.isascii() else self.kind.hex()


def top(source: Source) -> tuple[list[Box], int]:
    """The boxes of the file, and where their walk ended.

    The last box may announce more bytes than there are (a recording that was cut): its `end` then
    lies past the file. Raises Refused for boxes that can't be.
    """
    boxes: list[Box] = []
    at = 0
    while at + 8 <= source.size:
        head = source.upto(at, 16)
        size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1 and len(head) == 16:
            size, body = int.from_bytes(head[8:], "big"), at + 16
        elif size == 0:
            size = source.size - at
        if at + size < body or size >= 1 << 62:
            if boxes:
                break
            raise Refused("the file is not made of boxes")
        boxes.append(Box(kind, at, body, at + size))
        if len(boxes) > MOST_BOXES:
            raise Refused("the file has more parts than any real one")
        at += size
    return boxes, min(at, source.size)


def children(data: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    """Boxes inside `data[start:end]`; stops where what follows is none (QuickTime ends lists with 0)."""
    at = start
    while at + 8 <= end:
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1 and at + 16 <= end:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0 and end - at > 8 and data[at + 4 : at + 8] != b"\0\0\0\0":
            size = end - at
        if at + size < body or at + size > end:
            return
        yield Box(bytes(data[at + 4 : at + 8]), at, body, at + size)
        at += size


def child(data: bytes | bytearray, box: Box, kind: bytes, skip: int = 0) -> Box | None:
    """The first child of that kind; `skip` bytes of fields come before the children."""
    return next((item for item in children(data, box.body + skip, box.end) if item.kind == kind), None)


def wipe(data: bytearray, start: int, end: int) -> None:
    """Zeros from `start` to `end`."""
    if end > start:
        data[start:end] = bytes(end - start)


def blank(data: bytearray, box: Box) -> None:
    """Make the box a `free` box of zeros."""
    data[box.start + 4 : box.start + 8] = b"free"
    wipe(data, box.body, box.end)


def blank_rest(data: bytearray, start: int, end: int, known: list[Box]) -> None:
    """Zero what lies in `start..end` after the last of the walked boxes."""
    wipe(data, known[-1].end if known else start, end)


def gone(source: Source, box: Box, part: Builder) -> None:
    """Zeros in place of a box, in a `free` box with a head of the same length."""
    size = min(box.end, source.size) - box.start
    wide = box.body - box.start == 16
    part.literal(struct.pack(">I4sQ", 1, b"free", size) if wide else struct.pack(">I4s", size, b"free"))
    part.zeros(size - (box.body - box.start))


def number(data: bytes | bytearray, at: int, size: int) -> int:
    """A big-endian unsigned number. Raises Refused outside of the data."""
    if at < 0 or at + size > len(data):
        raise Refused("an index of the file is cut short")
    return int.from_bytes(data[at : at + size], "big")


def clean_brands(data: bytes, notes: Notes, neutral: bytes = b"isom") -> bytes:
    """A `ftyp` or `styp` box of the same length with maker brands and minor version replaced."""
    out = bytearray(data)
    for at in (8, *range(16, len(out) - 3, 4)):
        if bytes(out[at : at + 4]) not in BRANDS:
            notes.removed("maker's brand", 4)
            out[at : at + 4] = neutral
    if len(out) >= 16:
        out[12:16] = bytes(4)
    tail = 16 + (len(out) - 16) // 4 * 4
    out[tail:] = bytes(len(out) - tail)
    return bytes(out)
