"""The second reader's walks over films and sound. Nothing here is shared with the strippers.

Each goes through a whole result and raises CheckFailed at the first part that it does not expect.
"""

import re
import struct
from typing import BinaryIO

from app.scrub.errors import CheckFailed


def take(result: BinaryIO, at: int, length: int) -> bytes:
    result.seek(at)
    data = result.read(length)
    if len(data) != length:
        raise CheckFailed("the cleaned copy ends too early")
    return data


FILM_TOP = frozenset(b"ftyp styp moov moof mdat sidx mfra meta free skip wide".split())
FILM_INDEX = frozenset(
    b"mvhd trak mvex tkhd edts mdia tapt elst clef prof enof mdhd hdlr minf vmhd smhd dinf stbl dref "
    b"stsd stts ctts cslg stss stps stsc stsz stz2 stco co64 sdtp sgpd sbgp mehd trex trep "
    b"mfhd traf tfhd tfdt trun free skip wide tfra mfro".split()
)
HEIF_INDEX = frozenset(b"hdlr pitm iinf iloc iref iprp idat free".split())
HEIF_ITEMS = frozenset(b"hvc1 hev1 avc1 av01 jpeg j2k1 vvc1 unci grid iovl iden".split())
FILM_TREE = frozenset(b"moov trak edts tapt mdia minf dinf stbl mvex moof traf mfra".split())


FIELDS = {
    b"clef": (12, 12), b"prof": (12, 12), b"enof": (12, 12), b"vmhd": (12, 12), b"smhd": (8, 8), b"cslg": (24, 44),
    b"mehd": (8, 12), b"trex": (24, 24), b"mfhd": (8, 8), b"tfdt": (8, 12), b"mvhd": (100, 112), b"tkhd": (84, 96),
    b"mdhd": (24, 36), b"mfro": (8, 8),
}  # fmt: skip
"""Bytes of small boxes in versions 0 and 1."""
ROWS = {
    b"stts": (8, 8), b"ctts": (8, 8), b"stss": (4, 4), b"stps": (4, 4), b"stsc": (12, 12), b"stco": (4, 4),
    b"co64": (8, 8), b"elst": (12, 20),
}  # fmt: skip
"""Bytes of a row of the tables that begin with their number of rows."""
SEVERAL = frozenset(
    b"trak trex traf trun sgpd sbgp tfra infe free skip wide moof mdat styp sidx ftyp".split()
)
FORMAT_HEADS = (28, 44, 64, 78)
"""Bytes before the boxes of a sample entry: of sound in three ways, of pictures."""
FORMAT_PARTS = {
    b"pasp": 8, b"clap": 32, b"btrt": 12, b"fiel": 2, b"gama": 4, b"enda": 2, b"mdcv": 24, b"clli": 4, b"SmDm": 28,
    b"CoLL": 8, b"dvcC": 24, b"dvvC": 24, b"amve": 8, b"frma": 4, b"srat": 8, b"pcmC": 6, b"damr": 9, b"d263": 7,
    b"dac3": 3, b"dec3": 32, b"dac4": 64, b"alac": 52, b"vpcC": 12, b"mp4a": 4, b"chnl": 32, b"dapa": 64, b"dOps": 268,
    b"chan": 1024, b"avcC": 4096, b"hvcC": 16384, b"lhvC": 16384, b"av1C": 4096, b"esds": 4096, b"dfLa": 1 << 24,
    b"colr": 8 << 20, b"free": 0, b"skip": 0, b"wide": 0, b"\0\0\0\0": 0,
}  # fmt: skip
PROPERTIES = frozenset(
    b"hvcC av1C avcC jpgC uncC cmpd ispe pixi colr pasp clap irot imir auxC a1op a1lx lsel clli mdcv cclv amve free".split()
)
LARGEST_SET_UP = 64
LARGEST_TABLE = 64 << 20
TEXT = re.compile(rb"[ -~]{20}")
"""Longer than any text that the set-up of a codec or a small table holds."""


def boxes(result: BinaryIO) -> None:
    """Only known boxes; free ones hold zeros; all times are zero and handlers have no names."""
    size = result.seek(0, 2)
    _boxes(result, 0, size, FILM_TOP, size)


def _boxes(result: BinaryIO, at: int, end: int, allowed: frozenset[bytes], size: int) -> None:
    seen: set[bytes] = set()
    while at + 8 <= end:
        head = take(result, at, min(16, size - at))
        length, kind = struct.unpack_from(">I4s", head)
        body = at + 8
        if length == 1:
            length, body = struct.unpack_from(">Q", head, 8)[0], at + 16
        elif length == 0:
            length = end - at
        stop = at + length
        if stop > end and kind == b"mdat":
            stop = end
        if length < body - at or stop > end or not head[: end - at].strip(b"\0"):
            zeros(result, at, end)  # the end of a QuickTime list, or rubbish that was blanked
            return
        if kind not in allowed:
            raise CheckFailed(f"an unexpected part is left in the film ({kind!r})")
        if kind in seen and kind not in SEVERAL:
            raise CheckFailed(f"a part of the film stands twice ({kind!r})")
        seen.add(kind)
        if kind in FIELDS or kind in ROWS:
            _fields(result, kind, body, stop)
        if kind in (b"free", b"skip", b"wide"):
            zeros(result, body, stop)
        elif kind == b"meta":
            _boxes(result, body + 4, stop, HEIF_INDEX, size)
        elif kind == b"infe":
            _item(take(result, body, stop - body))
        elif kind in FILM_TREE:
            _boxes(result, body, stop, FILM_INDEX, size)
        elif kind in (b"mvhd", b"tkhd", b"mdhd"):
            wide = take(result, body, 1) == b"\1"
            zeros(result, body + 4, body + (20 if wide else 12))
        elif kind == b"iinf":
            short = take(result, body, 1) == b"\0"
            _boxes(result, body + (6 if short else 8), stop, frozenset((b"infe",)), size)
        elif kind == b"hdlr":
            zeros(result, body + 12, stop)
        elif kind == b"stsd":
            _formats(take(result, body, min(stop - body, LARGEST_TABLE)))
        elif kind == b"iprp":
            _properties(take(result, body, min(stop - body, LARGEST_TABLE)))
        at = stop


def _fields(result: BinaryIO, kind: bytes, body: int, stop: int) -> None:
    """Zeros behind the fields or the rows of a box."""
    wide = take(result, body, 1) == b"\1"
    if kind in FIELDS:
        zeros(result, body + FIELDS[kind][wide], stop)
    else:
        count = struct.unpack(">I", take(result, body + 4, 4))[0]
        zeros(result, body + 8 + ROWS[kind][wide] * count, stop)


def _inside(data: bytes, at: int) -> list[tuple[bytes, bytes]] | None:
    """The boxes that fill `data` from `at` on, as kinds and contents; None where something else does."""
    out = []
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            break
        out.append((kind, data[at + 8 : at + length]))
        at += length
    return None if any(data[at:]) else out


def _formats(data: bytes) -> None:
    """The sample entries of a track: set-up of codecs and colours, no text, nothing behind them."""
    entries = _inside(data, 8)
    if entries is None or not all(
        any(_parts(_inside(entry, skip)) for skip in FORMAT_HEADS) for _, entry in entries
    ):
        raise CheckFailed("an unexpected part is left in the description of a track")


def _parts(parts: list[tuple[bytes, bytes]] | None) -> bool:
    if parts is None:
        return False
    for kind, content in parts:
        if kind == b"wave":
            if not _parts(_inside(content, 0)):
                return False
            continue
        most = LARGEST_SET_UP if kind[:2] == b"ms" else FORMAT_PARTS.get(kind)
        if most is None or any(content[most:]) or (kind != b"colr" and TEXT.search(content)):
            return False
    return True


def _properties(data: bytes) -> None:
    """The properties of the pictures of a HEIF file: known ones, the small ones without text."""
    for kind, content in _inside(data, 0) or ():
        for name, value in (_inside(content, 0) or ()) if kind == b"ipco" else ():
            if name not in PROPERTIES or (name not in (b"colr", b"auxC") and TEXT.search(value)):
                raise CheckFailed(f"an unexpected property is left in the picture ({name!r})")


def _item(entry: bytes) -> None:
    """An item of a HEIF picture: only pictures, and they have no names."""
    width = 2 if entry[0] == 2 else 4
    if entry[6 + width : 10 + width] not in HEIF_ITEMS or entry[10 + width :].strip(b"\0"):
        raise CheckFailed("an item that is no picture is left")


def zeros(result: BinaryIO, start: int, end: int) -> None:
    while start < end:
        piece = take(result, start, min(end - start, 1 << 20))
        if piece.strip(b"\0"):
            raise CheckFailed("bytes are left where the film should be blank")
        start += len(piece)


TRACK = frozenset(
    (0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A)
) | frozenset((0x23314F, 0x55EE, 0x22B59C, 0x86, 0x63A2, 0x56AA, 0x56BB, 0xAA, 0xE0, 0xE1, 0x6D80))
EBML_PARTS: dict[int, frozenset[int]] = {
    0x18538067: frozenset((0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675)),
    0x1549A966: frozenset((0x2AD7B1, 0x4489, 0x4D80, 0x5741)),
    0x1654AE6B: frozenset((0xAE,)),
    0xAE: TRACK,
    0x1F43B675: frozenset((0xE7, 0xA3, 0xA0)),
    0xA0: frozenset((0xA1, 0x9B, 0xFB, 0x75A2, 0xFA, 0x75A1)),
}  # fmt: skip


def ebml(result: BinaryIO) -> None:
    """Only the elements that play; both application names neutral; sizes that add up to the file."""
    size = result.seek(0, 2)
    at = 0
    for expected in (0x1A45DFA3, 0x18538067):
        identity, body, end = _element(result, at, size)
        if identity != expected:
            raise CheckFailed("the film does not begin as it should")
        if identity == 0x18538067:
            _elements(result, identity, body, end)
        at = end
    if at != size:
        raise CheckFailed("bytes are left after the end of the film")


def _elements(result: BinaryIO, parent: int, at: int, end: int) -> None:
    while at < end:
        identity, body, stop = _element(result, at, end)
        if identity not in EBML_PARTS[parent]:
            raise CheckFailed(f"an unexpected part is left in the film (0x{identity:x})")
        if identity in (0x4D80, 0x5741) and take(result, body, stop - body) != b"neutral":
            raise CheckFailed("the film still names the application that made it")
        if identity in EBML_PARTS:
            _elements(result, identity, body, stop)
        at = stop


def _element(result: BinaryIO, at: int, end: int) -> tuple[int, int, int]:
    head = take(result, at, min(12, end - at))
    width = 9 - head[0].bit_length()
    length = 9 - head[width].bit_length()
    body = at + width + length
    value = int.from_bytes(head[width : width + length], "big") - (1 << 7 * length)
    if body + value > end:
        raise CheckFailed("a part of the film is longer than the film")
    return int.from_bytes(head[:width], "big"), body, body + value


def ogg(result: BinaryIO) -> None:
    """Whole pages only, and comment packets without a comment."""
    size = result.seek(0, 2)
    at = 0
    while at < size:
        head = take(result, at, 27)
        if head[:4] != b"OggS":
            raise CheckFailed("stray bytes are left between the pages of the recording")
        lacing = take(result, at + 27, head[26])
        body = at + 27 + head[26]
        start = take(result, body, min(64, sum(lacing)))
        for sign, vendor in ((b"OpusTags", 8), (b"\3vorbis", 7)):
            if start.startswith(sign):
                length = struct.unpack_from("<I", start, vendor)[0]
                if start[vendor + 4 : vendor + 8 + length] != b"neutral\0\0\0\0":
                    raise CheckFailed("comments are left in the recording")
        at = body + sum(lacing)


def mpeg_audio(result: BinaryIO) -> None:
    """Begins with a frame; no tag of any known kind at either end."""
    size = result.seek(0, 2)
    head, tail = take(result, 0, 4), take(result, max(0, size - 160), min(160, size))
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        raise CheckFailed("the recording does not begin with sound")
    if any(sign in tail for sign in (b"APETAGEX", b"LYRICS200")) or tail[-128:].startswith(b"TAG"):
        raise CheckFailed("a tag is left in the recording")


def whole_boxes(source: BinaryIO) -> int:
    """Where the last whole box of a film ends, in bytes."""
    size = source.seek(0, 2)
    at = 0
    while at + 16 <= size:
        length, kind, wide = struct.unpack(">I4sQ", take(source, at, 16))
        length = wide if length == 1 else length
        if length < 8 or (at + length > size and kind != b"mdat"):
            break
        at += length
    return min(at, size)
