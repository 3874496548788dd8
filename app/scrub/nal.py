"""User data in H.264 and H.265 streams (ITU-T H.264 annex D, H.265 annex D), blanked in place.

Encoders write their name, settings and times into SEI messages; cameras write captions, serial
numbers and positions. A message that goes becomes filler of the same length (payload type 3, which
decoders must skip), so coded pictures and sample tables stay as they are.

| kept | why |
|---|---|
| units of `UNITS`: slices, parameter sets | the pictures |
| delimiters and end marks, without a byte too many | where pictures begin and sequences end |
| Dolby Vision units (H.265 62, 63), where the film says that it has them | brightness and colours of HDR |
| SEI 0 buffering period, 1 picture timing (H.265), 6 recovery point, 129, 130 (H.265) | when and from where to decode |
| SEI 19, 45, 47 | grain, 3D packing, which way is up |
| SEI 137, 144, 147 | brightness and colours of HDR |

Picture timing of H.264 goes: it has room for the clock. Filler is written anew, units of any other
type become filler.
"""

import re

from app.scrub.errors import Refused
from app.scrub.report import Notes

KEPT: dict[str, dict[int, int]] = {
    "h264": {0: 128, 6: 8, 19: 512, 45: 24, 47: 16, 137: 24, 144: 4, 147: 1},
    "hevc": {0: 128, 1: 64, 6: 8, 19: 512, 45: 24, 47: 16, 129: 64, 130: 64, 137: 24, 144: 4, 147: 1},
}
"""The most bytes that a kept message may have: none has room for more than it is there for."""

FILLER = 3
NAMES = {1: "picture timing", 4: "registered user data (T.35)", 5: "user data", 136: "time code"}

UNITS = {
    "h264": frozenset((1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 19, 20, 21)),
    "hevc": frozenset((*range(10), *range(16, 22), 32, 33, 34)),
}
MARKS = {"h264": {9: 2, 10: 1, 11: 1}, "hevc": {35: 3, 36: 2, 37: 2}}
"""Delimiters and end marks, and their bytes."""

PICTURES = {"h264": frozenset(range(1, 6)), "hevc": frozenset(range(32))}
FILLERS = {"h264": 12, "hevc": 38}
DOLBY = frozenset((62, 63))
START = b"\0\0\1"
_FORBIDDEN = re.compile(b"\0\0[\0-\2]")
MOST_UNITS = 20_000
"""Units of one picture: each row of blocks of the largest one may be a slice of its own, and a few more."""


def kind_of(codec: str, header: int) -> int:
    """The type of a NAL unit that begins with this byte. `codec`: "h264" or "hevc"."""
    return header & 0x1F if codec == "h264" else header >> 1 & 0x3F


def is_sei(codec: str, header: int) -> bool:
    """Whether a NAL unit that begins with this byte holds SEI messages."""
    return kind_of(codec, header) in ((6,) if codec == "h264" else (39, 40))


def patches(
    codec: str, sample: bytes, length_size: int, notes: Notes, dolby: bool = False
) -> list[tuple[int, bytes]]:
    """(offset in the sample, new bytes) for every unit that holds something to blank, and for all behind a broken one.

    `length_size`: bytes of the length before each unit, 0 where start codes stand between them. `dolby`: the film says
    that it has Dolby Vision.
    """
    out: list[tuple[int, bytes]] = []
    units, end = _units(sample, length_size) if length_size else (_marked(sample), None)
    kept, pictures = UNITS[codec], PICTURES[codec]
    early = True
    for at, stop in units:
        if stop == at:
            continue
        kind = kind_of(codec, sample[at])
        early = early and kind not in pictures
        if kind in kept or (dolby and codec == "hevc" and kind in DOLBY):
            continue
        unit = sample[at:stop]
        clean = _clean_unit(codec, kind, unit, early, notes)
        if clean != unit:
            out.append((at, clean))
    if end is not None and any(sample[end:]):
        notes.removed("data of damaged pictures", len(sample) - end)
        out.append((end, bytes(len(sample) - end)))
    return out


def _clean_unit(codec: str, kind: int, unit: bytes, early: bool, notes: Notes) -> bytes:
    """A unit that is neither picture nor parameters. `early`: no picture stands before it in its sample, where units of
    filler may not stand."""
    if is_sei(codec, unit[0]):
        return clean_sei(codec, unit, notes)
    if len(unit) <= MARKS[codec].get(kind, 0):
        return unit
    if kind == FILLERS[codec]:
        filler = _filler(codec, unit)
        if filler != unit:
            notes.removed("filler in the stream", len(unit))
        return filler
    notes.found("stream", f"unit {kind}")
    notes.removed("units of an unknown kind in the stream", len(unit))
    head = b"\x06" if codec == "h264" else bytes((39 << 1, 1))
    return (_refill(head, b"", len(unit)) if early else None) or _filler(codec, unit)


def broken(sample: bytes, length_size: int) -> int | None:
    """Where the units of a sample stop adding up: the place behind the length that is too large, None where they fill
    the sample. From there on no decoder reads, and anything could stand."""
    return _units(sample, length_size)[1]


def drawn_in(sample: bytes, length_size: int) -> bool:
    """Whether a unit holds three bytes that none may hold (7.4.1): zeros as in EXIF and in indexes, so an index that is
    off has drawn something else into the picture. Zeros at a unit's end are some writers' padding."""
    units, _end = _units(sample, length_size)
    return any(_FORBIDDEN.search(sample[at:stop].rstrip(b"\0")) for at, stop in units)


def _units(sample: bytes, length_size: int) -> tuple[list[tuple[int, int]], int | None]:
    """Start and end of each whole unit, and what `broken` says."""
    units: list[tuple[int, int]] = []
    at = 0
    while at + length_size <= len(sample):
        length = int.from_bytes(sample[at : at + length_size], "big")
        at += length_size
        if at + length > len(sample):
            return units, at
        units.append((at, at + length))
        at += length
        if len(units) > MOST_UNITS:
            raise Refused("a picture of the film has more parts than any real one")
    return units, None if at == len(sample) else at


def _marked(sample: bytes) -> list[tuple[int, int]]:
    """Start and end of the units between start codes (H.264 annex B), as Chromium's recorder writes them into Matroska."""
    units: list[tuple[int, int]] = []
    at = sample.find(START)
    if any(sample[: at if at >= 0 else len(sample)]):
        raise Refused("the pictures of the film have room for more than a picture")
    while at >= 0:
        start, at = at + len(START), sample.find(START, at + len(START))
        end = at if at >= 0 else len(sample)
        units.append((start, start + len(sample[start:end].rstrip(b"\0"))))
        if len(units) > MOST_UNITS:
            raise Refused("a picture of the film has more parts than any real one")
    return units


def clean_sei(codec: str, unit: bytes, notes: Notes) -> bytes:
    """An SEI unit as long as `unit` with the kept messages first and filler behind them."""
    head = 1 if codec == "h264" else 2
    rbsp = unit[head:].replace(b"\0\0\3", b"\0\0")
    end = len(rbsp.rstrip(b"\0")) - 1
    stay = []
    lost = 0
    at = 0
    while at + 2 <= len(rbsp) and not (at == end and rbsp[at] == 0x80):
        start = at
        kind, at = _coded(rbsp, at)
        size, at = _coded(rbsp, at)
        at += size
        if size <= KEPT[codec].get(kind, -1) and at <= len(rbsp):
            stay.append(rbsp[start:at])
        elif kind != FILLER or rbsp[at - size : at].strip(b"\xff"):
            notes.found("sei", NAMES.get(kind, f"message {kind}"))
            lost += 1
    kept = b"".join(stay)
    if not lost:
        return unit
    notes.removed("user data in the stream (SEI)", len(unit))
    return (
        _refill(unit[:head], kept, len(unit)) or _refill(unit[:head], b"", len(unit)) or _filler(codec, unit)
    )


def _coded(data: bytes, at: int) -> tuple[int, int]:
    """A number of 255s and a last byte (7.3.2.3.1), and the place after it."""
    value = 0
    while at < len(data):
        value += data[at]
        at += 1
        if data[at - 1] != 255:
            break
    return value, at


def _refill(head: bytes, kept: bytes, length: int) -> bytes | None:
    """Header, kept messages, filler and end bit in exactly `length` bytes; None where that can't be."""
    for split in (b"", b"\3\0"):
        front = head + _escape(kept + split + bytes([FILLER]))
        room = length - len(front) - 2  # for the filler and all but the last byte of its size
        filler = room - room // 256
        if room >= 0 and filler + filler // 255 == room:
            return front + b"\xff" * (filler // 255) + bytes([filler % 255]) + b"\xff" * filler + b"\x80"
    return None


def _escape(rbsp: bytes) -> bytes:
    """Emulation prevention (7.4.1): no 00 00 0x with x < 4 inside a unit."""
    if b"\0\0" not in rbsp:
        return rbsp
    out = bytearray()
    zeros = 0
    for byte in rbsp:
        if zeros == 2 and byte < 4:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _filler(codec: str, unit: bytes) -> bytes:
    """A unit too short for a message: a filler unit (H.264 type 12, H.265 type 38)."""
    head = b"\x0c" if codec == "h264" else bytes([38 << 1, unit[1] if len(unit) > 1 else 1])
    return (head + b"\xff" * max(0, len(unit) - len(head) - 1) + b"\x80")[: len(unit)]


def avcc_end(record: bytes) -> int:
    """Where the parameter sets of an AVC decoder configuration (ISO/IEC 14496-15, 5.3.3) end."""
    at = 5
    for _ in range(2):
        if at >= len(record):
            return len(record)
        count = record[at] & (31 if at == 5 else 255)
        at += 1
        for _ in range(count):
            at += 2 + int.from_bytes(record[at : at + 2], "big")
    if at + 4 <= len(record) and record[1] not in (66, 77, 88) and record[at] >= 0xFC:
        count = record[at + 3]
        at += 4
        for _ in range(count):
            at += 2 + int.from_bytes(record[at : at + 2], "big")
    return at


def clean_hvcc(record: bytes, notes: Notes, count_at: int = 22) -> bytes:
    """An HEVC decoder configuration (ISO/IEC 14496-15, 8.3.3) with only its parameter sets; zeros behind them.

    `count_at`: where the number of lists stands, 5 in that of further layers (`lhvC`).
    """
    out = bytearray(record)
    if len(record) <= count_at:
        return record
    at = count_at + 1
    for _ in range(record[count_at]):
        if at + 3 > len(record):
            break
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            at += 2
            unit = record[at : at + length]
            if len(unit) > 2 and len(unit) == length and kind_of("hevc", unit[0]) not in UNITS["hevc"]:
                out[at : at + length] = _clean_unit("hevc", kind_of("hevc", unit[0]), unit, True, notes)
            at += length
    if at < len(out):
        out[at:] = bytes(len(out) - at)
    return bytes(out)
