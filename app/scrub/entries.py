"""What a film says about how a track is coded: the boxes inside its sample entries (ISO/IEC 14496-12, 8.5.2).

| kept | why |
|---|---|
| set-up of the codec: avcC hvcC lhvC av1C vpcC esds dOps dfLa alac dac3 dec3 dac4 damr d263 dvcC dvvC, and the parts of QuickTime's `wave` | decoding |
| colr pasp clap fiel gama mdcv clli SmDm CoLL amve | colours, aspect, interlacing |
| chan chnl srat pcmC enda btrt | loudspeakers, rates, order of bytes |

Each is as long as its own fields: what stands behind them becomes zeros, and so do texts inside (FLAC comments,
unknown descriptors, SEI). Every length stays as it was.
"""

import re
from collections.abc import Callable

from app.scrub import icc, nal, obu, visual
from app.scrub.errors import Refused
from app.scrub.report import Notes

LONGEST = {
    b"pasp": 8, b"clap": 32, b"btrt": 12, b"fiel": 2, b"gama": 4, b"enda": 2, b"mdcv": 24, b"clli": 4,
    b"SmDm": 28, b"CoLL": 8, b"dvcC": 24, b"dvvC": 24, b"amve": 8, b"frma": 4, b"srat": 8, b"pcmC": 6,
    b"damr": 9, b"d263": 7, b"dac3": 3, b"dec3": 32, b"dac4": 64, b"alac": 52, b"vpcC": 12, b"mp4a": 4,
    b"chnl": 32, b"dapa": 64, b"\0\0\0\0": 0,
}  # fmt: skip
"""Bytes that the content of a box may have; zeros in what is beyond."""

LONGEST_SET_UP = 64
"""Bytes of the set-up of a sound codec, and of Microsoft's description of sound inside `wave`."""

PROFILE, NUMBERS = (b"prof", b"rICC"), {b"nclx": 11, b"nclc": 10}
STREAM, DECODER, SET_UP, SYNC, PROFILES = 3, 4, 5, 6, 20
_TEXT = re.compile(rb"[ -~]{20}")
"""Longer than any text that the set-up of a codec holds; in a damaged file it may stand where numbers should."""
SOUND = 5
"""The stream type of sound in an `esds`."""


def clean(kind: bytes, data: bytes, notes: Notes) -> bytes | None:
    """The content of a box as it may stay, equally long; None for a box that has to go. `wave` is the caller's."""
    if kind in LONGEST or kind[:2] == b"ms":
        most = LONGEST.get(kind, LONGEST_SET_UP)
        fresh = data[:most] + bytes(max(0, len(data) - most))
        if kind in (b"damr", b"d263"):  # maker and version of the coder: 3GPP TS 26.244, 6.7 and 6.8
            if any(data[:5]):
                notes.found("quicktime", "vendor and version of the coder")
            fresh = bytes(min(5, len(data))) + fresh[5:]
    elif kind in ENDS:
        fresh = _rest(data, ENDS[kind](data))
    elif kind in CLEANERS:
        fresh = CLEANERS[kind](data, notes)
    else:
        return None
    if kind != b"colr" and _TEXT.search(fresh):
        raise Refused("the set-up of the pictures or the sound holds a text")
    if fresh != data:
        notes.removed(f"needless bytes of {kind.decode('latin-1').strip()}", len(data))
    return fresh


def _rest(data: bytes, end: int) -> bytes:
    return data[:end] + bytes(max(0, len(data) - end))


def _colours(data: bytes, notes: Notes) -> bytes:
    if data[:4] in PROFILE:
        fresh = icc.neutral(data[4:], notes.words())
        return data[:4] + (fresh if fresh is not None else bytes(len(data) - 4))
    return _rest(data, NUMBERS.get(data[:4], 0))


def _av1(data: bytes, notes: Notes) -> bytes:
    """`av1C`: four bytes, then units as in the stream."""
    fresh = bytearray(data)
    for place, patch in obu.patches(data[4:], notes):
        fresh[4 + place : 4 + place + len(patch)] = patch
    return bytes(fresh)


def _opus(data: bytes) -> int:
    return 11 if len(data) < 11 or data[10] == 0 else 13 + data[1]


def _loudspeakers(data: bytes) -> int:
    """`chan`: sixteen bytes, then twenty for each description."""
    return 16 + 20 * int.from_bytes(data[12:16], "big")


def _flac(data: bytes, notes: Notes) -> bytes:
    """`dfLa`: STREAMINFO stays, every other block becomes padding of the same length."""
    fresh, at, last = bytearray(data), 4, False
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if kind != 0 or at != 4:
            notes.found("flac", f"block {kind}")
            fresh[at] = data[at] & 0x80 | 1
            fresh[at + 4 : end] = bytes(len(fresh[at + 4 : end]))
        at = end
    return _rest(bytes(fresh), at)


def _streams(data: bytes, notes: Notes) -> bytes:
    """`esds` (ISO/IEC 14496-1, 7.2.6): descriptors that decoding needs; the content of others becomes zeros."""
    fresh = bytearray(data)
    _descriptors(fresh, 4, len(fresh))
    return visual.clean(bytes(fresh), notes)


def _descriptors(data: bytearray, at: int, end: int) -> None:
    while at + 2 <= end:
        kind, size, body = data[at], 0, at + 1
        for _ in range(4):
            if body >= end:
                break
            size = size << 7 | data[body] & 0x7F
            body += 1
            if data[body - 1] < 0x80:
                break
        stop = body + size
        if stop > end:
            break
        if kind == STREAM:
            if stop - body < 3 or data[body + 2] & 0xE0:
                raise Refused("the film does not say how it is coded")
            _descriptors(data, body + 3, stop)
        elif kind == DECODER:
            if stop - body > 1 and data[body + 1] >> 2 == SOUND and stop - body > 24 + LONGEST_SET_UP:
                raise Refused("the film's set-up of sound is longer than any real one")
            _descriptors(data, body + 13, stop)
        elif kind not in (SET_UP, SYNC, PROFILES) or (kind != SET_UP and size > 16):
            data[body:stop] = bytes(size)
        at = stop
    data[at:end] = bytes(end - at)


ENDS: dict[bytes, Callable[[bytes], int]] = {b"dOps": _opus, b"chan": _loudspeakers, b"avcC": nal.avcc_end}
"""Where the fields of a box end."""

CLEANERS: dict[bytes, Callable[[bytes, Notes], bytes]] = {
    b"colr": _colours,
    b"hvcC": nal.clean_hvcc,
    b"lhvC": lambda data, notes: nal.clean_hvcc(data, notes, 5),
    b"av1C": _av1,
    b"dfLa": _flac,
    b"esds": _streams,
}
