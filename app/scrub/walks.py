"""The second reader's own walks: what a clean copy may be made of, part by part.

Nothing here is shared with the strippers, on purpose: a mistake would have to be made twice. Each
walk goes through a whole result and raises CheckFailed at the first part that it does not expect.
"""

import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

from app.scrub.errors import CheckFailed

MOST_MEMORY = 256 << 20


def jpeg(result: BinaryIO) -> None:
    """Only picture segments, our own JFIF, EXIF with orientation, ICC and Adobe; nothing after EOI."""
    data = _all(result)
    at = 2
    while True:
        if data[at] != 0xFF:
            raise CheckFailed("stray bytes between the segments of the JPEG")
        marker = data[at + 1]
        if marker == 0xD9:
            break
        length = struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : at + 2 + length]
        if not _jpeg_segment(marker, body):
            raise CheckFailed(f"an unexpected part is left in the JPEG (0x{marker:02x})")
        at += 2 + length
        if marker == 0xDA:
            while not (data[at] == 0xFF and data[at + 1] not in (0, 0xFF, *range(0xD0, 0xD8))):
                at = data.index(b"\xff", at + 1)
    if at + 2 != len(data):
        raise CheckFailed("bytes are left after the end of the JPEG")


def _jpeg_segment(marker: int, body: bytes) -> bool:
    if marker == 0xE0:
        return body.startswith(b"JFIF\0") and len(body) == 14 and body[12:] == b"\0\0"
    if marker == 0xE1:
        return body.startswith(b"Exif\0\0") and orientation_only(body[6:])
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return body.startswith(b"Adobe") and len(body) == 12
    return (0xC0 <= marker <= 0xCF and marker != 0xC8) or 0xDA <= marker <= 0xDD


def orientation_only(block: bytes) -> bool:
    """Whether an EXIF block is one directory with one short, the orientation, and nothing behind."""
    order = ">" if block[:2] == b"MM" else "<"
    if len(block) != 26:
        return False
    first, count, tag, kind, number, value, pad, after = struct.unpack_from(order + "IHHHIHHI", block, 4)
    return (first, count, tag, kind, number, pad, after) == (8, 1, 0x112, 3, 1, 0, 0) and 1 <= value <= 8


PNG_PARTS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT gAMA cHRM sRGB cICP mDCV mDCv cLLI cLLi sBIT bKGD pHYs hIST iCCP eXIf CgBI".split()
)


def png(result: BinaryIO) -> None:
    """Only picture, colour and animation chunks; the picture's zlib stream ends with its last chunk."""
    size = result.seek(0, 2)
    at = 8
    engine = zlib.decompressobj()
    while at < size:
        length, kind = struct.unpack(">I4s", _at(result, at, 8))
        if kind not in PNG_PARTS or (kind == b"eXIf" and not orientation_only(_at(result, at + 8, length))):
            raise CheckFailed(f"an unexpected part is left in the PNG ({kind!r})")
        if kind == b"iCCP" and not _at(result, at + 8, length).startswith(b"icc\0"):
            raise CheckFailed("the colour profile of the PNG still has its name")
        if kind == b"IDAT" and not engine.eof:
            _drain(engine, result, at + 8, length)
        elif kind == b"IDAT" and length:
            raise CheckFailed("bytes are hidden behind the picture data of the PNG")
        at += 12 + length
        if kind == b"IEND":
            break
    if engine.unused_data:
        raise CheckFailed("bytes are hidden behind the picture data of the PNG")
    if at != size:
        raise CheckFailed("bytes are left after the end of the PNG")


def _drain(engine: "zlib._Decompress", result: BinaryIO, at: int, length: int) -> None:
    """Inflate and throw away, a piece at a time; broken data are the decoder's business."""
    while length > 0 and not engine.eof:
        data = _at(result, at, min(length, 1 << 16))
        at += len(data)
        length -= len(data)
        try:
            while data and not engine.eof:
                engine.decompress(data, 1 << 20)
                data = engine.unconsumed_tail
        except zlib.error:
            return


WEBP_PARTS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF"))


def webp(result: BinaryIO) -> None:
    size = result.seek(0, 2)
    if struct.unpack("<I", _at(result, 4, 4))[0] + 8 != size:
        raise CheckFailed("bytes are left after the end of the WebP")
    _riff(result, 12, size, WEBP_PARTS)


def _riff(result: BinaryIO, at: int, end: int, allowed: frozenset[bytes]) -> None:
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", _at(result, at, 8))
        if kind not in allowed:
            raise CheckFailed(f"an unexpected part is left ({kind!r})")
        if kind == b"EXIF" and not orientation_only(_at(result, at + 8, length)):
            raise CheckFailed("EXIF is left in the WebP")
        if kind == b"ANMF":
            _riff(result, at + 24, at + 8 + length, frozenset((b"ALPH", b"VP8 ", b"VP8L")))
        at += 8 + length + (length & 1)
    if at != end:
        raise CheckFailed("stray bytes are left between parts")


def wav(result: BinaryIO) -> None:
    size = result.seek(0, 2)
    _riff(result, 12, size + (size & 1), frozenset((b"fmt ", b"data", b"fact", b"ds64")))


def gif(result: BinaryIO) -> None:
    """Only pictures, their timing and the loop count."""
    data = _all(result)
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0) + 1
        elif data[at : at + 2] == b"!\xf9" and data[at + 2] == 4:
            at += 2
        elif (
            data[at : at + 14] in (b"!\xff\x0bNETSCAPE2.0", b"!\xff\x0bANIMEXTS1.0")
            and data[at + 14 : at + 16] == b"\3\1"
        ):
            at += 14
        else:
            raise CheckFailed("an unexpected part is left in the GIF")
        while data[at]:
            at += data[at] + 1
        at += 1
    if at + 1 != len(data):
        raise CheckFailed("bytes are left after the end of the GIF")


TIFF_TAGS = frozenset(
    (254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284)
    + (
        290,
        291,
        292,
        293,
        296,
        297,
        301,
        317,
        318,
        319,
        320,
        321,
        322,
        323,
        324,
        325,
        332,
        334,
        336,
        338,
        339,
    )
    + (340, 341, 347, 529, 530, 531, 532, 34675)
)
TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def tiff(result: BinaryIO) -> None:
    """Only structural tags, and no byte that none of them accounts for."""
    size = result.seek(0, 2)
    order = "<" if _at(result, 0, 2) == b"II" else ">"
    at = struct.unpack(order + "I", _at(result, 4, 4))[0]
    covered = [(0, 8)]
    while at:
        count = struct.unpack(order + "H", _at(result, at, 2))[0]
        table = _at(result, at + 2, 12 * count + 4)
        covered.append((at, at + 6 + 12 * count))
        rows: dict[int, tuple[int, ...]] = {}
        for index in range(count):
            tag, kind, number, value = struct.unpack_from(order + "HHII", table, 12 * index)
            length = TIFF_SIZES[kind] * number
            if tag not in TIFF_TAGS:
                raise CheckFailed(f"an unexpected tag is left in the TIFF ({tag})")
            place = value if length > 4 else at + 10 + 12 * index
            covered.append((place, place + length))
            if tag in (273, 279, 324, 325):
                data = _at(result, place, length)
                rows[tag] = struct.unpack(f"{order}{number}{'I' if kind == 4 else 'H'}", data)
        for offsets, lengths in ((273, 279), (324, 325)):
            starts = rows.get(offsets, ())
            covered += [(start, start + n) for start, n in zip(starts, rows.get(lengths, ()), strict=True)]
        at = struct.unpack_from(order + "I", table, 12 * count)[0]
        if len(covered) > 1_000_000:
            raise CheckFailed("the TIFF has too many parts")
    end = 0
    for start, stop in sorted(covered):
        if start > end:
            _zeros(result, end, start)
            if start - end > 8:
                raise CheckFailed("bytes are left between the parts of the TIFF")
        end = max(end, stop)
    if size - end > 8:
        raise CheckFailed("bytes are left after the end of the TIFF")
    _zeros(result, end, size)


FILM_TOP = frozenset(b"ftyp styp moov moof mdat sidx mfra meta free skip wide".split())
FILM_INDEX = frozenset(
    b"mvhd trak mvex tkhd edts mdia tapt elst clef prof enof mdhd hdlr minf vmhd smhd dinf stbl dref stsd stts ctts "
    b"cslg stss stps stsc stsz stz2 stco co64 sdtp sgpd sbgp mehd trex trep mfhd traf tfhd tfdt trun free skip wide "
    b"tfra mfro".split()
)
HEIF_INDEX = frozenset(b"hdlr pitm iinf iloc iref iprp idat free".split())
HEIF_ITEMS = frozenset(b"hvc1 hev1 avc1 av01 jpeg j2k1 vvc1 unci grid iovl iden".split())
FILM_TREE = frozenset(b"moov trak edts tapt mdia minf dinf stbl mvex moof traf mfra".split())


def boxes(result: BinaryIO) -> None:
    """Only known boxes; free ones hold zeros; all times are zero and handlers have no names."""
    size = result.seek(0, 2)
    _boxes(result, 0, size, FILM_TOP, size)


def _boxes(result: BinaryIO, at: int, end: int, allowed: frozenset[bytes], size: int) -> None:
    while at + 8 <= end:
        head = _at(result, at, min(16, size - at))
        length, kind = struct.unpack_from(">I4s", head)
        body = at + 8
        if length == 1:
            length, body = struct.unpack_from(">Q", head, 8)[0], at + 16
        elif length == 0:
            length = end - at
        stop = at + length
        if stop > end and kind == b"mdat":
            stop = end
        if length < body - at or stop > end:
            return  # the end of a QuickTime list, already zeroed
        if kind not in allowed:
            raise CheckFailed(f"an unexpected part is left in the film ({kind!r})")
        if kind in (b"free", b"skip", b"wide"):
            _zeros(result, body, stop)
        elif kind == b"meta":
            _boxes(result, body + 4, stop, HEIF_INDEX, size)
        elif kind == b"infe":
            _item(_at(result, body, stop - body))
        elif kind in FILM_TREE:
            _boxes(result, body, stop, FILM_INDEX, size)
        elif kind in (b"mvhd", b"tkhd", b"mdhd"):
            wide = _at(result, body, 1) == b"\1"
            _zeros(result, body + 4, body + (20 if wide else 12))
        elif kind == b"iinf":
            short = _at(result, body, 1) == b"\0"
            _boxes(result, body + (6 if short else 8), stop, frozenset((b"infe",)), size)
        elif kind == b"hdlr":
            _zeros(result, body + 12, stop)
        at = stop


def _item(entry: bytes) -> None:
    """An item of a HEIF picture: only pictures, and they have no names."""
    width = 2 if entry[0] == 2 else 4
    if entry[6 + width : 10 + width] not in HEIF_ITEMS or entry[10 + width :].strip(b"\0"):
        raise CheckFailed("an item that is no picture is left")


def _zeros(result: BinaryIO, start: int, end: int) -> None:
    while start < end:
        piece = _at(result, start, min(end - start, 1 << 20))
        if piece.strip(b"\0"):
            raise CheckFailed("bytes are left where the film should be blank")
        start += len(piece)


EBML_PARTS: dict[int, frozenset[int]] = {
    0x18538067: frozenset((0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675)),
    0x1549A966: frozenset((0x2AD7B1, 0x4489, 0x4D80, 0x5741)),
    0x1654AE6B: frozenset((0xAE,)),
    0xAE: frozenset((0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE,
                     0x22B59C, 0x86, 0x63A2, 0x56AA, 0x56BB, 0xAA, 0xE0, 0xE1, 0x6D80)),
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
        if identity in (0x4D80, 0x5741) and _at(result, body, stop - body) != b"neutral":
            raise CheckFailed("the film still names the application that made it")
        if identity in EBML_PARTS:
            _elements(result, identity, body, stop)
        at = stop


def _element(result: BinaryIO, at: int, end: int) -> tuple[int, int, int]:
    head = _at(result, at, min(12, end - at))
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
        head = _at(result, at, 27)
        if head[:4] != b"OggS":
            raise CheckFailed("stray bytes are left between the pages of the recording")
        lacing = _at(result, at + 27, head[26])
        body = at + 27 + head[26]
        start = _at(result, body, min(64, sum(lacing)))
        for sign, vendor in ((b"OpusTags", 8), (b"\3vorbis", 7)):
            if start.startswith(sign):
                length = struct.unpack_from("<I", start, vendor)[0]
                if start[vendor + 4 : vendor + 8 + length] != b"neutral\0\0\0\0":
                    raise CheckFailed("comments are left in the recording")
        at = body + sum(lacing)


def mpeg_audio(result: BinaryIO) -> None:
    """Begins with a frame; no tag of any known kind at either end."""
    size = result.seek(0, 2)
    head, tail = _at(result, 0, 4), _at(result, max(0, size - 160), min(160, size))
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        raise CheckFailed("the recording does not begin with sound")
    if any(sign in tail for sign in (b"APETAGEX", b"LYRICS200")) or tail[-128:].startswith(b"TAG"):
        raise CheckFailed("a tag is left in the recording")


WALKS: dict[str, Callable[[BinaryIO], None]] = {
    "image/jpeg": jpeg, "image/png": png, "image/webp": webp, "image/gif": gif,
    "image/tiff": tiff,
    "image/heic": boxes, "image/avif": boxes, "video/mp4": boxes, "video/quicktime": boxes,
    "video/3gpp": boxes, "audio/mp4": boxes, "video/webm": ebml, "video/x-matroska": ebml,
    "audio/wav": wav, "audio/ogg": ogg, "audio/mpeg": mpeg_audio, "audio/aac": mpeg_audio,
}  # fmt: skip


def walk(kind: str, result: BinaryIO) -> None:
    """Go through the whole result. Raises CheckFailed with one line."""
    try:
        if kind in WALKS:
            WALKS[kind](result)
    except (LookupError, struct.error, ValueError, RecursionError) as error:
        raise CheckFailed("the cleaned copy can't be walked through") from error


def _at(result: BinaryIO, at: int, length: int) -> bytes:
    result.seek(at)
    data = result.read(length)
    if len(data) != length:
        raise CheckFailed("the cleaned copy ends too early")
    return data


def _all(result: BinaryIO) -> bytes:
    size = result.seek(0, 2)
    if size > MOST_MEMORY:
        raise CheckFailed("the picture is too large to be checked")
    return _at(result, 0, size)
