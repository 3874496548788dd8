"""Spoiling files at random, as broken phones, transfers and people with bad intentions do."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

from app.scrub.ogg import checksum

EDGES = (
    b"\0" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\1",
    b"\1\0\0\0",
    b"\x80\0\0\0",
)
SIGNS = tuple(
    b"Exif\0\0|MM\0*|II*\0|http://ns.adobe|<x:xmpmeta|8BIM|\xff\xda|\xff\xc0|\xff\xc4|\xff\xdb|\xff\xe1|\xff\xe2|IDAT|"
    b"IHDR|iCCP|eXIf|acTL|fdAT|VP8 |VP8X|ANMF|ALPH|NETSCAPE|meta|iinf|iloc|iref|iprp|ipma|hvcC|av1C|colr|moov|trak|"
    b"mdia|stbl|stsd|stsz|stco|co64|stsc|stts|ctts|moof|traf|trun|tfhd|mdat|udta|hdlr|\x1a\x45\xdf\xa3|\x18\x53\x80\x67|"
    b"\x16\x54\xae\x6b|\x1f\x43\xb6\x75|OggS|OpusHead|vorbis|Xing|Info|fmt |data|acsp".split(b"|")
)
"""Where the structure of a file is: what is changed beside one of these matters more."""


def spoil(data: bytes, other: bytes, chance: random.Random) -> tuple[bytes, bool]:
    """One to eight changes, and whether one of them copied bytes: it may have planted metadata in coded data."""
    out = bytearray(data)
    ways = CHANGES if chance.random() < 0.3 else IN_PLACE
    done = set()
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        if len(out) < 16:
            break
        way = chance.choice(ways)
        way(out, other, chance)
        done.add(way)
    if chance.random() < 0.7:
        mend(out)
    return bytes(out), not done <= set(IN_PLACE)


def mend(out: bytearray) -> None:
    """Make the checksums right again (PNG, Ogg): whoever spoils on purpose would, and readers skip parts whose sum is off."""
    if out.startswith(b"\x89PNG"):
        at = 8
        while at + 12 <= len(out):
            end = at + 8 + int.from_bytes(out[at : at + 4], "big")
            if end + 4 > len(out):
                break
            out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
            at = end + 4
    at = out.find(b"OggS") if out.startswith(b"OggS") else -1
    while at >= 0 and at + 27 <= len(out):
        end = at + 27 + out[at + 26]
        end += sum(out[at + 27 : end])
        if end <= len(out):
            out[at + 22 : at + 26] = bytes(4)
            out[at + 22 : at + 26] = checksum(bytes(out[at:end])).to_bytes(4, "little")
        at = out.find(b"OggS", at + 4)


def _at(out: bytearray, chance: random.Random) -> int:
    """A place: beside a sign, near the beginning, or anywhere."""
    way = chance.random()
    if way < 0.5:
        sign, start = chance.choice(SIGNS), chance.randrange(len(out))
        found = out.find(sign, start)
        found = found if found >= 0 else out.find(sign)
        if found >= 0:
            return min(max(0, found + chance.randint(-12, 24)), len(out) - 1)
    return int(chance.random() ** (3 if way < 0.8 else 1) * (len(out) - 1))


def _word(out: bytearray, _other: bytes, chance: random.Random) -> None:
    at, width = _at(out, chance), chance.choice((1, 2, 4))
    out[at : at + width] = chance.choice(EDGES)[:width]


def _bit(out: bytearray, _other: bytes, chance: random.Random) -> None:
    out[_at(out, chance)] ^= 1 << chance.randrange(8)


def _number(out: bytearray, _other: bytes, chance: random.Random) -> None:
    """A length or offset that is off by a little."""
    at, order = _at(out, chance), chance.choice(("big", "little"))
    width = chance.choice((2, 4))
    value = int.from_bytes(out[at : at + width], order) + chance.choice((-8, -4, -2, -1, 1, 2, 4, 8, 64, -64))  # type: ignore[arg-type]
    out[at : at + width] = (value % 256**width).to_bytes(width, order)


def _double(out: bytearray, _other: bytes, chance: random.Random) -> None:
    start, length, at = _at(out, chance), chance.choice((4, 32, 200, 2000)), _at(out, chance)
    out[at:at] = out[start : start + length]


def _over(out: bytearray, _other: bytes, chance: random.Random) -> None:
    start, length, at = _at(out, chance), chance.choice((4, 32, 200, 2000)), _at(out, chance)
    piece = out[start : start + length]
    out[at : at + len(piece)] = piece


def _gone(out: bytearray, _other: bytes, chance: random.Random) -> None:
    at = _at(out, chance)
    del out[at : at + chance.choice((1, 2, 4, 12, 100, 1000))]


def _foreign(out: bytearray, other: bytes, chance: random.Random) -> None:
    start, at = chance.randrange(len(other)), _at(out, chance)
    out[at:at] = other[start : start + chance.choice((8, 64, 500, 4000))]


def _cut(out: bytearray, _other: bytes, chance: random.Random) -> None:
    del out[max(16, int(len(out) * chance.random())) :]


Change = Callable[[bytearray, bytes, random.Random], None]
IN_PLACE: tuple[Change, ...] = (_word, _word, _bit, _bit, _number, _number, _gone, _cut)
CHANGES = (*IN_PLACE, _double, _over, _foreign)
