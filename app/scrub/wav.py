"""WAV (RIFF, RF64 and BW64: EBU Tech 3306, ITU-R BS.2088) by chunks.

| kept | why |
|---|---|
| fmt | how the sound is coded |
| fact | its length, for coded sound |
| ds64, rebuilt | sizes over 4 GiB |
| data | the sound |

Everything else goes: LIST/INFO, bext (originator, date), iXML, id3, cue points, padding, and every
byte after the data. A recording whose sizes were never filled in, or are too large, is kept to its end, or to where a
chain of further chunks begins that ends with the file.
"""

import struct
from collections.abc import Iterator

from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

MOST_CHUNKS = 10_000
WHOLE = 0xFFFFFFFF
NAMES = {
    b"LIST": "information list",
    b"bext": "broadcast data",
    b"iXML": "iXML",
    b"id3 ": "ID3 tag",
    b"ID3 ": "ID3 tag",
}
FORMATS = frozenset((14, 16, 18, 20, 30, 40, 50))
"""Bytes of the format chunks that there are (PCM, ADPCM, GSM, MP3, extensible): another length is room for a message."""

FURTHER = (*NAMES, b"JUNK", b"PAD ", b"cue ", b"smpl", b"_PMX", b"axml", b"chna", b"PEAK", b"plst", b"DISP")
FURTHEST = 4 << 20
"""Bytes before the end of a file in which further chunks are looked for."""


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused without format or sound."""
    large = source.at(0, 4) != b"RIFF"
    form = fact = b""
    sound: tuple[int, int] | None = None
    size64 = 0
    at = 12
    for _ in range(MOST_CHUNKS):
        if at + 8 > source.size:
            break
        kind, length = struct.unpack("<4sI", source.at(at, 8))
        body = at + 8
        if kind == b"data":
            if length == WHOLE and large:
                length = size64
            if length in (0, WHOLE) or body + length > source.size:
                if length not in (0, WHOLE):
                    notes.remark("the recording was cut: it is kept to its end")
                length = _further(source, body) - body
            sound = sound or (body, length)
        elif body + length > source.size:
            notes.removed("part cut short", source.size - at)
            break
        elif kind == b"fmt " and length in FORMATS:
            form = form or _format(source.at(body, length))
        elif kind == b"fact" and length >= 4:
            fact = source.at(body, 4)
        elif kind == b"ds64" and length >= 28:
            size64 = struct.unpack("<Q", source.at(body + 8, 8))[0]
        else:
            notes.found("riff", NAMES.get(kind, kind.decode("latin-1").strip()))
            notes.removed(NAMES.get(kind, f"chunk {kind.decode('latin-1').strip()}"), length + 8)
            if kind == b"LIST":
                _information(source.at(body, min(length, 1 << 16)), notes)
        at = body + length + (length & 1)
    if not form or sound is None:
        raise Refused("the recording holds no sound")
    rate = struct.unpack_from("<I", form, 8)[0]
    start, length = sound
    if rate:
        notes.fact("duration", round(length / rate, 3))
    notes.kept("format and sound", "the recording, bit for bit")
    return _layout(form, fact, start, length)


def _format(data: bytes) -> bytes:
    """A format chunk without what may stand behind its fields: whole numbers have sixteen bytes, others say their length."""
    code, more = int.from_bytes(data[:2], "little"), int.from_bytes(data[16:18], "little")
    return data[: 16 if code in (1, 3) else 18 + more]


def _further(source: Source, body: int) -> int:
    """Where the sound that begins at `body` ends, though its size isn't told: before chunks that reach the file's end."""
    start = max(body, source.size - FURTHEST)
    tail = source.at(start, source.size - start)
    ends = len(tail)
    signs = sorted(place for kind in FURTHER for place in _places(tail, kind))
    for place in reversed(signs):
        length = int.from_bytes(tail[place + 4 : place + 8], "little")
        if place + 8 + length + (length & 1) in (ends, ends + 1):
            ends = place
    return start + ends


def _places(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def _layout(form: bytes, fact: bytes, start: int, length: int) -> Plan:
    inner = _chunk(b"fmt ", form) + (_chunk(b"fact", fact) if fact else b"")
    total = 4 + len(inner) + 8 + length + (length & 1)
    copy = Builder()
    if total + 36 > WHOLE:
        sizes = struct.pack("<QQQI", total + 36, length, 0, 0)
        copy.literal(b"RF64" + struct.pack("<I", WHOLE) + b"WAVE" + _chunk(b"ds64", sizes) + inner)
        copy.literal(b"data" + struct.pack("<I", WHOLE))
    else:
        copy.literal(
            b"RIFF" + struct.pack("<I", total) + b"WAVE" + inner + b"data" + struct.pack("<I", length)
        )
    copy.copy(start, length)
    copy.literal(b"\0" * (length & 1))
    return copy.plan()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def _information(data: bytes, notes: Notes) -> None:
    at = 4
    while data[:4] == b"INFO" and at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        notes.found("riff", kind.decode("latin-1"))
        at += 8 + length + (length & 1)
