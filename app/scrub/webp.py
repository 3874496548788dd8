"""WebP (RFC 9649) by chunks: the compressed picture is copied as it is.

| kept | why |
|---|---|
| VP8, VP8L, ALPH | the picture |
| VP8X, flags set anew | size, what follows |
| ANIM, ANMF with the parts above inside | its animation |
| ICCP, made neutral (`icc.py`) | colours |
| EXIF, rebuilt: orientation alone, where it is not 1 | which way is up |

Each of these once, but the pictures of an animation. Everything else goes: EXIF, XMP, C2PA, unknown chunks, and every byte after the RIFF's end.
"""

import struct

from app.scrub import exif, icc, limits, texts
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

PICTURE = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM")
STILL = frozenset((b"VP8 ", b"VP8L"))
MOST_CHUNKS = 100_000
MOST_TEXT = 1 << 20
ICC, ALPHA, EXIF, XMP, ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02

Part = tuple[bytes, int, int]
"""Kind, offset of the content, its length."""


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where no picture is found or a part is cut."""
    announced = 8 + int.from_bytes(source.at(4, 4), "little")
    end = min(announced, source.size)
    parts = _chunks(source, 12, end)
    body = Builder()
    profile, turn, hinted, extended = b"", 0, 0, b""
    flags = next((source.at(at, 1)[0] for kind, at, length in parts if kind == b"VP8X" and length >= 10), 0)
    animated = bool(flags & ANIMATION)
    taken: set[bytes] = set()
    for kind, at, length in parts:
        if kind == b"VP8X" and length >= 10 and not extended:
            extended = source.at(at, 10)
        elif kind == b"ANMF" and animated:
            _frame(source, at, length, body, notes)
        elif (
            kind in PICTURE
            and (kind != b"ANIM" or length == 6)
            and (kind == b"ANIM") == animated
            and (kind != b"ALPH" or flags & ALPHA)
            and _first(kind, taken)
        ):
            if kind in (b"VP8 ", b"VP8L") and not extended:
                _size(source, kind, at, notes)
            body.copy(at - 8, 8 + length)
            body.literal(b"\0" * (length & 1))
        elif kind == b"ICCP":
            profile = profile or source.at(at, min(length, icc.LARGEST))
        elif kind == b"EXIF":
            data = source.at(at, min(length, MOST_TEXT))
            turn = exif.read(data[6:] if data.startswith(b"Exif\0\0") else data, notes) or turn
            notes.removed("EXIF", length + 8)
        else:
            if kind == b"XMP ":
                hinted = texts.xmp(source.at(at, min(length, MOST_TEXT)), notes)
            notes.found("webp", kind.decode("latin-1").strip())
            notes.removed("XMP" if kind == b"XMP " else f"chunk {kind.decode('latin-1').strip()}", length + 8)
    if not (taken & STILL or (animated and any(kind == b"ANMF" for kind, _, _ in parts))):
        raise Refused("the WebP holds no picture")
    if end < source.size - (source.size & 1):
        notes.found("trailer", "bytes after the end of the picture")
        notes.removed("bytes after the end of the picture", source.size - end)
    if extended:
        limits.picture(
            1 + int.from_bytes(extended[4:7], "little"), 1 + int.from_bytes(extended[7:10], "little"), notes
        )
    return _layout(extended, _profile(profile, notes), turn or hinted, body, notes)


def _layout(extended: bytes, profile: bytes, turn: int, body: Builder, notes: Notes) -> Plan:
    head, tail = b"", b""
    if turn > 1:
        tail = b"EXIF" + struct.pack("<I", 26) + exif.minimal(turn)
        notes.kept("orientation", "which way is up; in an EXIF block of our own")
    if not extended and turn > 1:
        size = (
            struct.pack("<I", notes.facts["width"] - 1)[:3] + struct.pack("<I", notes.facts["height"] - 1)[:3]
        )
        extended = bytes([ALPHA if notes.facts.pop("alpha", False) else 0, 0, 0, 0]) + size
    notes.facts.pop("alpha", None)
    if extended:
        flags = extended[0] & (ALPHA | ANIMATION) | (ICC if profile else 0) | (EXIF if tail else 0)
        head = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + extended[4:10]
        if profile:
            head += b"ICCP" + struct.pack("<I", len(profile)) + profile + b"\0" * (len(profile) & 1)
    copy = Builder()
    copy.literal(b"RIFF" + struct.pack("<I", 4 + len(head) + body.size + len(tail)) + b"WEBP" + head)
    copy.parts += body.parts
    copy.literal(tail)
    notes.kept("picture data and animation", "the picture, bit for bit")
    return copy.plan()


def _chunks(source: Source, at: int, end: int) -> list[Part]:
    out: list[Part] = []
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", source.at(at, 8))
        if at + 8 + length > end:
            raise Refused("the WebP ends in the middle of a part")
        out.append((kind, at + 8, length))
        if len(out) > MOST_CHUNKS:
            raise Refused("the WebP has more parts than any real one")
        at += 8 + length + (length & 1)
    return out


def _first(kind: bytes, taken: set[bytes]) -> bool:
    """Whether a part of a picture is the first of its kind: one still picture, its alpha before it. Notes it in `taken`."""
    if kind in taken or (kind != b"ANIM" and taken & STILL):
        return False
    taken.add(kind)
    return True


def _frame(source: Source, at: int, length: int, body: Builder, notes: Notes) -> None:
    """A frame of an animation with only its picture inside."""
    inner = Builder()
    inner.copy(at, 16)
    taken: set[bytes] = set()
    for kind, start, size in _chunks(source, at + 16, at + length):
        if kind in (b"VP8 ", b"VP8L", b"ALPH") and _first(kind, taken):
            inner.copy(start - 8, 8 + size)
            inner.literal(b"\0" * (size & 1))
        else:
            notes.removed("data beside frames", size + 8)
    body.literal(b"ANMF" + struct.pack("<I", inner.size))
    body.parts += inner.parts
    body.size += inner.size


def _size(source: Source, kind: bytes, at: int, notes: Notes) -> None:
    """Size of a picture without VP8X, from the first bytes of its stream (RFC 6386 9.1; RFC 9649 3.4)."""
    head = source.upto(at, 10)
    if kind == b"VP8L" and head[:1] == b"\x2f":
        bits = int.from_bytes(head[1:5], "little")
        notes.facts["alpha"] = bool(bits >> 28 & 1)
        limits.picture((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, notes)
    elif kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 6)
        limits.picture(width & 0x3FFF, height & 0x3FFF, notes)


def _profile(profile: bytes, notes: Notes) -> bytes:
    clean = icc.neutral(profile, notes.words()) if profile else b""
    if clean is None:
        notes.removed("colour profile that no reader could use", len(profile))
        return b""
    if clean:
        notes.kept("colour profile", "colours" if clean == profile else "colours; made neutral")
    if clean != profile:
        notes.found("icc", "description, maker, dates")
        notes.removed("identity of the colour profile", 0)
    return clean
