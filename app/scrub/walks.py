"""The second reader's own walks: what a clean copy may be made of, part by part.

Nothing here is shared with the strippers, on purpose: a mistake would have to be made twice. Each
walk goes through a whole result and raises CheckFailed at the first part that it does not expect.
"""

import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

from app.scrub import raw_walk
from app.scrub.errors import CheckFailed
from app.scrub.film_walks import boxes, ebml, mpeg_audio, ogg, take, zeros

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
            while not (data[at] == 0xFF and (0xC0 <= data[at + 1] < 0xD0 or 0xD8 <= data[at + 1] < 0xFF)):
                at = data.index(b"\xff", at + 1)
                if 0 < data[at + 1] < 0xC0:
                    raise CheckFailed("bytes that no decoder reads are left in a scan of the JPEG")
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
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT gAMA cHRM sRGB cICP mDCV mDCv cLLI cLLi "
    b"sBIT bKGD pHYs iCCP eXIf".split()
)


def png(result: BinaryIO) -> None:
    """Only picture, colour and animation chunks; the picture's zlib stream ends with its last chunk."""
    size = result.seek(0, 2)
    at = 8
    engine = zlib.decompressobj()
    seen: set[bytes] = set()
    while at < size:
        length, kind = struct.unpack(">I4s", take(result, at, 8))
        if kind in seen and kind not in (b"IDAT", b"fdAT", b"fcTL"):
            raise CheckFailed(f"a part of the PNG stands twice ({kind!r})")
        seen.add(kind)
        if kind not in PNG_PARTS or (kind == b"eXIf" and not orientation_only(take(result, at + 8, length))):
            raise CheckFailed(f"an unexpected part is left in the PNG ({kind!r})")
        if kind == b"iCCP" and not take(result, at + 8, length).startswith(b"icc\0"):
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
        data = take(result, at, min(length, 1 << 16))
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
    if struct.unpack("<I", take(result, 4, 4))[0] + 8 != size:
        raise CheckFailed("bytes are left after the end of the WebP")
    _riff(result, 12, size, WEBP_PARTS)


def _riff(result: BinaryIO, at: int, end: int, allowed: frozenset[bytes]) -> None:
    seen: set[bytes] = set()
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", take(result, at, 8))
        if (kind in seen and kind != b"ANMF") or {b"VP8 ", b"VP8L"} <= {kind, *seen}:
            raise CheckFailed(f"a part stands twice ({kind!r})")
        seen.add(kind)
        if kind not in allowed:
            raise CheckFailed(f"an unexpected part is left ({kind!r})")
        if kind == b"EXIF" and not orientation_only(take(result, at + 8, length)):
            raise CheckFailed("EXIF is left in the WebP")
        if kind == b"fmt " and length > 50:
            raise CheckFailed("the description of the sound has room for a message")
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
    (
        254,
        255,
        256,
        257,
        258,
        259,
        262,
        263,
        264,
        265,
        266,
        273,
        274,
        277,
        278,
        279,
        280,
        281,
        282,
        283,
        284,
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
        340,
        341,
        347,
        529,
        530,
        531,
        532,
        34675,
    )
)
TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def tiff(result: BinaryIO) -> None:
    """Only structural tags, and no byte that none of them accounts for."""
    size = result.seek(0, 2)
    order = "<" if take(result, 0, 2) == b"II" else ">"
    at = struct.unpack(order + "I", take(result, 4, 4))[0]
    covered = [(0, 8)]
    while at:
        count = struct.unpack(order + "H", take(result, at, 2))[0]
        table = take(result, at + 2, 12 * count + 4)
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
                data = take(result, place, length)
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
            zeros(result, end, start)
            if start - end > 8:
                raise CheckFailed("bytes are left between the parts of the TIFF")
        end = max(end, stop)
    if size - end > 8:
        raise CheckFailed("bytes are left after the end of the TIFF")
    zeros(result, end, size)


WALKS: dict[str, Callable[[BinaryIO], None]] = {
    "image/jpeg": jpeg, "image/png": png, "image/webp": webp, "image/gif": gif,
    "image/tiff": tiff, "image/x-adobe-dng": raw_walk.walk,
    "image/heic": boxes, "image/avif": boxes, "video/mp4": boxes, "video/quicktime": boxes,
    "video/3gpp": boxes, "audio/mp4": boxes, "video/webm": ebml, "video/x-matroska": ebml,
    "audio/wav": wav, "audio/ogg": ogg, "audio/mpeg": mpeg_audio, "audio/aac": mpeg_audio,
}  # fmt: skip


BOXED = frozenset(kind for kind, walk_of in WALKS.items() if walk_of is boxes)


def walk(kind: str, result: BinaryIO) -> None:
    """Go through the whole result. Raises CheckFailed with one line."""
    try:
        if kind in WALKS:
            WALKS[kind](result)
    except (LookupError, struct.error, ValueError, RecursionError) as error:
        raise CheckFailed("the cleaned copy can't be walked through") from error


def _all(result: BinaryIO) -> bytes:
    size = result.seek(0, 2)
    if size > MOST_MEMORY:
        raise CheckFailed("the picture is too large to be checked")
    return take(result, 0, size)
