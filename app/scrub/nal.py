"""User data in H.264 and H.265 streams (ITU-T H.264 annex D, H.265 annex D), blanked in place.

Encoders write their name, settings and times into SEI messages; cameras write captions, serial
numbers and positions. A message that goes becomes filler of the same length (payload type 3, which
decoders must skip), so coded pictures and sample tables stay as they are.

| kept SEI | why |
|---|---|
| 0 buffering period, 1 picture timing, 6 recovery point, 129, 130 (H.265) | when and from where to decode |
| 19, 45, 47 | fields, 3D packing, which way is up |
| 137, 144, 147 | brightness and colours of HDR |
"""

from app.scrub.report import Notes

KEPT = frozenset((0, 1, 6, 19, 45, 47, 129, 130, 137, 144, 147))
FILLER = 3

NAMES = {4: "registered user data (T.35)", 5: "user data", 136: "time code"}


def is_sei(codec: str, header: int) -> bool:
    """Whether a NAL unit that begins with this byte holds SEI messages. `codec`: "h264" or "hevc"."""
    if codec == "h264":
        return header & 0x1F == 6
    return header >> 1 & 0x3F in (39, 40)


def patches(codec: str, sample: bytes, length_size: int, notes: Notes) -> list[tuple[int, bytes]]:
    """(offset in the sample, new bytes) for every SEI unit that holds something to blank, and for all behind a broken one."""
    out: list[tuple[int, bytes]] = []
    units, end = _units(sample, length_size)
    for at, stop in units:
        if stop > at and is_sei(codec, sample[at]):
            unit = sample[at:stop]
            clean = clean_sei(codec, unit, notes)
            if clean != unit:
                out.append((at, clean))
    if end is not None and any(sample[end:]):
        notes.removed("data of damaged pictures", len(sample) - end)
        out.append((end, bytes(len(sample) - end)))
    return out


def broken(sample: bytes, length_size: int) -> int | None:
    """Where the units of a sample stop adding up: the place behind the length that is too large, None where they fill
    the sample. From there on no decoder reads, and anything could stand."""
    return _units(sample, length_size)[1]


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
    return units, None if at == len(sample) else at


def clean_sei(codec: str, unit: bytes, notes: Notes) -> bytes:
    """An SEI unit as long as `unit` with the kept messages first and filler behind them."""
    head = 1 if codec == "h264" else 2
    rbsp = unit[head:].replace(b"\0\0\3", b"\0\0")
    kept = b""
    lost = 0
    at = 0
    while at + 2 <= len(rbsp) and rbsp[at:].rstrip(b"\0") != b"\x80":
        start = at
        kind, at = _coded(rbsp, at)
        size, at = _coded(rbsp, at)
        at += size
        if kind in KEPT and at <= len(rbsp):
            kept += rbsp[start:at]
        elif kind != FILLER or rbsp[at - size : at].strip(b"\xff"):
            notes.found("sei", NAMES.get(kind, f"message {kind}"))
            lost += 1
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
    for filler in range(max(0, length - len(kept) - 8 - length // 200), length):
        for split in (0, 1):
            body = (
                kept + (b"\3\0" if split else b"") + b"\3" + b"\xff" * (filler // 255) + bytes([filler % 255])
            )
            unit = head + _escape(body + b"\xff" * filler + b"\x80")
            if len(unit) == length:
                return unit
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


def clean_hvcc(record: bytes, notes: Notes) -> bytes:
    """An HEVC decoder configuration (ISO/IEC 14496-15, 8.3.3) with its SEI units blanked."""
    out = bytearray(record)
    if len(record) < 23:
        return record
    at = 23
    for _ in range(record[22]):
        if at + 3 > len(record):
            break
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            at += 2
            unit = record[at : at + length]
            if len(unit) > 2 and len(unit) == length and is_sei("hevc", unit[0]):
                out[at : at + length] = clean_sei("hevc", unit, notes)
            at += length
    return bytes(out)
