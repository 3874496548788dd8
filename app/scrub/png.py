"""PNG and APNG (W3C PNG, third edition) by chunks: the compressed picture is copied as it is.

| kept | why |
|---|---|
| IHDR, PLTE, tRNS, IDAT, IEND | the picture |
| acTL, fcTL, fdAT | its animation |
| gAMA, cHRM, sRGB, cICP, mDCV, cLLI, sBIT | colours |
| iCCP, inflated within bounds, made neutral (`icc.py`), its name replaced | colours |
| bKGD, pHYs | background, aspect ratio |
| eXIf, rebuilt: orientation alone, where it is not 1 | which way is up |

Each of these but picture data once, as readers take the first. Everything else goes: texts (tEXt, zTXt, iTXt with XMP), tIME, EXIF, C2PA (caBX), named palettes,
private chunks, and every byte after IEND.
"""

import re
import struct
import zlib

from app.scrub import exif, icc, limits, texts
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

SIGNATURE = b"\x89PNG\r\n\x1a\n"

LENGTHS = {
    b"IHDR": (13,), b"IEND": (0,), b"acTL": (8,), b"fcTL": (26,), b"gAMA": (4,), b"cHRM": (32,),
    b"sRGB": (1,), b"cICP": (4,), b"mDCV": (24,), b"mDCv": (24,), b"cLLI": (8,), b"cLLi": (8,),
    b"sBIT": (1, 2, 3, 4), b"bKGD": (1, 2, 6), b"pHYs": (9,),
}  # fmt: skip
"""Exact sizes of the small chunks that are kept: a longer one carries something else."""

FREE = frozenset((b"PLTE", b"tRNS", b"IDAT", b"fdAT"))
SEVERAL = frozenset((b"IDAT", b"fdAT", b"fcTL"))
LONGEST = {b"PLTE": 768, b"tRNS": 256}
TRANSPARENT = {0: 2, 2: 6}
"""Bytes of tRNS by colour type; a palette has one for each of its colours, pictures with alpha have none."""

NUMBERS = (b"gAMA", b"cHRM", b"pHYs")
LARGEST_NUMBER = 1 << 24
"""Gamma and chromaticities (in hundred thousandths) and pixels a metre are smaller; four letters are not."""

WORD = re.compile(rb"[ -~]{24}")
MOST_CHUNKS = 100_000
MOST_READ = 64
"""Texts that are looked into; of what comes after only the kind is named. They unpack to a thousand times their size."""
MOST_TEXT = 1 << 20

MOST_ANIMATION = 1 << 30
"""Bytes of pictures, unpacked, after the first of an animation: a few kilobytes can hold hours of work."""

MOST_ZEROS = 1 << 16
"""Zeros that a careless writer may leave behind the last row."""

PIECE = 1 << 16
HIDDEN = "bytes are hidden behind the picture data of the PNG"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where the chunks do not add up."""
    copy = Builder()
    copy.literal(SIGNATURE)
    at = len(SIGNATURE)
    body: list[tuple[int, int]] = []
    profile = b""
    turn = hinted = 0
    ended = seen = False
    texts_read = colours = 0
    once: set[bytes] = set()
    for _ in range(MOST_CHUNKS):
        if source.size - at < 12:
            break
        length, kind = struct.unpack(">I4s", source.at(at, 8))
        if length > source.size - at - 12:
            raise Refused("the PNG ends in the middle of a part")
        if not body and kind != b"IHDR" and kind != b"CgBI":
            raise Refused("the PNG does not begin with its header")
        whole = length + 12
        again = kind in once and kind not in SEVERAL
        if not again and kind in FREE and _free(kind, length, colours):
            seen = seen or kind == b"IDAT"
            body.append((at, whole))
            once.add(kind)
        elif not again and length in LENGTHS.get(kind, ()) and _small(source, kind, at + 8, length):
            if kind == b"IHDR":
                width, height, _, colours = struct.unpack(">IIBB", source.at(at + 8, 10))
                limits.picture(width, height, notes)
            body.append((at, whole))
            once.add(kind)
        elif kind == b"iCCP":
            profile = profile or source.at(at + 8, min(length, icc.LARGEST))
        elif kind == b"eXIf":
            turn = exif.read(_tiff(source.at(at + 8, min(length, MOST_TEXT))), notes) or turn
            notes.removed("EXIF", whole)
        elif kind in TEXTS:
            texts_read += 1
            if texts_read <= MOST_READ:
                hinted = _text(kind, source.at(at + 8, min(length, MOST_TEXT)), notes) or hinted
            notes.removed("text", whole)
        else:
            _name_gone(kind, whole, notes)
        at += whole
        if kind == b"IEND":
            ended = True
            break
    else:
        raise Refused("the PNG has more parts than any real one")
    if not seen:
        raise Refused("the PNG holds no picture")
    if at < source.size:
        notes.found("trailer", "bytes after the end of the picture")
        notes.removed("bytes after the end of the picture", source.size - at)
    _nothing_behind(source, body)
    head, rest = body[0], body[1:]
    copy.copy(*head)
    copy.literal(_profile(profile, notes) + _orientation(turn or hinted, notes))
    for part in rest:
        copy.copy(*part)
    if not ended:
        copy.literal(chunk(b"IEND", b""))
        notes.remark("the end mark was missing")
    notes.kept("header, palette, colours, picture data, animation", "the picture, bit for bit")
    return copy.plan()


def _free(kind: bytes, length: int, colours: int) -> bool:
    """Whether a part without a fixed length has a possible one in a picture of this colour type."""
    if kind == b"tRNS" and colours != 3:
        return length == TRANSPARENT.get(colours, 0) != 0
    return length <= LONGEST.get(kind, length)


def _small(source: Source, kind: bytes, at: int, length: int) -> bool:
    """Whether the numbers of a small part are such as there are."""
    if kind not in NUMBERS:
        return True
    count = length // 4
    numbers: tuple[int, ...] = struct.unpack(f">{count}I", source.at(at, 4 * count))
    return max(numbers) < LARGEST_NUMBER


def _nothing_behind(source: Source, body: list[tuple[int, int]]) -> None:
    """Refuse where the data of a picture go on after the end of their zlib stream (10.1), or unpack to more than the
    picture. What damaged data hold behind the place where they break can't be told from picture, but must not be a text;
    and what isn't a zlib stream at all, or a damaged picture of an animation, is none."""
    width, height, *coding = struct.unpack(">IIBBBBB", source.at(body[0][0] + 8, 13))
    picture = _Inflated(_unpacked(width, height, coding))
    animation = 0
    for place, whole in body:
        kind = source.at(place + 4, 4)
        if kind == b"fcTL":
            animation += picture.done if animation else 0
            animation = max(animation, 1)
            across, rows = struct.unpack(">II", source.at(place + 12, 8))
            picture = _Inflated(_unpacked(across, rows, coding))
        elif kind in (b"IDAT", b"fdAT"):
            start, end = place + (8 if kind == b"IDAT" else 12), place + whole - 4
            try:
                for at in range(start, end, PIECE):
                    picture.add(source.at(at, min(PIECE, end - at)))
            except zlib.error:
                if kind == b"fdAT" or not picture.begun:
                    raise Refused("a picture of the PNG is damaged") from None
                if any(WORD.search(source.at(*part)) for part in body if part[0] >= place):
                    raise Refused(HIDDEN) from None
                return
        if animation + picture.done > MOST_ANIMATION and kind == b"fdAT":
            raise Refused("the animation holds more pictures than can be looked into")


class _Inflated:
    """The data of one picture as they are unpacked and thrown away. `most`: bytes of the picture."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.done = 0
        self.begun = False
        self._engine = zlib.decompressobj()

    def add(self, data: bytes) -> None:
        """Raises Refused for more than the picture, zlib.error for damage."""
        if self._engine.eof and data:
            raise Refused(HIDDEN)
        while data and not self._engine.eof:
            unpacked = self._engine.decompress(data, 1 << 20)
            behind = unpacked[max(0, self.most - self.done) :]
            self.done += len(unpacked)
            self.begun = True
            data = self._engine.unconsumed_tail
            if any(behind) or self.done > self.most + MOST_ZEROS:
                raise Refused(HIDDEN)
        if self._engine.unused_data:
            raise Refused(HIDDEN)


SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Numbers of a pixel by colour type."""
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Where the passes of an interlaced picture (8.2) begin, and their steps."""


def _unpacked(width: int, height: int, coding: list[int]) -> int:
    """Bytes of the rows of a picture, each with its filter (7.2)."""
    depth, colours, _, _, interlaced = coding
    bits = depth * SAMPLES.get(colours, 4)
    size = 0
    for left, top, right, down in PASSES if interlaced else ((0, 0, 1, 1),):
        across, rows = -(-(width - left) // right), -(-(height - top) // down)
        size += (1 + (across * bits + 7) // 8) * rows if across > 0 and rows > 0 else 0
    return size


def chunk(kind: bytes, data: bytes) -> bytes:
    """A whole chunk with length and CRC (5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def inflate(data: bytes, limit: int) -> bytes | None:
    """zlib data unpacked, None where it is broken or larger than `limit` bytes."""
    engine = zlib.decompressobj()
    try:
        out = engine.decompress(data, limit)
    except zlib.error:
        return None
    return out if engine.eof else None


def _profile(data: bytes, notes: Notes) -> bytes:
    name, _, rest = data.partition(b"\0")
    if not data:
        return b""
    whole = inflate(rest[1:], icc.LARGEST) if rest[:1] == b"\0" and len(name) < 80 else None
    clean = icc.neutral(whole, notes.words()) if whole is not None else None
    if whole is None or clean is None:
        notes.removed("colour profile that no reader could use", len(data) + 12)
        return b""
    if clean != whole:
        notes.found("icc", "description, maker, dates")
        notes.removed("identity of the colour profile", 0)
    notes.removed("name of the colour profile", len(name))
    notes.kept("colour profile", "colours" if clean == whole else "colours; made neutral")
    return chunk(b"iCCP", b"icc\0\0" + zlib.compress(clean))


def _orientation(turn: int, notes: Notes) -> bytes:
    if turn <= 1:
        return b""
    notes.kept("orientation", "which way is up; in an EXIF block of our own")
    return chunk(b"eXIf", exif.minimal(turn))


def _tiff(data: bytes) -> bytes:
    return data[6:] if data.startswith(b"Exif\0\0") else data


def _text(kind: bytes, data: bytes, notes: Notes) -> int:
    """Name a text chunk; the orientation where it is XMP that says one."""
    key, _, rest = data.partition(b"\0")
    name = key.decode("latin-1")
    if kind == b"iTXt" and name == "XML:com.adobe.xmp" and len(rest) > 2:
        packed = rest[0] == 1
        parts = rest[2:].split(b"\0", 2)
        packet = parts[2] if len(parts) == 3 else b""
        return texts.xmp((inflate(packet, MOST_TEXT) or b"") if packed else packet, notes)
    if name.startswith("Raw profile type "):
        return _raw_profile(name, kind, rest, notes)
    notes.found("png text", name)
    return 0


def _raw_profile(name: str, kind: bytes, rest: bytes, notes: Notes) -> int:
    """ImageMagick's way of putting EXIF, IPTC and XMP into a text chunk: hex after three lines."""
    notes.found("png text", name)
    body = inflate(rest[1:], MOST_TEXT) if kind == b"zTXt" else rest
    pieces = (body or b"").split(None, 2)
    if len(pieces) < 3:
        return 0
    digits = b"".join(pieces[2].split())
    try:
        data = bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
    except ValueError:
        return 0
    if name.endswith(("exif", "APP1")) and data.startswith(b"Exif\0\0"):
        return exif.read(data[6:], notes)
    if name.endswith("iptc"):
        texts.photoshop(data, notes) if data.startswith(b"8BIM") else texts.iptc(data, notes)
    elif name.endswith(("xmp", "APP1")):
        return texts.xmp(data, notes)
    return 0


def _name_gone(kind: bytes, size: int, notes: Notes) -> None:
    known = {b"tIME": "time of last change", b"caBX": "C2PA manifest", b"sPLT": "named palette"}
    safe = kind.decode("latin-1") if kind.isalpha() else kind.hex()
    notes.found("png", safe)
    notes.removed(known.get(kind, f"chunk {safe}"), size)
