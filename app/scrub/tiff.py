"""TIFF (6.0, with Adobe's supplements): the directories written again, the coded picture copied.

| kept | why |
|---|---|
| tags of `STRUCTURE` of every page | size, coding, colours, resolution, which way is up |
| ICC profile (34675), made neutral | colours |
| strips and tiles | the picture |

Everything else goes: EXIF, GPS, XMP, IPTC, Photoshop, names and dates, private tags, reduced pages
(thumbnails, previews), sub-directories, and every byte that no kept tag points at. Pages that can't
be copied so (JPEG of the old kind, odd tables) are decoded and coded anew without loss, and the
report says "re-encoded". DNG has a file of its own.
"""

import io
import struct
import zlib
from contextlib import suppress

from app.scrub import dng, exif, icc, jpeg_units, limits, texts
from app.scrub.directories import (
    LARGEST_VALUE,
    PLAIN,
    Field,
    Page,
    apart,
    layout,
    mixed,
    plain_size,
    trailing,
)
from app.scrub.errors import Refused
from app.scrub.plan import Literal, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

STRUCTURE = frozenset(
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
        274,
        277,
        278,
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
    )
)
MOST_VALUES = {
    258: 64, 280: 64, 281: 64, 291: 1 << 16, 297: 2, 301: 3 << 16, 318: 2, 319: 6, 320: 3 << 16, 321: 2, 336: 64,
    338: 64, 339: 64, 340: 64, 341: 64, 347: 1 << 16, 529: 3, 530: 2, 532: 12,
}  # fmt: skip
"""How many values a tag of the structure may have, one unless it stands here; texts have none."""
TEXTS = (2, 7)
"""Types of texts and of bytes without meaning; the shared tables of JPEG are such bytes."""
OFFSETS, COUNTS = (273, 324), (279, 325)
PROFILE, XMP, IPTC, PHOTOSHOP = 34675, 700, 33723, 34377
DNG_VERSION = 50706
UNCOMPRESSED, OLD_JPEG, JPEG, TABLES, DEFLATE, PACK_BITS = 1, 6, 7, 347, (8, 32946), 32773
MISSING = 4
"""Of an uncompressed picture a quarter must be there: three kilobytes that say they are 170 megapixels only take time."""
PIECE = 1 << 20
MOST_PAGES = 1000
MOST_TAGS = 4096
LARGEST_REENCODED = 200 << 20


class Odd(Exception):
    """The directories can't be copied as they are; decoding may still work."""


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused for what neither way can read."""
    if dng.here(source):
        return dng.plan(source, notes)
    order = "<" if source.at(0, 2) == b"II" else ">"
    exif.read(source.upto(0, LARGEST_VALUE), notes)
    try:
        pages = _pages(source, order, notes)
        copy = layout(pages, order)
    except Odd:
        return _decoded(source, notes)
    notes.kept("directories with what the picture needs", "size, coding, colours; written again")
    notes.kept("strips and tiles", "the picture, bit for bit")
    trailing(source, pages, notes)
    return copy.plan()


def _pages(source: Source, order: str, notes: Notes) -> list[Page]:
    pages: list[Page] = []
    seen: set[int] = set()
    foreign: list[tuple[int, int]] = [(0, 8)]
    values: list[tuple[int, int]] = []
    below: list[tuple[int, int]] = []
    (at,) = struct.unpack(order + "I", source.at(4, 4))
    while at and at not in seen and len(seen) < MOST_PAGES:
        seen.add(at)
        foreign.append((at, at + 2))
        (count,) = struct.unpack(order + "H", source.at(at, 2))
        if count > MOST_TAGS:
            raise Refused("the TIFF has more tags than any real one")
        fields = _fields(source, order, at + 2, count, notes, foreign, values, below)
        reduced = 254 in fields and fields[254][2] and _numbers(fields[254], order)[0] & 1
        if reduced and pages:
            notes.found("thumbnail", "reduced picture")
            notes.removed("thumbnail or preview", 0)
        else:
            pages.append(_page(source, fields, order, notes))
        (at,) = struct.unpack(order + "I", source.at(at + 2 + 12 * count, 4))
    foreign += _below(source, below)
    if not pages:
        raise Refused("the TIFF holds no picture")
    apart(pages, foreign, source.size)
    if mixed(values, foreign):
        raise Odd
    return pages


def _below(source: Source, below: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places of directories that go (EXIF, GPS) and of their values, as far as they can be walked."""
    reader = dng.Reader(source)
    with suppress(Refused):
        reader.walk_from(below)
    return reader.ranges


def _fields(
    source: Source,
    order: str,
    at: int,
    count: int,
    notes: Notes,
    foreign: list[tuple[int, int]],
    values: list[tuple[int, int]],
    below: list[tuple[int, int]],
) -> dict[int, Field]:
    """The tags that stay. Notes where tags that go and known ones have their values, and where further directories lie."""
    out: dict[int, Field] = {}
    table = source.at(at, 12 * count)
    for index in range(count):
        tag, kind, number = struct.unpack_from(order + "HHI", table, 12 * index)
        size = exif.SIZES.get(kind, 0) * number
        known = tag in STRUCTURE or tag in OFFSETS + COUNTS or tag == PROFILE
        if known and not 1 <= kind <= 12:
            raise Odd
        if size > 4:
            (place,) = struct.unpack_from(order + "I", table, 12 * index + 8)
            (values if known else foreign).append((place, place + size))
        if tag in dng.POINTERS and kind in (4, 13):
            where = at + 12 * index + 8 if number == 1 else place
            targets = source.upto(where, 4 * min(number, dng.MOST_DIRECTORIES))
            below += [
                (tag, target) for (target,) in struct.iter_unpack(order + "I", targets[: len(targets) & ~3])
            ]
        if tag == DNG_VERSION:
            raise Refused("the TIFF has a DNG inside that is not its first picture")
        if tag in STRUCTURE or tag in OFFSETS + COUNTS or tag in (PROFILE, XMP, IPTC, PHOTOSHOP):
            if size > LARGEST_VALUE:
                raise Refused("a tag of the TIFF is larger than any real one")
            where = (
                at + 12 * index + 8
                if size <= 4
                else struct.unpack_from(order + "I", table, 12 * index + 8)[0]
            )
            value = source.at(where, size)
            out.setdefault(tag, (kind, number, value))
    if XMP in out:
        texts.xmp(out.pop(XMP)[2], notes)
        notes.removed("XMP", 0)
    if IPTC in out:
        texts.iptc(out.pop(IPTC)[2], notes)
        notes.removed("IPTC", 0)
    if PHOTOSHOP in out:
        texts.photoshop(out.pop(PHOTOSHOP)[2], notes)
        notes.removed("Photoshop resources", 0)
    return out


def _numbers(item: Field, order: str) -> list[int]:
    kind, number, data = item
    code = {1: "B", 3: "H", 4: "I", 13: "I"}.get(kind)
    if code is None:
        raise Odd
    return list(struct.unpack(f"{order}{number}{code}", data))


def _page(source: Source, fields: dict[int, Field], order: str, notes: Notes) -> Page:
    if 256 not in fields or 257 not in fields:
        raise Refused("the TIFF holds no picture")
    width, height = _numbers(fields[256], order)[0], _numbers(fields[257], order)[0]
    limits.picture(width, height, notes)
    if 259 in fields and _numbers(fields[259], order)[0] == OLD_JPEG:
        raise Odd
    page = Page(tiled=324 in fields)
    offsets, counts = (324, 325) if page.tiled else (273, 279)
    if offsets not in fields or counts not in fields:
        raise Odd
    places = list(zip(_numbers(fields[offsets], order), _numbers(fields[counts], order), strict=True))
    if any(offset + length > source.size for offset, length in places):
        raise Odd
    for tag, (kind, count, _) in fields.items():
        if tag in STRUCTURE and (count > MOST_VALUES.get(tag, 1) or (kind in TEXTS and tag != TABLES)):
            raise Odd
    compression = _numbers(fields[259], order)[0] if 259 in fields else UNCOMPRESSED
    most = plain_size({tag: _numbers(fields[tag], order) for tag in PLAIN if tag in fields})
    if compression == UNCOMPRESSED and MISSING * sum(length for _, length in places) < _plain(
        fields, order, width * height
    ):
        raise Refused("the file ends before the data it announces")
    for offset, length in places:
        if compression == UNCOMPRESSED:
            more = length > most
        else:
            more = length <= LARGEST_VALUE and _more_than_picture(
                compression, source.at(offset, length), most
            )
        if more:
            raise Odd
    if 259 in fields and _numbers(fields[259], order)[0] == JPEG:
        units = [source.at(*place) for place in places] + [
            fields[tag][2] for tag in (TABLES,) if tag in fields
        ]
        if not all(map(jpeg_units.plain, units)):
            raise Odd
    page.places = places
    page.fields = {tag: item for tag, item in fields.items() if tag in STRUCTURE}
    if PROFILE in fields:
        profile = fields[PROFILE][2]
        clean = icc.neutral(profile, notes.words())
        if clean is None:
            notes.removed("colour profile that no reader could use", len(profile))
        else:
            page.fields[PROFILE] = (7, len(clean), clean)
            notes.kept("colour profile", "colours" if clean == profile else "colours; made neutral")
    return page


def _plain(fields: dict[int, Field], order: str, pixels: int) -> int:
    """Bytes of the whole picture, uncompressed."""
    samples = _numbers(fields[277], order)[0] if 277 in fields else 1
    return (
        pixels * samples * max(_numbers(fields[258], order), default=1) // 8 if 258 in fields else pixels // 8
    )


def _more_than_picture(compression: int, data: bytes, most: int) -> bool:
    """Whether something stands behind the end of a packed strip, or a text in it."""
    if compression in DEFLATE:
        engine, done = zlib.decompressobj(), 0
        try:
            while data and not engine.eof and done <= most:
                done += len(engine.decompress(data, PIECE))
                data = engine.unconsumed_tail
        except zlib.error:
            return True
        return done > most or len(engine.unused_data) > 3
    if compression == PACK_BITS:
        return False  # rows of pixels as they are, which may well be letters
    return texts.written(data)


def _decoded(source: Source, notes: Notes) -> Plan:
    """Decode with Pillow and code again without loss (Deflate); pictures stay equal, bytes do not."""
    from PIL import Image

    source.raw.seek(0)
    try:
        with Image.open(source.raw, formats=("TIFF",)) as image:
            limits.picture(image.width, image.height, notes)
            turn = image.getexif().get(0x0112, 1)
            profile = icc.neutral(image.info.get("icc_profile") or b"", notes.words())
            fresh = image.copy()
    except (
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        OverflowError,
        Image.DecompressionBombError,
    ) as error:
        raise Refused("the TIFF can't be read") from error
    fresh.info = {}
    out = io.BytesIO()
    tags = {0x0112: turn} if isinstance(turn, int) and 2 <= turn <= 8 else {}
    fresh.save(out, "TIFF", compression="tiff_adobe_deflate", icc_profile=profile or b"", tiffinfo=tags)
    if out.tell() > LARGEST_REENCODED:
        raise Refused("the TIFF is too large to be coded again")
    notes.pixels = "re-encoded"
    notes.removed("everything but the decoded picture", source.size)
    notes.kept("picture", "decoded and coded again without loss, because its parts can't be told apart")
    return Plan((Literal(out.getvalue()),))
